"""How the coordinator leads: which beats could start, beginning attempts, how far they are. Each call reads and writes in bulk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache

from sqlalchemy import BindParameter, Connection, and_, bindparam, func, literal, select, text, union_all, update

from episodes.errors import NotFound
from episodes.fleet import Preview
from episodes.job import FilmPart, StartFrame, StoredFile
from episodes.lifecycle import AttemptState, BeatState, EpisodeState
from episodes.model import ActiveEpisode, ClipSource, FleetSnapshot, Lease, OpenAttempt, Opening, ReadyBeat
from episodes.money import least_left
from episodes.plan import Beat, EpisodeRequest, fallbacks_after
from storage.episodes_sql.claim import Claim
from storage.episodes_sql.failing import FIRST_BACKEND
from storage.episodes_sql.held import hold, unwanted
from storage.episodes_sql.ledger import Ledger
from storage.episodes_sql.opening import Opener
from storage.episodes_sql.rows import FILE_COLUMNS, OPEN_COLUMNS, funds, is_in, open_attempt, stored_file
from storage.episodes_sql.takes import BACKING_OFF_TAKES, COME_TO_WITH_TAKE, EPISODES_WITH_TAKES, READY_TAKES
from storage.rules import check_previews, latest_last, shown_share
from storage.tables import ARTIFACTS, ATTEMPTS, BEATS, EPISODES, FLEET, TAKES
from storage.transactions import insert_once, now_s

_OF_EPISODE: BindParameter[str] = bindparam("of_episode")
_ZERO = literal(0, literal_execute=True)  # spelled out, as in the index
_LED = select(
    EPISODES.c.episode_id,
    EPISODES.c.state,
    EPISODES.c.request,
    EPISODES.c.created_at,
    EPISODES.c.budget_micros,
    EPISODES.c.executed_at,
).order_by(EPISODES.c.executed_at, EPISODES.c.episode_id)
_ACTIVE = _LED.where(EPISODES.c.state.in_([s.value for s in EpisodeState if s.is_active]))
_ENDED = _LED.where(
    EPISODES.c.episode_id.in_(bindparam("ids", expanding=True)),
    EPISODES.c.state.not_in([s.value for s in EpisodeState if s.is_active]),
)
_STATE = select(
    EPISODES.c.state, EPISODES.c.request, EPISODES.c.budget_micros, EPISODES.c.reserved_micros, EPISODES.c.spent_micros
).where(EPISODES.c.episode_id == _OF_EPISODE)
_READY = (
    select(
        BEATS.c.beat_id,
        BEATS.c.beat,
        BEATS.c.revision,
        BEATS.c.num_attempts,
        BEATS.c.num_counted,
        BEATS.c.backend,
        FIRST_BACKEND.label("first_backend"),
        BEATS.c.is_fresh,
    )
    .where(
        BEATS.c.episode_id == _OF_EPISODE,
        BEATS.c.state == BeatState.PENDING.value,
        BEATS.c.num_unmet == 0,
        BEATS.c.not_before <= now_s(),
        BEATS.c.beat_id.not_in(bindparam("exclude", expanding=True)),
    )
    .order_by(BEATS.c.position)
    .limit(bindparam("limit"))
)
# a beat that costs nothing starts whatever is left
_READY_WITHIN = _READY.where(BEATS.c.needs_micros <= bindparam("left"))
_FAILED_RENDERERS = (
    select(ATTEMPTS.c.beat_id, ATTEMPTS.c.renderer)
    .where(
        ATTEMPTS.c.episode_id == _OF_EPISODE,
        ATTEMPTS.c.beat_id.in_(bindparam("beats", expanding=True)),
        ATTEMPTS.c.state == AttemptState.FAILED.value,
    )
    .order_by(ATTEMPTS.c.number)
)
_CLIPS = (
    select(BEATS.c.beat_id, BEATS.c.beat, *FILE_COLUMNS)
    .join_from(
        BEATS,
        ATTEMPTS,
        and_(
            ATTEMPTS.c.episode_id == BEATS.c.episode_id,
            ATTEMPTS.c.beat_id == BEATS.c.beat_id,
            ATTEMPTS.c.revision == BEATS.c.revision,
            is_in(AttemptState.SELECTED),
        ),
    )
    .join(ARTIFACTS, and_(ARTIFACTS.c.attempt_id == ATTEMPTS.c.attempt_id, ARTIFACTS.c.artifact_type == "video"))
    .where(BEATS.c.episode_id == _OF_EPISODE)
    .order_by(BEATS.c.position)
)
_CLIPS_OF = _CLIPS.where(BEATS.c.beat_id.in_(bindparam("beats", expanding=True)))
_ACCEPTED_WITH = (
    select(ATTEMPTS.c.content_key, ATTEMPTS.c.episode_id, ATTEMPTS.c.beat_id, ATTEMPTS.c.attempt_id)
    .where(ATTEMPTS.c.content_key.in_(bindparam("keys", expanding=True)), text("attempts.state IN ('SELECTED', 'SUPERSEDED')"))
    .order_by(ATTEMPTS.c.opened_at, ATTEMPTS.c.attempt_id)
)
# only a pending beat of an executing or paused episode has it: whatever moves the beat sets it to 0
_ENDS_OF_BACK_OFFS = union_all(
    select(BEATS.c.not_before.label("ends"))
    .join_from(BEATS, EPISODES, EPISODES.c.episode_id == BEATS.c.episode_id)
    .where(BEATS.c.not_before > _ZERO, EPISODES.c.state == EpisodeState.EXECUTING.value),
    select(EPISODES.c.film_not_before).where(
        EPISODES.c.state == EpisodeState.CUTTING.value, EPISODES.c.film_not_before > _ZERO
    ),
    BACKING_OFF_TAKES,
).subquery()
_NEXT_READY = select(func.min(_ENDS_OF_BACK_OFFS.c.ends) - now_s())
_OF_BEAT = and_(BEATS.c.episode_id == _OF_EPISODE, BEATS.c.beat_id == bindparam("of_beat"))
_UNCLOSED = select(*OPEN_COLUMNS).where(is_in(AttemptState.OPEN)).order_by(ATTEMPTS.c.opened_at)
_KEEP_FLEET = update(FLEET).values(snapshot=bindparam("text"))
_SHOW = update(ATTEMPTS).where(ATTEMPTS.c.attempt_id == bindparam("of_attempt")).values(preview=bindparam("picture"))
_COME_TO = update(BEATS).where(_OF_BEAT).values(progress=bindparam("share"))


class Coordinating(Claim):
    def active_episodes(self, lease: Lease) -> list[ActiveEpisode]:
        with self._reading_as(lease) as connection:
            with_takes = set(connection.scalars(EPISODES_WITH_TAKES))
            rows = list(connection.execute(_ACTIVE))
            if with_takes.difference(row.episode_id for row in rows):
                rows += connection.execute(_ENDED, {"ids": sorted(with_takes)})
                rows.sort(key=lambda row: (row.executed_at, row.episode_id))
            return [
                ActiveEpisode(
                    episode_id=row.episode_id,
                    state=EpisodeState(row.state),
                    format=_request(row.request).format,
                    motion=_request(row.request).motion,
                    created_at_s=row.created_at,
                    is_budgeted=row.budget_micros is not None or self._budget_total_micros is not None,
                    has_takes=row.episode_id in with_takes,
                )
                for row in rows
            ]

    def ready_beats(self, lease: Lease, episode_id: str, *, limit: int, exclude: Sequence[str] = ()) -> list[ReadyBeat]:
        with self._reading_queue_as(lease) as (connection, is_paused):
            episode = connection.execute(_STATE, {"of_episode": episode_id}).first()
            if episode is None:
                raise NotFound("episode", episode_id)
            if episode.state != EpisodeState.EXECUTING or is_paused:
                return []
            fallbacks = _request(episode.request).fallbacks
            asked: dict[str, object] = {"of_episode": episode_id, "limit": limit, "exclude": list(exclude)}
            left = least_left(funds(episode), self._total(connection))
            ready = _READY if left is None else _READY_WITHIN
            rows = connection.execute(ready, asked if left is None else {**asked, "left": left}).all()
            beats = [Beat.model_validate_json(row.beat).model_copy(update={"backend": row.backend}) for row in rows]
            failed = _failed_renderers(connection, episode_id, [row.beat_id for row in rows if row.num_attempts])
            clips = _clips(connection, episode_id, [b.starts_from for b in beats if b.starts_from is not None])
            return [
                ReadyBeat(
                    episode_id=episode_id,
                    beat=beat,
                    revision=row.revision,
                    num_attempts=row.num_attempts,
                    num_counted=row.num_counted,
                    avoid_renderers=latest_last(failed[row.beat_id]),
                    start_frame=_start_frame(clips[beat.starts_from]) if beat.starts_from in clips else None,
                    fallbacks=fallbacks_after(row.backend, row.first_backend, fallbacks),
                    is_fresh=row.is_fresh,
                )
                for row, beat in zip(rows, beats, strict=True)
            ]

    def ready_takes(
        self, lease: Lease, episode_id: str, *, limit: int, exclude: Sequence[tuple[str, int]] = ()
    ) -> list[ReadyBeat]:
        with self._reading_queue_as(lease) as (connection, is_paused):
            episode = connection.execute(_STATE, {"of_episode": episode_id}).first()
            if episode is None:
                raise NotFound("episode", episode_id)
            if not EpisodeState(episode.state).begins_takes or is_paused:
                return []
            left = least_left(funds(episode), self._total(connection))
            takes = READY_TAKES if left is None else READY_TAKES.where(TAKES.c.needs_micros <= left)
            found = [
                row for row in connection.execute(takes, {"of_episode": episode_id}) if (row.beat_id, row.number) not in exclude
            ]
            rows = found[:limit]
            beats = [Beat.model_validate_json(row.beat) for row in rows]
            failed = _failed_renderers(connection, episode_id, sorted({row.beat_id for row in rows}))
            clips = _clips(connection, episode_id, [b.starts_from for b in beats if b.starts_from is not None])
            return [
                ReadyBeat(
                    episode_id=episode_id,
                    beat=beat.model_copy(update={"backend": row.backend, "seed": row.seed}),
                    revision=row.revision,
                    num_attempts=row.num_attempts,
                    num_counted=row.num_counted,
                    avoid_renderers=latest_last(failed[row.beat_id]),
                    start_frame=_start_frame(clips[beat.starts_from]) if beat.starts_from in clips else None,
                    take=row.number,
                )
                for row, beat in zip(rows, beats, strict=True)
            ]

    def clips_of(self, lease: Lease, content_keys: Collection[str]) -> dict[str, ClipSource]:
        with self._reading_as(lease) as connection:
            rows = connection.execute(_ACCEPTED_WITH, {"keys": sorted(content_keys)}) if content_keys else ()
            return {
                row.content_key: ClipSource(episode_id=row.episode_id, beat_id=row.beat_id, attempt_id=row.attempt_id)
                for row in rows  # oldest first: of those with one key the newest stays
            }

    def next_ready_in_s(self, lease: Lease) -> float | None:
        with self._reading_queue_as(lease) as (connection, is_paused):
            return None if is_paused else connection.scalar(_NEXT_READY)

    def open_attempts(self, lease: Lease, openings: Sequence[Opening]) -> list[OpenAttempt | None]:
        with self._handing_out("open_attempts", lease) as (connection, is_paused):
            ledger = Ledger.of(connection, [o.episode_id for o in openings])
            opener = Opener(connection, ledger, lease, is_paused=is_paused, total=self._total(connection))
            return opener.open_all(openings)

    def unclosed_attempts(self, lease: Lease) -> list[OpenAttempt]:
        with self._reading_as(lease) as connection:
            return [open_attempt(row) for row in connection.execute(_UNCLOSED)]

    def unwanted_attempts(self, lease: Lease) -> list[str]:
        with self._reading_as(lease) as connection:
            return unwanted(connection)

    def record_fleet(self, lease: Lease, snapshot: FleetSnapshot) -> None:
        kept = snapshot.model_dump_json()
        with self._leading("record_fleet", lease) as connection:
            if connection.execute(_KEEP_FLEET, {"text": kept}).rowcount == 0:
                connection.execute(insert_once(connection, FLEET).values(row_number=1, snapshot=kept))

    def record_progress(self, lease: Lease, shares: Mapping[str, float]) -> None:
        with self._leading("record_progress", lease) as connection:
            ledger, held = hold(connection, shares)
            raised: list[dict[str, object]] = []
            raised_takes: list[dict[str, object]] = []
            for one in held.values():
                share = shown_share(shares[one.attempt_id])
                if one.beat_id is not None and one.is_wanted and share > one.beat_progress:
                    now = {"of_episode": one.episode.episode_id, "of_beat": one.beat_id, "share": share}
                    if one.take is not None:
                        raised_takes.append({**now, "of_take": one.take})
                        continue
                    one.episode.add_done((share - one.beat_progress) * one.duration_s)
                    ledger.touch(one.episode)
                    raised.append(now)
            if raised:
                connection.execute(_COME_TO, raised)
            if raised_takes:
                connection.execute(COME_TO_WITH_TAKE, raised_takes)
            ledger.write()

    def record_previews(self, lease: Lease, previews: Mapping[str, Preview]) -> None:
        check_previews(previews)
        with self._leading("record_previews", lease) as connection:
            _, held = hold(connection, previews)
            shown = [
                {"of_attempt": one.attempt_id, "picture": previews[one.attempt_id].jpeg}
                for one in held.values()
                if one.beat_id is not None and one.take is None and one.is_wanted
            ]
            if shown:
                connection.execute(_SHOW, shown)

    def film_parts(self, episode_id: str) -> list[FilmPart]:
        with self._reading() as connection:
            if connection.scalar(_STATE, {"of_episode": episode_id}) is None:
                raise NotFound("episode", episode_id)
            return [
                FilmPart(beat_id=row.beat_id, video=stored_file(row), subtitle=Beat.model_validate_json(row.beat).subtitle)
                for row in connection.execute(_CLIPS, {"of_episode": episode_id})
            ]


@lru_cache(maxsize=1024)
def _request(kept: str) -> EpisodeRequest:
    """Read again every few seconds for every active episode, and never different."""
    return EpisodeRequest.model_validate_json(kept)


def _failed_renderers(connection: Connection, episode_id: str, beat_ids: list[str]) -> dict[str, list[str]]:
    failed: dict[str, list[str]] = defaultdict(list)
    if beat_ids:
        for beat_id, renderer in connection.execute(_FAILED_RENDERERS, {"of_episode": episode_id, "beats": beat_ids}):
            failed[beat_id].append(renderer)
    return failed


def _clips(connection: Connection, episode_id: str, beat_ids: list[str]) -> dict[str | None, StoredFile]:
    if not beat_ids:
        return {}
    rows = connection.execute(_CLIPS_OF, {"of_episode": episode_id, "beats": beat_ids})
    return {row.beat_id: stored_file(row) for row in rows}


def _start_frame(video: StoredFile) -> StartFrame:
    return StartFrame(video_key=video.key, sha256=video.sha256)
