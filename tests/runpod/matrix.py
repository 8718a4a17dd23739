"""Everything that RunPod can do to a cluster, on Ray's own autoscaler: `python -m tests.runpod.matrix` [NAME…].

One cluster goes through all of it: the head and its workers are processes of this machine that run the real entry point, the real Ray and
StoryWorld; before it, one pod that is a whole StoryWorld goes from `up` to `down`. Prints what became of a beat each time, and ends with 1
when something did that should not. A trouble takes a minute or two, and no wait in it more than ten; `make test` has the stories that
matter most (tests/on_ray/test_pods.py).
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial

from api.client import JsonObject
from tests.runpod.cloud import FULL
from tests.runpod.faults import Fault, Faults
from tests.runpod.outliving import what_renders_outlives_the_head
from tests.runpod.pods import FakePod
from tests.runpod.single import from_up_to_down
from tests.runpod.village import FIRST_GPU, LONG, RENDERER, SECOND_GPU, Village, eventually, running_village

LIMIT_S = 600.0
UNUSED_S = 20.0
"""Until a worker without a process at work asks its Ray why, and again until it ends."""
KEPT = "Ray keeps a place here"


def no_capacity(village: Village) -> str:
    """The catalogue has them, and the orders are refused."""
    village.desk.faults.add(Fault(method="POST", status=400, detail=FULL, times=2))
    pods, _ = _rendered(village)
    assert [pod.request["gpu"]["id"] for pod in pods] == [SECOND_GPU]
    return f"refused twice, then rendered on {_place(pods[0])}"


def sold_out(village: Village) -> str:
    village.cloud.sell_out()
    asked = village.desk.num_asked("POST")
    episode_id = village.submit()
    eventually(lambda: village.desk.num_asked("POST") > asked, LIMIT_S)
    time.sleep(20)
    refused = village.desk.num_asked("POST") - asked
    assert refused <= 8, f"{refused} orders in 20 s"
    village.cloud.full.clear()
    _ended(village, episode_id)
    return f"{refused} refused orders in the first 20 s; rendered once there was one"


def too_many_calls(village: Village) -> str:
    village.desk.faults.add(Fault(method="POST", status=429, detail="slow down", headers={"retry-after": "5"}, times=2))
    village.desk.faults.add(Fault(method="GET", status=429, detail="slow down", headers={"retry-after": "1"}, times=3))
    _rendered(village)
    return "waited, then rendered"


def broken_answers(village: Village) -> str:
    asked = village.desk.num_asked("POST")
    village.desk.faults.add(Fault(method="POST", status=500, is_done=True))
    pods, _ = _rendered(village)
    assert village.desk.num_asked("POST") - asked == len(pods) == 1, "the pod whose order had no answer is used"
    return "the pod of the order without an answer was found and used"


def an_api_that_is_away(village: Village) -> str:
    def away(_: FakePod) -> None:
        village.desk.faults.add(Fault(method="GET", status=500, times=12))

    pods, episode = _rendered(village, away)
    assert len(pods) == 1
    assert _classes(episode) == [None]
    return "twelve calls failed while it rendered; nothing was lost"


def empty_lists(village: Village) -> str:
    def empty(_: FakePod) -> None:
        village.desk.empty_lists = 3

    pods, episode = _rendered(village, empty)
    assert len(pods) == 1
    assert _classes(episode) == [None]
    return "three lists in a row killed nobody"


def preemption(village: Village) -> str:
    pods, episode = _rendered(village, lambda pod: village.cloud.preempt(pod.id))
    assert len(pods) == 2
    assert _classes(episode) == ["infra", None]
    return f"rendered by a second pod ({_place(pods[1])}); not counted"


def preemption_that_kills_the_renderer_first(village: Village) -> str:
    """A busy machine may end its processes in any order; Ray takes a renderer that goes before its raylet for crashed."""

    def strike(pod: FakePod) -> None:
        (renderer,) = village.actors(RENDERER)
        village.cloud.preempt(pod.id)
        time.sleep(2)  # of the three seconds in which it drains
        os.kill(renderer, signal.SIGKILL)

    pods, episode = _rendered(village, strike)
    assert len(pods) == 2
    assert _classes(episode) == ["infra", None]
    return "rendered by a second pod; not counted"


def stuck_boot(village: Village) -> str:
    village.cloud.stuck = {FIRST_GPU, SECOND_GPU}
    episode_id = village.submit()
    eventually(village.workers, LIMIT_S)
    (first,) = village.workers()
    village.cloud.stuck = set()
    _ended(village, episode_id)
    assert first.ended == "TERMINATED"
    return "deleted after its boot timeout, and rendered by another pod"


def frozen_pod(village: Village) -> str:
    """A renderer that says nothing for 25 s is replaced like one that hangs: nobody can tell the two apart by then."""
    pods, episode = _rendered(village, lambda pod: village.cloud.freeze(pod.id))
    assert len(pods) == 2
    assert _classes(episode) == ["crash", None]
    eventually(lambda: village.machines.pids_of(pods[0].id) == [], LIMIT_S)
    return "given up by Ray, deleted, and rendered by a second pod; counted as a crash of the renderer"


def killed_head(village: Village) -> str:
    """kill -9 of the head's Ray, whatever belongs to it; the pod and its entry point stay."""
    what_renders_outlives_the_head(village, village.machines.kill_all_but_the_first)
    return "back on the same pod, the renderer the same, and no second pod bought"


