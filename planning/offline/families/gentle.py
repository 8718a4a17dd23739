"""Families of what happens between people, and inside them: talk, meetings, love, grief, joy, rest."""

from __future__ import annotations

from typing import Final

from planning.offline.families.family import family

GENTLE: Final = (
    family(
        "talk",
        "talk speak chat argue discuss whisper tell say ask answer call shout explain persuade negotiate quarrel debate confess "
        "complain lie warn scream yell promise apologize apologise thank order teach interview",
        setup="""
            {p} {a} {a:wait} for {t}, looking for the right words.
            {a} and {t} stand {p}, and neither begins.
            {p} {a} {a:look} for the right words.
        """,
        rise="""
            {t} {t:look} away and {t:say} nothing for a while.
            {a} {a:step} closer and {a:begin} again.
            One word too many hangs between {a} and {t}.
            {a} {a:point} at the horizon to make it clear.
            {t} {t:shake} the head, then {t:listen} after all.
            A long pause, and {a} {a:wait} it out.
        """,
        outcome="""
            {t} {t:nod} at last, and {a} {a:breathe} out.
            All is said; {a} {a:look} up, lighter than before.
        """,
        gestures="stands thinking | talks with moving hands | stands and smiles",
        target="stands and waits | talks back | nods",
        said="Listen to me. / You don't understand. | Thank you for hearing me out. / So we agree.",
        captions="Where to begin? | Word against word. | All is said.",
    ),
    family(
        "meet",
        "meet greet visit encounter welcome join introduce invite reunite befriend wave",
        action="talk",
        setup="""
            {p} {a} {a:wait}, and {t} {t:come} round the corner.
            {p} {a} {a:arrive} early and {a:look} about.
        """,
        rise="""
            {t} {t:raise} a hand first.
            For a moment nobody knows what to do.
            {a} and {t} begin to laugh at the same time.
            {a} {a:take} the first step.
        """,
        outcome="""
            {a} and {t} walk on side by side.
            {a} {a:smile}; the day has become another one.
        """,
        gestures="stands and waits | waves and talks | walks on smiling",
        target="walks up | waves back | walks on smiling",
        said="There you are! / Hello, stranger. | Let's go together. / See you soon.",
        captions="A chance meeting. | Hello. | From now on together.",
    ),
    family(
        "love",
        "love kiss hug embrace marry adore propose cuddle flirt date trust forgive",
        action="talk",
        setup="""
            {p} {a} {a:look} at {t} and {a:look} away again.
            {p} {a} {a:hold} {o} close.
            {p} {a} {a:stand} with a pounding heart.
        """,
        rise="""
            {t} {t:come} half a step closer.
            {a} {a:say} one word, very quietly.
            Their hands touch, and neither pulls back.
            The noise of the world fades around {a}.
        """,
        outcome="""
            {a} and {t} stay close, and nothing else matters.
            {a} {a:smile} with closed eyes.
        """,
        gestures="stands shyly | reaches out both arms | smiles with closed eyes",
        target="stands shyly | reaches out both arms | smiles with closed eyes",
        said="Stay. / It was always you. | I was never so sure. / Don't let go.",
        captions="A heart beats faster. | Nobody else is here. | Close.",
    ),
    family(
        "dance",
        "dance spin twirl waltz tango prance sway",
        lively=True,
        setup="""
            {p} the first note sounds, and {a} {a:lift} the head.
            {p} {a} {a:stand} waiting for the beat.
        """,
        rise="""
            {a} {a:turn} once, twice, three times.
            The beat quickens, and {a} {a:go} with it.
            {a} {a:slip}, {a:laugh} and {a:make} it part of the dance.
            Light and shadow whirl around {a}.
        """,
        outcome="""
            The last note fades, and {a} {a:bow}.
            {a} {a:stand} still at last, and the world goes on turning.
        """,
        gestures="stands ready to dance | dances | bows",
        target="stands ready to dance | dances along | bows",
        said="Just follow the beat! / Turn! And again! | Once more? / My feet won't stop.",
        captions="The first note. | The beat goes on. | The last note.",
    ),
    family(
        "celebrate",
        "sing celebrate party cheer play perform win laugh smile joke clap rejoice drum triumph entertain juggle",
        action="cheer",
        lively=True,
        setup="""
            {p} everything is ready, and {a} {a:step} forward.
            {p} {a} can hardly wait.
        """,
        rise="""
            {a} {a:throw} both arms up.
            The sound carries far beyond where {a} {a:stand}.
            Somebody joins in, then everybody.
            {a} {a:laugh} until the tears come.
        """,
        outcome="""
            {a} {a:stand} beaming in the last light of it.
            It grows quiet, and {a} {a:keep} the moment.
        """,
        gestures="stands ready, smiling | cheers with arms up | stands beaming",
        target="looks on | cheers along | stands beaming",
        said="This one is for everybody! / All together now! | What a day. / Encore!",
        captions="It is about to begin. | Louder! | A day to remember.",
    ),
    family(
        "sleep",
        "sleep rest nap doze dream relax snooze lounge sunbathe meditate hibernate",
        setup="""
            {p} {a} {a:yawn} and {a:look} for a good spot.
            {p} {a} {a:stretch} and {a:curl} up.
        """,
        rise="""
            {a} {a:breathe} slowly, in and out.
            Something rustles; {a} {a:twitch} and {a:sleep} on.
            Shadows wander slowly across {a}.
            {a} {a:smile} at something in a dream.
        """,
        outcome="""
            {a} {a:open} one eye, {a:find} all is well and {a:close} it again.
            {a} {a:sleep} on, and the day passes by.
        """,
        gestures="sits and yawns | sleeps | sleeps curled up",
        captions="So tired. / Just a short rest. | Not a sound. / Far away in a dream. | Let the world wait. / Sleep well.",
    ),
    family(
        "wake",
        "wake awaken waken",
        action="sit",
        setup="""
            {p} {a} {a:lie} fast asleep.
            {p} a ray of light wanders across {a}.
        """,
        rise="""
            {a} {a:turn} over once more.
            {a} {a:blink} and {a:blink} again.
            {a} {a:stretch} from head to toe.
        """,
        outcome="""
            {a} {a:look} around, wide awake.
            {a} {a:get} up, and the dream is forgotten.
        """,
        gestures="sleeps | sits up and stretches | stands and looks around",
        said="Is it morning already? / Where am I? | What a strange dream. / So, where were we?",
        captions="Fast asleep. | Both eyes open. | Wide awake.",
    ),
    family(
        "rouse",
        "rouse",
        action="talk",
        setup="""
            {p} {t} {t:lie} fast asleep, and {a} {a:come} closer on tiptoe.
            {p} {a} {a:come} closer on tiptoe.
        """,
        rise="""
            {t} {t:turn} over and {t:sleep} on.
            {a} {a:call} a little louder.
            {t} {t:open} one eye.
        """,
        outcome="""
            {t} {t:get} up and {t:look} at {a}.
            {a} {a:step} back and {a:wait}.
        """,
        gestures="walks closer on tiptoe | calls and claps both hands | stands and waits",
        target="sleeps | sits up and stretches | stands and looks around",
        said="Wake up! / Time to get up! | There you are.",
        captions="Fast asleep. | Wake up! | Wide awake.",
    ),
    family(
        "cry",
        "cry weep mourn grieve sob regret miss despair suffer",
        setup="""
            {p} {a} {a:sit} down and {a:look} at nothing.
            {p} {a} {a:try} hard to keep a straight face.
        """,
        rise="""
            One tear falls, and {a} {a:let} it.
            {a} {a:hide} the face in both hands.
            The world goes on around {a} as if nothing had happened.
            {a} {a:hold} on to what is left.
        """,
        outcome="""
            {a} {a:wipe} the last tear and {a:look} up.
            A little light falls on {a}, and {a} {a:breathe}.
        """,
        gestures="sits with a lowered head | cries | looks up",
        said="It isn't fair. | Tomorrow is another day.",
        captions="Alone with it. | Let it out. | After the rain.",
    ),
    family(
        "die",
        "die perish expire",
        action="fall",
        setup="""
            {p} it has grown very quiet around {a}.
            {p} {a} {a:look} at the light once more.
        """,
        rise="""
            {a} {a:say} a last word, too quietly to be heard.
            The light on {a} fades slowly.
        """,
        outcome="""
            {a} {a:be} gone, and the light goes on.
            Where {a} lay, nothing stirs any more.
        """,
        gestures="stands weakly | falls | lies still",
        said="It is time. | ",
        captions="It has grown quiet. | Farewell. | The light goes on.",
    ),
    family(
        "watch",
        "look watch see stare observe gaze notice read study wait stand sit listen think remember imagine wonder hear smell guess "
        "contemplate ponder admire stay feel know live want wish hope",
        action="look",
        setup="""
            {p} {a} {a:settle} down, and all is still.
            {p} {a} {a:stop} in mid-step.
        """,
        rise="""
            {a} {a:lean} forward, so as to miss nothing.
            Something changes, too small for anyone but {a}.
            {a} {a:narrow} both eyes.
            A thought begins to take shape.
        """,
        outcome="""
            {a} {a:understand} at last, and {a:smile}.
            {a} {a:turn} away slowly, with much to think about.
        """,
        gestures="sits quietly | looks closely | smiles, thinking",
        said="Do you see it too? | So that is how it is.",
        captions="A quiet moment. | Look. | Now it makes sense.",
    ),
)
