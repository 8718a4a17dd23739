"""What an episode will take: seconds of renderers and money, from how long such work took before and from declared prices. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from episodes.fleet import Kind
from episodes.model import Attempt, BeatView, EpisodeView
from episodes.money import FREE, Tariff
from episodes.plan import Format

MAX_MEASURES = 50
"""Of a kind: enough for a median, few enough that a change of its options or machines is soon all that counts."""

RESERVED_TIMES = 2
RESERVED_MORE_S = 30.0
"""An attempt may take twice as long as the slowest like it, and half a minute: more than machines differ by, and to come back from parking."""


class Certainty(StrEnum):
    EXACT = "exact"
    ESTIMATED = "estimated"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class Measure:
    """How long the frames of an accepted clip took."""

    kind: str
    render_s: float
    video_s: float
    num_pixels: int
    """Of a frame."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Expected:
    """Of one attempt; seconds of a renderer."""

    usual_s: float
    slowest_s: float
    num_samples: int
    is_scaled: bool
    """None of them had the beat's size: they are scaled by their pixels."""

    @property
    def allowed_s(self) -> float:
        """What it is given where every second costs and a budget holds."""
        return RESERVED_TIMES * self.slowest_s + RESERVED_MORE_S


def expected(measures: Sequence[Measure], video_s: float, num_pixels: int) -> Expected | None:
    """`measures` are of one kind. None: there are none."""
    alike = [one for one in measures if one.num_pixels == num_pixels]
    took = [video_s * one.render_s / one.video_s * num_pixels / one.num_pixels for one in alike or measures]
    if not took:
        return None
    return Expected(usual_s=median(took), slowest_s=max(took), num_samples=len(took), is_scaled=not alike)


def quote(tariff: Tariff, measures: Sequence[Measure], video_s: float, num_pixels: int) -> int | None:
    """What is reserved for one attempt, in micros; None: nobody knows."""
    if tariff.sells_clips:
        return tariff.clip_price(video_s)
    if tariff.is_free:
        return 0
    work = expected(measures, video_s, num_pixels)
    return tariff.work_price(work.allowed_s) if work is not None else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """A number and where it is from. Seconds, or micros."""

    value: float | None
    """None: unknown."""
    certainty: Certainty
    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class BeatEstimate:
    beat_id: str
    kind: str
    seconds: Figure
    """Of a renderer: of all attempts that have ended, and of the one that is still to be made."""
    cost: Figure
    at_most_micros: int | None
    """What is reserved before its next attempt begins; 0: none is to come; None: nobody knows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    beats: tuple[BeatEstimate, ...]
    seconds: Figure
    cost: Figure
    at_most_micros: int | None
    """Of all beats that are still to be made, at one attempt each; None: nobody knows."""


def estimate(episode: EpisodeView, kinds: Iterable[Kind], measures: Iterable[Measure]) -> Estimate:
    """With one more attempt for each beat that is not done; failures make it more."""
    of_kind: dict[str, list[Measure]] = {}
    for one in measures:
        of_kind.setdefault(one.kind, []).append(one)
    tariffs = {kind.name: kind.tariff for kind in kinds}
    beats = tuple(_of_beat(view, episode.request.format, tariffs, of_kind.get(view.backend, ())) for view in episode.beats)
    at_most_micros = [one.at_most_micros for one in beats]
    return Estimate(
        beats=beats,
        seconds=_sum([one.seconds for one in beats]),
        cost=_sum([one.cost for one in beats]),
        at_most_micros=None if None in at_most_micros else sum(one or 0 for one in at_most_micros),
    )


def _of_beat(view: BeatView, film_format: Format, tariffs: Mapping[str, Tariff], measures: Sequence[Measure]) -> BeatEstimate:
    taken_s = sum(_worked_s(one) for one in view.attempts)
    spent = sum(one.spent_micros for one in view.attempts)
    if view.state.is_ended:
        how = "its attempts" if view.attempts else "it never began"
        return BeatEstimate(
            beat_id=view.beat.beat_id,
            kind=view.backend,
            seconds=_exact(taken_s, how),
            cost=_exact(spent, how),
            at_most_micros=0,
        )
    tariff = tariffs.get(view.backend, FREE)
    video_s = view.beat.num_frames(film_format.fps) / film_format.fps
    num_pixels = film_format.width * film_format.height
    work = expected(measures, video_s, num_pixels)
    reserved = next((one.reserved_micros for one in view.attempts if one.ended_at is None), None)
    return BeatEstimate(
        beat_id=view.beat.beat_id,
        kind=view.backend,
        seconds=_seconds(work, taken_s),
        cost=_cost(tariff, work, video_s, spent),
        at_most_micros=quote(tariff, measures, video_s, num_pixels) if reserved is None else reserved,
    )


def _worked_s(attempt: Attempt) -> float:
    """As long as is known: of one that failed, all the time until its end."""
    if attempt.render_s is not None or attempt.ended_at is None or attempt.reused_from is not None:
        return attempt.render_s or 0.0
    return (attempt.ended_at - attempt.opened_at).total_seconds()


def _seconds(work: Expected | None, taken_s: float) -> Figure:
    if work is None:
        return Figure(value=None, certainty=Certainty.UNKNOWN, source="no clip of this kind was accepted yet")
    return Figure(value=taken_s + work.usual_s, certainty=Certainty.ESTIMATED, source=_samples(work))


def _cost(tariff: Tariff, work: Expected | None, video_s: float, spent: int) -> Figure:
    if tariff.is_free:
        return _exact(spent, "no price is set for this kind")
    if tariff.sells_clips:
        price = tariff.clip_price(video_s)
        if price is None:
            return Figure(value=None, certainty=Certainty.UNKNOWN, source="it is bought, and its price_per_s is not set")
        return _exact(spent + price, "price_per_s")
    if work is None:
        return Figure(
            value=None, certainty=Certainty.UNKNOWN, source="price_per_hour, but no clip of this kind was accepted yet"
        )
    value = spent + tariff.work_price(work.usual_s)
    return Figure(value=value, certainty=Certainty.ESTIMATED, source=f"price_per_hour, {_samples(work)}")


def _samples(work: Expected) -> str:
    of = "of another size, scaled by pixels" if work.is_scaled else "of this size"
    return f"median of {work.num_samples} accepted clip{'s' if work.num_samples > 1 else ''} {of}"


def _exact(value: float, source: str) -> Figure:
    return Figure(value=value, certainty=Certainty.EXACT, source=source)


def _sum(figures: Sequence[Figure]) -> Figure:
    """Unknown where one is; its value is then what the others come to."""
    unknown = sum(one.certainty is Certainty.UNKNOWN for one in figures)
    known = sum(one.value for one in figures if one.value is not None)
    if unknown:
        return Figure(
            value=known, certainty=Certainty.UNKNOWN, source=f"without {unknown} of {len(figures)} beats, which are unknown"
        )
    is_exact = all(one.certainty is Certainty.EXACT for one in figures)
    certainty = Certainty.EXACT if is_exact else Certainty.ESTIMATED
    return Figure(value=known, certainty=certainty, source=f"sum of {len(figures)} beats")
