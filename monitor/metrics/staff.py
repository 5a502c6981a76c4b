"""Who was to dial in a period: each person's scheduled time, targets and verdicts, by who had an extension then.

Calendar, shifts, leave and verdicts are those of the check (``Duty``, ``Finding``): report and ledger can't differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

import msgspec

from monitor.duty import Finding, Seat, is_newcomer
from monitor.metrics import frames, shifts, targets
from monitor.metrics.expected import Downtime, Period, expected, parted
from monitor.metrics.idle import overlap
from monitor.metrics.periods import Period as Days
from monitor.metrics.plan import SitePlan
from monitor.metrics.posts import Duty, Span
from monitor.metrics.sheet import ShiftCheck

SUMMED = ("dials", "connects", "effective_connects", "talk_minutes")


Who = Callable[[str, str, float], Seat | None]
"""``who(pbx, extension, at)``: whose extension it was at an instant."""


class Member(msgspec.Struct, kw_only=True):
    """A person in a team over a period; somebody who changed teams is there once for each."""

    key: str
    name: str
    team: str
    seats: list[tuple[str, str]] = []
    scheduled_seconds: float = 0.0
    lost_seconds: float = 0.0
    targets: frames.Targets = msgspec.field(default_factory=frames.Targets)
    checks: list[ShiftCheck] = []
    newcomer: bool = False
    lead: bool = False


def key_of(seat: Seat) -> str:
    """One person in one team."""
    return f"{seat.person_id}/{seat.team}"


def members(
    seats: Iterable[Seat],
    period: Days,
    duty: Duty,
    hours: Mapping[int, Sequence[Period]],
    lost: Mapping[int, Sequence[Period]],
    now: float,
    goals: targets.Goals,
    heard: Mapping[str, float],
) -> dict[str, Member]:
    """Everybody who had an extension in the period, with the period's targets and the scheduled time up to ``now``.

    Scheduled is what calendar, shifts, absences and outages leave (``hours``, of ``hours_of_all``), from when on the PBX was heard at all
    (``heard``).
    """
    begin, _ = shifts.day_bounds(period.first, duty.zone)
    _, end = shifts.day_bounds(period.last, duty.zone)
    found: dict[str, Member] = {}
    had: dict[str, list[tuple[float, float]]] = {}
    persons: dict[str, int] = {}
    for seat in seats:
        to = seat.valid_to if seat.valid_to is not None else float("inf")
        if seat.valid_from >= end or to <= begin:
            continue
        key = key_of(seat)
        member = found.setdefault(key, Member(key=key, name=seat.name, team=seat.team))
        if (seat.pbx, seat.extension) not in member.seats:
            member.seats.append((seat.pbx, seat.extension))
        persons[key] = seat.person_id
        had.setdefault(key, []).append((max(seat.valid_from, heard.get(seat.pbx, 0.0)), min(to, now)))
    for key, member in found.items():
        spans = shifts.joined(span for span in had[key] if span[0] < span[1])
        member.scheduled_seconds = sum(overlap(start, until, spans) for start, until in hours[persons[key]])
        gone = lost.get(persons[key], ())
        member.lost_seconds = sum(overlap(start, until, spans) for start, until in gone)
        member.targets = targets.period_target(goals, duty, persons[key], member.team, period)
    return found


def hours_of_all(
    seats: Iterable[Seat], duty: Duty, plan: SitePlan, days: Sequence[date], downtime: Downtime
) -> dict[int, list[Period]]:
    """When each person who had an extension in the period was expected to work in it."""
    begin, end = plan.of(days[0]).start, plan.of(days[-1]).end
    had = (s for s in seats if s.valid_from < end and (s.valid_to is None or s.valid_to > begin))
    return {
        person: expected(duty, person, begin, end, downtime) for person in {seat.person_id for seat in had}
    }


def lost_hours(
    hours: Mapping[int, Sequence[Period]], duty: Duty, plan: SitePlan, days: Sequence[date]
) -> dict[int, list[Period]]:
    """By person, the scheduled time that outages took from the expected ``hours`` (of ``hours_of_all``)."""
    begin, end = plan.of(days[0]).start, plan.of(days[-1]).end
    return {person: shifts.without(duty.hours(person, begin, end), left) for person, left in hours.items()}


def working_hours(
    seats: Iterable[Seat],
    hours: Mapping[int, Sequence[Period]],
    plan: SitePlan,
    days: Sequence[date],
    downtime: Downtime,
) -> dict[tuple[str, str, str], list[list[Period]]]:
    """By PBX, extension and day: when those who had the extension were to work, parted where it was not heard.

    One that nobody had is not in it.
    """
    bounds = [(day.isoformat(), plan.of(day).start, plan.of(day).end) for day in days]
    found: dict[tuple[str, str, str], list[tuple[float, float]]] = {}
    for seat in seats:
        since, to = seat.valid_from, seat.valid_to if seat.valid_to is not None else float("inf")
        mine = [(max(a, since), min(b, to)) for a, b in hours.get(seat.person_id, ()) if a < to and b > since]
        place = 0
        for day, start, until in bounds:
            if since >= until or to <= start:
                continue
            parts = found.setdefault((seat.pbx, seat.extension, day), [])
            while place < len(mine) and mine[place][0] < until:
                if mine[place][1] > start:
                    parts.append((max(mine[place][0], start), min(mine[place][1], until)))
                if mine[place][1] > until:
                    break
                place += 1
    made: dict[tuple[str, str, str], list[list[Period]]] = {}
    for (pbx, extension, day), parts in found.items():
        joined = parts if len(parts) < 2 else shifts.joined(parts)
        made[pbx, extension, day] = [joined] if joined else []
        if downtime and joined:
            span = Span(f"{pbx}/{extension}", joined[0][0], joined[-1][1])
            made[pbx, extension, day] = parted(joined, downtime.unheard([span]))
    return made


def mark(found: Mapping[str, Member], seats: Iterable[Seat], day: date, newcomer_days: int) -> None:
    """Who is a newcomer on a day, and who leads a team in the seat held last."""
    for seat in sorted(seats, key=lambda seat: seat.valid_from):
        member = found.get(key_of(seat))
        if member is not None:
            member.newcomer, member.lead = is_newcomer(seat, day, newcomer_days), seat.lead


def check(found: Mapping[str, Member], findings: Iterable[Finding], now: float) -> None:
    """The verdict of every half-day that has begun to count, with its evidence, into ``Member.checks``."""
    for each in sorted(findings, key=lambda each: (each.starts_at, each.shift)):
        member = found.get(f"{each.person}/{each.team}")
        if member is None or each.counts_from > now or each.why == "shift":
            continue
        member.checks.append(
            ShiftCheck(
                day=each.day,
                shift=each.shift,
                person=each.person,
                at=each.first_dial_at,
                verdict=each.verdict,
                late_minutes=each.minutes,
                tier=each.tier,
                why=_why(each),
                call_id=each.call_id,
                on_inbound=each.on_inbound,
            )
        )


def _why(each: Finding) -> str | None:
    """What made it a day off or excuses: the kind of absence, or ``outage``."""
    if each.why is not None:
        return each.why
    if each.absence is not None:
        return each.absence.kind
    return "outage" if each.verdict == shifts.Verdict.EXCUSED else None
