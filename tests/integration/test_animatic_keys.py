"""Where the keyframes of a beat are set, by what moves in it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from episodes.plan import Beat, CastMember, Format, StoryTurn
from rendering.backends.animatic.acts import Act
from rendering.backends.animatic.keys import key_indices, most_keys
from rendering.backends.animatic.landmarks import Paths
from rendering.backends.animatic.references import References
from rendering.backends.animatic.scene import Scene
from rendering.backends.animatic.stage import stage
from tests.builders import a_beat, a_character, a_job

FORMAT = Format(width=64, height=64, fps=24)


class NoPictures:
    def path(self, key: str, sha256: str) -> Path:
        raise AssertionError("this beat has no pictures")


def moving(*steps: float) -> NDArray[np.float64]:
    """One point that goes so far from each frame to the next."""
    return np.stack([np.cumsum([0.0, *steps]), np.zeros(len(steps) + 1)], axis=-1)[:, None, :]


def a_beat_of(action: str, target: str = "", *, turn: StoryTurn = StoryTurn.TURN) -> Beat:
    giant = CastMember(character=a_character("Gorugan", character_id="g"), action=target, is_target=True, scale=2.7)
    cast = (CastMember(character=a_character("Mika"), action=action), *([giant] if target else []))
    return a_beat(cast=cast, turn=turn, duration_s=5.0)


def paths_of(beat: Beat) -> Paths:
    return Scene(a_job(beat, film_format=FORMAT), stage(beat, 1.0), References(), NoPictures()).paths()


def farthest(paths: Paths, keys: tuple[int, ...]) -> float:
    """The most that any point travels between neighbouring keys that have a gap, in steps."""
    ways = np.linalg.norm(np.diff(paths, axis=0), axis=2)
    return max((ways[a:b].sum(axis=0).max() for a, b in pairwise(keys) if b - a > 1), default=0.0)


@pytest.mark.parametrize(
    "beat",
    [
        a_beat_of("fights", "fights back"),
        a_beat_of("stands", "falls and lies beaten", turn=StoryTurn.OUTCOME),
        a_beat_of("jumps"),
        a_beat_of("dances", "dances along"),
        a_beat_of("runs"),
        a_beat_of("looks around"),
    ],
    ids=lambda beat: beat.cast[0].action,
)
def test_nothing_travels_farther_between_two_keys_than_flow_can_follow(beat: Beat) -> None:
    paths = paths_of(beat)

    assert farthest(paths, key_indices(paths, 24)) <= 1.0


def test_who_is_beaten_falls_without_a_jump() -> None:
    paths = paths_of(a_beat_of("stands", "falls and lies beaten", turn=StoryTurn.OUTCOME))

    assert np.linalg.norm(np.diff(paths, axis=0), axis=2).max() < 2.5


def test_a_calm_beat_has_a_key_every_eight_frames_and_no_more() -> None:
    assert key_indices(moving(*[0.01] * 24), 24) == (0, 8, 16, 24)


def test_a_blow_has_a_key_right_before_and_right_on_it() -> None:
    assert {5, 6} <= set(key_indices(moving(0, 0, 0, 0, 0, 9, 0, 0, 0, 0), 24))


def test_who_goes_to_and_fro_has_keys_although_the_end_is_the_beginning() -> None:
    assert len(key_indices(moving(0.6, 0.6, -0.6, -0.6), 24)) == 5


def test_small_things_that_float_about_have_keys_twice_as_close() -> None:
    assert key_indices(moving(*[0.0] * 8), 24, [Act.DOWN]) == (0, 4, 8)


def test_a_dissolve_is_drawn_closely() -> None:
    assert key_indices(moving(*[0.0] * 28), 24, opens_with_dissolve=True) == (0, 3, 6, 9, 12, 20, 28)


@pytest.mark.parametrize(("num_frames", "fps"), [(1, 1), (2, 60), (4, 8), (300, 60), (720, 24), (1800, 60)])
def test_however_wild_a_beat_its_keys_cost_no_more_than_they_may(num_frames: int, fps: int) -> None:
    wild = moving(*[5.0] * (num_frames - 1))

    keys = key_indices(wild, fps, [Act.DOWN], opens_with_dissolve=True)

    assert keys == tuple(sorted(set(keys)))
    assert (keys[0], keys[-1]) == (0, num_frames - 1)
    assert len(keys) <= most_keys(num_frames, fps) <= 190


def test_when_keys_run_out_the_fast_part_keeps_the_most() -> None:
    keys = key_indices(moving(*[0.5] * 300, *[4.0] * 100), 24)

    assert sum(k > 300 for k in keys) / 100 > 2 * sum(k <= 300 for k in keys) / 300
