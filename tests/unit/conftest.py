"""Unit tests use no Ray: starting it there is an error."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def no_ray() -> Iterator[None]:
    """Only where a test has imported it: most need nothing of it, and it takes half a second to load."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a unit test started Ray")

    with pytest.MonkeyPatch.context() as patched:
        if "ray" in sys.modules:
            patched.setattr("ray.init", refuse)
        yield
    if (ray := sys.modules.get("ray")) is not None:
        assert not ray.is_initialized(), "a unit test started Ray"
