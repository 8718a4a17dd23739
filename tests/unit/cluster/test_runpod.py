from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from cluster.errors import NoSuchPod, RateLimited, Refused, RunPodError, Unanswered
from cluster.runpod import RunPod
from cluster.wire import Answer, Call
from tests.runpod.clock import Clock
from tests.runpod.cloud import FakeCloud
from tests.runpod.desk import Desk, DeskWire
from tests.runpod.faults import Fault

BODY = {"name": "ray-vr-worker-0", "image": "x", "gpu": {"id": "NVIDIA L4", "count": 1}}


class Bench:
    def __init__(self) -> None:
        self.clock = Clock()
        self.desk = Desk(FakeCloud(self.clock.today))
        self.runpod = RunPod(DeskWire(self.desk), self.clock.sleep)

    def calls(self) -> dict[str, Callable[[], object]]:
        return {
            "list": lambda: self.runpod.pods(lambda _: True),
            "get": lambda: self.runpod.pod("pod000001"),
            "delete": lambda: self.runpod.delete("pod000001"),
            "catalogue": lambda: self.runpod.gpus(count=1, cloud="SECURE"),
        }


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.desk.cloud.create(BODY)
    return bench


@pytest.mark.parametrize("name", ["list", "get", "delete", "catalogue"])
@pytest.mark.parametrize("status", [None, 500, 503, 429])
def test_a_call_that_may_be_repeated_is_repeated_twice_and_then_given_up(bench: Bench, name: str, status: int | None) -> None:
    method = "DELETE" if name == "delete" else "GET"

    bench.desk.faults.add(Fault(method=method, path="/v2", status=status, times=3))
    with pytest.raises((Unanswered, RateLimited)):
        bench.calls()[name]()
    bench.desk.faults.add(Fault(method=method, path="/v2", status=status, times=2))
    bench.calls()[name]()

    assert bench.desk.num_asked(method, "/v2") == 6


@pytest.mark.parametrize("status", [None, 500, 503, 429, 408, 302])
def test_an_order_goes_out_once_whatever_comes_back(bench: Bench, status: int | None) -> None:
    bench.desk.faults.add(Fault(method="POST", status=status, is_done=True))

    with pytest.raises((Unanswered, RateLimited)):
        bench.runpod.create(BODY)

    assert bench.desk.num_asked("POST") == 1


@pytest.mark.parametrize("status", [400, 401, 402, 403, 409, 422])
def test_what_was_refused_is_not_asked_again(bench: Bench, status: int) -> None:
    bench.desk.faults.add(Fault(method="GET", status=status, detail="because"))

    with pytest.raises(Refused, match=f"{status}: because") as caught:
        bench.runpod.pod("pod000001")

    assert caught.value.status == status
    assert bench.desk.num_asked("GET") == 1


def test_a_wait_that_is_told_is_kept_and_a_long_one_left_to_the_caller(bench: Bench) -> None:
    bench.desk.faults.add(Fault(method="GET", status=429, headers={"retry-after": "7"}))
    bench.runpod.pod("pod000001")
    assert bench.clock.now_s() == 7

    bench.desk.faults.add(Fault(method="GET", status=429, headers={"retry-after": "300"}))
    with pytest.raises(RateLimited) as caught:
        bench.runpod.pod("pod000001")
    assert caught.value.retry_after_s == 300
    assert bench.clock.now_s() == 7


def test_an_unknown_pod_cannot_be_read_and_can_be_deleted(bench: Bench) -> None:
    with pytest.raises(NoSuchPod):
        bench.runpod.pod("pod999999")

    bench.runpod.delete("pod999999")


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"{}", b'{"pods": {}}', b'{"pods": [1]}', b'{"pods": [{"name": "a"}]}']
)
def test_a_list_that_cannot_be_read_is_no_empty_list(body: bytes) -> None:
    runpod = RunPod(lambda call: Answer(status=200, headers={}, body=body))

    with pytest.raises(Unanswered):
        runpod.pods(lambda _: True)


def test_a_strange_pod_of_somebody_else_does_not_disturb(bench: Bench) -> None:
    def with_a_stranger(call: Call) -> Answer:
        told = json.loads(DeskWire(bench.desk)(call).body)
        told["pods"].append({"name": "strange", "id": None})
        return Answer(status=200, headers={}, body=json.dumps(told).encode())

    pods = RunPod(with_a_stranger).pods(lambda name: name.startswith("ray-"))

    assert [pod.name for pod in pods] == ["ray-vr-worker-0"]


def test_a_wrong_key_is_refused_in_runpods_words(bench: Bench) -> None:
    with pytest.raises(Refused, match="401: missing bearer token"):
        RunPod(DeskWire(bench.desk, key="another")).pods(lambda _: True)


def test_no_error_quotes_what_was_sent() -> None:
    call = Call(method="POST", path="/pods", body={"env": {"TOKEN": "mellon"}})
    garbled = Answer(status=201, headers={}, body=b'{"id": "p", "env": {"TOKEN": "mellon"}}')

    with pytest.raises(RunPodError) as caught:
        RunPod(lambda _: garbled).create({})

    chain = f"{caught.value!r} {caught.value.__cause__} {call!r} {garbled!r}"
    assert "mellon" not in chain
