"""Which trunks a dial seized, also those that failed: a trunk's figures lead to their calls."""

import msgspec
import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

BATCH = 2000


def upgrade() -> None:
    """Add the column, and fill it in from the calls that are stored."""
    op.add_column("calls", sa.Column("seized", sa.Text(), server_default="", nullable=False))
    calls = sa.table("calls", *map(sa.column, ("id", "direction", "body", "seized")))
    connection = op.get_bind()
    fill = calls.update().where(calls.c.id == sa.bindparam("of")).values(seized=sa.bindparam("trunks"))
    last = ""
    while True:
        rows = connection.execute(
            sa.select(calls.c.id, calls.c.body)
            .where(calls.c.direction == "outbound", calls.c.id > last)
            .order_by(calls.c.id)
            .limit(BATCH)
        ).all()
        if not rows:
            return
        connection.execute(fill, [{"of": key, "trunks": _seized(body)} for key, body in rows])
        last = rows[-1][0]


def _seized(body: bytes) -> str:
    call = msgspec.msgpack.decode(body)
    found = []
    for leg in call["legs"]:
        if leg["role"] == "far":
            going_on = leg["ended_at"] is None and call["phase"] != "ended"
            found.append(f"/{leg['endpoint']}/" + (f"+{leg['endpoint']}+" if going_on else ""))
    return "".join(found)
