"""From a waiting beat to a pod and back to none: Ray's autoscaler, our provider, the entry point and StoryWorld, all real, on a fake RunPod."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runpod.cloud import FULL
from tests.runpod.faults import Fault
from tests.runpod.outliving import what_renders_outlives_the_head
from tests.runpod.village import FIRST_GPU, LONG, Village, eventually, running_village

pytestmark = pytest.mark.timeout(1200)  # two starts of Ray, and each has a limit of its own


@pytest.fixture(scope="module")
def village() -> Iterator[Village]:
    with running_village() as village:
        yield village
        sys.stdout.write(village.machines.everything_said())  # pytest shows it where a test failed
        assert village.desk.violations == []


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
    first = village.rendering(episode_id)

    village.cloud.preempt(first.id)
    eventually(lambda: village.client.episode(episode_id)["state"] == "COMPLETED")

    (beat,) = village.client.episode(episode_id)["beats"]
    assert [attempt["failure_class"] for attempt in beat["attempts"]] == ["infra", None]
    assert beat["attempts"][0]["node"] != beat["attempts"][1]["node"]
    assert "pod_leaves act=stop" in village.machines.said(first.id)


def test_a_head_that_dies_costs_no_attempt_and_no_pod_and_its_worker_goes_when_it_is_idle(village: Village) -> None:
    what_renders_outlives_the_head(village, lambda head_id: village.machines.kill_one(head_id, "gcs_server"))


def test_an_entry_point_is_told_whether_ray_keeps_a_place_on_its_pod(village: Village) -> None:
    """The head's is asked here, because its places are taken at any time."""
    environ = [Path(f"/proc/{pid}/environ").read_text() for pid in village.machines.pids_of(village.head_id)]
    environment = next(dict(re.findall(r"([^=\0]+)=([^\0]*)", text)) for text in environ if "\0RAY_ADDRESS=" in text)
    command = [sys.executable, "-m", "cluster.entrypoint.place_probe"]

    asked = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)

    assert asked.stdout == "kept", asked.stderr


def test_down_leaves_nothing(village: Village) -> None:
    village.submit()
    eventually(village.workers)
    everything = [pod.id for pod in village.cloud.alive()]

    village.down()

    assert village.cloud.alive() == []
    eventually(lambda: not any(village.machines.pids_of(pod_id) for pod_id in everything))
