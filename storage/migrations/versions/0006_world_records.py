"""Each revision of a world says what made it, and where its fields come from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("world_revisions", sa.Column("record", sa.Text(), nullable=False, server_default="{}"))
    op.add_column("world_revisions", sa.Column("what", sa.Text(), nullable=False, server_default=""))
