from __future__ import annotations

import pytest

from tests.api.rig import Rig


@pytest.fixture(scope="session")
def usual_rig() -> Rig:
    return Rig()


@pytest.fixture
def rig(usual_rig: Rig) -> Rig:
    return usual_rig.begin_anew()
