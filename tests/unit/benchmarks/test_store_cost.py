from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.store_cost import measured


@pytest.mark.slow
def test_the_costs_of_a_database_are_measured_on_it(tmp_path: Path) -> None:
    cost = measured(f"sqlite:///{tmp_path}/measured.db", num_turns=1)

    assert cost.read_s > 0
    assert cost.write_s > 0
