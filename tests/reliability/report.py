"""docs/reliability.md: each proof's full run writes its own section, so that the figures there are what a run printed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks import pages

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reliability.md"


def write_section(title: str, lines: Sequence[str], page: Path = PAGE) -> None:
    """Replace what stands under `## title`, or append it. `lines` are Markdown, without the heading."""
    pages.write_section(page, title, lines)
