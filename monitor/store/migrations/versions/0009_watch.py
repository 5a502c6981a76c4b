"""Indexes that find calls by number, and what is watched of many calls without their bodies."""

from alembic import op

revision = "0009"
down_revision = "0007"

WATCHED = (
    *("direction", "started_at", "number", "pbx", "agent"),
    *("outcome", "answered_at", "ended_at", "ring_seconds", "talk_seconds", "complete"),
)


def upgrade() -> None:
    """Build them."""
    op.create_index("ix_calls_number", "calls", ["number", "started_at"], unique=False)
    op.create_index("ix_calls_watch", "calls", list(WATCHED), unique=False)
