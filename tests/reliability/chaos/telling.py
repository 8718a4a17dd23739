"""A run in words: for the terminal, and for docs/reliability.md."""

from __future__ import annotations

import os
from collections import Counter

from tests.reliability.chaos.recovery import HEADER
from tests.reliability.chaos.run import Outcome
from tests.reliability.report import write_section


def told(outcome: Outcome) -> str:
    lines = [
        f"seed {outcome.seed}: {len(outcome.blows)} faults in {outcome.seconds:.0f} s, settled {outcome.settled_s:.1f} s after the last",
        f"episodes: {_counted(outcome.states)}; {outcome.num_calls} calls acknowledged; instead of an answer: {_counted(outcome.troubles)}",
        f"attempts: {_counted(outcome.attempts)}",
        *(f"  {check}" for check in outcome.checks),
        *(f"  {figure}" for figure in outcome.figures),
        *(f"VIOLATION  {violation}" for violation in outcome.violations),
    ]
    return "\n".join(lines)


def write_sections(outcome: Outcome) -> None:
    kinds = Counter(str(blow.kind) for blow in outcome.blows)
    about = (
        f"Real Ray with two nodes, PostgreSQL and S3 for {outcome.seconds:.0f} s under {len(outcome.blows)} faults "
        f"(seed {outcome.seed}), while clients made {sum(outcome.states.values())} episodes through the HTTP API. "
        f"{outcome.settled_s:.0f} s after the last fault every episode had ended by itself: {_counted(outcome.states)}. "
        f"Attempts: {_counted(outcome.attempts)}."
    )
    faults = ("| fault | times |", "|---|---|", *(f"| {kind} | {number} |" for kind, number in kinds.most_common()))
    checks = ("| check | looked at | wrong |", "|---|---|---|")
    rows = (f"| {check.name} | {check.count} | {len(check.violations)} |" for check in outcome.checks)
    write_section("Chaos", [about, "", *faults, "", *checks, *rows])
    note = (
        f"From the same run, on {os.cpu_count()} CPUs with a load of {outcome.load:.0f}. "
        "A recovery counts as among other faults when one of them could have held it up."
    )
    write_section("Recovery", [note, "", *HEADER, *(figure.row() for figure in outcome.figures)])


def _counted(numbers: Counter[str]) -> str:
    return ", ".join(f"{number} {what}" for what, number in numbers.most_common()) or "nothing"
