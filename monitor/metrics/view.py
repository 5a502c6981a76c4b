"""The board at one moment, told as frames."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from monitor.domain import Gap, LinkStatus, Outage, OutageCause
from monitor.metrics import frames, rates, shifts
from monitor.metrics.agent import AgentDay
from monitor.metrics.asked import Asked
from monitor.metrics.day import Day
from monitor.metrics.expectation import Expectation
from monitor.metrics.halfdays import HalfDays
from monitor.metrics.roster import Roster


class View:
    """What the board's state looks like ``now``. It reads; whoever keeps the state has brought it up to date."""

    def __init__(
        self,
        site: Any,
        roster: Roster,
        day: Day,
        half_days: HalfDays,
        expectation: Expectation,
        gaps: Mapping[str, Gap],
        outages: Mapping[str, Outage],
        now: float,
        *,
        asked: Asked,
    ) -> None:
        self._site = site
        self._roster = roster
        self._day = day
        self._half_days = half_days
        self._expectation = expectation
        self._gaps = gaps
        self._outages = outages
        self._now = now
        self._asked = asked
        self.blind = blind_times(gaps.values(), now)

    def deadlines(self) -> list[frames.Deadline]:
        """The deadlines of the day, and who has not begun."""
        return self._half_days.deadlines(self._now, self.blind, self._roster.only)

    def agent(self, agent: AgentDay) -> frames.Agent:
        """One tile."""
        lost_seconds, lost_since = self._expectation.lost(agent.id, self._now)
        return frames.Agent(
            id=agent.id,
            pbx=agent.pbx,
            extension=agent.extension,
            name=agent.name,
            team=agent.team,
            state=agent.state,
            since=agent.since,
            call=agent.call,
            figures=agent.tally.figures(),
            targets=self._asked.targets.get(agent.id) or frames.Targets(),
            newcomer=agent.id in self._asked.newcomers,
            lead=agent.id in self._asked.leads,
            last_call_ended_at=agent.line.last_ended_at,
            longest_idle_seconds=round(agent.line.longest_idle, 1),
            idle_since=self._expectation.idle_since(agent, self._now),
            lost_seconds=round(lost_seconds, 1),
            lost_since=lost_since,
            first_dials=self._half_days.of(agent.id, self._now, self.blind),
        )

    def team(self, team: str) -> frames.Team:
        """One team's figures."""
        known = self._roster.teams.get(team)
        members = self._roster.members.get(team, [])
        if known is None:
            members = [agent for agent in members if agent.seen]
        return frames.Team(
            id=team,
            name=known.name if known is not None else "",
            figures=self._day.team(team).figures(),
            targets=self._asked.together(agent.id for agent in members),
            agents=len(members),
            states=_states(members),
        )

    def site(self, day: str, storage: dict[str, Any], idle_seconds: float) -> frames.Site:
        """The whole centre on its ``day``; ``storage`` is how writing goes, an idle gap so long is shown."""
        roster = self._roster
        unknown = self._half_days.duty.calendar.uncovered_from(date.fromisoformat(day))
        asked = self._asked.together(roster.people)
        if self._site.targets.connect_rate is not None:
            asked.connect_rate = self._site.targets.connect_rate
        # Whose dials nobody asked for are no part of the pace, on either side.
        wanted = {tile: dials for tile, dials in self._asked.dials.items() if tile in roster.rostered}
        dials = sum(roster.rostered[tile].tally.dials for tile in wanted)
        return frames.Site(
            name=self._site.name,
            timezone=str(self._site.timezone),
            language=self._site.language,
            date=day,
            figures=self._day.site.figures(),
            targets=asked,
            pace=rates.share(dials, self._expectation.weighted(wanted, self._now)),
            seated=roster.seated,
            agents_total=len(roster.rostered),
            states=_states(roster.shown()),
            effective_seconds=self._site.effective_seconds,
            idle_seconds=idle_seconds,
            calendar_unknown_from=None if unknown is None else unknown.isoformat(),
            writer=storage,
        )

    def gaps(self) -> list[frames.BlindPeriod]:
        """Today's periods in which a PBX was not heard."""
        today = [gap for gap in self._gaps.values() if gap.ended_at is None or gap.ended_at > self._day.start]
        return [
            frames.BlindPeriod(
                pbx=gap.pbx, from_=gap.started_at, to=gap.ended_at, reason=gap.reason, calls_cut=gap.calls_cut
            )
            for gap in sorted(today, key=lambda gap: (gap.started_at, gap.pbx))
        ]

    def outages(self) -> list[frames.Outage]:
        """Today's periods in which all trunks of a PBX were down; a phone's stand on its tile, a PBX's are gaps."""
        return [
            frames.Outage(pbx=each.pbx, subject=each.subject, from_=each.started_at, to=each.ended_at)
            for each in sorted(self._outages.values(), key=lambda each: (each.started_at, each.pbx))
            if each.cause is OutageCause.TRUNKS and (each.ended_at is None or each.ended_at > self._day.start)
        ]


def blind_times(gaps: Iterable[Gap], now: float) -> dict[str, list[shifts.Blind]]:
    """By PBX, when it was not heard; a gap that goes on reaches to ``now``."""
    found: dict[str, list[shifts.Blind]] = {}
    for gap in gaps:
        end = gap.ended_at if gap.ended_at is not None else now
        found.setdefault(gap.pbx, []).append((gap.started_at, end))
    return {pbx: shifts.joined(periods) for pbx, periods in found.items()}


def link_frames(links: Mapping[str, LinkStatus]) -> list[frames.Link]:
    """The links to the PBXs, by name."""
    return [
        frames.Link(
            pbx=link.pbx,
            state=link.state,
            since=link.since,
            reason=link.reason,
            lag_seconds=link.lag_seconds,
            lost_events=link.lost_events,
        )
        for _, link in sorted(links.items())
    ]


def _states(agents: Iterable[AgentDay]) -> dict[str, int]:
    return dict(sorted(Counter(agent.state.value for agent in agents).items()))
