"""What the code itself says of crash points: every story that commits, and every call to an artifact store."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from api.pictures import picture_key
from episodes.job import FilmJob, FilmPart, StoredFile
from planning.models import ModelAccess
from planning.vision.remembering import sight_key
from storage.artifacts.crash_points import kind_of
from tests.builders import TINY, a_job

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("episodes", "planning", "rendering", "storage", "api", "relay", "actors")
CHECK_UP = "actors/doctor"
"""It stores a file of its own and deletes it again: nothing of anybody's hangs on it."""
STORES = "storage/artifacts"
"""Below the port: what calls each other here is one call of somebody else's."""

_NAMED = ("writing", "_writing", "_leading", "_handing_out", "_episode_locked", "_episode_led", "_change_plan")
_COMMITS = ("begin", "begin_nested", "commit")
_CALLS = ("put_file", "put_bytes", "get_bytes", "get_file", "head", "keys", "delete", "download")
_OTHERS = ("router", "_http", "files")
"""They have methods of the same names; `files` are Google's."""


@dataclass(frozen=True, kw_only=True, order=True)
class Site:
    """A call in the code, from its first line to its last."""

    path: str
    first: int
    last: int
    call: str

    def __str__(self) -> str:
        return f"{self.path}:{self.first} {self.call}"

    def is_among(self, lines: set[str]) -> bool:
        """One of its lines stood on the stack."""
        return any(f"{self.path}:{line}" in lines for line in range(self.first, self.last + 1))


def stories_that_commit() -> set[str]:
    """The name of every transaction that writes. AssertionError for one whose name is no literal: it would have no points."""
    stories = set()
    for path, call in _calls("storage"):
        if _method(call) not in _NAMED:
            continue
        name = call.args[0] if call.args else None
        if isinstance(name, ast.Constant) and isinstance(name.value, str):
            stories.add(name.value)
        else:
            assert isinstance(name, ast.Name), f"{path}:{call.lineno} commits without saying what"
            assert name.id == "story", f"{path}:{call.lineno} commits without saying what"
    return stories


def commits_without_a_name() -> list[str]:
    """Where a transaction begins or is committed, but by Transactions.writing."""
    places = (f"{path}:{call.lineno}" for path, call in _calls("storage") if _method(call) in _COMMITS)
    return [place for place in places if not place.startswith("storage/transactions.py:")]


def storage_calls() -> list[Site]:
    """Every call to an artifact store, or to what hands it on to one, in the order of the code."""
    sites = []
    for path, call in (found for package in PACKAGES for found in _calls(package)):
        method = _method(call)
        is_on_dict = method == "keys" and not call.args
        if method in _CALLS and not path.startswith((STORES, CHECK_UP)) and not is_on_dict and _receiver(call) not in _OTHERS:
            sites.append(Site(path=path, first=call.lineno, last=call.end_lineno or call.lineno, call=method))
    return sorted(sites)


def kinds_of_files() -> set[str]:
    """What is stored: under each key that a job has, and each ending that a film's keys are made with; orders; the pictures of worlds; sights."""
    nothing = StoredFile(key="k", uri="file:///k", size_bytes=1, sha256="0" * 64, media_type="video/mp4")
    part = FilmPart(beat_id="b1", video=nothing)
    job, film = a_job(), FilmJob(job_id="f1", episode_id="e1", format=TINY, parts=(part,), attempt=1, fence=1)
    keys = [getattr(one, name) for one in (job, film) for name in dir(type(one)) if name.endswith("_key")]
    cutter = ast.parse((ROOT / "rendering/film.py").read_text("utf-8"))
    storing = next(n for n in ast.walk(cutter) if isinstance(n, ast.FunctionDef) and n.name == "_store_all")
    texts = (n.value for n in ast.walk(storing) if isinstance(n, ast.Constant) and isinstance(n.value, str))
    keys += [film.key(text) for text in texts if text.startswith(".")]
    keys += [
        f"{job.order_prefix}{job.job_id}.1.json",
        picture_key("studio", "00ff.png"),
        sight_key("00ff", ModelAccess(provider="openai", model="m")),
    ]
    return {kind_of(key) for key in keys}


def _calls(package: str) -> Iterator[tuple[str, ast.Call]]:
    for path in sorted((ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                yield path.relative_to(ROOT).as_posix(), node


def _method(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _receiver(call: ast.Call) -> str:
    owner = call.func.value if isinstance(call.func, ast.Attribute) else None
    return owner.attr if isinstance(owner, ast.Attribute) else owner.id if isinstance(owner, ast.Name) else ""
