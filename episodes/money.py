"""Money: micros inside, which are whole millionths of a US dollar; dollars where people read and write them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from math import ceil
from typing import Annotated

from pydantic import Field

PER_DOLLAR = 1_000_000

Dollars = Annotated[Decimal, Field(ge=0, le=1_000_000, decimal_places=6)]
"""US dollars, to the millionth."""

UNPAYABLE = 2**62
"""What an attempt needs whose price nobody knows, where a budget holds: no budget has it."""


def micros_of(dollars: Decimal) -> int:
    return int((dollars * PER_DOLLAR).to_integral_value(ROUND_UP))


def dollars_of(micros: int) -> Decimal:
    """With two digits behind the point, or as many more as it takes."""
    exact = Decimal(micros) / PER_DOLLAR
    cents = exact.quantize(Decimal("0.01"))
    return cents if cents == exact else exact.normalize()


@dataclass(frozen=True, kw_only=True, slots=True)
class Tariff:
    """What a kind of renderer costs; nothing, unless it says so."""

    per_hour_micros: int = 0
    """Of a renderer at work."""
    sells_clips: bool = False
    """It is paid by the second of video, and `per_hour_micros` is 0."""
    per_s_micros: int | None = None
    """Of video; None: nobody said, or it is not sold so."""
    lengths_s: tuple[int, ...] = ()
    """Of the clips on sale, ascending; a beat takes the shortest that is long enough. None: as long as the beat."""

    @property
    def is_free(self) -> bool:
        return not self.per_hour_micros and not self.sells_clips

    def clip_price(self, duration_s: float) -> int | None:
        """Of a clip for a beat of this length."""
        if self.per_s_micros is None:
            return None
        sold_s = next(
            (one for one in self.lengths_s if one >= duration_s), self.lengths_s[-1] if self.lengths_s else duration_s
        )
        return ceil(Decimal(self.per_s_micros) * Decimal(sold_s))

    def work_price(self, work_s: float) -> int:
        return price_of_work(self.per_hour_micros, work_s)


FREE = Tariff()


@dataclass(frozen=True, kw_only=True, slots=True)
class Price:
    """Of one attempt, before it begins."""

    quote_micros: int | None
    """What to reserve for it; None: nobody knows."""
    per_hour_micros: int
    """What its renderer costs at work; 0: `quote_micros` is its price."""


NOTHING = Price(quote_micros=0, per_hour_micros=0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Funds:
    """Of an episode, or of all together."""

    budget_micros: int | None = None
    """What may be spent; None: there is no limit."""
    reserved_micros: int = 0
    """For attempts that are open."""
    spent_micros: int = 0
    """By attempts that have ended."""

    @property
    def left_micros(self) -> int | None:
        """What may still be reserved; None: there is no limit."""
        return None if self.budget_micros is None else max(0, self.budget_micros - self.reserved_micros - self.spent_micros)


UNLIMITED = Funds()
"""Nothing spent, and no limit."""


def least_left(*funds: Funds | None) -> int | None:
    """What may be reserved under several limits; None: there is none."""
    return min((one.left_micros for one in funds if one is not None and one.left_micros is not None), default=None)


def to_reserve(quote_micros: int | None, per_hour_micros: int, left_micros: int | None) -> int | None:
    """What is reserved for an attempt; where that is more than is left, it cannot begin. None: nothing is, and no budget holds.

    Of work that is paid by the hour and was never measured the first attempt gets all that is left, so that nothing begins beside it.
    """
    if quote_micros is not None or left_micros is None:
        return quote_micros
    return max(left_micros, 1) if per_hour_micros else UNPAYABLE


def price_of_work(per_hour_micros: int, work_s: float) -> int:
    return ceil(per_hour_micros * max(0.0, work_s) / 3600)


def cost_of(quote_micros: int | None, per_hour_micros: int, work_s: float) -> int:
    """What an attempt has cost that worked so long; never more than was reserved for it."""
    if not per_hour_micros:
        return quote_micros or 0
    cost = price_of_work(per_hour_micros, work_s)
    return cost if quote_micros is None else min(cost, quote_micros)
