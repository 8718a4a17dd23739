from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from episodes.money import UNPAYABLE, Funds, Tariff, cost_of, dollars_of, least_left, micros_of, to_reserve

HOURLY = 3_600_000  # a dollar's thousandth a second


@pytest.mark.parametrize(
    ("micros", "dollars"), [(0, "0.00"), (5_000_000, "5.00"), (350_000, "0.35"), (1, "0.000001"), (10_020, "0.01002")]
)
def test_money_is_told_in_dollars_with_cents_at_least(micros: int, dollars: str) -> None:
    assert str(dollars_of(micros)) == dollars
    assert micros_of(Decimal(dollars)) == micros


@pytest.mark.slow
@settings(deadline=None)
@given(st.integers(0, 10**12))
def test_no_money_is_lost_on_its_way_to_people_and_back(micros: int) -> None:
    assert micros_of(Decimal(str(dollars_of(micros)))) == micros


@pytest.mark.parametrize(
    ("lengths_s", "duration_s", "price"),
    [((), 2.5, 250_000), ((4, 6, 8), 2.5, 400_000), ((4, 6, 8), 6.0, 600_000), ((4, 6), 9.0, 600_000)],
)
def test_a_clip_is_paid_as_long_as_it_is_sold(lengths_s: tuple[int, ...], duration_s: float, price: int) -> None:
    tariff = Tariff(sells_clips=True, per_s_micros=100_000, lengths_s=lengths_s)

    assert tariff.clip_price(duration_s) == price


def test_the_price_of_a_clip_can_be_unknown() -> None:
    assert Tariff(sells_clips=True).clip_price(2.0) is None


def test_the_tightest_limit_counts() -> None:
    assert least_left(Funds(), None) is None
    assert least_left(Funds(budget_micros=10, spent_micros=3, reserved_micros=2), Funds(budget_micros=9)) == 5
    assert least_left(Funds(budget_micros=10), Funds(budget_micros=1, spent_micros=4)) == 0


@pytest.mark.parametrize(
    ("quote", "per_hour", "left", "needs"),
    [
        (7, 0, None, 7),
        (None, HOURLY, None, None),
        (7, HOURLY, 3, 7),
        (None, HOURLY, 50, 50),
        (None, HOURLY, 0, 1),
        (None, 0, 50, UNPAYABLE),
        (0, 0, 0, 0),
    ],
)
def test_what_is_reserved_follows_from_the_quote_and_what_is_left(
    quote: int | None, per_hour: int, left: int | None, needs: int | None
) -> None:
    assert to_reserve(quote, per_hour, left) == needs


@pytest.mark.slow
@settings(deadline=None)
@given(st.one_of(st.none(), st.integers(0, 10**9)), st.integers(0, 10**9), st.floats(-5, 1e6))
def test_an_attempt_never_costs_more_than_was_reserved_nor_less_than_nothing(
    quote: int | None, per_hour: int, work_s: float
) -> None:
    cost = cost_of(quote, per_hour, work_s)

    assert cost >= 0
    assert quote is None or cost <= quote


def test_work_is_paid_by_the_time_that_it_took() -> None:
    assert cost_of(10_000, HOURLY, 2.0) == 2_000
    assert cost_of(None, HOURLY, 20.0) == 20_000
    assert cost_of(10_000, 0, 2.0) == 10_000
