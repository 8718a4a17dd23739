"""A pod's life, look by look, on a clock that only the test moves."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from cluster.entrypoint.assignment import Assignment, Limits
from cluster.entrypoint.judgement import Act, Life, Memory, Move, Seen, next_move
from cluster.identity import Kind

LIMITS = Limits(life_s=50_000)
WORKER = Assignment(
    kind=Kind.WORKER, head=("head", 6379), network="podnet1", file=None, api_port=8000, api_host="127.0.0.1", limits=LIMITS
)
HEAD = replace(WORKER, kind=Kind.HEAD, head=("", 6379))
NOTHING = Seen(now_s=0, address=None, head_answers=False, ray=Life.ABSENT, api_runs=False, is_asked_to_stop=False)


class Pod:
    def __init__(self, assignment: Assignment) -> None:
        self._assignment = assignment
        self._memory = Memory(born_s=0)
        self._seen = NOTHING

    def look(self, after_s: float = 1.0, **changes: object) -> Move:
        """What it does when so much time has passed and this has changed."""
        self._seen = replace(self._seen, now_s=self._seen.now_s + after_s, **changes)  # type: ignore[arg-type]
        self._memory, move = next_move(self._memory, self._seen, self._assignment)
        return move


@pytest.fixture
def worker() -> Pod:
    """It has an address, and its head answers."""
    pod = Pod(WORKER)
    assert pod.look().act is Act.WAIT, "no address"
    assert pod.look(address="10.65.0.2").act is Act.WAIT, "no head"
    assert pod.look(head_answers=True).act is Act.START_RAY
    return pod


@pytest.fixture
def joined(worker: Pod) -> Pod:
    worker.look(ray=Life.UP)
    assert worker.look(60).act is Act.WAIT
    return worker


@pytest.fixture
def head() -> Pod:
    pod = Pod(HEAD)
    assert pod.look(address="10.65.0.1").act is Act.START_RAY
    return pod


def test_a_worker_whose_network_does_not_come_up_ends() -> None:
    pod = Pod(WORKER)
    assert pod.look(LIMITS.network_s).act is Act.WAIT

    assert pod.look().reason == "it has no address in the private network, for 120 s"


def test_a_worker_whose_head_never_answers_ends() -> None:
    pod = Pod(WORKER)
    pod.look(address="10.65.0.2")
    assert pod.look(LIMITS.head_s).act is Act.WAIT
    move = pod.look()

    assert (move.act, move.reason) == (Act.END, "the head (head) does not answer, for 300 s")


def test_a_worker_works_for_as_long_as_its_head_answers(joined: Pod) -> None:
    assert {joined.look(300).act for _ in range(50)} == {Act.WAIT}


def test_a_worker_that_nobody_needs_asks_its_ray_now_and_then_and_stays_where_no_place_is_taken(joined: Pod) -> None:
    """Its node type may have min_workers."""
    joined.look(works=False)
    assert joined.look(LIMITS.unused_s).act is Act.WAIT

    for _ in range(20):
        assert joined.look().act is Act.ASK_RAY
        assert joined.look(keeps=False).act is Act.WAIT
        assert joined.look(LIMITS.unused_s - 1, keeps=None).act is Act.WAIT


def test_a_worker_ends_when_its_ray_keeps_a_place_for_nobody(joined: Pod) -> None:
    joined.look(works=False)
    assert joined.look(LIMITS.unused_s + 1).act is Act.ASK_RAY
    assert joined.look(keeps=True).act is Act.WAIT, "it may have been taken just now"
    assert joined.look(LIMITS.unused_s, keeps=None).act is Act.ASK_RAY
    move = joined.look(keeps=True)

    assert (move.act, move.reason) == (Act.END, "Ray keeps a place here for which there is no process, for 1200 s")


def test_a_ray_that_does_not_say_ends_nobody(joined: Pod) -> None:
    joined.look(works=False)

    assert {joined.look(LIMITS.unused_s + 1).act for _ in range(20)} == {Act.ASK_RAY}


@pytest.mark.parametrize(("works", "ray"), [(True, Life.UP), (False, Life.STARTING)])
def test_a_place_that_is_used_once_more_is_not_kept_for_nobody(joined: Pod, works: bool, ray: Life) -> None:
    joined.look(works=False)
    joined.look(LIMITS.unused_s + 1)
    joined.look(keeps=True)
    joined.look(keeps=None, works=works, ray=ray)

    joined.look(works=False, ray=Life.UP)
    assert joined.look(LIMITS.unused_s + 1).act is Act.ASK_RAY
    assert joined.look(keeps=True).act is Act.WAIT


def test_a_worker_outlives_a_head_that_restarts_and_not_one_that_is_gone(joined: Pod) -> None:
    assert joined.look(LIMITS.lost_head_s, head_answers=False).act is Act.WAIT
    joined.look(head_answers=True)
    assert joined.look(LIMITS.lost_head_s, head_answers=False).act is Act.WAIT

    assert joined.look().act is Act.END


def test_a_worker_ends_with_its_ray(joined: Pod) -> None:
    assert joined.look(ray=Life.ABSENT) == Move(act=Act.END, reason="Ray is gone")


def test_a_worker_that_was_let_go_leaves_its_end_to_the_cluster_and_does_not_rely_on_it(joined: Pod) -> None:
    joined.look(ray=Life.DRAINED)
    assert joined.look(LIMITS.drained_s).act is Act.WAIT

    assert joined.look().act is Act.END


def test_a_worker_that_is_let_go_as_soon_as_it_has_come_does_not_come_back(worker: Pod) -> None:
    worker.look(ray=Life.UP)

    assert [worker.look(31, ray=Life.DRAINED).act for _ in range(3)] == [Act.WAIT, Act.WAIT, Act.END]


def test_a_start_that_is_just_failing_is_not_taken_for_the_end(worker: Pod) -> None:
    worker.look(ray=Life.UP)
    assert worker.look(ray=Life.DRAINED).act is Act.WAIT

    assert worker.look(ray=Life.ABSENT).act is Act.START_RAY


def test_ray_is_started_three_times_before_it_counts_as_broken(worker: Pod) -> None:
    for _ in range(2):
        worker.look(ray=Life.STARTING)
        worker.look(ray=Life.UP)
        assert worker.look(ray=Life.ABSENT).act is Act.START_RAY

    assert worker.look().reason == "Ray ended 3 times before it had joined"


def test_a_ray_that_hangs_as_it_starts_ends_its_pod(worker: Pod) -> None:
    assert worker.look(LIMITS.start_s, ray=Life.STARTING).act is Act.WAIT

    assert worker.look().act is Act.END


def test_a_worker_ends_when_its_time_is_over_however_busy_it_is(joined: Pod) -> None:
    assert joined.look(50_000).reason == "it is older than 13.8889 hours"


@pytest.mark.parametrize("assignment", [WORKER, HEAD])
def test_whoever_is_asked_to_stop_stops_and_does_not_delete_its_pod(assignment: Assignment) -> None:
    assert Pod(assignment).look(is_asked_to_stop=True).act is Act.STOP


def test_a_head_serves_as_soon_as_its_ray_is_up(head: Pod) -> None:
    assert head.look(ray=Life.STARTING).act is Act.WAIT
    assert head.look(ray=Life.UP).act is Act.START_API
    assert head.look(api_runs=True).act is Act.WAIT


def test_a_head_starts_a_dead_ray_again_and_later_each_time(head: Pod) -> None:
    starts = [second for second in range(300) if head.look().act is Act.START_RAY]

    assert [later - earlier for earlier, later in pairwise(starts)] == [4, 8, 16, 32, 60, 60, 60]


def test_a_ray_that_had_joined_is_started_again_at_once(head: Pod) -> None:
    head.look(ray=Life.UP, api_runs=True)
    head.look(60)

    assert head.look(ray=Life.ABSENT).act is Act.START_RAY


def test_an_api_that_dies_is_started_again_and_later_each_time(head: Pod) -> None:
    head.look(ray=Life.UP)
    starts = [second for second in range(200) if head.look().act is Act.START_API]

    assert [later - earlier for earlier, later in pairwise(starts)] == [4, 8, 16, 32, 60, 60]
    head.look(120, api_runs=True)
    assert head.look(api_runs=False).act is Act.START_API


def test_a_head_whose_ray_never_comes_up_exits_and_keeps_its_disk(head: Pod) -> None:
    acts = [head.look(60).act for _ in range(31)]

    assert acts[-1] is Act.GIVE_UP
    assert Act.END not in acts


def test_a_head_has_no_end(head: Pod) -> None:
    head.look(ray=Life.UP, api_runs=True)

    assert {head.look(10_000).act for _ in range(20)} == {Act.WAIT}
