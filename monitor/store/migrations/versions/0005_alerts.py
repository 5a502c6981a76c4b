"""Alerts and what was sent of them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Build both tables."""
    op.create_table(
        "alerts",
        sa.Column("id", sa.String(length=255), nullable=False),
        sa.Column("cause", sa.String(length=224), nullable=False),
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("raised_at", sa.Float(precision=53), nullable=False),
        sa.Column("cleared_at", sa.Float(precision=53), nullable=True),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("owes", sa.String(length=16), nullable=False),
        sa.Column("facts", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_alerts_raised", "alerts", ["raised_at"], unique=False)
    op.create_index("ix_alerts_cleared", "alerts", ["cleared_at"], unique=False)
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("alert", sa.String(length=255), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Float(precision=53), nullable=False),
        sa.Column("next_at", sa.Float(precision=53), nullable=True),
        sa.Column("done_at", sa.Float(precision=53), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_deliveries_created", "deliveries", ["created_at", "id"], unique=False)
    op.create_index("ix_deliveries_state", "deliveries", ["state"], unique=False)
