"""Nothing may bill that Ray does not know of, whatever answer was lost: the ways to leave a pod behind, one by one."""

from __future__ import annotations

import pytest
from ray.autoscaler.node_launch_exception import NodeLaunchException

from cluster.errors import ClusterError
from cluster.wire import Answer, Call
from tests.runpod.desk import DeskWire
from tests.runpod.faults import Fault
from tests.unit.cluster.rig import Rig


def bills_only_what_ray_knows(rig: Rig) -> bool:
    """After some cycles, in which nothing else happens."""
    nodes: list[str] = []
    for _ in range(6):
        nodes = rig.nodes()
    return sorted(pod.request["name"] for pod in rig.pods()) == sorted(nodes)


@pytest.mark.parametrize("status", [None, 500, 502, 408])
def test_a_pod_whose_order_was_carried_out_without_an_answer_is_found_and_used(rig: Rig, status: int | None) -> None:
    rig.desk.faults.add(Fault(method="POST", status=status, is_done=True))

    rig.create()

    assert rig.nodes() == [rig.pod().request["name"]]
    assert rig.desk.num_asked("POST") == 1, "a second order would have bought a second pod"


@pytest.mark.parametrize("status", [None, 500])
def test_an_order_that_never_arrived_fails_and_is_not_sent_again(rig: Rig, status: int | None) -> None:
    rig.desk.faults.add(Fault(method="POST", status=status))

    with pytest.raises(NodeLaunchException):
        rig.create()

    assert rig.desk.num_asked("POST") == 1
    assert rig.pods() == []


def test_a_pod_that_shows_up_after_its_order_was_given_up_is_deleted_unseen(rig: Rig) -> None:
    rig.desk.faults.add(Fault(method="POST", status=None, is_done=True))
    rig.desk.empty_lists = 4

    with pytest.raises(NodeLaunchException):
        rig.create()
    assert len(rig.pods()) == 1, "it is there, and nobody knows"

    assert [rig.nodes() for _ in range(3)] == [[], [], []]
    assert rig.pods() == []


def test_a_pod_whose_order_and_lists_were_all_lost_is_deleted_when_the_api_is_back(rig: Rig) -> None:
    rig.nodes()
    rig.desk.faults.add(Fault(method="POST", status=None, is_done=True))
    rig.desk.faults.add(Fault(method="GET", path="/v2/pods", status=None, times=9))

    with pytest.raises(NodeLaunchException):
        rig.create()

    assert bills_only_what_ray_knows(rig)
    assert rig.pods() == []


def test_a_late_pod_that_cannot_be_deleted_at_once_is_counted_and_deleted_later(rig: Rig) -> None:
    rig.section["max_pods"] = 1
    rig.provider = rig.new_provider()
    rig.desk.faults.add(Fault(method="POST", status=None, is_done=True))
    rig.desk.empty_lists = 4
    with pytest.raises(NodeLaunchException):
        rig.create()
    rig.desk.faults.add(Fault(method="DELETE", times=3))
    rig.nodes()

    with pytest.raises(NodeLaunchException, match="has 1 pods"):
        rig.create()
    assert bills_only_what_ray_knows(rig)
    assert rig.pods() == []


def test_an_answer_that_cannot_be_read_is_a_lost_answer(rig: Rig) -> None:
    rig.provider = rig.new_provider(Garbling(rig, method="POST"))

    rig.create()

    assert bills_only_what_ray_knows(rig)
    assert len(rig.pods()) == 1


def test_a_pod_that_was_bought_by_a_process_that_died_at_once_is_taken_over(rig: Rig) -> None:
    rig.provider = rig.new_provider(Dying(rig))
    with pytest.raises(KeyboardInterrupt):
        rig.create()

    rig.provider = rig.new_provider()

    assert rig.nodes() == [rig.pod().request["name"]]
    assert rig.provider.node_tags(rig.nodes()[0])["ray-launch-request"] == "request-1"


def test_a_pod_that_runpod_gave_another_name_is_deleted_because_no_list_would_show_it_as_ours(rig: Rig) -> None:
    rig.cloud.renames = str.upper

    with pytest.raises(NodeLaunchException, match="ordered as"):
        rig.create()

    assert rig.pods() == []


def test_of_two_pods_under_one_name_one_is_kept(rig: Rig) -> None:
    rig.create()
    (node,) = rig.boot()
    rig.cloud.create(rig.pod().request)

    assert rig.nodes() == [node]
    assert rig.nodes() == [node]
    assert rig.pod().id == "pod000001"


def test_a_deletion_that_fails_raises_and_the_pod_stays_listed_until_it_is_gone(rig: Rig) -> None:
    rig.create()
    (node,) = rig.boot()
    rig.desk.faults.add(Fault(method="DELETE", times=3))

    with pytest.raises(ClusterError):
        rig.provider.terminate_node(node)

    assert rig.nodes() == [node], "it bills"
    assert rig.nodes() == [], "nobody had to ask a second time"
    assert rig.pods() == []


