"""Each Wire to RunPod: over a socket, and the one of the tests that goes straight to the fake's counter."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from cluster.errors import Unanswered
from cluster.runpod import RunPod
from cluster.wire import Call, HttpWire, Wire
from tests.runpod.clock import Clock
from tests.runpod.cloud import FakeCloud
from tests.runpod.desk import KEY, Desk, DeskWire
from tests.runpod.faults import Fault
from tests.runpod.loopback import loopback

BODY = {"name": "a", "image": "x", "gpu": {"id": "NVIDIA L4", "count": 1}, "env": {"WORD": "für immer"}}


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk(FakeCloud(Clock().today))
    yield desk
    assert desk.violations == []


@pytest.fixture(params=["http", "counter"])
def wire(request: pytest.FixtureRequest, desk: Desk) -> Iterator[Wire]:
    if request.param == "counter":
        yield DeskWire(desk)
        return
    with loopback(desk) as address:
        yield HttpWire(address, SecretStr(KEY))


def test_a_pod_is_ordered_read_listed_and_deleted(wire: Wire, desk: Desk) -> None:
    runpod = RunPod(wire)

    pod = runpod.create(BODY)

    assert pod.env == {"WORD": "für immer"}
    assert runpod.pod(pod.id) == pod
    assert runpod.pods(lambda name: name == "a") == [pod]
    runpod.delete(pod.id)
    assert desk.cloud.alive() == []


def test_the_catalogue_can_be_asked_for(wire: Wire) -> None:
    gpus = RunPod(wire).gpus(count=2, cloud="SECURE")

    assert gpus["NVIDIA L4"].price.secure == 0.43
    assert gpus["NVIDIA L4"].is_in_stock("EU-RO-1")
    assert RunPod(wire).cpus(count=8)["cpu5c"].usd_per_hour(8, "SECURE") == pytest.approx(0.28)


@pytest.mark.parametrize("status", [400, 404, 422, 429, 500, 503])
def test_every_status_is_an_answer(wire: Wire, desk: Desk, status: int) -> None:
    desk.faults.add(Fault(method="GET", status=status, detail="for a reason", headers={"retry-after": "9"}))

    answer = wire(Call(method="GET", path="/pods"))

    assert answer.status == status
    assert answer.headers["retry-after"] == "9"
    assert b"for a reason" in answer.body


def test_a_connection_that_breaks_is_no_answer(wire: Wire, desk: Desk) -> None:
    desk.faults.add(Fault(method="POST", status=None, is_done=True))

    with pytest.raises(Unanswered):
        wire(Call(method="POST", path="/pods", body=BODY))

    assert len(desk.cloud.alive()) == 1
    assert desk.num_asked("POST") == 1


def test_a_redirect_is_an_answer_and_the_key_goes_nowhere_else(wire: Wire, desk: Desk) -> None:
    desk.faults.add(Fault(method="GET", status=302, headers={"location": "/v2/catalog/gpus"}))

    assert wire(Call(method="GET", path="/pods")).status == 302
    assert len(desk.asked) == 1


def test_a_server_that_is_not_there_and_one_that_says_nothing_are_no_answer() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        port = silent.getsockname()[1]
        with pytest.raises(Unanswered, match="timed out"):
            HttpWire(f"http://127.0.0.1:{port}/v2", SecretStr(KEY))(Call(method="GET", path="/pods", timeout_s=0.05))
    with pytest.raises(Unanswered, match="refused"):
        HttpWire(f"http://127.0.0.1:{port}/v2", SecretStr(KEY))(Call(method="GET", path="/pods"))
