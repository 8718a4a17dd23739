"""What a plan tells beside its logline and its beats - scenes, tone, who wrote it - is kept with its episode."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("episodes", sa.Column("treatment", sa.Text(), nullable=False, server_default="{}"))
