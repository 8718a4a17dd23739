"""Which stored files no attempt can claim any more: what a sweep deletes, and what an audit calls an orphan."""

from __future__ import annotations

from episodes.audited import AttemptAudit, EpisodeAudit
from episodes.keys import AttemptKey
from episodes.lifecycle import AttemptState, BeatState


def is_orphan(said: AttemptKey, attempt: AttemptAudit, episode: EpisodeAudit) -> bool:
    """`attempt` is the one that the key names. Of what it bought, a later attempt may make use until its beat has its clip."""
    if attempt.state not in (AttemptState.FAILED, AttemptState.CANCELLED):
        return False
    return not said.is_order or any(b.beat_id == said.beat_id and b.state is BeatState.ACCEPTED for b in episode.beats)
