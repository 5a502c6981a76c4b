"""Sums for the reports: the ring time of dials given up, the hours a time line was measured in; first dials are the check's."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the columns; the sums are made anew at the start, because the plan's version has changed."""
    op.add_column(
        "rollups", sa.Column("cancelled_ring_micros", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column("agent_days", sa.Column("hours", sa.Text(), server_default="", nullable=False))
    op.drop_table("first_dials")
