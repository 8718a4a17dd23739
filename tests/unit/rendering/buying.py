"""A shop in memory, and attempts that order there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from episodes.errors import FailureClass, RenderFailed
from episodes.job import RenderJob
from rendering.backends.bought.buying import Buying
from rendering.backends.bought.ledger import Ledger, Order
from rendering.backends.bought.shop import Finished, Over, Placed, Refused, Request, Trouble, Unclear, Unknown, Working
from rendering.backends.bought.till import Patience, Till
from tests.builders import a_job
from tests.clips import FakeControl, FakeSleep

REQUEST = Request(
    server="shop", model="m", prompt="p", negative_prompt="", seed=7, seconds=4, size="16x16", first_frame_sha256=None
)


class Killed(BaseException):
    """The process ends here."""


@dataclass
class FakeShop:
    """A Shop that counts what it sold. `answers` come before what it usually says to an order."""

    sold: list[Request] = field(default_factory=list)
    answers: list[Refused | Unclear] = field(default_factory=list)
    dies: bool = False
    """Whoever orders next is killed when he has bought."""

    def order(self, request: Request, first_frame: bytes | None, last_frame: bytes | None) -> Placed | Refused | Unclear:
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Refused):
            return answer
        self.sold.append(request)
        if self.dies:
            self.dies = False
            raise Killed
        return answer or Placed(operation=f"operation {len(self.sold)}")

    def look(self, operation: str) -> Working | Finished | Over | Trouble | Unknown:
        return Finished(clip=b"clip")

    def cancel(self, operation: str) -> bool:
        return True


def an_attempt(number: int, *, num_failures: int | None = None) -> RenderJob:
    """After as many failures as there were attempts, unless it is said otherwise."""
    job = a_job(job_id=f"attempt-{number}")
    failures = number - 1 if num_failures is None else num_failures
    return job.model_copy(update={"meta": job.meta.model_copy(update={"attempt": number, "num_failures": failures})})


def buy(
    store: Any, shop: FakeShop, job: RenderJob, *, request: Request = REQUEST, is_free: bool = False, control: Any = None
) -> Order:
    clock = FakeSleep()
    patience = Patience(poll_s=1.0, sleep=clock, now_s=clock.now_s)
    till = Till(shop, request, None, patience, control or FakeControl())
    return Buying(job, Ledger(store, job, request), is_free=is_free).order(till)


def fails_as(failure_class: FailureClass, buying: Callable[[], Order]) -> RenderFailed:
    with pytest.raises(RenderFailed) as caught:
        buying()
    assert caught.value.failure_class is failure_class
    return caught.value
