"""Memory: how much the device is given at once, and what is tried next when it has no room."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import torch

Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """What the device is asked to hold at the same time."""

    windows_at_once: int
    """Of 16 frames, in one UNet call; guidance counts twice."""
    decode_chunk: int
    """Frames in one VAE call."""
    is_offloaded: bool = False
    """Each model is on the device only while it works: the last resort, since every move costs time."""

    def smaller(self) -> Room | None:
        """The next thing to try: fewer at once, at last offloading; None when there is nothing left."""
        if self.windows_at_once > 1 or self.decode_chunk > 1:
            return replace(self, windows_at_once=max(1, self.windows_at_once // 2), decode_chunk=max(1, self.decode_chunk // 2))
        return None if self.is_offloaded else replace(self, is_offloaded=True)

    def __str__(self) -> str:
        where = ", models moved in and out" if self.is_offloaded else ""
        return f"{self.windows_at_once} windows and {self.decode_chunk} decoded frames at once{where}"


class Memory:
    """Remembers what was too much, so that the next beat does not run into it again."""

    def __init__(self, room: Room, *, when_short: Callable[[], None]) -> None:
        self.room = room
        self.shortages: list[str] = []
        """One sentence for each time that there was no room, in order."""
        self._when_short = when_short

    def fitting(self, work: Callable[[Room], Result]) -> Result:
        """Do the work in as much room as there is. Raises torch.OutOfMemoryError when even the least is too much."""
        while True:
            try:
                return work(self.room)
            except torch.OutOfMemoryError:
                smaller = self.room.smaller()
                if smaller is None:
                    raise
            self.shortages.append(f"No room for {self.room}: now {smaller}.")
            self.room = smaller
            self._when_short()
