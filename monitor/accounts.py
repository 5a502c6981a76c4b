"""``dialwatch user``: logins with their role and what they see, from the machine itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import msgspec
import typer

from monitor.access import Role, misfit
from monitor.config import Settings
from monitor.errors import ConfigError
from monitor.store.store import Store

MOST_NAME_CHARACTERS = 64


class Wanted(msgspec.Struct, frozen=True):
    """A role and whom it is to see: teams by id or name; an agent's person by id, name or extension."""

    role: Role
    teams: Sequence[str] = ()
    person: str | None = None
    extension: str | None = None


async def add(
    store: Store, settings: Settings, name: str, wanted: Wanted, hashed: Callable[[], Awaitable[str]]
) -> None:
    """A new login; ``hashed`` asks for the password. Raises ``ConfigError``."""
    name = name.strip()
    if not (1 <= len(name) <= MOST_NAME_CHARACTERS and name.isprintable()):
        raise ConfigError(
            f"user {name!r}: a name has 1 to {MOST_NAME_CHARACTERS} characters that can be seen"
        )
    teams, person = await seen(store, settings, wanted)
    if await store.user(name) is not None:
        raise ConfigError(f"user {name!r} exists; change the password with: dialwatch user passwd {name}")
    await store.create_user(name, await hashed(), wanted.role, teams, person)
    typer.echo(f"user {name} added: {wanted.role}")


async def change_role(store: Store, settings: Settings, name: str, wanted: Wanted) -> None:
    """Another role; the user has to log in again. Raises ``ConfigError``."""
    teams, person = await seen(store, settings, wanted)
    if not await store.set_role(name, wanted.role, teams, person):
        raise ConfigError(f"no user is called {name!r}; see: dialwatch user list")
    typer.echo(f"user {name} is now: {wanted.role}")


async def tell(store: Store) -> None:
    """All logins, a line each: name, role, whether enabled, teams or person."""
    for each in await store.users():
        whose = [*each.teams, *([] if each.person is None else [f"person {each.person}"])]
        state = "disabled" if each.disabled else "enabled"
        typer.echo("\t".join([each.name, each.role, state, ", ".join(whose) or "-"]))


async def seen(store: Store, settings: Settings, wanted: Wanted) -> tuple[tuple[str, ...], int | None]:
    """Team ids and person that a role's login is to have. Raises ``ConfigError`` where they do not fit it."""
    named = wanted.person or wanted.extension
    fault = misfit(wanted.role, wanted.teams, 0 if named else None)
    if fault is not None:
        raise ConfigError(f"--role {wanted.role}: {_MENDS[fault]}")
    known = {team.id: team.name for team in settings.teams} | (await store.roster()).teams
    teams = tuple(_team(known, each) for each in wanted.teams)
    return teams, await _person(store, wanted) if named else None


_MENDS = {
    "team_needed": "it sees its own teams; name them with --team, or choose manager",
    "no_team": "it has no teams; leave --team out, or choose another role",
    "person_needed": "it is somebody's own login; say whose with --extension or --person",
    "no_person": "it is nobody's own login; --person and --extension are for agents",
}


def _team(known: dict[str, str], name: str) -> str:
    for team, called in known.items():
        if name in (team, called):
            return team
    there = ", ".join(known) or "none"
    raise ConfigError(f"--team {name!r}: there is no such team; there are: {there}")


async def _person(store: Store, wanted: Wanted) -> int:
    sitting = [each for each in (await store.roster()).assignments if each.valid_to is None]
    place = f"--extension {wanted.extension}" if wanted.extension else f"--person {wanted.person}"
    found = {
        each.person_id
        for each in sitting
        if wanted.extension in (each.extension, f"{each.pbx}/{each.extension}")
        or (not wanted.extension and wanted.person in (str(each.person_id), each.name))
    }
    if not found:
        raise ConfigError(f"{place}: nobody sits there; the roster is made when dialwatch runs")
    if len(found) > 1:
        raise ConfigError(f"{place}: several people fit; give the extension with its PBX, such as main/8001")
    return found.pop()
