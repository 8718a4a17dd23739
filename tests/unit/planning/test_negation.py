"""What is not done is told as not done, and nobody is shown doing it."""

from __future__ import annotations

import pytest

from episodes.plan import Plan
from episodes.world import World
from planning.offline.families import FORBEAR
from tests.unit.planning.test_names import names
from tests.unit.planning.test_plan_lengths import plan_of

LINES = {line for choices in FORBEAR.captions for line in choices}


def shown(plan: Plan) -> set[str]:
    return {member.action for beat in plan.beats for member in beat.cast}


@pytest.mark.parametrize(
    ("intent", "deed", "cast"),
    [
        ("The dog never barks", "The dog never barks.", ["Dog"]),
        ("The dog does not bark", "The dog does not bark.", ["Dog"]),
        ("The baby never sleeps at night", "The baby never sleeps.", ["Baby"]),
        ("A princess does not marry the prince", "The princess does not marry the prince.", ["Princess", "Prince"]),
        ("Tom won't fight the dragon", "Tom does not fight the dragon.", ["Tom", "Dragon"]),
        ("Mika couldn't find her kite", "Mika could not find her kite.", ["Mika"]),
        ("The wizard cannot cast a spell", "The wizard cannot cast a spell.", ["Wizard"]),
        ("The king is not killed by the thief", "The thief does not kill the king.", ["Thief", "King"]),
        ("Anna has never seen a dragon", "Anna never sees a dragon.", ["Anna", "Dragon"]),
        ("The robot no longer dances", "The robot no longer dances.", ["Robot"]),
        ("A girl who never smiles", "The girl never smiles.", ["Girl"]),
        ("Tom tries not to laugh", "Tom tries not to laugh.", ["Tom"]),
        ("A knight refuses to fight", "The knight refuses to fight.", ["Knight"]),
        ("Neither Tom nor Anna sings", "Tom and Anna do not sing.", ["Tom", "Anna"]),
        ("Anna is not happy", "Anna is not happy.", ["Anna"]),
        ("The cat is never afraid", "The cat is never afraid.", ["Cat"]),
    ],
)
def test_what_is_not_done_is_not_shown(intent: str, deed: str, cast: list[str]) -> None:
    plan = plan_of(intent, World())

    turn = plan.beats[1]
    assert turn.description == deed
    assert names(turn) == cast
    assert shown(plan) <= {*FORBEAR.gestures, *FORBEAR.target_gestures}
    assert {beat.action for beat in plan.beats} == {"stand"}
    assert all(beat.dialogue is None and beat.caption in LINES for beat in plan.beats)
    assert {member.emotion for beat in plan.beats for member in beat.cast} == {""}


def test_why_it_is_not_done_is_on_the_face() -> None:
    turn = plan_of("The robot does not open the door because it is afraid", World()).beats[1]

    assert turn.description == "The robot does not open the door because it is afraid."
    assert turn.cast[0].emotion == "afraid"


@pytest.mark.parametrize("intent", ["Anna never sings and never dances", "Anna neither sings nor dances"])
def test_each_of_several_deeds_is_not_done(intent: str) -> None:
    assert shown(plan_of(intent)) == {"stands still"}


def test_what_somebody_else_does_is_done() -> None:
    first, second, _ = plan_of("Mika does not sing, and the robot dances", World()).beats

    assert (first.action, second.action) == ("stand", "dance")


@pytest.mark.parametrize("intent", ["Saitama, not Mika, fights the monster", "Mika dances not far from the lighthouse"])
def test_a_not_that_is_no_verb_s_denies_nothing(intent: str) -> None:
    assert {beat.action for beat in plan_of(intent).beats} & {"fight", "dance"}


@pytest.mark.parametrize("intent", ["Nobody saves the princess from the dragon", "No knight fights the dragon"])
def test_what_nobody_does_is_not_done(intent: str) -> None:
    turn = plan_of(intent, World()).beats[1]

    assert turn.description == f"{intent}."
    assert {member.action for member in turn.cast} == {"looks on"}
