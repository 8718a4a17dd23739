"""How the coordinator leads and begins attempts, in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from episodes.fleet import Preview
from episodes.job import FilmPart, StartFrame, StoredFile
from episodes.lifecycle import AttemptState, BeatState, EpisodeState
from episodes.model import ActiveEpisode, Attempt, ClipSource, FleetSnapshot, Lease, OpenAttempt, Opening, ReadyBeat
from episodes.money import least_left, to_reserve
from episodes.plan import fallbacks_after
from storage.memory.rows import AttemptRow, BeatRow, EpisodeRow, Failings, Rows, TakeRow, moment
from storage.rules import (
    check_previews,
    lack,
    latest_last,
    reused_by,
    shown_share,
)
from storage.takes import of_take


class Coordinating(Rows):
    def acquire_lease(self, holder: str, ttl_s: float) -> Lease | None:
        with self._lock:
            now_s = self._now_s()
            if self._lease is not None and self._lease.holder != holder and self._lease_ends_s > now_s:
                return None
            self._lease = Lease(holder=holder, fence=self._lease.fence + 1 if self._lease else 1)
            self._lease_ends_s = now_s + ttl_s
            return self._lease

    def renew_lease(self, lease: Lease, ttl_s: float) -> None:
        with self._lock:
            self._lead(lease)
            self._lease_ends_s = self._now_s() + ttl_s

    def release_lease(self, lease: Lease) -> None:
        with self._lock:
            if self._lease == lease:
                self._lease_ends_s = min(self._lease_ends_s, self._now_s())

    def lease_holder(self) -> tuple[str, float] | None:
        with self._lock:
            return None if self._lease is None else (self._lease.holder, self._lease_ends_s - self._now_s())

    def active_episodes(self, lease: Lease) -> list[ActiveEpisode]:
        with self._lock:
            self._lead(lease)
            with_takes = [row for row in self._episodes.values() if row.live_takes()]
            rows = {**self._active, **{row.episode_id: row for row in with_takes}}
            return [
                ActiveEpisode(
                    episode_id=row.episode_id,
                    state=row.state,
                    format=row.request.format,
                    motion=row.request.motion,
                    created_at_s=row.created_at_s,
                    is_budgeted=row.funds.budget_micros is not None or self._budget_total_micros is not None,
                    has_takes=bool(row.live_takes()),
                )
                for row in sorted(rows.values(), key=lambda r: (r.executed_at_s, r.episode_id))
            ]

    def ready_beats(self, lease: Lease, episode_id: str, *, limit: int, exclude: Sequence[str] = ()) -> list[ReadyBeat]:
        with self._lock:
            self._lead(lease)
            row = self._episode(episode_id)
            if row.state is not EpisodeState.EXECUTING or self._queue_is_paused:
                return []
            now_s, found, in_order = self._now_s(), list[ReadyBeat](), list(row.beats.values())
            left = least_left(row.funds, self._total())
            for place in row.startable:
                if len(found) >= limit:
                    break
                beat = in_order[place]
                is_paid = left is None or beat.needs_micros <= left
                if is_paid and beat.not_before_s <= now_s and beat.beat.beat_id not in exclude:
                    found.append(_ready(row, beat))
            return found

    def ready_takes(
        self, lease: Lease, episode_id: str, *, limit: int, exclude: Sequence[tuple[str, int]] = ()
    ) -> list[ReadyBeat]:
        with self._lock:
            self._lead(lease)
            row = self._episode(episode_id)
            if not row.state.begins_takes or self._queue_is_paused:
                return []
            now_s, left = self._now_s(), least_left(row.funds, self._total())
            ready = [
                take
                for take in row.live_takes()
                if take.state is BeatState.PENDING
                and take.not_before_s <= now_s
                and (left is None or take.needs_micros <= left)
                and (take.beat_id, take.number) not in exclude
            ]
            in_order = sorted(ready, key=lambda one: (row.beats[one.beat_id].beat.index, one.number))
            return [_ready_take(row, take) for take in in_order[:limit]]

    def clips_of(self, lease: Lease, content_keys: Collection[str]) -> dict[str, ClipSource]:
        with self._lock:
            self._lead(lease)
            wanted = (a for a in self._attempts.values() if a.content_key and a.content_key in content_keys)
            accepted = [a for a in wanted if a.shown.state in (AttemptState.SELECTED, AttemptState.SUPERSEDED)]
            newest_last = sorted(accepted, key=lambda a: (a.opened_at_s, a.shown.attempt_id))
            return {a.content_key: _source(a.shown) for a in newest_last}

    def next_ready_in_s(self, lease: Lease) -> float | None:
        with self._lock:
            self._lead(lease)
            if self._queue_is_paused:
                return None
            ends = [
                row.beats[beat_id].not_before_s
                for row, beat_id in ((self._episodes[e], b) for e, b in self._backing_off)
                if row.state is EpisodeState.EXECUTING
            ]
            ends += [
                row.film_not_before_s
                for row in self._active.values()
                if row.state is EpisodeState.CUTTING and row.film_not_before_s > 0
            ]
            ends += [
                take.not_before_s
                for row in self._episodes.values()
                for take in row.live_takes()
                if row.state.begins_takes and take.not_before_s > 0
            ]
            return min(ends) - self._now_s() if ends else None

    def open_attempts(self, lease: Lease, openings: Sequence[Opening]) -> list[OpenAttempt | None]:
        with self._lock:
            self._lead(lease)
            return [self._open_one(opening, lease) for opening in openings]

    def _open_one(self, opening: Opening, lease: Lease) -> OpenAttempt | None:
        if opening.attempt_id in self._attempts:
            again = self._attempts[opening.attempt_id]
            return again.as_open() if again.is_open else None
        row = self._episodes.get(opening.episode_id)
        if row is None or self._queue_is_paused:
            return None
        if opening.beat_id is None:
            return self._open_film(row, opening, lease)
        if opening.take is not None:
            return self._open_take(row, opening, lease)
        beat = row.beats.get(opening.beat_id)
        if row.state is not EpisodeState.EXECUTING or beat is None or beat.revision != opening.revision:
            return None
        if beat.state is not BeatState.PENDING or beat.num_unmet or beat.backend != opening.backend:
            return None
        attempt = self._paid(row, opening, lease, beat, beat.backend)
        if attempt is not None:
            row.move(beat, BeatState.RENDERING)
            self._backing_off.discard((row.episode_id, opening.beat_id))
        return attempt

    def _open_take(self, row: EpisodeRow, opening: Opening, lease: Lease) -> OpenAttempt | None:
        beat, take = row.beats.get(opening.beat_id or ""), row.takes.get((opening.beat_id or "", opening.take or 0))
        if beat is None or take is None or take.state is not BeatState.PENDING or not row.state.begins_takes:
            return None
        if (take.revision, beat.backend, take.seed) != (opening.revision, opening.backend, opening.seed):
            return None
        attempt = self._paid(row, opening, lease, take, beat.backend)
        if attempt is not None:
            take.state = BeatState.RENDERING
        return attempt

    def _paid(self, row: EpisodeRow, opening: Opening, lease: Lease, of: BeatRow | TakeRow, backend: str) -> OpenAttempt | None:
        """Begin an attempt at a beat or take, if it can be paid."""
        left = least_left(row.funds, self._total())
        reserved = to_reserve(opening.quote_micros, opening.per_hour_micros, left)
        if left is not None and reserved is not None and reserved > left:
            self._lack(row, opening, of, reserved, left)
            return None
        if reserved:
            row.funds = replace(row.funds, reserved_micros=row.funds.reserved_micros + reserved)
        of.reason = ""
        of.needs_micros = 0
        of.not_before_s = 0.0
        attempt = self._begin(row, opening, lease, of.failings, backend=backend, reserved_micros=reserved)
        self._tell(
            row,
            "beat.rendering" if opening.take is None else "take.rendering",
            beat_id=opening.beat_id,
            attempt_id=opening.attempt_id,
            attempt=attempt.number,
            renderer=opening.renderer,
            node=opening.node,
            **reused_by(opening),
            **of_take(opening.take),
        )
        return attempt

    def _lack(self, row: EpisodeRow, opening: Opening, of: BeatRow | TakeRow, needs: int, left: int) -> None:
        """The beat or take waits until so much is left; that is told once."""
        if of.needs_micros != needs:
            of.needs_micros = needs
            about = "beat.unpaid" if opening.take is None else "take.unpaid"
            self._tell(row, about, beat_id=opening.beat_id, **lack(needs, left), **of_take(opening.take))

    def _open_film(self, row: EpisodeRow, opening: Opening, lease: Lease) -> OpenAttempt | None:
        if row.state is not EpisodeState.CUTTING or row.film_is_open() or row.film_not_before_s > self._now_s():
            return None
        row.film_not_before_s = 0.0
        attempt = self._begin(row, opening, lease, replace(row.film_failings, num_crashes=0))  # they are a beat's
        self._tell(row, "film.cutting", attempt_id=opening.attempt_id, attempt=attempt.number)
        return attempt

    def _begin(
        self,
        row: EpisodeRow,
        opening: Opening,
        lease: Lease,
        failings: Failings,
        backend: str = "",
        reserved_micros: int | None = 0,
    ) -> OpenAttempt:
        now_s = self._now_s()
        shown = Attempt(
            attempt_id=opening.attempt_id,
            episode_id=opening.episode_id,
            beat_id=opening.beat_id,
            revision=opening.revision,
            number=len(row.attempts[opening.beat_id]) + 1,
            state=AttemptState.OPEN,
            renderer=opening.renderer,
            node=opening.node,
            opened_at=moment(now_s),
            take=opening.take,
            seed=opening.seed,
            reused_from=opening.reused_from,
            reserved_micros=reserved_micros,
        )
        attempt = AttemptRow(
            shown=shown,
            before=replace(failings),
            fence=lease.fence,
            backend=backend,
            opened_at_s=now_s,
            content_key=opening.content_key,
            per_hour_micros=opening.per_hour_micros,
        )
        row.attempts[opening.beat_id].append(attempt)
        self._attempts[opening.attempt_id] = self._open[opening.attempt_id] = attempt
        self._open_in[row.episode_id] += 1
        return attempt.as_open()

    def unclosed_attempts(self, lease: Lease) -> list[OpenAttempt]:
        with self._lock:
            self._lead(lease)
            return [attempt.as_open() for attempt in self._open.values()]

    def unwanted_attempts(self, lease: Lease) -> list[str]:
        with self._lock:
            self._lead(lease)
            return [one for one, attempt in self._open.items() if not self._is_wanted(attempt)]

    def record_fleet(self, lease: Lease, snapshot: FleetSnapshot) -> None:
        with self._lock:
            self._lead(lease)
            self._fleet = snapshot

    def record_progress(self, lease: Lease, shares: Mapping[str, float]) -> None:
        with self._lock:
            self._lead(lease)
            for attempt_id, share in shares.items():
                attempt = self._open.get(attempt_id)
                beat = self._beat_of(attempt) if attempt is not None else None
                take = self._take_of(attempt) if attempt is not None else None
                if take is not None:
                    take.progress = max(take.progress, shown_share(share))
                if attempt is not None and beat is not None and shown_share(share) > beat.progress:
                    row = self._episodes[attempt.shown.episode_id]
                    row.come_to(beat, shown_share(share))
                    row.updated_at_s = self._now_s()

    def record_previews(self, lease: Lease, previews: Mapping[str, Preview]) -> None:
        check_previews(previews)
        with self._lock:
            self._lead(lease)
            for attempt_id, preview in previews.items():
                attempt = self._open.get(attempt_id)
                if attempt is not None and self._beat_of(attempt) is not None:
                    attempt.preview = preview.jpeg
                    attempt.shown = replace(attempt.shown, has_preview=True)

    def film_parts(self, episode_id: str) -> list[FilmPart]:
        with self._lock:
            row = self._episode(episode_id)
            return [
                FilmPart(beat_id=beat_id, video=video, subtitle=beat.beat.subtitle)
                for beat_id, beat in row.beats.items()
                if (video := _clip(row, beat_id)) is not None
            ]


def _source(attempt: Attempt) -> ClipSource:
    return ClipSource(episode_id=attempt.episode_id, beat_id=attempt.beat_id or "", attempt_id=attempt.attempt_id)


def _ready(row: EpisodeRow, beat: BeatRow) -> ReadyBeat:
    attempts = row.attempts.get(beat.beat.beat_id, [])
    return ReadyBeat(
        episode_id=row.episode_id,
        beat=beat.beat.model_copy(update={"backend": beat.backend}),
        revision=beat.revision,
        num_attempts=len(attempts),
        num_counted=beat.failings.num_counted,
        avoid_renderers=latest_last(a.shown.renderer for a in attempts if a.shown.state is AttemptState.FAILED),
        start_frame=_start_frame(row, beat.beat.starts_from),
        fallbacks=fallbacks_after(beat.backend, beat.beat.backend, row.request.fallbacks),
        is_fresh=beat.is_fresh,
    )


def _ready_take(row: EpisodeRow, take: TakeRow) -> ReadyBeat:
    beat = _ready(row, row.beats[take.beat_id])
    with_its_seed = beat.beat.model_copy(update={"seed": take.seed})
    num_counted = take.failings.num_counted
    return replace(beat, beat=with_its_seed, take=take.number, num_counted=num_counted, fallbacks=(), is_fresh=False)


def _start_frame(row: EpisodeRow, beat_id: str | None) -> StartFrame | None:
    video = _clip(row, beat_id) if beat_id is not None else None
    return StartFrame(video_key=video.key, sha256=video.sha256) if video is not None else None


def _clip(row: EpisodeRow, beat_id: str) -> StoredFile | None:
    for attempt in row.attempts.get(beat_id, []):
        if attempt.shown.state is AttemptState.SELECTED and attempt.shown.revision == row.beats[beat_id].revision:
            return next(a.file for a in attempt.artifacts if a.artifact_type == "video")
    return None
