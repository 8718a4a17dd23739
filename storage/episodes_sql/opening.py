"""Beginning attempts: a batch is read once, decided in memory, and written once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, insert, select, update

from episodes.lifecycle import AttemptState, BeatState, EpisodeState
from episodes.model import Lease, OpenAttempt, Opening
from episodes.money import Funds, least_left, to_reserve
from storage.episodes_sql.ledger import Ledger, LockedEpisode
from storage.episodes_sql.rows import OPEN_COLUMNS, is_in, open_attempt
from storage.episodes_sql.takes import COUNT_ATTEMPT, LACK_FOR_TAKE, OF_ITS_BEAT, START_TAKE
from storage.rules import lack, reused_by
from storage.tables import ATTEMPTS, BEATS, TAKES
from storage.takes import of_take

_KNOWN = select(ATTEMPTS.c.state, *OPEN_COLUMNS).where(ATTEMPTS.c.attempt_id.in_(bindparam("ids", expanding=True)))
_BEATS = select(
    BEATS.c.episode_id,
    BEATS.c.beat_id,
    BEATS.c.revision,
    BEATS.c.num_attempts,
    BEATS.c.num_counted,
    BEATS.c.num_crashes,
    BEATS.c.num_uncounted,
    BEATS.c.troubled_since,
    BEATS.c.backend,
    BEATS.c.needs_micros,
).where(
    # somewhat more than the pairs: SQLite reads the whole table to find pairs, and uses its index for this
    BEATS.c.episode_id.in_(bindparam("episodes", expanding=True)),
    BEATS.c.beat_id.in_(bindparam("beats", expanding=True)),
    BEATS.c.state == BeatState.PENDING.value,
    BEATS.c.num_unmet == 0,
)
_TAKES = (
    select(
        TAKES.c.episode_id,
        TAKES.c.beat_id,
        TAKES.c.revision,
        BEATS.c.num_attempts,
        TAKES.c.num_counted,
        TAKES.c.num_crashes,
        TAKES.c.num_uncounted,
        TAKES.c.troubled_since,
        BEATS.c.backend,
        TAKES.c.needs_micros,
        TAKES.c.number,
        TAKES.c.seed,
    )
    .join_from(TAKES, BEATS, OF_ITS_BEAT)
    .where(
        TAKES.c.episode_id.in_(bindparam("episodes", expanding=True)),
        TAKES.c.beat_id.in_(bindparam("beats", expanding=True)),
        TAKES.c.state == BeatState.PENDING.value,
    )
)
_START_BEAT = (
    update(BEATS)
    .where(BEATS.c.episode_id == bindparam("of_episode"), BEATS.c.beat_id == bindparam("of_beat"))
    .values(state=BeatState.RENDERING.value, reason="", not_before=0.0, num_attempts=bindparam("number"), needs_micros=0)
)
_LACK = (
    update(BEATS)
    .where(BEATS.c.episode_id == bindparam("of_episode"), BEATS.c.beat_id == bindparam("of_beat"))
    .values(needs_micros=bindparam("needs"))
)
_FILMS = select(ATTEMPTS.c.episode_id).where(
    ATTEMPTS.c.episode_id.in_(bindparam("ids", expanding=True)),
    ATTEMPTS.c.beat_id.is_(None),
    is_in(AttemptState.OPEN),
    ~ATTEMPTS.c.unwanted,
)

_Startable = Row[*tuple[Any, ...]]  # Any: columns of a table have no types


@dataclass(frozen=True, kw_only=True, slots=True)
class _Past:
    """The failures of a beat or film that still matter when its next attempt begins."""

    num_counted: int
    num_crashes: int = 0
    num_uncounted: int
    troubled_since_s: float | None


class Opener:
    """Decides for one batch, in the transaction that has locked its episodes."""

    def __init__(
        self, connection: Connection, ledger: Ledger, lease: Lease, *, is_paused: bool, total: Funds | None = None
    ) -> None:
        """`total`: of all episodes together; None: no limit is set for them."""
        self._connection = connection
        self._ledger = ledger
        self._lease = lease
        self._is_paused = is_paused
        self._total = total
        self._new: list[OpenAttempt] = []
        self._content: dict[str, dict[str, object]] = {}
        """Attempt → what its opening says of its clip."""
        self._lacking: list[dict[str, object]] = []
        self._lacking_takes: list[dict[str, object]] = []
        self._numbers: dict[tuple[str, str], int] = {}
        """Of beats whose takes begin: the newest attempt, with those of this batch."""

    def open_all(self, openings: Sequence[Opening]) -> list[OpenAttempt | None]:
        known = self._known(openings)
        beats, takes = self._startable(openings), self._startable_takes(openings)
        busy = self._films_being_cut(openings)
        opened: list[OpenAttempt | None] = []
        for opening in openings:
            if opening.attempt_id in known:
                opened.append(known[opening.attempt_id])
            elif self._is_paused:
                opened.append(None)
            elif opening.beat_id is None:
                opened.append(self._film(opening, busy))
            elif opening.take is not None:
                opened.append(self._take(opening, takes))
            else:
                opened.append(self._beat(opening, beats))
            if opened[-1] is not None:
                known[opening.attempt_id] = opened[-1]  # for whoever names it twice in one call
        self._write()
        return opened

    def _known(self, openings: Sequence[Opening]) -> dict[str, OpenAttempt | None]:
        """Attempts that were begun before, perhaps by this very call when its answer got lost."""
        rows = self._connection.execute(_KNOWN, {"ids": [o.attempt_id for o in openings]})
        return {row.attempt_id: open_attempt(row) if row.state == AttemptState.OPEN else None for row in rows}

    def _startable(self, openings: Sequence[Opening]) -> dict[tuple[str, str], _Startable]:
        rows = self._rows(_BEATS, [o for o in openings if o.take is None])
        return {(row.episode_id, row.beat_id): row for row in rows}

    def _startable_takes(self, openings: Sequence[Opening]) -> dict[tuple[str, str, int], _Startable]:
        rows = self._rows(_TAKES, [o for o in openings if o.take is not None])
        return {(row.episode_id, row.beat_id, row.number): row for row in rows}

    def _rows(self, of: Select[*tuple[Any, ...]], openings: Sequence[Opening]) -> Sequence[_Startable]:
        episodes = {o.episode_id for o in openings}
        beats = {o.beat_id for o in openings if o.beat_id is not None}
        return self._connection.execute(of, {"episodes": list(episodes), "beats": list(beats)}).all() if beats else ()

    def _films_being_cut(self, openings: Sequence[Opening]) -> set[str]:
        ids = [o.episode_id for o in openings if o.beat_id is None]
        return set(self._connection.scalars(_FILMS, {"ids": ids})) if ids else set()

    def _beat(self, opening: Opening, beats: dict[tuple[str, str], _Startable]) -> OpenAttempt | None:
        episode = self._ledger.episodes.get(opening.episode_id)
        beat = beats.get((opening.episode_id, opening.beat_id or ""))
        if episode is None or episode.state is not EpisodeState.EXECUTING:
            return None
        if beat is None or beat.revision != opening.revision or beat.backend != opening.backend:
            return None
        del beats[beat.episode_id, beat.beat_id]
        return self._paid(opening, episode, beat, beat.num_attempts + 1)

    def _take(self, opening: Opening, takes: dict[tuple[str, str, int], _Startable]) -> OpenAttempt | None:
        episode = self._ledger.episodes.get(opening.episode_id)
        take = takes.get((opening.episode_id, opening.beat_id or "", opening.take or 0))
        if episode is None or not episode.state.begins_takes:
            return None
        if take is None or (take.revision, take.backend, take.seed) != (opening.revision, opening.backend, opening.seed):
            return None
        del takes[take.episode_id, take.beat_id, take.number]
        of_beat = (take.episode_id, take.beat_id)
        attempt = self._paid(opening, episode, take, self._numbers.get(of_beat, take.num_attempts) + 1)
        if attempt is not None:
            self._numbers[of_beat] = attempt.number
        return attempt

    def _paid(self, opening: Opening, episode: LockedEpisode, of: _Startable, number: int) -> OpenAttempt | None:
        """Begin an attempt at a beat or take, if it can be paid."""
        left = least_left(episode.funds, self._total)
        reserved = to_reserve(opening.quote_micros, opening.per_hour_micros, left)
        if left is not None and reserved is not None and reserved > left:
            self._lack(opening, episode, of, reserved, left)
            return None
        past = _Past(
            num_counted=of.num_counted,
            num_crashes=of.num_crashes,
            num_uncounted=of.num_uncounted,
            troubled_since_s=of.troubled_since,
        )
        self._reserve(episode, reserved or 0)
        attempt = self._begin(opening, number, past, backend=of.backend, reserved_micros=reserved)
        self._ledger.tell(
            episode,
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

    def _reserve(self, episode: LockedEpisode, micros: int) -> None:
        episode.reserved_micros += micros
        if self._total is not None:
            self._total = replace(self._total, reserved_micros=self._total.reserved_micros + micros)

    def _lack(self, opening: Opening, episode: LockedEpisode, of: _Startable, needs: int, left: int) -> None:
        """The beat or take waits until so much is left; that is told once."""
        if of.needs_micros == needs:
            return
        lacking = {"of_episode": of.episode_id, "of_beat": of.beat_id, "needs": needs}
        if opening.take is None:
            self._lacking.append(lacking)
        else:
            self._lacking_takes.append({**lacking, "of_take": opening.take})
        about = "beat.unpaid" if opening.take is None else "take.unpaid"
        self._ledger.tell(episode, about, beat_id=of.beat_id, **lack(needs, left), **of_take(opening.take))

    def _film(self, opening: Opening, being_cut: set[str]) -> OpenAttempt | None:
        episode = self._ledger.episodes.get(opening.episode_id)
        if episode is None or episode.state is not EpisodeState.CUTTING or opening.episode_id in being_cut:
            return None
        if episode.film_not_before > self._ledger.now_s:
            return None
        being_cut.add(opening.episode_id)
        episode.film_num_attempts += 1
        episode.film_not_before = 0.0
        past = _Past(
            num_counted=episode.film_num_counted,
            num_uncounted=episode.film_num_uncounted,
            troubled_since_s=episode.film_troubled_since,
        )
        attempt = self._begin(opening, episode.film_num_attempts, past)
        self._ledger.tell(episode, "film.cutting", attempt_id=opening.attempt_id, attempt=attempt.number)
        return attempt

    def _begin(
        self, opening: Opening, number: int, past: _Past, backend: str = "", reserved_micros: int | None = 0
    ) -> OpenAttempt:
        attempt = OpenAttempt(
            attempt_id=opening.attempt_id,
            episode_id=opening.episode_id,
            beat_id=opening.beat_id,
            revision=opening.revision,
            number=number,
            num_counted=past.num_counted,
            num_crashes=past.num_crashes,
            num_uncounted=past.num_uncounted,
            troubled_since_s=past.troubled_since_s,
            backend=backend,
            renderer=opening.renderer,
            node=opening.node,
            opened_at_s=self._ledger.now_s,
            take=opening.take,
            reserved_micros=reserved_micros,
            per_hour_micros=opening.per_hour_micros,
        )
        self._new.append(attempt)
        self._content[attempt.attempt_id] = {
            "seed": opening.seed,
            "content_key": opening.content_key or None,
            "reused_from": opening.reused_from.model_dump_json() if opening.reused_from is not None else None,
        }
        return attempt

    def _write(self) -> None:
        of_beats = [a for a in self._new if a.beat_id is not None and a.take is None]
        if of_beats:
            starts = [{"of_episode": a.episode_id, "of_beat": a.beat_id, "number": a.number} for a in of_beats]
            self._connection.execute(_START_BEAT, starts)
        if self._lacking:
            self._connection.execute(_LACK, self._lacking)
        self._write_takes()
        if self._new:
            self._connection.execute(insert(ATTEMPTS), [self._row(a) for a in self._new])
        self._ledger.write()

    def _write_takes(self) -> None:
        begun = [a for a in self._new if a.take is not None]
        if begun:
            starts = [{"of_episode": a.episode_id, "of_beat": a.beat_id, "of_take": a.take} for a in begun]
            self._connection.execute(START_TAKE, starts)
            counts = [{"of_episode": one, "of_beat": beat, "number": number} for (one, beat), number in self._numbers.items()]
            self._connection.execute(COUNT_ATTEMPT, counts)
        if self._lacking_takes:
            self._connection.execute(LACK_FOR_TAKE, self._lacking_takes)

    def _row(self, attempt: OpenAttempt) -> dict[str, object]:
        return {
            "attempt_id": attempt.attempt_id,
            "episode_id": attempt.episode_id,
            "beat_id": attempt.beat_id,
            "revision": attempt.revision,
            "number": attempt.number,
            "state": AttemptState.OPEN.value,
            "backend": attempt.backend,
            "renderer": attempt.renderer,
            "node": attempt.node,
            "num_counted_before": attempt.num_counted,
            "num_crashes_before": attempt.num_crashes,
            "num_uncounted_before": attempt.num_uncounted,
            "troubled_since": attempt.troubled_since_s,
            "counted": False,
            "reason": "",
            "fence": self._lease.fence,
            "opened_at": attempt.opened_at_s,
            "take": attempt.take,
            **self._content[attempt.attempt_id],
            "reserved_micros": attempt.reserved_micros,
            "per_hour_micros": attempt.per_hour_micros,
        }
