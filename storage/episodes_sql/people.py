"""What people do to episodes."""

from __future__ import annotations

from dataclasses import asdict

import uuid_utils
from sqlalchemy import BindParameter, Connection, bindparam, delete, exists, func, insert, select, update

from episodes.episode_store import StoredAnswer
from episodes.errors import NotFound
from episodes.lifecycle import AttemptState, BeatState, EpisodeMove, EpisodeState, episode_after
from episodes.model import EpisodeView
from episodes.plan import Beat, EpisodeRequest, Plan
from storage.episodes_sql.changing import begin_anew
from storage.episodes_sql.claim import is_repeated
from storage.episodes_sql.failing import FORGIVEN
from storage.episodes_sql.held import disown_all
from storage.episodes_sql.ledger import Ledger, LockedEpisode
from storage.episodes_sql.reading import Reading
from storage.episodes_sql.rows import is_in
from storage.episodes_sql.takes import cancel_takes
from storage.episodes_sql.versions import keep_version
from storage.rules import check_episode_id, check_same_request, told_of
from storage.tables import ANSWERS, ATTEMPTS, BEATS, DEPENDENCIES, EPISODES
from storage.transactions import insert_once, now_s

_OF_EPISODE: BindParameter[str] = bindparam("of_episode")
_NOT_ENDED = [BeatState.PENDING.value, BeatState.RENDERING.value]
_UNENDED_BEATS = (
    select(BEATS.c.beat_id).where(BEATS.c.episode_id == _OF_EPISODE, BEATS.c.state.in_(_NOT_ENDED)).order_by(BEATS.c.position)
)
_CANCEL_BEATS = (
    update(BEATS)
    .where(BEATS.c.episode_id == _OF_EPISODE, BEATS.c.state.in_(_NOT_ENDED))
    .values(state=BeatState.CANCELLED.value, reason="", not_before=0.0)
)
_RENDER_ALL = update(BEATS).where(BEATS.c.episode_id == _OF_EPISODE).values(is_fresh=True)
_HAS_OPEN = select(exists().where(ATTEMPTS.c.episode_id == _OF_EPISODE, is_in(AttemptState.OPEN)))
_ATTEMPT_NUMBERS = (
    select(ATTEMPTS.c.beat_id, func.max(ATTEMPTS.c.number).label("newest"))
    .where(ATTEMPTS.c.episode_id == _OF_EPISODE, ATTEMPTS.c.beat_id.is_not(None))
    .group_by(ATTEMPTS.c.beat_id)
)
_ANSWER = select(ANSWERS).where(ANSWERS.c.key == bindparam("of_key"))


class People(Reading):
    def create(self, request: EpisodeRequest, episode_id: str | None = None) -> EpisodeView:
        if episode_id is not None:
            check_episode_id(episode_id)
        episode_id = episode_id or str(uuid_utils.uuid7())
        with self._writing("create") as connection:
            row = _new_episode(episode_id, request, connection.scalars(select(now_s())).one())
            # by what comes back: PostgreSQL's driver does not count the rows of such an insert
            insert_row = insert_once(connection, EPISODES).values(row).returning(EPISODES.c.episode_id)
            if connection.execute(insert_row).first() is None:
                there = self._view(connection, episode_id)
                check_same_request(episode_id, request, there.request)
                return there
            ledger = Ledger.of(connection, [episode_id])
            episode = ledger.episodes[episode_id]
            ledger.tell(episode, "episode.created", world_id=request.world_id, intent=request.intent)
            ledger.write()
            return self._view(connection, episode_id)

    def save_plan(
        self, episode_id: str, plan: Plan, world_revision: int, *, cause: str = "planned", once: str | None = None
    ) -> EpisodeView:
        with self._writing("save_plan") as connection:
            ledger = Ledger.of(connection, [episode_id])
            if episode_id not in ledger.episodes:
                raise NotFound("episode", episode_id)
            episode = ledger.episodes[episode_id]
            if is_repeated(connection, once):
                return self._view(connection, episode_id)
            state = episode_after(episode_id, episode.state, EpisodeMove.PLAN)
            episode.revision += 1
            episode.plan_version += 1
            episode.num_beats = len(plan.beats)
            episode.total_s = sum(b.duration_s for b in plan.beats)
            episode.done_s = 0.0
            begin_anew(episode)
            disown_all(connection, episode_id)
            cancel_takes(connection, ledger, episode)
            _replace_beats(connection, episode, plan)
            keep_version(connection, ledger, episode, plan, world_revision, cause)
            ledger.enter(episode, state, num_beats=len(plan.beats), world_revision=world_revision, **told_of(plan.writing))
            ledger.write()
            return self._view(connection, episode_id)

    def execute(self, episode_id: str, *, fresh: bool = False, once: str | None = None) -> EpisodeState:
        with self._episode_locked("execute", episode_id, once) as (connection, ledger, episode, is_repeated):
            if is_repeated:
                return episode.state
            state = episode_after(episode_id, episode.state, EpisodeMove.EXECUTE)
            if episode.state is not state:
                episode.executed_at = ledger.now_s
                ledger.enter(episode, state)
                if fresh:
                    connection.execute(_RENDER_ALL, {"of_episode": episode_id})
            return state

    def pause(self, episode_id: str, *, once: str | None = None) -> EpisodeState:
        with self._episode_locked("pause", episode_id, once) as (_, ledger, episode, is_repeated):
            if is_repeated:
                return episode.state
            state = episode_after(episode_id, episode.state, EpisodeMove.PAUSE)
            if episode.state is not state:
                ledger.enter(episode, state)
            return state

    def resume(self, episode_id: str, *, once: str | None = None) -> EpisodeState:
        with self._episode_locked("resume", episode_id, once) as (_, ledger, episode, is_repeated):
            if is_repeated:
                return episode.state
            state = episode_after(episode_id, episode.state, EpisodeMove.RESUME)
            if episode.state is not state:
                ledger.resume(episode, state)
            return state

    def cancel(self, episode_id: str, *, once: str | None = None) -> EpisodeState:
        with self._episode_locked("cancel", episode_id, once) as (connection, ledger, episode, is_repeated):
            if is_repeated or episode.state in (EpisodeState.CANCELLING, EpisodeState.CANCELLED):
                return episode.state
            episode_after(episode_id, episode.state, EpisodeMove.CANCEL)
            episode.cancelled_at = ledger.now_s
            if connection.scalar(_HAS_OPEN, {"of_episode": episode_id}):
                ledger.enter(episode, EpisodeState.CANCELLING)
                _cancel_beats(connection, ledger, episode)
            else:
                _cancel_beats(connection, ledger, episode)
                ledger.enter(episode, EpisodeState.CANCELLED)
            return episode.state

    def answer(self, key: str) -> StoredAnswer | None:
        with self._reading() as connection:
            row = connection.execute(_ANSWER, {"of_key": key}).first()
        return None if row is None else StoredAnswer(body_sha256=row.body_sha256, status=row.status, body=row.body)

    def remember_answer(self, key: str, answer: StoredAnswer) -> StoredAnswer:
        with self._writing("remember_answer") as connection:
            keep = insert_once(connection, ANSWERS).values(key=key, answered_at=now_s(), **asdict(answer))
            connection.execute(keep)
            row = connection.execute(_ANSWER, {"of_key": key}).one()
        return StoredAnswer(body_sha256=row.body_sha256, status=row.status, body=row.body)


