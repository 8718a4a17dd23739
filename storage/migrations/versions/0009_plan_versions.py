"""Every change of a plan raises its version, so that two who change it at once do not overwrite each other."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("episodes", sa.Column("plan_version", sa.Integer(), nullable=False, server_default=sa.text("0")))
