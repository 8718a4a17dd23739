"""A beat that would fail can fall back to another backend: which it is at, which was its first choice, and why they differ."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("beats", sa.Column("first_backend", sa.Text(), nullable=True))
    op.add_column("beats", sa.Column("fallback_reason", sa.Text(), nullable=False, server_default=""))
