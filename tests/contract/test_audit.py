"""The audit and the sweep read the same from every episode store."""

from __future__ import annotations

import pytest

from episodes.audit import audit
from episodes.lifecycle import EpisodeState
from storage.artifacts.memory import MemoryArtifacts
from tests.contract.benches import Bench
from tests.contract.storing import StoringLeader, live


@pytest.fixture
def leader(bench: Bench) -> StoringLeader:
    return StoringLeader(bench.store, MemoryArtifacts())


def test_a_store_with_a_past_is_clean(bench: Bench, leader: StoringLeader) -> None:
    episodes = live(leader, bench)

    report = audit(bench.audited, leader.artifacts)

    assert str(report.violations) == "()"
    assert all(check.num_looked_at for check in report.checks), str(report)
    assert {name: leader.state(one) for name, one in episodes.items()} == {
        "completed": EpisodeState.COMPLETED,
        "partial": EpisodeState.PARTIALLY_COMPLETED,
        "revised": EpisodeState.COMPLETED,
        "cancelled": EpisodeState.CANCELLED,
        "retried": EpisodeState.COMPLETED,
        "planned anew": EpisodeState.COMPLETED,
        "running": EpisodeState.EXECUTING,
    }
