"""Which pods this cluster has, as far as can be told: RunPod's list, what was ordered, and what has to go.

A pod counts as gone only when that is confirmed, and whatever was given up once is deleted whenever it shows up again.
So nothing depends on an answer that may be lost: not of an order, and not of a deletion.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from cluster.backoff import Backoff
from cluster.budget import check_room
from cluster.config import ClusterConfig
from cluster.errors import NoSuchPod, RunPodError
from cluster.identity import Kind, identify, kind_of
from cluster.pods import Pod
from cluster.runpod import RunPod
from cluster.sight import Node, Sight, is_the_places_fault, missed, node_of, reason_to_end, seen, terminated

logger = logging.getLogger(__name__)

_DELETE_AGAIN_S = 15.0  # a deletion that was accepted takes a moment to show


class Inventory:
    """Safe from many threads; no lock is held while RunPod is asked, but one refresh waits for another."""

    def __init__(
        self,
        cluster_name: str,
        config: ClusterConfig,
        runpod: RunPod,
        backoff: Backoff,
        now_s: Callable[[], float] = time.monotonic,
        today: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._cluster_name = cluster_name
        self._config = config
        self._runpod = runpod
        self._backoff = backoff
        self._now_s = now_s
        self._today = today
        self._refreshing = threading.Lock()
        self._lock = threading.Lock()
        self._was_refreshed = False
        self._sights: dict[str, Sight] = {}
        self._strays: dict[str, Pod] = {}  # by RunPod's id: second pods under a name that another one has
        self._reserved: dict[str, float] = {}  # what is being ordered, and its price
        self._unwanted: dict[str, str] = {}  # instance id → why it is deleted whenever it is seen; for ever
        self._hidden: set[str] = set()  # of these, the ones that Ray never hears of again
        self._gone_lately: deque[Sight] = deque(maxlen=100)
        self._deleted_s: dict[str, float] = {}

    def refresh(self, *, only_looks: bool = False) -> None:
        """Look at RunPod, and carry out what follows, unless one `only_looks`.

        Raises RunPodError when it does not say; then nothing has changed.
        """
        with self._refreshing:
            listed = self._list()
            with self._lock:
                missing = [s for name, s in self._sights.items() if name not in listed]
            found = {sight.identity.instance_id: self._look_for(sight) for sight in missing}
            with self._lock:
                self._take_in(listed)
                self._take_in_missing(found)
                self._was_refreshed = True
                if not only_looks:
                    self._judge()
            if not only_looks:
                self._delete_unwanted()

    def refresh_if_new(self) -> None:
        if not self._was_refreshed:
            self.refresh()

    def nodes(self) -> list[Node]:
        """What Ray may count with, as of the last refresh. Pods that carry no tags are left out: their type is not known."""
        with self._lock:
            known = [s for name, s in self._sights.items() if name not in self._hidden and s.identity.tags is not None]
            return [node_of(sight) for sight in known]

    def all_nodes(self) -> list[Node]:
        """Whatever may bill: what a `ray down` has to end."""
        with self._lock:
            return [node_of(sight) for sight in self._sights.values()]

    def node(self, instance_id: str) -> Node | None:
        """One that went a moment ago too: Ray asks about what it has just been told of."""
        with self._lock:
            known = (*self._sights.values(), *self._gone_lately)
            return next((node_of(sight) for sight in known if sight.identity.instance_id == instance_id), None)

    def reserve(self, instance_id: str, usd_per_hour: float) -> None:
        """Take room for one pod before it is ordered; whatever may bill is counted. Raises LimitReached."""
        with self._lock:
            seen_usd = [sight.usd_per_hour for sight in self._sights.values()]
            stray_usd = [pod.cost for pod in self._strays.values()]
            ordered_usd = [usd for name, usd in self._reserved.items() if name not in self._sights]
            check_room([*seen_usd, *stray_usd, *ordered_usd], usd_per_hour, self._config)
            self._reserved[instance_id] = usd_per_hour

    def bought(self, pod: Pod) -> None:
        """What was reserved is its price."""
        with self._lock:
            self._see(pod)
            listed_usd = self._reserved.pop(pod.name, 0.0)
            self._sights[pod.name] = replace(self._sights[pod.name], listed_usd=listed_usd)

    def give_up(self, instance_id: str, reason: str) -> None:
        """It may have been ordered or not. Ray was told that it was not, so it is deleted whenever it shows up."""
        with self._lock:
            self._reserved.pop(instance_id, None)
            self._unwanted.setdefault(instance_id, reason)
            self._hidden.add(instance_id)

    def end(self, instance_id: str, reason: str) -> None:
        """Delete it now, and again whenever it is seen. Raises RunPodError if that failed; it stays in the list until it is gone."""
        with self._lock:
            self._unwanted.setdefault(instance_id, reason)
            is_known = instance_id in self._sights
        if not is_known:
            self.refresh()
        with self._lock:
            sight = self._sights.get(instance_id)
        if sight is None:
            logger.warning("pod_unknown instance_id=%s: deleted if it ever shows up", instance_id)
            return
        logger.info("pod_delete instance_id=%s pod_id=%s reason=%s", instance_id, sight.pod.id, reason)
        self._delete(sight.pod.id)

    def _list(self) -> dict[str, list[Pod]]:
        pods = self._runpod.pods(lambda name: kind_of(self._cluster_name, name) is not None)
        by_name: defaultdict[str, list[Pod]] = defaultdict(list)
        for pod in sorted(pods, key=lambda pod: (pod.created_at, pod.id)):
            by_name[pod.name].append(pod)
        return by_name

    def _look_for(self, sight: Sight) -> Pod | None:
        try:
            return self._runpod.pod(sight.pod.id)
        except NoSuchPod:
            return None

    def _take_in(self, listed: dict[str, list[Pod]]) -> None:
        self._strays = {}
        for name, pods in listed.items():
            alive = [pod for pod in pods if not pod.is_terminated]
            if not alive:
                self._gone(name)
                continue
            known = self._sights.get(name)
            kept = next((pod for pod in alive if known and pod.id == known.pod.id), alive[0])
            self._strays |= {pod.id: pod for pod in alive if pod.id != kept.id}
            self._see(kept)

    def _take_in_missing(self, found: dict[str, Pod | None]) -> None:
        for name, pod in found.items():
            sight = self._sights.get(name)
            if sight is None:
                continue
            if pod is not None and not pod.is_terminated:
                logger.warning("pod_left_out_of_list instance_id=%s pod_id=%s", name, pod.id)
                self._see(pod)
            elif pod is not None:
                self._gone(name)
            elif (later := missed(sight, is_unwanted=name in self._unwanted, now_s=self._now_s())) is not None:
                self._sights[name] = later
            else:
                self._gone(name)

    def _see(self, pod: Pod) -> None:
        before = self._sights.get(pod.name)
        if before is None:
            before = Sight(pod=pod, identity=identify(pod), first_seen_s=self._now_s())
            if before.identity.tags is None:
                logger.error("pod_without_tags instance_id=%s pod_id=%s: kept until its time is over", pod.name, pod.id)
        now = self._sights[pod.name] = seen(before, pod)
        if now.was_up and not before.was_up and now.identity.candidate:
            self._backoff.forgive(now.identity.candidate)

    def _gone(self, name: str) -> None:
        """A worker is hidden from now on: Ray has written it off, and would take it for a stranger if it came back."""
        sight = self._sights.pop(name, None)
        if sight is None:
            return
        if name not in self._unwanted:
            self._blame(sight)
        logger.info("pod_gone instance_id=%s pod_id=%s reason=%s", name, sight.pod.id, self._unwanted.get(name, "unasked"))
        if sight.identity.kind is Kind.WORKER or name in self._unwanted:
            self._unwanted.setdefault(name, "it had counted as gone")
            self._hidden.add(name)
        self._deleted_s.pop(sight.pod.id, None)
        self._gone_lately.append(terminated(sight))

    def _judge(self) -> None:
        for name, sight in self._sights.items():
            if name in self._unwanted:
                continue
            reason = reason_to_end(sight, self._config, self._now_s(), self._today())
            if reason is not None:
                self._unwanted[name] = reason
                if is_the_places_fault(sight):
                    self._blame(sight)

    def _blame(self, sight: Sight) -> None:
        if sight.identity.candidate:
            self._backoff.refuse(sight.identity.candidate)

    def _delete_unwanted(self) -> None:
        """A deletion that fails is logged and comes again with the next refresh; meanwhile the pod is counted."""
        with self._lock:
            doomed = {sight.pod.id: self._unwanted[name] for name, sight in self._sights.items() if name in self._unwanted}
            doomed |= dict.fromkeys(self._strays, "another pod has its name")
            now_s = self._now_s()
            due = [pod_id for pod_id in doomed if now_s - self._deleted_s.get(pod_id, float("-inf")) >= _DELETE_AGAIN_S]
        for pod_id in due:
            logger.info("pod_delete pod_id=%s reason=%s", pod_id, doomed[pod_id])
            try:
                self._delete(pod_id)
            except RunPodError as error:
                logger.error("pod_not_deleted pod_id=%s: %s", pod_id, error)  # noqa: TRY400  # the sentence says it all

    def _delete(self, pod_id: str) -> None:
        self._runpod.delete(pod_id)
        with self._lock:
            self._deleted_s[pod_id] = self._now_s()
