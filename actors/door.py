"""How the API reaches the coordinator, and how one that is gone, stuck, of an older version or of another fleet is replaced."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

import ray
from ray.exceptions import RayError

from actors.coordinator import start_coordinator, wait_until_gone
from actors.names import Handle
from actors.plan import FleetPlan
from actors.status import CoordinatorStatus
from episodes.episode_store import EpisodeStore
from episodes.errors import Unavailable

log = logging.getLogger("storyworld.door")

WATCH_S = 1.0
STALE_S = 10.0
"""Nobody has led for so long, though the database answers and the actor lives: it is stuck."""
PATIENCE_S = 5.0


class RayDoor:
    """Implements CoordinatorDoor. One per API replica, with a watching thread; several replicas may watch at once."""

    def __init__(self, plan: FleetPlan, store: EpisodeStore, start: Callable[[FleetPlan], Handle] = start_coordinator) -> None:
        self._plan = plan
        self._store = store
        self._start = start
        self._handle: Handle | None = None
        self._closed = threading.Event()
        self._stale_since_s: float | None = None
        self._watcher = threading.Thread(target=self._watch, name="door", daemon=True)

    def open(self) -> None:
        """Does not wait for the coordinator: the API serves from SQL before anybody leads, and while nobody can."""
        self._watcher.start()

    def close(self) -> None:
        self._closed.set()

    def wake(self) -> None:
        handle = self._handle
        if handle is not None:
            handle.wake.remote()

    def _watch(self) -> None:
        while not self._closed.is_set():
            try:
                self._ensure()
                self._replace_the_stuck()
            except Unavailable as error:
                log.warning("door.store_unavailable", extra={"reason": str(error)})
            except (RayError, ValueError) as error:
                log.warning("door.coordinator_unreachable", extra={"reason": str(error).splitlines()[0]})
            self._closed.wait(WATCH_S)

    def _ensure(self) -> None:
        """Get or make the coordinator; hand over from one of another version, or of another fleet."""
        handle = self._start(self._plan)
        status: CoordinatorStatus = ray.get(handle.status.remote(), timeout=PATIENCE_S * 4)
        if status.version != self._plan.fingerprint:
            log.info("coordinator.retired", extra={"version": status.version})
            ray.get(handle.retire.remote(PATIENCE_S), timeout=PATIENCE_S * 2)
            wait_until_gone(handle, PATIENCE_S)
            handle = self._start(self._plan)
        self._handle = handle

    def _replace_the_stuck(self) -> None:
        """A coordinator that lives, but does not renew its lease although the database answers."""
        lease = self._store.lease_holder()
        if lease is not None and lease[1] > 0:
            self._stale_since_s = None
            return
        now_s = time.monotonic()
        self._stale_since_s = self._stale_since_s or now_s
        if now_s - self._stale_since_s > STALE_S and self._handle is not None:
            log.error("coordinator.stuck", extra={"holder": lease[0] if lease else "nobody"})
            self._stale_since_s = None
            wait_until_gone(self._handle, PATIENCE_S)
            self._ensure()
