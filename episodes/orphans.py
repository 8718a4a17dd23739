"""Which stored files no attempt can claim any more: what a sweep deletes, and what an audit calls an orphan."""

from __future__ import annotations

from episodes.audited import AttemptAudit, EpisodeAudit
from episodes.keys import AttemptKey
from episodes.lifecycle import AttemptState, BeatState


def is_orphan(said: AttemptKey, attempt: AttemptAudit, episode: EpisodeAudit) -> bool:
    """`attempt` is the one that the key names. Of what it bought, a later attempt may make use until its beat has its clip, or its
    take has ended."""
    if attempt.state not in (AttemptState.FAILED, AttemptState.CANCELLED):
        return False
    return not said.is_order or _has_ended(said.beat_id, attempt.take, episode)


def _has_ended(beat_id: str | None, take: int | None, episode: EpisodeAudit) -> bool:
    if take is None:
        return any(one.beat_id == beat_id and one.state is BeatState.ACCEPTED for one in episode.beats)
    return any((one.beat_id, one.number) == (beat_id, take) and one.state.is_ended for one in episode.takes)
