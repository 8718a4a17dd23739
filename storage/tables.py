"""The tables, as SQLAlchemy Core sees them. What changes here needs a migration; a test compares the two.

Times are seconds since 1970 by the database's clock, in double precision. Nouns are kept whole, as their JSON.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    false,
    text,
)

METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def _only_where(condition: str) -> dict[str, Any]:  # Any: Index takes anything under the dialects' names
    """An index of some rows only. A query must spell the condition out, unbound, for SQLite to take it."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


LEASE = Table(
    "lease",
    METADATA,
    Column("row_number", Integer, primary_key=True, autoincrement=False),
    Column("cluster_id", Text, nullable=False),
    Column("holder", Text, nullable=False),
    Column("fence", Integer, nullable=False),
    # never NULL: a lease that ends at NULL would never end
    Column("expires_at", Double, nullable=False),
    # beside the lease, because beginning attempts locks this row: once the queue is paused, nothing begins
    Column("queue_is_paused", Boolean, nullable=False, server_default=false()),
    # one database belongs to one cluster
    CheckConstraint("row_number = 1", name="only_row"),
)

EPISODES = Table(
    "episodes",
    METADATA,
    Column("episode_id", Text, primary_key=True),
    Column("world_id", Text, nullable=False),
    Column("request", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("progress", Double, nullable=False),
    # seconds of story done and in all: what progress is made of, kept so that no beat needs to be counted again
    Column("done_s", Double, nullable=False),
    Column("total_s", Double, nullable=False),
    Column("revision", Integer, nullable=False),
    # of the plan; raised with every change of it
    Column("plan_version", Integer, nullable=False, server_default=text("0")),
    Column("world_revision", Integer),
    Column("logline", Text, nullable=False),
    # what a plan tells beside its logline and its beats
    Column("treatment", Text, nullable=False, server_default="{}"),
    Column("num_beats", Integer, nullable=False),
    # the number of the newest event; raised under this row's lock
    Column("num_events", Integer, nullable=False),
    Column("film_num_attempts", Integer, nullable=False),
    Column("film_num_counted", Integer, nullable=False),
    Column("film_num_uncounted", Integer, nullable=False, server_default=text("0")),
    # NULL: no failure of the film went uncounted
    Column("film_troubled_since", Double),
    Column("film_not_before", Double, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("updated_at", Double, nullable=False),
    Column("executed_at", Double, nullable=False),
    # NULL: it was not, or was opened again since
    Column("cancelled_at", Double),
    # millionths of a US dollar; NULL: no limit
    Column("budget_micros", BigInteger),
    # for its open attempts, and by those that have ended: sums of theirs, kept so that none needs to be counted again
    Column("reserved_micros", BigInteger, nullable=False, server_default=text("0")),
    Column("spent_micros", BigInteger, nullable=False, server_default=text("0")),
    Index(None, "state", "episode_id"),
    Index(None, "world_id", "episode_id"),
)

BEATS = Table(
    "beats",
    METADATA,
    Column("episode_id", Text, ForeignKey("episodes.episode_id"), primary_key=True),
    Column("beat_id", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("failed_with_another", Boolean, nullable=False),
    Column("progress", Double, nullable=False),
    # dependencies that are not accepted; counted down as they are
    Column("num_unmet", Integer, nullable=False),
    Column("not_before", Double, nullable=False),
    Column("num_attempts", Integer, nullable=False),
    Column("num_counted", Integer, nullable=False),
    # those of the counted that were crashes
    Column("num_crashes", Integer, nullable=False, server_default=text("0")),
    Column("num_uncounted", Integer, nullable=False, server_default=text("0")),
    # when the first of the uncounted was recorded; NULL: there are none
    Column("troubled_since", Double),
    Column("duration_s", Double, nullable=False),
    # who makes its frames now
    Column("backend", Text, nullable=False),
    # who should have, before it fell back; NULL: it did not
    Column("first_backend", Text),
    Column("fallback_reason", Text, nullable=False, server_default=""),
    # it is rendered even where a clip of the same content is there
    Column("is_fresh", Boolean, nullable=False, server_default=false()),
    # what its next attempt needs and was not left; 0: that was not so
    Column("needs_micros", BigInteger, nullable=False, server_default=text("0")),
    Column("beat", Text, nullable=False),
    # serves ready_beats in story order, and whether any beat is in a state
    Index(None, "episode_id", "state", "num_unmet", "position"),
    Index("ix_beats_backing_off", "not_before", **_only_where("not_before > 0")),
)

PLAN_VERSIONS = Table(
    "plan_versions",
    METADATA,
    Column("episode_id", Text, ForeignKey("episodes.episode_id"), primary_key=True),
    # the episode's plan_version at that time
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("cause", Text, nullable=False),
    Column("num_beats", Integer, nullable=False),
    # Plan, whole
    Column("plan", Text, nullable=False),
    Column("world_revision", Integer),
    Column("at", Double, nullable=False),
)

DEPENDENCIES = Table(
    "dependencies",
    METADATA,
    Column("episode_id", Text, ForeignKey("episodes.episode_id"), primary_key=True),
    Column("needed_beat_id", Text, primary_key=True),
    Column("beat_id", Text, primary_key=True),
)

ATTEMPTS = Table(
    "attempts",
    METADATA,
    Column("attempt_id", Text, primary_key=True),
    Column("episode_id", Text, ForeignKey("episodes.episode_id"), nullable=False),
    # NULL: the film's
    Column("beat_id", Text),
    Column("revision", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("backend", Text, nullable=False),
    Column("renderer", Text, nullable=False),
    Column("node", Text, nullable=False),
    Column("num_counted_before", Integer, nullable=False),
    Column("num_crashes_before", Integer, nullable=False, server_default=text("0")),
    Column("num_uncounted_before", Integer, nullable=False, server_default=text("0")),
    Column("troubled_since", Double),
    Column("counted", Boolean, nullable=False),
    Column("failure_class", Text),
    Column("reason", Text, nullable=False),
    Column("fence", Integer, nullable=False),
    Column("opened_at", Double, nullable=False),
    Column("ended_at", Double),
    # nobody will ever want its result, whatever becomes of its beat or film
    Column("unwanted", Boolean, nullable=False, server_default=false()),
    # the take that it is an attempt at; NULL: it was the beat's turn, or the film's
    Column("take", Integer),
    # NULL: it is the film's, or nobody kept it
    Column("seed", BigInteger),
    # what its clip depends on, as a hash; NULL: nobody knows, or it is the film's
    Column("content_key", Text),
    # ClipSource: whose clip it takes a copy of; NULL: it renders
    Column("reused_from", Text),
    # NULL: it costs something, and no budget held when it began
    Column("reserved_micros", BigInteger, server_default=text("0")),
    # of its renderer; 0: what is reserved is its price
    Column("per_hour_micros", BigInteger, nullable=False, server_default=text("0")),
    Column("spent_micros", BigInteger, nullable=False, server_default=text("0")),
    # how long its frames took; NULL: it was not accepted, or nobody measured it
    Column("render_s", Double),
    # a JPEG, while it is open; last, so that whoever reads the other columns passes by its pages
    Column("preview", LargeBinary),
    Index(None, "episode_id", "beat_id", "number", unique=True),
    # the newest of a kind, for estimates
    Index("ix_attempts_measured", "backend", "ended_at", **_only_where("render_s > 0")),
    Index("ix_attempts_open", "opened_at", **_only_where("state = 'OPEN'")),
    Index(
        "uq_attempts_open",
        "episode_id",
        "beat_id",
        "revision",
        unique=True,
        **_only_where("state = 'OPEN' AND NOT unwanted AND take IS NULL"),
    ),
    Index(
        "uq_attempts_open_take",
        "episode_id",
        "beat_id",
        "take",
        unique=True,
        **_only_where("state = 'OPEN' AND NOT unwanted AND take IS NOT NULL"),
    ),
    Index("uq_attempts_selected", "episode_id", "beat_id", "revision", unique=True, **_only_where("state = 'SELECTED'")),
    Index(
        "uq_attempts_open_film",
        "episode_id",
        unique=True,
        **_only_where("state = 'OPEN' AND beat_id IS NULL AND NOT unwanted"),
    ),
    Index("uq_attempts_selected_film", "episode_id", unique=True, **_only_where("state = 'SELECTED' AND beat_id IS NULL")),
    Index("ix_attempts_accepted_content", "content_key", **_only_where("state IN ('SELECTED', 'SUPERSEDED')")),
)

TAKES = Table(
    "takes",
    METADATA,
    Column("episode_id", Text, ForeignKey("episodes.episode_id"), primary_key=True),
    Column("beat_id", Text, primary_key=True),
    # of all takes of the beat, its own clips among them, which have no row here
    Column("number", Integer, primary_key=True, autoincrement=False),
    # of the beat; it is rendered, and selected, while the beat is at it
    Column("revision", Integer, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("progress", Double, nullable=False, server_default=text("0")),
    # all as in beats
    Column("not_before", Double, nullable=False, server_default=text("0")),
    Column("num_counted", Integer, nullable=False, server_default=text("0")),
    Column("num_crashes", Integer, nullable=False, server_default=text("0")),
    Column("num_uncounted", Integer, nullable=False, server_default=text("0")),
    Column("troubled_since", Double),
    Column("needs_micros", BigInteger, nullable=False, server_default=text("0")),
    Index("ix_takes_live", "episode_id", **_only_where("state IN ('PENDING', 'RENDERING')")),
)

ARTIFACTS = Table(
    "artifacts",
    METADATA,
    Column("key", Text, primary_key=True),
    Column("attempt_id", Text, ForeignKey("attempts.attempt_id"), nullable=False, index=True),
    Column("artifact_type", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("uri", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("width", Integer),
    Column("height", Integer),
    Column("fps", Double),
    Column("duration_s", Double),
    Column("num_frames", Integer),
)

EVENTS = Table(
    "events",
    METADATA,
    Column("episode_id", Text, ForeignKey("episodes.episode_id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("event_type", Text, nullable=False),
    Column("data", Text, nullable=False),
    Column("at", Double, nullable=False),
)

ANSWERS = Table(
    "answers",
    METADATA,
    Column("key", Text, primary_key=True),
    Column("body_sha256", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("answered_at", Double, nullable=False),
)

FLEET = Table(
    "fleet",
    METADATA,
    Column("row_number", Integer, primary_key=True, autoincrement=False),
    # FleetSnapshot, as it was last recorded
    Column("snapshot", Text, nullable=False),
    CheckConstraint("row_number = 1", name="only_row"),
)

WORLDS = Table(
    "worlds",
    METADATA,
    Column("world_id", Text, primary_key=True),
    # of the newest; 0 while there are only pictures
    Column("revision", Integer, nullable=False),
    Column("num_pictures", Integer, nullable=False),
)

WORLD_REVISIONS = Table(
    "world_revisions",
    METADATA,
    Column("world_id", Text, ForeignKey("worlds.world_id"), primary_key=True),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("source", Text, nullable=False),
    Column("world", Text, nullable=False),
    # WorldRecord: where its fields come from
    Column("record", Text, nullable=False, server_default="{}"),
    Column("what", Text, nullable=False, server_default=""),
    Column("updated_at", Double, nullable=False),
)

WORLD_PICTURES = Table(
    "world_pictures",
    METADATA,
    Column("world_id", Text, ForeignKey("worlds.world_id"), primary_key=True),
    Column("sha256", Text, primary_key=True),
    # in upload order, from 1
    Column("number", Integer, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
)
