"""Upkeep: the audit and the sweep of one StoryWorld, as its doors offer them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from episodes.audit import AuditReport, Census, Decoder, audit
from episodes.episode_store import AuditStore
from episodes.errors import Unavailable
from episodes.ports import ArtifactStore
from episodes.sweep import SweepReport, sweep


class Upkeep:
    """Safe from many threads: one audit or sweep at a time in a process, because each may read every byte that is stored.

    Both raise Unavailable while another one runs, and NotFound for an episode that nobody knows.
    """

    def __init__(
        self, store: AuditStore, artifacts: ArtifactStore, *, decode: Decoder | None = None, censuses: Sequence[Census] = ()
    ) -> None:
        """Without `decode` no audit decodes videos."""
        self._store = store
        self._artifacts = artifacts
        self._decode = decode
        self._censuses = censuses
        self._turn = threading.Lock()

    def audit(self, *, episode_id: str | None = None, decode: bool = True, at_rest: bool = False) -> AuditReport:
        """What is left over is looked for only with all episodes."""
        with self._alone():
            return audit(
                self._store,
                self._artifacts,
                episode_id=episode_id,
                decode=self._decode if decode else None,
                censuses=self._censuses if episode_id is None else (),
                at_rest=at_rest,
            )

    def sweep(self, *, episode_id: str | None = None, dry_run: bool = False) -> SweepReport:
        with self._alone():
            return sweep(self._store, self._artifacts, episode_id=episode_id, dry_run=dry_run)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._turn.acquire(blocking=False):
            raise Unavailable("An audit or a sweep is running already.", "Wait until it has ended.", retry_after_s=10)
        try:
            yield
        finally:
            self._turn.release()
