"""What all tests share."""

from __future__ import annotations

import os

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
