"""One async engine for SQLite and PostgreSQL, and errors for people instead of tracebacks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DataError, IntegrityError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from monitor.errors import StoreError, ValueRefusedError

BUSY_SECONDS = 5.0
_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
}


def make_engine(url: str) -> AsyncEngine:
    """The engine of a store URL. Raises ``StoreError`` where the URL, its driver or its folder is wrong."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreError(
            "store.url is no database URL; write sqlite:///FILE or postgresql://USER@HOST/DATABASE"
        ) from None
    backend = parsed.get_backend_name()
    if backend not in _DRIVERS:
        raise StoreError(f"store.url: {backend!r} is not supported; use sqlite:/// or postgresql://")
    parsed = parsed.set(drivername=_DRIVERS[backend])
    if backend == "sqlite":
        return _sqlite(parsed)
    try:
        return create_async_engine(parsed, pool_pre_ping=True, pool_size=5, connect_args={"timeout": 5})
    except (ImportError, NoSuchModuleError) as error:
        raise StoreError(
            f"store.url: the driver for {backend} is missing ({error}); install asyncpg"
        ) from None


def _sqlite(url: URL) -> AsyncEngine:
    if url.database and url.database != ":memory:":
        folder = Path(url.database).parent
        try:
            # Calls, people and password hashes: nobody else on the machine is to read them.
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"{folder}: the database's folder can't be made ({error.strerror}); mend store.data_dir or its rights"
            ) from None
    engine = create_async_engine(url, connect_args={"timeout": BUSY_SECONDS})

    @event.listens_for(engine.sync_engine, "connect")
    def _pragmas(connection: Any, _: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        # In WAL mode a crash of ours loses nothing with NORMAL; only a power cut may lose the last
        # moments, and those the outbox's fsync and the gap after a restart account for.
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    return engine


def insert_for(engine: AsyncEngine) -> Callable[..., Any]:
    """``insert`` with ``on_conflict_do_update`` in the engine's dialect; the other one is not even imported."""
    if engine.dialect.name == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite.insert
    from sqlalchemy.dialects import postgresql

    return postgresql.insert


@asynccontextmanager
async def transaction(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """One transaction; whatever goes wrong with the database comes out as ``StoreError``."""
    try:
        async with engine.begin() as connection:
            yield connection
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        raise fault(engine, error) from error


#: SQLSTATE classes: data exception, integrity constraint violation.
_OF_THE_VALUE = ("22", "23")


def _refused(error: BaseException) -> bool:
    """Whether it is the value that is wrong; PostgreSQL's driver says so by code, or before it asks."""
    orig = getattr(error, "orig", None)
    state = getattr(orig, "sqlstate", None) or ""
    unfit = isinstance(getattr(orig, "__cause__", None), ValueError)
    return isinstance(error, DataError | IntegrityError) or state.startswith(_OF_THE_VALUE) or unfit


def fault(engine: AsyncEngine, error: BaseException) -> StoreError:
    """The message for a failed database: the place, what happened, the mend."""
    place = engine.url.render_as_string(hide_password=True)
    cause = str(getattr(error, "orig", None) or error).splitlines()[0] if str(error) else type(error).__name__
    mend = "is it running, and do the rights allow it?"
    if _refused(error):
        return ValueRefusedError(f"{place}: {cause}; this value is left out")
    lowered = cause.lower()
    if "no such table" in lowered or "does not exist" in lowered:
        mend = "run: dialwatch db upgrade"
    elif "locked" in lowered:
        mend = "another program holds it; what happens meanwhile waits in the outbox"
    elif "full" in lowered:
        mend = "free some disk space"
    elif "readonly" in lowered or "unable to open" in lowered:
        mend = "give this user the right to write it"
    return StoreError(f"{place}: {cause}; {mend}")
