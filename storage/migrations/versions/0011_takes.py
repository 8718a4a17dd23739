"""Takes: further clips of a beat, asked for one by one; an attempt says which it is at, and its seed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_OPEN = "state = 'OPEN' AND NOT unwanted"
_SEEDS = """UPDATE attempts SET seed = (
    SELECT {seed} FROM beats
    WHERE beats.episode_id = attempts.episode_id AND beats.beat_id = attempts.beat_id AND beats.revision = attempts.revision
)"""


def upgrade() -> None:
    op.create_table(
        "takes",
        sa.Column("episode_id", sa.Text(), sa.ForeignKey("episodes.episode_id", name="fk_takes_episode_id"), nullable=False),
        sa.Column("beat_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.Column("progress", sa.Double(), nullable=False, server_default=sa.text("0")),
        sa.Column("not_before", sa.Double(), nullable=False, server_default=sa.text("0")),
        *(
            sa.Column(name, sa.Integer(), nullable=False, server_default=sa.text("0"))
            for name in ("num_counted", "num_crashes", "num_uncounted")
        ),
        sa.Column("troubled_since", sa.Double(), nullable=True),
        sa.Column("needs_micros", sa.BigInteger(), nullable=False, server_default=sa.text("0")),
        sa.PrimaryKeyConstraint("episode_id", "beat_id", "number", name="pk_takes"),
    )
    _index("ix_takes_live", "takes", ["episode_id"], "state IN ('PENDING', 'RENDERING')")
    op.add_column("attempts", sa.Column("take", sa.Integer(), nullable=True))
    op.add_column("attempts", sa.Column("seed", sa.BigInteger(), nullable=True))
    op.drop_index("uq_attempts_open", "attempts")
    of_beat = ["episode_id", "beat_id"]
    _index("uq_attempts_open", "attempts", [*of_beat, "revision"], f"{_OPEN} AND take IS NULL", unique=True)
    _index("uq_attempts_open_take", "attempts", [*of_beat, "take"], f"{_OPEN} AND take IS NOT NULL", unique=True)
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    op.execute(_SEEDS.format(seed="json_extract(beat, '$.seed')" if is_sqlite else "(beat::json ->> 'seed')::bigint"))


def _index(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(name, table, columns, unique=unique, sqlite_where=condition, postgresql_where=condition)
