"""Models: Google's video models, as its pages had them in November 2026: what each offers, and what a second of it costs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class Api(Enum):
    """How a model is reached."""

    VERTEX = auto()
    """`predictLongRunning` in a Google Cloud project."""
    INTERACTIONS = auto()
    """The Gemini API, with a key."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    api: Api
    seconds: tuple[int, ...]
    """Lengths, ascending."""
    heights: tuple[int, ...]
    """Of a landscape picture, ascending: 720 is `720p`."""
    usd_per_s: float | None
    """Without sound, at 1080p, which costs more than 720p with some. None: no price that could be relied on; `price_per_s` says it."""

    @property
    def takes_last_frame(self) -> bool:
        """Beside a first one."""
        return self.api is Api.VERTEX


_VEO = (4, 6, 8)
_OMNI_1_1 = tuple(range(3, 11))
_OMNI_1_2 = tuple(range(3, 16))

# prices of Veo: second-hand, from three copies of Google's list of September and October 2026 that agree, so `price_per_s` overrules them
MODELS = {
    "veo-3.1-generate-001": Model(api=Api.VERTEX, seconds=_VEO, heights=(720, 1080), usd_per_s=0.20),
    "veo-3.1-fast-generate-001": Model(api=Api.VERTEX, seconds=_VEO, heights=(720, 1080), usd_per_s=0.10),
    "veo-3.1-lite-generate-001": Model(api=Api.VERTEX, seconds=_VEO, heights=(720, 1080), usd_per_s=0.05),
    "gemini-omni-1.1-flash": Model(api=Api.INTERACTIONS, seconds=_OMNI_1_1, heights=(360, 720, 1080), usd_per_s=None),
    "gemini-omni-1.2-flash": Model(api=Api.INTERACTIONS, seconds=_OMNI_1_2, heights=(360, 720, 1080), usd_per_s=None),
}
DEFAULT = "veo-3.1-fast-generate-001"
"""Google may withdraw it and its larger sister since 17 November 2026, by its list of versions; a withdrawn one answers 404."""
