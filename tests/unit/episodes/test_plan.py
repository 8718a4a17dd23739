"""Plans hold together, and those that were stored before there were scenes still load."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from pydantic import ValidationError

from episodes.plan import Beat, CastMember, Plan, Scene, Treatment, Wardrobe, keeps_to_target
from episodes.shots import Angle, KeyframeDensity
from episodes.world import Picture, PictureKind
from tests.builders import a_beat, a_character, a_place, a_plan


def a_picture(number: int, kind: PictureKind = PictureKind.SHEET) -> Picture:
    sha256 = f"{number:064x}"
    return Picture(key=f"worlds/w/images/{sha256}.png", sha256=sha256, size_bytes=9, width=8, height=8, kind=kind)


def a_scene(scene_id: str = "s1", **fields: Any) -> Scene:
    return Scene(scene_id=scene_id, **{"place": a_place(), **fields})


OLD_BEAT = {
    "beat_id": "b1", "index": 0, "turn": "setup", "description": "Mika looks around.", "action": "look",
    "cast": [{"character": {"character_id": "mika", "name": "Mika"}, "action": "looks", "is_target": False, "scale": 1.0}],
    "place": {"place_id": "roof", "name": "Roof"}, "time_of_day": "day", "shot_size": "wide", "camera_move": "static",
    "dialogue": None, "caption": "Here.", "duration_s": 5.0, "transition": "cut", "seed": 7, "depends_on": [], "starts_from": None,
    "prompt": "Mika", "negative_prompt": "", "style": "", "backend": "animatic",
}  # fmt: skip


def test_a_beat_that_was_stored_before_there_were_scenes_loads() -> None:
    beat = Beat.model_validate_json(json.dumps(OLD_BEAT))

    assert (beat.scene_id, beat.angle, beat.keyframe_density) == (None, Angle.EYE_LEVEL, KeyframeDensity.NORMAL)
    assert (beat.cast[0].emotion, beat.cast[0].position, beat.sound, beat.references) == ("", None, "", ())
    assert Plan(beats=(beat,)).treatment == Treatment()


def test_a_beat_belongs_to_a_scene_of_its_plan() -> None:
    assert a_plan(2, scene_id="s1", scenes=(a_scene(),)).treatment.scenes == (a_scene(),)
    with pytest.raises(ValidationError, match="belongs to scene 's2'"):
        Plan(beats=(a_beat(scene_id="s2"),), scenes=(a_scene(),))


def test_scenes_and_who_is_in_them_are_told_apart() -> None:
    with pytest.raises(ValidationError, match="scene_id 's1' stands twice"):
        Plan(beats=(a_beat(),), scenes=(a_scene(), a_scene()))
    with pytest.raises(ValidationError, match="'mika' stands twice in the wardrobe of scene 's1'"):
        a_scene(wardrobe=(Wardrobe(character_id="mika"), Wardrobe(character_id="mika", clothes="a coat")))


def test_a_beat_is_rendered_from_the_pictures_that_it_refers_to() -> None:
    sheet, portrait, view = a_picture(1), a_picture(2, PictureKind.PORTRAIT), a_picture(3, PictureKind.PLACE)
    cast = (CastMember(character=a_character(references=(sheet, portrait))),)
    whole = a_beat(cast=cast, place=a_place(references=(view,)))
    chosen = whole.model_copy(update={"references": (portrait.key,)})

    assert whole.as_rendered() == whole
    assert chosen.as_rendered().pictures() == (portrait,)


def test_a_beat_refers_to_no_picture_but_those_of_its_cast_and_place() -> None:
    with pytest.raises(ValidationError, match="no picture of its cast or place"):
        a_beat(references=("worlds/w/images/other.png",))


@pytest.mark.parametrize(("total_s", "keeps"), [(20.0, True), (22.0, True), (18.0, True), (22.1, False), (17.9, False)])
def test_an_episode_is_a_tenth_longer_or_shorter_at_most(total_s: float, keeps: bool) -> None:
    assert keeps_to_target([total_s / 2, total_s / 2], 20.0) is keeps


def test_beats_wait_only_for_those_before_them() -> None:
    beats = [a_beat(index) for index in range(3)]
    for before, beat in pairwise(beats):
        with pytest.raises(ValidationError, match="does not come before it"):
            Plan(beats=(before.model_copy(update={"index": 0, "depends_on": (beat.beat_id,)}),))
