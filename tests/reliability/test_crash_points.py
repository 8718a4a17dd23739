"""A kill -9 before or after any commit and any call to the artifact store loses nothing, and makes nothing twice.

A short form: what only reads leaves the same behind before and after it, and what the artifact store holds is the same on either database.
So PostgreSQL's half dies at commits alone, before one story's and after the next one's. And a chapter is played through several deaths,
of which each new life might mend what the one before it had lost; `make crash-points` dies everywhere on both, a death at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from itertools import cycle

import pytest

from tests.reliability.crash_case import Case
from tests.reliability.crash_code import commits_without_a_name, kinds_of_files, storage_calls, stories_that_commit
from tests.reliability.crash_sweep import DATABASES, RECOVERIES, Recorded, Sweep, sweep_on, what_went_wrong

NUM_DEATHS = 4
"""In one playing of a chapter."""
pytestmark = pytest.mark.xdist_group("crash points")  # what is recorded once serves all of them

READS = ("download", "get_bytes", "get_file", "head", "keys")
"""Calls to an artifact store that change nothing."""


def short_form(database: str, points: Set[str]) -> set[str]:
    """Where to die on this database, of all points that the chapters reach."""
    if database == "sqlite":
        return {point for point in points if not point.startswith(tuple(f"after {call} " for call in READS))}
    stories = sorted({point.split(maxsplit=2)[2] for point in points if " commit " in point})
    return {f"{moment} commit {story}" for story, moment in zip(stories, cycle(("before", "after")), strict=False)}


@pytest.fixture(scope="module")
def sqlite() -> Iterator[Sweep]:
    with sweep_on("sqlite") as sweep:
        yield sweep


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Sweep]:
    with sweep_on("postgresql") as sweep:
        yield sweep


@pytest.fixture(params=DATABASES)
def sweep(request: pytest.FixtureRequest) -> Sweep:
    sweep: Sweep = request.getfixturevalue(request.param)
    return sweep


@pytest.fixture(scope="module")
def recorded(sqlite: Sweep) -> Recorded:
    """On either database the same code is reached."""
    return sqlite.record()


def test_nothing_commits_but_what_says_its_name() -> None:
    assert not commits_without_a_name()


def test_the_chapters_reach_every_commit_that_the_code_has(recorded: Recorded) -> None:
    commits = {f"{moment} commit {story}" for story in stories_that_commit() for moment in ("before", "after")}

    assert {point for point in recorded.points if " commit " in point} == commits


def test_the_chapters_reach_every_storage_call_that_the_code_has(recorded: Recorded) -> None:
    missed = [str(site) for site in storage_calls() if not site.is_among(recorded.lines.get(site.call, set()))]

    assert not missed


def test_the_chapters_store_every_kind_of_file_that_the_code_has(recorded: Recorded) -> None:
    stored = {
        point.split(maxsplit=2)[2] for point in recorded.points if point.startswith(("after put_file", "after put_bytes"))
    }

    assert stored == kinds_of_files()


@pytest.mark.timeout(1800)  # each child has a limit of its own
def test_no_death_loses_anything_or_makes_anything_twice(sweep: Sweep, recorded: Recorded) -> None:
    points = short_form(sweep.database, recorded.points)
    results = sweep.run(recorded.chains(points, NUM_DEATHS))

    assert not what_went_wrong(results, all_die=True)
    assert {point for _, outcome in results for point in outcome.died} == points


@pytest.mark.timeout(1800)  # each child has a limit of its own
def test_neither_does_a_second_death_while_recovering(sweep: Sweep) -> None:
    half = RECOVERIES[DATABASES.index(sweep.database) :: 2]

    assert not what_went_wrong(sweep.run(half), all_die=True)


@pytest.mark.parametrize(
    ("sabotage", "chapter", "point"),
    [
        ("forget_the_spool", "film", "after put_file video"),
        ("overlook_results", "orders", "after put_bytes result"),
        ("make_episodes_anew", "changes", "after commit create"),
    ],
)
def test_a_system_that_is_broken_does_not_pass(sqlite: Sweep, sabotage: str, chapter: str, point: str) -> None:
    [(_, outcome)] = sqlite.run([Case(chapter=chapter, points=(point,), sabotage=sabotage)])

    assert outcome.died == [point]
    assert outcome.problems
