"""The month counted by hand: METRICS.md, RULES.md and docs/topics/check.md step by step, over plain lists.

Slow and simple on purpose. It imports nothing of the product's counting (``monitor.metrics``, ``monitor.attendance``,
``monitor.store``): what both agree on, two people have read out of the same definitions.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from monitor.domain import Call, Direction, OutageCause, Outcome, Segment

from .world import (
    EFFECTIVE_SECONDS,
    GRACE_COUNT,
    GRACE_MINUTES,
    HOLIDAYS,
    MAKE_UP,
    SHIFTS,
    SITE_WEEKDAYS,
    TIERS,
    Away,
    Bounds,
    Sitting,
    World,
    at,
    bounds,
    day_of,
)

Span = tuple[float, float]


@dataclass(frozen=True)
class Judged:
    """A verdict with what it rests on."""

    name: str
    team: str
    day: date
    shift: str
    verdict: str
    minutes: int | None
    tier: str | None
    first_dial_at: float | None
    on_inbound: bool
    away: str | None
    why: str | None


class Reference:
    """Answers for one world, from the calls that are known."""

    def __init__(self, world: World, calls: Iterable[Call]) -> None:
        self.world = world
        self.calls_of: dict[tuple[str, str], list[Call]] = {}
        """By PBX and extension whose call it is."""
        self.talked: dict[tuple[str, str], list[Call]] = {}
        """By PBX and extension, calls in which it talked or that are its own."""
        self.nobodys: list[Call] = []
        for call in sorted(calls, key=lambda each: (each.started_at, each.id)):
            if call.agent is None:
                self.nobodys.append(call)
            else:
                self.calls_of.setdefault((call.pbx, call.agent), []).append(call)
            for each in {call.agent, *(segment.agent for segment in call.segments)} - {None}:
                self.talked.setdefault((call.pbx, str(each)), []).append(call)
        self.sat_on: dict[tuple[str, str], list[Sitting]] = {}
        self.sat: dict[str, list[Sitting]] = {}
        for sitting in world.sittings:
            self.sat_on.setdefault((sitting.pbx, sitting.extension), []).append(sitting)
            self.sat.setdefault(sitting.name, []).append(sitting)

    # ------------------------------------------------------------------ who has to work

    def workday(self, day: date, sitting: Sitting) -> tuple[bool, str]:
        """Whether a day is one for somebody, and what decided it (check.md, the five steps)."""
        rule = self.world.teams[sitting.team]
        for scope in (("", sitting.name), (sitting.team, ""), ("", "")):
            for each in self.world.by_hand:
                if each.day == day and (each.team, each.name) == scope:
                    return each.working, "own"
        if day in HOLIDAYS:
            return False, "holiday"
        if rule.rota is not None:
            on, off = rule.rota
            return (day - rule.rota_from).days % (on + off) < on, "rota"
        if day in MAKE_UP:
            return True, "make_up"
        return day.weekday() in (SITE_WEEKDAYS if rule.weekdays is None else rule.weekdays), "weekly"

    def works(self, day: date, shift: str, sitting: Sitting) -> bool:
        """Whether somebody has to work a shift of a day."""
        working, kind = self.workday(day, sitting)
        mine = self.world.teams[sitting.team].shifts
        if not working or shift not in mine:
            return False
        if day.weekday() in SHIFTS[shift].weekdays:
            return True
        return kind != "weekly" and not any(day.weekday() in SHIFTS[each].weekdays for each in mine)

    def excused(self, name: str, instant: float) -> Away | None:
        """The absence in force at an instant; of several the one that began first."""
        mine = [
            each
            for each in self.world.away
            if each.name == name and not each.withdrawn and each.start <= instant < each.end
        ]
        return min(mine, key=lambda each: each.start, default=None)

    # ------------------------------------------------------------------ the check

    def judged(self, day: date, now: float) -> list[Judged]:
        """The verdict on everybody for the shifts that began on a day."""
        found = []
        for shift in SHIFTS:
            when = bounds(day, shift)
            there = [sitting for sitting in self.world.sittings if sitting.holds(when.dial_by)]
            if any(self.works(day, shift, sitting) for sitting in there):
                found += [
                    self._judged(day, shift, when, sitting, now)
                    for sitting in there
                    if self._concerned(day, shift, sitting)
                ]
        return found  # fmt: skip

    def _concerned(self, day: date, shift: str, sitting: Sitting) -> bool:
        """Who works other shifts that day has no verdict in this one."""
        return self.works(day, shift, sitting) or not self.workday(day, sitting)[0]

    def _judged(self, day: date, shift: str, when: Bounds, sitting: Sitting, now: float) -> Judged:
        spans = self.spans(sitting.name, when.counts_from, when.end)
        dials = [
            call.started_at
            for place, start, end in spans
            for call in self.calls_of.get(place, ())
            if call.direction is Direction.OUTBOUND
            and call.outcome is not Outcome.AGENT_UNANSWERED
            and start <= call.started_at < end
        ]
        first = min(dials, default=None)
        verdict, minutes, why, away = "", None, None, None
        if not self.works(day, shift, sitting):
            verdict, why = "off", self.workday(day, sitting)[1]
            away = self.excused(sitting.name, when.dial_by)
        else:
            away = self.excused(sitting.name, when.dial_by)
            if away is not None:
                verdict = "excused"
            else:
                verdict, minutes = self._verdict(
                    when, first, self.blind(spans, now), self.down(spans, now), now
                )
        tier = None
        for title, begins in TIERS:
            if minutes is not None and minutes >= begins:
                tier = title
        return Judged(
            sitting.name,
            sitting.team,
            day,
            shift,
            verdict,
            minutes,
            tier,
            first,
            now > when.dial_by and self._on_inbound(sitting, when.dial_by),
            None if away is None else away.kind,
            why,
        )

    @staticmethod
    def _verdict(
        when: Bounds, first: float | None, blind: list[Span], down: list[Span], now: float
    ) -> tuple[str, int | None]:
        if first is not None and first <= when.late_after:
            return "on_time", None  # whatever was down
        if first is None and now <= when.late_after:
            return "pending", None
        if any(start <= when.late_after and end > when.counts_from for start, end in blind):
            return "indeterminate", None  # it was blind while a dial in time may have begun, and saw none

        def lost(until: float) -> float:
            """Seconds since the shift's start in which there was nothing to dial on."""
            return seconds(within(down, [(when.start, until)]))

        # The deadline waits while something is down (all instants of the month are quarters of a second).
        by, allotted = when.late_after, when.late_after - when.start
        while lost(by) and by - when.start - lost(by) < allotted:
            by += 0.25
        until = first if first is not None else min(now, when.end)
        if by > when.late_after and until <= by:
            return "excused", None
        if any(start <= by and end > when.late_after for start, end in blind):
            return "indeterminate", None
        unseen = [start for start, end in blind if end > by and start < until]
        still_down = any(start < when.end <= end for start, end in down)
        if first is None and now >= when.end and not unseen and not still_down:
            return "not_started", None
        # A begun minute counts; where it was blind after the deadline, they count up to there.
        until = min([until, *unseen])
        return "late", max(1, math.ceil((until - lost(until) - when.dial_by) / 60))

    def down(self, spans: list[tuple[tuple[str, str], float, float]], now: float) -> list[Span]:
        """When the phone somebody had, or every trunk of its PBX, was down; of one that goes on the end is ahead."""
        found = []
        for (pbx, extension), start, end in spans:
            for each in self.world.outages:
                phone = each.cause is OutageCause.EXTENSION
                if each.pbx == pbx and (not phone or each.subject == extension) and each.started_at < now:
                    until = each.ended_at if each.ended_at is not None and each.ended_at < now else math.inf
                    if max(each.started_at, start) < min(until, end):
                        found.append((max(each.started_at, start), min(until, end)))
        return united(found)

    def spans(self, name: str, start: float, end: float) -> list[tuple[tuple[str, str], float, float]]:
        """Which extensions somebody had between two instants, and from when to when."""
        found = []
        for sitting in self.sat[name]:
            begin = max(start, sitting.start)
            until = end if sitting.end is None else min(end, sitting.end)
            if begin < until:
                found.append(((sitting.pbx, sitting.extension), begin, until))
        return found

    def blind(self, spans: list[tuple[tuple[str, str], float, float]], now: float) -> list[Span]:
        """When the PBX of the extension was not heard while somebody had it; what touches is one."""
        found = []
        for (pbx, _), start, end in spans:
            unheard = [(0.0, self.world.watched_from[pbx])]
            unheard += [
                (gap.started_at, now if gap.ended_at is None else min(now, gap.ended_at))
                for gap in self.world.gaps
                if gap.pbx == pbx and gap.started_at < now
            ]
            for begin, until in unheard:
                if max(begin, start) < min(until, end):
                    found.append((max(begin, start), min(until, end)))
        return united(found)

    def _on_inbound(self, sitting: Sitting, instant: float) -> bool:
        for call in self.talked.get((sitting.pbx, sitting.extension), ()):
            if call.direction is Direction.INBOUND:
                begin, end = busy(call, sitting.extension)
                if begin <= instant and (end is None or end >= instant):
                    return True
        return False

    # ------------------------------------------------------------------ the ledger

    def ledger(self, judged: Iterable[Judged]) -> dict[str, dict[str, object]]:
        """Each person's month: what was late and not covered by grace, by tier, with its minutes."""
        found: dict[str, dict[str, object]] = {}
        by_name: dict[str, list[Judged]] = {}
        for each in judged:
            by_name.setdefault(each.name, []).append(each)
        for name, mine in by_name.items():
            mine.sort(key=lambda each: bounds(each.day, each.shift).dial_by)
            left, covered, full = GRACE_COUNT, [], []
            for each in mine:
                if each.verdict == "late":
                    if left and (each.minutes or 0) <= GRACE_MINUTES:
                        left -= 1
                        covered.append((each.day, each.shift))
                    else:
                        full.append(each)
            count = Counter(each.verdict for each in mine)
            found[name] = {
                "checked": sum(count[kind] for kind in ("on_time", "late", "not_started", "indeterminate", "excused")),
                "on_time": count["on_time"],
                "late": count["late"],
                "covered": covered,
                "counted": len(full),
                "minutes": sum(each.minutes or 0 for each in full),
                "tiers": dict(Counter(each.tier for each in full if each.tier is not None)),
                "not_started": count["not_started"],
                "indeterminate": count["indeterminate"],
                "excused": count["excused"],
                "exceptions": sum(each.verdict == "excused" and each.away == "exception" for each in mine),
            }  # fmt: skip
        return found

    # ------------------------------------------------------------------ figures

    def owner(self, pbx: str, extension: str, instant: float) -> Sitting | None:
        """Who had an extension at an instant."""
        return next((s for s in self.sat_on.get((pbx, extension), ()) if s.holds(instant)), None)

    def sums(self, first: date, last: date) -> dict[tuple[str, str], Sums]:
        """Figures by person and team (of an extension nobody had: the extension and ``""``), calls begun on the days."""
        start, end = at(first, "00:00"), at(last + timedelta(days=1), "00:00")
        found: dict[tuple[str, str], Sums] = {}
        for (pbx, extension), calls in self.talked.items():
            for call in calls:
                if not start <= call.started_at < end:
                    continue
                sitting = self.owner(pbx, extension, call.started_at)
                key = (f"{pbx}/{extension}", "") if sitting is None else (sitting.name, sitting.team)
                found.setdefault(key, Sums()).add(call, extension)
        return found

    def whole(self, first: date, last: date) -> Sums:
        """Figures of the site: everybody's, and the calls that nobody has."""
        found = Sums()
        for each in self.sums(first, last).values():
            found = found.plus(each)
        start, end = at(first, "00:00"), at(last + timedelta(days=1), "00:00")
        for call in self.nobodys:
            if start <= call.started_at < end:
                found.add(call, None)
        return found

    # ------------------------------------------------------------------ time

    def working(self, name: str, day: date) -> list[Span]:
        """When somebody was to work on a calendar day: the shifts without breaks, absences and what was down.

        The night before's too. Where a PBX was not heard nobody is expected: that is an outage as well.
        """
        start, end = at(day, "00:00"), at(day + timedelta(days=1), "00:00")
        found: list[Span] = []
        for begins in (day - timedelta(days=1), day):
            for shift in SHIFTS:
                when = bounds(begins, shift)
                there = [s for s in self.sat[name] if s.holds(when.dial_by)]
                if there and self.works(begins, shift, there[0]):
                    found += less([(when.start, when.end)], when.breaks)
        away = [(a.start, a.end) for a in self.world.away if a.name == name and not a.withdrawn]
        spans = self.spans(name, start, end)
        lost = self.down(spans, math.inf) + self.unheard(spans)
        return less(within(less(united(found), away), [(start, end)]), lost)

    def unheard(self, spans: list[tuple[tuple[str, str], float, float]]) -> list[Span]:
        """When the link to the PBX of an extension somebody had was broken."""
        gaps = [
            (pbx, max(start, gap.started_at), min(end, gap.ended_at or math.inf))
            for (pbx, _), start, end in spans
            for gap in self.world.gaps
            if gap.pbx == pbx
        ]
        return united((start, end) for _, start, end in gaps if start < end)

    def times(self, first: date, last: date, now: float) -> dict[tuple[str, str], Times]:
        """By person and team: scheduled time, idle gaps, time on calls (METRICS: idle gap, utilisation)."""
        found: dict[tuple[str, str], Times] = {}
        heard = {pbx: at(self._first_day(pbx), "00:00") for pbx in self.world.watched_from}
        for name, sittings in self.sat.items():
            for number in range((last - first).days + 1):
                day = first + timedelta(days=number)
                start, end = at(day, "00:00"), at(day + timedelta(days=1), "00:00")
                hours = self.working(name, day)
                calls = self._calls_of(name, start, end)
                for team in {s.team for s in sittings if s.start < end and (s.end is None or s.end > start)}:
                    mine = found.setdefault((name, team), Times())
                    had = united(
                        (s.start, end if s.end is None else s.end) for s in sittings if s.team == team
                    )
                    here = within(hours, had)
                    known = united(
                        (max(s.start, heard[s.pbx]), min(now, end if s.end is None else s.end))
                        for s in sittings
                        if s.team == team and heard[s.pbx] < min(now, end if s.end is None else s.end)
                    )
                    mine.scheduled += seconds(within(hours, known))
                    if here and any(of == team for of, _, _ in calls):
                        held = [
                            each
                            for each in self.spans(name, start, end)
                            if each[0] in {(s.pbx, s.extension) for s in sittings if s.team == team}
                        ]
                        mine.add([(begin, until) for _, begin, until in calls], here, self.unheard(held))
                    share = self._asked(name, team, day)
                    mine.days += share or 0.0
                    mine.asked = mine.asked or share is not None
        return found

    def _first_day(self, pbx: str) -> date:
        return min(day_of(calls[0].started_at) for (of, _), calls in self.talked.items() if of == pbx)

    def _calls_of(self, name: str, start: float, end: float) -> list[tuple[str, float, float | None]]:
        """Somebody's calls that began between two instants: the team it was in, from when to when it was busy."""
        found = []
        for sitting in self.sat[name]:
            for call in self.talked.get((sitting.pbx, sitting.extension), ()):
                if start <= call.started_at < end and sitting.holds(call.started_at):
                    found.append((sitting.team, *busy(call, sitting.extension)))
        return sorted(found, key=lambda each: (each[1], each[2] is None, each[2] or 0.0))

    def _asked(self, name: str, team: str, day: date) -> float | None:
        """How much of a day's targets holds: time left ÷ time of the shifts; ``None`` with no shift to work in the team.

        Leave, training and field work take their part, an excuse takes none (docs/topics/people.md).
        """
        theirs: list[Span] = []
        mine: list[Span] = []
        for shift in self.world.teams[team].shifts:
            when = bounds(day, shift)
            whole = less([(when.start, when.end)], when.breaks)
            if self.works(day, shift, Sitting(name, "", "", team, 0.0)):
                theirs += whole
                if any(s.team == team and s.holds(when.dial_by) for s in self.sat[name]):
                    mine += whole
        if not mine:
            return None
        away = [
            (a.start, a.end)
            for a in self.world.away
            if a.name == name and not a.withdrawn and a.kind != "exception"
        ]
        return seconds(less(mine, away)) / seconds(theirs)

    def missed(self, first: date, last: date) -> int:
        """Inbound calls that nobody answered."""
        start, end = at(first, "00:00"), at(last + timedelta(days=1), "00:00")
        return sum(
            start <= call.started_at < end and call.direction is Direction.INBOUND for call in self.nobodys
        )


