"""Failures that do not count are counted apart, and since when, so that they are bounded by number and by time and can be forgiven."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table, number, since in (
        ("episodes", "film_num_uncounted", "film_troubled_since"),
        ("beats", "num_uncounted", "troubled_since"),
        ("attempts", "num_uncounted_before", "troubled_since"),
    ):
        op.add_column(table, sa.Column(number, sa.Integer(), nullable=False, server_default=sa.text("0")))
        op.add_column(table, sa.Column(since, sa.Double(), nullable=True))
