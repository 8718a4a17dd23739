"""The stores do what the oracle says, on both databases and in memory; and it would be noticed if they did not.

A twelfth of the mutants, so that a test run stays short, and another twelfth when the store has changed; `make model` has all of them.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.databases import postgres
from tests.reliability.mutant import Mutant
from tests.reliability.mutant_runs import ROOT, Fate, changed, some_of
from tests.reliability.mutants import MUTANTS
from tests.reliability.store_bench import Tally
from tests.reliability.store_machine import run_model
from tests.reliability.store_subjects import MemorySubject, sql_subject

EVERY = 12
LONGEST_S = 1500
"""Of all mutants, on a machine that is busy with much else."""


@pytest.fixture(params=("sqlite", "postgresql"))
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'model.db'}"
        return
    with postgres() as server:
        yield server


@pytest.mark.parametrize("about", ["people", "plans", "money", "takes"])
def test_the_stores_do_what_the_oracle_says(url: str, about: str) -> None:
    tally = Tally()
    with sql_subject(url) as subject:
        # PostgreSQL answers each of the many looks over a socket: it is asked less often, and gets the first examples only
        is_sqlite = subject.name == "sqlite"
        thorough = (6 if about in ("plans", "takes") else 1) * (1 if is_sqlite else 6)
        num_examples = {"people": 5, "plans": 2, "money": 3, "takes": 3}[about] if is_sqlite else 2
        run_model(
            [subject, MemorySubject()],
            tally,
            num_examples=num_examples,
            num_steps=60,
            thorough=thorough,
            about=about,
        )

    if not is_sqlite:
        assert tally.num_calls > 100
        return
    assert tally.num_calls > {"people": 300, "plans": 100, "money": 150, "takes": 150}[about]
    assert {"accept", "fail", "cancel", "edit_plan", "save_plan", "acquire_lease"} <= set(tally.calls)
    assert {"IllegalMove", "LeaseLost"} <= set(tally.refused)
    assert ("set_budget" in tally.calls) is (about in ("money", "takes"))
    assert ("restore_plan" in tally.calls) is (about == "plans")
    assert ({"ask_for_takes", "select_take", "cancel_take"} <= set(tally.calls)) is (about == "takes")


@pytest.mark.timeout(LONGEST_S + 60)
def test_every_mutant_of_the_store_is_noticed_by_a_run_that_the_store_itself_passes(tmp_path: Path) -> None:
    """In a process of its own, where nobody has imported the store."""
    told = tmp_path / "fates.json"
    command = [sys.executable, "-m", "tests.reliability.mutant_runs", "--every", str(EVERY), "--json", str(told)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LONGEST_S, check=False)

    assert done.returncode == 0, (
        "\n".join(line for line in done.stdout.splitlines() if not line.startswith("killed")) + done.stderr
    )
    fates = [Fate(**fate) for fate in json.loads(told.read_text())]
    assert len([fate for fate in fates if fate.where]) == len(some_of(MUTANTS, EVERY)) > 10
    assert {fate.about for fate in fates if not fate.where} == {fate.about for fate in fates}, "the real store passes each run"
    assert not [fate for fate in fates if fate.is_wrong]


@pytest.mark.parametrize("every", [1, EVERY])
def test_a_share_of_the_mutants_is_as_large_as_was_said(every: int) -> None:
    share = some_of(MUTANTS, every)

    assert len(MUTANTS) // every <= len(share) <= -(-len(MUTANTS) // every)
    assert set(share) <= set(MUTANTS)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.breaks)
def test_the_text_that_a_mutant_changes_stands_exactly_once(mutant: Mutant) -> None:
    assert changed(mutant) != (ROOT / mutant.file).read_text()


def test_no_two_mutants_are_alike() -> None:
    assert len({(m.file, m.old, m.new) for m in MUTANTS}) == len({m.breaks for m in MUTANTS}) == len(MUTANTS)


@pytest.mark.parametrize("text", ["no such text", "import"])
def test_a_mutant_whose_text_does_not_stand_exactly_once_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="times in the file"):
        changed(Mutant(breaks="something", file="storage/rules.py", old=text, new=""))


@pytest.mark.parametrize(
    ("fate", "is_wrong"),
    [
        (Fate(breaks="a guard", where="storage/rules.py", killed_by="accept"), False),
        (Fate(breaks="a guard", where="storage/rules.py"), True),
        (Fate(breaks="a guard", where="storage/rules.py", killed_by="accept", is_invalid="it does not run"), True),
        (Fate(breaks="nothing", where=""), False),
        (Fate(breaks="nothing", where="", killed_by="accept"), True),
    ],
    ids=("killed", "survived", "no mutant", "the real store passes", "the real store is at fault"),
)
def test_only_killed_mutants_and_a_store_that_passes_are_well(fate: Fate, is_wrong: bool) -> None:
    assert fate.is_wrong is is_wrong
