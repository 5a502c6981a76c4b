"""Whose tiles there are: agents by team, and whoever makes calls without standing in one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from monitor.domain import ExtensionStatus
from monitor.metrics import targets
from monitor.metrics.agent import AgentDay

UNASSIGNED = "unassigned"
"""Team of extensions that make calls but stand in no team: nothing is lost."""


class Roster:
    """The extensions of a centre, by ``pbx/extension``, and what their teams ask of them.

    ``agents`` are all, ``rostered`` those that stand in a team, in the order of the settings; ``only`` are the teams
    that it is narrowed to (``None``: it is the whole site).
    """

    def __init__(self, teams: Sequence[Any], site_targets: targets.TargetsOf) -> None:
        self._site_targets = site_targets
        self.only: frozenset[str] | None = None
        self.teams = {team.id: team for team in teams}
        self.targets = {team.id: targets.merged(site_targets, team.targets) for team in teams}
        self.agents: dict[str, AgentDay] = {}
        self.members: dict[str, list[AgentDay]] = {team: [] for team in (*self.teams, UNASSIGNED)}
        self._phones: dict[str, ExtensionStatus] = {}
        for team in teams:
            for agent in team.agents:
                self._enter(AgentDay(agent.pbx, agent.extension, agent.name, team.id))
        self.rostered = dict(self.agents)

    def of(self, teams: Collection[str]) -> Roster:
        """Some teams alone, with the same agents; strangers are in none of them."""
        found = Roster((), self._site_targets)
        found.only = frozenset(teams) & self.teams.keys()
        found.teams = {key: team for key, team in self.teams.items() if key in found.only}
        found.targets = {key: self.targets[key] for key in found.teams}
        found.members = {key: self.members[key] for key in found.teams} | {UNASSIGNED: []}
        found.rostered = {key: each for key, each in self.rostered.items() if each.team in found.only}
        found.agents = found.rostered
        return found

    def _enter(self, agent: AgentDay) -> AgentDay:
        self.agents[agent.id] = agent
        self.members[agent.team].append(agent)
        return agent

    def stranger(self, pbx: str, extension: str) -> AgentDay:
        """Take up an extension that stands in no team."""
        found = self._enter(AgentDay(pbx, extension, extension, UNASSIGNED))
        if found.id in self._phones:
            found.reachable, found.reachable_since = (
                self._phones[found.id].reachable,
                self._phones[found.id].at,
            )
        return found

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
