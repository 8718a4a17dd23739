"""Ledger: what was ordered for a beat, kept in the artifact store, so that no crash makes anything be bought twice.

An order is up to three files, each written once: the intent before the server is asked, the operation's name before it is waited
for, and that it is closed when nothing can come of it any more. An intent without a name is in doubt: somebody died, or lost the
server's answer, between the two, and nobody can know whether it was bought.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, replace
from typing import TypeVar

from episodes.job import RenderJob
from episodes.nouns import Noun, Sha256
from episodes.ports import ArtifactStore
from rendering.backends.bought.shop import Request
from rendering.progress import Unwatched
from rendering.uploading import Uploader

PATIENCE_S = 240.0
"""So long a store may be silent when something must be written that was paid for: a renderer that comes no further is killed later."""

N = TypeVar("N", bound=Noun)


class Intent(Noun):
    """Written before the server is asked."""

    request_sha256: Sha256
    attempt: int
    """The number of the attempt that orders."""
    writer: str
    """Drawn by whoever wrote it: of two processes that write the same key, one is refused."""
    take: int | None = None
    """Of the beat, that it orders: a server that takes no seed would be asked the very same for two of them."""


class Operation(Noun):
    """Written before the server is asked again."""

    name: str


class Closed(Noun):
    """Written when an order can be forgotten."""

    reason: str


class Doubt(Noun):
    """An attempt failed, and said that these orders are in doubt."""

    about: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    key: str
    """Of its intent, without the ending."""
    attempt: int
    operation: str = ""
    """What the server calls it; empty: it is in doubt."""


class Ledger:
    """One attempt's view of the orders for its beat, as far as they are for the very same request and take.

    Raises Unavailable when the store does not answer, ArtifactConflict when another process works on this very attempt.
    """

    def __init__(self, store: ArtifactStore, job: RenderJob, request: Request) -> None:
        self._store = store
        self._job = job
        self._sha256 = sha256_of(request)

    def open_orders(self) -> list[Order]:
        """Those that are not closed, oldest attempt first. What another process has written before is among them."""
        keys = set(self._keys())
        stems = (key.removesuffix(".json") for key in keys)
        open_stems = sorted(s for s in stems if s.rpartition(".")[2].isdigit() and f"{s}.closed.json" not in keys)
        orders = []
        for stem in open_stems:
            intent = self._read(f"{stem}.json", Intent)
            if (intent.request_sha256, intent.take) == (self._sha256, self._job.meta.take):
                is_named = f"{stem}.operation.json" in keys
                name = self._read(f"{stem}.operation.json", Operation).name if is_named else ""
                orders.append(Order(key=stem, attempt=intent.attempt, operation=name))
        return sorted(orders, key=lambda order: order.attempt)

    def intend(self) -> Order:
        """Write down that this attempt is about to order."""
        stem = f"{self._job.order_prefix}{self._job.job_id}"
        num_before = sum(
            key.removesuffix(".json").rpartition(".")[2].isdigit() for key in self._keys() if key.startswith(f"{stem}.")
        )
        order = Order(key=f"{stem}.{num_before + 1}", attempt=self._job.meta.attempt)
        intent = Intent(request_sha256=self._sha256, attempt=order.attempt, writer=uuid.uuid4().hex, take=self._job.meta.take)
        self._write(f"{order.key}.json", intent)
        return order

    def name(self, order: Order, operation: str) -> Order:
        """Write down what the server calls it; waits for a store that does not answer, because this was paid for."""
        data = Operation(name=operation).model_dump_json().encode()
        uploader = Uploader(self._store, patience_s=PATIENCE_S)
        uploader.put_bytes(f"{order.key}.operation.json", data, "application/json", Unwatched())
        return replace(order, operation=operation)

    def close(self, order: Order, reason: str) -> None:
        if f"{order.key}.closed.json" not in self._keys():
            self._write(f"{order.key}.closed.json", Closed(reason=reason))

    def told(self) -> set[str]:
        """Keys of orders that somebody was told to be in doubt."""
        return {about for key in self._keys() if key.endswith(".doubt.json") for about in self._read(key, Doubt).about}

    def tell(self, orders: list[Order]) -> None:
        """Write down that this attempt's failure says so of them."""
        about = tuple(order.key for order in orders)
        self._write(f"{self._job.order_prefix}{self._job.job_id}.doubt.json", Doubt(about=about))

    def _keys(self) -> list[str]:
        return self._store.keys(self._job.order_prefix)

    def _read(self, key: str, noun: type[N]) -> N:
        return noun.model_validate_json(self._store.get_bytes(key))

    def _write(self, key: str, noun: Noun) -> None:
        self._store.put_bytes(key, noun.model_dump_json().encode(), "application/json")


def sha256_of(request: Request) -> str:
    """What asks for no last frame is known by what it was known by before there were any: its orders are gone on with."""
    unsaid = {"last_frame_sha256"} if request.last_frame_sha256 is None else set()
    return hashlib.sha256(request.model_dump_json(exclude=unsaid).encode()).hexdigest()