def head_killed_while_it_makes_an_actor(village: Village) -> str:
    """Its worker's Ray goes on keeping the place that the dead head had asked for. The beat may be given back, and not counted."""
    episode_id = village.submit()
    worker = village.rendering(episode_id, LIMIT_S)
    village.machines.kill_all_but_the_first(village.head_id)
    eventually(lambda: not village.client.is_ready(), LIMIT_S)
    eventually(village.client.is_ready, LIMIT_S)
    _ended(village, episode_id)
    assert set(_classes(village.client.episode(episode_id))) <= {"infra", None}
    eventually(lambda: village.machines.pids_of(worker.id) == [], LIMIT_S)
    how = "ended itself: its Ray kept a place" if KEPT in village.machines.said(worker.id) else "was let go"
    return f"back on the same pod, the beat rendered, and the worker {how}"


def down(village: Village) -> str:
    village.submit(**LONG)
    eventually(village.workers, LIMIT_S)
    everything = [pod.id for pod in village.cloud.alive()]
    village.down()
    assert village.cloud.alive() == []
    eventually(lambda: not any(village.machines.pids_of(pod_id) for pod_id in everything), LIMIT_S)
    return f"{len(everything)} pods deleted in the middle of a beat; no process is left"


TROUBLES: tuple[Callable[[Village], str], ...] = (
    no_capacity,
    sold_out,
    too_many_calls,
    broken_answers,
    an_api_that_is_away,
    empty_lists,
    preemption,
    preemption_that_kills_the_renderer_first,
    stuck_boot,
    frozen_pod,
    killed_head,
    head_killed_while_it_makes_an_actor,
    down,
)


def main(names: Sequence[str]) -> int:
    known = ["single_pod", *(trouble.__name__ for trouble in TROUBLES)]
    if unknown := set(names) - set(known):
        sys.stderr.write(f"There is no {', '.join(sorted(unknown))}. There are: {', '.join(known)}.\n")
        return 2
    chosen = [trouble for trouble in TROUBLES if trouble.__name__ in (names or known)]
    verdicts = [_told("single_pod", from_up_to_down)] if "single_pod" in (names or known) else []
    if chosen:
        with running_village(boot_timeout_s=30, STORYWORLD_UNUSED_LIMIT_S=str(UNUSED_S)) as village:
            verdicts += [_told(trouble.__name__, partial(_through, trouble, village)) for trouble in chosen]
    return 0 if all(verdicts) else 1


def _through(trouble: Callable[[Village], str], village: Village) -> str:
    _calm(village)
    what = trouble(village)
    _calm(village)
    assert village.desk.violations == []
    return what


def _told(name: str, happens: Callable[[], str]) -> bool:
    """A line of the table, as soon as it is known; whether all was well."""
    began_s = time.monotonic()
    try:
        verdict, what = "ok", happens()
    except Exception as error:  # the table has to be whole, whatever a trouble did
        verdict, what = "FAILED", f"{type(error).__name__}: {error}"
    sys.stdout.write(f"{verdict:<7} {name:<42} {time.monotonic() - began_s:6.0f} s  {what}\n")
    sys.stdout.flush()
    return verdict == "ok"


def _calm(village: Village) -> None:
    """All knobs as they were, and no worker left."""
    village.cloud.full, village.cloud.stuck = set(), set()
    village.desk.faults, village.desk.empty_lists = Faults(), 0
    if village.cloud.alive():
        eventually(lambda: village.workers() == [], LIMIT_S)


def _rendered(village: Village, trouble: Callable[[FakePod], None] | None = None) -> tuple[list[FakePod], JsonObject]:
    """The pods that were there for it, in order, and the episode. The trouble strikes the pod that renders."""
    before = {pod.id for pod in village.cloud.everything()}
    episode_id = village.submit(**(LONG if trouble else {}))
    if trouble is not None:
        trouble(village.rendering(episode_id, LIMIT_S))
    episode = _ended(village, episode_id)
    return [pod for pod in village.cloud.everything() if pod.id not in before], episode


def _ended(village: Village, episode_id: str) -> JsonObject:
    eventually(lambda: village.client.episode(episode_id)["state"] == "COMPLETED", LIMIT_S)
    return village.client.episode(episode_id)


def _classes(episode: JsonObject) -> list[str | None]:
    """Of failure, attempt by attempt."""
    (beat,) = episode["beats"]
    return [attempt["failure_class"] for attempt in beat["attempts"]]


def _place(pod: FakePod) -> str:
    return f"{pod.request['gpu']['id']} in {pod.data_center}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
