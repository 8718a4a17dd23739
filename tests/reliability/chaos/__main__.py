"""`python -m tests.reliability.chaos --seconds 1800 --seed 7 --write`: exits with 1 on any violation, and says the seed."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from tests.reliability.chaos.run import run_chaos
from tests.reliability.chaos.schedule import Kind
from tests.reliability.chaos.telling import told, write_sections


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.reliability.chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=1800, help="of faults; settling comes on top")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=Kind.__members__, help="this kind of fault, each a minute after the last")
    parser.add_argument("--write", action="store_true", help="write the figures into docs/reliability.md")
    parser.add_argument("--keep", type=Path, help="a folder for what all processes said")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that whoever ends it finds nothing left over
    outcome = run_chaos(asked.seconds, asked.seed, _say, asked.keep, Kind[asked.only] if asked.only else None)
    _say(told(outcome))
    if asked.write:
        write_sections(outcome)
    return 1 if outcome.violations else 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
