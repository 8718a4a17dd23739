"""Pacing: how the host keeps step with a GPU that it runs ahead of, so that cancelling and progress mean something."""

from __future__ import annotations

from dataclasses import dataclass

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


class Unwatched:
    """A Control that nobody looks at."""

    def check(self) -> None: ...

    def report(self, share: float) -> None: ...


class Pace:
    """Lets the host be at most one step ahead: the GPU never waits for it, and a cancelled beat ends within two steps."""

    def __init__(self, device: torch.device, preview: Preview | None) -> None:
        self._is_cuda = device.type == "cuda"
        self._preview = preview
        self._before: torch.cuda.Event | None = None
        self._last: torch.cuda.Event | None = None
        self._shown: list[tuple[int, torch.Tensor]] = []

    def keep(self) -> None:
        """Before a step: wait for the step before the last, and hand out what it was to show."""
        if self._before is not None:
            self._before.synchronize()
        self._hand_out(1 if self._is_cuda else 0)

    def show(self, num_done: int, preview_HWC: torch.Tensor) -> None:
        """Start bringing a preview to the host; it is handed out when it is there."""
        host = torch.empty(preview_HWC.shape, dtype=preview_HWC.dtype, pin_memory=self._is_cuda)
        host.copy_(preview_HWC, non_blocking=True)
        self._shown.append((num_done, host))

    def done(self) -> None:
        """After a step."""
        if self._is_cuda:
            self._before, self._last = self._last, torch.cuda.Event()  # type: ignore[no-untyped-call]
            self._last.record()

    def finish(self) -> None:
        """After the last step."""
        if self._shown and self._last is not None:
            self._last.synchronize()
        self._hand_out(0)

    def _hand_out(self, num_kept: int) -> None:
        while len(self._shown) > num_kept:
            num_done, host = self._shown.pop(0)
            if self._preview is not None:
                self._preview(num_done, host.numpy())
