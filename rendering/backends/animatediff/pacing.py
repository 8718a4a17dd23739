"""Pacing: how the host keeps step with a GPU that it runs ahead of, so that cancelling and progress mean something."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch

from episodes.ports import Control
from rendering.backends.animatediff.previews import Preview


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """A Control for a part of the work: its shares lie between `start` and `end`."""

    control: Control
    start: float = 0.0
    end: float = 1.0

    def check(self) -> None:
        self.control.check()

    def report(self, share: float) -> None:
        self.control.report(self.start + share * (self.end - self.start))

    def show(self, jpeg: bytes) -> None:
        self.control.show(jpeg)


class Mark(Protocol):
    """A place in a device's work that the host can wait for."""

    def record(self) -> None:
        """After what was launched so far."""

    def synchronize(self) -> None: ...


class Pace:
    """Lets the host launch a step when the one before is done, so that a cancelled beat ends with the step that runs.

    The GPU waits for the host between two steps: some 100 µs of 25 ms and more, since a recorded step is a single launch. Within a step the
    host runs ahead as far as it likes.
    """

    def __init__(self, new_mark: Callable[[], Mark] | None, preview: Preview | None) -> None:
        """`new_mark`: of a device that works by itself; None: the host does all the work."""
        self._new_mark = new_mark
        self._preview = preview
        self._coming: list[tuple[int, torch.Tensor]] = []
        self._there: list[tuple[int, torch.Tensor]] = []

    @classmethod
    def on(cls, device: torch.device, preview: Preview | None) -> Pace:
        return cls(torch.cuda.Event if device.type == "cuda" else None, preview)

    @property
    def is_watched(self) -> bool:
        """Somebody looks at previews."""
        return self._preview is not None

    def show(self, num_done: int, preview_HWC: torch.Tensor) -> None:
        """Start bringing a preview to the host, as a part of the step; it is handed out when it is there."""
        host = torch.empty(preview_HWC.shape, dtype=preview_HWC.dtype, pin_memory=preview_HWC.is_cuda)
        host.copy_(preview_HWC, non_blocking=True)
        self._coming.append((num_done, host))

    def step(self) -> None:
        """A step was launched: hand out what the one before was to show while the device works, then wait for it."""
        if self._new_mark is not None:
            mark = self._new_mark()
            mark.record()
            self.finish()
            mark.synchronize()
        self._there, self._coming = self._coming, []
        if self._new_mark is None:
            self.finish()

    def finish(self) -> None:
        """Hand out what is there: after the last step, all."""
        for num_done, host in self._there:
            if self._preview is not None:
                self._preview(num_done, host.numpy())
        self._there = []
