"""Pausing, attempts that nobody wants any more, crashes counted apart, when an episode was cancelled, and the fleet as it was last seen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_OPEN = "state = 'OPEN' AND NOT unwanted"
_OPEN_FILM = "state = 'OPEN' AND beat_id IS NULL AND NOT unwanted"


def upgrade() -> None:
    op.add_column("lease", sa.Column("queue_is_paused", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("episodes", sa.Column("cancelled_at", sa.Double(), nullable=True))
    op.add_column("beats", sa.Column("num_crashes", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.add_column("attempts", sa.Column("num_crashes_before", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.add_column("attempts", sa.Column("unwanted", sa.Boolean(), nullable=False, server_default=sa.false()))
    _index_anew("uq_attempts_open", ["episode_id", "beat_id", "revision"], _OPEN)
    _index_anew("uq_attempts_open_film", ["episode_id"], _OPEN_FILM)
    op.create_table(
        "fleet",
        sa.Column("row_number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("snapshot", sa.Text(), nullable=False),
        sa.CheckConstraint("row_number = 1", name=op.f("ck_fleet_only_row")),
        sa.PrimaryKeyConstraint("row_number", name=op.f("pk_fleet")),
    )


def _index_anew(name: str, columns: list[str], condition: str) -> None:
    op.drop_index(name, "attempts")
    where = sa.text(condition)
    op.create_index(name, "attempts", columns, unique=True, sqlite_where=where, postgresql_where=where)
