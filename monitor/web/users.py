"""Logins, for the administrator: list, add, role and teams, a new password, shut out. Each change is audited."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import Field

from monitor.access import Role, misfit
from monitor.store.logins import User
from monitor.web.context import AppContext
from monitor.web.discipline import People, who
from monitor.web.faults import Refusal
from monitor.web.guard import Seen
from monitor.web.models import Fault, Model
from monitor.web.security import password_fault

Name = Annotated[str, Field(min_length=1, max_length=64)]


class Named(Model):
    """A login by its name."""

    name: Name


class RoleOf(Named):
    """What a login may and sees: teams by id; ``person`` (of the roster) for an agent."""

    role: Role
    teams: list[str] = Field([], max_length=200)
    person: int | None = None


class NewUser(RoleOf):
    """A new login."""

    password: str = Field(min_length=1, max_length=256)


class NewPassword(Named):
    """A new password of a login."""

    password: str = Field(min_length=1, max_length=256)


class Shut(Named):
    """Keep a login out, or let it in again."""

    disabled: bool


class UserRow(Model):
    """A login as the list shows it; ``role`` may be one that this program does not know."""

    name: str
    role: str
    teams: list[str]
    team_names: list[str]
    person: int | None
    person_name: str | None
    disabled: bool


def router(context: AppContext) -> APIRouter:
    """The administrator's routes."""
    routes = APIRouter(prefix="/api/users", tags=["users"], responses={422: {"model": Fault}})
    store = context.store

    async def rows(scope: Seen) -> list[UserRow]:
        people = await People.load(context, scope)
        return [_row(each, people, context) for each in await store.users()]

    async def checked(wanted: RoleOf, scope: Seen) -> None:
        fault = misfit(wanted.role, wanted.teams, wanted.person)
        if fault is not None:
            raise Refusal(422, fault, field="person" if fault.endswith("person_needed") else "teams")
        known = {team.id for team in context.directory.teams}
        if not known.issuperset(wanted.teams):
            raise Refusal(422, "bad_request", field="teams")
        if wanted.person is not None:
            (await People.load(context, scope)).must_see(wanted.person)

    async def not_the_last(name: str) -> None:
        """Somebody has to be able to mend it. Raises ``Refusal``."""
        others = [
            each
            for each in await store.users()
            if each.role == Role.ADMINISTRATOR and not each.disabled and each.name != name
        ]
        if not others:
            raise Refusal(409, "last_administrator")

    def ended(name: str) -> None:
        """The login's sessions are over: its boards close now."""
        context.hub.close_sessions(context.guard.forget_user(name))

    @routes.get("")
    async def users(scope: Seen) -> list[UserRow]:
        """All logins, by name."""
        return await rows(scope)

    @routes.post("", status_code=201, responses={409: {"model": Fault}})
    async def add(wanted: NewUser, request: Request, scope: Seen) -> list[UserRow]:
        """Add a login; gives all logins."""
        name = wanted.name.strip()
        if not name or not name.isprintable():
            raise Refusal(422, "username_bad", field="name")
        fault = password_fault(wanted.password)
        if fault is not None:
            raise Refusal(422, fault, field="password")
        await checked(wanted, scope)
        hashed = await context.passwords.hashed(wanted.password)
        if not await store.create_user(
            name, hashed, wanted.role, wanted.teams, wanted.person, by=who(request)
        ):
            raise Refusal(409, "user_exists", field="name")
        return await rows(scope)

    @routes.post("/role", responses={404: {"model": Fault}, 409: {"model": Fault}})
    async def role(wanted: RoleOf, request: Request, scope: Seen) -> list[UserRow]:
        """Another role, other teams, another person; ends the login's sessions."""
        await checked(wanted, scope)
        if wanted.role is not Role.ADMINISTRATOR:
            await not_the_last(wanted.name)
        if not await store.set_role(wanted.name, wanted.role, wanted.teams, wanted.person, by=who(request)):
            raise Refusal(404, "not_found", field="name")
        ended(wanted.name)
        return await rows(scope)

    @routes.post("/password", status_code=204, responses={404: {"model": Fault}})
    async def password(wanted: NewPassword, request: Request) -> None:
        """A new password; ends the login's sessions."""
        fault = password_fault(wanted.password)
        if fault is not None:
            raise Refusal(422, fault, field="password")
        hashed = await context.passwords.hashed(wanted.password)
        if not await store.set_password(wanted.name, hashed, by=who(request)):
            raise Refusal(404, "not_found", field="name")
        ended(wanted.name)

    @routes.post("/shut", responses={404: {"model": Fault}, 409: {"model": Fault}})
    async def shut(wanted: Shut, request: Request, scope: Seen) -> list[UserRow]:
        """Keep a login out at once, or let it in again; gives all logins."""
        if wanted.disabled:
            await not_the_last(wanted.name)
        if not await store.disable_user(wanted.name, wanted.disabled, by=who(request)):
            raise Refusal(404, "not_found", field="name")
        ended(wanted.name)
        return await rows(scope)

    return routes


def _row(each: User, people: People, context: AppContext) -> UserRow:
    return UserRow(
        name=each.name,
        role=each.role,
        teams=list(each.teams),
        team_names=[context.directory.team_name(team) or team for team in each.teams],
        person=each.person,
        person_name=None if each.person is None else people.name(each.person),
        disabled=each.disabled,
    )
