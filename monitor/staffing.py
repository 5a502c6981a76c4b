"""The settings with the teams as they are staffed at an instant: where the store is the source of the roster."""

from __future__ import annotations

from monitor.config import Agent, Settings, Team
from monitor.config_duty import Working
from monitor.store.people import Assignment, Roster


def staffed(settings: Settings, roster: Roster, at: float) -> Settings:
    """The settings, their teams being those of the roster at ``at``; a configured team keeps what it asks for.

    Where the configuration is the source, or the roster knows nobody yet, they are as they stand.
    """
    if settings.roster.source == "config" or not roster.assignments:
        return settings
    held: dict[str, list[Assignment]] = {}
    for each in roster.at(at):
        held.setdefault(each.team, []).append(each)
    known = {team.id: team for team in settings.teams}
    order = [team for team in known if team in roster.teams or team in held]
    order += sorted((roster.teams.keys() | held.keys()) - known.keys())
    teams = []
    for team in order:
        found = known.get(team) or Team(id=team, name=roster.teams.get(team, team))
        agents = tuple(_agent(each, found) for each in held.get(team, ()))
        name = roster.teams.get(team, found.name)
        if agents or team in known:
            teams.append(found.model_copy(update={"name": name, "agents": agents}))
    return settings.model_copy(update={"teams": tuple(teams)})


def _agent(each: Assignment, team: Team) -> Agent:
    """A seat as the configuration would have it; an agent's own targets there are of the extension's holder."""
    configured = {agent.name: agent for agent in team.agents}.get(each.name)
    working = each.working
    return Agent(
        extension=each.extension,
        name=each.name,
        pbx=each.pbx,
        number=each.number,
        lead=each.lead,
        hired_on=each.hired_on,
        newcomer_until=each.newcomer_until,
        working=None
        if working is None
        else Working(weekdays=working.weekdays, rota=working.rota, rota_from=working.rota_from),
        **({"targets": configured.targets} if configured is not None else {}),
    )
