"""Memory: what is tried next when a device has no room, and what was found out that way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Protocol, Self, TypeVar

import torch

Result = TypeVar("Result")


_SAID = ("out of memory", "ALLOC_FAILED")
"""By CUDA, Triton, cuBLAS and cuDNN, where they ask for memory past PyTorch's allocator."""


def is_shortage(error: RuntimeError) -> bool:
    """The device had no room."""
    return isinstance(error, torch.OutOfMemoryError) or any(said in str(error) for said in _SAID)


class Plan(Protocol):
    """How much a device is asked to hold at the same time; its text says it to a person."""

    def smaller(self) -> Self | None:
        """The next thing to try; None when there is nothing left."""


Room = TypeVar("Room", bound=Plan)


class Memory(Generic[Room]):
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
            except RuntimeError as error:
                if not is_shortage(error):
                    raise
                smaller = self.room.smaller()
                if smaller is None:
                    raise torch.OutOfMemoryError(str(error)) from error
            self.shortages.append(f"No room for {self.room}: now {smaller}.")
            self.room = smaller
            self._when_short()
