"""Unit tests use no Ray: starting it there is an error."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import ray


@pytest.fixture(scope="session", autouse=True)
def no_ray() -> Iterator[None]:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a unit test started Ray")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ray, "init", refuse)
        yield
