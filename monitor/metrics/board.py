"""The live board: figures and states that follow every change of a call in constant time.

``apply`` changes, ``tick`` time, read a ``snapshot`` or the ``delta`` since the last one. Each call of
today has a contribution that is taken back and put anew when the call changes, so the board equals a
recomputation from the calls at any moment (``daily.py``; a property test holds the two together).
A call belongs to the day in which its dial began.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from monitor.domain import Call, Change, ExtensionStatus, Gap, LinkStatus
from monitor.metrics import frames, rates, shifts
from monitor.metrics.agent import AgentDay, State
from monitor.metrics.tally import Contribution, Tally, contribution

UNASSIGNED = "unassigned"
"""Team of extensions that make calls but stand in no team: nothing is lost."""

RANKING_SECONDS = 5.0
SLOT_SECONDS = 300
SLOTS = 12


class TargetsOf(Protocol):
    """A day's targets for each agent."""

    connect_rate: float | None
    dials: int | None
    connects: int | None
    effective_connects: int | None
    talk_minutes: float | None


class BoardSettings(Protocol):
    """The part of the settings that the board needs (``config.Settings``)."""

    @property
    def site(self) -> Any:
        """Name, zone, language, targets, effective and wrap-up seconds."""

    @property
    def shifts(self) -> Any:
        """The shifts of a day."""

    @property
    def teams(self) -> Any:
        """Teams with their agents."""


class TrunkDay:
    """Seizures of one trunk today."""

    __slots__ = ("active", "answered", "effective", "id", "name", "pbx", "seizures")

    def __init__(self, pbx: str, name: str) -> None:
        self.id, self.pbx, self.name = f"{pbx}/{name}", pbx, name
        self.seizures = self.answered = self.effective = self.active = 0

    def frame(self) -> frames.Trunk:
        """As shown; ASR and NER over finished seizures (ITU-T E.411, E.425)."""
        finished = self.seizures - self.active
        return frames.Trunk(
            id=self.id,
            name=self.name,
            pbx=self.pbx,
            seizures=self.seizures,
            answered=self.answered,
            asr=rates.share(min(self.answered, finished), finished),
            ner=rates.share(min(self.effective, finished), finished),
            active=self.active,
            failed=max(0, finished - self.effective),
        )


