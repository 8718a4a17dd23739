"""Pages whose sections are written by what measured them, so that the figures there are what a run printed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def write_section(page: Path, title: str, lines: Sequence[str]) -> None:
    """Replace what stands under `## title`, or append it. `lines` are Markdown, without the heading."""
    before, _, rest = (page.read_text() if page.exists() else "").partition(f"\n## {title}\n")
    _, heading, after = rest.partition("\n## ")
    body = "\n".join(lines).strip()
    page.write_text(f"{before.rstrip()}\n\n## {title}\n\n{body}\n" + (f"{heading}{after}" if heading else ""))
