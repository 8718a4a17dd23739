"""How long beats wait for a backend that nobody gets ready for, when their episode names another that may render them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from episodes.fleet import RendererReport, RendererState

NOTHING: Mapping[str, str] = MappingProxyType({})
_NOT_READY = frozenset({RendererState.ABSENT, RendererState.STARTING})


class Patience:
    """Remembers since when each backend has had nobody. Fed with every survey; says for which of them waiting is in vain."""

    def __init__(self, *, failing_s: float, starting_s: float) -> None:
        self._failing_s = failing_s
        self._starting_s = starting_s
        self._starting_since: dict[str, float] = {}
        self._failing_since: dict[str, float] = {}

    def saw(
        self, renderers: Sequence[RendererReport], now_s: float, impossible: Mapping[str, str] = NOTHING
    ) -> Mapping[str, str]:
        """`renderers`: those that get beats, or would when they get ready; `impossible`: backend → why nobody of it can ever start here.

        Returns backend → why nobody is to be had for it.
        """
        of_backend: dict[str, list[RendererReport]] = defaultdict(list)
        for one in renderers:
            of_backend[one.backend].append(one)
        starting = {b: all(r.state in _NOT_READY for r in some) for b, some in of_backend.items()}
        failing = {b: starting[b] and (b in impossible or all(r.start_failure for r in some)) for b, some in of_backend.items()}
        self._starting_since = _since(starting, self._starting_since, now_s)
        self._failing_since = _since(failing, self._failing_since, now_s)
        in_vain = {}
        for backend in _before(self._starting_since, now_s - self._starting_s):
            why = next((r.no_room for r in of_backend[backend] if r.no_room), "nobody says why.")
            in_vain[backend] = f"No renderer for {backend!r} got ready within {self._starting_s:.0f} s: {why}"
        for backend in _before(self._failing_since, now_s - self._failing_s):
            why = impossible.get(backend) or of_backend[backend][0].start_failure
            in_vain[backend] = f"No renderer for {backend!r} can start: {why}"
        return in_vain


def _since(is_so: Mapping[str, bool], before: Mapping[str, float], now_s: float) -> dict[str, float]:
    return {backend: before.get(backend, now_s) for backend, holds in is_so.items() if holds}


def _before(since: Mapping[str, float], at_s: float) -> list[str]:
    return [backend for backend, since_s in since.items() if since_s < at_s]
