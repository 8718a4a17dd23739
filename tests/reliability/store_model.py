"""The model test of the episode store: people, two coordinators, crashes and time, against an oracle.

    python -m tests.reliability.store_model [--examples 400] [--steps 60] [--seed 1]

makes the long, random form of it on SQLite (with the store in memory beside it) and on PostgreSQL, runs all mutants, and writes what was
done into docs/reliability.md.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.contract.databases import postgres
from tests.reliability.mutant_runs import ROOT, Fate
from tests.reliability.report import write_section
from tests.reliability.store_bench import Tally
from tests.reliability.store_machine import run_model
from tests.reliability.store_subjects import MemorySubject, sql_subject


@dataclass(frozen=True, kw_only=True, slots=True)
class Sum:
    """What a run on one database came to."""

    stores: str
    tally: Tally
    seconds: float

    def row(self) -> str:
        tally = self.tally
        return (
            f"| {self.stores} | {tally.num_examples} | {tally.num_calls:,} | {sum(tally.refused.values()):,} "
            f"| {tally.num_looks:,} | {self.seconds:.0f} |"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=400, help="on SQLite; on PostgreSQL a quarter of them")
    parser.add_argument("--steps", type=int, default=60, help="of each example, at most")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    given = parser.parse_args()
    sys.stdout.write(f"seed {given.seed}\n")
    with tempfile.TemporaryDirectory(prefix="model-") as folder, postgres() as server:
        sums = [
            _model(f"sqlite:///{folder}/model.db", "SQLite, memory", given.examples, given),
            _model(server, "PostgreSQL, memory", given.examples // 4, given),
        ]
        fates = _mutants(Path(folder) / "fates.json")
    write_section("Model test", _lines(sums, fates, given))
    return int(any(fate.is_wrong for fate in fates))


def _model(url: str, stores: str, num_examples: int, given: argparse.Namespace) -> Sum:
    began_s, tally = time.monotonic(), Tally()
    with sql_subject(url) as subject:
        run_model([subject, MemorySubject()], tally, num_examples=num_examples, num_steps=given.steps, random_seed=given.seed)
    done = Sum(stores=stores, tally=tally, seconds=time.monotonic() - began_s)
    sys.stdout.write(f"{done.row()}\n")
    sys.stdout.flush()
    return done


def _mutants(answer: Path) -> list[Fate]:
    """In a process of its own, where nobody has imported the store."""
    subprocess.run([sys.executable, "-m", "tests.reliability.mutant_runs", "--json", answer], cwd=ROOT, check=False)
    return [Fate(**fate) for fate in json.loads(answer.read_text())]


def _lines(sums: Sequence[Sum], fates: Sequence[Fate], given: argparse.Namespace) -> list[str]:
    mutants = sorted((fate for fate in fates if fate.where), key=lambda fate: (fate.where, fate.breaks))
    passed = sum(fate.num_calls for fate in fates if not fate.where)
    num_killed = sum(bool(fate.killed_by) and not fate.is_wrong for fate in mutants)
    calls = sum((one.tally.calls for one in sums[1:]), sums[0].tally.calls.copy())
    return [
        "Random calls of people and of two coordinators that crash, repeat themselves and lose their lease are made on the stores and on an "
        "oracle, which shares no rule with them; after each call all of them must show the same. "
        f"`python -m tests.reliability.store_model --examples {given.examples} --steps {given.steps} --seed {given.seed}` repeats this run.",
        "",
        "| stores | examples | calls | refused | looks compared | seconds |",
        "|---|---|---|---|---|---|",
        *(one.row() for one in sums),
        "",
        "Calls: " + ", ".join(f"{call} {num:,}" for call, num in calls.most_common()) + ".",
        "",
        f"Seeded mutants of the store: {num_killed} of {len(mutants)} noticed, by a run of {passed:,} calls that the store itself passes.",
        "",
        "| what the mutant breaks | file | noticed by | after calls |",
        "|---|---|---|---|",
        *(f"| {m.breaks} | `{m.where}` | {m.killed_by or '**nobody**'} | {m.num_calls:,} |" for m in mutants),
    ]


if __name__ == "__main__":
    sys.exit(main())