def _new_episode(episode_id: str, request: EpisodeRequest, now: float) -> dict[str, object]:
    return {
        "episode_id": episode_id,
        "world_id": request.world_id,
        "request": request.model_dump_json(),
        "state": EpisodeState.CREATED.value,
        "reason": "",
        "progress": 0.0,
        "done_s": 0.0,
        "total_s": 0.0,
        "revision": 0,
        "logline": "",
        "num_beats": 0,
        "num_events": 0,
        "film_num_attempts": 0,
        "film_num_counted": 0,
        "film_num_uncounted": 0,
        "film_not_before": 0.0,
        "created_at": now,
        "updated_at": now,
        "executed_at": 0.0,
        "budget_micros": request.budget_micros,
    }


def _replace_beats(connection: Connection, episode: LockedEpisode, plan: Plan) -> None:
    of_episode = {"of_episode": episode.episode_id}
    connection.execute(delete(DEPENDENCIES).where(DEPENDENCIES.c.episode_id == _OF_EPISODE), of_episode)
    connection.execute(delete(BEATS).where(BEATS.c.episode_id == _OF_EPISODE), of_episode)
    numbers = attempt_numbers(connection, episode.episode_id)
    connection.execute(insert(BEATS), [new_beat(episode, beat, numbers.get(beat.beat_id, 0)) for beat in plan.beats])
    needs = [
        {"episode_id": episode.episode_id, "needed_beat_id": needed, "beat_id": beat.beat_id}
        for beat in plan.beats
        for needed in set(beat.depends_on)
    ]
    if needs:
        connection.execute(insert(DEPENDENCIES), needs)


def attempt_numbers(connection: Connection, episode_id: str) -> dict[str, int]:
    """Beat id → the number of its newest attempt, of beats of earlier plans too."""
    return {row.beat_id: row.newest for row in connection.execute(_ATTEMPT_NUMBERS, {"of_episode": episode_id})}


def new_beat(episode: LockedEpisode, beat: Beat, num_attempts: int) -> dict[str, object]:
    return {
        "episode_id": episode.episode_id,
        "beat_id": beat.beat_id,
        "position": beat.index,
        "revision": episode.revision,
        "state": BeatState.PENDING.value,
        "reason": "",
        "failed_with_another": False,
        "progress": 0.0,
        "num_unmet": len(set(beat.depends_on)),
        "not_before": 0.0,
        "num_attempts": num_attempts,
        **FORGIVEN,
        "duration_s": beat.duration_s,
        "backend": beat.backend,
        "beat": beat.model_dump_json(),
    }


def _cancel_beats(connection: Connection, ledger: Ledger, episode: LockedEpisode) -> None:
    of_episode = {"of_episode": episode.episode_id}
    for beat_id in connection.scalars(_UNENDED_BEATS, of_episode).all():
        ledger.tell(episode, "beat.cancelled", beat_id=beat_id)
    connection.execute(_CANCEL_BEATS, of_episode)
    cancel_takes(connection, ledger, episode)
