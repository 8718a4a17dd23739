"""What attempts cost: reserved before they begin, settled when they end, within the budget of their episode."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("episodes", sa.Column("budget_micros", sa.BigInteger(), nullable=True))
    for table, column in (
        ("episodes", "reserved_micros"),
        ("episodes", "spent_micros"),
        ("beats", "needs_micros"),
        ("attempts", "per_hour_micros"),
        ("attempts", "spent_micros"),
    ):
        op.add_column(table, sa.Column(column, sa.BigInteger(), nullable=False, server_default=sa.text("0")))
    op.add_column("attempts", sa.Column("reserved_micros", sa.BigInteger(), nullable=True, server_default=sa.text("0")))
    op.add_column("attempts", sa.Column("render_s", sa.Double(), nullable=True))
    op.create_index(
        "ix_attempts_measured",
        "attempts",
        ["backend", "ended_at"],
        sqlite_where=sa.text("render_s > 0"),
        postgresql_where=sa.text("render_s > 0"),
    )
