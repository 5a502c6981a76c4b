"""Lists of numbers; indexes that find calls by number, and what is watched of many calls without their bodies."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

WATCHED = (
    *("direction", "started_at", "number", "pbx", "agent"),
    *("outcome", "answered_at", "ended_at", "ring_seconds", "talk_seconds", "complete"),
)


def upgrade() -> None:
    """Build them."""
    op.create_table(
        "numbers",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("list", sa.String(length=24), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("hint", sa.String(length=32), nullable=False),
        sa.Column("since", sa.Float(precision=53), nullable=False),
        sa.Column("until", sa.Float(precision=53), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("entered_by", sa.String(length=128), nullable=False),
        sa.Column("entered_at", sa.Float(precision=53), nullable=False),
        sa.Column("removed_at", sa.Float(precision=53), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_numbers_key", "numbers", ["list", "key"], unique=False)
    op.create_index("ix_numbers_list", "numbers", ["list", "id"], unique=False)
    op.create_index("ix_calls_number", "calls", ["number", "started_at"], unique=False)
    op.create_index("ix_calls_watch", "calls", list(WATCHED), unique=False)
