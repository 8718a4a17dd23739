"""Room: how much the device is given at once, and what is tried next when that is too much."""

from __future__ import annotations

from dataclasses import dataclass, replace


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
