"""Who sits where: the names and teams that calls are shown with."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.access import Scope
from monitor.config import Settings, Team
from monitor.domain import Call
from monitor.metrics.roster import UNASSIGNED
from monitor.store.calls import Seat
from monitor.store.people import Roster


class Directory:
    """Names and teams of extensions: those of a call's own time from the roster, else as configured.

    ``teams`` are the teams as they are staffed now.
    """

    def __init__(self, settings: Settings) -> None:
        self._roster: Roster | None = None
        self._take(settings)

    def _take(self, settings: Settings) -> None:
        self.teams: tuple[Team, ...] = settings.teams
        self._people = {
            (agent.pbx, agent.extension): (agent.name, team.id)
            for team in settings.teams
            for agent in team.agents
        }
        self._members = {
            team.id: frozenset(f"{agent.pbx}/{agent.extension}" for agent in team.agents)
            for team in settings.teams
        }
        self._team_names = {team.id: team.name for team in settings.teams}

    def learn(self, roster: Roster, settings: Settings) -> None:
        """Take the roster, once the store has told it, and the settings with the teams as they are staffed now."""
        self._take(settings)
        self._roster = roster
        self._team_names = roster.teams | self._team_names

    def who(self, pbx: str, extension: str, at: float) -> tuple[str, str] | None:
        """Name and team id of who had an extension at ``at`` (epoch seconds)."""
        if self._roster is not None:
            return self._roster.names(pbx, extension, at)
        return self._people.get((pbx, extension))

    def seats(self, scope: Scope) -> tuple[Seat, ...] | None:
        """Whose calls a login sees, and from when to when; ``None`` for everybody's."""
        if scope.site:
            return None
        if self._roster is not None:
            return tuple(
                Seat(each.pbx, each.extension, each.valid_from, each.valid_to)
                for each in self._roster.assignments
                if scope.one(each.team, each.person_id)
            )
        return tuple(Seat(*place) for place, (_, team) in self._people.items() if scope.team(team))

    def sees(self, scope: Scope, call: Call) -> bool:
        """Whether a login sees a call: somebody it sees made it or talked in it."""
        seats = self.seats(scope)
        if seats is None:
            return True
        agents = {call.agent, *(segment.agent for segment in call.segments)}
        return any(
            seat.pbx == call.pbx
            and seat.extension in agents
            and seat.start <= call.started_at
            and (seat.end is None or call.started_at < seat.end)
            for seat in seats
        )

    def chosen(self, teams: Sequence[str]) -> tuple[frozenset[str], bool]:
        """Ids (``pbx/extension``) of the agents of teams, and whether everybody *but* them is meant.

        Unknown teams have nobody; the board's team of those in no team is everybody but the others.
        """
        if UNASSIGNED not in teams:
            return self._of(teams), False
        return self._of([team for team in self._members if team not in teams]), True

    def _of(self, teams: Sequence[str]) -> frozenset[str]:
        return frozenset().union(*(self._members.get(team, frozenset()) for team in teams))

    def has_team(self, team: str) -> bool:
        """Whether there is, or was, a team of this id."""
        return team in self._team_names

    def team_name(self, team: str | None) -> str | None:
        """A team's name; an id that is unknown is its own."""
        return None if team is None else self._team_names.get(team, team)
