"""From a waiting beat to a pod and back to none: Ray's autoscaler, our provider, the entry point and StoryWorld, all real, on a fake RunPod."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.runpod.cloud import FULL
from tests.runpod.faults import Fault
from tests.runpod.pods import FakePod
from tests.runpod.village import FIRST_GPU, Village, eventually, running_village

pytestmark = pytest.mark.timeout(1200)  # two starts of Ray, and each has a limit of its own


@pytest.fixture(scope="module")
def village() -> Iterator[Village]:
    with running_village() as village:
        yield village
        sys.stdout.write(village.machines.everything_said())  # pytest shows it where a test failed
        assert village.desk.violations == []


LONG = {"duration_s": 20.0, "width": 256, "height": 256}
"""A beat that takes long enough for something to happen while it renders."""


def test_a_waiting_beat_brings_a_pod_from_where_there_is_one(village: Village) -> None:
    village.desk.faults.add(Fault(method="POST", status=400, detail=FULL))

    episode_id = village.submit()
    eventually(village.workers)
    (worker,) = village.workers()
    village.desk.empty_lists = 1
    eventually(lambda: village.client.episode(episode_id)["state"] == "COMPLETED")

    assert (worker.request["gpu"]["id"], worker.data_center) == (FIRST_GPU, "US-KS-2")
    assert village.desk.num_asked("POST") == 3, "the head, a refusal, and one worker"


def test_a_preempted_pods_beat_is_rendered_by_another_one_and_nothing_is_counted(village: Village) -> None:
    episode_id = village.submit(**LONG)
    first = rendering(village, episode_id)

    village.cloud.preempt(first.id)
    eventually(lambda: village.client.episode(episode_id)["state"] == "COMPLETED")

    (beat,) = village.client.episode(episode_id)["beats"]
    assert [attempt["failure_class"] for attempt in beat["attempts"]] == ["infra", None]
    assert beat["attempts"][0]["node"] != beat["attempts"][1]["node"]
    assert "pod_leaves act=stop" in village.machines.said(first.id)


def test_a_head_that_dies_costs_no_attempt_and_no_pod_and_the_worker_goes_when_it_is_idle(village: Village) -> None:
    episode_id = village.submit(num_beats=2, duration_s=10.0, width=256, height=256)
    worker = rendering(village, episode_id)
    (warm,) = village.renderers()
    num_orders = village.desk.num_asked("POST")
    seen: set[int] = set()

    def is_completed() -> bool:
        seen.update(village.renderers())
        return village.client.is_ready() and village.client.episode(episode_id)["state"] == "COMPLETED"

    village.machines.kill_one(village.head_id, "gcs_server")
    eventually(lambda: not village.client.is_ready())
    eventually(is_completed)

    attempts = [attempt for beat in village.client.episode(episode_id)["beats"] for attempt in beat["attempts"]]
    assert [(attempt["number"], attempt["failure_class"]) for attempt in attempts] == [(1, None)] * 2
    assert seen == {warm}, "the second beat, which the new head began, was rendered by the process of the first"
    eventually(lambda: village.workers() == [])
    eventually(lambda: village.machines.pids_of(worker.id) == [])
    assert village.desk.num_asked("POST") == num_orders


def test_down_leaves_nothing(village: Village) -> None:
    village.submit()
    eventually(village.workers)
    everything = [pod.id for pod in village.cloud.alive()]

    village.down()

    assert village.cloud.alive() == []
    eventually(lambda: not any(village.machines.pids_of(pod_id) for pod_id in everything))


def rendering(village: Village, episode_id: str) -> FakePod:
    """The pod on which its first beat is rendered, from now on."""
    eventually(lambda: village.client.episode(episode_id)["beats"][0]["state"] == "RENDERING")
    (pod,) = village.workers()
    return pod
