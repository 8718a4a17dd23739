"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _only_where(condition: str) -> dict[str, sa.TextClause]:
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    op.create_table(
        "answers",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body_sha256", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("answered_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_answers")),
    )
    op.create_table(
        "episodes",
        sa.Column("episode_id", sa.Text(), nullable=False),
        sa.Column("world_id", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("progress", sa.Double(), nullable=False),
        sa.Column("done_s", sa.Double(), nullable=False),
        sa.Column("total_s", sa.Double(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("world_revision", sa.Integer(), nullable=True),
        sa.Column("logline", sa.Text(), nullable=False),
        sa.Column("num_beats", sa.Integer(), nullable=False),
        sa.Column("num_events", sa.Integer(), nullable=False),
        sa.Column("film_num_attempts", sa.Integer(), nullable=False),
        sa.Column("film_num_counted", sa.Integer(), nullable=False),
        sa.Column("film_not_before", sa.Double(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.Column("executed_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("episode_id", name=op.f("pk_episodes")),
    )
    op.create_index(op.f("ix_episodes_state_episode_id"), "episodes", ["state", "episode_id"], unique=False)
    op.create_index(op.f("ix_episodes_world_id_episode_id"), "episodes", ["world_id", "episode_id"], unique=False)
    op.create_table(
        "lease",
        sa.Column("row_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("cluster_id", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.CheckConstraint("row_number = 1", name=op.f("ck_lease_only_row")),
        sa.PrimaryKeyConstraint("row_number", name=op.f("pk_lease")),
    )
    op.create_table(
        "worlds",
        sa.Column("world_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("num_pictures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("world_id", name=op.f("pk_worlds")),
    )
    op.create_table(
        "attempts",
        sa.Column("attempt_id", sa.Text(), nullable=False),
        sa.Column("episode_id", sa.Text(), nullable=False),
        sa.Column("beat_id", sa.Text(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("backend", sa.Text(), nullable=False),
        sa.Column("renderer", sa.Text(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("num_counted_before", sa.Integer(), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("failure_class", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.Double(), nullable=False),
        sa.Column("ended_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["episode_id"], ["episodes.episode_id"], name=op.f("fk_attempts_episode_id")),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_attempts")),
    )
    op.create_index(op.f("ix_attempts_episode_id_beat_id_number"), "attempts", ["episode_id", "beat_id", "number"], unique=True)
    op.create_index(
        "ix_attempts_open",
        "attempts",
        ["opened_at"],
        unique=False,
        sqlite_where=sa.text("state = 'OPEN'"),
        postgresql_where=sa.text("state = 'OPEN'"),
    )
    op.create_index(
        "uq_attempts_open",
        "attempts",
        ["episode_id", "beat_id", "revision"],
        unique=True,
        sqlite_where=sa.text("state = 'OPEN'"),
        postgresql_where=sa.text("state = 'OPEN'"),
    )
    op.create_index(
        "uq_attempts_open_film",
        "attempts",
        ["episode_id"],
        unique=True,
        sqlite_where=sa.text("state = 'OPEN' AND beat_id IS NULL"),
        postgresql_where=sa.text("state = 'OPEN' AND beat_id IS NULL"),
    )
    op.create_index(
        "uq_attempts_selected",
        "attempts",
        ["episode_id", "beat_id", "revision"],
        unique=True,
        sqlite_where=sa.text("state = 'SELECTED'"),
        postgresql_where=sa.text("state = 'SELECTED'"),
    )
    op.create_index(
        "uq_attempts_selected_film",
        "attempts",
        ["episode_id"],
        unique=True,
        sqlite_where=sa.text("state = 'SELECTED' AND beat_id IS NULL"),
        postgresql_where=sa.text("state = 'SELECTED' AND beat_id IS NULL"),
    )
    op.create_table(
        "beats",
        sa.Column("episode_id", sa.Text(), nullable=False),
        sa.Column("beat_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("failed_with_another", sa.Boolean(), nullable=False),
        sa.Column("progress", sa.Double(), nullable=False),
        sa.Column("num_unmet", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.Double(), nullable=False),
        sa.Column("num_attempts", sa.Integer(), nullable=False),
        sa.Column("num_counted", sa.Integer(), nullable=False),
        sa.Column("duration_s", sa.Double(), nullable=False),
        sa.Column("backend", sa.Text(), nullable=False),
        sa.Column("beat", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["episode_id"], ["episodes.episode_id"], name=op.f("fk_beats_episode_id")),
        sa.PrimaryKeyConstraint("episode_id", "beat_id", name=op.f("pk_beats")),
    )
    op.create_index(
        "ix_beats_backing_off",
        "beats",
        ["not_before"],
        unique=False,
        sqlite_where=sa.text("not_before > 0"),
        postgresql_where=sa.text("not_before > 0"),
    )
    op.create_index(
        op.f("ix_beats_episode_id_state_num_unmet_position"),
        "beats",
        ["episode_id", "state", "num_unmet", "position"],
        unique=False,
    )
    op.create_table(
        "dependencies",
        sa.Column("episode_id", sa.Text(), nullable=False),
        sa.Column("needed_beat_id", sa.Text(), nullable=False),
        sa.Column("beat_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["episode_id"], ["episodes.episode_id"], name=op.f("fk_dependencies_episode_id")),
        sa.PrimaryKeyConstraint("episode_id", "needed_beat_id", "beat_id", name=op.f("pk_dependencies")),
    )
    op.create_table(
        "events",
        sa.Column("episode_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["episode_id"], ["episodes.episode_id"], name=op.f("fk_events_episode_id")),
        sa.PrimaryKeyConstraint("episode_id", "number", name=op.f("pk_events")),
    )
    op.create_table(
        "world_pictures",
        sa.Column("world_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["world_id"], ["worlds.world_id"], name=op.f("fk_world_pictures_world_id")),
        sa.PrimaryKeyConstraint("world_id", "sha256", name=op.f("pk_world_pictures")),
    )
    op.create_table(
        "world_revisions",
        sa.Column("world_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("world", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["world_id"], ["worlds.world_id"], name=op.f("fk_world_revisions_world_id")),
        sa.PrimaryKeyConstraint("world_id", "revision", name=op.f("pk_world_revisions")),
    )
    op.create_table(
        "artifacts",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("attempt_id", sa.Text(), nullable=False),
        sa.Column("artifact_type", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("fps", sa.Double(), nullable=True),
        sa.Column("duration_s", sa.Double(), nullable=True),
        sa.Column("num_frames", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempts.attempt_id"], name=op.f("fk_artifacts_attempt_id")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_artifacts")),
    )
    op.create_index(op.f("ix_artifacts_attempt_id"), "artifacts", ["attempt_id"], unique=False)
