"""Every version of a plan is kept whole; of episodes that are planned already the one that they have."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_PLANNED = sa.text(
    "SELECT episode_id, plan_version, world_revision, num_beats, logline, treatment, updated_at FROM episodes WHERE num_beats > 0"
)
_BEATS = sa.text("SELECT beat FROM beats WHERE episode_id = :episode_id ORDER BY position")


def upgrade() -> None:
    versions = op.create_table(
        "plan_versions",
        sa.Column("episode_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("num_beats", sa.Integer(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("world_revision", sa.Integer(), nullable=True),
        sa.Column("at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["episode_id"], ["episodes.episode_id"], name=op.f("fk_plan_versions_episode_id")),
        sa.PrimaryKeyConstraint("episode_id", "version", name=op.f("pk_plan_versions")),
    )
    # what was planned before versions were counted is at 0, as if there were no plan
    op.execute("UPDATE episodes SET plan_version = 1 WHERE num_beats > 0 AND plan_version = 0")
    connection = op.get_bind()
    for episode in connection.execute(_PLANNED).all():
        beats = connection.scalars(_BEATS, {"episode_id": episode.episode_id})
        plan = {**json.loads(episode.treatment), "logline": episode.logline, "beats": [json.loads(beat) for beat in beats]}
        kept = {
            "episode_id": episode.episode_id,
            "version": episode.plan_version,
            "cause": "planned",
            "num_beats": episode.num_beats,
            "plan": json.dumps(plan, ensure_ascii=False),
            "world_revision": episode.world_revision,
            "at": episode.updated_at,
        }
        connection.execute(sa.insert(versions), kept)
