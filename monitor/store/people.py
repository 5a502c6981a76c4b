"""Who sits where: people, teams and their extensions over time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

import msgspec
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.store.schema import AssignmentRow, PersonRow, TeamRow


class ConfiguredTeams(Protocol):
    """The part of the settings that is the roster."""

    @property
    def teams(self) -> Any:
        """Teams with ``id``, ``name`` and ``agents`` of ``pbx``, ``extension`` and ``name``."""


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """A person on an extension in a team, valid in ``[valid_from, valid_to)``."""

    pbx: str
    extension: str
    person_id: int
    name: str
    team: str
    valid_from: float
    valid_to: float | None

    def holds(self, at: float) -> bool:
        """Whether it is valid at an instant."""
        return self.valid_from <= at and (self.valid_to is None or at < self.valid_to)


class Roster:
    """All assignments there ever were, to be asked for an instant."""

    def __init__(self, assignments: Iterable[Assignment], teams: dict[str, str]) -> None:
        self.assignments = tuple(assignments)
        self.teams = teams
        self._by_extension: dict[tuple[str, str], list[Assignment]] = {}
        for each in self.assignments:
            self._by_extension.setdefault((each.pbx, each.extension), []).append(each)

    def who(self, pbx: str, extension: str, at: float) -> Assignment | None:
        """Who had an extension at an instant."""
        for each in self._by_extension.get((pbx, extension), ()):
            if each.holds(at):
                return each
        return None

    def names(self, pbx: str, extension: str, at: float) -> tuple[str, str] | None:
        """Name and team id of who had an extension at an instant."""
        found = self.who(pbx, extension, at)
        return (found.name, found.team) if found else None


async def read_roster(connection: AsyncConnection) -> Roster:
    """The roster as stored."""
    rows = await connection.execute(
        select(AssignmentRow.__table__, PersonRow.name)
        .join(PersonRow, PersonRow.id == AssignmentRow.person_id)
        .order_by(AssignmentRow.valid_from)
    )
    assignments = [
        Assignment(
            pbx=row.pbx,
            extension=row.extension,
            person_id=row.person_id,
            name=row.name,
            team=row.team_id,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
        )
        for row in rows
    ]
    teams = await connection.execute(select(TeamRow.id, TeamRow.name).where(TeamRow.valid_to.is_(None)))
    return Roster(assignments, {row.id: row.name for row in teams})


async def sync_roster(connection: AsyncConnection, settings: ConfiguredTeams, at: float) -> None:
    """Make the stored roster hold from ``at`` what the configuration says; the past stays as it was.

    What the very first configuration says holds for all time before it.
    """
    roster = await read_roster(connection)
    begin = at if roster.assignments else 0.0
    await _sync_teams(connection, settings, roster, begin, at)
    current = {(a.pbx, a.extension): a for a in roster.assignments if a.valid_to is None}
    wanted = {
        (agent.pbx, agent.extension): (agent.name, team.id)
        for team in settings.teams
        for agent in team.agents
    }
    leaving = [key for key, known in current.items() if wanted.get(key) != (known.name, known.team)]
    for pbx, extension in leaving:
        await connection.execute(
            update(AssignmentRow)
            .where(
                AssignmentRow.pbx == pbx,
                AssignmentRow.extension == extension,
                AssignmentRow.valid_to.is_(None),
            )
            .values(valid_to=at)
        )
    sitting = {known.person_id for key, known in current.items() if key not in leaving}
    known_people: dict[str, list[int]] = {}
    for row in await connection.execute(select(PersonRow.id, PersonRow.name).order_by(PersonRow.id)):
        known_people.setdefault(row.name, []).append(row.id)
    for key, (name, team) in wanted.items():
        if key in current and key not in leaving:
            continue
        # A name that has no seat now is taken for the same person who moves; else somebody new.
        free = [person for person in known_people.get(name, []) if person not in sitting]
        if free:
            person_id = free[0]
        else:
            created = await connection.execute(insert(PersonRow).values(name=name).returning(PersonRow.id))
            person_id = int(created.scalar_one())
        sitting.add(person_id)
        await connection.execute(
            insert(AssignmentRow).values(
                pbx=key[0],
                extension=key[1],
                person_id=person_id,
                team_id=team,
                valid_from=begin,
                valid_to=None,
            )
        )


async def _sync_teams(
    connection: AsyncConnection, settings: ConfiguredTeams, roster: Roster, begin: float, at: float
) -> None:
    wanted = {team.id: team.name for team in settings.teams}
    for team, name in roster.teams.items():
        if wanted.get(team) != name:
            await connection.execute(
                update(TeamRow).where(TeamRow.id == team, TeamRow.valid_to.is_(None)).values(valid_to=at)
            )
    for team, name in wanted.items():
        if roster.teams.get(team) != name:
            await connection.execute(
                insert(TeamRow).values(id=team, name=name, valid_from=begin, valid_to=None)
            )
