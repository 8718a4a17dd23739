"""The model test against each mutant of the store: every one must be noticed, by the very run that the real store passes: as far as
the last of them needed it.

    python -m tests.reliability.mutant_runs

Loads what is heavy once and forks a child for each mutant, which imports the changed source in the place of the real one. So this must be
a process of its own, in which nobody has imported the store yet.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import json
import math
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import partial
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

# heavy, and the same for all; nothing that a mutant changes, and nothing that imports it
import hypothesis.stateful
import sqlalchemy.dialects.sqlite
import sqlalchemy.exc
from hypothesis import strategies as st

import storage.database
import tests.contract.leading
from episodes.errors import StoryWorldError
from tests.reliability.mutant import Mutant
from tests.reliability.mutants import MUTANTS

ROOT = Path(__file__).resolve().parents[2]
PRELOADED = (hypothesis.stateful, sqlalchemy.dialects.sqlite, storage.database, tests.contract.leading)
NUM_EXAMPLES, NUM_STEPS, THOROUGH = 40, 80, 24
"""Enough for every mutant in the table."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fate:
    breaks: str
    where: str
    """Empty: it is the real store."""
    about: str = "people"
    killed_by: str = ""
    """The step that showed it; empty: it survived."""
    error: str = ""
    is_invalid: str = ""
    """Why it is no mutant at all."""
    num_calls: int = 0
    """Of the store, until then."""
    seconds: float = 0.0
    """Of this processor's time."""

    @property
    def is_wrong(self) -> bool:
        """A mutant that survived or is none, or the real store was found at fault."""
        return bool(self.is_invalid) or bool(self.killed_by) != bool(self.where)

    def __str__(self) -> str:
        if self.is_invalid:
            end = f"INVALID: {self.is_invalid}"
        elif self.killed_by:
            end = f"{'killed' if self.where else 'AT FAULT'}: {self.killed_by}"
        else:
            end = "SURVIVED" if self.where else "passed"
        return f"{end} ({self.num_calls} calls, {self.seconds:.1f} s)  {self.where}: {self.breaks}"


@dataclass(frozen=True, kw_only=True, slots=True)
class RealStore:
    """Of the same shape as a mutant, and must survive the run of one machine for so many calls."""

    about: str
    num_calls: int


def run_mutants(mutants: Sequence[Mutant], num_processes: int) -> Iterator[Fate]:
    """As they are done; then the real store."""
    with tempfile.TemporaryDirectory(prefix="mutants") as folder:
        template = Path(folder) / "template.db"
        _migrate(template)
        _warm_up()
        gc.freeze()  # or the children copy all of it when they collect
        with multiprocessing.get_context("fork").Pool(num_processes, maxtasksperchild=1) as pool:
            needed: dict[str, int] = {}
            for fate in pool.imap_unordered(partial(_run, str(template)), mutants, chunksize=1):
                needed[fate.about] = max(fate.num_calls, needed.get(fate.about, 0))
                yield fate
            real_ones = [RealStore(about=about, num_calls=num_calls) for about, num_calls in needed.items()]
            yield from pool.imap_unordered(partial(_run, str(template)), real_ones, chunksize=1)


def changed(mutant: Mutant) -> str:
    """The source with the fault in it. Raises ValueError when the table is no longer true."""
    source = (ROOT / mutant.file).read_text()
    if (num := source.count(mutant.old)) != 1:
        raise ValueError(f"the old text of {mutant.breaks!r} stands {num} times in the file")
    return source.replace(mutant.old, mutant.new)


def some_of(mutants: Sequence[Mutant], every: int) -> Sequence[Mutant]:
    """Each so-manieth. Where it begins follows from the sources: the same store, the same mutants; one that was changed, others."""
    sources = b"".join((ROOT / file).read_bytes() for file in sorted({mutant.file for mutant in mutants}))
    return mutants[zlib.crc32(sources) % every :: every]


