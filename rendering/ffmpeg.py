"""ffmpeg as a child process: it reads local files and its pipes only, ends when we do, and its complaints become errors."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import imageio_ffmpeg

from episodes.errors import FailureClass, RenderFailed
from episodes.ports import Control

POLL_S = 0.05


def local_input(name: str) -> list[str]:
    """Arguments that open a file of the working folder; never a URL, whatever its name or contents say."""
    return ["-protocol_whitelist", "file,pipe", "-i", f"file:{name}"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """What ffmpeg wrote."""

    output: bytes
    log: str
    """Lines beginning with `[info]`, `[warning]`, …, with the part of ffmpeg that speaks before it."""

    @property
    def complaint(self) -> str:
        """The first line of an error or worse, which is the cause of those that follow; empty when there is none."""
        found = re.search(r"^(?:\[[^\]]*\] )*\[(?:error|fatal|panic)\] *(.+)$", self.log, re.MULTILINE)
        return found[1] if found else ""

    @property
    def failure_class(self) -> FailureClass:
        """A full disk is the node's fault and not the clip's."""
        is_full = "No space left on device" in self.log or "Disk quota exceeded" in self.log
        return FailureClass.INFRA if is_full else FailureClass.OUTPUT


def run(arguments: Sequence[str], *, folder: Path, control: Control) -> Said:
    """Run to the end. Raises RenderFailed with the first complaint, RenderCancelled when the control says so."""
    with Child(arguments, folder=folder) as child:
        return child.wait(control)


class Child:
    """One running ffmpeg, killed on leaving the `with` block too early. File names are relative to `folder`."""

    def __init__(self, arguments: Sequence[str], *, folder: Path, feed: bool = False) -> None:
        self._output: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed in __exit__
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - files, because a full pipe would stop ffmpeg
        self._process = subprocess.Popen(
            [*_leash(), _executable(), "-hide_banner", "-nostdin", "-nostats", "-v", "level+info", *arguments],
            cwd=folder,
            stdin=subprocess.PIPE if feed else subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._log,
            bufsize=0,
        )

    def write(self, data: memoryview) -> bool:
        """Feed bytes; False when ffmpeg does not read any more (then `wait` says why)."""
        assert self._process.stdin is not None  # noqa: S101 - only for a child that is fed
        try:
            while data:
                data = data[self._process.stdin.write(data) :]
        except BrokenPipeError:
            return False
        return True

    def wait(self, control: Control) -> Said:
        """Whoever is killed ran out of memory: what it was to read may be sound."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        while True:
            control.check()
            try:
                status = self._process.wait(POLL_S)
                break
            except subprocess.TimeoutExpired:
                continue
        said = self._said()
        if status != 0:
            reason = said.complaint or "it did not say why"
            failure_class = said.failure_class if status > 0 else FailureClass.RESOURCE
            raise RenderFailed(f"ffmpeg ended with status {status}: {reason}", failure_class)
        return said

    def _said(self) -> Said:
        self._output.seek(0)
        self._log.seek(0)
        return Said(output=self._output.read(), log=self._log.read().decode(errors="replace"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        for stream in (self._process.stdin, self._output, self._log):
            if stream is not None:
                stream.close()


@cache
def _executable() -> str:
    return str(imageio_ffmpeg.get_ffmpeg_exe())


@cache
def _leash() -> tuple[str, ...]:
    """Has Linux kill ffmpeg when we are killed.

    A `preexec_fn` would do it too, but it forks, and a forked Ray worker runs gRPC's fork handlers. Where `setpriv` is
    missing, ffmpeg ends by itself: its standard input closes with us, and its other jobs are short.
    """
    setpriv = shutil.which("setpriv")
    return (setpriv, "--pdeathsig", "KILL", "--") if setpriv else ()
