"""What a clip depends on is kept with its attempt, so that it can be used again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("beats", sa.Column("is_fresh", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("attempts", sa.Column("content_key", sa.Text(), nullable=True))
    op.add_column("attempts", sa.Column("reused_from", sa.Text(), nullable=True))
    accepted = sa.text("state IN ('SELECTED', 'SUPERSEDED')")
    op.create_index(
        "ix_attempts_accepted_content", "attempts", ["content_key"], sqlite_where=accepted, postgresql_where=accepted
    )
