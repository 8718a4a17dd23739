"""What people and pages read of episodes, in memory."""

from __future__ import annotations

from collections.abc import Sequence

from episodes.errors import NotFound
from episodes.lifecycle import AttemptState, BeatState, EpisodeState
from episodes.model import (
    Artifact,
    BeatView,
    EpisodePage,
    EpisodeSummary,
    EpisodeView,
    Event,
    FleetSnapshot,
    ProgressView,
    Take,
)
from episodes.versions import PlanVersion, VersionNote
from storage.cursor import cursor_after, episode_before
from storage.memory.rows import AttemptRow, BeatRow, EpisodeRow, Rows, TakeRow, moment
from storage.rules import unmet
from storage.takes import AskedTake, all_takes


class Reading(Rows):
    def episode(self, episode_id: str) -> EpisodeView:
        with self._lock:
            row = self._episode(episode_id)
            shown = _summary(row)
            return EpisodeView(
                **{name: getattr(shown, name) for name in EpisodeSummary.__dataclass_fields__},
                world_revision=row.world_revision,
                plan_version=row.plan_version,
                logline=row.logline,
                treatment=row.treatment,
                beats=self._beat_views(row),
                artifacts=_selected_artifacts(row.attempts[None]),
                film_attempts=tuple(a.shown for a in row.attempts[None]),
                funds=row.funds,
                total=self._total(),
                queue_is_paused=self._queue_is_paused,
                fleet=self._fleet,
            )

    def _beat_views(self, row: EpisodeRow) -> tuple[BeatView, ...]:
        states, now_s = {name: b.state for name, b in row.beats.items()}, self._now_s()
        return tuple(_beat_view(row, beat, states, now_s) for beat in row.beats.values())

    def fleet(self) -> FleetSnapshot | None:
        with self._lock:
            return self._fleet

    def episodes(
        self,
        *,
        limit: int = 50,
        cursor: str | None = None,
        state: EpisodeState | None = None,
        world_id: str | None = None,
    ) -> EpisodePage:
        before = episode_before(cursor) if cursor is not None else None
        with self._lock:
            found = [
                _summary(row)
                for row in sorted(self._episodes.values(), key=lambda r: r.episode_id, reverse=True)
                if (before is None or row.episode_id < before)
                and (state is None or row.state is state)
                and (world_id is None or row.request.world_id == world_id)
            ]
        page = found[:limit]
        return EpisodePage(episodes=tuple(page), next_cursor=cursor_after(page[-1].episode_id) if len(found) > limit else None)

    def events(self, episode_id: str, *, after: int = 0, limit: int = 500) -> list[Event]:
        with self._lock:
            return self._episode(episode_id).events[max(after, 0) : max(after, 0) + limit]

    def latest_event_numbers(self, episode_ids: Sequence[str]) -> dict[str, int]:
        with self._lock:
            return {one: len(self._episodes[one].events) for one in episode_ids if one in self._episodes}

    def plan_versions(self, episode_id: str, *, before: int | None = None, limit: int = 50) -> list[VersionNote]:
        with self._lock:
            kept = self._episode(episode_id).versions
        noted = [_note(one) for one in reversed(kept) if before is None or one.version < before]
        return noted[:limit]

    def plan_version(self, episode_id: str, version: int) -> PlanVersion:
        with self._lock:
            return version_of(self._episode(episode_id), version)

    def progress(self, episode_id: str) -> ProgressView:
        with self._lock:
            row = self._episode(episode_id)
            return ProgressView(
                state=row.state,
                progress=row.progress,
                beats={name: b.progress for name, b in row.beats.items()},
                has_takes=bool(row.live_takes()),
            )

    def takes(self, episode_id: str, beat_id: str) -> list[Take]:
        with self._lock:
            row, now_s = self._episode(episode_id), self._now_s()
            asked = [_asked(take, now_s) for (of, _), take in sorted(row.takes.items()) if of == beat_id]
            attempts = row.attempts.get(beat_id, [])
            files = {a.shown.attempt_id: tuple(sorted(a.artifacts, key=lambda one: one.artifact_type)) for a in attempts}
            revision = row.beats[beat_id].revision if beat_id in row.beats else None
            takes = all_takes(revision, asked, [a.shown for a in attempts], files)
            if revision is None and not takes:
                raise NotFound("beat", beat_id)
            return takes

    def preview(self, episode_id: str, beat_id: str) -> bytes | None:
        with self._lock:
            row = self._episode(episode_id)
            if beat_id not in row.beats:
                raise NotFound("beat", beat_id)
            waited_for = (a for a in row.attempts[beat_id] if a.is_open and self._beat_of(a) is not None)
            return next((a.preview for a in waited_for), None)


def version_of(row: EpisodeRow, version: int) -> PlanVersion:
    """Raises NotFound."""
    for one in row.versions:
        if one.version == version:
            return one
    raise NotFound("plan version", str(version))


def _note(kept: PlanVersion) -> VersionNote:
    return VersionNote(version=kept.version, at=kept.at, cause=kept.cause, num_beats=kept.num_beats)


def _summary(row: EpisodeRow) -> EpisodeSummary:
    return EpisodeSummary(
        episode_id=row.episode_id,
        request=row.request,
        state=row.state,
        progress=row.progress,
        created_at=moment(row.created_at_s),
        updated_at=moment(row.updated_at_s),
        reason=row.reason,
        num_beats=len(row.beats),
    )


def _beat_view(row: EpisodeRow, beat: BeatRow, states: dict[str, BeatState], now_s: float) -> BeatView:
    attempts = row.attempts.get(beat.beat.beat_id, [])
    return BeatView(
        beat=beat.beat,
        revision=beat.revision,
        state=beat.state,
        progress=beat.progress,
        reason=beat.reason,
        attempts=tuple(a.shown for a in attempts),
        artifacts=_selected_artifacts([a for a in attempts if a.shown.revision == beat.revision]),
        not_before=moment(beat.not_before_s) if beat.state is BeatState.PENDING and beat.not_before_s > now_s else None,
        unmet=unmet(beat.beat, states),
        backend=beat.backend,
        fallback_reason=beat.fallback_reason,
        needs_micros=beat.needs_micros,
    )


def _asked(take: TakeRow, now_s: float) -> AskedTake:
    return AskedTake(
        number=take.number,
        revision=take.revision,
        seed=take.seed,
        state=take.state,
        progress=take.progress,
        reason=take.reason,
        not_before=moment(take.not_before_s) if take.not_before_s > now_s else None,
        needs_micros=take.needs_micros,
    )


def _selected_artifacts(attempts: list[AttemptRow]) -> tuple[Artifact, ...]:
    selected = (a for row in attempts if row.shown.state is AttemptState.SELECTED for a in row.artifacts)
    return tuple(sorted(selected, key=lambda a: a.artifact_type))
