"""Unit tests use no Ray: starting it there is an error."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module", autouse=True)
def no_ray() -> Iterator[None]:
    """Looked at afterwards, and only where it was imported: most tests need nothing of it, and it takes half a second to load."""
    yield
    if (ray := sys.modules.get("ray")) is not None:
        assert not ray.is_initialized(), "a unit test started Ray"
