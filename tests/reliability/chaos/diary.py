"""What renderers did, as they wrote it down themselves: one line when a render began, one when it was drawn or stopped."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Render:
    """One run of one attempt. `ended_at` None: whoever ran it was killed, or runs it still."""

    attempt_id: str
    renderer: str
    pid: int
    began_at: float
    """Seconds since 1970."""
    ended_at: float | None


class Diary:
    """Appends; a line is short enough that lines of several processes never mix."""

    def __init__(self, home: Path) -> None:
        self._path = home / "renders.jsonl"

    def write(self, what: str, attempt_id: str, renderer: str) -> None:
        line = json.dumps({"what": what, "at": time.time(), "attempt": attempt_id, "renderer": renderer, "pid": os.getpid()})
        with self._path.open("ab", buffering=0) as file:
            file.write(f"{line}\n".encode())

    def renders(self) -> list[Render]:
        """In the order in which they began."""
        lines = [json.loads(line) for line in self._path.read_text().splitlines()] if self._path.exists() else []
        ended = {(line["attempt"], line["pid"]): line["at"] for line in lines if line["what"] == "ended"}
        return [
            Render(
                attempt_id=line["attempt"],
                renderer=line["renderer"],
                pid=line["pid"],
                began_at=line["at"],
                ended_at=ended.get((line["attempt"], line["pid"])),
            )
            for line in lines
            if line["what"] == "began"
        ]
