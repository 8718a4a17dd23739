"""Families of what people are busy with: searching, making, eating, travelling, hiding, giving, working."""

from __future__ import annotations

from typing import Final

from planning.offline.families.family import family

BUSY: Final = (
    family(
        "find",
        "find discover uncover recover spot unearth retrieve",
        setup="""
            {p} {a} {a:look} everywhere, and {o} {o:be} nowhere to be seen.
            {p} {a} {a:look} everywhere, and {a:find} nothing yet.
        """,
        rise="""
            A glimmer catches the eye of {a}.
            {a} {a:push} the last thing aside.
            {a} {a:hold} a breath and {a:look} again.
        """,
        outcome="""
            {a} {a:hold} {o} close and {a:laugh} with relief.
            {a} {a:stand} there, hardly believing it.
        """,
        gestures="looks around | bends down and finds it | holds it up and cheers",
        target="waits unseen | looks up | smiles",
        said="There! / Is that it? | I knew it. / Found at last.",
        captions="It must be somewhere. | There it is. | Found.",
    ),
    family(
        "search",
        "search seek investigate examine dig",
        action="look",
        setup="""
            {p} {a} {a:begin} where the trail begins.
            {p} something is missing, and {a} {a:know} it.
        """,
        rise="""
            {a} {a:turn} over every stone.
            A trace, then nothing, then another trace.
            {a} {a:ask} the wind and {a:get} no answer.
            {a} {a:stop}: somebody was here before.
        """,
        outcome="""
            {a} {a:stop} short: there {o:be} {o}, where nobody had looked.
            {a} {a:stand} still, for the trail ends right here.
        """,
        gestures="looks around | searches, bent forward | stands still, amazed",
        said="It has to be here. / Where can it be? | So this is where it ends. / At last.",
        captions="The trail begins. | Every stone. | The end of the trail.",
    ),
    family(
        "lose",
        "lose drop forget misplace abandon",
        action="look",
        setup="""
            {p} {a} {a:be} busy with {o}, without a care.
            {p} {a} {a:be} without a care.
        """,
        rise="""
            {a} {a:reach} out a moment too late.
            {a} {a:turn} in a circle, and there is no trace of {o}.
            {a} {a:call}, and only the wind answers.
        """,
        outcome="""
            {o} {o:be} gone, and {a} {a:stand} with empty hands.
            {a} {a:stand} with empty hands.
        """,
        gestures="walks happily | reaches out, alarmed | stands with empty hands",
        said="No, no, no! | Where can it be?",
        captions="A careless moment. | Gone! | Empty hands.",
    ),
    family(
        "eat",
        "eat drink devour taste feed swallow lick snack dine feast",
        setup="""
            {p} {o} {o:wait}, and {a} {a:sit} down.
            {p} {a} {a:sit} down, hungry as never before.
        """,
        rise="""
            The first bite, and {a} {a:close} both eyes.
            {a} {a:ask} for more.
            Crumbs fly, and {a} {a:look} neither left nor right.
        """,
        outcome="""
            {a} {a:lean} back, full and happy.
            Not a crumb is left, and {a} {a:sigh}.
        """,
        gestures="sits down hungry | eats | sits back happily",
        said="This is the best ever. | I could do that again.",
        captions="So hungry. | The first bite. | Not a crumb left.",
    ),
    family(
        "cook",
        "cook bake prepare brew fry grill stir serve roast",
        action="build",
        setup="""
            {p} {a} {a:roll} up both sleeves and {a:light} the fire.
            {p} everything lies ready for {a}.
        """,
        rise="""
            Steam rises and hides {a} for a moment.
            {a} {a:taste}, {a:frown} and {a:add} a pinch of something.
            It boils over, and {a} {a:save} it just in time.
        """,
        outcome="""
            {a} {a:put} {o} on the table, and everybody goes quiet.
            {a} {a:taste} it and {a:nod}: just right.
        """,
        gestures="stands ready | cooks with busy hands | holds it up and smiles",
        said="Just a pinch more. | Dinner is ready!",
        captions="Sleeves up. | It smells good already. | It is served.",
    ),
    family(
        "build",
        "build repair fix make create invent craft paint draw write construct assemble plant sew knit carve design sculpt restore weave "
        "compose clean wash decorate forge program code hack",
        setup="""
            {p} {a} {a:spread} out the tools and {a:begin}.
            {p} there is nothing yet, but {a} can see it already.
        """,
        rise="""
            Piece by piece it takes shape under the hands of {a}.
            Something does not fit; {a} {a:try} again.
            {a} {a:step} back, {a:squint} and {a:change} one thing.
            It almost falls apart, and {a} {a:hold} it together.
        """,
        outcome="""
            {a} {a:step} back: {o} {o:be} finished.
            {a} {a:step} back and {a:look} at the finished work.
        """,
        gestures="kneels over the tools | works with busy hands | steps back proudly",
        said="Almost there. / Hand me that, please. | It works! / Good as new.",
        captions="There is nothing yet. | Piece by piece. | Finished.",
    ),
    family(
        "hide",
        "hide sneak steal creep spy rob lurk smuggle haunt infiltrate tiptoe cheat trick kidnap betray deceive",
        setup="""
            {p} {a} {a:press} against the wall and {a:listen}.
            {p} the coast is clear, and {a} {a:slip} out of the shadow.
        """,
        rise="""
            A step sounds; {a} {a:hold} still as a stone.
            {a} {a:move} from shadow to shadow.
            A light sweeps past, a hand's breadth from {a}.
            {a} {a:reach} out very, very slowly.
        """,
        outcome="""
            {a} {a:melt} back into the dark, and nobody saw a thing.
            Nobody comes; {a} {a:dare} a grin.
        """,
        gestures="crouches and listens | sneaks, bent low | hides, grinning",
        target="looks the other way | looks around | looks puzzled",
        said="Not a sound. | Nobody saw us.",
        captions="Not a sound. | From shadow to shadow. | Nobody saw a thing.",
    ),
    family(
        "travel",
        "walk go travel journey sail climb wander explore cross enter arrive return march swim hike stroll head come move stop "
        "pass turn step approach reach roam trek row descend land begin start continue",
        action="walk",
        setup="""
            {p} {a} {a:look} ahead at the long way.
            {p} {a} {a:take} the first step.
        """,
        rise="""
            Step by step the way passes under {a}.
            {a} {a:stop} to look, then {a:go} on.
            The way forks, and {a} {a:choose}.
            {a} {a:grow} small in the wide land.
            It gets steeper, and {a} {a:keep} going.
        """,
        outcome="""
            {a} {a:arrive}, {a:look} around and {a:breathe} in deeply.
            {a} {a:look} back at how far it was.
        """,
        gestures="stands looking ahead | walks | stands looking into the distance",
        target="stands waiting | walks along | stands smiling",
        said="It can't be far now. / One step at a time. | Here we are. / So this is it.",
        captions="A long way ahead. | Step by step. | Arrived.",
    ),
    family(
        "leave",
        "leave depart quit",
        action="walk",
        setup="""
            {p} {a} {a:look} around for the last time.
            {p} {a} {a:stand} ready to go.
        """,
        rise="""
            {a} {a:turn} once more, then {a:go} on.
            Step by step {a} {a:grow} smaller.
        """,
        outcome="""
            {a} {a:be} gone, and all lies empty.
            Far off {a} {a:be} only a dot, then nothing.
        """,
        gestures="stands looking around | walks away | walks far away",
        target="stands and looks on | waves | stands alone",
        said="It is time to go. / Goodbye. | ",
        captions="One last look. | Goodbye. | Nobody is left.",
    ),
    family(
        "give",
        "give offer bring deliver share show send hand sell buy present trade exchange throw lend",
        action="walk",
        setup="""
            {p} {a} {a:hold} something behind the back.
            {p} {a} {a:think} of it for the hundredth time.
        """,
        rise="""
            {a} {a:hold} it out with both hands.
            {t} {t:hesitate}, then {t:reach} for it.
            For a moment it belongs to nobody.
        """,
        outcome="""
            {t} {t:look} at {a} for a long time and {t:smile}.
            {a} {a:walk} away with lighter steps.
        """,
        gestures="stands holding something | holds out both hands | walks away smiling",
        target="stands and waits | reaches out both hands | smiles",
        said="This is for you. | Keep it.",
        captions="Something to give. | With both hands. | Given.",
    ),
    family(
        "work",
        "work end finish complete train practise practice learn try push pull lift use control operate pilot command lead rule plan test solve "
        "pray take receive pick collect gather lay hold face choose open close shut switch keep put set need",
        action="stand",
        setup="""
            {p} {a} {a:get} ready.
            {p} {a} {a:take} a deep breath, and all is still.
        """,
        rise="""
            {a} {a:try} once, {a:fail} and {a:try} again.
            {a} {a:grit} both teeth.
            Little by little it goes better.
            {a} {a:give} it everything.
        """,
        outcome="""
            {a} {a:stand} still and {a:look} at what has come of it.
            It is done, and {a} {a:smile}.
        """,
        gestures="stands ready | moves with full strength | stands smiling",
        said="Once more. / I can do this. | Done! / That was worth it.",
        captions="Ready. | Again, and again. | Done.",
    ),
)

_ALL_IS_QUIET = """
    {p} {a} {a:stand} and {a:look} ahead.
    {p} all is quiet, and {a} {a:be} there.
"""

PLAIN: Final = family(
    "be",
    "",
    action="stand",
    setup=_ALL_IS_QUIET,
    rise="""
        {a} {a:stop} to look around.
        Something moves at the edge of the picture.
        {a} {a:take} a step forward.
    """,
    outcome="""
        {a} {a:look} back once more.
        {a} {a:be} still there when it is over, changed a little.
    """,
    gestures="stands | looks around | stands still",
    captions="Here it begins. | It happens. | And so it was.",
)
"""For what no family knows: the clause itself carries the story."""

FORBEAR: Final = family(
    "forbear",
    "",
    action="stand",
    setup=_ALL_IS_QUIET,
    rise="""
        {a} {a:stand} still.
        Something moves at the edge of the picture, and {a} {a:let} it.
        {a} {a:wait} a little longer.
    """,
    outcome="""
        {a} {a:look} back once more, and all is as it was.
        Nothing has changed, and {a} {a:be} still there.
    """,
    gestures="stands | stands still | stands still",
    captions="Here it begins. | Not this time. | All is as it was.",
)
"""For what is not done, whatever it is."""