@dataclass
class Sums:
    """What calls come to for one person, a team or the site."""

    dials: int = 0
    finished: int = 0
    connects: int = 0
    finished_connects: int = 0
    effective: int = 0
    talk: float = 0.0
    ring: float = 0.0
    inbound: int = 0
    internal: int = 0
    incomplete: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    by_hour: Counter[int] = field(default_factory=Counter)
    connects_by_hour: Counter[int] = field(default_factory=Counter)

    def add(self, call: Call, extension: str | None) -> None:
        """Count a call for an extension that made it, answered it or talked in it; ``None``: nobody did."""
        hour = int((call.started_at - at(day_of(call.started_at), "00:00")) // 3600)
        if call.direction is Direction.OUTBOUND:
            self.talk += sum(length(s) for s in call.segments if s.agent == extension)
        if call.agent != extension:
            return  # a colleague's call: only the seconds are this extension's
        self.incomplete += not call.complete
        if call.direction is Direction.INBOUND:
            self.inbound += 1
        elif call.direction is Direction.INTERNAL:
            self.internal += 1
        else:
            if call.outcome is not None:
                self.outcomes[call.outcome.value] += 1
            if call.answered_at is not None:
                self.connects += 1
                self.connects_by_hour[hour] += 1
                self.finished_connects += call.ended_at is not None
                self.effective += sum(length(s) for s in call.segments) >= EFFECTIVE_SECONDS
            if call.outcome is not Outcome.AGENT_UNANSWERED:
                self.dials += 1
                self.by_hour[hour] += 1
                self.finished += call.ended_at is not None
                self.ring += call.ring_seconds

    def plus(self, other: Sums) -> Sums:
        """Both together."""
        return Sums(
            *(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__)
        )  # fmt: skip

    @property
    def connect_rate(self) -> float | None:
        return self.finished_connects / self.finished if self.finished else None

    @property
    def average_talk(self) -> float | None:
        return self.talk / self.finished_connects if self.finished_connects else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson, 95 %."""
        if not self.finished:
            return None
        z, n, p = 1.959963984540054, self.finished, self.finished_connects / self.finished
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        return max(0.0, middle - half), min(1.0, middle + half)


@dataclass
class Times:
    """Seconds of one person in one team, on how many days (and parts) something was asked, and whether on any."""

    scheduled: float = 0.0
    longest: float | None = None
    idle: float | None = None
    busy: float = 0.0
    days: float = 0.0
    asked: bool = False

    def add(self, calls: list[tuple[float, float | None]], hours: list[Span], unheard: list[Span]) -> None:
        """A day's calls, in order of begin: a gap runs from the end of all before to the begin of the next.

        Where the PBX was not heard a call may have been: that parts a gap in two.
        """
        parts: list[list[Span]] = []
        for span in hours:
            if parts and not any(start < span[0] and end > parts[-1][-1][1] for start, end in unheard):
                parts[-1].append(span)
            else:
                parts.append([span])
        until: float | None = None
        self.longest, self.idle = self.longest or 0.0, self.idle or 0.0
        for begin, end in calls:
            if until is not None and begin > until:
                gaps = [seconds(within(part, [(until, begin)])) for part in parts]
                self.longest = max(self.longest, *gaps)
                self.idle += sum(gaps)
            last = math.inf if end is None else end
            if end is not None:
                new = begin if until is None else max(begin, until)
                self.busy += seconds(within(hours, [(new, end)])) if new < end else 0.0
            until = last if until is None else max(until, last)


def length(segment: Segment) -> float:
    """Seconds of a stretch of talk that is over."""
    return 0.0 if segment.ended_at is None else segment.ended_at - segment.started_at


def busy(call: Call, extension: str) -> tuple[float, float | None]:
    """From when to when a call kept an extension busy: who rings is busy, who has handed it on is free."""
    mine = [segment for segment in call.segments if segment.agent == extension]
    begin = call.started_at
    if call.agent != extension or call.direction is Direction.INBOUND:
        rung = [leg.started_at for leg in call.legs if leg.endpoint == extension]
        begin = min([*rung, *(segment.started_at for segment in mine)], default=call.started_at)
    end = call.ended_at
    if mine and mine[-1].ended_at is not None:
        end = mine[-1].ended_at
    return begin, end


def united(spans: Iterable[Span]) -> list[Span]:
    """Those that overlap or touch made one."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def within(spans: Iterable[Span], others: Iterable[Span]) -> list[Span]:
    """What lies in both."""
    first, second = list(spans), list(others)
    return united((max(a, c), min(b, d)) for c, d in second for a, b in first if max(a, c) < min(b, d))


def less(spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """What is left when others are taken away."""
    left = list(spans)
    for begin, end in taken:
        left = [p for a, b in left for p in ((a, min(b, begin)), (max(a, end), b)) if p[0] < p[1]]
    return left


def seconds(spans: Iterable[Span]) -> float:
    """How long they are together."""
    return sum(end - start for start, end in spans)
