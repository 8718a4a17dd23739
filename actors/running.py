"""The running system as a command line meets it: found by the note that it left, or started for as long as a command takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from rich.console import Console

from api.client import Client
from episodes.errors import Unavailable
from settings import Settings

START_LIMIT_S = 120.0
"""Ray, Serve and the first migration on a slow laptop."""

NO_NOTE = {"api": "http://127.0.0.1:8000"}
"""What `serve run serve_app:app` uses."""


@contextmanager
def found_system(settings: Settings, url: str | None) -> Iterator[Client]:
    """A client of the system at `url`, or of the one of this home; none is started to be told what it should not do."""
    found = None if url is not None else find_running(settings.storyworld_home)
    if url is None and found is None:
        raise Unavailable("No StoryWorld is running here.", "`make serve` starts one; --url names one elsewhere.")
    with _client_of(settings, found) if found is not None else _client_elsewhere(settings, url or "") as client:
        yield client


@contextmanager
def running_system(
    settings: Settings, url: str | None, cpus: int | None, door: Path, console: Console, tell: Callable[[str, str], None]
) -> Iterator[Client]:
    """As `found_system`, but where none runs, `door`, the command line itself, starts one, which is stopped again afterwards.

    `tell` is told the addresses of API and dashboard of one that was started.
    """
    if url is not None or find_running(settings.storyworld_home) is not None:
        with found_system(settings, url) as client:
            yield client
        return
    with _started_system(settings, cpus, door, console, tell) as client:
        yield client


def _client_of(settings: Settings, found: Mapping[str, Any], *, is_ours: bool = False) -> Client:
    return Client(found["api"], _said(settings.own_api_key), is_ours=is_ours)


def _client_elsewhere(settings: Settings, url: str) -> Client:
    """Another system is sent no key of this one."""
    return Client(url, _said(settings.storyworld_api_key))


def _said(key: SecretStr | None) -> str | None:
    return None if key is None else key.get_secret_value()


def note_of(home: Path) -> Path:
    """Where a serving process says how to reach it."""
    return home / "run" / "serve.json"


def write_note(home: Path, addresses: Mapping[str, str | int]) -> None:
    note = note_of(home)
    note.parent.mkdir(parents=True, exist_ok=True)
    being_written = note.with_name(f"{note.name}.{os.getpid()}")
    being_written.write_text(json.dumps(addresses))
    being_written.replace(note)  # who looks finds all of it or none


@contextmanager
def note_removed_at_end(home: Path) -> Iterator[None]:
    try:
        yield
    finally:
        if read_note(home).get("pid") == os.getpid():  # it may be another system's
            note_of(home).unlink(missing_ok=True)


def read_note(home: Path) -> dict[str, Any]:
    """Empty where there is none."""
    try:
        told: dict[str, Any] = json.loads(note_of(home).read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return told


def find_running(home: Path) -> dict[str, Any] | None:
    addresses = read_note(home) or NO_NOTE
    with Client(addresses["api"]) as client:
        return addresses if client.is_ready() else None


@contextmanager
def _started_system(
    settings: Settings, cpus: int | None, door: Path, console: Console, tell: Callable[[str, str], None]
) -> Iterator[Client]:
    home = settings.storyworld_home
    log_path = home / "run" / "serve.log"
    log_path.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, str(door), "serve", "--port", "0"]
    if cpus is not None:
        command += ["--cpus", str(cpus)]
    with log_path.open("w") as log_file, console.status("Starting Ray and the API …"):
        process = subprocess.Popen(command, stdout=log_file, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            addresses = _wait_until_ready(process, home, log_path)
        except BaseException:
            _stop(process)
            raise
    try:
        tell(addresses["api"], addresses["dashboard"])
        with _client_of(settings, addresses, is_ours=True) as client:
            yield client
    finally:
        with console.status("Stopping Ray and the API …"):
            _stop(process)
        console.print("Ray and the API are stopped; `make serve` keeps them running.", style="dim")


def _wait_until_ready(process: subprocess.Popen[bytes], home: Path, log_path: Path) -> dict[str, Any]:
    deadline_s = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline_s:
        if process.poll() is not None:
            raise Unavailable("The system did not start.", f"Its last words: {_last_words(log_path)}")
        found = find_running(home) if note_of(home).exists() else None
        if found is not None and found.get("pid") == process.pid:
            return found
        time.sleep(0.1)
    raise Unavailable(f"The system was not ready within {START_LIMIT_S:.0f} s.", f"Its log is {log_path}.")


def _last_words(log_path: Path) -> str:
    lines = log_path.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "none"


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=30)
    except subprocess.TimeoutExpired:
        process.kill()
