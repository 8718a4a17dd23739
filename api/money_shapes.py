"""What the API answers about money. Amounts are US dollars as text, exact to the millionth: "0.35"."""

from __future__ import annotations

from decimal import Decimal

from api.parts import ApiParts
from api.shapes import Shape
from episodes.estimate import Certainty, Estimate, Figure, estimate
from episodes.model import EpisodeView
from episodes.money import Funds, dollars_of


class FundsShape(Shape):
    budget: Decimal | None
    """What may be spent; null: there is no limit."""
    reserved: Decimal
    """For attempts that are open."""
    spent: Decimal
    """By attempts that have ended, failed ones too."""
    left: Decimal | None
    """What may still be reserved; null: there is no limit."""


class SecondsShape(Shape):
    value: float | None
    """Null: unknown. Of a sum with unknown parts what the others come to."""
    certainty: Certainty
    source: str
    """Where the figure is from."""


class CostShape(Shape):
    value: Decimal | None
    certainty: Certainty
    source: str


class BeatEstimateShape(Shape):
    beat_id: str
    backend: str
    seconds: SecondsShape
    """Of a renderer: what its attempts took, and what one more takes where it has no clip yet."""
    cost: CostShape
    """Likewise."""
    at_most: Decimal | None
    """What a budget is asked for before its next attempt; null: nobody knows."""


class EstimateShape(Shape):
    episode_id: str
    beats: list[BeatEstimateShape]
    seconds: SecondsShape
    cost: CostShape
    at_most: Decimal | None
    """What a budget is asked for by all beats that have no clip yet, at one attempt each; null: nobody knows."""
    funds: FundsShape
    total: FundsShape | None
    """Of all episodes together; null: no limit is set for them."""


def estimated(parts: ApiParts, episode: EpisodeView) -> EstimateShape:
    """What its beats, which may be stored or not, will take."""
    measures = parts.episodes.measures(sorted({beat.backend for beat in episode.beats}))
    return estimate_shape(episode, estimate(episode, parts.kinds, measures))


def funds_shape(funds: Funds) -> FundsShape:
    left = funds.left_micros
    return FundsShape(
        budget=None if funds.budget_micros is None else dollars_of(funds.budget_micros),
        reserved=dollars_of(funds.reserved_micros),
        spent=dollars_of(funds.spent_micros),
        left=None if left is None else dollars_of(left),
    )


def estimate_shape(episode: EpisodeView, estimate: Estimate) -> EstimateShape:
    return EstimateShape(
        episode_id=episode.episode_id,
        beats=[
            BeatEstimateShape(
                beat_id=one.beat_id,
                backend=one.kind,
                seconds=_seconds(one.seconds),
                cost=_cost(one.cost),
                at_most=_dollars(one.at_most_micros),
            )
            for one in estimate.beats
        ],
        seconds=_seconds(estimate.seconds),
        cost=_cost(estimate.cost),
        at_most=_dollars(estimate.at_most_micros),
        funds=funds_shape(episode.funds),
        total=None if episode.total is None else funds_shape(episode.total),
    )


def _seconds(figure: Figure) -> SecondsShape:
    value = None if figure.value is None else round(figure.value, 2)
    return SecondsShape(value=value, certainty=figure.certainty, source=figure.source)


def _cost(figure: Figure) -> CostShape:
    value = None if figure.value is None else dollars_of(int(figure.value))
    return CostShape(value=value, certainty=figure.certainty, source=figure.source)


def _dollars(micros: int | None) -> Decimal | None:
    return None if micros is None else dollars_of(micros)
