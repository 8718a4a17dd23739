from __future__ import annotations

import pytest
from ray.autoscaler.node_launch_exception import NodeLaunchException

from cluster.wire import Answer, Call
from tests.runpod.desk import DeskWire
from tests.runpod.faults import Fault
from tests.unit.cluster.rig import FIRST_GPU, SECOND_GPU, Rig


def tried(rig: Rig) -> list[tuple[str, str]]:
    """(GPU type, data centre) of each order, in order."""
    bodies = [asked.body for asked in rig.desk.asked if asked.method == "POST"]
    return [(body["gpu"]["id"], body["dataCenterIds"][0]) for body in bodies]


def fail(rig: Rig, match: str = "Exception") -> None:
    with pytest.raises(NodeLaunchException, match=match):
        rig.create()


def test_a_gpu_type_is_tried_everywhere_before_the_next(rig: Rig) -> None:
    rig.desk.faults.add(Fault(method="POST", status=400, detail="full", times=3))

    rig.create()

    assert tried(rig) == [
        (FIRST_GPU, "EU-RO-1"),
        (FIRST_GPU, "US-KS-2"),
        (SECOND_GPU, "EU-RO-1"),
        (SECOND_GPU, "US-KS-2"),
    ]


def test_what_the_catalogue_calls_out_of_stock_comes_last_and_is_tried_all_the_same(rig: Rig) -> None:
    rig.cloud.full = {(FIRST_GPU, "EU-RO-1")}
    rig.desk.faults.add(Fault(method="POST", status=400, detail="full", times=3))

    fail(rig, "no longer any instances")

    assert tried(rig)[-1] == (FIRST_GPU, "EU-RO-1")


@pytest.mark.slow
def test_who_was_refused_rests_twice_as_long_each_time(rig: Rig) -> None:
    rig.node_config |= {"gpus": [FIRST_GPU], "data_centers": ["EU-RO-1"]}
    rig.cloud.sell_out()
    moments: list[float] = []

    while rig.clock.now_s() < 1500:
        before = len(tried(rig))
        fail(rig)
        if len(tried(rig)) > before:
            moments.append(rig.clock.now_s())
        rig.clock.sleep(5)

    assert moments == [0, 30, 90, 210, 450, 930]


def test_no_capacity_anywhere_costs_no_call_until_the_rest_is_over(rig: Rig) -> None:
    rig.cloud.sell_out()
    fail(rig, "no longer any instances")
    num_orders = len(tried(rig))

    fail(rig, "rests for 30 s")

    assert len(tried(rig)) == num_orders


def test_the_rest_is_over_when_a_pod_came_up(rig: Rig) -> None:
    rig.node_config |= {"gpus": [FIRST_GPU], "data_centers": ["EU-RO-1"]}
    for _ in range(3):
        rig.desk.faults.add(Fault(method="POST", status=400, detail="full"))
        fail(rig)
        rig.clock.sleep(600)
    rig.create()
    rig.boot()
    rig.desk.faults.add(Fault(method="POST", status=400, detail="full"))

    fail(rig)
    fail(rig, "rests for 30 s")


def test_a_pool_that_the_account_may_not_have_is_passed_over(rig: Rig) -> None:
    rig.cloud.forbidden = {FIRST_GPU}

    rig.create()

    assert rig.pod().request["gpu"]["id"] == SECOND_GPU


def test_a_request_that_is_wrong_is_not_sent_again_until_the_file_changes(rig: Rig) -> None:
    rig.desk.faults.add(Fault(method="POST", status=422, detail="Request validation failed."))

    fail(rig, "422")
    fail(rig, "asked again in 600 s")
    assert len(tried(rig)) == 1, "no other candidate would have been taken either"
    rig.create(disk_gb=50)
    assert len(rig.pods()) == 1


def test_an_empty_balance_stops_everything_for_ten_minutes(rig: Rig) -> None:
    rig.cloud.balance_is_empty = True
    fail(rig, "402")
    rig.cloud.balance_is_empty = False

    fail(rig, "asked again in 600 s")
    assert len(tried(rig)) == 1
    rig.clock.sleep(601)
    rig.create()
    assert len(rig.pods()) == 1


def test_a_limited_rate_is_respected_for_as_long_as_it_says(rig: Rig) -> None:
    rig.desk.faults.add(Fault(method="POST", status=429, headers={"retry-after": "120"}))

    fail(rig, "429")
    rig.clock.sleep(110)
    fail(rig, "asked again in 10 s")
    assert len(tried(rig)) == 1
    rig.clock.sleep(11)
    rig.create()
    assert len(rig.pods()) == 1


def test_where_an_order_was_lost_the_next_one_goes_elsewhere(rig: Rig) -> None:
    rig.desk.faults.add(Fault(method="POST", status=500))
    fail(rig)

    rig.create()

    assert tried(rig) == [(FIRST_GPU, "EU-RO-1"), (FIRST_GPU, "US-KS-2")]


def test_the_pods_before_the_one_that_failed_stay(rig: Rig) -> None:
    rig.create()
    rig.cloud.sell_out()

    with pytest.raises(NodeLaunchException):
        rig.create(count=2)

    assert len(rig.nodes()) == len(rig.pods()) == 1


def test_buying_ends_before_ray_would_ask_a_second_time(rig: Rig) -> None:
    rig.cloud.sell_out()
    rig.provider = rig.new_provider(SlowOrders(rig))

    fail(rig, "for lack of time")

    assert rig.clock.now_s() < 400


class SlowOrders:
    """A wire on which an order takes a minute and a half."""

    def __init__(self, rig: Rig) -> None:
        self._wire, self._clock = DeskWire(rig.desk), rig.clock

    def __call__(self, call: Call) -> Answer:
        if call.method == "POST":
            self._clock.sleep(90)
        return self._wire(call)
