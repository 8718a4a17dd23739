"""Selecting attempts: at most one of a beat's revision, never a late one. A batch is read once, decided, and written once."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, and_, bindparam, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from episodes.errors import ArtifactConflict
from episodes.job import JobResult, StoredFile
from episodes.lifecycle import AttemptState, BeatState, EpisodeState
from episodes.model import Acceptance
from storage.episodes_sql.held import HeldAttempt
from storage.episodes_sql.ledger import Ledger
from storage.episodes_sql.rows import is_in
from storage.episodes_sql.takes import ACCEPT_TAKE
from storage.rules import CAME_TOO_LATE, file_of, why_partial
from storage.tables import ARTIFACTS, ATTEMPTS, BEATS, DEPENDENCIES

CLOSE = (
    update(ATTEMPTS)
    .where(ATTEMPTS.c.attempt_id == bindparam("of_attempt"))
    .values(state=bindparam("to"), reason=bindparam("why"), ended_at=bindparam("now"), preview=None)
    .values(spent_micros=bindparam("spent"), render_s=bindparam("took_s"))
)
_OF_BEAT = and_(BEATS.c.episode_id == bindparam("of_episode"), BEATS.c.beat_id == bindparam("of_beat"))
_ACCEPT_BEAT = update(BEATS).where(_OF_BEAT).values(state=BeatState.ACCEPTED.value, progress=1.0)
_FREE_DEPENDENTS = (
    update(BEATS)
    .where(
        BEATS.c.episode_id == bindparam("of_episode"),
        BEATS.c.beat_id.in_(
            select(DEPENDENCIES.c.beat_id).where(
                DEPENDENCIES.c.episode_id == bindparam("of_episode"), DEPENDENCIES.c.needed_beat_id == bindparam("of_beat")
            )
        ),
    )
    .values(num_unmet=BEATS.c.num_unmet - 1)
)
# IS NOT DISTINCT FROM: a film's beat_id is NULL
_OF_SAME = and_(ATTEMPTS.c.episode_id == bindparam("of_episode"), ATTEMPTS.c.beat_id.is_not_distinct_from(bindparam("of_beat")))
_SUPERSEDE = update(ATTEMPTS).where(_OF_SAME, is_in(AttemptState.SELECTED)).values(state=AttemptState.SUPERSEDED.value)
_VERSIONS = (
    select(ARTIFACTS.c.artifact_type, func.max(ARTIFACTS.c.version).label("newest"))
    .join_from(ARTIFACTS, ATTEMPTS)
    .where(_OF_SAME)
    .group_by(ARTIFACTS.c.artifact_type)
)
_NUM_ACCEPTED = select(func.count()).where(
    BEATS.c.episode_id == bindparam("of_episode"), BEATS.c.state == BeatState.ACCEPTED.value
)


class Acceptor:
    """Decides for one batch, in the transaction that holds its attempts."""

    def __init__(self, connection: Connection, ledger: Ledger, held: dict[str, HeldAttempt]) -> None:
        self._connection = connection
        self._ledger = ledger
        self._held = held
        self._closed: list[dict[str, object]] = []
        self._beats: list[dict[str, object]] = []
        self._takes: list[dict[str, object]] = []
        self._versions: dict[tuple[str, str], dict[str, int]] = {}
        """Of beats: the newest versions of their artifacts, with those of this batch."""
        self._artifacts: list[dict[str, object]] = []

    def accept_all(self, acceptances: Sequence[Acceptance]) -> list[bool]:
        """Raises BadInput and ArtifactConflict."""
        accepted = [self._accept(acceptance) for acceptance in acceptances]
        self._write()
        return accepted

    def _accept(self, acceptance: Acceptance) -> bool:
        attempt = self._held.pop(acceptance.attempt_id, None)  # popped: the second of two equal ones finds it closed
        if attempt is None:
            return False
        if not attempt.is_wanted:
            self._close(attempt, acceptance.result, AttemptState.CANCELLED, CAME_TOO_LATE)
            return False
        main = file_of(acceptance.result, "film" if attempt.beat_id is None else "video")
        if attempt.take is None:
            self._supersede(attempt)
        self._close(attempt, acceptance.result, AttemptState.SELECTED if attempt.take is None else AttemptState.SUPERSEDED)
        self._record(attempt, acceptance.result)
        if attempt.beat_id is None:
            self._end_with_film(attempt, main)
        elif attempt.take is not None:
            self._accept_take(attempt, attempt.beat_id, attempt.take, main)
        else:
            self._accept_beat(attempt, attempt.beat_id, main)
        return True

    def _supersede(self, attempt: HeldAttempt) -> None:
        """Push aside what was selected before. Only a film or a new plan can find any."""
        if attempt.is_another:
            same = {"of_episode": attempt.episode.episode_id, "of_beat": attempt.beat_id}
            self._connection.execute(_SUPERSEDE, same)

    def _record(self, attempt: HeldAttempt, result: JobResult) -> None:
        of = (attempt.episode.episode_id, attempt.beat_id or "")
        if of not in self._versions:
            same = {"of_episode": attempt.episode.episode_id, "of_beat": attempt.beat_id}
            rows = self._connection.execute(_VERSIONS, same) if attempt.is_another else ()
            self._versions[of] = {row.artifact_type: row.newest for row in rows}
        for kind, file in result.files.items():
            version = self._versions[of][kind] = self._versions[of].get(kind, 0) + 1
            self._artifacts.append(_artifact(attempt, kind, version, file))

    def _close(self, attempt: HeldAttempt, result: JobResult, state: AttemptState, reason: str = "") -> None:
        work_s = result.runtime.render_s
        closed = {"of_attempt": attempt.attempt_id, "to": state.value, "why": reason, "now": self._ledger.now_s}
        cost = attempt.settle(self._ledger, work_s, costs_nothing=result.runtime.bought_nothing)
        took_s = work_s if work_s and state is not AttemptState.CANCELLED else None
        self._closed.append({**closed, "spent": cost, "took_s": took_s})

    def _accept_beat(self, attempt: HeldAttempt, beat_id: str, video: StoredFile) -> None:
        self._beats.append({"of_episode": attempt.episode.episode_id, "of_beat": beat_id})
        attempt.episode.add_done((1.0 - attempt.beat_progress) * attempt.duration_s)
        self._ledger.tell(
            attempt.episode,
            "beat.accepted",
            beat_id=beat_id,
            attempt_id=attempt.attempt_id,
            attempt=attempt.number,
            video=video.uri,
            duration_s=video.duration_s,
        )

    def _accept_take(self, attempt: HeldAttempt, beat_id: str, take: int, video: StoredFile) -> None:
        self._takes.append({"of_episode": attempt.episode.episode_id, "of_beat": beat_id, "of_take": take})
        self._ledger.tell(
            attempt.episode,
            "take.ready",
            beat_id=beat_id,
            take=take,
            attempt_id=attempt.attempt_id,
            attempt=attempt.number,
            video=video.uri,
            duration_s=video.duration_s,
        )

    def _end_with_film(self, attempt: HeldAttempt, film: StoredFile) -> None:
        episode = attempt.episode
        episode.progress = 1.0
        self._ledger.tell(episode, "film.ready", attempt_id=attempt.attempt_id, film=film.uri)
        num_accepted = self._connection.scalars(_NUM_ACCEPTED, {"of_episode": episode.episode_id}).one()
        reason = why_partial(num_accepted, episode.num_beats)
        self._ledger.enter(episode, EpisodeState.PARTIALLY_COMPLETED if reason else EpisodeState.COMPLETED, reason)

    def _write(self) -> None:
        if self._closed:
            self._connection.execute(CLOSE, self._closed)
        if self._artifacts:
            try:
                self._connection.execute(insert(ARTIFACTS), self._artifacts)
            except IntegrityError as twice:
                raise ArtifactConflict("One of the files is recorded already.", "A key is written once.") from twice
        if self._beats:
            self._connection.execute(_ACCEPT_BEAT, self._beats)
            self._connection.execute(_FREE_DEPENDENTS, self._beats)
        if self._takes:
            self._connection.execute(ACCEPT_TAKE, self._takes)
        self._ledger.write()


def _artifact(attempt: HeldAttempt, kind: str, version: int, file: StoredFile) -> dict[str, object]:
    return {"attempt_id": attempt.attempt_id, "artifact_type": kind, "version": version, **dict(file)}
