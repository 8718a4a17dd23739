"""Angles, places in the picture, faces and the density of keyframes are drawn as the plan says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from episodes.plan import CastMember, ShotSize, StoryTurn
from episodes.shots import Angle, KeyframeDensity, Position
from rendering.backends.animatic.acts import Act, Mood, mood_of
from rendering.backends.animatic.framing import enlarged
from rendering.backends.animatic.keys import key_indices
from rendering.backends.animatic.stage import Staging, stage
from tests.builders import a_beat, a_character


def staged(*positions: Position | None, aspect: float = 16 / 9, **fields: Any) -> Staging:
    """Mika and others, each where it is told to be."""
    cast = tuple(
        CastMember(character=a_character(f"Mika{n}"), action="stands", position=position, is_target=n == 1)
        for n, position in enumerate(positions)
    )
    return stage(a_beat(cast=cast, turn=StoryTurn.TURN, **fields), aspect)


def from_left(staging: Staging) -> list[str]:
    return [actor.member.character.character_id for actor in sorted(staging.actors, key=lambda actor: actor.x)]


LEFT, CENTRE, RIGHT = Position.LEFT, Position.CENTRE, Position.RIGHT


@pytest.mark.parametrize(
    ("positions", "order"),
    [
        ((None, None), ["mika0", "mika1"]),
        ((RIGHT, None), ["mika1", "mika0"]),
        ((None, LEFT), ["mika1", "mika0"]),
        ((RIGHT, LEFT), ["mika1", "mika0"]),
        ((LEFT, RIGHT), ["mika0", "mika1"]),
        ((CENTRE, RIGHT, LEFT), ["mika2", "mika0", "mika1"]),
        ((RIGHT, CENTRE, LEFT), ["mika2", "mika1", "mika0"]),
    ],
)
def test_everybody_stands_where_the_plan_says(positions: tuple[Position | None, ...], order: list[str]) -> None:
    staging = staged(*positions)

    assert from_left(staging) == order
    assert [a.faces_left for a in sorted(staging.actors, key=lambda actor: actor.x)] == [*[False] * (len(order) - 1), True]


@pytest.mark.parametrize("aspect", [1.0, 16 / 9])
@pytest.mark.parametrize("size", [ShotSize.EXTREME_WIDE, ShotSize.WIDE, ShotSize.FULL])
def test_who_is_alone_on_one_side_leaves_the_other_free_and_is_whole(size: ShotSize, aspect: float) -> None:
    middle, right, left = (staged(side, aspect=aspect, shot_size=size) for side in (None, RIGHT, LEFT))

    def share(staging: Staging) -> float:
        """Where in the frame's width the actor stands, from the middle."""
        [actor] = staging.actors
        assert abs(actor.x - staging.framing.x) + actor.width / 2 <= staging.framing.tall * aspect / 2 + 1e-6
        return (actor.x - staging.framing.x) / (staging.framing.tall * aspect)

    assert share(left) < share(middle) - 0.05
    assert share(right) > share(middle) + 0.05


@pytest.mark.parametrize("size", ShotSize)
def test_who_is_seen_from_below_has_a_low_horizon(size: ShotSize) -> None:
    overhead, high, level, low = (
        staged(None, None, shot_size=size, angle=angle).framing.horizon
        for angle in (Angle.OVERHEAD, Angle.HIGH, Angle.EYE_LEVEL, Angle.LOW)
    )

    assert 0 < overhead < high < level < low < 1


def test_a_tilted_picture_fills_its_frame() -> None:
    framing, level = (staged(None, None, angle=angle).framing for angle in (Angle.DUTCH, Angle.EYE_LEVEL))

    assert framing.tilt
    assert level.tilt == 0
    assert framing.tall == pytest.approx(level.tall * enlarged(framing.tilt, 16 / 9)), "nobody is cut off that was not before"
    half = np.array([16 / 9, 1.0]) / 2
    turned = np.radians(framing.tilt)
    corner = np.array([[np.cos(turned), np.sin(turned)], [np.sin(turned), np.cos(turned)]]) @ half
    assert (corner <= half * enlarged(framing.tilt, 16 / 9) + 1e-9).all()


def test_a_face_shows_the_emotion_that_is_told_rather_than_the_deed() -> None:
    member = CastMember(character=a_character(), action="runs", emotion="furious")

    assert mood_of(member, a_beat(), Act.RUN) is Mood.ANGRY
    assert mood_of(member.model_copy(update={"emotion": ""}), a_beat(), Act.RUN) is Mood.DETERMINED


def test_density_sets_how_many_keyframes_are_drawn() -> None:
    paths_TN2 = np.zeros((48, 1, 2))
    paths_TN2[:, 0, 0] = np.arange(48) * 0.05

    sparse, normal, dense = (
        len(key_indices(paths_TN2, 24, density=density))
        for density in (KeyframeDensity.SPARSE, KeyframeDensity.NORMAL, KeyframeDensity.DENSE)
    )

    assert sparse < normal < dense
