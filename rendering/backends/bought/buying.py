"""Buying: finds the order that an earlier attempt placed, or places one, so that the same clip is never paid for twice."""

from __future__ import annotations

import structlog

from episodes.errors import FailureClass, RenderCancelled, RenderFailed
from episodes.job import RenderJob
from rendering.backends.bought.ledger import Ledger, Order
from rendering.backends.bought.shop import Placed, Refused, Unclear
from rendering.backends.bought.till import Till

log = structlog.get_logger(__name__)


class Buying:
    """One attempt's way to an order that can be waited for."""

    def __init__(self, job: RenderJob, ledger: Ledger, *, is_free: bool) -> None:
        self._job = job
        self._ledger = ledger
        self._is_free = is_free
        """It costs nothing to order again what is in doubt."""

    def order(self, till: Till) -> Order:
        """Raises RenderFailed: infra where a later attempt may find it otherwise, content where a person has to decide."""
        before = self._ledger.open_orders()
        placed = [order for order in before if order.operation]
        if placed:
            return placed[-1]
        self._settle(before)
        return self._place(till)

    def _settle(self, doubtful: list[Order]) -> None:
        """Whoever was told of orders in doubt and tries again all the same wants them forgotten."""
        if any(order.attempt > self._job.meta.attempt for order in doubtful):
            raise RenderFailed("A later attempt at this beat is ordering already.", FailureClass.INFRA).for_nothing()
        if not doubtful:
            return
        was_told = {order.key for order in doubtful} <= self._ledger.told()
        is_asked_for = self._job.meta.num_failures == 0
        if not self._is_free and not (was_told and is_asked_for):
            raise self._in_doubt(doubtful, "an attempt ended while it ordered").for_nothing()
        for order in doubtful:
            self._ledger.close(order, "It was in doubt, and ordered again all the same.")

    def _place(self, till: Till) -> Order:
        """Written first and looked around after: of two attempts that order at once, at least one sees the other."""
        mine = self._ledger.intend()
        if any(order.key != mine.key for order in self._ledger.open_orders()):
            self._ledger.close(mine, "It was withdrawn: another attempt was ordering at the same time.")
            raise RenderFailed("Another attempt at this beat is ordering at the same time.", FailureClass.INFRA).for_nothing()
        match self._asked(mine, till):
            case Placed(operation=operation):
                log.info("order.placed", attempt_id=self._job.job_id, operation=operation)
                return self._ledger.name(mine, operation)
            case Refused(failure=failure):
                self._ledger.close(mine, f"It was refused: {failure}")
                raise failure.for_nothing() from failure
            case Unclear(reason=reason) if self._is_free:
                self._ledger.close(mine, f"It was in doubt and free: {reason}")
                raise RenderFailed(f"{reason} What was ordered costs nothing: it is ordered again.", FailureClass.INFRA)
            case Unclear(reason=reason):
                raise self._in_doubt([mine], reason)

    def _asked(self, mine: Order, till: Till) -> Placed | Refused | Unclear:
        try:
            return till.order()
        except RenderCancelled:  # between two requests, each of which was answered
            self._ledger.close(mine, "It was cancelled before anything was bought.")
            raise

    def _in_doubt(self, doubtful: list[Order], reason: str) -> RenderFailed:
        self._ledger.tell(doubtful)
        return RenderFailed(
            f"Nobody knows whether this clip was bought: {reason.rstrip('.')}, and the server's answer was never written down.",
            FailureClass.CONTENT,
            "Look at the server's own list of what it made. Retrying this beat buys it, perhaps for the second time.",
        )
