from __future__ import annotations

import threading

import pytest
from ray.autoscaler.node_launch_exception import NodeLaunchException

from cluster.budget import check_room
from cluster.config import read_cluster
from cluster.errors import LimitReached
from cluster.wire import Answer, Call
from tests.runpod.desk import DeskWire
from tests.runpod.faults import Fault
from tests.unit.cluster.rig import FIRST_GPU, SECOND_GPU, SECTION, Rig


@pytest.mark.parametrize(
    ("costs_usd", "price_usd", "is_allowed"),
    [
        ([], 6.0, True),
        ([], 6.1, False),
        ([0.69] * 7, 0.69, True),
        ([0.69] * 8, 0.1, False),
        ([2.0, 2.0], 2.0, True),
        ([2.0, 2.0], 2.5, False),
    ],
)
def test_both_limits_hold(costs_usd: list[float], price_usd: float, is_allowed: bool) -> None:
    config = read_cluster(SECTION)

    if is_allowed:
        check_room(costs_usd, price_usd, config)
    else:
        with pytest.raises(LimitReached, match=r"Raise provider\.max_"):
            check_room(costs_usd, price_usd, config)


def test_no_pod_more_than_the_maximum_is_ordered() -> None:
    rig = Rig(section={"max_pods": 3})

    with pytest.raises(NodeLaunchException, match="has 3 pods, and may have 3"):
        rig.create(count=4)

    assert len(rig.pods()) == rig.desk.num_asked("POST") == 3


def test_the_head_counts_as_a_pod() -> None:
    rig = Rig(section={"max_pods": 2})
    rig.create(kind="head")
    rig.create()

    with pytest.raises(NodeLaunchException, match="may have 2"):
        rig.create()


def test_pods_of_an_earlier_process_count() -> None:
    rig = Rig(section={"max_pods": 2})
    rig.create(count=2)

    rig.provider = rig.new_provider()

    with pytest.raises(NodeLaunchException, match="may have 2"):
        rig.create()


def test_what_does_not_fit_into_the_budget_is_left_for_what_does() -> None:
    rig = Rig(section={"max_usd_per_hour": 1.0})

    rig.create(count=2)

    assert [pod.request["gpu"]["id"] for pod in rig.pods()] == [FIRST_GPU, SECOND_GPU]
    with pytest.raises(NodeLaunchException, match=r"would cost 1.23 USD per hour, and may cost 1.00"):
        rig.create()


def test_a_gpu_that_costs_too_much_is_not_ordered(rig: Rig) -> None:
    rig.create(max_usd_per_hour=0.5)

    assert rig.pod().request["gpu"]["id"] == SECOND_GPU
    assert rig.desk.num_asked("POST") == 1


def test_the_price_is_that_of_all_gpus_of_the_pod(rig: Rig) -> None:
    with pytest.raises(NodeLaunchException, match=r"costs 2.76 USD per hour, more than max_usd_per_hour"):
        rig.create(gpus=[FIRST_GPU], gpu_count=4, max_usd_per_hour=2)

    assert rig.desk.num_asked("POST") == 0


def test_a_pod_that_is_billed_higher_than_listed_is_deleted_at_once(rig: Rig) -> None:
    rig.cloud.billed = {FIRST_GPU: 1.5}

    rig.create()

    rig.nodes()
    assert rig.pod().request["gpu"]["id"] == SECOND_GPU


def test_a_pod_whose_bill_shows_late_and_is_too_high_is_deleted_then(rig: Rig) -> None:
    rig.cloud.billed, rig.cloud.bills_late = {FIRST_GPU: 1.5}, True
    rig.create()
    assert len(rig.nodes()) == 1

    rig.boot()
    assert rig.pods() == []
    rig.create()
    assert rig.pod().data_center == "US-KS-2", "another place may have another price"


def test_a_pod_whose_cost_does_not_show_yet_is_counted_with_its_list_price() -> None:
    rig = Rig(section={"max_usd_per_hour": 1.0}, node_config={"gpus": [FIRST_GPU]})
    rig.cloud.bills_late = True
    rig.create()
    rig.nodes()

    with pytest.raises(NodeLaunchException, match=r"would cost 1.38 USD"):
        rig.create()

    assert len(rig.pods()) == 1


def test_a_pod_whose_price_is_not_known_is_not_ordered(rig: Rig) -> None:
    rig.desk.faults.add(Fault(method="GET", path="/v2/catalog", times=3))
    with pytest.raises(NodeLaunchException):
        rig.create()
    with pytest.raises(NodeLaunchException, match="catalogue has no such machine"):
        rig.create(gpus=["NVIDIA RTX 9090"])

    assert rig.desk.num_asked("POST") == 0


def test_a_worker_that_is_too_old_is_deleted_busy_or_not(rig: Rig) -> None:
    rig.create()
    rig.boot()
    rig.clock.sleep(12 * 3600 - 100)
    assert len(rig.nodes()) == 1

    rig.clock.sleep(100)
    rig.nodes()

    assert rig.pods() == []
    assert rig.nodes() == []


def test_the_age_of_a_worker_does_not_start_again_with_the_process(rig: Rig) -> None:
    rig.create()
    rig.boot()
    rig.clock.sleep(12 * 3600 - 100)
    rig.provider = rig.new_provider()
    rig.nodes()

    rig.clock.sleep(100)
    rig.nodes()

    assert rig.pods() == []


def test_the_head_is_never_too_old(rig: Rig) -> None:
    rig.create(kind="head")
    rig.boot()

    rig.clock.sleep(1000 * 3600)

    assert rig.nodes() == [rig.pod().request["name"]]


@pytest.mark.slow
def test_two_threads_do_not_buy_past_the_maximum() -> None:
    rig = Rig(section={"max_pods": 1})
    rig.nodes()
    rig.provider = rig.new_provider(SlowOrders(rig))
    results: list[str] = []

    def create() -> None:
        try:
            rig.create()
            results.append("bought")
        except NodeLaunchException:
            results.append("refused")

    threads = [threading.Thread(target=create) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(results) == ["bought", "refused", "refused", "refused"]
    assert len(rig.pods()) == 1


@pytest.mark.slow
def test_listing_buying_and_ending_at_once_lose_nothing() -> None:
    rig = Rig(section={"max_pods": 40, "max_usd_per_hour": 100})
    errors: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(4):
                rig.create()
                nodes = rig.provider.non_terminated_nodes({})
                for node in nodes:
                    rig.provider.node_tags(node)
                rig.provider.terminate_nodes(nodes[:1])
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert sorted(rig.nodes()) == sorted(pod.request["name"] for pod in rig.pods())
    assert rig.desk.violations == []


class SlowOrders:
    """A wire on which all orders are out before one is answered, if they ever get that far."""

    def __init__(self, rig: Rig) -> None:
        self._wire = DeskWire(rig.desk)
        self._all_are_out = threading.Event()

    def __call__(self, call: Call) -> Answer:
        if call.method == "POST":
            self._all_are_out.wait(0.2)
        return self._wire(call)
