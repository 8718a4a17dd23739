"""BoughtBackend: hands a beat to a server that sells clips, and cuts the beat's frames out of what it delivers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import cv2

from episodes.job import RenderJob
from episodes.ports import ArtifactStore, Control
from rendering.backend import Frames, Keyframes, PictureSource
from rendering.backends.bought.buying import Buying
from rendering.backends.bought.collecting import Collecting
from rendering.backends.bought.ledger import Ledger, Order
from rendering.backends.bought.placing import Placing
from rendering.backends.bought.shop import Request, Shop
from rendering.backends.bought.terms import Terms
from rendering.backends.bought.till import Patience, Till
from rendering.backends.bought.widening import widened
from rendering.backends.ending import Ending, ending_of
from rendering.backends.opening import Opening, opening_of
from rendering.previewing import Previews

Catalogue = Callable[[RenderJob], Request]
"""What a server offers: turns a beat into the nearest request that it takes, without its frames."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BoughtBackend:
    """Implements VideoBackend. An order that an earlier attempt placed for the same request is gone on with, wherever it was left."""

    name: str
    shop: Shop
    catalogue: Catalogue
    store: ArtifactStore
    """Keeps the orders."""
    terms: Terms
    patience: Patience

    def keyframes(self, job: RenderJob, pictures: PictureSource, control: Control) -> Keyframes:
        control.check()
        request, previews = self.catalogue(job), Previews(control)
        opening = opening_of(job, pictures, self.terms.opening)
        ending = self._ending(job, pictures, opening)
        if opening is not None:
            previews.show(opening.picture_HWC)
        first_frame, last_frame = _png(opening, request), _png(ending, request)
        shown = {"first_frame_sha256": _sha256(first_frame), "last_frame_sha256": _sha256(last_frame)}
        request = request.model_copy(update=shown)
        control.check()
        till = Till(self.shop, request, first_frame, self.patience, control, last_frame)
        frames_THWC, placing, order = self._bought(job, request, till)
        previews.show(frames_THWC[len(frames_THWC) // 2])
        control.report(1.0)
        return Keyframes(
            frames_THWC=frames_THWC,
            indices=placing.indices,
            num_frames=job.num_frames,
            recipe=self._recipe(request, placing, opening, ending),
            bought_nothing=order.attempt != job.meta.attempt,
        )

    def _ending(self, job: RenderJob, pictures: PictureSource, opening: Opening | None) -> Ending | None:
        """Only with an opening: without one no server takes it."""
        if self.terms.ending is None or opening is None:
            return None
        return ending_of(job, pictures, self.terms.ending)

    def _bought(self, job: RenderJob, request: Request, till: Till) -> tuple[Frames, Placing, Order]:
        ledger, is_free = Ledger(self.store, job, request), self.terms.is_free
        order = Buying(job, ledger, is_free=is_free).order(till)
        return *Collecting(job, ledger, order, till, request, is_free=is_free).frames(), order

    def _recipe(self, request: Request, placing: Placing, opening: Opening | None, ending: Ending | None) -> dict[str, str]:
        recipe = {
            "backend": self.name,
            "server": request.server,
            "model": request.model,
            "seed": str(request.seed),
            "prompt_sha256": hashlib.sha256(request.prompt.encode()).hexdigest(),
            "bought": f"{request.seconds} s of {request.size}",
        }
        if self.terms.usd_per_s is not None:
            recipe["price_usd"] = f"{self.terms.usd_per_s * request.seconds:.4f}"
        if opening is not None:
            recipe["opening"] = opening.label
        if self.terms.ending is not None:
            recipe["ending"] = ending.label if ending is not None else "none, because there was no picture to begin with"
        if placing.is_spread:
            recipe["spread"] = "the bought clip is shorter than the beat, and runs slower to fill it"
        if placing.is_hurried:
            recipe["hurried"] = "the bought clip is longer than the beat, and runs faster to end with it"
        return recipe


def _png(shown: Opening | Ending | None, request: Request) -> bytes | None:
    """In the shape of the clip."""
    if shown is None:
        return None
    _, data = cv2.imencode(".png", cv2.cvtColor(widened(shown.picture_HWC, request.aspect), cv2.COLOR_RGB2BGR))
    return data.tobytes()


def _sha256(data: bytes | None) -> str | None:
    return hashlib.sha256(data).hexdigest() if data is not None else None