def _warm_up() -> None:
    """Hypothesis loads and computes much when it is first used."""

    class Idle(hypothesis.stateful.RuleBasedStateMachine):
        @hypothesis.stateful.rule(data=st.data(), one=st.sampled_from("ab"), other=st.integers(0, 9))
        def nothing(self, data: st.DataObject, one: str, other: int) -> None:
            data.draw(st.booleans())

    quick = hypothesis.settings(max_examples=2, database=None, derandomize=True, deadline=None)
    hypothesis.stateful.run_state_machine_as_test(Idle, settings=quick)


def _migrate(path: Path) -> None:
    engine = storage.database.open_database(f"sqlite:///{path}")
    storage.database.upgrade(engine)
    engine.dispose()


def _run(template: str, one: Mutant | RealStore) -> Fate:
    """In the child."""
    began = time.process_time()
    if isinstance(one, RealStore):
        fate = _run_model(Fate(breaks="nothing", where="", about=one.about), template, enough=one.num_calls)
        return replace(fate, seconds=time.process_time() - began)
    fate = Fate(breaks=one.breaks, where=one.file, about=one.about)
    module, path = one.file.removesuffix(".py").replace("/", "."), ROOT / one.file
    assert module not in sys.modules, f"{module} has been imported before it could be changed"
    try:
        sys.meta_path.insert(0, _Changed(module, path, changed(one)))
    except ValueError as untrue:
        return replace(fate, is_invalid=str(untrue))
    return replace(_run_model(fate, template), seconds=time.process_time() - began)


def _run_model(fate: Fate, template: str, *, enough: float = math.inf) -> Fate:
    # not before the changed source stands ready
    from tests.reliability.store_bench import Enough, Noticed, Tally
    from tests.reliability.store_machine import run_model
    from tests.reliability.store_subjects import sql_subject

    tally = Tally()
    with tempfile.TemporaryDirectory(prefix="mutant") as folder:
        shutil.copy(template, folder)
        try:
            with suppress(Enough), sql_subject(f"sqlite:///{folder}/{Path(template).name}") as subject:
                run_model(
                    [subject],
                    tally,
                    num_examples=NUM_EXAMPLES,
                    num_steps=NUM_STEPS,
                    thorough=THOROUGH,
                    stop_at_once=True,
                    enough=enough,
                    about=fate.about,
                )
        except Noticed as noticed:
            fate = replace(fate, killed_by=noticed.step, error=f"{type(noticed.error).__name__}: {noticed.error}")
            if not isinstance(noticed.error, AssertionError | StoryWorldError | sqlalchemy.exc.IntegrityError):
                fate = replace(fate, is_invalid=f"it does not run: {fate.error}")
    return replace(fate, num_calls=tally.num_calls)


class _Changed(MetaPathFinder):
    """Finds one module, with a source of our own."""

    def __init__(self, name: str, path: Path, source: str) -> None:
        self._name = name
        self._loader = _ChangedLoader(name, str(path))
        self._loader.source = source

    def find_spec(self, fullname: str, path: object = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        return importlib.util.spec_from_loader(fullname, self._loader)


class _ChangedLoader(SourceFileLoader):
    source: str

    def get_code(self, fullname: str) -> CodeType:
        code: CodeType = compile(self.source, self.path, "exec", dont_inherit=True)
        return code


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--only", default="", help="mutants whose description or file contains this")
    parser.add_argument(
        "--every", type=int, default=1, help="only each so-manieth of them, others when the store has changed: the short form"
    )
    parser.add_argument("--json", type=Path, help="write the fates there too")
    given = parser.parse_args()
    fates = []
    chosen = some_of([m for m in MUTANTS if given.only in f"{m.breaks} {m.file}"], given.every)
    for fate in run_mutants(chosen, given.processes):
        sys.stdout.write(f"{fate}\n")
        sys.stdout.flush()
        fates.append(fate)
    if given.json:
        given.json.write_text(json.dumps([asdict(fate) for fate in fates]))
    return int(any(fate.is_wrong for fate in fates))


if __name__ == "__main__":
    sys.exit(main())
