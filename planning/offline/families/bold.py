"""Families of bold deeds: fights, chases, flights, falls, rescues."""

from __future__ import annotations

from typing import Final

from planning.offline.families.family import family

BOLD: Final = (
    family(
        "fight",
        "fight attack battle duel defeat beat punch kick strike hit slay kill box wrestle clash confront challenge destroy smash "
        "crush shoot oppose resist conquer bite struggle spar threaten invade slap",
        lively=True,
        setup="""
            {a} {a:stand} {p}, ready for anything, and {t} {t:rise} ahead.
            {p} {a} and {t} face each other in silence.
            {p} {a} {a:stop}: there {t:be} {t}, waiting.
            {p} {a} {a:look} up at {o}, every muscle tense.
            {p} {a} {a:appear}, and everything falls silent.
            {a} {a:stand} {p}, every muscle tense.
        """,
        rise="""
            {t} {t:strike} first, and {a} {a:slip} aside by a hair.
            Blow follows blow, and the ground shakes under {a} and {t}.
            {t} {t:drive} {a} back, step by step.
            {a} {a:go} down on one knee and {a:get} up again.
            {a} {a:gather} every bit of strength for one last blow.
            {a} {a:find} the opening, and {t} {t:see} it too late.
            The whole place trembles as {a} {a:charge}.
        """,
        outcome="""
            {t} {t:lie} beaten, and {a} {a:stand} in the settling dust.
            {t} {t:crash} to the ground, and {a} {a:turn} away.
            {o} {o:be} no match, and {a} {a:stand} in the settling dust.
            The dust settles, and {a} {a:be} still standing.
        """,
        gestures="stands ready to fight | fights | stands with lowered fists",
        target="looms and threatens | fights back | falls and lies beaten",
        said="I won't step back! / Is that all you have? / Here I come! | That's that. / Stay down. / It is over.",
        captions="Somebody has to stand up. / Eye to eye. / One of them will fall. | It comes to blows. / No holding back. "
        "| When the dust settles. / It is over.",
    ),
    family(
        "chase",
        "chase pursue hunt follow track tail catch corner trap stalk",
        action="run",
        lively=True,
        setup="""
            {p} {a} {a:catch} sight of {t}.
            {p} {a} {a:crouch} low, eyes fixed on {o}.
            {p} {a} {a:crouch} low, ready to run.
        """,
        rise="""
            {t} {t:look} back once and {t:run} faster.
            The gap shrinks, and {a} {a:stretch} out a hand.
            {t} {t:dart} round a corner, and {a} {a:skid} after.
            {a} {a:stumble}, {a:recover} and {a:run} on.
            Everything blurs past {a}.
        """,
        outcome="""
            {a} and {t} stop at last, face to face and out of breath.
            {a} {a:reach} {o} at last, out of breath.
            {a} {a:slow} to a halt, out of breath.
        """,
        gestures="looks ahead, ready to run | runs | stands out of breath",
        target="looks around | runs away | stands out of breath",
        said="Wait! / You won't get away! | Got you. / End of the line.",
        captions="It starts with a glance. | No time to lose. | The end of the chase.",
    ),
    family(
        "flee",
        "flee escape evade dodge retreat",
        action="run",
        lively=True,
        setup="""
            {p} {a} {a:hear} {t} coming before seeing anything.
            {t} {t:wake} {p}, and {a} {a:freeze}.
            {p} {a} {a:look} for a way out.
        """,
        rise="""
            {t} {t:come} closer with every breath.
            {a} {a:leap} over whatever lies in the way.
            {a} {a:look} back once and {a:wish} otherwise.
            The way ends; {a} {a:turn} sharply and {a:find} another.
            {a} {a:run} as never before.
        """,
        outcome="""
            {a} {a:slip} through the last gap, and {t} {t:be} left behind.
            At last there is silence, and {a} {a:dare} to breathe.
        """,
        gestures="looks back in fear | runs away | leans and breathes, looking back",
        target="looms and threatens | runs after | stands far behind",
        said="Faster! / Don't look back! | That was close. / Safe. I think.",
        captions="Something is coming. | Run. | Safe, for now.",
    ),
    family(
        "race",
        "run race rush dash sprint hurry gallop ride drive speed compete charge skate ski cycle bike surf",
        action="run",
        lively=True,
        setup="""
            {p} {a} {a:lean} forward, ready to go.
            {p} it is quiet, and {a} {a:count} the seconds down.
        """,
        rise="""
            {a} {a:find} a rhythm and {a:keep} it.
            The ground flies by under {a}.
            {a} {a:take} the bend without slowing down.
            {a} {a:stumble}, {a:catch} the fall and {a:go} faster.
            The last stretch lies open before {a}.
        """,
        outcome="""
            {a} {a:come} to a stop, breathless and glowing.
            {a} {a:throw} both arms up; nothing is left to run for.
        """,
        gestures="stands ready to run | runs | cheers with arms up",
        said="Come on! / Catch me if you can! | We made it. / Did you see that?",
        captions="Three, two, one. / Ready to go. | Faster than the wind. / Full speed. | The finish. / Out of breath.",
    ),
    family(
        "fly",
        "fly soar float glide hover ascend swoop swing drift",
        lively=True,
        setup="""
            {p} {a} {a:look} up and {a:spread} both arms.
            The wind picks up {p}, and {a} {a:lean} into it.
        """,
        rise="""
            {a} {a:rise} above the last treetops and roofs.
            The world below {a} grows small and quiet.
            {a} {a:tilt} into a wide curve.
            A gust throws {a} sideways, and {a} {a:hold} on.
            {a} {a:break} through the clouds into the light.
        """,
        outcome="""
            {a} {a:touch} down softly, and the wind dies away.
            {a} {a:hang} in the open sky, small and free.
        """,
        gestures="looks up and spreads the arms | flies | stands with spread arms",
        said="Higher! / Look, no ground! | You can see everything from here. / I could stay up here.",
        captions="The ground lets go. | Nothing but air. | Up here it is quiet.",
    ),
    family(
        "jump",
        "jump leap hop bounce vault dive somersault flip",
        lively=True,
        setup="""
            {p} {a} {a:step} up to the edge.
            {p} {a} {a:bend} both knees and {a:measure} the distance.
        """,
        rise="""
            For a moment nothing is under {a}.
            {a} {a:turn} once in the air.
            {a} {a:reach} for the far side.
        """,
        outcome="""
            {a} {a:land} on both feet and {a:straighten} up.
            {a} {a:look} back at the gap and {a:laugh}.
        """,
        gestures="stands at the edge | jumps | stands and cheers",
        said="Now! | Did you see that?",
        captions="One step more. | In mid-air. | A good landing.",
    ),
    family(
        "fall",
        "fall slip trip crash collapse sink drown tumble stumble faint break",
        lively=True,
        setup="""
            {p} {a} {a:take} one step too many.
            Everything {p} seems safe, and {a} {a:be} not looking.
        """,
        rise="""
            {a} {a:reach} for something to hold, and there is nothing.
            The world turns over around {a}.
            Something gives way under {a}.
        """,
        outcome="""
            {a} {a:lie} still; then {a} {a:open} both eyes.
            It is quiet again, and {a} {a:lie} looking at the sky.
        """,
        gestures="walks carelessly | falls | lies on the ground",
        said="No! | I am all right. I think.",
        captions="One step too many. | Down. | The ground is hard.",
    ),
    family(
        "rescue",
        "save rescue help protect free heal guard defend carry comfort shield liberate cure",
        action="run",
        lively=True,
        setup="""
            {p} {o} {o:be} in danger, and {a} {a:notice} it first.
            {p} somebody calls for help, and {a} {a:turn} round.
        """,
        rise="""
            {a} {a:push} through to where nobody else goes.
            {a} {a:reach} out, and {t} {t:take} hold.
            {a} {a:pull} with every bit of strength.
            {a} {a:stand} between {o} and the danger.
        """,
        outcome="""
            {o} {o:be} safe, and {a} {a:sit} down at last.
            {t} {t:look} up at {a} and {t:smile}.
            The danger is over, and {a} {a:sit} down at last.
        """,
        gestures="looks up, alarmed | runs to help, arms out | kneels, smiling",
        target="waves for help | reaches out a hand | smiles, safe",
        said="Take my hand! / Hold on! | You are safe now. / I have got you.",
        captions="Somebody calls for help. | Hold on. | Safe.",
    ),
    family(
        "scare",
        "scare frighten terrify startle spook",
        action="stand",
        lively=True,
        setup="""
            {p} {t} {t:feel} safe, and {a} {a:wait} in the shadow.
            {p} {a} {a:wait} in the shadow.
        """,
        rise="""
            {a} {a:come} out of the shadow, larger than life.
            {t} {t:step} back and {t:stumble}.
            A cold breath goes through the place around {a}.
        """,
        outcome="""
            {t} {t:run} as never before, and {a} {a:be} left alone.
            {a} {a:stand} there and {a:laugh} quietly.
        """,
        gestures="hides in the shadow | looms and threatens | stands and laughs",
        target="looks around | trembles and shrinks back | runs away",
        said="Boo! / Who dares to come here? | Works every time.",
        captions="Something waits. | A cold breath. | Nobody stays.",
    ),
    family(
        "blaze",
        "spew",
        action="stand",
        lively=True,
        setup="""
            {p} {a} {a:raise} the head above {t}, and smoke curls up.
            {p} {a} {a:raise} the head, and smoke curls up.
        """,
        rise="""
            The air shimmers with heat around {a}.
            {t} {t:throw} up an arm against the glare.
            Sparks rain down, and everything turns red.
        """,
        outcome="""
            The smoke clears around {a}, and {t} {t:be} still standing.
            The smoke clears, and only {a} {a:stand} tall.
        """,
        gestures="raises the head | roars and breathes fire | stands in the smoke",
        target="looks up, alarmed | ducks behind both arms | stands covered in soot",
        captions="Smoke rises. | Fire! | Ash and silence.",
    ),
    family(
        "change",
        "transform cast summon grow glow explode shine vanish disappear appear emerge burn shrink evolve rise erupt become "
        "change melt light",
        action="stand",
        lively=True,
        setup="""
            {p} everything is as always, until {a} {a:feel} something stir.
            {p} a faint light gathers around {a}.
        """,
        rise="""
            The light around {a} grows until it hurts to look.
            The air hums, and loose things begin to float around {a}.
            {a} {a:be} hardly the same any more.
            Everything near {a} begins to tremble.
        """,
        outcome="""
            When the light fades, nothing around {a} is as it was.
            {a} {a:look} around as if for the first time.
        """,
        gestures="stands still | raises both arms, glowing | stands and looks around",
        said="What is happening? | Everything is different.",
        captions="Something stirs. | And then it happens. | Nothing is as it was.",
    ),
)
