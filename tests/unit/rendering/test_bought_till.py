"""A clip that comes in pieces is taken for as long as somebody waits for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn

import pytest

from episodes.errors import FailureClass, RenderCancelled, RenderFailed
from rendering.backends.bought.shop import Finished, Over, Ready, Request, Take, Trouble, Unknown, Working
from rendering.backends.bought.till import MOST_BYTES, Patience, Till
from tests.clips import FakeControl, FakeSleep

REQUEST = Request(
    server="shop", model="m", prompt="p", negative_prompt="", seed=7, seconds=4, size="16x16", first_frame_sha256=None
)
AWAY = Trouble(failure=RenderFailed("The line broke.", FailureClass.INFRA))


@dataclass
class FakeShop:
    """A Shop whose order is made after so many looks, and comes as `fetch` hands it over."""

    fetch: Callable[[Take], Trouble | Unknown | None]
    looks: list[Working] = field(default_factory=list)

    def order(self, request: Request, first_frame: bytes | None, last_frame: bytes | None) -> NoReturn:
        raise AssertionError("nobody orders here")

    def look(self, operation: str) -> Working | Ready:
        return self.looks.pop() if self.looks else Ready(fetch=self.fetch)

    def cancel(self, operation: str) -> bool:
        return True


def a_till(shop: FakeShop, *, control: FakeControl | None = None, clock: FakeSleep | None = None) -> Till:
    clock = clock or FakeSleep()
    patience = Patience(poll_s=1.0, order_s=60.0, sleep=clock, now_s=clock.now_s)
    return Till(shop, REQUEST, None, patience, control or FakeControl())


def in_two_pieces(take: Take) -> None:
    take(b"cl")
    take(b"ip")


def test_a_clip_is_all_of_its_pieces() -> None:
    assert a_till(FakeShop(in_two_pieces)).collect("1") == Finished(clip=b"clip")


def test_a_clip_whose_line_breaks_is_fetched_from_its_beginning_again() -> None:
    lines = [True, False]

    def fetch(take: Take) -> Trouble | None:
        take(b"cl")
        if lines.pop(0):
            return AWAY
        take(b"ip")
        return None

    assert a_till(FakeShop(fetch)).collect("1") == Finished(clip=b"clip")


def test_whoever_is_told_to_stop_stops_between_two_pieces_of_what_is_made() -> None:
    control = FakeControl()

    def fetch(take: Take) -> None:
        take(b"cl")
        control.stop()
        take(b"ip")

    till = a_till(FakeShop(fetch), control=control)

    with pytest.raises(RenderCancelled):
        till.collect("1")
    assert till.is_made


def test_an_order_is_not_made_before_its_clip_can_be_fetched() -> None:
    till = a_till(FakeShop(in_two_pieces, [Working()]), control=FakeControl(stop_at_check=2))

    with pytest.raises(RenderCancelled):
        till.collect("1")
    assert not till.is_made


def test_a_clip_that_comes_too_slowly_is_left_to_the_next_attempt() -> None:
    clock, control = FakeSleep(), FakeControl()

    def trickle(take: Take) -> NoReturn:
        while True:
            clock(0.5)
            take(b"c")

    with pytest.raises(RenderFailed, match="is made, but has not come after 60 s") as failed:
        a_till(FakeShop(trickle), control=control, clock=clock).collect("1")

    assert failed.value.failure_class is FailureClass.INFRA
    assert len(control.shares) == 60, "once a second, so that nobody takes it for stuck"
    assert control.shares == sorted(set(control.shares))


def test_a_clip_that_does_not_end_comes_to_nothing() -> None:
    piece = bytes(MOST_BYTES // 16)

    def flood(take: Take) -> NoReturn:
        while True:
            take(piece)

    answer = a_till(FakeShop(flood)).collect("1")

    assert isinstance(answer, Over)
    assert answer.failure.failure_class is FailureClass.CONTENT
    assert "larger than 1 GiB" in str(answer.failure)
