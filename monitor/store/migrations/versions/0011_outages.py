"""Periods in which phones or trunks were down; by which hours an agent's time line was measured."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0009"


def upgrade() -> None:
    """Build the table. Time lines measured by the site's hours are measured anew by the person's."""
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
    op.add_column("agent_days", sa.Column("hours", sa.Text(), nullable=False, server_default=""))
    op.add_column("agent_days", sa.Column("gaps", sa.Text(), nullable=False, server_default=""))
    op.execute("UPDATE agent_days SET stale = 1")
