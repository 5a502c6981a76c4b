"""Calls in brief, beside their bodies.

Rows from before stay without one: it is wanted of the running day only, and a call without a brief is read
from its body (as one that goes on is). To fill years of them would keep the floor waiting for nothing.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column."""
    op.add_column("calls", sa.Column("brief", sa.LargeBinary(), nullable=True))