class Board:
    """The wall-board of one centre."""

    def __init__(self, settings: BoardSettings) -> None:
        self._site = settings.site
        self._zone: ZoneInfo = settings.site.timezone
        self._shifts = tuple(settings.shifts)
        self._teams = {team.id: team for team in settings.teams}
        self._agents: dict[str, AgentDay] = {}
        self._links: dict[str, LinkStatus] = {}
        self._storage: dict[str, Any] = {"state": "ok", "pending": 0}
        self._rostered: frozenset[str] = frozenset()
        for team in settings.teams:
            for agent in team.agents:
                day = AgentDay(agent.pbx, agent.extension, agent.name, team.id)
                self._agents[day.id] = day
        self._rostered = frozenset(self._agents)
        self._targets = {team.id: _merged(settings.site.targets, team.targets) for team in settings.teams}
        self._date: date | None = None
        self._windows: list[shifts.Window] = []
        self._slot = -1.0
        self._sent_ranking: list[frames.Rank] = []
        self._bounds = (0.0, 0.0)
        self._gaps: dict[str, Gap] = {}
        self._ranking: list[frames.Rank] = []
        self._ranked_at = float("-inf")
        self._known_states: dict[str, tuple[State, float | None]] = {}
        self._settling: set[str] = set()
        self._verdicts: object = None
        self._clear_day()
        self._clear_changes()

    # ------------------------------------------------------------------ changes

    def apply(self, change: Change, now: float) -> None:
        """Take one change; ``now`` in epoch seconds."""
        self._turn(now)
        if isinstance(change, Call):
            self._apply_call(change)
        elif isinstance(change, ExtensionStatus):
            agent = self._agent(change.pbx, change.extension)
            agent.reachable, agent.reachable_since = change.reachable, change.at
            self._changed_agents.add(agent.id)
        elif isinstance(change, LinkStatus):
            self._links[change.pbx] = change
            self._changed.add("links")
        else:
            self._gaps[change.id] = change
            self._changed |= {"gaps", "deadlines"}
            self._changed_agents |= {agent.id for agent in self._agents.values() if agent.pbx == change.pbx}

    def storage(self, state: str, pending: int) -> None:
        """How storing goes: ``ok``, ``spilling`` or ``losing``, and how much waits."""
        if self._storage != {"state": state, "pending": pending}:
            self._storage = {"state": state, "pending": pending}
            self._changed.add("site")

    def tick(self, now: float) -> None:
        """Let time pass: midnight, deadlines, wrap-up that ends."""
        self._turn(now)
        for key in list(self._settling):
            agent = self._agents[key]
            if agent.state(now, self._site.wrap_up_seconds)[0] is not State.WRAP_UP:
                self._settling.discard(key)
                self._changed_agents.add(key)
        stage = tuple((window.shift, self._deadline_state(window, now)) for window in self._windows)
        minute = int(now // 60)
        if (stage, minute) != self._verdicts:
            self._verdicts = (stage, minute)
            self._changed |= {"deadlines", "site"}
            late = any(state in ("running", "passed", "over") for _, state in stage)
            if late:
                self._changed_agents |= self._waiting(now)
        if now // SLOT_SECONDS != self._slot:
            self._slot = now // SLOT_SECONDS
            self._changed |= {"last_hour", "hours"}

    def _waiting(self, now: float) -> set[str]:
        """Agents whose verdict may still change with time alone."""
        return {
            key
            for key in self._rostered
            for window in self._windows
            if now > window.dial_by_at
            and now <= window.ends_at + 60
            and window.shift not in self._first.get(key, {})
        }

    def _turn(self, now: float) -> None:
        """Begin a new day at the site's midnight."""
        if self._bounds[0] <= now < self._bounds[1]:
            return
        today = shifts.day_of(now, self._zone)
        if self._date is not None and today < self._date:
            return  # a clock that steps back over midnight does not bring yesterday back
        self._date = today
        self._bounds = shifts.day_bounds(today, self._zone)
        self._clear_day()
        self._windows = shifts.windows(today, self._shifts, self._zone)
        self._clear_changes(everything=True)

    def _clear_day(self) -> None:
        self._windows = []
        self._parts: dict[str, tuple[str, Contribution]] = {}
        self._site_tally = Tally()
        self._team_tallies: dict[str, Tally] = {}
        self._trunks: dict[str, TrunkDay] = {}
        self._hours: dict[int, list[float]] = {}
        self._slots: dict[int, list[float]] = {}
        self._first: dict[str, dict[str, tuple[float, str]]] = {}
        self._slot = -1.0
        self._gaps = {key: gap for key, gap in self._gaps.items() if gap.ended_at is None}
        for agent in self._agents.values():
            agent.new_day()
        self._settling.clear()

    def _clear_changes(self, *, everything: bool = False) -> None:
        self._changed_agents: set[str] = set(self._agents) if everything else set()
        self._changed_teams: set[str] = set()
        self._changed_trunks: set[str] = set()
        parts = {"site", "deadlines", "ranking", "links", "gaps", "hours", "last_hour"}
        self._changed: set[str] = parts if everything else set()
        self._everything = everything

    # ------------------------------------------------------------------ calls

    def _agent(self, pbx: str, extension: str) -> AgentDay:
        key = f"{pbx}/{extension}"
        found = self._agents.get(key)
        if found is None:
            found = self._agents[key] = AgentDay(pbx, extension, extension, UNASSIGNED)
        return found

    def _apply_call(self, call: Call) -> None:
        involved = {call.agent} if call.agent else set()
        involved |= {segment.agent for segment in call.segments}
        involved |= {leg.endpoint for leg in call.legs if leg.role == "agent"}
        if call.direction == "internal":
            involved |= {leg.endpoint for leg in call.legs if f"{call.pbx}/{leg.endpoint}" in self._agents}
        for extension in involved:
            agent = self._agent(call.pbx, extension)
            agent.follow(call)
            self._changed_agents.add(agent.id)
        start, end = self._bounds
        old = self._parts.get(call.id)
        part = contribution(call, self._site.effective_seconds) if start <= call.started_at < end else None
        # Most changes leave the dial where it was: then the half-day's first dial stays what it is.
        moved = old is None or part is None or _dial(old[1]) != _dial(part)
        if old is not None:
            self._count(call.id, *old, -1, moved)
            del self._parts[call.id]
        if part is not None:
            self._parts[call.id] = (call.pbx, part)
            self._count(call.id, call.pbx, part, 1, moved)
        self._changed.add("site")

    def _count(self, call_id: str, pbx: str, part: Contribution, sign: int, moved: bool) -> None:
        self._site_tally.add_dial(part, sign)
        talk_total = 0.0
        for extension in part.agents:
            agent = self._agent(pbx, extension)
            agent.put(call_id, part if sign > 0 else None)
            self._changed_agents.add(agent.id)
            self._changed_teams.add(agent.team)
        for extension, seconds in part.talk:
            agent = self._agent(pbx, extension)
            agent.tally.talk_seconds += sign * seconds
            self._team(agent.team).talk_seconds += sign * seconds
            talk_total += seconds
        self._site_tally.talk_seconds += sign * talk_total
        if part.agent is not None:
            agent = self._agent(pbx, part.agent)
            agent.tally.add_dial(part, sign)
            self._team(agent.team).add_dial(part, sign)
            if part.dial and moved:
                self._first_dial(agent.id, call_id, part, sign)
        for seizure in part.seizures:
            key = f"{pbx}/{seizure.trunk}"
            trunk = self._trunks.setdefault(key, TrunkDay(pbx, seizure.trunk))
            trunk.seizures += sign
            trunk.answered += sign * seizure.answered
            trunk.effective += sign * seizure.effective
            trunk.active += sign * seizure.active
            self._changed_trunks.add(key)
        if part.dial:
            for table, width, base in (
                (self._hours, 3600, self._bounds[0]),
                (self._slots, SLOT_SECONDS, 0.0),
            ):
                bucket = table.setdefault(int((part.started_at - base) // width), [0, 0, 0, 0.0])
                bucket[0] += sign
                bucket[1] += sign * part.finished
                bucket[2] += sign * part.connect
                bucket[3] += sign * talk_total
            self._changed |= {"hours", "last_hour"}

    def _team(self, team: str) -> Tally:
        return self._team_tallies.setdefault(team, Tally())

    def _first_dial(self, agent: str, call_id: str, part: Contribution, sign: int) -> None:
        """The first dial of each half-day. A call is rarely taken back for good: then look again."""
        mine = self._first.setdefault(agent, {})
        for window in self._windows:
            if not window.counts_from <= part.started_at < window.ends_at:
                continue
            first = mine.get(window.shift)
            if sign > 0 and (first is None or (part.started_at, call_id) < first):
                mine[window.shift] = (part.started_at, call_id)
                self._changed.add("deadlines")
            elif sign < 0 and first is not None and first[1] == call_id:
                del mine[window.shift]
                for other, (pbx, known) in self._parts.items():
                    if other != call_id and known.dial and f"{pbx}/{known.agent}" == agent:
                        self._first_dial(agent, other, known, 1)

    # ------------------------------------------------------------------ reading

    def snapshot(self, now: float) -> frames.Board:
        """The whole board at ``now``."""
        self.tick(now)
        self._rank(now, force=True)
        return frames.Board(
            site=self._site_frame(now),
            deadlines=self._deadlines(now),
            teams=[self._team_frame(team, now) for team in self._team_ids()],
            trunks=[trunk.frame() for _, trunk in sorted(self._trunks.items())],
            agents=[self._agent_frame(agent, now) for agent in self._agents.values()],
            ranking=self._ranking,
            links=self._link_frames(),
            gaps=self._gap_frames(),
            hours=self._hour_frames(),
            last_hour=self._slot_frames(now),
        )

    def delta(self, now: float) -> frames.Changes | None:
        """What changed since the last delta; ``None`` for nothing."""
        if self._changed_agents:
            self._changed_teams |= {self._agents[key].team for key in self._changed_agents}
            self._changed.add("site")
        self._rank(now)
        if self._ranking != self._sent_ranking:
            self._sent_ranking = self._ranking
            self._changed.add("ranking")
        changed = self._changed
        if not (changed or self._changed_agents or self._changed_teams or self._changed_trunks):
            return None
        agents = [self._agent_frame(self._agents[key], now) for key in sorted(self._changed_agents)]
        teams = self._team_ids() if self._everything else sorted(self._changed_teams)
        trunks = (
            sorted(self._trunks) if self._everything else sorted(self._changed_trunks & set(self._trunks))
        )
        found = frames.Changes(
            site=self._site_frame(now) if "site" in changed else None,
            deadlines=self._deadlines(now) if "deadlines" in changed else None,
            teams=[self._team_frame(team, now) for team in teams] or None,
            trunks=[self._trunks[key].frame() for key in trunks] or None,
            agents=agents or None,
            ranking=self._ranking if "ranking" in changed else None,
            links=self._link_frames() if "links" in changed else None,
            gaps=self._gap_frames() if "gaps" in changed else None,
            hours=self._hour_frames() if "hours" in changed else None,
            last_hour=self._slot_frames(now) if "last_hour" in changed else None,
        )
        self._clear_changes()
        return found

    def _team_ids(self) -> list[str]:
        extra = [UNASSIGNED] if any(agent.team == UNASSIGNED for agent in self._agents.values()) else []
        return [*self._teams, *extra]

    def _members(self, team: str) -> list[AgentDay]:
        return [agent for agent in self._agents.values() if agent.team == team]

    def _states(self, agents: Iterable[AgentDay], now: float) -> dict[str, int]:
        counts = Counter(agent.state(now, self._site.wrap_up_seconds)[0].value for agent in agents)
        return dict(sorted(counts.items()))

    def _agent_frame(self, agent: AgentDay, now: float) -> frames.Agent:
        agent.refresh([(window.starts_at, window.ends_at) for window in self._windows])
        state, since, call = agent.state(now, self._site.wrap_up_seconds)
        if state is State.WRAP_UP:
            self._settling.add(agent.id)
        return frames.Agent(
            id=agent.id,
            pbx=agent.pbx,
            extension=agent.extension,
            name=agent.name,
            team=agent.team,
            state=state,
            since=since,
            call=call,
            figures=agent.tally.figures(),
            targets=_targets(self._targets.get(agent.team), 1),
            last_call_ended_at=agent.last_ended_at,
            longest_idle_seconds=round(agent.longest_idle, 1),
            first_dials=[self._first_frame(agent, window, now) for window in self._windows],
        )

    def _verdict(
        self, agent: AgentDay, window: shifts.Window, now: float
    ) -> tuple[shifts.Verdict, int | None]:
        first = self._first.get(agent.id, {}).get(window.shift)
        if agent.id not in self._rostered:
            return shifts.Verdict.OFF, None
        return shifts.verdict(window, first[0] if first else None, now, self._blind(agent.pbx, now))

    def _first_frame(self, agent: AgentDay, window: shifts.Window, now: float) -> frames.FirstDial:
        first = self._first.get(agent.id, {}).get(window.shift)
        kind, minutes = self._verdict(agent, window, now)
        return frames.FirstDial(
            shift=window.shift,
            at=first[0] if first else None,
            verdict=kind,
            late_minutes=minutes,
            call_id=first[1] if first else None,
            on_inbound=agent.inbound_over(window.dial_by_at),
        )

    def _blind(self, pbx: str, now: float) -> list[shifts.Blind]:
        return [
            (gap.started_at, gap.ended_at if gap.ended_at is not None else now)
            for gap in self._gaps.values()
            if gap.pbx == pbx
        ]

    def _team_frame(self, team: str, now: float) -> frames.Team:
        members = self._members(team)
        known = self._teams.get(team)
        return frames.Team(
            id=team,
            name=known.name if known is not None else "",
            figures=self._team(team).figures(),
            targets=_targets(self._targets.get(team), len(members)),
            agents=len(members),
            states=self._states(members, now),
        )

    def _site_frame(self, now: float) -> frames.Site:
        agents = len(self._rostered)
        targets = _sum([_targets(self._targets[team], len(self._members(team))) for team in self._teams])
        targets.connect_rate = self._site.targets.connect_rate
        share = shifts.elapsed_share(now, self._windows)
        return frames.Site(
            name=self._site.name,
            timezone=str(self._zone),
            language=self._site.language,
            date=self._date.isoformat() if self._date else "",
            figures=self._site_tally.figures(),
            targets=targets,
            pace=rates.pace(self._site_tally.dials, targets.dials, share),
            agents_total=agents,
            states=self._states(self._agents.values(), now),
            effective_seconds=self._site.effective_seconds,
            writer=self._storage,
        )

    @staticmethod
    def _deadline_state(window: shifts.Window, now: float) -> str:
        if now < window.starts_at:
            return "upcoming"
        if now < window.dial_by_at:
            return "running"
        return "passed" if now < window.ends_at else "over"

    def _deadlines(self, now: float) -> list[frames.Deadline]:
        found = []
        for window in self._windows:
            verdicts = {
                key: self._verdict(self._agents[key], window, now)[0]
                for key in self._agents
                if key in self._rostered
            }
            begun = sum(1 for key in self._rostered if window.shift in self._first.get(key, {}))
            found.append(
                frames.Deadline(
                    shift=window.shift,
                    name=window.name,
                    starts_at=window.starts_at,
                    dial_by_at=window.dial_by_at,
                    ends_at=window.ends_at,
                    state=self._deadline_state(window, now),
                    expected=len(self._rostered),
                    begun=begun,
                    not_begun=[key for key in verdicts if window.shift not in self._first.get(key, {})],
                    late=_with(verdicts, shifts.Verdict.LATE),
                    indeterminate=_with(verdicts, shifts.Verdict.INDETERMINATE),
                )
            )
        return found

    def _rank(self, now: float, *, force: bool = False) -> None:
        if not force and now - self._ranked_at < RANKING_SECONDS:
            return
        self._ranked_at = now
        counted = {
            agent.id: (agent.tally.finished_connects, agent.tally.finished)
            for agent in self._agents.values()
            if agent.tally.finished > 0
        }
        mean, weight = rates.prior(counted.values())
        values = {key: rates.shrunken(*pair, mean, weight) for key, pair in counted.items()}
        ranking = []
        for rank, key in rates.order(list(values.items())):
            connects, finished = counted[key]
            low, high = rates.wilson(connects, finished) or (0.0, 1.0)
            ranking.append(
                frames.Rank(
                    id=key,
                    rank=rank,
                    value=round(values[key], 6),
                    connect_rate=rates.share(connects, finished),
                    low=round(low, 6),
                    high=round(high, 6),
                    finished=finished,
                )
            )
        self._ranking = ranking

    def _link_frames(self) -> list[frames.Link]:
        return [
            frames.Link(
                pbx=link.pbx,
                state=link.state,
                since=link.since,
                reason=link.reason,
                lag_seconds=link.lag_seconds,
                lost_events=link.lost_events,
            )
            for _, link in sorted(self._links.items())
        ]

    def _gap_frames(self) -> list[frames.BlindPeriod]:
        start = self._bounds[0]
        today = [gap for gap in self._gaps.values() if gap.ended_at is None or gap.ended_at > start]
        return [
            frames.BlindPeriod(
                pbx=gap.pbx, from_=gap.started_at, to=gap.ended_at, reason=gap.reason, calls_cut=gap.calls_cut
            )
            for gap in sorted(today, key=lambda gap: gap.started_at)
        ]

    def _hour_frames(self) -> list[frames.Bucket]:
        first, last = self._span_of_hours()
        return [
            _bucket(self._bounds[0] + hour * 3600, self._hours.get(hour)) for hour in range(first, last + 1)
        ]

    def _span_of_hours(self) -> tuple[int, int]:
        base = self._bounds[0]
        marks = [int((at - base) // 3600) for w in self._windows for at in (w.starts_at, w.ends_at - 1)]
        marks += [hour for hour, bucket in self._hours.items() if bucket[0]]
        return (min(marks), max(marks)) if marks else (0, -1)

    def _slot_frames(self, now: float) -> list[frames.Bucket]:
        last = int(now // SLOT_SECONDS)
        slots = range(last - SLOTS + 1, last + 1)
        return [_bucket(float(slot * SLOT_SECONDS), self._slots.get(slot)) for slot in slots]


def _dial(part: Contribution) -> tuple[bool, str | None, float]:
    return part.dial, part.agent, part.started_at


def _bucket(start: float, counts: Sequence[float] | None) -> frames.Bucket:
    dials, finished, connects, talk = counts if counts is not None else (0, 0, 0, 0.0)
    return frames.Bucket(
        start=start,
        dials=int(dials),
        finished=int(finished),
        connects=int(connects),
        talk_seconds=round(talk, 3),
    )


def _with(verdicts: dict[str, shifts.Verdict], kind: shifts.Verdict) -> list[str]:
    return [key for key, verdict in verdicts.items() if verdict is kind]


_SUMMED = ("dials", "connects", "effective_connects", "talk_minutes")


def _merged(site: TargetsOf, team: TargetsOf) -> dict[str, float | None]:
    """A team's own targets, and the site's where it has none."""
    names = ("connect_rate", *_SUMMED)
    return {
        name: getattr(team, name) if getattr(team, name) is not None else getattr(site, name)
        for name in names
    }


def _targets(each: dict[str, float | None] | None, agents: int) -> frames.Targets:
    if each is None:
        return frames.Targets()
    summed = {name: None if each[name] is None else (each[name] or 0) * agents for name in _SUMMED}
    return frames.Targets(connect_rate=each["connect_rate"], **summed)


def _sum(targets: Sequence[frames.Targets]) -> frames.Targets:
    total = frames.Targets()
    for name in _SUMMED:
        known = [value for each in targets if (value := getattr(each, name)) is not None]
        setattr(total, name, sum(known) if known else None)
    return total
