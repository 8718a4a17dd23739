"""ffmpeg as a child process, at work."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from episodes.errors import FailureClass, RenderFailed
from rendering.ffmpeg import run
from tests.clips import FakeControl


class Killing(FakeControl):
    """Kills who works in the folder, as the kernel does where memory runs out."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def check(self) -> None:
        for child in Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split():
            if Path(f"/proc/{child}/cwd").readlink() == self._folder:
                os.kill(int(child), signal.SIGKILL)


def test_an_ffmpeg_that_is_killed_says_nothing_of_what_it_read(tmp_path: Path) -> None:
    with pytest.raises(RenderFailed) as failed:
        run(["-re", "-f", "lavfi", "-i", "testsrc=duration=60", "-f", "null", "-"], folder=tmp_path, control=Killing(tmp_path))

    assert failed.value.failure_class is FailureClass.RESOURCE
