"""Everything that can be killed is killed while episodes run; a long run by hand is `python -m tests.reliability.chaos --seconds 1800`."""

from __future__ import annotations

import sys

import pytest

from tests.reliability.chaos.run import run_chaos
from tests.reliability.chaos.schedule import Kind
from tests.reliability.chaos.telling import told

SECONDS = 110
"""Of faults; with two starts and the settling about three minutes."""
SEED = 3


@pytest.mark.timeout(900)
def test_nothing_is_lost_and_nothing_is_accepted_twice_whatever_is_killed() -> None:
    outcome = run_chaos(SECONDS, SEED, lambda text: sys.stderr.write(f"{text}\n"))

    assert outcome.violations == [], told(outcome)
    assert {blow.kind for blow in outcome.blows} == set(Kind)
    assert sum(outcome.states.values()) > 0
