from __future__ import annotations

import pytest

from actors.desk import Desk
from episodes.errors import RenderCancelled
from episodes.fleet import Preview


def test_a_cancel_reaches_the_attempt_at_its_next_look() -> None:
    desk = Desk()
    work = desk.begin("a1")
    work.check()

    desk.cancel("a1")

    with pytest.raises(RenderCancelled):
        work.check()


def test_a_cancel_that_comes_before_its_attempt_is_not_forgotten() -> None:
    desk = Desk()
    desk.cancel("a1")

    with pytest.raises(RenderCancelled):
        desk.begin("a1").check()


def test_a_cancel_touches_nobody_else() -> None:
    desk = Desk()
    other = desk.begin("a2")
    desk.cancel("a1")

    other.check()


def test_the_newest_picture_is_kept_and_its_number_rises() -> None:
    work = Desk().begin("a1")
    assert work.shown is None

    work.show(b"first")
    work.show(b"second")

    assert work.shown == Preview(number=2, jpeg=b"second")


def test_a_share_never_falls_and_ends_with_its_attempt() -> None:
    desk = Desk()
    work = desk.begin("a1")
    work.report(0.5)
    work.report(0.3)
    assert desk.shares() == {"a1": 0.5}

    desk.end(work)

    assert desk.shares() == {}


def test_a_picture_is_handed_out_to_whoever_has_not_seen_it_until_its_attempt_ends() -> None:
    desk = Desk()
    work = desk.begin("a1")
    assert desk.preview("a1", after=0) is None
    work.show(b"first")
    work.show(b"second")

    assert desk.preview("a1", after=0) == desk.preview("a1", after=1) == Preview(number=2, jpeg=b"second")
    assert desk.preview("a1", after=2) is None
    assert desk.preview("a2", after=0) is None
    desk.end(work)
    assert desk.preview("a1", after=0) is None
