"""Whatever a test does: neither side of the API leaves RunPod's description of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.cluster.rig import Rig


@pytest.fixture
def rig() -> Iterator[Rig]:
    rig = Rig()
    yield rig
    assert rig.desk.violations == []
