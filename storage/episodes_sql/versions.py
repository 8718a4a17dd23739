"""The versions of an episode's plan: each change of it keeps one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, Connection, Row, bindparam, insert, select, update

from episodes.errors import NotFound
from episodes.plan import Plan
from episodes.versions import PlanVersion, VersionNote
from storage.episodes_sql.ledger import Ledger, LockedEpisode
from storage.episodes_sql.reading import Reading, check_known
from storage.episodes_sql.rows import moment
from storage.tables import EPISODES, PLAN_VERSIONS

_OF_EPISODE: BindParameter[str] = bindparam("of_episode")
_NOTES = (
    # not the plans themselves, which are long
    select(*(PLAN_VERSIONS.c[name] for name in VersionNote.__dataclass_fields__))
    .where(PLAN_VERSIONS.c.episode_id == _OF_EPISODE)
    .order_by(PLAN_VERSIONS.c.version.desc())
)
_VERSION = select(PLAN_VERSIONS).where(
    PLAN_VERSIONS.c.episode_id == _OF_EPISODE, PLAN_VERSIONS.c.version == bindparam("of_version")
)
_TELL_HOW = update(EPISODES).where(EPISODES.c.episode_id == _OF_EPISODE).values(treatment=bindparam("told"))


class Versions(Reading):
    def plan_versions(self, episode_id: str, *, before: int | None = None, limit: int = 50) -> list[VersionNote]:
        notes = _NOTES if before is None else _NOTES.where(PLAN_VERSIONS.c.version < before)
        with self._reading() as connection:
            rows = connection.execute(notes.limit(limit), {"of_episode": episode_id}).all()
            if not rows:
                check_known(connection, episode_id)
        return [VersionNote(**_noted(row)) for row in rows]

    def plan_version(self, episode_id: str, version: int) -> PlanVersion:
        with self._reading() as connection:
            check_known(connection, episode_id)
            return kept_version(connection, episode_id, version)


def kept_version(connection: Connection, episode_id: str, version: int) -> PlanVersion:
    """Raises NotFound."""
    row = connection.execute(_VERSION, {"of_episode": episode_id, "of_version": version}).first()
    if row is None:
        raise NotFound("plan version", str(version))
    return PlanVersion(**_noted(row), plan=Plan.model_validate_json(row.plan), world_revision=row.world_revision)


def keep_version(
    connection: Connection, ledger: Ledger, episode: LockedEpisode, plan: Plan, world_revision: int | None, cause: str
) -> None:
    """The plan is the episode's from now on, at its `plan_version`, which must be a new one."""
    episode.logline = plan.logline
    episode.world_revision = world_revision
    ledger.keep(episode)
    connection.execute(_TELL_HOW, {"of_episode": episode.episode_id, "told": plan.treatment.model_dump_json()})
    version = {
        "episode_id": episode.episode_id,
        "version": episode.plan_version,
        "cause": cause,
        "num_beats": len(plan.beats),
        "plan": plan.model_dump_json(),
        "world_revision": world_revision,
        "at": ledger.now_s,
    }
    connection.execute(insert(PLAN_VERSIONS), version)


def _noted(row: Row[*tuple[Any, ...]]) -> dict[str, Any]:  # Any: columns of a table have no types
    return {"version": row.version, "at": moment(row.at), "cause": row.cause, "num_beats": row.num_beats}
