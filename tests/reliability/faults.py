"""The fault layer: the functional suite on stores of which 5 % of all calls fail, and 5 % are done but seem to fail.

`python -m tests.reliability.faults` tells every story with many seeds on both databases, and writes what it counted.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from episodes.episode_store import EpisodeStore
from episodes.ports import ArtifactStore, WorldStore
from storage.database import open_database
from tests.contract.databases import empty, postgres
from tests.reliability.fault_layer import Faults, faulty
from tests.reliability.house import QUICK, House
from tests.reliability.report import write_section
from tests.reliability.stories import STORIES, Story
from tests.reliability.teller import ChainPlanner, Teller, words

SHARE = 0.05
"""Of all calls fail before they do anything, and as many after it."""
PATIENT = replace(QUICK, lease_ttl_s=5.0, renew_s=1.0, stall_s=60.0, silence_s=60.0, start_s=60.0)
"""A busy machine must not look like a dead one."""


def calm() -> Faults:
    return Faults(0, before=0.0, after=0.0)


def five_and_five(seed: int) -> Faults:
    return Faults(seed, before=SHARE, after=SHARE)


@contextmanager
def house_on(home: Path, database_url: str, faults: Faults) -> Iterator[House]:
    """A house in which everybody's stores have these faults: the API's, the coordinator's and the publisher's."""
    with House(
        home,
        database_url=database_url,
        pace=PATIENT,
        planner=ChainPlanner(),
        wrap_episodes=lambda store: faulty(EpisodeStore, store, faults),
        wrap_worlds=lambda store: faulty(WorldStore, store, faults),
        wrap_artifacts=lambda store: faulty(ArtifactStore, store, faults),
    ) as house:
        yield house


def tell(story: Story, house: House, faults: Faults) -> Teller:
    """Tell one story in a house, and audit the house afterwards."""
    teller = Teller(house, faults, is_calm=faults.are_none)
    teller.acts({})
    story(teller)
    teller.num_looked_at = teller.check_all()
    return teller


@dataclass(kw_only=True)
class Sum:
    """What a run counted on one database."""

    database: str
    num_stories: int = 0
    num_http: int = 0
    num_looked_at: int = 0
    num_audits: int = 0
    num_calls: int = 0
    num_before: int = 0
    num_after: int = 0
    methods: set[str] = field(default_factory=set)
    failed: list[str] = field(default_factory=list)

    def add(self, faults: Faults) -> None:
        self.num_calls += faults.num_calls.total()
        self.num_before += faults.num_before.total()
        self.num_after += faults.num_after.total()
        self.methods |= {m for m in faults.num_calls if faults.num_before[m] and faults.num_after[m]}

    def row(self) -> str:
        return (
            f"| {self.database} | {self.num_stories} | {self.num_http:,} | {self.num_calls:,} | {self.num_before:,} | "
            f"{self.num_after:,} | {len(self.methods)} | {self.num_audits} of {self.num_audits + len(self.failed)} |"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10, help="how many, from 1")
    wanted = parser.parse_args()
    logging.disable(logging.CRITICAL)  # every injected fault is said, thousands of times
    with tempfile.TemporaryDirectory(prefix="faults-") as folder, postgres() as postgres_url:
        sums = [_run("SQLite", Path(folder), None, wanted.seeds), _run("PostgreSQL", Path(folder), postgres_url, wanted.seeds)]
    write_section("Fault layer", _lines(sums, wanted.seeds))
    return int(any(one.failed for one in sums))


def _run(database: str, folder: Path, postgres_url: str | None, num_seeds: int) -> Sum:
    result = Sum(database=database)
    for seed in range(1, num_seeds + 1):
        home = folder / f"{database}-{seed}"
        home.mkdir()
        faults = five_and_five(seed)
        began_s = time.monotonic()
        with house_on(home, postgres_url or f"sqlite:///{home / 'local.db'}", faults) as house:
            for story in STORIES:
                _tell_one(story, house, faults, seed, result)
        if postgres_url is not None:
            engine = open_database(postgres_url)
            empty(engine)
            engine.dispose()
        result.add(faults)
        _say(f"{database}, seed {seed}: {faults.num_calls.total()} calls, {time.monotonic() - began_s:.0f} s")
    return result


def _tell_one(story: Story, house: House, faults: Faults, seed: int, result: Sum) -> None:
    result.num_stories += 1
    try:
        teller = tell(story, house, faults)
    except Exception as wrong:
        result.failed.append(f"{words(story)} (seed {seed}): {wrong!r}"[:500])
        _say(f"WRONG  {result.failed[-1]}")
        return
    result.num_audits += 1
    result.num_http += teller.num_calls
    result.num_looked_at += teller.num_looked_at


def _lines(sums: list[Sum], num_seeds: int) -> list[str]:
    lines = [
        f"{len(STORIES)} stories are told through the HTTP API, with {num_seeds} seeds on each database. {SHARE:.0%} of all calls to the",
        f"episode, world and artifact stores fail, and {SHARE:.0%} are done and seem to fail: those of the API, of the coordinator and of",
        "the publisher alike. After each story the audit runs, and every acknowledged call must have had its effect once.",
        "",
        "| database | stories told | HTTP calls | store calls | failed before | failed after | methods with both | audits clean |",
        "|---|---|---|---|---|---|---|---|",
        *(one.row() for one in sums),
        "",
        f"The audits looked at {sum(one.num_looked_at for one in sums):,} things. `python -m tests.reliability.faults` wrote this.",
    ]
    return [*lines, *(f"* WRONG: {failure}" for one in sums for failure in one.failed)]


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
