"""One pod from a command line: quoted, bought once, waited for, and gone when it is taken down, whatever RunPod answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cluster.cluster_file import ClusterFile
from cluster.errors import AlreadyUp, BadConfig, ClusterError, DidNotComeUp, NoCandidate, Refused, RunPodError, Unanswered
from cluster.keeper import Keeper
from cluster.orders import Order
from cluster.standing import Standing
from tests.runpod.clock import Clock
from tests.runpod.cloud import DATA_CENTERS, FakeCloud
from tests.runpod.desk import KEY, Desk, DeskWire
from tests.runpod.faults import Fault
from tests.unit.cluster.rig import FIRST_GPU, SECOND_GPU, SECTION, TOKEN

API_KEYS = "mika:0123456789abcdef"  # pragma: allowlist secret
ON_GPU: dict[str, Any] = {
    "image": "example/storyworld:1",
    "gpus": [FIRST_GPU, SECOND_GPU],
    "disk_gb": 40,
    "max_usd_per_hour": 1.0,
    "host_disk": {"size_gb": 20, "path": "/data"},
    "ports": ["8000/http", "8265/http"],
    "pass_env": ["API_KEYS"],
}
ON_CPU = {key: ON_GPU[key] for key in ("image", "disk_gb", "max_usd_per_hour", "ports", "pass_env")} | {"cpus": ["cpu5c"]}


class Shell:
    """Somebody who types; `changes` are of the pod named gpu."""

    def __init__(self, **changes: Any) -> None:
        self.clock = Clock()
        self.cloud = FakeCloud(self.clock.today)
        self.desk = Desk(self.cloud)
        self.variables = {"RUNPOD_API_KEY": KEY, "RAY_AUTH_TOKEN": TOKEN, "API_KEYS": API_KEYS}
        self.answers = True
        """Whether the API does, once its pod is up."""
        self.heard: list[str] = []
        pods = {"gpu": {**ON_GPU, **changes}, "cpu": ON_CPU}
        self.file = ClusterFile(
            path=Path("ray-cluster.yaml"),
            cluster_name="vr",
            section={**SECTION, "boot_timeout_s": 90, "single_pods": pods},
            head_type="head",
            node_types={},
        )
        self.keeper = self.another()

    def another(self) -> Keeper:
        """As the next command has it."""
        return Keeper(
            self.file,
            self.variables,
            wire=DeskWire(self.desk),
            now_s=self.clock.now_s,
            today=self.clock.today,
            sleep=self.clock.sleep,
        )

    def order(self, on: str | None = None) -> Order:
        return self.keeper.order_single_pod(*self.file.single_pod(on, None))

    def up(self, on: str | None = None) -> Standing:
        order = self.order(on)
        return self.keeper.wait(self.keeper.buy(order), order, lambda _: self.answers, self.heard.append)


@pytest.fixture
def shell() -> Shell:
    return Shell()


@pytest.mark.slow
def test_a_pod_is_waited_for_until_its_api_answers(shell: Shell) -> None:
    one = shell.up()

    assert (one.what, one.is_single, one.state) == ("single pod gpu", True, "up")
    assert one.api == f"https://{one.pod_id}-8000.proxy.runpod.net"
    assert one.dashboard == f"https://{one.pod_id}-8265.proxy.runpod.net"
    phases = list(dict.fromkeys(shell.heard))
    assert phases == ["The pod is being rented", "The pod is loading its image"]
    assert shell.desk.violations == []


@pytest.mark.slow
def test_it_is_a_whole_storyworld_that_buys_nothing(shell: Shell) -> None:
    shell.up()

    (pod,) = shell.cloud.alive()
    env = pod.request["env"]
    assert (env["RAY_AUTH_MODE"], env["RAY_AUTH_TOKEN"], env["API_KEYS"]) == ("token", TOKEN, API_KEYS)
    assert not {"STORYWORLD_HEAD_ADDRESS", "STORYWORLD_CLUSTER_CONFIG", "STORYWORLD_POD_NETWORK"} & set(env)
    assert KEY not in str(pod.request)
    assert not pod.request["globalNetworking"]


@pytest.mark.slow
def test_a_pod_without_a_gpu_is_bought_by_its_vcpus(shell: Shell) -> None:
    one = shell.up("cpu")

    (pod,) = shell.cloud.alive()
    assert pod.request["cpu"] == {"id": "cpu5c", "vcpuCount": 8}
    assert one.usd_per_hour == pytest.approx(8 * 0.035)
    assert shell.desk.violations == []


def test_every_candidate_is_quoted_and_nothing_is_ordered(shell: Shell) -> None:
    shell.cloud.full = {(FIRST_GPU, "EU-RO-1")}

    quotes = shell.keeper.quotes(shell.order().node_type)

    assert [(q.candidate.machine, q.candidate.data_center, q.usd_per_hour) for q in quotes] == [
        (FIRST_GPU, "US-KS-2", 0.69),
        (SECOND_GPU, "EU-RO-1", 0.27),
        (SECOND_GPU, "US-KS-2", 0.27),
        (FIRST_GPU, "EU-RO-1", 0.69),
    ]
    assert [q.is_in_stock for q in quotes] == [True, True, True, False]
    assert shell.desk.num_asked("POST") == 0


def test_what_is_too_dear_is_said_before_anything_is_ordered() -> None:
    shell = Shell(max_usd_per_hour=0.2)

    with pytest.raises(NoCandidate, match=f"{FIRST_GPU} in EU-RO-1 .*costs 0.69 USD per hour"):
        shell.keeper.quotes(shell.order().node_type)

    assert shell.desk.num_asked("POST") == 0


def test_no_capacity_names_the_candidates_that_were_asked(shell: Shell) -> None:
    shell.cloud.sell_out()

    with pytest.raises(NoCandidate) as raised:
        shell.up()

    for gpu in (FIRST_GPU, SECOND_GPU):
        for place in DATA_CENTERS[:2]:
            assert f"{gpu} in {place}" in raised.value.message
    assert shell.cloud.alive() == []


@pytest.mark.slow
def test_a_second_up_buys_nothing(shell: Shell) -> None:
    first = shell.up()

    with pytest.raises(AlreadyUp, match=first.name):
        shell.another().buy(shell.order())

    assert shell.desk.num_asked("POST") == 1


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"ports": ["8265/http"]}, "opens no port for its API"),
        ({"pass_env": []}, "no keys for its API"),
        ({"env": {"STORYWORLD_API_PORT": "9000"}}, "opens no port for its API"),
    ],
)
def test_what_nobody_or_anybody_could_reach_is_not_ordered(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(BadConfig, match=says):
        Shell(**changes).order()


def test_without_a_token_nothing_is_ordered(shell: Shell) -> None:
    del shell.variables["RAY_AUTH_TOKEN"]

    with pytest.raises(BadConfig, match="anybody could run code"):
        shell.another().order_single_pod(*shell.file.single_pod("gpu", None))


def test_a_wrong_key_is_said_at_once(shell: Shell) -> None:
    shell.variables["RUNPOD_API_KEY"] = "wrong"  # pragma: allowlist secret
    keeper = Keeper(shell.file, shell.variables, wire=DeskWire(shell.desk, key="wrong"), sleep=shell.clock.sleep)

    with pytest.raises(Refused, match="401"):
        keeper.standings()


def is_stuck(shell: Shell) -> None:
    shell.cloud.stuck = {FIRST_GPU}


def is_silent(shell: Shell) -> None:
    shell.answers = False


def is_billed_for_more(shell: Shell) -> None:
    shell.cloud.bills_late = True
    shell.cloud.billed = {FIRST_GPU: 1.5}
    shell.answers = False


@pytest.mark.slow
@pytest.mark.parametrize(
    ("trouble", "says"),
    [
        (is_stuck, "did not answer within 90 s"),
        (is_silent, "did not answer within 90 s"),
        (is_billed_for_more, "costs 1.50 USD per hour"),
    ],
)
def test_a_pod_that_does_not_come_up_is_deleted_and_the_reason_said(
    shell: Shell, trouble: Callable[[Shell], None], says: str
) -> None:
    trouble(shell)

    with pytest.raises(DidNotComeUp, match=says):
        shell.up()

    assert shell.cloud.alive() == []


def test_a_pod_that_stops_by_itself_is_not_waited_for(shell: Shell) -> None:
    order = shell.order()
    name = shell.keeper.buy(order)
    shell.cloud.preempt(shell.cloud.alive()[0].id)

    with pytest.raises(DidNotComeUp, match="it is stopped, by itself"):
        shell.keeper.wait(name, order, lambda _: True, shell.heard.append)

    assert shell.clock.now_s() < 60
    assert shell.cloud.alive() == []


@pytest.mark.slow
def test_a_pod_that_cannot_be_deleted_is_named(shell: Shell) -> None:
    shell.answers = False
    shell.cloud.deletes = False

    with pytest.raises(DidNotComeUp, match=r"ray-vr-head-.* may still bill") as raised:
        shell.up()

    assert "down" in raised.value.hint


@pytest.mark.slow
@pytest.mark.parametrize("is_done", [True, False])
def test_a_lost_answer_leaves_one_pod_that_is_used_or_none(shell: Shell, is_done: bool) -> None:
    shell.desk.faults.add(Fault(method="POST", status=None, is_done=is_done))

    if is_done:
        shell.up()
    else:
        with pytest.raises(Unanswered, match=r"Whether ray-vr-head-.* was ordered is not known"):
            shell.up()

    assert len(shell.cloud.alive()) == is_done
    assert shell.desk.num_asked("POST") == 1


def test_a_pod_that_shows_up_after_its_order_was_given_up_is_deleted(shell: Shell) -> None:
    shell.desk.faults.add(Fault(method="POST", status=500, is_done=True))
    shell.desk.empty_lists = 5

    with pytest.raises(Unanswered):
        shell.up()

    assert shell.cloud.alive() == []


def test_when_nothing_answers_after_an_order_its_pod_is_named_and_the_next_down_deletes_it(shell: Shell) -> None:
    shell.desk.faults.add(Fault(method="POST", status=None, is_done=True))
    order = shell.order()
    shell.keeper.check_nothing_is_up()
    shell.keeper.quotes(order.node_type)
    shell.keeper.check_nothing_is_up = lambda: shell.desk.faults.add(Fault(method="GET", times=30))  # type: ignore[method-assign]

    with pytest.raises(Unanswered) as raised:
        shell.keeper.buy(order)

    (pod,) = shell.cloud.alive()
    assert pod.request["name"] in raised.value.message
    assert "down" in raised.value.hint
    shell.desk.faults = type(shell.desk.faults)()
    shell.another().take_down()
    assert shell.cloud.alive() == []


@pytest.mark.slow
def test_a_silent_api_is_waited_through(shell: Shell) -> None:
    order = shell.order()
    name = shell.keeper.buy(order)
    shell.desk.faults.add(Fault(method="GET", times=7))

    one = shell.keeper.wait(name, order, lambda _: True, shell.heard.append)

    assert one.is_up
    assert "RunPod does not answer; it is asked again" in shell.heard


@pytest.mark.slow
def test_what_stands_is_told_with_its_age_and_what_it_has_cost(shell: Shell) -> None:
    shell.up()
    shell.clock.sleep(2 * 3600 - shell.clock.now_s())

    (one,) = shell.another().standings()

    assert one.age_s == pytest.approx(7200, abs=10)
    assert one.usd_so_far == pytest.approx(2 * 0.69, abs=0.01)
    assert one.place == f"1 × {FIRST_GPU} in EU-RO-1 (secure cloud)"
    assert one.disk == "/data"
    assert one.token is not None
    assert TOKEN not in repr(one)
    assert API_KEYS not in repr(one)


@pytest.mark.slow
def test_looking_deletes_nothing(shell: Shell) -> None:
    shell.up()
    worker = {**shell.cloud.alive()[0].request, "name": "ray-vr-worker-0123456789abcdef"}
    shell.cloud.create(worker)
    shell.cloud.preempt(shell.cloud.alive()[1].id)

    assert [one.state for one in shell.another().standings()] == ["up", "stopped"]
    assert shell.desk.num_asked("DELETE") == 0


@pytest.mark.slow
def test_down_deletes_all_of_this_cluster_and_nothing_else(shell: Shell) -> None:
    shell.up()
    request = shell.cloud.alive()[0].request
    shell.cloud.create({**request, "name": "ray-vr-worker-0123456789abcdef", "env": {}})
    shell.cloud.create({**request, "name": "ray-vr-too-head-0123456789abcdef"})

    shell.another().take_down()

    assert [pod.request["name"] for pod in shell.cloud.alive()] == ["ray-vr-too-head-0123456789abcdef"]


@pytest.mark.slow
def test_down_says_what_may_be_left(shell: Shell) -> None:
    name = shell.up().name
    shell.cloud.deletes = False

    with pytest.raises(RunPodError, match=f"Not confirmed as gone: {name}"):
        shell.another().take_down()


@pytest.mark.slow
def test_the_volume_that_outlives_a_pod_is_known() -> None:
    shell = Shell(host_disk=None, volume={"id": "vol-1", "path": "/data"})

    assert shell.up().volume == "vol-1"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"gpus": []}, "single_pods.gpu: name either gpus or cpus"),
        ({"cpus": ["cpu5c"]}, "name either gpus or cpus"),
        ({"gpus": [], "cpus": ["cpu5c"]}, "have no host_disk"),
        ({"image": "YOUR-REGISTRY/storyworld-gpu:0.1.0"}, "put the name of yours here"),
    ],
)
def test_a_wrong_pod_is_named(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(BadConfig, match=says):
        Shell(**changes).file.single_pod("gpu", None)


def test_an_unknown_pod_is_answered_with_those_that_there_are(shell: Shell) -> None:
    with pytest.raises(ClusterError, match="There are: gpu, cpu"):
        shell.file.single_pod("tpu", None)


def test_another_image_can_be_named_without_touching_the_file() -> None:
    shell = Shell(image="YOUR-REGISTRY/storyworld-gpu:0.1.0")

    assert shell.file.single_pod("gpu", "example/mine:2")[1].image == "example/mine:2"
