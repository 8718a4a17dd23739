"""Whether the coordinator's memory follows the number of beats that it has led."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

from benchmarks.system import System

WARM_BEATS = 2000
"""Until then it still grows by 15 MB or so, once: every thread's stack and arena, compiled statements, Ray's own buffers."""
SAMPLE_S = 0.25
LEAST_SAMPLES = 50
STALL_S = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    num_led: int
    """Beats that were accepted since the coordinator's start."""
    rss_bytes: int


class Growth:
    """Follows episodes one after another and keeps what it saw. `num_led`: beats before the first of them."""

    def __init__(self, system: System, *, num_led: int) -> None:
        self._system = system
        self._num_led = num_led
        self.samples: list[Sample] = []

    def follow(self, episode_id: str, num_beats: int) -> list[Sample]:
        """What was seen from now to the episode's last beat; at least that one. Raises RuntimeError when no beat comes for a minute."""
        seen: list[Sample] = []
        moved_at_s = time.monotonic()
        while True:
            num_accepted = self._system.num_accepted(episode_id)
            sample = Sample(num_led=self._num_led + num_accepted, rss_bytes=self._system.coordinator_rss_bytes())
            if not seen or sample.num_led > seen[-1].num_led:
                moved_at_s = time.monotonic()
            seen.append(sample)
            if num_accepted == num_beats:
                break
            if time.monotonic() - moved_at_s > STALL_S:
                raise RuntimeError(f"No beat was accepted for {STALL_S:.0f} s, after {num_accepted} of {num_beats}.")
            time.sleep(SAMPLE_S)
        self._num_led += num_beats
        self.samples.extend(seen)
        return seen

    def bytes_per_beat(self) -> float | None:
        """The slope of the line through all samples of the warm coordinator; None when there are too few of them."""
        warm = [sample for sample in self.samples if sample.num_led >= WARM_BEATS]
        if len(warm) < LEAST_SAMPLES:
            return None
        return statistics.linear_regression([s.num_led for s in warm], [s.rss_bytes for s in warm]).slope
