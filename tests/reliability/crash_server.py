"""Plays cases in forked children: one clean process that has imported everything once, and opened nothing.

`python -m tests.reliability.crash_server FOLDER DATABASE_URL` answers one line of JSON for each that it reads. It has one thread and no
engine, so that a fork copies no lock that anybody holds.
"""

from __future__ import annotations

import faulthandler
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import IO, Any, cast

from PIL import Image

from episodes.crash_points import note_of
from tests.reliability.crash_case import (
    ROOT,
    Case,
    Outcome,
    as_line,
    finished_attempts,
    look_over,
    migrate,
    play,
    record,
    reset,
)

LIMIT_S = 60.0
"""A child that takes longer hangs; it writes down where, and is killed."""


class CrashServer:
    """A client of one server process. `folder` should lie in memory: cases write and sync small files all the time."""

    def __init__(self, folder: Path, database_url: str) -> None:
        command = [sys.executable, "-m", "tests.reliability.crash_server", str(folder), database_url]
        self._log = (folder / "server.log").open("w")
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True, cwd=ROOT
        )
        self._questions, self._answers = cast("IO[str]", self._process.stdin), cast("IO[str]", self._process.stdout)

    def run(self, case: Case) -> Outcome:
        return Outcome(**self._ask(asdict(case)))

    def record(self, chapter: str) -> Mapping[str, Any]:
        """`reached`: all points of a chapter in their order; `lines`: storage call → lines of our code that stood above it."""
        return self._ask({"chapter": chapter})

    def close(self) -> None:
        self._questions.close()
        self._process.wait(timeout=LIMIT_S * 3)
        self._answers.close()
        self._log.close()

    def _ask(self, question: Mapping[str, object]) -> dict[str, Any]:
        self._questions.write(json.dumps(question) + "\n")
        self._questions.flush()
        answer = self._answers.readline()
        assert answer, f"the crash server died: {Path(self._log.name).read_text()[-3000:]}"
        told: dict[str, Any] = json.loads(answer)
        return told


@contextmanager
def crash_server(folder: Path, database_url: str) -> Iterator[CrashServer]:
    folder.mkdir(parents=True, exist_ok=True)
    server = CrashServer(folder, database_url)
    try:
        yield server
    finally:
        server.close()


class _Server:
    def __init__(self, folder: Path, database_url: str) -> None:
        self._folder = folder / "case"
        self._template = folder / "template.db"
        self._log = folder / "case.log"
        self._url = database_url or f"sqlite:///{self._folder / 'local.db'}"
        self._in_child(lambda: migrate(database_url or f"sqlite:///{self._template}"))

    def answer(self, question: Mapping[str, Any]) -> str:
        self._log.write_bytes(b"")
        if "points" not in question:
            return self._record(question["chapter"])
        return as_line(self._run(Case(**{**question, "points": tuple(question["points"])})))

    def _run(self, case: Case) -> Outcome:
        outcome = Outcome()
        self._in_child(lambda: reset(self._folder, self._url, self._template, case))
        for life in range(len(case.points) + 1):
            notes = self._folder / "run" / (f"life-{life}" if case.in_order else "lives")
            left = [point for point in case.armed(life) if not note_of(point, notes).exists()]
            status = self._in_child(lambda: play(self._folder, self._url, case, life, notes))  # noqa: B023  # at once
            died = [point for point in left if note_of(point, notes).exists()]
            if status == -signal.SIGKILL and died:
                outcome.died += died
                outcome.finished = finished_attempts(self._folder)
            elif status != 0:
                outcome.problems.append(f"Life {life} ended with {status}: {self._log.read_text()[-3000:]}")
                return outcome
        told = self._folder / "run" / "problems"
        self._in_child(lambda: _write(told, look_over(self._folder, self._url, case.chapter, outcome.finished)))
        outcome.problems = json.loads(told.read_text())
        return outcome

    def _record(self, chapter: str) -> str:
        told = self._folder.with_name("recorded")
        self._in_child(lambda: reset(self._folder, self._url, self._template, Case(chapter=chapter, points=())))
        status = self._in_child(lambda: record(self._folder, self._url, chapter, told))
        assert status == 0, self._log.read_text()[-3000:]
        return told.read_text()

    def _in_child(self, do: Callable[[], object]) -> int:
        """0: it did it; -9: it was killed; else it failed, and the log says why."""
        pid = os.fork()
        if pid == 0:
            self._live(do)
        deadline_s = time.monotonic() + LIMIT_S + 5
        while True:
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
            if time.monotonic() > deadline_s:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.001)

    def _live(self, do: Callable[[], object]) -> None:
        status = 1
        try:
            log = os.open(self._log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
            os.dup2(log, 1)
            os.dup2(log, 2)
            faulthandler.dump_traceback_later(LIMIT_S, exit=True)
            do()
            status = 0
        except BaseException:
            sys.excepthook(*cast(Any, sys.exc_info()))  # Any: an exception is being handled, so none of the three is None
        finally:
            sys.stderr.flush()
            os._exit(status)


def _write(path: Path, problems: list[str]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(problems))


def _import_the_rest() -> None:
    """What libraries import when they are first used, and no child should import again."""
    for name in (
        "anyio._backends._asyncio",
        "anyio._core._fileio",
        "numpy.ma",
        "psycopg_binary",
        "sqlalchemy.dialects.postgresql.psycopg",
    ):
        import_module(name)
    Image.init()


def main() -> None:
    _import_the_rest()
    folder, database_url = sys.argv[1:]
    server = _Server(Path(folder), "" if database_url == "sqlite" else database_url)
    for line in sys.stdin:
        sys.stdout.write(server.answer(json.loads(line)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
