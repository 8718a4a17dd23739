"""What every episode store decides alike."""

from __future__ import annotations

import uuid
from typing import Literal

import pytest

from episodes.errors import BadInput, IllegalMove
from episodes.job import JobResult, RuntimeFacts
from episodes.lifecycle import BeatState, EpisodeMove, EpisodeState
from storage.cursor import cursor_after, episode_before
from storage.rules import (
    Standing,
    ended_without_clip,
    episode_progress,
    file_of,
    latest_last,
    reopened_with,
    shown_share,
    state_with_beats_opened,
    unmet,
    why_partial,
)
from tests.builders import a_beat

P, A, F, C = BeatState.PENDING, BeatState.ACCEPTED, BeatState.FAILED, BeatState.CANCELLED


def a_story(*beats: tuple[str, BeatState, str] | tuple[str, BeatState, str, bool]) -> list[Standing]:
    """(id, state, what it depends on, did it fail only with another)."""
    return [
        Standing(beat_id=b[0], state=b[1], depends_on=tuple(b[2]), failed_with_another=len(b) > 3 and bool(b[3])) for b in beats
    ]


@pytest.mark.parametrize(
    ("beat_id", "story", "opened"),
    [
        ("a", a_story(("a", F, "")), "a"),
        ("b", a_story(("a", F, ""), ("b", F, "")), "b"),
        ("b", a_story(("a", F, ""), ("b", F, "a", True)), "ab"),
        ("c", a_story(("a", C, ""), ("b", C, "a"), ("c", C, "b")), "abc"),
        ("c", a_story(("a", A, ""), ("b", C, "a"), ("c", C, "b")), "bc"),
        ("a", a_story(("a", F, ""), ("b", F, "a", True), ("c", F, "b", True)), "abc"),
        ("a", a_story(("a", F, ""), ("b", F, ""), ("c", F, "ab", True)), "a"),
        ("c", a_story(("a", F, ""), ("b", F, ""), ("c", F, "ab", True)), "abc"),
        ("a", a_story(("a", F, ""), ("b", F, "a", False)), "a"),
        ("a", a_story(("a", C, ""), ("b", C, "a")), "a"),
        ("a", a_story(("a", F, ""), ("b", C, "a"), ("c", F, "b", True)), "a"),
        ("a", a_story(("a", F, ""), ("b", P, ""), ("c", F, "ab", True)), "ac"),
        ("c", a_story(("a", F, ""), ("b", F, "a", True), ("c", F, "a", True), ("d", A, "")), "abc"),
    ],
)
def test_a_retry_opens_what_can_then_be_rendered(beat_id: str, story: list[Standing], opened: str) -> None:
    assert reopened_with(beat_id, story) == list(opened)


def test_what_was_cancelled_with_another_opens_with_it_and_what_was_cancelled_by_itself_does_not() -> None:
    story = a_story(("a", C, ""), ("b", C, "a", True), ("c", C, "a"), ("d", A, "a"))

    assert reopened_with("a", story) == ["a", "b"]
    assert ended_without_clip("e1", EpisodeState.EXECUTING, story) == ["a", "b", "c"]


def test_there_may_be_nothing_to_retry() -> None:
    with pytest.raises(IllegalMove, match="e1"):
        ended_without_clip("e1", EpisodeState.EXECUTING, a_story(("a", A, "")))
    with pytest.raises(IllegalMove, match="e1"):
        ended_without_clip("e1", EpisodeState.CANCELLED, a_story())


def test_where_only_the_film_is_missing_a_retry_opens_no_beat() -> None:
    assert ended_without_clip("e1", EpisodeState.PARTIALLY_COMPLETED, a_story(("a", A, ""))) == []


@pytest.mark.parametrize(
    ("state", "after_a_retry", "after_a_revision"),
    [
        ("PLANNED", "PLANNED", "PLANNED"),
        ("PAUSED", "PAUSED", "PAUSED"),
        ("EXECUTING", "EXECUTING", "EXECUTING"),
        ("CUTTING", None, "EXECUTING"),
        ("COMPLETED", None, "EXECUTING"),
        ("CANCELLED", "EXECUTING", "EXECUTING"),
        ("CREATED", None, None),
        ("CANCELLING", None, None),
    ],
)
def test_opened_beats_open_their_episode(state: str, after_a_retry: str | None, after_a_revision: str | None) -> None:
    assert _opened(state, EpisodeMove.REOPEN) == after_a_retry
    assert _opened(state, EpisodeMove.REVISE) == after_a_revision


def _opened(state: str, move: Literal[EpisodeMove.REOPEN, EpisodeMove.REVISE]) -> str | None:
    try:
        return state_with_beats_opened("e1", EpisodeState(state), move)
    except IllegalMove:
        return None


def test_only_a_pending_beat_waits_for_others() -> None:
    beat = a_beat(2, depends_on=("b1", "b2", "b1"))

    assert unmet(beat, {"b1": F, "b2": A, "b3": P}) == ("b1",)
    assert unmet(beat, {"b1": F, "b2": A, "b3": F}) == ()


def test_whatever_is_opened_can_start() -> None:
    story = a_story(("a", F, ""), ("b", F, "a", True), ("c", C, "b"), ("d", F, "c", True), ("e", F, "bd", True), ("f", F, ""))
    for one in story:
        opened = set(reopened_with(one.beat_id, story))
        for beat in story:
            if beat.beat_id in opened:
                assert set(beat.depends_on) <= opened  # here nothing is accepted yet


def test_a_share_is_shown_up_to_almost_done() -> None:
    assert [shown_share(s) for s in (-1.0, 0.0, 0.5, 0.99, 1.0, 9.0)] == [0.0, 0.0, 0.5, 0.99, 0.99, 0.99]


def test_an_episode_without_a_film_is_never_done() -> None:
    assert episode_progress(0.0, 0.0) == 0.0
    assert episode_progress(5.0, 10.0) == pytest.approx(0.49)
    assert episode_progress(10.0000001, 10.0) == 0.98


def test_each_renderer_stands_where_it_failed_last() -> None:
    assert latest_last(["a", "b", "a", "c"]) == ("b", "a", "c")
    assert latest_last([]) == ()


def test_only_an_incomplete_film_has_a_reason() -> None:
    assert why_partial(3, 3) == ""
    assert why_partial(1, 3) == "2 of 3 beats have no clip."


def test_a_result_without_the_file_is_bad_input() -> None:
    runtime = RuntimeFacts(backend="animatic", latency_sec=1.0)
    result = JobResult(job_id="a1", status="succeeded", runtime=runtime, fence=1, episode_id="e1")

    with pytest.raises(BadInput, match="attempt a1 has no video"):
        file_of(result, "video")


def test_a_cursor_hides_the_episode_and_gives_it_back() -> None:
    episode_id = str(uuid.uuid4())

    cursor = cursor_after(episode_id)

    assert episode_before(cursor) == episode_id
    assert cursor.replace("-", "").replace("_", "").isalnum()
    assert episode_id[:8] not in cursor


@pytest.mark.parametrize(
    "cursor", ["", "=", "abc", "A" * 23, "A" * 21 + "+", "A" * 21 + "/", "A" * 21 + "B", "é" * 22, "A" * 22 + "=="]
)
def test_what_is_no_cursor_is_bad_input(cursor: str) -> None:
    with pytest.raises(BadInput) as refused:
        episode_before(cursor)
    assert refused.value.where == "cursor"
