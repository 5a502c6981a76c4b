"""Sums per agent, day, half-day and hour, and what they are made from; empty until they are first made."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

CLUSTERED = {"sqlite_with_rowid": False}
COUNTS = (
    "dials",
    "finished",
    "connects",
    "finished_connects",
    "effective",
    "inbound",
    "internal",
    "missed",
    "incomplete",
    "answered",
    "no_answer",
    "busy",
    "rejected",
    "cancelled",
    "invalid_number",
    "unreachable",
    "congestion",
    "unknown",
    "agent_unanswered",
)
FLAGS = ("dial", "finished", "connect", "effective", "missed", "incomplete", "inbound", "internal")


def upgrade() -> None:
    """Build the tables of sums."""
    op.create_table(
        "parts",
        sa.Column("pbx", sa.String(length=64), nullable=False),
        sa.Column("agent", sa.String(length=64), nullable=False),
        sa.Column("call_started_at", sa.Float(precision=53), nullable=False),
        sa.Column("call_id", sa.String(length=160), nullable=False),
        sa.Column("direction", sa.String(length=16), nullable=False),
        sa.Column("trunk", sa.String(length=64), nullable=True),
        sa.Column("started_at", sa.Float(precision=53), nullable=True),
        sa.Column("ended_at", sa.Float(precision=53), nullable=True),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in FLAGS),
        sa.Column("outcome", sa.String(length=24), nullable=True),
        sa.Column("ring_micros", sa.BigInteger(), nullable=False),
        sa.Column("talk_micros", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pbx", "agent", "call_started_at", "call_id"),
        **CLUSTERED,
    )
    op.create_index("ix_parts_call", "parts", ["call_id"], unique=False)
    op.create_table(
        "rollups",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("pbx", sa.String(length=64), nullable=False),
        sa.Column("agent", sa.String(length=64), nullable=False),
        sa.Column("start", sa.Float(precision=53), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("shift", sa.String(length=64), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS[:9]),
        sa.Column("ring_micros", sa.BigInteger(), nullable=False),
        sa.Column("talk_micros", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in COUNTS[9:]),
        sa.PrimaryKeyConstraint("day", "pbx", "agent", "start"),
        **CLUSTERED,
    )
    op.create_table(
        "agent_days",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("pbx", sa.String(length=64), nullable=False),
        sa.Column("agent", sa.String(length=64), nullable=False),
        sa.Column("stale", sa.Integer(), nullable=False),
        sa.Column("longest_idle_seconds", sa.Float(precision=53), nullable=False),
        sa.Column("idle_seconds", sa.Float(precision=53), nullable=False),
        sa.Column("busy_seconds", sa.Float(precision=53), nullable=False),
        sa.Column("last_ended_at", sa.Float(precision=53), nullable=True),
        sa.PrimaryKeyConstraint("day", "pbx", "agent"),
        **CLUSTERED,
    )
    op.create_table(
        "first_dials",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("shift", sa.String(length=64), nullable=False),
        sa.Column("pbx", sa.String(length=64), nullable=False),
        sa.Column("agent", sa.String(length=64), nullable=False),
        sa.Column("at", sa.Float(precision=53), nullable=False),
        sa.Column("call_id", sa.String(length=160), nullable=False),
        sa.PrimaryKeyConstraint("day", "shift", "pbx", "agent"),
        **CLUSTERED,
    )
    op.create_table(
        "rollup_state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
