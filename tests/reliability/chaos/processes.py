"""The processes of one system under test: found by the home that they were started with, and by what they signed in as."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

NODE_VARIABLE = "STORYWORLD_CHAOS_NODE"
"""On which of the test's nodes a process runs; whatever a node starts inherits it."""


class Role(StrEnum):
    RENDERER = "renderer"
    PUBLISHER = "publisher"
    COORDINATOR = "coordinator"
    API = "api"


@dataclass(frozen=True, kw_only=True, slots=True)
class Member:
    """An actor's process."""

    pid: int
    role: Role
    name: str
    node: str


def sign_in(home: Path, role: Role, name: str) -> None:
    """Called in an actor's process: Ray's own list of actors is no help while Ray is being killed."""
    member = Member(pid=os.getpid(), role=role, name=name, node=os.environ.get(NODE_VARIABLE, ""))
    folder = home / "census"
    folder.mkdir(exist_ok=True)
    part = folder / f".{member.pid}"
    part.write_text(json.dumps(asdict(member)))
    part.replace(folder / str(member.pid))


def members(home: Path, role: Role | None = None) -> list[Member]:
    """Those alive, by name; of one name the youngest last."""
    alive = set(pids_of(home))
    notes = [(f.stat().st_mtime, json.loads(f.read_text())) for f in (home / "census").glob("[0-9]*") if int(f.name) in alive]
    found = [Member(**{**told, "role": Role(told["role"])}) for _, told in sorted(notes, key=lambda note: note[0])]
    return sorted((m for m in found if role in (None, m.role)), key=lambda m: m.name)


def pids_of(home: Path, node: str | None = None) -> list[int]:
    """Every process that was started with this home, and on this node; zombies have no environment and do not count."""
    marks = {f"STORYWORLD_HOME={home}".encode()} | ({f"{NODE_VARIABLE}={node}".encode()} if node is not None else set())
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        try:
            variables = set(environ.read_bytes().split(b"\0"))
        except OSError:
            continue
        if marks <= variables and int(environ.parent.name) != os.getpid():
            found.append(int(environ.parent.name))
    return found


def kill_all(home: Path, node: str | None = None) -> None:
    """kill -9 of all of them, as a power cut would; and of what they were starting while we looked."""
    for _ in range(10):
        pids = pids_of(home, node)
        if not pids:
            return
        send(pids, signal.SIGKILL)
        time.sleep(0.1)


def send(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()[:120]
    except OSError:
        return "gone"
