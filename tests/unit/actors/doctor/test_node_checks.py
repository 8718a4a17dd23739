"""Each thing that can be wrong with a node is planted once, and found with what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from actors.doctor.facts import Disk, Gpu, Listener, NodeFacts, SeenNode
from actors.doctor.node_checks import (
    check_clocks,
    check_disks,
    check_gpus,
    check_head,
    check_listeners,
    check_nodes,
    check_token,
    check_versions,
)
from episodes.health import Finding, Verdict

ROOMY = Disk(path="/srv", free_bytes=100 * 10**9, total_bytes=200 * 10**9)
NODE = NodeFacts(
    node="3f2a9c1e",
    at_s=0.0,
    code_version="v1",
    ray_version="2.60.0",
    python_version="3.11.9",
    auth_mode="token",
    disks=(ROOMY,),
)
EMPTY_GPU = Gpu(name="L4", used_bytes=10**6, total_bytes=24 * 10**9)
FULL_GPU = replace(EMPTY_GPU, used_bytes=9 * 10**9)


def seen(clock_ahead_s: float = 0.0, gpus_in_ray: float = 0, gpus_reserved: float = 0, **facts: Any) -> SeenNode:
    return SeenNode(
        facts=replace(NODE, **facts), clock_ahead_s=clock_ahead_s, gpus_in_ray=gpus_in_ray, gpus_reserved=gpus_reserved
    )


def listener(*answers: str, is_reachable: bool = True, port: int = 8265) -> Listener:
    address = "0.0.0.0" if is_reachable else "127.0.0.1"
    return Listener(address=address, port=port, process="p", answers=frozenset(answers), is_reachable=is_reachable)


def with_listeners(*listeners: Listener) -> NodeFacts:
    return replace(NODE, listeners=listeners)


def test_a_sound_node_is_found_sound() -> None:
    one = seen(
        gpus_in_ray=1, gpus_reserved=1, gpus=(FULL_GPU,), listeners=(listener(), listener("/metrics", is_reachable=False))
    )
    findings = [
        *check_nodes(1, {}),
        *check_token([one.facts]),
        *check_listeners([one.facts]),
        *check_versions([one.facts], NODE),
        *check_clocks([one]),
        *check_disks([one.facts], 4e9),
        *check_gpus([one], 1),
    ]
    assert [finding.verdict for finding in findings] == [Verdict.OK] * 7
    assert not any(finding.remedy for finding in findings)


def test_a_head_that_keeps_its_state_or_is_alone_is_sound() -> None:
    [kept] = check_head(replace(NODE, kept_in="RocksDB"), 3)

    assert (kept.verdict, kept.remedy) == (Verdict.OK, "")
    assert "keeps what it knows in RocksDB" in kept.what
    assert check_head(NODE, 1) == ()


Check = Callable[[], Sequence[Finding]]
PLANTED: list[tuple[Verdict, str, Check]] = [
    (Verdict.WRONG, "3f2a9c1e is in the cluster, but says nothing: no room.", lambda: check_nodes(0, {"3f2a9c1e": "no room"})),
    (Verdict.WRONG, "RAY_AUTH_MODE is disabled on node", lambda: check_token([replace(NODE, auth_mode="disabled")])),
    (Verdict.WRONG, "RAY_AUTH_MODE is not set on node", lambda: check_token([replace(NODE, auth_mode="")])),
    (
        Verdict.WRONG,
        "is a Ray dashboard that asks for no token",
        lambda: check_token([with_listeners(listener("/api/version", is_reachable=False))]),
    ),
    (
        Verdict.WRONG,
        "Port 8000 of node 3f2a9c1e (p) is StoryWorld's API, open",
        lambda: check_listeners([with_listeners(listener("/episodes", port=8000))]),
    ),
    (
        Verdict.WARNING,
        "metrics to everybody who reaches port 44217, 44227",
        lambda: check_listeners([with_listeners(listener("/metrics", port=44227), listener("/metrics", port=44217))]),
    ),
    (Verdict.WARNING, "in memory: when it dies, all 3 nodes begin anew", lambda: check_head(NODE, 3)),
    (Verdict.WARNING, "does not tell who listens there", lambda: check_listeners([replace(NODE, listeners=None)])),
    (Verdict.WRONG, "has code v0, the API v1", lambda: check_versions([replace(NODE, code_version="v0")], NODE)),
    (Verdict.WRONG, "has Ray 2.59.0", lambda: check_versions([replace(NODE, ray_version="2.59.0")], NODE)),
    (Verdict.WRONG, "has Python 3.12.1", lambda: check_versions([replace(NODE, python_version="3.12.1")], NODE)),
    (Verdict.WARNING, "is 7 s ahead of the API's", lambda: check_clocks([seen(clock_ahead_s=7)])),
    (Verdict.WRONG, "is 900 s behind the API's", lambda: check_clocks([seen(clock_ahead_s=-900)])),
    (
        Verdict.WRONG,
        "/srv of node 3f2a9c1e has 0.5 GB left.",
        lambda: check_disks([replace(NODE, disks=(replace(ROOMY, free_bytes=5 * 10**8),))], 4e9),
    ),
    (
        Verdict.WARNING,
        "has 4.5 GB left, less than a spool may take",
        lambda: check_disks([replace(NODE, disks=(replace(ROOMY, free_bytes=45 * 10**8),))], 4e9),
    ),
    (
        Verdict.WRONG,
        "1 GPUs of node 3f2a9c1e hold 9 GB, though 0 are reserved",
        lambda: check_gpus([seen(gpus_in_ray=2, gpus=(FULL_GPU, EMPTY_GPU))], 0),
    ),
    (Verdict.WARNING, "has 1 GPUs, and Ray uses 0", lambda: check_gpus([seen(gpus=(EMPTY_GPU,))], 0)),
    (Verdict.WARNING, "always wants 2 GPUs, and the cluster has 1", lambda: check_gpus([seen(gpus_in_ray=1)], 2)),
]


@pytest.mark.parametrize(("verdict", "said", "check"), PLANTED, ids=[said for _, said, _ in PLANTED])
def test_what_is_planted_is_found_and_comes_with_a_remedy(verdict: Verdict, said: str, check: Check) -> None:
    [finding] = check()
    assert said in finding.what
    assert (finding.verdict, bool(finding.remedy)) == (verdict, True)
