"""Studio: beat → stored clip within one process, for a worker that has no cluster around it."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

import structlog

from episodes.errors import BadInput, RenderFailed
from episodes.job import JobResult, RenderJob, RuntimeFacts
from episodes.ports import Control
from rendering.progress import attempt_share
from rendering.publishing import Publisher
from rendering.renderer import Renderer

log = structlog.get_logger(__name__)

RendererOpener = Callable[[str], Renderer]
"""By the backend's name; warm when it returns. Raises BadInput for one that cannot be opened here."""


class Studio:
    """One backend is warm at a time; a job for another one has it opened instead."""

    def __init__(
        self,
        open_renderer: RendererOpener,
        publisher: Publisher,
        *,
        name: str,
        gpu: str | None = None,
        only: str | None = None,
    ) -> None:
        """`name` stands in the results as the renderer's. `only`: the one backend that is ever opened; it is opened at once."""
        self._open_renderer = open_renderer
        self._publisher = publisher
        self._name = name
        self._gpu = gpu
        self._only = only
        self._impossible: set[str] = set()
        self._warm: tuple[str, Renderer] | None = None
        if only is not None:
            self._warm = (only, open_renderer(only))

    def can_make(self, backend: str) -> bool:
        if self._warm is not None and self._warm[0] == backend:
            return True
        if backend in self._impossible or self._only is not None:
            return False
        self._warm = None
        gc.collect()  # two backends may not fit into one GPU
        try:
            self._warm = (backend, self._open_renderer(backend))
        except BadInput as error:
            log.warning("backend.not_opened", backend=backend, reason=str(error))
            self._impossible.add(backend)
            return False
        except Exception:  # the edge: a download that broke off, a GPU that is full; the next time it may go well
            log.exception("backend.not_opened", backend=backend)
            return False
        return True

    def make(self, job: RenderJob, control: Control) -> JobResult:
        """Of a backend that it can make. Whatever goes wrong is the result's status, stored where there is one to tell of."""
        if self._warm is None:
            raise BadInput(f"The backend {job.backend!r} is not open here.", "Ask `can_make` first, which opens it.")
        renderer, began_s = self._warm[1], time.monotonic()
        try:
            keyframes = renderer.render(job, _Half(control, lambda share: attempt_share(rendered=share, published=0.0)))
        except RenderFailed as error:
            return self._publisher.publish_failure(job, error, self._facts(job, began_s))
        control.report(attempt_share(rendered=1.0, published=0.0))
        second = _Half(control, lambda share: attempt_share(rendered=1.0, published=share))
        return self._publisher.publish(job, keyframes, self._facts(job, began_s), second)

    def _facts(self, job: RenderJob, began_s: float) -> RuntimeFacts:
        render_s = time.monotonic() - began_s
        return RuntimeFacts(
            backend=job.backend, latency_sec=render_s, gpu=self._gpu, render_s=render_s, renderer=self._name, node=self._name
        )


class _Half:
    """A Control for one of an attempt's two stages."""

    def __init__(self, control: Control, share: Callable[[float], float]) -> None:
        self._control = control
        self._share = share

    def check(self) -> None:
        self._control.check()

    def report(self, share: float) -> None:
        self._control.report(self._share(share))

    def show(self, jpeg: bytes) -> None:
        self._control.show(jpeg)
