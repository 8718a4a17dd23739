"""The offline planner reads an intent and tells it as a small story."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest

from episodes.plan import Beat, CameraMove, Plan, ShotSize, StoryTurn, TimeOfDay, Transition
from episodes.world import World
from planning.offline.families import ACTIONS, FAMILIES
from tests.unit.planning.test_plan_lengths import EXAMPLE, plan_of


def names(beat: Beat) -> list[str]:
    return [member.character.name for member in beat.cast]


def test_the_demo_intent_becomes_setup_turn_and_outcome() -> None:
    plan = plan_of("Saitama fights a giant monster on a rooftop")
    setup, turn, outcome = plan.beats

    assert [beat.turn for beat in plan.beats] == [StoryTurn.SETUP, StoryTurn.TURN, StoryTurn.OUTCOME]
    assert {beat.place.place_id for beat in plan.beats} == {"rooftop"}
    assert {beat.time_of_day for beat in plan.beats} == {TimeOfDay.DUSK}, "the rooftop's own light"
    assert setup.shot_size in (ShotSize.WIDE, ShotSize.EXTREME_WIDE)
    assert setup.transition is Transition.FADE
    assert "Saitama fights the giant monster." in turn.description
    assert turn.action == "fight"
    assert names(turn) == ["Saitama", "Gorugan"], "the world's only monster plays the monster"
    assert [member.is_target for member in turn.cast] == [False, True]
    assert turn.cast[1].scale >= 2.5
    assert outcome.description not in (setup.description, turn.description)


def test_whom_the_world_does_not_know_is_improvised() -> None:
    plan = plan_of("Saitama fights a giant monster on a rooftop", World())

    monster = plan.beats[1].cast[1]
    assert (monster.character.character_id, monster.character.description) == ("giant-monster", "a giant monster")
    assert monster.character.palette
    assert monster.scale >= 2.5
    assert plan.beats[0].place.place_id == "rooftop"


def test_clauses_are_told_in_their_order_with_their_own_place_and_hour() -> None:
    first, second, _ = plan_of("Mika loses her kite and finds it at the lighthouse at night").beats

    assert "Mika loses her kite." in first.description
    assert "Mika finds her kite at the lighthouse at night." in second.description
    assert (second.place.place_id, second.time_of_day) == ("harbour", TimeOfDay.NIGHT)
    assert first.place.place_id != "harbour"


def test_a_small_move_is_told_with_the_deed_that_it_leads_to() -> None:
    plan = plan_of("The hero runs from a dragon through the burning forest, then turns and fights")

    assert [beat.action for beat in plan.beats[:2]] == ["run", "fight"]
    assert "The hero turns and fights." in plan.beats[1].description
    assert names(plan.beats[1]) == ["Saitama", "Dragon"], "whom he fights is whom he ran from"


@pytest.mark.parametrize(
    ("intent", "deed", "cast"),
    [
        ("A village is attacked by a dragon", "The dragon attacks the village.", ["Dragon"]),
        ("Mika and Taro race through the city at sunset", "Mika and Taro race through the city.", ["Mika", "Taro"]),
        ("Two robots dance in the rain", "The two robots dance.", ["Kiku", "Kiku 2"]),
        ("A cat sleeps.", "The cat sleeps.", ["Cat"]),
        ("A detective is looking for a lost painting", "The detective looks for a lost painting.", ["Detective"]),
        ("Mika tries to find her brother", "Mika tries to find her brother.", ["Mika", "Brother"]),
        ("Can Saitama defeat the monster?", "Saitama defeats the monster.", ["Saitama", "Gorugan"]),
        ("An epic battle between Mika and a dragon", "Mika battles the dragon.", ["Mika", "Dragon"]),
        ("Saitama vs. a giant monster", "Saitama fights the giant monster.", ["Saitama", "Gorugan"]),
        ("Make a short video of a cat sleeping on a roof", "The cat sleeps.", ["Cat"]),
        ("Once upon a time there was a robot who wanted to fly", "The robot wants to fly.", ["Kiku"]),
        ("A purple blorp florps the zibble", "The purple blorp florps the zibble.", ["Purple Blorp"]),
        ("Saitama fought the monster", "Saitama fights the monster.", ["Saitama", "Gorugan"]),
        ("Mika and Kiku quarrel angrily in the forest", "Mika and Kiku quarrel angrily.", ["Mika", "Kiku"]),
        ("Mika sees a dragon attack the village", "Mika sees a dragon attack the village.", ["Mika", "Dragon"]),
    ],
)
def test_who_does_what_to_whom_is_read(intent: str, deed: str, cast: list[str]) -> None:
    turn = plan_of(intent).beats[1]

    assert deed.casefold() in turn.description.casefold()
    assert names(turn) == cast


def test_whoever_has_won_is_not_sad() -> None:
    [winner, *_] = plan_of("Saitama fights a giant monster on a rooftop", num_beats=4).beats[3].cast
    assert (winner.action, winner.emotion) == ("stands with lowered fists", "")


def test_what_is_quoted_is_said() -> None:
    turn = plan_of('"You shall not pass!" shouts the wizard on the bridge').beats[1]

    assert turn.dialogue is not None
    assert (turn.dialogue.character_id, turn.dialogue.text) == ("wizard", "You shall not pass!")


def test_a_cat_says_nothing() -> None:
    assert all(beat.dialogue is None and beat.caption for beat in plan_of("A cat sleeps.", num_beats=6).beats)


def test_an_intent_in_another_language_is_its_own_description() -> None:
    intent = "サイタマが屋上で怪獣と戦う"

    assert plan_of(intent).beats[1].description == intent


def test_a_place_alone_is_shown_without_people() -> None:
    plan = plan_of("A lonely lighthouse in the fog")

    assert all(not beat.cast for beat in plan.beats)
    assert "A lonely lighthouse in the fog." in plan.beats[1].description
    assert {beat.place.place_id for beat in plan.beats} == {"harbour"}


INTENTS = (
    "Saitama fights a giant monster on a rooftop",
    "Saitama fights a dragon in the forest",
    "Mika loses her kite and finds it at the lighthouse at night",
    "Two robots dance in the rain",
    "A cat sleeps.",
    "Mika bakes a cake in the kitchen",
    "A thief sneaks into the castle at midnight",
    "Kiku repairs a broken lamp",
)


@pytest.mark.slow
def test_different_intents_give_visibly_different_plans() -> None:
    plans = [plan_of(intent) for intent in INTENTS]

    def look(plan: Plan) -> list[tuple[object, ...]]:
        return [(beat.place.place_id, tuple(names(beat)), beat.time_of_day) for beat in plan.beats]

    for one, other in combinations(plans, 2):
        assert {b.description for b in one.beats}.isdisjoint(b.description for b in other.beats)
        assert look(one) != look(other)
        assert {b.seed for b in one.beats}.isdisjoint(b.seed for b in other.beats)
    assert len({(b.shot_size, b.camera_move) for plan in plans for b in plan.beats}) >= 8


def test_the_same_request_gives_the_same_plan_whatever_the_episode_is_called() -> None:
    assert plan_of(INTENTS[0]) == plan_of(INTENTS[0])


def test_another_seed_is_another_take() -> None:
    one, other = plan_of(INTENTS[0]), plan_of(INTENTS[0], seed=5)

    assert {b.seed for b in one.beats}.isdisjoint(b.seed for b in other.beats)


def test_what_was_asked_for_is_in_every_beat() -> None:
    plan = plan_of(INTENTS[0], duration_s=2.5, backend="animatediff", style="watercolour")

    for beat in plan.beats:
        assert (beat.duration_s, beat.backend) == (2.5, "animatediff")
        assert beat.style.endswith("watercolour")
        assert beat.style in beat.prompt


def test_prompts_hold_every_description_word_for_word() -> None:
    for beat in plan_of(INTENTS[2], num_beats=5).beats:
        for member in beat.cast:
            assert member.character.description in beat.prompt
        assert beat.place.description in beat.prompt
        assert EXAMPLE.style.description in beat.prompt
        assert EXAMPLE.style.negative in beat.negative_prompt
    kite = next(prop for prop in EXAMPLE.props if prop.prop_id == "kite")
    assert kite.description in plan_of(INTENTS[2]).beats[0].prompt


@pytest.mark.slow
def test_neighbouring_shots_differ() -> None:
    beats = plan_of(INTENTS[0], num_beats=30).beats

    for before, after in pairwise(beats):
        assert (before.shot_size, before.camera_move) != (after.shot_size, after.camera_move)


def test_the_camera_never_does_the_same_twice_in_a_row() -> None:
    beats = plan_of(INTENTS[5], num_beats=30).beats

    assert all(before.camera_move is not after.camera_move for before, after in pairwise(beats))


@pytest.mark.slow
def test_a_close_up_holds_one_face_and_never_pans() -> None:
    for intent in INTENTS:
        for beat in plan_of(intent, num_beats=12).beats:
            if beat.shot_size is ShotSize.CLOSE_UP:
                assert len(beat.cast) == 1
                assert beat.camera_move not in (CameraMove.PAN_LEFT, CameraMove.PAN_RIGHT)


@pytest.mark.slow
def test_what_continues_stays_in_its_place_and_most_beats_wait_for_nobody() -> None:
    num_waiting = 0
    for intent in INTENTS:
        beats = plan_of(intent, num_beats=20).beats
        for before, beat in pairwise(beats):
            if beat.starts_from is not None:
                num_waiting += 1
                assert beat.starts_from == before.beat_id
                assert beat.depends_on == (before.beat_id,)
                assert before.starts_from is None, "no long chains"
                assert (beat.place, beat.time_of_day) == (before.place, before.time_of_day)
    assert 0 < num_waiting < len(INTENTS) * 20 / 2


@pytest.mark.slow
def test_captions_and_lines_do_not_repeat() -> None:
    for intent in INTENTS:
        subtitles = [beat.subtitle for beat in plan_of(intent, num_beats=10).beats]
        assert len(set(subtitles)) == len(subtitles)


@pytest.mark.slow
def test_every_action_is_one_that_figures_can_be_posed_by() -> None:
    for family in FAMILIES:
        verb = family.verbs[0]
        for beat in plan_of(f"They {verb} together", num_beats=4).beats:
            assert beat.action in ACTIONS


def test_no_verb_belongs_to_two_families() -> None:
    verbs = [verb for family in FAMILIES for verb in family.verbs]

    assert sorted(verbs) == sorted(set(verbs))
