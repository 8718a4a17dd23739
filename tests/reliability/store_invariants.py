"""What must be true of an episode in any store at any time, whatever the oracle says: it guards the oracle too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from episodes.audited import EpisodeAudit
from episodes.lifecycle import AttemptState as A
from episodes.lifecycle import BeatState as B
from episodes.lifecycle import EpisodeState as E
from episodes.model import Attempt, EpisodeView

FINAL = (E.COMPLETED, E.PARTIALLY_COMPLETED, E.FAILED, E.CANCELLED)


def check_view(view: EpisodeView, before: EpisodeView | None, unwanted: Collection[str]) -> None:
    """`before` is how it looked one step earlier, `unwanted` the open attempts that nobody wants."""
    groups = [beat.attempts for beat in view.beats] + [view.film_attempts]
    for attempts in groups:
        _check_attempts(attempts, unwanted)
    for beat in view.beats:
        winners = [a for a in beat.attempts if a.state is A.SELECTED and a.revision == beat.revision]
        assert len(winners) == (beat.state is B.ACCEPTED), f"{beat.beat.beat_id} is {beat.state} with {len(winners)} clips"
        assert (beat.progress == 1.0) == (beat.state is B.ACCEPTED), "only a stored clip is all of a beat"
        wanted = [a for a in beat.attempts if a.state is A.OPEN and a.attempt_id not in unwanted and a.take is None]
        assert len(wanted) == (beat.state is B.RENDERING and view.state in (E.EXECUTING, E.PAUSED))
        assert view.state not in FINAL or beat.state.is_ended, f"{beat.beat.beat_id} goes on in an episode that has ended"
    assert view.state is not E.COMPLETED or "film" in [a.artifact_type for a in view.artifacts], "complete without a film"
    assert view.state is not E.COMPLETED or view.progress == 1.0
    if before is not None:
        _check_that_nothing_fell(view, before)


def _check_attempts(attempts: tuple[Attempt, ...], unwanted: Collection[str]) -> None:
    assert [a.number for a in attempts] == list(range(1, len(attempts) + 1)), "numbers restart or have holes"
    selected = Counter(a.revision for a in attempts if a.state is A.SELECTED)
    assert sum(selected.values()) <= 1, f"more than one attempt is selected: {selected}"
    wanted = Counter(a.take for a in attempts if a.state is A.OPEN and a.attempt_id not in unwanted)
    assert all(num == 1 for num in wanted.values()), f"more than one attempt is open and wanted: {wanted}"
    assert all((a.ended_at is None) == (a.state is A.OPEN) for a in attempts)


def _check_that_nothing_fell(view: EpisodeView, before: EpisodeView) -> None:
    assert view.progress >= before.progress, "an episode's progress fell"
    earlier = {beat.beat.beat_id: beat for beat in before.beats}
    for beat in view.beats:
        same = earlier.get(beat.beat.beat_id)
        if same is not None:
            assert beat.revision >= same.revision, "a revision fell"
            assert beat.revision > same.revision or beat.progress >= same.progress, "progress fell within a revision"
            ended = {a.attempt_id: a.state for a in same.attempts if a.state is not A.OPEN}
            for attempt in beat.attempts:
                was = ended.get(attempt.attempt_id, attempt.state)
                has_its_clip = {was, attempt.state} == {A.SELECTED, A.SUPERSEDED}  # people choose between takes
                assert has_its_clip or was is attempt.state, "an end was taken back"


def check_audit(audit: EpisodeAudit) -> None:
    assert audit.num_events == audit.num_events_kept == audit.newest_event, "events have holes"
    fences = [a.fence for a in sorted(audit.attempts, key=lambda a: a.opened_at)]
    assert fences == sorted(fences), "an older coordinator began an attempt after a newer one"
    keys = Counter(a.key for a in audit.artifacts)
    assert not keys or max(keys.values()) == 1, "a key is recorded twice"
    if audit.cancelled_at is not None:
        late = [a for a in audit.attempts if a.opened_at > audit.cancelled_at]
        assert not late, f"begun after the cancel: {late}"
        if audit.state in (E.CANCELLING, E.CANCELLED):
            taken = [a for a in audit.attempts if a.state is A.SELECTED and a.ended_at and a.ended_at > audit.cancelled_at]
            assert not taken, f"accepted after the cancel: {taken}"
