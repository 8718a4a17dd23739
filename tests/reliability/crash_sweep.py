"""Kills the system at every crash point, starts it again, lets it finish, and looks everything over.

`python -m tests.reliability.crash_sweep` does it at the first times that a point is reached in every chapter, and once more while the
system recovers from a death, on SQLite and PostgreSQL; it writes its table into docs/reliability.md.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import TypeVar

import psycopg

from tests.contract.databases import postgres
from tests.reliability.crash_case import Case, Outcome
from tests.reliability.crash_chapters import CHAPTERS
from tests.reliability.crash_server import CrashServer, crash_server
from tests.reliability.report import write_section

W = TypeVar("W")
T = TypeVar("T")

DATABASES = ("sqlite", "postgresql")
NUM_SERVERS = 2
LASTING = "cancels"
"""Its renders do not end by themselves, so a survey sees how far they are; in other chapters one may."""

RECOVERIES = tuple(
    Case(chapter=chapter, points=(first, second))
    for chapter, first, seconds in (
        (
            "film",
            "after put_file video",
            (
                "before commit acquire_lease",
                "after commit acquire_lease",
                "after commit open_attempts",
                "before commit fail",
                "before put_file video",
                "after put_bytes result",
                "before commit accept",
                "after commit accept",
            ),
        ),
        ("changes", "after commit accept", ("before commit settle", "after commit retry_beat")),
        ("cancels", "after commit cancel_beat", ("before commit close_cancelled", "after commit remember_answer")),
    )
    for second in seconds
)
"""Dying again while coming back."""


@dataclass(kw_only=True)
class Recorded:
    """What the chapters reach when nobody dies."""

    num_times: dict[str, Counter[str]] = field(default_factory=dict)
    """Chapter → point → how often."""
    lines: dict[str, set[str]] = field(default_factory=dict)
    """Call to an artifact store → lines of our code that stood above one."""

    @property
    def points(self) -> set[str]:
        return {point for counts in self.num_times.values() for point in counts}

    def first_cases(self) -> list[Case]:
        """Every point once, in the shortest chapter that reaches it for certain."""
        where: dict[str, str] = {}
        for point in self.num_times[LASTING]:
            if point.endswith(("commit record_progress", "commit record_previews")):
                where[point] = LASTING
        for chapter in sorted(self.num_times, key=lambda name: self.num_times[name].total()):
            for point in self.num_times[chapter]:
                where.setdefault(point, chapter)
        return [Case(chapter=chapter, points=(point,)) for point, chapter in where.items()]

    def chains(self, points: set[str], length: int) -> list[Case]:
        """Each of `points` once, in cases of so many deaths, whose points lie far from one another in the chapter."""
        chains = []
        of_chapters: dict[str, list[str]] = {}
        for case in self.first_cases():
            if points.issuperset(case.points):
                of_chapters.setdefault(case.chapter, []).extend(case.points)
        for chapter, wanted in of_chapters.items():
            in_order = [point for point in self.num_times[chapter] if point in wanted]
            num_chains = -(-len(in_order) // length)
            chains += [
                Case(chapter=chapter, points=tuple(in_order[first::num_chains]), in_order=False) for first in range(num_chains)
            ]
        return chains

    def all_cases(self, most: int) -> list[Case]:
        """Every point of every chapter, the first `most` times that it is reached there."""
        return [
            Case(chapter=chapter, points=(f"{point}:{nth}",))
            for chapter, counts in self.num_times.items()
            for point, times in counts.items()
            for nth in range(1, min(times, most) + 1)
        ]

    def recoveries(self, number: int, seed: int) -> list[Case]:
        """Two deaths after one another, drawn."""
        dice = random.Random(seed)
        chapters = [dice.choice(sorted(self.num_times)) for _ in range(number)]
        return [Case(chapter=c, points=tuple(dice.choices(sorted(self.num_times[c]), k=2))) for c in chapters]


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """Servers on databases of one kind, at work side by side."""

    database: str
    servers: Sequence[CrashServer]

    def record(self) -> Recorded:
        recorded = Recorded()
        for chapter, told in zip(CHAPTERS, self._share_out(list(CHAPTERS), CrashServer.record), strict=True):
            recorded.num_times[chapter] = Counter(told["reached"])
            for call, lines in told["lines"].items():
                recorded.lines.setdefault(call, set()).update(lines)
        return recorded

    def run(self, cases: Sequence[Case]) -> list[tuple[Case, Outcome]]:
        return list(zip(cases, self._share_out(cases, CrashServer.run), strict=True))

    def _share_out(self, work: Sequence[W], do: Callable[[CrashServer, W], T]) -> list[T]:
        """What came of each, in order; whichever server is free does the next."""
        free: SimpleQueue[CrashServer] = SimpleQueue()
        for server in self.servers:
            free.put(server)

        def do_one(one: W) -> T:
            server = free.get()
            try:
                return do(server, one)
            finally:
                free.put(server)

        with ThreadPoolExecutor(max_workers=len(self.servers)) as pool:
            return list(pool.map(do_one, work))


@contextmanager
def sweep_on(database: str) -> Iterator[Sweep]:
    """`sqlite` or `postgresql`; everything in memory where there is such a folder."""
    shm = Path("/dev/shm")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=shm if shm.is_dir() else None, prefix="crash-")))
        urls = ["sqlite"] * NUM_SERVERS if database == "sqlite" else _databases(stack.enter_context(postgres()))
        yield Sweep(
            database=database,
            servers=[stack.enter_context(crash_server(folder / str(i), url)) for i, url in enumerate(urls)],
        )


def _databases(url: str) -> list[str]:
    names = [f"crash{i}" for i in range(NUM_SERVERS)]
    with psycopg.connect(url, autocommit=True) as connection:
        for name in names:
            connection.execute(f"CREATE DATABASE {name}")
    return [f"{url.rpartition('/')[0]}/{name}" for name in names]


def what_went_wrong(results: Sequence[tuple[Case, Outcome]], *, all_die: bool) -> list[str]:
    """With `all_die`, a process that did not die where it should proves nothing."""
    wrong = [f"{case}: {problem}" for case, outcome in results for problem in outcome.problems]
    if all_die:
        lived = [(case, outcome) for case, outcome in results if sorted(outcome.died) != sorted(case.points)]
        wrong += [f"{case}: died at {outcome.died} only." for case, outcome in lived]
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=3, help="the first so many times that a point is reached in a chapter")
    parser.add_argument("--recoveries", type=int, default=100, help="so many pairs of deaths, drawn")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    lines = ["| database | points | deaths | of these while recovering | finished attempts | lost or made again | seconds |"]
    lines.append("|---|---|---|---|---|---|---|")
    wrong: list[str] = []
    for database in DATABASES:
        began_s = time.monotonic()
        with sweep_on(database) as sweep:
            recorded = sweep.record()
            singles = sweep.run(recorded.all_cases(options.times))
            pairs = sweep.run([*RECOVERIES, *recorded.recoveries(options.recoveries, options.seed)])
        wrong += [f"{database}: {one}" for one in what_went_wrong([*singles, *pairs], all_die=False)]
        again = sum(max(0, len(outcome.died) - 1) for _, outcome in pairs)
        row = _row(database, recorded.points, [*singles, *pairs], again, time.monotonic() - began_s)
        sys.stdout.write(f"{row}\n")
        lines.append(row)
    write_section("Crash points", [*_about(options), "", *lines, *(f"\n* {one}" for one in wrong)])
    sys.stdout.write("\n".join([*wrong, f"{len(wrong)} problems"]) + "\n")
    return 1 if wrong else 0


def _about(options: argparse.Namespace) -> list[str]:
    return [
        "The whole system without Ray dies by kill -9 before and after every commit and every call to the artifact store, is started",
        "again on what is left, and finishes; its client repeats what it was not answered. Then the audit runs, and what was finished",
        f"before a death is looked for. At the first {options.times} times that a chapter reaches a point, and {options.recoveries} drawn",
        f"pairs of deaths (seed {options.seed}).",
    ]


def _row(database: str, points: set[str], results: Sequence[tuple[Case, Outcome]], again: int, took_s: float) -> str:
    deaths = sum(len(outcome.died) for _, outcome in results)
    finished = sum(len(outcome.finished) for _, outcome in results)
    num_wrong = sum(bool(outcome.problems) for _, outcome in results)
    return f"| {database} | {len(points)} | {deaths} | {again} | {finished} | {num_wrong} | {took_s:.0f} |"


if __name__ == "__main__":
    raise SystemExit(main())
