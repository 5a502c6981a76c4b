"""What is known of people, team leads, targets with their validity, overtime."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the columns, build the tables."""
    op.add_column("people", sa.Column("number", sa.String(length=64), server_default="", nullable=False))
    op.add_column("people", sa.Column("hired_on", sa.String(length=10), nullable=True))
    op.add_column("people", sa.Column("newcomer_until", sa.String(length=10), nullable=True))
    op.add_column("people", sa.Column("working", sa.Text(), nullable=True))
    op.add_column("assignments", sa.Column("lead", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "targets",
        sa.Column("team_id", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(length=8), nullable=False),
        sa.Column("valid_from", sa.String(length=10), nullable=False),
        sa.Column("connect_rate", sa.Float(precision=53), nullable=True),
        sa.Column("dials", sa.Float(precision=53), nullable=True),
        sa.Column("connects", sa.Float(precision=53), nullable=True),
        sa.Column("effective_connects", sa.Float(precision=53), nullable=True),
        sa.Column("talk_minutes", sa.Float(precision=53), nullable=True),
        sa.Column("entered_by", sa.String(length=128), nullable=False),
        sa.Column("entered_at", sa.Float(precision=53), nullable=False),
        sa.PrimaryKeyConstraint("team_id", "person_id", "period", "valid_from"),
    )
    op.create_table(
        "overtime",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("team_id", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.Float(precision=53), nullable=False),
        sa.Column("ends_at", sa.Float(precision=53), nullable=False),
        sa.Column("dial_by_at", sa.Float(precision=53), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("entered_by", sa.String(length=128), nullable=False),
        sa.Column("entered_at", sa.Float(precision=53), nullable=False),
        sa.Column("withdrawn_at", sa.Float(precision=53), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_overtime_time", "overtime", ["starts_at", "ends_at"], unique=False)
