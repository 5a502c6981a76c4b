"""Logins know their teams and their person; who could see the whole site before goes on seeing it."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the columns. Until now every login was a ``supervisor`` of the site: that is a ``manager`` now."""
    op.add_column("users", sa.Column("teams", sa.Text(), server_default="[]", nullable=False))
    op.add_column("users", sa.Column("person_id", sa.Integer(), nullable=True))
    op.execute(sa.text("UPDATE users SET role = 'manager' WHERE role = 'supervisor'"))
