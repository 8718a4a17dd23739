"""What the offline planner reads of what becomes of whom and what, and what it leaves open."""

from __future__ import annotations

import pytest

from episodes.effects import Effect
from episodes.plan import CameraMove, EpisodeRequest, Plan
from episodes.speech import spoken_s
from episodes.world import StoredWorld, WorldSource
from planning.offline.planner import OfflinePlanner
from tests.unit.planning.test_plan_lengths import EXAMPLE, plan_of


def told(effect: Effect) -> str:
    return " ".join(
        part for part in (effect.character_id, effect.happens, effect.prop_id, effect.to and f"to {effect.to}") if part
    )


def effects_in(plan: Plan) -> list[list[str]]:
    return [[told(effect) for effect in beat.effects] for beat in plan.beats]


@pytest.mark.parametrize(
    ("intent", "effects"),
    [
        ("Saitama kills Gorugan on the rooftop", [[], [], ["gorugan dies"]]),
        ("Gorugan is killed. Mika cries", [["gorugan dies"], [], []]),
        ("The hero dies and rises again and fights", [["saitama dies"], ["saitama revives"], []]),
        ("Mika loses her kite and finds it at the lighthouse", [["mika loses kite"], ["mika finds kite"], []]),
        ("Mika loses the kite. Kiku takes it home", [["mika loses kite"], ["kiku finds kite", "kiku takes kite"], []]),
        ("Mika takes the toolbox and gives it to Kiku", [["mika takes toolbox"], ["mika gives toolbox to kiku"], []]),
        ("Mika drops the kite. Kiku flies the kite", [["mika drops kite"], ["kiku takes kite", "kiku uses kite"], []]),
        ("Mika wounds Gorugan. Kiku heals Gorugan", [["gorugan is injured"], ["gorugan heals"], []]),
        ("Saitama leaves the rooftop. Mika cries", [["saitama leaves"], [], []]),
        ("Mika puts on a blue coat. Mika sings", [["mika changes clothes"], [], []]),
        ("Mika changes into a silver kimono and dances", [["mika changes clothes"], [], []]),
    ],
)
def test_what_is_told_without_doubt_is_read(intent: str, effects: list[list[str]]) -> None:
    assert effects_in(plan_of(intent)) == effects


@pytest.mark.parametrize(
    "intent",
    [
        "Saitama tries to kill Gorugan",
        "Saitama does not kill Gorugan",
        "Mika dreams that Gorugan dies",
        "If Gorugan dies, Mika cries",
        "Before Gorugan dies, he laughs",
        "Mika flies the kite after she finds it",
        "Hundreds of soldiers die",
        "An army dies in the snow",
        "Two robots lose the kite",
        "Mika loses her hat",
        "Mika loses two kites",
        "Mika puts a hat on the cat",
        "Mika puts on the light",
        "Mika puts the hat on",
        "Mika leaves and Mika waves",
        "A robot is killed by Saitama. A robot dances",
        "A girl dies. Mika cries",
        "Saitama dies and goes to heaven",
        "Gorugan dies. He is mourned. They weep",
        "Saitama kills the monster, and they weep",
        "?",
    ],
)
def test_what_leaves_doubt_is_left_open(intent: str) -> None:
    assert not any(effects_in(plan_of(intent)))


@pytest.mark.parametrize(
    ("intent", "effects"),
    [
        ("Mika loses her kite. Kiku flies his kite", [["mika loses kite"], [], []]),
        ("Mika loses her kite. Saitama flies a kite", [["mika loses kite"], [], []]),
        ("Mika takes the kite. Kiku finds another kite", [["mika takes kite"], [], []]),
        ("Mika takes the kite. Kiku loses the kite", [["mika takes kite"], [], []]),
        ("Mika flies the kite. Kiku finds the kite", [["mika uses kite"], [], []]),
        ("Mika throws the kite. Kiku finds the kite", [["mika drops kite"], ["kiku finds kite"], []]),
    ],
)
def test_another_one_of_its_kind_is_not_taken_for_it(intent: str, effects: list[list[str]]) -> None:
    assert effects_in(plan_of(intent)) == effects


@pytest.mark.slow
def test_death_comes_at_the_end_of_what_leads_to_it() -> None:
    for num_beats in range(1, 13):
        plan = plan_of("Saitama kills Gorugan. Mika sings", num_beats=num_beats)
        [died] = [beat.index for beat in plan.beats if beat.effects]
        clause = [b.index for b in plan.beats if any(m.character.character_id == "gorugan" for m in b.cast)]
        assert died >= max(clause)


def test_what_was_put_on_is_worn_from_then_on() -> None:
    plan = plan_of("Mika waits in the forest. Mika puts on a silver kimono. Mika sings. Mika runs to the harbour", num_beats=8)
    [change] = [beat.index for beat in plan.beats if beat.effects]

    for beat in plan.beats:
        if any(member.character.character_id == "mika" for member in beat.cast):
            assert ("wearing a silver kimono" in beat.prompt) is (beat.index > change), beat.description
    forest, harbour = plan.scenes
    assert "kimono" not in forest.clothes_of("mika"), "in which it is put on"
    assert harbour.clothes_of("mika") == "a silver kimono"


@pytest.mark.slow
def test_whole_chapters_in_one_beat_are_not_read_by_halves() -> None:
    chapters = ". ".join(["Mika drops the kite. Mika takes the kite"] * 20)

    assert [len(beat.effects) for beat in plan_of(chapters, num_beats=2).beats] == [20, 20]
    assert effects_in(plan_of(chapters, num_beats=1)) == [[]]


@pytest.mark.slow
def test_its_own_lines_fit_into_their_beats() -> None:
    for duration_s in (0.5, 0.7, 1.0, 2.0):
        beats = plan_of("Mika chases a thief", num_beats=12, duration_s=duration_s).beats
        assert all(spoken_s(beat.dialogue.text) <= duration_s for beat in beats if beat.dialogue is not None)


@pytest.mark.slow
def test_it_asks_for_no_camera_move_that_the_kind_cannot_make() -> None:
    planner = OfflinePlanner({"svd": (CameraMove.STATIC,), "tripod": (CameraMove.PAN_LEFT, CameraMove.PAN_RIGHT), "free": None})
    world = StoredWorld(world_id="anime_world", revision=1, source=WorldSource.STORED, world=EXAMPLE)

    def moves(backend: str) -> set[CameraMove]:
        request = EpisodeRequest(world_id="anime_world", intent="Mika chases a thief", num_beats=20, backend=backend)
        return {beat.camera_move for beat in planner.plan("e1", request, world).beats}

    assert moves("svd") == {CameraMove.STATIC}
    assert moves("tripod") == {CameraMove.PAN_LEFT, CameraMove.PAN_RIGHT}
    assert len(moves("free")) > 4
    assert moves("unheard-of") == moves("free")
