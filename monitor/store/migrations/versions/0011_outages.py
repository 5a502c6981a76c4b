"""Periods in which phones or trunks were down; the long idle gaps of an agent's day."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0009"


def upgrade() -> None:
    """Build the table. Time lines are measured anew, for their gaps."""
    op.create_table(
        "outages",
        sa.Column("id", sa.String(length=160), nullable=False),
        sa.Column("pbx", sa.String(length=64), nullable=False),
        sa.Column("cause", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("started_at", sa.Float(precision=53), nullable=False),
        sa.Column("ended_at", sa.Float(precision=53), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_outages_started", "outages", ["started_at"])
    op.create_index("ix_outages_ended", "outages", ["ended_at"])
    op.add_column("agent_days", sa.Column("gaps", sa.Text(), nullable=False, server_default=""))
    op.execute("UPDATE agent_days SET stale = 1")
