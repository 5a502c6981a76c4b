"""A real store on each engine: SQLite in a file, PostgreSQL in a cluster of our own on loopback."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from monitor.store.store import Store
from tests.real.require import unavailable


def _postgres_programs() -> Path | None:
    """Debian keeps the server's programs outside PATH, by version."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    homes = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return homes[-1].parent if homes else None


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of a real PostgreSQL server, made for this run.

    Its folder is not pytest's: another run beside this one takes its rights away there.
    """
    with tempfile.TemporaryDirectory(prefix="dialwatch-postgres-", ignore_cleanup_errors=True) as name:
        yield from _server(Path(name))


def _server(home: Path) -> Iterator[str]:
    programs = _postgres_programs()
    if programs is None:
        unavailable("PostgreSQL is not installed (Debian package postgresql)")
    as_user: dict[str, object] = {}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        user = pwd.getpwnam("postgres")
        os.chown(home, user.pw_uid, user.pw_gid)
        as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    data = home / "data"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    run = {"check": True, "capture_output": True, "cwd": home, **as_user}
    stop = {**run, "check": False}
    subprocess.run([programs / "initdb", "-D", data, "-U", "dialwatch", "-A", "trust", "-E", "UTF8"], **run)  # type: ignore[call-overload]
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
    subprocess.run([programs / "pg_ctl", "-D", data, "-w", "-l", home / "log", "-o", options, "start"], **run)  # type: ignore[call-overload]
    try:
        yield f"postgresql://dialwatch@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([programs / "pg_ctl", "-D", data, "-m", "immediate", "stop"], **stop)  # type: ignore[call-overload]


@pytest.fixture(params=["sqlite", "postgresql"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """An empty, up-to-date store."""
    if request.param == "sqlite":
        opened = await Store.open(f"sqlite:///{tmp_path}/dialwatch.db")
    else:
        opened = await Store.open(request.getfixturevalue("postgres"))
        await _wipe(opened)
    await opened.upgrade()
    yield opened
    await opened.close()


async def _wipe(store: Store) -> None:
    from sqlalchemy import text

    async with store._engine.begin() as connection:
        await connection.execute(text("DROP SCHEMA public CASCADE"))
        await connection.execute(text("CREATE SCHEMA public"))
