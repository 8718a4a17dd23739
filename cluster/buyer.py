"""Buys one pod: candidate by candidate, under the limits, and never twice.

What follows a refusal is RunPod's table: 400 and 403 mean the next candidate, 422 and 402 that none will do,
429 that the account has to wait. After an answer that was lost the pod is looked for by its name.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from cluster.backoff import LONGEST_S, Backoff
from cluster.budget import is_over
from cluster.config import ClusterConfig, NodeType
from cluster.errors import LimitReached, NoCandidate, RateLimited, Refused, RunPodError, Unanswered
from cluster.identity import Candidate, Kind, new_instance_id
from cluster.inventory import Inventory
from cluster.orders import Order, body, candidates, is_in_stock, summary, usd_per_hour
from cluster.pods import Catalogue, Pod
from cluster.runpod import RunPod

logger = logging.getLogger(__name__)

_ACCOUNT = "the account"
_PRICES_HOLD_S = 600.0
_LOOKS = 3
_LOOK_PAUSE_S = 2.0


@dataclass(frozen=True, kw_only=True, slots=True)
class _Prices:
    catalogue: Catalogue
    read_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Quote:
    """What one candidate would cost, as RunPod's catalogue has it now."""

    candidate: Candidate
    usd_per_hour: float | None
    """None: it would not be asked for."""
    is_in_stock: bool
    """By the catalogue, which is a snapshot: one that is not is asked for after the others."""
    against: str
    """Why it would not be asked for; empty for one that would."""


