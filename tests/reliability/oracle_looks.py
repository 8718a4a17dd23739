"""What the oracle of the model test shows: the same nouns as a store, made anew from what it remembers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from episodes.audited import ArtifactAudit, AttemptAudit, BeatAudit, EpisodeAudit, TakeAudit
from episodes.episode_store import StoredAnswer
from episodes.errors import LeaseLost, NotFound
from episodes.estimate import Measure
from episodes.job import FilmPart, StartFrame
from episodes.lifecycle import AttemptState as A
from episodes.lifecycle import BeatState as B
from episodes.lifecycle import EpisodeState as E
from episodes.model import (
    ActiveEpisode,
    Artifact,
    BeatView,
    ClipSource,
    EpisodeSummary,
    EpisodeView,
    Event,
    FleetSnapshot,
    Lease,
    OpenAttempt,
    ProgressView,
    ReadyBeat,
)
from episodes.versions import PlanVersion, VersionNote
from tests.reliability.oracle_rows import Asked, Part, Refused, Story, Tried, moment


class Looks:
    """The reading half of the oracle."""

    now_s: float
    stories: dict[str, Story]
    tries: dict[str, Tried]
    lease: Lease | None
    lease_ends: float
    is_paused: bool
    answers: dict[str, StoredAnswer]
    snapshot: FleetSnapshot | None

    # --- for people ---

    def episode(self, episode_id: str) -> EpisodeView:
        story = self._story(episode_id)
        return EpisodeView(
            **self._summary(story),
            world_revision=story.world_revision,
            logline=story.logline,
            treatment=story.treatment,
            plan_version=story.plan_version,
            beats=tuple(self._beat_view(story, part) for part in story.parts.values()),
            artifacts=files_of(t for t in story.tries_of(None) if t.state is A.SELECTED),
            film_attempts=tuple(t.as_shown() for t in story.tries_of(None)),
            funds=story.funds(),
            queue_is_paused=self.is_paused,
            fleet=self.snapshot,
        )

    def _summary(self, story: Story) -> dict[str, Any]:  # Any: fields of EpisodeSummary
        return {
            "episode_id": story.episode_id,
            "request": story.request,
            "state": story.state,
            "progress": story.progress,
            "created_at": moment(story.created_at),
            "updated_at": moment(story.updated_at),
            "reason": story.reason,
            "num_beats": len(story.parts),
        }

    def _beat_view(self, story: Story, part: Part) -> BeatView:
        tries = story.tries_of(part.beat.beat_id)
        return BeatView(
            beat=part.beat,
            revision=part.revision,
            state=part.state,
            progress=part.progress,
            reason=part.reason,
            attempts=tuple(t.as_shown() for t in tries),
            artifacts=files_of(t for t in tries if t.state is A.SELECTED and t.revision == part.revision),
            not_before=moment(part.not_before) if part.not_before > self.now_s else None,
            unmet=story.unmet(part),
            backend=story.backend(part),
            fallback_reason=" ".join(
                f"{one} could not: {why}" for one, why in zip(story.choices(part), part.given_up_by, strict=False)
            ),
            needs_micros=part.needs,
        )

    def episodes(self, state: E | None = None, world_id: str | None = None) -> tuple[EpisodeSummary, ...]:
        """All pages of it."""
        newest_first = sorted(self.stories.values(), key=lambda s: s.episode_id, reverse=True)
        found = (s for s in newest_first if state in (None, s.state) and world_id in (None, s.request.world_id))
        return tuple(EpisodeSummary(**self._summary(s)) for s in found)

    def events(self, episode_id: str, after: int = 0) -> list[Event]:
        numbered = list(enumerate(self._story(episode_id).told, start=1))
        return [
            Event(episode_id=episode_id, number=number, event_type=one.event_type, data=one.data, at=moment(one.at))
            for number, one in numbered[after:]
        ]

    def latest_event_numbers(self, episode_ids: Sequence[str]) -> dict[str, int]:
        return {one: len(self.stories[one].told) for one in episode_ids if one in self.stories}

    def plan_versions(self, episode_id: str, *, before: int | None = None, limit: int = 50) -> list[VersionNote]:
        newest_first = reversed(self._story(episode_id).versions)
        notes = [VersionNote(version=v.version, at=v.at, cause=v.cause, num_beats=v.num_beats) for v in newest_first]
        return [note for note in notes if before is None or note.version < before][:limit]

    def plan_version(self, episode_id: str, version: int) -> PlanVersion:
        kept = self._story(episode_id).versions
        if not 1 <= version <= len(kept):
            raise Refused(NotFound)
        return kept[version - 1]

    def progress(self, episode_id: str) -> ProgressView:
        story = self._story(episode_id)
        return ProgressView(
            state=story.state,
            progress=story.progress,
            beats={one: part.progress for one, part in story.parts.items()},
            has_takes=bool(story.live_takes()),
        )

    def preview(self, episode_id: str, beat_id: str) -> bytes | None:
        story = self._story(episode_id)
        if beat_id not in story.parts:
            raise Refused(NotFound)
        return next((t.picture for t in story.tries_of(beat_id) if story.wants(t)), None)

    def film_parts(self, episode_id: str) -> list[FilmPart]:
        story = self._story(episode_id)
        clips = [(part.beat, story.clip(one)) for one, part in story.parts.items()]
        return [FilmPart(beat_id=b.beat_id, video=clip, subtitle=b.subtitle) for b, clip in clips if clip is not None]

    def measures(self, kinds: Sequence[str]) -> list[Measure]:
        """In any order."""
        clips = ((t, a.file) for t in self.tries.values() for a in t.files if a.artifact_type == "video")
        return [
            Measure(
                kind=tried.backend,
                render_s=tried.render_s,
                video_s=file.duration_s,
                num_pixels=file.width * file.height,
            )
            for tried, file in clips
            if tried.backend in kinds and tried.render_s and file.duration_s and file.width and file.height
        ]

    def queue_is_paused(self) -> bool:
        return self.is_paused

    def fleet(self) -> FleetSnapshot | None:
        return self.snapshot

    def answer(self, key: str) -> StoredAnswer | None:
        return self.answers.get(key)

    def lease_holder(self) -> tuple[str, float] | None:
        return None if self.lease is None else (self.lease.holder, self.lease_ends - self.now_s)

    # --- for the coordinator ---

    def active_episodes(self, lease: Lease) -> list[ActiveEpisode]:
        self._lead(lease)
        going_on = (E.EXECUTING, E.PAUSED, E.CUTTING, E.CANCELLING)
        active = (s for s in self.stories.values() if s.state in going_on or s.live_takes())
        return [
            ActiveEpisode(
                episode_id=s.episode_id,
                state=s.state,
                format=s.request.format,
                motion=s.request.motion,
                created_at_s=s.created_at,
                is_budgeted=s.budget is not None,
                has_takes=bool(s.live_takes()),
            )
            for s in sorted(active, key=lambda s: (s.executed_at, s.episode_id))
        ]

    def ready_beats(self, lease: Lease, episode_id: str, *, limit: int, exclude: Sequence[str] = ()) -> list[ReadyBeat]:
        self._lead(lease)
        story = self._story(episode_id)
        if story.state is not E.EXECUTING or self.is_paused:
            return []
        left = story.left()
        ready = [
            self._ready(story, part)
            for one, part in story.parts.items()
            if part.state is B.PENDING
            and not story.unmet(part)
            and part.not_before <= self.now_s
            and one not in exclude
            and (left is None or part.needs <= left)
        ]
        return ready[:limit]

    def _ready(self, story: Story, part: Part) -> ReadyBeat:
        tries, before = story.tries_of(part.beat.beat_id), part.beat.starts_from
        video = story.clip(before) if before is not None else None
        failed = [t.renderer for t in tries if t.state is A.FAILED]
        return ReadyBeat(
            episode_id=story.episode_id,
            beat=part.beat.model_copy(update={"backend": story.backend(part)}),
            revision=part.revision,
            num_attempts=len(tries),
            num_counted=len(story.held_against(part.beat.beat_id, counted=True)),
            avoid_renderers=tuple(r for i, r in enumerate(failed) if r not in failed[i + 1 :]),
            start_frame=StartFrame(video_key=video.key, sha256=video.sha256) if video is not None else None,
            fallbacks=tuple(story.choices(part)[len(part.given_up_by) + 1 :]),
            is_fresh=part.is_fresh,
        )

    def clips_of(self, lease: Lease, content_keys: Collection[str]) -> dict[str, ClipSource]:
        self._lead(lease)
        found = {}
        for key in content_keys:
            accepted = [t for t in self.tries.values() if t.content_key == key and t.state in (A.SELECTED, A.SUPERSEDED)]
            if accepted:
                last = max(accepted, key=lambda t: (t.opened_at, t.attempt_id))
                found[key] = ClipSource(episode_id=last.episode_id, beat_id=last.beat_id or "", attempt_id=last.attempt_id)
        return found

    def next_ready_in_s(self, lease: Lease) -> float | None:
        self._lead(lease)
        ends = [p.not_before for s in self.stories.values() if s.state is E.EXECUTING for p in s.parts.values()]
        ends += [s.film_not_before for s in self.stories.values() if s.state is E.CUTTING]
        ends += [one.not_before for s in self.stories.values() if s.state is not E.PAUSED for one in s.live_takes()]
        backing_off = [end for end in ends if end > 0]
        return min(backing_off) - self.now_s if backing_off and not self.is_paused else None

    def unclosed_attempts(self, lease: Lease) -> list[OpenAttempt]:
        self._lead(lease)
        return [t.as_open() for t in self.tries.values() if t.state is A.OPEN]

    def unwanted_attempts(self, lease: Lease) -> list[str]:
        self._lead(lease)
        return [t.attempt_id for t in self.tries.values() if t.state is A.OPEN and not self._wants(t)]

    # --- for the audit ---

    def audit_episodes(self) -> list[EpisodeAudit]:
        return [self._audit(self.stories[one]) for one in sorted(self.stories)]

    def known_attempt_ids(self, episode_id: str) -> set[str]:
        return {t.attempt_id for t in self._story(episode_id).tries}

    def _audit(self, story: Story) -> EpisodeAudit:
        tries = sorted(story.tries, key=lambda t: (t.opened_at, t.attempt_id))
        return EpisodeAudit(
            episode_id=story.episode_id,
            state=story.state,
            revision=story.revision,
            cancelled_at=moment(story.cancelled_at) if story.cancelled_at is not None else None,
            beats=tuple(self._beat_audit(story, part) for part in story.parts.values()),
            attempts=tuple(_attempt_audit(t) for t in tries),
            artifacts=tuple(sorted((_artifact_audit(t, a) for t in tries for a in t.files), key=lambda a: a.key)),
            takes=tuple(sorted((_take_audit(story, one) for one in story.asked), key=lambda t: (t.beat_id, t.number))),
            num_events=len(story.told),
            num_events_kept=len(story.told),
            newest_event=len(story.told),
            funds=story.funds(),
        )

    def _beat_audit(self, story: Story, part: Part) -> BeatAudit:
        tries = story.tries_of(part.beat.beat_id)
        cancelled = story.cancelled_at
        return BeatAudit(
            beat_id=part.beat.beat_id,
            state=part.state,
            revision=part.revision,
            num_attempts_in=Counter(t.state for t in tries),
            num_counted=sum(t.counted for t in tries),
            num_retries=sum(t.event_type == "beat.retried" and t.data["beat_id"] == part.beat.beat_id for t in story.told),
            num_after_cancel=sum(t.opened_at > cancelled for t in tries) if cancelled is not None else 0,
        )

    # --- shared with the writing half ---

    def _story(self, episode_id: str) -> Story:
        if episode_id not in self.stories:
            raise Refused(NotFound)
        return self.stories[episode_id]

    def _lead(self, lease: Lease) -> None:
        if lease != self.lease:
            raise Refused(LeaseLost)

    def _wants(self, tried: Tried) -> bool:
        return self.stories[tried.episode_id].wants(tried)


def files_of(tries: Iterable[Tried]) -> tuple[Artifact, ...]:
    return tuple(sorted((a for t in tries for a in t.files), key=lambda a: a.artifact_type))


def _take_audit(story: Story, one: Asked) -> TakeAudit:
    return TakeAudit(beat_id=one.beat_id, number=story.number_of(one), revision=one.revision, state=one.state)


def _attempt_audit(tried: Tried) -> AttemptAudit:
    return AttemptAudit(
        attempt_id=tried.attempt_id,
        beat_id=tried.beat_id,
        revision=tried.revision,
        number=tried.number,
        state=tried.state,
        backend=tried.backend,
        is_unwanted=tried.disowned,
        failure_class=tried.failure_class,
        take=tried.take,
        counted=tried.counted,
        num_counted_before=tried.counted_before,
        num_crashes_before=tried.crashes_before,
        num_uncounted_before=tried.uncounted_before,
        fence=tried.fence,
        opened_at=moment(tried.opened_at),
        ended_at=moment(tried.ended_at) if tried.ended_at is not None else None,
        reserved_micros=tried.reserved,
        spent_micros=tried.spent,
    )


def _artifact_audit(tried: Tried, one: Artifact) -> ArtifactAudit:
    return ArtifactAudit(
        key=one.file.key,
        artifact_type=one.artifact_type,
        sha256=one.file.sha256,
        size_bytes=one.file.size_bytes,
        num_frames=one.file.num_frames,
        attempt_id=tried.attempt_id,
        is_selected=tried.state is A.SELECTED,
    )
