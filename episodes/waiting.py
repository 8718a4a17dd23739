"""Why a beat waits, in a sentence for people. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from episodes.fleet import RendererState
from episodes.lifecycle import BeatState, EpisodeState
from episodes.model import BeatView, EpisodeView, FleetSnapshot, RendererNote, Take
from episodes.money import UNPAYABLE, dollars_of, least_left


def why_waiting(beat: BeatView, episode: EpisodeView) -> str:
    """What holds a pending beat back, the nearest hindrance that people can do something about first; empty for other states."""
    if beat.state is not BeatState.PENDING:
        return ""
    if episode.state is EpisodeState.PAUSED:
        return "The episode is paused."
    if episode.state is not EpisodeState.EXECUTING:
        return f"The episode is not executing: it is {episode.state}."
    if episode.queue_is_paused:
        return "The queue is paused."
    if beat.unmet:
        return f"It waits for {', '.join(beat.unmet)}."
    if lacking := _why_unpaid(beat, beat.backend, episode):
        return lacking
    if beat.not_before is not None:
        return _why_backing_off(beat.not_before, beat.reason)
    return _why_no_renderer(beat.backend, episode.fleet)


def why_take_waits(take: Take, beat: BeatView, episode: EpisodeView) -> str:
    """Likewise of a pending take of this beat."""
    if take.state is not BeatState.PENDING:
        return ""
    if episode.state is EpisodeState.PAUSED:
        return "The episode is paused."
    if episode.queue_is_paused:
        return "The queue is paused."
    if lacking := _why_unpaid(take, beat.backend, episode):
        return lacking
    if take.not_before is not None:
        return _why_backing_off(take.not_before, take.reason)
    return _why_no_renderer(beat.backend, episode.fleet)


def _why_backing_off(not_before: datetime, reason: str) -> str:
    return f"It backs off until {not_before.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC: {reason or 'the last attempt failed.'}"


def _why_unpaid(one: BeatView | Take, backend: str, episode: EpisodeView) -> str:
    """Empty: it costs nothing, or that is left."""
    left = least_left(episode.funds, episode.total)
    if left is None or one.needs_micros <= left:
        return ""
    if one.needs_micros >= UNPAYABLE:
        return f"It waits for a price: nobody said what a clip of {backend!r} costs (`price_per_s`), and a budget holds."
    whose = "the episode's budget" if left == episode.funds.left_micros else "the budget of all episodes together"
    needs = "nothing is left of it" if not left else f"{dollars_of(one.needs_micros)} are needed and {dollars_of(left)} left"
    return f"It waits for {whose}: {needs}."


def _why_no_renderer(backend: str, fleet: FleetSnapshot | None) -> str:
    if fleet is None:
        return f"No free renderer for {backend!r} yet."
    of_kind = [r for r in fleet.renderers if r.backend == backend]
    kind = next((k for k in fleet.kinds if k.name == backend and k.count), None)
    if not of_kind:
        return f"A renderer for {backend!r} is being started." if kind else f"No renderer for {backend!r} in this fleet."
    eligible = [r for r in of_kind if not r.blocked_reason]
    if not eligible:
        return f"Every renderer for {backend!r} is blocked: {of_kind[0].blocked_reason}"
    failures = [r.start_failure for r in eligible if r.start_failure]
    if len(failures) == len(eligible):
        again = f" It is tried again after {kind.back_off_s:.0f} s." if kind and kind.back_off_s else ""
        return f"No renderer for {backend!r} can start: {failures[0]}{again}"
    if all(r.state in (RendererState.STARTING, RendererState.ABSENT) for r in eligible):
        return _why_starting(backend, eligible)
    if any(r.state == RendererState.IDLE for r in eligible):
        return f"A renderer for {backend!r} is free: it starts in a moment."
    states = Counter(r.state for r in eligible)
    return f"No free renderer for {backend!r}: {', '.join(f'{num} {state}' for state, num in sorted(states.items()))}."


def _why_starting(backend: str, starting: Sequence[RendererNote]) -> str:
    no_room = [r.no_room for r in starting if r.no_room]
    if len(no_room) == len(starting):
        return f"Ray has no room for a renderer for {backend!r}: {no_room[0]}"
    return f"A renderer for {backend!r} is being started."