def test_a_deletion_whose_answer_is_lost_is_repeated_and_fine(rig: Rig) -> None:
    rig.create()
    (node,) = rig.boot()
    rig.desk.faults.add(Fault(method="DELETE", status=None, is_done=True))

    rig.provider.terminate_node(node)

    assert rig.nodes() == []
    assert rig.pods() == []


@pytest.mark.slow
def test_a_deletion_that_was_accepted_and_not_carried_out_is_asked_for_again(rig: Rig) -> None:
    rig.create()
    (node,) = rig.boot()
    rig.cloud.deletes = False

    rig.provider.terminate_node(node)
    for _ in range(8):
        assert rig.nodes() == [node], "RunPod says that it is there, so it bills"
    assert rig.desk.num_asked("DELETE") == 3, "not with every cycle, and again and again"
    rig.cloud.deletes = True
    for _ in range(4):
        rig.nodes()
    assert rig.pods() == []


@pytest.mark.slow
def test_one_pod_that_cannot_be_deleted_keeps_no_other_from_it(rig: Rig) -> None:
    rig.create(count=3)
    nodes = rig.boot()
    rig.desk.faults.add(Fault(method="DELETE", path="/v2/pods/pod000001", status=409, times=1))

    with pytest.raises(ClusterError, match="409"):
        rig.provider.terminate_nodes(nodes)

    assert [pod.id for pod in rig.pods()] == ["pod000001"]


def test_an_unknown_id_can_be_terminated(rig: Rig) -> None:
    rig.provider.terminate_nodes(["ray-vr-worker-0123456789abcdef"])

    assert rig.desk.num_asked("DELETE") == 0


def test_a_pod_that_this_process_never_saw_can_be_terminated(rig: Rig) -> None:
    rig.create()
    name = rig.pod().request["name"]
    rig.provider = rig.new_provider()

    rig.provider.terminate_node(name)

    assert rig.pods() == []


def test_a_pod_that_was_terminated_before_it_was_listed_is_deleted_when_it_appears(rig: Rig) -> None:
    rig.create()
    pod = rig.pod()
    rig.provider = rig.new_provider()
    rig.desk.empty_lists = 1
    rig.provider.terminate_node(pod.request["name"])
    assert rig.pods() == [pod]

    rig.nodes()

    assert rig.pods() == []


@pytest.mark.slow
def test_pods_of_others_are_left_alone(rig: Rig) -> None:
    body = {"image": "x", "gpu": {"id": "NVIDIA L4"}}
    for name in ("training", "ray-vr-worker-mine", "ray-vr-worker-worker-0123456789abcdef", "ray-vr2-worker-0123456789abcdef"):
        rig.cloud.create({"name": name, **body})

    assert rig.nodes() == []
    assert rig.provider.nodes_for_teardown({}) == []
    rig.provider.cleanup_cluster_resources()
    assert len(rig.pods()) == 4


def test_down_takes_what_ray_cannot_see(rig: Rig) -> None:
    rig.create(kind="head")
    rig.create()
    rig.boot()
    stripped = rig.pods()[1]
    stripped.request["env"] = {}
    rig.provider = rig.new_provider()

    assert len(rig.nodes()) == 1, "without its tags Ray could do nothing with it"
    everything = rig.provider.nodes_for_teardown({})
    rig.provider.terminate_nodes(everything)

    assert len(everything) == 2
    assert rig.pods() == []


@pytest.mark.slow
def test_down_catches_an_order_that_the_dying_head_had_on_its_way(rig: Rig) -> None:
    rig.create(kind="head")
    laptop = rig.new_provider()
    laptop.terminate_nodes(laptop.nodes_for_teardown({}))
    assert laptop.nodes_for_teardown({}) == []
    rig.create()

    laptop.cleanup_cluster_resources()

    assert rig.pods() == []


def test_down_says_so_when_something_is_left(rig: Rig) -> None:
    rig.create()
    rig.cloud.deletes = False

    with pytest.raises(ClusterError, match="still lists ray-vr-worker"):
        rig.provider.cleanup_cluster_resources()


class Garbling:
    """A wire whose answers of one kind are cut off in the middle."""

    def __init__(self, rig: Rig, method: str) -> None:
        self._wire, self._method = DeskWire(rig.desk), method

    def __call__(self, call: Call) -> Answer:
        answer = self._wire(call)
        if call.method != self._method:
            return answer
        return Answer(status=answer.status, headers=answer.headers, body=answer.body[:40])


class Dying:
    """A wire of a process that is interrupted when an order is out, and knows no more."""

    def __init__(self, rig: Rig) -> None:
        self._wire = DeskWire(rig.desk)

    def __call__(self, call: Call) -> Answer:
        answer = self._wire(call)
        if call.method == "POST":
            raise KeyboardInterrupt
        return answer
