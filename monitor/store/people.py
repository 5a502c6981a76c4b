"""Who sits where: people, teams and their extensions over time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, Protocol

import msgspec
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.duty import WorkingDays
from monitor.store.schema import AssignmentRow, PersonRow, TeamRow


class ConfiguredTeams(Protocol):
    """The part of the settings that is the roster."""

    @property
    def roster(self) -> Any:
        """``source``: whether the configuration says who sits where, or the store."""

    @property
    def teams(self) -> Any:
        """Teams with ``id``, ``name`` and ``agents``: where they sit, and what is known of them."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a person wherever the person sits. ``number`` is the staff number."""

    name: str
    number: str = ""
    hired_on: date | None = None
    newcomer_until: date | None = None
    working: WorkingDays | None = None


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """A person on an extension in a team, valid in ``[valid_from, valid_to)``, with what is known of the person."""

    pbx: str
    extension: str
    person_id: int
    name: str
    team: str
    valid_from: float
    valid_to: float | None
    lead: bool = False
    number: str = ""
    hired_on: date | None = None
    newcomer_until: date | None = None
    working: WorkingDays | None = None

    def holds(self, at: float) -> bool:
        """Whether it is valid at an instant."""
        return self.valid_from <= at and (self.valid_to is None or at < self.valid_to)

    @property
    def agent(self) -> str:
        """The extension as the board names it."""
        return f"{self.pbx}/{self.extension}"

    @property
    def facts(self) -> Facts:
        """What is known of the person."""
        return Facts(
            name=self.name,
            number=self.number,
            hired_on=self.hired_on,
            newcomer_until=self.newcomer_until,
            working=self.working,
        )


class Roster:
    """All assignments there ever were, to be asked for an instant. ``teams`` are the names in force."""

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

    def at(self, at: float) -> list[Assignment]:
        """The seats held at an instant, by extension."""
        held = [each for each in self.assignments if each.holds(at)]
        return sorted(held, key=lambda each: (each.pbx, each.extension))


async def read_roster(connection: AsyncConnection) -> Roster:
    """The roster as stored."""
    of_person = (PersonRow.name, PersonRow.number, PersonRow.hired_on, PersonRow.newcomer_until)
    rows = await connection.execute(
        select(AssignmentRow.__table__, *of_person, PersonRow.working)
        .join(PersonRow, PersonRow.id == AssignmentRow.person_id)
        .order_by(AssignmentRow.valid_from, AssignmentRow.id)
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
            lead=row.lead,
            number=row.number,
            hired_on=_day(row.hired_on),
            newcomer_until=_day(row.newcomer_until),
            working=None if row.working is None else msgspec.json.decode(row.working, type=WorkingDays),
        )
        for row in rows
    ]
    teams = await connection.execute(
        select(TeamRow.id, TeamRow.name).where(TeamRow.valid_to.is_(None)).order_by(TeamRow.id)
    )
    return Roster(assignments, {row.id: row.name for row in teams})


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def facts_row(facts: Facts) -> dict[str, Any]:
    """The columns of what is known of a person."""
    return {
        "name": facts.name,
        "number": facts.number,
        "hired_on": None if facts.hired_on is None else facts.hired_on.isoformat(),
        "newcomer_until": None if facts.newcomer_until is None else facts.newcomer_until.isoformat(),
        "working": None if facts.working is None else msgspec.json.encode(facts.working).decode(),
    }


async def sync_roster(connection: AsyncConnection, settings: ConfiguredTeams, at: float) -> None:
    """Make the stored roster hold from ``at`` what the configuration says; the past stays as it was.

    What the very first configuration says holds for all time before it. Where the store is the source, the
    configuration only fills a store that knows nobody yet.
    """
    roster = await read_roster(connection)
    if settings.roster.source == "store" and roster.assignments:
        return
    begin = at if roster.assignments else 0.0
    await name_teams(connection, {team.id: team.name for team in settings.teams}, roster, begin, at)
    current = {(a.pbx, a.extension): a for a in roster.assignments if a.valid_to is None}
    wanted = {
        (agent.pbx, agent.extension): (agent, team.id) for team in settings.teams for agent in team.agents
    }

    def stays(key: tuple[str, str], known: Assignment) -> bool:
        agent, team = wanted.get(key, (None, ""))
        return agent is not None and (agent.name, team, agent.lead) == (known.name, known.team, known.lead)

    leaving = [key for key, known in current.items() if not stays(key, known)]
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
    for key, (agent, team) in wanted.items():
        facts = facts_row(_configured(agent))
        if key in current and key not in leaving:
            known = current[key]
            if known.facts != _configured(agent):
                await connection.execute(
                    update(PersonRow).where(PersonRow.id == known.person_id).values(facts)
                )
            continue
        # A name that has no seat now is taken for the same person who moves; else somebody new. Who only
        # changes team or becomes lead stays the same person.
        before = current.get(key)
        free = [person for person in known_people.get(agent.name, []) if person not in sitting]
        if before is not None and before.person_id in free:
            free.insert(0, before.person_id)
        if free:
            person_id = free[0]
            await connection.execute(update(PersonRow).where(PersonRow.id == person_id).values(facts))
        else:
            created = await connection.execute(insert(PersonRow).values(facts).returning(PersonRow.id))
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
                lead=agent.lead,
            )
        )


def _configured(agent: Any) -> Facts:
    working = None
    if agent.working is not None:
        working = WorkingDays(
            weekdays=agent.working.weekdays, rota=agent.working.rota, rota_from=agent.working.rota_from
        )
    return Facts(
        name=agent.name,
        number=agent.number,
        hired_on=agent.hired_on,
        newcomer_until=agent.newcomer_until,
        working=working,
    )


async def name_teams(
    connection: AsyncConnection, wanted: dict[str, str], roster: Roster, begin: float, at: float
) -> None:
    """Make ``wanted`` the teams in force from ``at`` on; those that are new hold from ``begin``."""
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
