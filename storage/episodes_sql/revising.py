"""How a planned beat gets another content."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, delete, exists, func, insert, select, update

from episodes.errors import NotFound
from episodes.lifecycle import BeatMove, BeatState, EpisodeMove, beat_after
from episodes.model import EpisodeView
from episodes.plan import Beat, Treatment
from storage.episodes_sql.changing import go_on, reopen, standings
from storage.episodes_sql.failing import FORGIVEN
from storage.episodes_sql.held import disown
from storage.episodes_sql.ledger import Ledger, LockedEpisode
from storage.episodes_sql.reading import Reading
from storage.rules import check_plan_with, reopened_with, state_with_beats_opened
from storage.tables import BEATS, DEPENDENCIES, EPISODES

_OF_EPISODE = BEATS.c.episode_id == bindparam("of_episode")
_OF_BEAT = and_(_OF_EPISODE, BEATS.c.beat_id == bindparam("of_beat"))
_CONTENTS = select(BEATS.c.beat).where(_OF_EPISODE).order_by(BEATS.c.position)
_TREATMENT = select(EPISODES.c.treatment).where(EPISODES.c.episode_id == bindparam("of_episode"))
_STANDING = select(BEATS.c.state, BEATS.c.revision, BEATS.c.progress, BEATS.c.duration_s).where(_OF_BEAT)
_FORGET_NEEDS = delete(DEPENDENCIES).where(
    DEPENDENCIES.c.episode_id == bindparam("of_episode"), DEPENDENCIES.c.beat_id == bindparam("of_beat")
)
_NUM_MET = select(func.count()).where(
    _OF_EPISODE, BEATS.c.beat_id.in_(bindparam("needs", expanding=True)), BEATS.c.state == BeatState.ACCEPTED.value
)
_MISS_ONE = (
    update(BEATS)
    .where(
        _OF_EPISODE,
        exists().where(
            DEPENDENCIES.c.episode_id == BEATS.c.episode_id,
            DEPENDENCIES.c.beat_id == BEATS.c.beat_id,
            DEPENDENCIES.c.needed_beat_id == bindparam("of_beat"),
        ),
    )
    .values(num_unmet=BEATS.c.num_unmet + 1)
)
REVISE = (
    update(BEATS)
    .where(_OF_BEAT)
    .values(
        revision=bindparam("to_revision"),
        state=bindparam("to_state"),
        reason="",
        failed_with_another=False,
        progress=0.0,
        num_unmet=bindparam("unmet"),
        not_before=0.0,
        **FORGIVEN,
        duration_s=bindparam("lasts_s"),
        backend=bindparam("by"),
        first_backend=None,
        fallback_reason="",
        is_fresh=False,
        beat=bindparam("content"),
    )
)


class Revising(Reading):
    def revise_beat(self, episode_id: str, beat: Beat) -> EpisodeView:
        with self._writing("edit_plan") as connection:
            ledger = Ledger.of(connection, [episode_id])
            if episode_id not in ledger.episodes:
                raise NotFound("episode", episode_id)
            episode = ledger.episodes[episode_id]
            state = state_with_beats_opened(episode_id, episode.state, EpisodeMove.REVISE)
            old = connection.execute(_STANDING, {"of_episode": episode_id, "of_beat": beat.beat_id}).first()
            if old is None:
                raise NotFound("beat", beat.beat_id)
            contents = connection.scalars(_CONTENTS, {"of_episode": episode_id}).all()
            check_plan_with(beat, [Beat.model_validate_json(one) for one in contents], treatment_of(connection, episode_id))
            _revise(connection, ledger, episode, old, beat)
            opened = reopened_with(beat.beat_id, standings(connection, episode_id).values())
            reopen(connection, ledger, episode, [one for one in opened if one != beat.beat_id])
            go_on(ledger, episode, state)
            ledger.write()
            return self._view(connection, episode_id)


def treatment_of(connection: Connection, episode_id: str) -> Treatment:
    return Treatment.model_validate_json(connection.scalars(_TREATMENT, {"of_episode": episode_id}).one())


def _revise(
    connection: Connection, ledger: Ledger, episode: LockedEpisode, old: Row[Any, Any, Any, Any], beat: Beat
) -> None:  # Any: columns of a table have no types
    disown(connection, episode.episode_id, beat.beat_id)
    disown(connection, episode.episode_id, None)
    episode.total_s += beat.duration_s - old.duration_s
    episode.done_s -= old.progress * old.duration_s
    revision = old.revision + 1
    episode.revision = max(episode.revision, revision)
    episode.plan_version += 1
    of_beat = {"of_episode": episode.episode_id, "of_beat": beat.beat_id}
    if old.state == BeatState.ACCEPTED:
        connection.execute(_MISS_ONE, of_beat)
    new = {
        **of_beat,
        "to_revision": revision,
        "to_state": beat_after(beat.beat_id, BeatState(old.state), BeatMove.REVISE).value,
        "unmet": _need(connection, episode, beat),
        "lasts_s": beat.duration_s,
        "by": beat.backend,
        "content": beat.model_dump_json(),
    }
    connection.execute(REVISE, new)
    ledger.tell(episode, "beat.revised", beat_id=beat.beat_id, revision=revision)


def _need(connection: Connection, episode: LockedEpisode, beat: Beat) -> int:
    """Replace what the beat depends on; how many of these are not accepted."""
    connection.execute(_FORGET_NEEDS, {"of_episode": episode.episode_id, "of_beat": beat.beat_id})
    needs = sorted(set(beat.depends_on))
    if not needs:
        return 0
    rows = [{"episode_id": episode.episode_id, "needed_beat_id": one, "beat_id": beat.beat_id} for one in needs]
    connection.execute(insert(DEPENDENCIES), rows)
    return len(needs) - connection.scalars(_NUM_MET, {"of_episode": episode.episode_id, "needs": needs}).one()