class Buyer:
    """Safe from many threads."""

    def __init__(
        self,
        cluster_name: str,
        config: ClusterConfig,
        runpod: RunPod,
        inventory: Inventory,
        backoff: Backoff,
        now_s: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._cluster_name = cluster_name
        self._config = config
        self._runpod = runpod
        self._inventory = inventory
        self._backoff = backoff
        self._now_s = now_s
        self._sleep = sleep
        self._prices: dict[tuple[bool, int, str], _Prices] = {}

    def quotes(self, node_type: NodeType) -> list[Quote]:
        """Every candidate, in the order in which they are asked for. Orders nothing. Raises RunPodError without a catalogue."""
        catalogue = self._catalogue(node_type)
        return [self._quote(place, node_type, catalogue) for place in candidates(node_type, self._config, catalogue)]

    def buy(self, order: Order, kind: Kind, deadline_s: float) -> Pod:
        """Raises NoCandidate (with what was against each), or RunPodError when no candidate would do or none can be asked.

        No new candidate is tried after `deadline_s`, by this process's clock.
        """
        self._check_rest(_ACCOUNT)
        self._check_rest(order.node_type.fingerprint)
        self._inventory.refresh_if_new()
        catalogue = self._catalogue(order.node_type)
        refusals: list[str] = []
        for candidate in candidates(order.node_type, self._config, catalogue):
            if self._now_s() > deadline_s:
                refusals.append("the rest was not tried, for lack of time")
                break
            try:
                return self._try(candidate, order, kind, self._price(candidate, order.node_type, catalogue))
            except _NotThere as error:
                refusals.append(f"{candidate}: {error}")
            except LimitReached as error:  # a cheaper one may fit in
                refusals.append(str(error))
        raise NoCandidate(f"No pod is to be had: {summary(refusals)}", "More GPU types or data centres help.")

    def _check_rest(self, key: object) -> None:
        if left_s := self._backoff.left_s(key):
            raise NoCandidate(f"RunPod refused, and is asked again in {left_s:.0f} s.", "The log has its reason.")

    def _quote(self, candidate: Candidate, node_type: NodeType, catalogue: Catalogue) -> Quote:
        in_stock = is_in_stock(candidate, catalogue)
        try:
            usd = self._price(candidate, node_type, catalogue)
        except _NotThere as error:
            return Quote(candidate=candidate, usd_per_hour=None, is_in_stock=in_stock, against=str(error))
        return Quote(candidate=candidate, usd_per_hour=usd, is_in_stock=in_stock, against="")

    def _price(self, candidate: Candidate, node_type: NodeType, catalogue: Catalogue) -> float:
        """USD per hour. Raises _NotThere for what is known without asking."""
        if left_s := self._backoff.left_s(candidate):
            raise _NotThere(f"rests for {left_s:.0f} s")
        usd = usd_per_hour(candidate, catalogue)
        if usd is None:
            raise _NotThere("RunPod's catalogue has no such machine")
        if is_over(usd, node_type.max_usd_per_hour):
            raise _NotThere(f"costs {usd:.2f} USD per hour, more than max_usd_per_hour")
        return usd

    def _try(self, candidate: Candidate, order: Order, kind: Kind, usd: float) -> Pod:
        instance_id = new_instance_id(self._cluster_name, kind)
        self._inventory.reserve(instance_id, usd)
        try:
            pod = self._order(candidate, order, instance_id)
        except BaseException:
            self._inventory.give_up(instance_id, "its order failed")
            raise
        self._inventory.bought(pod)
        logger.info("pod_bought instance_id=%s pod_id=%s usd_per_hour=%.2f candidate=%s", pod.name, pod.id, pod.cost, candidate)
        self._check_what_came(pod, candidate, order)
        return pod

    def _order(self, candidate: Candidate, order: Order, instance_id: str) -> Pod:
        try:
            pod = self._runpod.create(body(order, candidate, instance_id, self._config))
        except RateLimited as error:
            self._backoff.rest(_ACCOUNT, error.retry_after_s)
            raise
        except Refused as error:
            self._backoff.refuse(candidate)
            if error.status in (400, 403):
                raise _NotThere(error.message) from error
            self._backoff.rest(_ACCOUNT if error.status in (401, 402) else order.node_type.fingerprint, LONGEST_S)
            raise
        except Unanswered as error:
            self._backoff.refuse(candidate)
            found = self._find(instance_id)
            if found is None:
                raise Unanswered(f"{error.message} Whether {instance_id} was ordered is not known.") from error
            return found
        self._check_name(pod, instance_id)
        return pod

    def _find(self, instance_id: str) -> Pod | None:
        """The pod of an order whose answer was lost. It may come later than this, and is deleted then."""
        for _ in range(_LOOKS):
            self._sleep(_LOOK_PAUSE_S)
            try:
                self._inventory.refresh()
            except RunPodError as error:
                logger.warning("lost_order_not_found_yet instance_id=%s: %s", instance_id, error)
                continue
            if (node := self._inventory.node(instance_id)) is not None:
                return node.pod
        return None

    def _check_name(self, pod: Pod, instance_id: str) -> None:
        """Under another name no list would show it as ours, and nobody would ever delete it."""
        if pod.name != instance_id:
            logger.error("pod_renamed pod_id=%s ordered_as=%s: deleting it", pod.id, instance_id)
            self._runpod.delete(pod.id)
            raise Unanswered(f"RunPod called the pod {pod.name!r}, which was ordered as {instance_id!r}.")

    def _check_what_came(self, pod: Pod, candidate: Candidate, order: Order) -> None:
        """The bill counts, not the catalogue."""
        if is_over(pod.cost, order.node_type.max_usd_per_hour):
            reason = f"it costs {pod.cost:.2f} USD per hour, more than max_usd_per_hour"
        elif pod.data_center_id not in (None, candidate.data_center):
            reason = f"it landed in {pod.data_center_id}"
        else:
            return
        self._backoff.refuse(candidate)
        self._inventory.give_up(pod.name, reason)
        self._inventory.end(pod.name, reason)
        raise _NotThere(f"{reason}, so it was deleted")

    def _catalogue(self, of: NodeType) -> Catalogue:
        """A pod whose price is not known is not ordered, so this raises what RunPod's catalogue raises."""
        key = (bool(of.gpus), of.count, of.cloud)
        prices = self._prices.get(key)
        if prices is None or self._now_s() - prices.read_s > _PRICES_HOLD_S:
            catalogue = self._runpod.gpus(count=of.count, cloud=of.cloud) if of.gpus else self._runpod.cpus(count=of.count)
            prices = self._prices[key] = _Prices(catalogue=catalogue, read_s=self._now_s())
        return prices.catalogue


class _NotThere(Exception):
    """This candidate has none; the next one may."""
