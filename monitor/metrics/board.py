"""The live board: figures and states that follow every change of a call in constant time.

``apply`` changes, ``tick`` time, read a ``snapshot`` or the ``delta`` since the last one. Each call of
today has a contribution that is taken back and put anew when the call changes, so the board equals a
recomputation from the calls at any moment, whatever the order of changes (a property test counts them anew).
A call belongs to the day in which its dial began.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from monitor.domain import (
    Brief,
    Call,
    Change,
    Direction,
    ExtensionStatus,
    Gap,
    LegRole,
    LinkStatus,
    Outage,
    OutageCause,
)
from monitor.duty import Finding
from monitor.metrics import bulk, frames, shifts
from monitor.metrics.agent import AgentDay, State
from monitor.metrics.asked import Asked
from monitor.metrics.changes import PARTS, Changed
from monitor.metrics.corner import Corner
from monitor.metrics.day import LAST_SECONDS, SLOT_SECONDS, Day
from monitor.metrics.expectation import Expectation
from monitor.metrics.expected import Downtime, expected
from monitor.metrics.halfdays import HalfDays
from monitor.metrics.posts import Duty, duty_of
from monitor.metrics.ranking import ranking
from monitor.metrics.recent import Recent
from monitor.metrics.roster import Roster
from monitor.metrics.tally import Contribution, concerned, contribution, stints
from monitor.metrics.targets import Goals
from monitor.metrics.view import View, blind_times, link_frames
from monitor.metrics.workday import Workday

RANKING_SECONDS = 5.0
FEW = 2000
"""So many calls are applied one by one where teams are watched alone: to load them counts those teams anew."""


class BoardSettings(Protocol):
    """The part of the settings that the board needs (``config.Settings``)."""

    @property
    def calendar(self) -> Any:
        """When the site works."""

    @property
    def discipline(self) -> Any:
        """The tiers of lateness, and from when on an idle gap is long."""

    @property
    def roster(self) -> Any:
        """How long somebody is a newcomer."""

    @property
    def site(self) -> Any:
        """Name, zone, language, targets, effective and wrap-up seconds."""

    @property
    def shifts(self) -> Any:
        """The shifts of a day."""

    @property
    def teams(self) -> Any:
        """Teams with their agents."""


class Board:
    """The wall-board of one centre."""

    def __init__(self, settings: BoardSettings, duty: Duty | None = None, goals: Goals | None = None) -> None:
        self._site = settings.site
        self._zone: ZoneInfo = settings.site.timezone
        self._roster = Roster()
        self._teams: Sequence[Any] = settings.teams
        self._newcomer_days: int = settings.roster.newcomer_days
        self._links: dict[str, LinkStatus] = {}
        self._gaps: dict[str, Gap] = {}
        self._outages: dict[str, Outage] = {}
        self._storage: dict[str, Any] = {"state": "ok", "pending": 0}
        self._alerts: list[frames.Alert] = []
        self._date = ""
        self._day = Day()
        self._idle_seconds: float = settings.discipline.idle_minutes * 60
        self._phones: bool = settings.discipline.phone_outages
        self._half_days = HalfDays(duty or duty_of(settings), settings.discipline.tier)
        self._expectation = Expectation()
        self._goals = goals or Goals(settings, (), self._half_days.duty.seats)
        self._asked = Asked()
        self._ahead: dict[str, Call | Brief] = {}
        self._going_on: dict[str, set[str]] = {}
        self._settling: set[str] = set()
        self._ranking: list[frames.Rank] = []
        self._sent_ranking: list[frames.Rank] = []
        self._ranked_at = float("-inf")
        self._stage: object = None
        self._slot = -1.0
        self._changed = Changed()
        self._corners: dict[frozenset[str], Corner] = {}

    # ------------------------------------------------------------------ changes

    def begins_at(self, now: float) -> float:
        """From when on calls and gaps matter to the board: the hour before midnight, or where a shift reaches back."""
        self._turn(now)
        return min(self._day.start - LAST_SECONDS, self._half_days.begins_at)

    def apply(self, change: Change, now: float) -> None:
        """Take one change; ``now`` in epoch seconds."""
        self._turn(now)
        if isinstance(change, Call):
            self._apply_call(change)
        elif isinstance(change, ExtensionStatus):
            agent = self._roster.phone(change)
            if agent is not None:
                self._changed.agents.add(agent.id)
        elif isinstance(change, LinkStatus):
            self._links[change.pbx] = change
            self._changed.parts.add("links")
        elif isinstance(change, Gap):
            self._gaps[change.id] = change
            self._expect_anew(change.pbx)
        else:
            self._outages[change.id] = change
            self._expect_anew(change.pbx, change.subject if change.cause is OutageCause.EXTENSION else None)

    @property
    def _agents(self) -> dict[str, AgentDay]:
        return self._roster.agents

    def learn(
        self,
        duty: Duty,
        now: float,
        teams: Sequence[Any] | None = None,
        goals: Goals | None = None,
    ) -> None:
        """Take a new plan: seats, days entered by hand, absences, overtime, targets. What is known of today stays.

        ``teams`` are those of the settings as they are staffed now.
        """
        self._half_days.duty = duty
        self._teams = self._teams if teams is None else teams
        self._goals = self._goals if goals is None else goals
        if not self._date:
            return
        self._half_days.turn(date.fromisoformat(self._date))
        self._day.hours = duty.site_hours(self._day.start, self._day.end)
        self._seat(now)
        self._changed.parts |= {"deadlines", "hours"}

    def _seat(self, now: float) -> None:
        """Take who sits where: calls of today whose extension is somebody else's now are counted anew."""
        roster, day, duty = self._roster, self._day, self._half_days.duty
        moved = roster.moved(roster.held(duty.seats, day.start, day.end))
        again = [
            (call_id, contribution(part, self._site.effective_seconds) if isinstance(part, Brief) else part)
            for call_id, part in day.parts.items()
            if moved and concerned(part, moved)
        ]
        for call_id, part in again:
            self._count(call_id, part, -1, None)
        roster.seat(self._teams, duty.seats, day.start, day.end, now)
        for call_id, part in again:
            day.parts[call_id] = part
            self._count(call_id, part, 1, part)
        self._expect()
        self._asked = Asked.of(roster, self._goals, duty, date.fromisoformat(self._date), self._newcomer_days)
        self._settling &= roster.agents.keys()
        self._changed.agents = set(roster.agents)
        self._changed.teams |= set(roster.team_ids())
        self._changed.parts.add("site")
        self._ranked_at = float("-inf")
        for teams, corner in self._corners.items():
            corner.roster = roster.of(teams)
            corner.begin(day)
            corner.changed = Changed(
                corner.roster.agents, corner.roster.teams, corner.day.trunks, corner.changed.parts | {"site"}
            )

    def findings(self, now: float) -> list[Finding]:
        """The verdicts of today's shifts, and of those of yesterday that went on past midnight."""
        self._turn(now)
        return self._half_days.findings(now, blind_times(self._gaps.values(), now))

    def _expect(self, agents: Iterable[AgentDay] | None = None) -> None:
        """Make out anew when whoever has an extension is expected to work on it today."""
        downtime = Downtime(self._outages.values(), self._gaps.values(), phones=self._phones)
        self._expectation.learn(
            self._half_days.duty,
            downtime,
            (self._day.start, self._day.end),
            self._agents.values() if agents is None else agents,
        )
        start, end = self._day.start, self._day.end
        duty = self._half_days.duty
        self._roster.part_hours(lambda person: expected(duty, person, start, end, downtime), start, end)

    def _expect_anew(self, pbx: str, extension: str | None = None) -> None:
        """Something of a PBX was down, or is back: whom it concerns is expected at other times."""
        concerned = [
            agent
            for agent in self._agents.values()
            if agent.pbx == pbx and extension in (None, agent.extension)
        ]
        self._half_days.downtime = Downtime(self._outages.values(), phones=self._phones)
        self._expect(concerned)
        self._changed.parts |= {"gaps", "outages", "deadlines", "site"}
        self._changed.agents |= {agent.id for agent in concerned}

    def storage(self, state: str, pending: int) -> None:
        """How storing goes: ``ok``, ``spilling`` or ``losing``, and how much waits."""
        if self._storage != {"state": state, "pending": pending}:
            self._storage = {"state": state, "pending": pending}
            self._changed.parts.add("site")

    def alerts(self, active: Sequence[frames.Alert]) -> None:
        """What wants a person now."""
        if self._alerts != active:
            self._alerts = list(active)
            self._changed.parts.add("alerts")

    def tick(self, now: float) -> None:
        """Let time pass: midnight, deadlines, wrap-up that ends."""
        self._turn(now)
        if now >= self._roster.next_change:
            self._seat(now)
        for key in tuple(self._settling):
            self._agents[key].look(now, self._site.wrap_up_seconds)
            if self._agents[key].state is not State.WRAP_UP:
                self._settling.discard(key)
                self._changed.agents.add(key)
        self._changed.agents |= self._expectation.turned(now) & self._agents.keys()
        stage = (self._half_days.stages(now), math.ceil(now / 60))  # begun minutes late count
        if stage != self._stage:
            self._stage = stage
            self._changed.parts |= {"deadlines", "site"}
            self._changed.agents |= self._half_days.waiting(self._roster.rostered, now)
        if now // SLOT_SECONDS != self._slot:
            self._slot = now // SLOT_SECONDS
            self._changed.parts |= {"last_hour", "hours"}

    def _turn(self, now: float) -> None:
        """Begin a new day at the site's midnight."""
        if self._day.holds(now):
            return
        today = shifts.day_of(now, self._zone)
        if today.isoformat() < self._date:
            return  # a clock that steps back over midnight does not bring yesterday back
        self._date = today.isoformat()
        self._half_days.turn(today)
        start, end = shifts.day_bounds(today, self._zone)
        before, trunks = self._day, self._day.trunks_after()
        self._day = Day(start, end, self._half_days.duty.site_hours(start, end))
        self._day.trunks.update(trunks)
        self._day.follow(before, self._site.effective_seconds)
        since = min(start, self._half_days.begins_at)
        self._gaps = {key: gap for key, gap in self._gaps.items() if (gap.ended_at or now) > since}
        self._outages = {key: each for key, each in self._outages.items() if (each.ended_at or now) > since}
        self._changed.teams |= set(self._roster.team_ids())
        self._roster.forget_strangers()
        self._roster.new_day()
        self._expectation.clear()
        self._settling.clear()
        self._seat(now)
        self._changed.trunks |= self._day.trunks.keys()
        self._changed.parts |= PARTS
        ahead, self._ahead = self._ahead, {}
        for call in ahead.values():
            self._apply_call(call)

    # ------------------------------------------------------------------ calls and phones

    def _agent(self, pbx: str, extension: str) -> AgentDay:
        found = self._agents.get(f"{pbx}/{extension}")
        if found is None:
            found = self._roster.stranger(pbx, extension)
            self._expect([found])
        return found

    def _work(self, pbx: str, extension: str, at: float) -> Workday:
        """Whose figures a call of an extension is that began at ``at``; a tile of the extension shows it."""
        tile = self._agent(pbx, extension)
        found = self._roster.work(pbx, extension, at)
        self._changed.agents.add(tile.id)
        if found.tile is not None:
            self._changed.agents.add(found.tile)
        return found

    def load(self, calls: Sequence[Brief], now: float) -> None:
        """Take many calls that are over: the same as applying one after the other, in a fraction of the time."""
        self._turn(now)
        day = self._day
        if self._corners and len(calls) <= FEW:
            for call in calls:
                self._apply_call(call)
            return
        known, start, end = day.parts.keys() | self._going_on.keys(), day.start, day.end
        parted = self._roster.parted
        fresh = [
            call
            for call in calls
            if start <= call.started_at < end
            and call.id not in known
            and not parted(f"{call.pbx}/{call.agent}", start, end)
        ]
        if len(fresh) < len(calls):
            taken = {call.id for call in fresh}
            for call in calls:
                if call.id not in taken:
                    self._apply_call(call)
        plain = bulk.Plain(fresh, self._site.effective_seconds)
        for (pbx, extension), mine in plain.agents.items():
            agent = self._agent(pbx, extension)
            agent.time_line.load(mine.order, mine.calls, mine.ends, mine.talked)
            plain.count(mine, (agent.tally, day.team(agent.team), day.site), day)
            self._half_days.load(agent.id, mine.dials)
            day.parts.update(zip([call_id for _, call_id in mine.order], mine.calls, strict=True))
            self._changed.agents.add(agent.id)
        plain.count_times(day)
        self._changed.trunks |= day.trunks.keys()
        self._changed.parts |= {"site", "deadlines", "hours", "last_hour"}
        for call in plain.others:
            self._apply_call(call)
        for corner in self._corners.values():
            corner.begin(day)
            corner.changed.trunks |= corner.day.trunks.keys()

    def _apply_call(self, call: Call | Brief) -> None:
        self._follow(call)
        day, started_at = self._day, call.started_at
        old = day.parts.get(call.id)
        if isinstance(old, Brief):
            old = contribution(old, self._site.effective_seconds)
        part = None
        if day.start <= started_at < day.end:
            part = contribution(call, self._site.effective_seconds)
        elif day.end <= started_at < day.end + SLOT_SECONDS:
            self._ahead[call.id] = call  # begun after a midnight that the PBX's clock had before ours
        else:
            self._apply_before(call)
        self._check_half_days(call)
        if part == old:
            return
        if old is not None:
            self._count(call.id, old, -1, part)
            del day.parts[call.id]
        if part is not None:
            day.parts[call.id] = part
            self._count(call.id, part, 1, part)

    def _apply_before(self, call: Call | Brief) -> None:
        """A call of an earlier day: the last hour may reach back to it."""
        part = contribution(call, self._site.effective_seconds)
        if self._day.put_before(call.id, part):
            self._changed.parts.add("last_hour")
            for corner in self._corners.values():
                corner.put_before(call.id, part)

    def _check_half_days(self, call: Call | Brief) -> None:
        """Keep what tells who has begun, and who was on an inbound call."""
        dialler = f"{call.pbx}/{call.agent}" if call.agent is not None and call.is_dial else None
        if self._half_days.put(call.id, dialler, call.started_at):
            self._changed.parts.add("deadlines")
            if dialler in self._agents:
                self._changed.agents.add(dialler)
        inbound = call.direction is Direction.INBOUND
        parts = {f"{call.pbx}/{each.agent}": each for each in stints(call)} if inbound else {}
        concerned = self._half_days.put_inbound(call.id, call.started_at, parts)
        if concerned:
            self._changed.agents |= concerned & self._agents.keys()

    def _follow(self, call: Call | Brief) -> None:
        """Show the call on the tiles of whom it concerns, and no longer on those of whom it did."""
        concerned = self._going_on.pop(call.id, set())
        if isinstance(call, Brief) or call.ended:
            for key in concerned:
                self._agents[key].let_go(call.id)
            self._changed.agents |= concerned
            return
        extensions = {segment.agent for segment in call.segments}
        internal = call.direction is Direction.INTERNAL
        for leg in call.legs:
            known = internal and f"{call.pbx}/{leg.endpoint}" in self._agents
            if leg.role is LegRole.AGENT or known:
                extensions.add(leg.endpoint)
        if call.agent is not None:
            extensions.add(call.agent)
        concerned |= {self._agent(call.pbx, extension).id for extension in extensions}
        busy = {key for key in concerned if self._agents[key].follow(call)}
        if busy:
            self._going_on[call.id] = busy
        self._changed.agents |= concerned

    def _count(self, call_id: str, part: Contribution, sign: int, new: Contribution | None) -> None:
        day, changed, pbx, at = self._day, self._changed, part.pbx, part.started_at
        day.count(part, sign)
        for corner in self._corners.values():
            corner.count(part, sign)
        for stint in part.stints:
            work = self._work(pbx, stint.agent, at)
            if sign > 0:
                work.time_line.put(call_id, stint)
            elif new is None or all(each.agent != stint.agent for each in new.stints) or new.started_at != at:
                work.time_line.put(call_id, None)
            changed.teams.add(work.team)
        for extension, micros in part.talk_micros:
            work = self._work(pbx, extension, at)
            for tally in (work.tally, day.team(work.team)):
                tally.talk(sign * micros, finished=part.finished)
        if part.agent is not None:
            work = self._work(pbx, part.agent, at)
            for tally in (work.tally, day.team(work.team)):
                tally.count(part, sign)
                tally.ring_micros += sign * part.ring_micros
        for seizure in part.seizures:
            changed.trunks.add(f"{pbx}/{seizure.trunk}")
        changed.parts.add("site")
        if part.dial:
            changed.parts.add("hours")
            changed.parts.add("last_hour")

    # ------------------------------------------------------------------ reading

    def snapshot(self, now: float, teams: frozenset[str] | None = None) -> frames.Board:
        """The whole board at ``now``; of ``teams`` alone where they are named."""
        self.tick(now)
        self._look(now)
        self._rank(now)
        if teams is not None:
            corner = self._corner(teams)
            corner.sent.clear()
            alerts, ranked = corner.alerts(self._alerts), ranking(corner.roster.shown())
            return self._whole(corner.roster, corner.day, ranked, alerts, now)
        return self._whole(self._roster, self._day, self._ranking, self._alerts, now)

    def _whole(
        self, roster: Roster, day: Day, ranked: list[frames.Rank], alerts: list[frames.Alert], now: float
    ) -> frames.Board:
        view = self._view(roster, day, now)
        return frames.Board(
            site=view.site(self._date, self._storage, self._idle_seconds),
            deadlines=view.deadlines(),
            teams=[view.team(team) for team in roster.team_ids()],
            trunks=[trunk.frame() for _, trunk in sorted(day.trunks.items()) if trunk.seizures],
            agents=[view.agent(agent) for agent in roster.shown()],
            ranking=ranked,
            links=link_frames(self._links),
            gaps=view.gaps(),
            outages=view.outages(),
            hours=day.hour_frames(),
            last_hour=day.slot_frames(now),
            alerts=alerts,
        )

    def delta(self, now: float) -> frames.Changes | None:
        """What changed since the last delta; ``None`` for nothing."""
        self._turn(now)
        self._look(now)
        if now - self._ranked_at >= RANKING_SECONDS:
            self._rank(now)
        changed, self._changed = self._changed, Changed()
        if self._ranking != self._sent_ranking:
            self._sent_ranking = self._ranking
            changed.parts.add("ranking")
        if changed.agents:
            changed.teams |= {self._agents[key].team for key in changed.agents}
            changed.parts.add("site")
        for corner in self._corners.values():
            corner.note(changed)
        if not (changed.parts or changed.teams or changed.trunks):
            return None
        return self._changes(self._roster, self._day, changed, self._ranking, self._alerts, now)

    def delta_of(self, teams: frozenset[str], now: float) -> frames.Changes | None:
        """The same of some teams alone, as far as ``delta`` has told it of all; ``None`` for nothing."""
        corner = self._corner(teams)
        changed, corner.changed = corner.changed, Changed()
        if not (changed.parts or changed.teams or changed.trunks or changed.agents):
            return None
        ranked = ranking(corner.roster.shown()) if "ranking" in changed.parts else []
        alerts = corner.alerts(self._alerts)
        found = self._changes(corner.roster, corner.day, changed, ranked, alerts, now)
        for name in PARTS:
            value = getattr(found, name)
            if value is not None:
                setattr(found, name, corner.news(name, value))
        return found if any(getattr(found, name) is not None for name in found.__struct_fields__) else None

    def forget(self, teams: frozenset[str]) -> None:
        """Nobody watches these teams alone any more."""
        self._corners.pop(teams, None)

    def _corner(self, teams: frozenset[str]) -> Corner:
        found = self._corners.get(teams)
        if found is None:
            found = Corner(self._roster.of(teams), self._site.effective_seconds)
            self._corners[teams] = found
            found.begin(self._day)
        return found

    def _changes(
        self,
        roster: Roster,
        day: Day,
        changed: Changed,
        ranked: list[frames.Rank],
        alerts: list[frames.Alert],
        now: float,
    ) -> frames.Changes:
        parts = changed.parts
        view = self._view(roster, day, now)
        agents = [view.agent(self._agents[key]) for key in sorted(changed.agents)]
        return frames.Changes(
            site=view.site(self._date, self._storage, self._idle_seconds) if "site" in parts else None,
            deadlines=view.deadlines() if "deadlines" in parts else None,
            teams=[view.team(team) for team in sorted(changed.teams)] or None,
            trunks=[day.trunks[key].frame() for key in sorted(changed.trunks)] or None,
            agents=agents or None,
            ranking=ranked if "ranking" in parts else None,
            links=link_frames(self._links) if "links" in parts else None,
            gaps=view.gaps() if "gaps" in parts else None,
            outages=view.outages() if "outages" in parts else None,
            hours=day.hour_frames() if "hours" in parts else None,
            last_hour=day.slot_frames(now) if "last_hour" in parts else None,
            alerts=alerts if "alerts" in parts else None,
        )

    def recent(self, since: float) -> Recent:
        """Today's dials begun from ``since`` on; looks through the whole day, so ask once a minute at most."""
        found = Recent()
        for part in self._day.parts.values():
            if part.started_at >= since:
                work = self._roster.work(part.pbx, part.agent or "", part.started_at)
                found.add(part, work.team)
        return found

    def _look(self, now: float) -> None:
        """Bring those up to date of whom something changed; the others are what they were."""
        for key in self._changed.agents:
            agent = self._agents[key]
            agent.look(now, self._site.wrap_up_seconds)
            if agent.state is State.WRAP_UP:
                self._settling.add(key)

    def _rank(self, now: float) -> None:
        self._ranked_at = now
        self._ranking = ranking(self._roster.shown(), self._asked.newcomers)

    def _view(self, roster: Roster, day: Day, now: float) -> View:
        return View(
            self._site,
            roster,
            day,
            self._half_days,
            self._expectation,
            self._gaps,
            self._outages,
            now,
            asked=self._asked,
        )
