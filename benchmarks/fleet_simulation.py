"""How far one coordinator goes: the real one leads simulated fleets of 10 to 10,000 renderers, in virtual time.

`python -m benchmarks.fleet_simulation` takes up to three minutes, `--quick` up to twenty seconds; `--write` puts what it prints into
docs/scaling.md. `--database` names an (empty) database whose calls are measured and charged; without it that is SQLite in a temporary folder.
The rivals are what a user could run instead, on the same machines and the same beats: one queue for everybody, and users in turn on
renderers that load whatever model is asked for.
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
if __package__ in (None, ""):  # run as a file
    sys.path.insert(0, str(ROOT))

from benchmarks.billed_store import Cost  # noqa: E402 - the path comes first
from benchmarks.fleet_record import Figures  # noqa: E402
from benchmarks.fleet_rivals import FirstInFirstOut, RoundRobin, run_rival  # noqa: E402
from benchmarks.fleet_workload import Workload, workload  # noqa: E402
from benchmarks.pages import write_section  # noqa: E402
from benchmarks.simulated_cluster import Run, run_cluster  # noqa: E402
from benchmarks.store_cost import measured  # noqa: E402

PAGE = ROOT / "docs" / "scaling.md"
TITLE = "What the simulation says"

FULL = ((10, 1800.0), (100, 900.0), (1000, 240.0), (10_000, 120.0))
QUICK = ((10, 600.0), (100, 200.0))
"""Renderers, and seconds of their time."""

MOST_JUDGED = 1000
"""Renderers up to which the verdict holds; beyond them the table shows where one coordinator ends."""
LEAST_UTILISATION = 0.95
"""Of the better rival's."""
MOST_WAITING = 0.25
"""Of the queue's, for the median small user."""
LEAST_FAIRNESS = 0.95
MOST_LOADS = 0.75
"""Of those of renderers without a model of their own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """One size of fleet."""

    work: Workload
    run: Run
    ours: Figures
    queue: Figures
    turns: Figures

    @property
    def is_good(self) -> bool:
        return (
            self.ours.utilisation >= LEAST_UTILISATION * max(self.queue.utilisation, self.turns.utilisation)
            and self.ours.small_median_s <= MOST_WAITING * self.queue.small_median_s
            and self.ours.fairness >= LEAST_FAIRNESS
            and self.ours.loads_per_beat <= MOST_LOADS * self.turns.loads_per_beat
        )


def compare(work: Workload, cost: Cost) -> Comparison:
    run = run_cluster(work, cost)
    return Comparison(
        work=work,
        run=run,
        ours=run.record.figures(),
        queue=run_rival(work, FirstInFirstOut(), is_tied=True).figures(),
        turns=run_rival(work, RoundRobin(), is_tied=False).figures(),
    )


def told(comparisons: Sequence[Comparison], cost: Cost, database: str) -> Iterator[str]:
    """The section's lines."""
    yield "| renderers | who decides | in use | small users wait, median | 95 % | fairness | loads a beat | beats/s |"
    yield "|---|---|---|---|---|---|---|---|"
    for one in comparisons:
        yield _row(one.work.num_renderers, "**StoryWorld**", one.ours)
        yield _row(one.work.num_renderers, "one queue", one.queue)
        yield _row(one.work.num_renderers, "users in turn, cold", one.turns)
    yield ""
    yield "As ratios, ours to the queue's and to that of the users in turn:"
    yield ""
    yield "| renderers | in use | median wait | 95 % wait | fairness | loads a beat |"
    yield "|---|---|---|---|---|---|"
    for one in comparisons:
        yield _ratios(one)
    yield ""
    yield "What leading took, of each second; and what was lost on the way:"
    yield ""
    yield "| renderers | own Python | database | own ms a beat | ms a dispatch | dispatches/s | calls/s | renderers lost | beats lost |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for one in comparisons:
        yield _leading(one)
    yield ""
    yield (
        f"Charged for {database}, as measured in the same run: {_ms(cost.write_s)} for a call that writes and {_ms(cost.read_s)} for one "
        f"that reads; beside the call {_ms(cost.open_s)} for a beat that is begun, {_ms(cost.accept_s)} for one that is accepted, "
        f"{_ms(cost.progress_s)} for one whose progress is recorded, {_ms(cost.note_s)} for a renderer in the recorded fleet."
    )


def _row(num_renderers: int, who: str, figures: Figures) -> str:
    return (
        f"| {num_renderers:,} | {who} | {figures.utilisation:.0%} | {figures.small_median_s:.1f} s | {figures.small_95_s:.0f} s "
        f"| {figures.fairness:.3f} | {figures.loads_per_beat:.2f} | {figures.beats_per_s:.1f} |"
    )


def _ratios(one: Comparison) -> str:
    def both(name: str) -> str:
        ours, queue, turns = (getattr(figures, name) for figures in (one.ours, one.queue, one.turns))
        return ", ".join(f"{ours / rival:.2f}" if rival else "–" for rival in (queue, turns))

    names = ("utilisation", "small_median_s", "small_95_s", "fairness", "loads_per_beat")
    return f"| {one.work.num_renderers:,} | " + " | ".join(both(name) for name in names) + " |"


def _leading(one: Comparison) -> str:
    run, num_done = one.run, max(1, one.run.record.num_done)
    return (
        f"| {one.work.num_renderers:,} | {run.cpu_s / one.work.span_s:.1%} | {run.store_s / one.work.span_s:.1%} | {_ms(run.cpu_s / num_done)} "
        f"| {_ms(run.cpu_s / max(1, run.num_dispatches))} | {run.num_dispatches / one.work.span_s:.1f} "
        f"| {run.num_store_calls / one.work.span_s:.0f} | {run.num_lost_renderers} | {run.record.num_lost} |"
    )


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.2g} ms" if seconds < 0.1 else f"{seconds * 1000:.0f} ms"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="the two smallest fleets, in twenty seconds")
    parser.add_argument("--write", action="store_true", help="write the section of docs/scaling.md")
    parser.add_argument("--database", help="whose calls are measured and charged")
    options = parser.parse_args()
    logging.disable(logging.WARNING)  # a line for every beat of every fleet
    began_s = time.monotonic()
    scheme = (options.database or "sqlite:").partition(":")[0]
    database = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}.get(scheme, scheme)
    with TemporaryDirectory() as folder:
        cost = measured(options.database or f"sqlite:///{folder}/measured.db")
    comparisons: list[Comparison] = []
    for num_renderers, span_s in QUICK if options.quick else FULL:
        comparisons.append(compare(workload(num_renderers=num_renderers, span_s=span_s), cost))
        lines = list(told(comparisons, cost, database))
        if options.write:
            write_section(PAGE, TITLE, lines)
        print(f"{num_renderers:,} renderers: {time.monotonic() - began_s:.0f} s", flush=True)
    print("\n".join(lines))
    bad = [one.work.num_renderers for one in comparisons if one.work.num_renderers <= MOST_JUDGED and not one.is_good]
    print(
        f"\nworse than wanted with {', '.join(map(str, bad)) or 'no number of'} renderers; {time.monotonic() - began_s:.0f} s"
    )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
