"""What attempts are opened at: the price of a clip, or what is reserved for work that is paid by the hour."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from episodes.estimate import Measure, quote
from episodes.model import ActiveEpisode, ClipSource, ReadyBeat
from episodes.money import FREE, NOTHING, Price
from episodes.parts import Parts

HOLDS_S = 10.0
"""How long measures are good for: what was accepted since hardly moves them."""


class Quotes:
    """Asks the store only for kinds that are paid by the hour, where a budget holds, and seldom."""

    def __init__(self, parts: Parts) -> None:
        self._tariffs = {kind.name: kind.tariff for kind in parts.fleet.kinds()}
        self._store = parts.store
        self._clock = parts.clock
        self._in_thread = parts.in_thread
        self._measures: dict[str, tuple[float, Sequence[Measure]]] = {}
        """Kind → when it was asked for, and what was known then."""

    async def measure(self, kinds: Iterable[str]) -> None:
        """Before something of these kinds is quoted under a budget."""
        now_s = self._clock.now_s()
        wanted = [one for one in sorted(set(kinds)) if self._is_hourly(one) and not self._is_fresh(one, now_s)]
        if not wanted:
            return
        found = await self._in_thread(lambda: self._store.measures(wanted))
        for kind in wanted:
            self._measures[kind] = now_s, [one for one in found if one.kind == kind]

    def of(self, episode: ActiveEpisode, ready: ReadyBeat, source: ClipSource | None) -> Price:
        """A copy costs nothing. What is paid by the hour has no quote where no budget asks for it, or nobody knows."""
        tariff = self._tariffs.get(ready.beat.backend, FREE)
        if source is not None or tariff.is_free:
            return NOTHING
        if tariff.per_hour_micros and not episode.is_budgeted:
            return Price(quote_micros=None, per_hour_micros=tariff.per_hour_micros)
        size = episode.format
        _, measures = self._measures.get(ready.beat.backend, (0.0, ()))
        quoted = quote(tariff, measures, ready.beat.num_frames(size.fps) / size.fps, size.width * size.height)
        return Price(quote_micros=quoted, per_hour_micros=tariff.per_hour_micros)

    def _is_hourly(self, kind: str) -> bool:
        return self._tariffs.get(kind, FREE).per_hour_micros > 0

    def _is_fresh(self, kind: str, now_s: float) -> bool:
        return kind in self._measures and now_s - self._measures[kind][0] < HOLDS_S
