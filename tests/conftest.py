"""What all tests share."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator

import pytest

os.environ.setdefault("RAY_AUTH_MODE", "token")  # as every Ray that StoryWorld starts has it; Ray reads it while it is imported


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """With STORYWORLD_NO_SKIPS a skipped test fails the run: a test that never runs proves nothing."""
    if not os.environ.get("STORYWORLD_NO_SKIPS"):
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if skipped and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is imported and collected stays until the end: looking through it for garbage, again and again, is a fifth of a short run."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_unconfigure() -> None:
    """Python looks through everything once more before it ends, for two seconds."""
    gc.freeze()
