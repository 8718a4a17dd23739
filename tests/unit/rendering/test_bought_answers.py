from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from episodes.errors import FailureClass
from rendering.backends.bought.answers import failure_of, retry_after_s, was_never_sent, was_sold


@pytest.mark.parametrize(
    ("status", "failure_class", "may_be_sold"),
    [
        (400, FailureClass.CONTENT, False),
        (401, FailureClass.CONTENT, False),
        (403, FailureClass.CONTENT, False),
        (404, FailureClass.CONTENT, False),
        (408, FailureClass.INFRA, True),
        (422, FailureClass.CONTENT, False),
        (429, FailureClass.INFRA, False),
        (500, FailureClass.INFRA, True),
        (502, FailureClass.INFRA, True),
        (503, FailureClass.INFRA, False),
        (504, FailureClass.INFRA, True),
        (599, FailureClass.INFRA, True),
    ],
)
def test_a_status_says_whether_it_may_be_better_later_and_whether_something_may_be_sold(
    status: int, failure_class: FailureClass, may_be_sold: bool
) -> None:
    failure = failure_of(status, "its own words.", server="shop", key_name="SHOP_KEY")

    assert failure.failure_class is failure_class
    assert "its own words." in failure.message
    assert was_sold(status) is may_be_sold


def test_whoever_has_the_wrong_key_is_told_which_one() -> None:
    assert "SHOP_KEY" in failure_of(403, "", server="shop", key_name="SHOP_KEY").hint


def test_a_connection_that_never_came_about_sold_nothing() -> None:
    wrapped = RuntimeError("could not")
    wrapped.__cause__ = httpx.ConnectTimeout("slow")

    assert was_never_sent(httpx.ConnectError("refused"))
    assert was_never_sent(wrapped)
    assert not was_never_sent(httpx.ReadTimeout("slow"))
    assert not was_never_sent(httpx.RemoteProtocolError("hung up"))


def test_a_server_says_when_to_come_back_in_seconds_or_as_a_date() -> None:
    in_a_minute = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)

    assert retry_after_s({"retry-after": "7"}) == 7.0
    assert retry_after_s({"retry-after": in_a_minute}) == pytest.approx(60, abs=30)
    assert retry_after_s({"retry-after": "soon"}) is None
    assert retry_after_s({}) is None
