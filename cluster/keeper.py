"""A StoryWorld on RunPod as a command line keeps it: what it would cost, bought and waited for, what stands, and all of it ended.

The provider does the same for Ray. What a pod is ordered with and whether it may be stands in the same modules for both.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from ray.autoscaler.tags import STATUS_UNINITIALIZED, TAG_RAY_NODE_KIND, TAG_RAY_NODE_STATUS, TAG_RAY_USER_NODE_TYPE

from cluster.budget import is_over
from cluster.buyer import Quote
from cluster.clearing import clear, end_all
from cluster.cluster_file import ClusterFile
from cluster.config import ClusterConfig, NodeType, read_cluster
from cluster.errors import AlreadyUp, BadConfig, DidNotComeUp, NoCandidate, RunPodError, Unanswered
from cluster.identity import Kind
from cluster.orders import Order
from cluster.parts import Parts, put_together
from cluster.standing import API_PORT, USUAL_API_PORT, Standing, standing
from cluster.surroundings import look_around
from cluster.wire import Wire

_LOOK_S = 3.0
_BUYING_LIMIT_S = 600.0
_TRIES_TO_FIND = 3
_PRIVATE = {"global_networking": False}
"""A pod that is alone needs no private network, so it can be had in more places, and without a GPU."""
DOWN = "`python storyworld.py down` deletes whatever there is of this cluster."


class Keeper:
    """Raises ClusterError. `variables` are those that pods may be handed, the key and the token among them."""

    def __init__(
        self,
        file: ClusterFile,
        variables: Mapping[str, str],
        *,
        wire: Wire | None = None,
        now_s: Callable[[], float] = time.monotonic,
        today: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._config = read_cluster(file.section).model_copy(update=_PRIVATE)
        self._surroundings = look_around(variables)
        key = self._surroundings.api_key
        self._parts: Parts = put_together(
            file.cluster_name, self._config, key, wire=wire, now_s=now_s, today=today, sleep=sleep
        )
        self._now_s = now_s
        self._today = today
        self._sleep = sleep

    @property
    def config(self) -> ClusterConfig:
        return self._config

    def check_token(self) -> None:
        """Raises BadConfig when there is none."""
        self._surroundings.auth()

    def standings(self) -> list[Standing]:
        """Whatever may bill, heads first. Changes nothing."""
        self._parts.inventory.refresh(only_looks=True)
        nodes = [node for node in self._parts.inventory.all_nodes() if node.pod is not None]
        found = [standing(node, node.pod, self._today(), self._proxied) for node in nodes if node.pod is not None]
        return sorted(found, key=lambda one: (one.what.startswith("worker"), one.name))

    def quotes(self, node_type: NodeType) -> list[Quote]:
        """Of every candidate, in the order in which they would be asked for. Raises NoCandidate when none would be."""
        quotes = self._parts.buyer.quotes(node_type)
        if all(quote.against for quote in quotes):
            against = "; ".join(f"{quote.candidate}: {quote.against}" for quote in quotes)
            raise NoCandidate(f"No pod would be asked for: {against}.", "Change its machines or max_usd_per_hour in the file.")
        return quotes

    def order_single_pod(self, name: str, node_type: NodeType) -> Order:
        """Raises BadConfig for one that could be reached by nobody, or by anybody."""
        given = self._surroundings
        env = {**node_type.env, **given.passed_on(node_type.pass_env), **given.auth()}
        port = f"{env.get(API_PORT) or USUAL_API_PORT}/http"
        if port not in node_type.ports:
            raise BadConfig(f"The single pod {name} opens no port for its API.", f"Add {port} to its ports.")
        if not env.get("API_KEYS"):
            raise BadConfig(
                f"The single pod {name} has no keys for its API, which would be open to the internet.",
                "Add API_KEYS to its pass_env.",
            )
        tags = {TAG_RAY_NODE_KIND: str(Kind.HEAD), TAG_RAY_USER_NODE_TYPE: name, TAG_RAY_NODE_STATUS: STATUS_UNINITIALIZED}
        return Order(node_type=node_type, tags=tags, env=env)

    def check_nothing_is_up(self) -> None:
        """Raises AlreadyUp."""
        if pods := self.standings():
            raise AlreadyUp(f"The cluster is up: {_named(pods)}.", "`python storyworld.py status` says more; `down` ends it.")

    def buy(self, order: Order) -> str:
        """The name of a pod that bills from now on. Raises AlreadyUp, and whatever the buyer raises; then none was left behind.

        Where that cannot be known, because RunPod says nothing any more, the error says which pod it may be.
        """
        self.check_nothing_is_up()
        try:
            return self._parts.buyer.buy(order, Kind.HEAD, self._now_s() + _BUYING_LIMIT_S).name
        except Unanswered as error:
            self._end_what_was_given_up(error)
            raise

    def wait(self, name: str, order: Order, is_ready: Callable[[str], bool], tell: Callable[[str], None]) -> Standing:
        """Until the API answers; `tell` hears how far it is. Raises DidNotComeUp; the pod is deleted then."""
        deadline_s = self._now_s() + self._config.boot_timeout_s
        while True:
            one = self._look_for(name, tell)
            if one is not None:
                if one.is_up and one.api is not None and is_ready(one.api):
                    return one
                tell("Ray and the API are starting" if one.is_up else f"The pod is {one.state}")
                if reason := _reason_to_give_up(one, order):
                    break
            if self._now_s() > deadline_s:
                reason = f"its API did not answer within {self._config.boot_timeout_s:.0f} s"
                break
            self._sleep(_LOOK_S)
        self._give_up(name, reason)
        raise DidNotComeUp(f"{name} was deleted: {reason}.", "Its log went with it. Try again, or name other machines.")

    def take_down(self) -> None:
        """Returns when RunPod lists no pod of this cluster any more. Raises RunPodError, and says what may be left."""
        inventory, reason = self._parts.inventory, "it was taken down"
        try:
            inventory.refresh()
            end_all(inventory, [node.instance_id for node in inventory.all_nodes()], reason)
            clear(inventory, reason, self._sleep)
        except RunPodError as error:
            left = ", ".join(node.instance_id for node in inventory.all_nodes()) or "nothing that was seen"
            raise RunPodError(f"{error.message} Not confirmed as gone: {left}.", error.hint or "Run `down` again.") from error

    def _look_for(self, name: str, tell: Callable[[str], None]) -> Standing | None:
        """None while RunPod does not say."""
        try:
            self._parts.inventory.refresh()
        except RunPodError:
            tell("RunPod does not answer; it is asked again")
            return None
        node = self._parts.inventory.node(name)
        return standing(node, node.pod, self._today(), self._proxied) if node is not None and node.pod is not None else None

    def _give_up(self, name: str, reason: str) -> None:
        try:
            end_all(self._parts.inventory, [name], reason)
            clear(self._parts.inventory, reason, self._sleep)
        except RunPodError as error:
            raise DidNotComeUp(f"{name} was given up: {reason}. It may still bill: {error.message}", DOWN) from error

    def _end_what_was_given_up(self, error: Unanswered) -> None:
        """An order without an answer can come late: its pod is deleted by the look that sees it."""
        for _ in range(_TRIES_TO_FIND):
            self._sleep(_LOOK_S)
            try:
                self._parts.inventory.refresh()
            except RunPodError:
                raise Unanswered(error.message, DOWN) from error
        if pods := self.standings():
            raise Unanswered(f"{error.message} There is {_named(pods)}.", DOWN) from error

    def _proxied(self, pod_id: str, port: str) -> str:
        return self._config.proxy_address.format(pod_id=pod_id, port=port)


def _reason_to_give_up(one: Standing, order: Order) -> str | None:
    if one.has_ended:
        return f"it is {one.state}, by itself"
    if is_over(one.usd_per_hour, order.node_type.max_usd_per_hour):
        return f"it costs {one.usd_per_hour:.2f} USD per hour, more than max_usd_per_hour"
    return None


def _named(pods: list[Standing]) -> str:
    return ", ".join(f"{one.name} ({one.what}, {one.usd_per_hour:.2f} USD per hour)" for one in pods)
