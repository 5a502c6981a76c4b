"""Whose tiles there are: agents by team, and whoever makes calls without standing in one.

A tile is an extension, and shows whoever has it now: the person's figures of today in the team, on whatever
extension they were made. A call counts for who had the extension when it began; so figures split where an
extension changes hands, and nothing is lost of who has none any more: team and site keep it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import msgspec

from monitor.domain import ExtensionStatus
from monitor.duty import Seat
from monitor.metrics import shifts
from monitor.metrics.agent import AgentDay
from monitor.metrics.workday import Workday

UNASSIGNED = "unassigned"
"""Team of extensions that make calls but stand in no team: nothing is lost."""

HoursOf = Callable[[int], Sequence[tuple[float, float]]]
"""When a person has to work today."""


class Held(msgspec.Struct, frozen=True):
    """Whose figures an extension's calls of today are in ``[start, end)``; ``key`` names the ``Workday``."""

    start: float
    end: float
    key: str


class Roster:
    """The extensions of a centre, by ``pbx/extension``.

    ``agents`` are all, ``rostered`` those that stand in a team, in the order of the settings; ``works`` the figures of
    everybody who holds or held a seat today, by person and team; ``only`` are the teams that it is narrowed to
    (``None``: it is the whole site).
    """

    def __init__(self) -> None:
        self.only: frozenset[str] | None = None
        self.teams: dict[str, Any] = {}
        self.agents: dict[str, AgentDay] = {}
        self.rostered: dict[str, AgentDay] = {}
        self.members: dict[str, list[AgentDay]] = {UNASSIGNED: []}
        self.works: dict[str, Workday] = {}
        self.people: dict[str, Seat] = {}
        """The seat that a tile is of, by its id."""
        self.next_change = float("inf")
        self.seated = 0
        """Another number with other tiles."""
        self._held: dict[str, list[Held]] = {}
        self._parted: dict[str, list[Seat]] = {}
        self._phones: dict[str, ExtensionStatus] = {}

    # ------------------------------------------------------------------ seats

    def held(self, seats: Sequence[Seat], start: float, end: float) -> dict[str, list[Held]]:
        """Who has which extension when today, in order."""
        found: dict[str, list[Held]] = {}
        for seat in seats:
            to = float("inf") if seat.valid_to is None else seat.valid_to
            if seat.valid_from < end and to > start:
                key = work_key(seat)
                found.setdefault(f"{seat.pbx}/{seat.extension}", []).append(Held(seat.valid_from, to, key))
        return {agent: sorted(spans, key=lambda each: each.start) for agent, spans in found.items()}

    def moved(self, held: Mapping[str, list[Held]]) -> set[str]:
        """The extensions whose calls are no longer counted for the same people if ``held`` comes into force."""
        return {
            agent for agent in self._held.keys() | held.keys() if self._held.get(agent) != held.get(agent)
        }

    def seat(
        self,
        teams: Sequence[Any],
        seats: Sequence[Seat],
        start: float,
        end: float,
        now: float,
    ) -> None:
        """Take who sits where today, ``[start, end)``, and whose tiles there are ``now``."""
        self.teams = {team.id: team for team in teams}
        self._held = self.held(seats, start, end)
        place = {
            f"{agent.pbx}/{agent.extension}": number
            for number, agent in enumerate(agent for team in teams for agent in team.agents)
        }
        today: dict[str, list[Seat]] = {}
        for seat in seats:
            to = float("inf") if seat.valid_to is None else seat.valid_to
            if seat.valid_from < end and to > start:
                today.setdefault(work_key(seat), []).append(seat)
        before = self.works
        self.works = {key: work for key, work in before.items() if not key.startswith("#")}
        for key, mine in today.items():
            work = self.works[key] = before.get(key) or Workday(mine[0].team)
            work.tile = None
        self._parted = {
            key: mine
            for key, mine in today.items()
            if len(mine) > 1 or self.parted(f"{mine[0].pbx}/{mine[0].extension}", start, end)
        }
        changes = [
            at for seat in seats for at in (seat.valid_from, seat.valid_to) if at is not None and at > now
        ]
        self.next_change = min(changes, default=float("inf"))
        sitting = {
            f"{seat.pbx}/{seat.extension}": seat
            for mine in today.values()
            for seat in mine
            if seat.valid_from <= now and (seat.valid_to is None or now < seat.valid_to)
        }
        order = sorted(sitting, key=lambda agent: (place.get(agent, len(place)), agent))
        self.people = {agent: sitting[agent] for agent in order}
        tiles, self.agents = self.agents, {}
        self.members = {team: [] for team in (*self.teams, UNASSIGNED)}
        for agent in order:
            seat = sitting[agent]
            tile = tiles.pop(agent, None) or AgentDay(seat.pbx, seat.extension, seat.name, seat.team)
            tile.name, tile.team = seat.name, seat.team
            tile.work = self.works[work_key(seat)]
            tile.work.tile = agent
            self._enter(tile)
        self.rostered = dict(self.agents)
        self.seated = zlib.crc32("\n".join(order).encode())
        for agent, tile in tiles.items():
            tile.name, tile.team = tile.extension, UNASSIGNED
            tile.work = before.get(agent) or Workday(UNASSIGNED, agent)
            self._enter(tile)
            self.works[agent] = tile.work

    def work(self, pbx: str, extension: str, at: float) -> Workday:
        """Whose figures a call is that began at ``at``; of an extension nobody had then, its own."""
        agent = f"{pbx}/{extension}"
        for each in self._held.get(agent, ()):
            if each.start <= at < each.end:
                return self.works[each.key]
        found = self.works.get(agent)
        if found is None:
            found = self.works[agent] = Workday(UNASSIGNED)
        return found

    def part_hours(self, hours_of: HoursOf, start: float, end: float) -> None:
        """Idle gaps of whoever has had a seat for a part of the day, ``[start, end)``, are cut to that part."""
        for key, mine in self._parted.items():
            self.works[key].time_line.work((tuple(_within(hours_of(mine[0].person_id), mine)),))

    def parted(self, agent: str, start: float, end: float) -> bool:
        """Whether an extension's calls of the day are not all of one person."""
        spans = self._held.get(agent)
        return spans is not None and not (len(spans) == 1 and spans[0].start <= start and spans[0].end >= end)

    # ------------------------------------------------------------------ tiles

    def of(self, teams: Collection[str]) -> Roster:
        """Some teams alone, with the same agents; strangers are in none of them."""
        found = Roster()
        found.works, found._held = self.works, self._held
        found.seated = self.seated
        found.only = frozenset(teams) & self.teams.keys()
        found.teams = {key: team for key, team in self.teams.items() if key in found.only}
        found.members = {key: self.members.get(key, []) for key in found.teams} | {UNASSIGNED: []}
        found.rostered = {key: each for key, each in self.rostered.items() if each.team in found.only}
        found.agents = found.rostered
        found.people = {key: seat for key, seat in self.people.items() if key in found.rostered}
        return found

    def _enter(self, agent: AgentDay) -> AgentDay:
        self.agents[agent.id] = agent
        self.members.setdefault(agent.team, []).append(agent)
        return agent

    def stranger(self, pbx: str, extension: str) -> AgentDay:
        """Take up an extension that stands in no team."""
        tile = AgentDay(pbx, extension, extension, UNASSIGNED)
        tile.work = self.works.setdefault(tile.id, Workday(UNASSIGNED))
        tile.work.tile = tile.id
        found = self._enter(tile)
        if found.id in self._phones:
            found.reachable, found.reachable_since = (
                self._phones[found.id].reachable,
                self._phones[found.id].at,
            )
        return found

    def new_day(self) -> None:
        """Forget yesterday's figures; calls that are going on stay on their tiles."""
        self.works = {}
        for tile in self.agents.values():
            tile.work = Workday(tile.team)

    def forget_strangers(self) -> None:
        """Those in no team who did not call today are nobody's tile any more."""
        for agent in tuple(self.agents.values()):
            if agent.id not in self.rostered and not agent.seen:
                self.members[agent.team].remove(agent)
                del self.agents[agent.id]

    def phone(self, status: ExtensionStatus) -> AgentDay | None:
        """Note whether a phone can be reached; whose tile shows it.

        A phone in no team that makes no call is nobody's tile; should it call, its state is known.
        """
        key = f"{status.pbx}/{status.extension}"
        self._phones[key] = status
        agent = self.agents.get(key)
        if agent is not None:
            agent.reachable, agent.reachable_since = status.reachable, status.at
        return agent

    def shown(self) -> list[AgentDay]:
        """Who stands in a team, and whoever else has calls today."""
        others = (agent for agent in self.members[UNASSIGNED] if agent.seen)
        return [*self.rostered.values(), *sorted(others, key=lambda agent: agent.id)]

    def team_ids(self) -> list[str]:
        """The teams, and that of those in none while it has anybody to show."""
        extra = any(agent.seen for agent in self.members[UNASSIGNED])
        return [*self.teams, UNASSIGNED] if extra else list(self.teams)


def work_key(seat: Seat) -> str:
    """The name of a person's figures in a team."""
    return f"#{seat.person_id}/{seat.team}"


def _within(hours: Sequence[tuple[float, float]], seats: Sequence[Seat]) -> list[tuple[float, float]]:
    """The working hours in which a person had one of these seats."""
    return shifts.joined(
        (begin, until)
        for start, end in hours
        for seat in seats
        if (begin := max(start, seat.valid_from))
        < (until := min(end, float("inf") if seat.valid_to is None else seat.valid_to))
    )
