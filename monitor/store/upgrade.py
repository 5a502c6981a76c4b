"""The schema's version: bringing a database up to date with Alembic, and saying where it stands."""

from __future__ import annotations

from pathlib import Path

import msgspec
from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncEngine

from monitor.errors import StoreError
from monitor.store.engine import transaction

MIGRATIONS = Path(__file__).parent / "migrations"

#: The last migration of the chain; a test holds it against the folder. Known here so that a database that is up to
#: date needs no Alembic at start. The order is that of the chain (``down_revision``), not of the numbers.
HEAD = "0010"


class SchemaStatus(msgspec.Struct, frozen=True):
    """The version a database has (``None``: empty) and the one this program wants."""

    current: str | None
    head: str

    @property
    def up_to_date(self) -> bool:
        """Whether nothing has to be done."""
        return self.current == self.head


async def schema_status(engine: AsyncEngine) -> SchemaStatus:
    """Where a database stands. Raises ``StoreError`` where it can't be asked."""
    async with transaction(engine) as connection:
        return SchemaStatus(await connection.run_sync(_current), HEAD)


async def upgrade(engine: AsyncEngine) -> None:
    """Bring a database up to date; one transaction. Raises ``StoreError``."""
    async with transaction(engine) as connection:
        current = await connection.run_sync(_current)
        if current == HEAD:
            return
        if current is not None and not any(MIGRATIONS.glob(f"versions/{current}_*.py")):
            raise StoreError(
                f"{engine.url.render_as_string()}: its schema {current} is newer than this program's {HEAD}; "
                "install the newer Dialwatch again"
            )
        await connection.run_sync(_migrate)


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return str(found) if found is not None else None


def _migrate(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
