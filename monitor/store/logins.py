"""Logins: users with role and scope, their sessions, the one-time link. Every change of a user is in the audit."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

import msgspec
from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from monitor.store.discipline import Audited, write_audit
from monitor.store.engine import insert_for, transaction
from monitor.store.schema import SessionRow, SetupTokenRow, UserRow

_teams = msgspec.json.Decoder(tuple[str, ...])


class User(msgspec.Struct, frozen=True):
    """A login of the dashboard: ``teams`` (ids) and ``person`` (of the roster) narrow what its role sees."""

    name: str
    password_hash: str
    role: str
    disabled: bool
    teams: tuple[str, ...] = ()
    person: int | None = None


class StoredSession(msgspec.Struct, frozen=True):
    """A login that is going on; ``expires_at`` in epoch seconds."""

    username: str
    role: str
    expires_at: float
    teams: tuple[str, ...] = ()
    person: int | None = None


class LoginStore:
    """The part of the store that knows logins; ``by`` is who makes a change, empty for whoever has the machine."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._insert = insert_for(engine)

    async def users(self) -> list[User]:
        """All logins, by name."""
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(select(UserRow.__table__).order_by(UserRow.name))).all()
        return [_user(row) for row in rows]

    async def user(self, name: str) -> User | None:
        """One login."""
        async with transaction(self._engine) as connection:
            row = (await connection.execute(select(UserRow.__table__).where(UserRow.name == name))).first()
        return _user(row) if row else None

    async def create_user(
        self,
        name: str,
        password_hash: str,
        role: str,
        teams: Sequence[str] = (),
        person: int | None = None,
        *,
        by: str = "",
    ) -> bool:
        """A new login; false if there is one of this name, which stays as it is."""
        values = {
            "name": name,
            "password_hash": password_hash,
            "role": role,
            "disabled": False,
            "teams": _json(teams),
            "person_id": person,
        }
        statement = self._insert(UserRow).values(values).on_conflict_do_nothing()
        async with transaction(self._engine) as connection:
            made = (await connection.execute(statement)).rowcount > 0
            if made:
                await _note(connection, by, "user_added", name, _facts(role, teams, person))
        return made

    async def set_password(self, name: str, password_hash: str, *, by: str = "") -> bool:
        """A new password ends the user's sessions; false if there is no such user."""
        return await self._change_user(name, by, "user_password", "", password_hash=password_hash)

    async def disable_user(self, name: str, disabled: bool = True, *, by: str = "") -> bool:
        """Keep a user out, at once, or let it in again; false if there is no such user."""
        what = "user_disabled" if disabled else "user_enabled"
        return await self._change_user(name, by, what, "", disabled=disabled)

    async def set_role(
        self, name: str, role: str, teams: Sequence[str] = (), person: int | None = None, *, by: str = ""
    ) -> bool:
        """What a user may do and see from now on; ends its sessions; false if there is no such user."""
        return await self._change_user(
            name,
            by,
            "user_role",
            _facts(role, teams, person),
            role=role,
            teams=_json(teams),
            person_id=person,
        )

    async def _change_user(self, name: str, by: str, what: str, why: str, **values: object) -> bool:
        async with transaction(self._engine) as connection:
            changed = await connection.execute(update(UserRow).where(UserRow.name == name).values(**values))
            await connection.execute(delete(SessionRow).where(SessionRow.username == name))
            if changed.rowcount > 0:
                await _note(connection, by, what, name, why)
        return changed.rowcount > 0

    # ------------------------------------------------------------------ sessions

    async def create_session(self, username: str, token_hash: str, expires_at: float) -> None:
        """A session; those that have expired are swept away."""
        async with transaction(self._engine) as connection:
            await connection.execute(delete(SessionRow).where(SessionRow.expires_at <= time.time()))
            await connection.execute(
                insert(SessionRow).values(token_hash=token_hash, username=username, expires_at=expires_at)
            )

    async def session(self, token_hash: str) -> StoredSession | None:
        """A session that has not expired, of a user who may log in."""
        query = (
            select(SessionRow.username, UserRow.role, SessionRow.expires_at, UserRow.teams, UserRow.person_id)
            .join(UserRow, UserRow.name == SessionRow.username)
            .where(
                SessionRow.token_hash == token_hash,
                SessionRow.expires_at > time.time(),
                UserRow.disabled.is_(False),
            )
        )
        async with transaction(self._engine) as connection:
            row = (await connection.execute(query)).first()
        if row is None:
            return None
        return StoredSession(row.username, row.role, row.expires_at, _teams.decode(row.teams), row.person_id)

    async def end_session(self, token_hash: str) -> None:
        """End one session."""
        async with transaction(self._engine) as connection:
            await connection.execute(delete(SessionRow).where(SessionRow.token_hash == token_hash))

    # ------------------------------------------------------------------ the one-time link

    async def create_setup_token(self, token_hash: str, expires_at: float) -> None:
        """A one-time link; the ones before it stop working."""
        async with transaction(self._engine) as connection:
            await connection.execute(delete(SetupTokenRow))
            await connection.execute(
                insert(SetupTokenRow).values(token_hash=token_hash, expires_at=expires_at)
            )

    async def use_setup_token(self, token_hash: str) -> bool:
        """Use up a one-time link; false if it is unknown, used or expired."""
        async with transaction(self._engine) as connection:
            used = await connection.execute(
                delete(SetupTokenRow).where(
                    SetupTokenRow.token_hash == token_hash, SetupTokenRow.expires_at > time.time()
                )
            )
        return used.rowcount > 0


def _user(row: Row[tuple[object, ...]]) -> User:
    return User(row.name, row.password_hash, row.role, row.disabled, _teams.decode(row.teams), row.person_id)


def _json(teams: Iterable[str]) -> str:
    return msgspec.json.encode(list(teams)).decode()


def _facts(role: str, teams: Iterable[str], person: int | None) -> str:
    """What a login may see, for the audit."""
    whose = [] if person is None else [f"person={person}"]
    return " ".join([f"role={role}", *(f"team={team}" for team in teams), *whose])


async def _note(connection: AsyncConnection, by: str, what: str, name: str, why: str) -> None:
    await write_audit(connection, Audited(time.time(), by, what, f"user/{name}", why))
