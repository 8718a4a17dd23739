"""What becomes of pods that nobody ended: a pod is gone only when that is confirmed, and what is of no use is deleted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from ray.autoscaler.node_launch_exception import NodeLaunchException

from cluster.config import read_cluster
from cluster.errors import ClusterError
from cluster.identity import Candidate, Identity, Kind
from cluster.pods import GlobalNetworking, Pod
from cluster.sight import Sight, missed, reason_to_end
from tests.runpod.faults import Fault
from tests.unit.cluster.rig import FIRST_GPU, SECOND_GPU, SECTION, Rig

TODAY = datetime(2026, 11, 1, tzinfo=UTC)


def a_sight(
    *,
    status: str = "RUNNING",
    is_up: bool = True,
    kind: Kind = Kind.WORKER,
    place: str | None = "EU-RO-1",
    age_h: float = 1,
    was_up: bool = True,
    num_misses: int = 0,
    max_usd: float = 1.0,
) -> Sight:
    pod = Pod(
        id="p1",
        name="ray-vr-worker-0",
        status=status,
        env={},
        dataCenterId=place,
        cost=0.5,
        runtime={"uptime": 3} if is_up else None,
        ports=(),
        mounts={},
        createdAt=TODAY - timedelta(hours=age_h),
        globalNetworking=GlobalNetworking(enabled=False),
    )
    candidate = Candidate(machine="g", count=1, data_center="EU-RO-1", cloud="SECURE")
    identity = Identity(instance_id=pod.name, kind=kind, tags={}, candidate=candidate, max_usd_per_hour=max_usd)
    return Sight(pod=pod, identity=identity, first_seen_s=0, was_up=was_up, num_misses=num_misses)


@pytest.mark.parametrize(
    ("sight", "now_s", "reason"),
    [
        (a_sight(), 1e6, None),
        (a_sight(status="PROVISIONING", is_up=False, was_up=False, place=None), 600, None),
        (a_sight(status="RUNNING", is_up=False, was_up=False), 601, "did not come up within 600 s"),
        (a_sight(status="RUNNING", is_up=False, was_up=True), 601, None),
        (a_sight(status="MIGRATING", is_up=False), 601, None),
        (a_sight(status="EXITED", is_up=False), 0, "stopped by itself"),
        (a_sight(status="ERROR", is_up=False), 0, "stopped by itself"),
        (a_sight(place="US-KS-2"), 0, "landed in US-KS-2"),
        (a_sight(max_usd=0.4999999), 0, None),
        (a_sight(max_usd=0.49), 0, "costs 0.50 USD per hour"),
        (a_sight(age_h=12.1), 0, "older than 12 hours"),
        (a_sight(kind=Kind.HEAD, status="EXITED", is_up=False, was_up=False, place="US-KS-2", age_h=1000), 1e6, None),
    ],
)
def test_a_worker_is_ended_for_a_reason_and_a_head_never(sight: Sight, now_s: float, reason: str | None) -> None:
    found = reason_to_end(sight, read_cluster(SECTION), now_s, TODAY)

    assert (found is None) if reason is None else (found is not None and reason in found)


@pytest.mark.parametrize(
    ("num_misses", "now_s", "is_unwanted", "is_gone"),
    [(0, 100, False, False), (1, 100, False, False), (2, 100, False, True), (2, 59, False, False), (0, 0, True, True)],
)
def test_a_pod_is_gone_after_the_third_miss(num_misses: int, now_s: float, is_unwanted: bool, is_gone: bool) -> None:
    sight = missed(a_sight(num_misses=num_misses), is_unwanted=is_unwanted, now_s=now_s)

    assert (sight is None) is is_gone


@pytest.mark.slow
def test_one_empty_list_kills_nobody(rig: Rig) -> None:
    rig.create(count=3)
    before = rig.boot()

    rig.desk.empty_lists = 2

    assert [rig.nodes() for _ in range(4)] == [before] * 4
    assert len(rig.pods()) == 3


@pytest.mark.slow
def test_a_pod_that_a_list_leaves_out_for_ever_is_there_as_long_as_it_is_there(rig: Rig) -> None:
    rig.create()
    before = rig.boot()

    rig.cloud.hidden = {rig.pod().id}

    assert [rig.nodes() for _ in range(10)] == [before] * 10


def test_one_wrong_404_kills_nobody(rig: Rig) -> None:
    rig.create()
    before = rig.boot()
    rig.cloud.hidden = rig.cloud.unknown = {rig.pod().id}

    assert rig.nodes() == rig.nodes() == before
    rig.cloud.hidden = rig.cloud.unknown = set()

    assert [rig.nodes() for _ in range(4)] == [before] * 4


def test_wrong_answers_that_are_not_in_a_row_do_not_add_up(rig: Rig) -> None:
    rig.create()
    before = rig.boot()

    for _ in range(3):
        rig.cloud.hidden = rig.cloud.unknown = {rig.pod().id}
        assert rig.nodes() == rig.nodes() == before
        rig.cloud.hidden = rig.cloud.unknown = set()
        assert rig.nodes() == before


def test_a_pod_that_does_not_show_yet_is_not_taken_for_gone(rig: Rig) -> None:
    rig.create()
    name = rig.pod().request["name"]
    rig.cloud.hidden = rig.cloud.unknown = {rig.pod().id}

    assert [rig.nodes() for _ in range(5)] == [[name]] * 5


@pytest.mark.slow
def test_a_pod_that_vanished_is_gone_once_that_is_confirmed(rig: Rig) -> None:
    rig.create(count=2)
    first, second = rig.boot()
    rig.cloud.vanish(rig.pods()[0].id)

    assert [rig.nodes() for _ in range(3)] == [[first, second], [first, second], [second]]
    rig.create()
    assert rig.pods()[-1].data_center == "US-KS-2", "its place is spared for a while"


def test_while_the_api_cannot_say_it_nothing_is_gone(rig: Rig) -> None:
    rig.create()
    before = rig.boot()
    rig.desk.empty_lists = 9
    rig.desk.faults.add(Fault(method="GET", path=f"/v2/pods/{rig.pod().id}", times=12))

    for _ in range(4):
        with pytest.raises(ClusterError):
            rig.provider.non_terminated_nodes({})
    assert rig.nodes() == before


def test_a_pod_that_counted_as_gone_and_comes_back_is_deleted(rig: Rig) -> None:
    rig.create()
    rig.boot()
    pod = rig.pod()
    rig.cloud.hidden = rig.cloud.unknown = {pod.id}
    for _ in range(3):
        rig.nodes()

    rig.cloud.hidden = rig.cloud.unknown = set()

    assert rig.nodes() == [], "Ray has written it off, and would end it while it works"
    assert rig.pods() == []


def test_a_head_that_counted_as_gone_and_comes_back_is_the_head_again(rig: Rig) -> None:
    rig.create(kind="head")
    head = rig.boot()
    rig.cloud.hidden = rig.cloud.unknown = {rig.pod().id}
    for _ in range(5):
        rig.nodes()

    rig.cloud.hidden = rig.cloud.unknown = set()

    assert rig.nodes() == head
    assert rig.nodes() == head


def test_a_preempted_pod_is_deleted_and_its_place_spared(rig: Rig) -> None:
    rig.create()
    rig.boot()
    rig.cloud.preempt(rig.pod().id)

    rig.nodes()
    assert rig.pods() == [], "a stopped pod's disk bills"
    assert rig.nodes() == []
    rig.create()
    assert (rig.pod().request["gpu"]["id"], rig.pod().data_center) == (FIRST_GPU, "US-KS-2")


def test_a_pod_that_does_not_come_up_is_deleted_and_the_next_candidate_taken(rig: Rig) -> None:
    rig.node_config |= {"data_centers": ["EU-RO-1"]}
    rig.cloud.stuck = {FIRST_GPU}
    rig.create()
    rig.clock.sleep(590)
    assert len(rig.nodes()) == 1

    rig.clock.sleep(10)
    rig.nodes()
    assert rig.pods() == []
    assert rig.nodes() == []
    rig.create()
    assert rig.pod().request["gpu"]["id"] == SECOND_GPU


def test_a_stuck_pod_that_cannot_be_deleted_now_is_deleted_later(rig: Rig) -> None:
    rig.cloud.stuck = {FIRST_GPU}
    rig.create()
    rig.desk.faults.add(Fault(method="DELETE", times=6))
    rig.clock.sleep(601)

    assert len(rig.nodes()) == len(rig.nodes()) == len(rig.pods()) == 1
    rig.nodes()
    assert rig.pods() == []


def test_a_pod_that_landed_in_another_data_centre_is_deleted(rig: Rig) -> None:
    rig.cloud.lands_in = "CA-MTL-1"
    rig.create()
    rig.boot()

    assert rig.pods() == []


def test_a_busy_pod_without_figures_for_a_while_is_left_alone(rig: Rig) -> None:
    rig.create()
    before = rig.boot()
    rig.pod().is_stuck = True

    rig.clock.sleep(2000)

    assert rig.nodes() == before
    assert not rig.provider.is_running(before[0])


def test_a_frozen_pod_is_there_until_ray_gives_it_up(rig: Rig) -> None:
    rig.create()
    (node,) = rig.boot()
    rig.cloud.freeze(rig.pod().id)
    assert rig.nodes() == [node]

    rig.provider.terminate_node(node)

    assert rig.pods() == []


def test_a_stopped_head_keeps_its_disk(rig: Rig) -> None:
    rig.create(kind="head")
    (head,) = rig.boot()
    rig.cloud.preempt(rig.pod().id)

    assert rig.nodes() == [head]
    assert not rig.provider.is_running(head)
    assert len(rig.pods()) == 1


def test_a_pod_without_its_tags_is_not_shown_to_ray_and_does_not_live_for_ever(rig: Rig) -> None:
    rig.create()
    rig.boot()
    rig.pod().request["env"] = {}
    rig.provider = rig.new_provider()

    assert rig.nodes() == []
    assert len(rig.pods()) == 1
    rig.clock.sleep(12 * 3600)
    rig.nodes()
    assert rig.pods() == []


@pytest.mark.slow
def test_what_is_no_pod_of_ours_does_not_disturb(rig: Rig) -> None:
    rig.cloud.create({"name": "somebody's", "image": "x", "gpu": {"id": "NVIDIA L4"}})
    rig.create()

    with pytest.raises(NodeLaunchException, match="may have 8"):
        rig.create(count=8)
    assert len(rig.pods()) == 9
