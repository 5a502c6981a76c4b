"""Shifts of a day and the dial-start verdict: did dialling begin by the deadline.

Nobody is accused on data that the monitor does not have: where it was blind before the deadline and saw
no dial in time, the verdict is ``indeterminate``; where it was blind later, minutes late are counted
only up to there.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

import msgspec


class Verdict(StrEnum):
    """Outcome of the check at a deadline."""

    ON_TIME = "on_time"
    LATE = "late"
    NOT_STARTED = "not_started"
    EXCUSED = "excused"
    PENDING = "pending"
    INDETERMINATE = "indeterminate"
    OFF = "off"


class BreakTimes(Protocol):
    """A pause inside a shift."""

    @property
    def start(self) -> time: ...
    @property
    def end(self) -> time: ...


class ShiftTimes(Protocol):
    """What a shift needs to say of itself."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def start(self) -> time: ...
    @property
    def end(self) -> time: ...
    @property
    def dial_by(self) -> time: ...
    @property
    def counts_from(self) -> time: ...
    @property
    def days(self) -> tuple[int, ...]: ...
    @property
    def grace_minutes(self) -> int: ...
    @property
    def breaks(self) -> Sequence[BreakTimes]: ...


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """A shift on the day it begins, in epoch seconds; late is who has not dialled by ``late_at``."""

    day: date
    shift: str
    name: str
    counts_from: float
    starts_at: float
    dial_by_at: float
    late_at: float
    ends_at: float
    breaks: tuple[tuple[float, float], ...] = ()


def day_of(at: float, zone: ZoneInfo) -> date:
    """The site's calendar day of an instant."""
    return datetime.fromtimestamp(at, zone).date()


def day_bounds(day: date, zone: ZoneInfo) -> tuple[float, float]:
    """Begin and end of a calendar day, in epoch seconds; 23 or 25 hours where the clock changes."""
    return _instant(day, time(0), zone), _instant(day + timedelta(days=1), time(0), zone)


def windows(day: date, shifts: Iterable[ShiftTimes], zone: ZoneInfo) -> list[Window]:
    """The shifts that start on a day, in order; those past midnight end on the next."""
    found = [window(day, shift, zone) for shift in shifts if day.weekday() in shift.days]
    return sorted(found, key=lambda each: each.starts_at)


def window(day: date, shift: ShiftTimes, zone: ZoneInfo) -> Window:
    """A shift that begins on a day, whatever its weekday."""

    def at(clock: time, *, after: bool) -> float:
        """An instant of the shift; those on the clock before its start are on the next day."""
        past_midnight = clock <= shift.start if after else clock < shift.start
        return _instant(day + timedelta(days=past_midnight), clock, zone)

    early = timedelta(days=shift.counts_from > shift.start)
    dial_by_at = at(shift.dial_by, after=False)
    return Window(
        day=day,
        shift=shift.id,
        name=shift.name,
        counts_from=_instant(day - early, shift.counts_from, zone),
        starts_at=_instant(day, shift.start, zone),
        dial_by_at=dial_by_at,
        late_at=dial_by_at + 60.0 * shift.grace_minutes,
        ends_at=at(shift.end, after=True),
        breaks=tuple((at(each.start, after=False), at(each.end, after=True)) for each in shift.breaks),
    )


def _instant(day: date, clock: time, zone: ZoneInfo) -> float:
    return datetime.combine(day, clock, zone).astimezone(UTC).timestamp()


def windows_touching(day: date, shifts: Sequence[ShiftTimes], zone: ZoneInfo) -> list[Window]:
    """The shifts of a day, and before them those of the day before that go on past midnight."""
    midnight, _ = day_bounds(day, zone)
    before = windows(day - timedelta(days=1), shifts, zone)
    return [*(window for window in before if window.ends_at > midnight), *windows(day, shifts, zone)]


Blind = tuple[float, float]
"""A period in which the PBX was not heard, ``(from, to)``."""


def verdict(
    window: Window,
    first_dial_at: float | None,
    now: float,
    blind: Sequence[Blind] = (),
    down: Sequence[Blind] = (),
) -> tuple[Verdict, int | None]:
    """The verdict at ``now``, and the whole minutes late (begun minutes count, so at least 1).

    ``down``, in order, is when the person could not dial because phone or trunks were down. Whoever has had no more
    time than is allotted until the deadline is excused; minutes late are counted without it, and where it lasts to the
    shift's end nobody is said not to have begun.
    """
    if first_dial_at is not None and first_dial_at <= window.late_at:
        return Verdict.ON_TIME, None
    if first_dial_at is None and now <= window.late_at:
        return Verdict.PENDING, None
    if _may_hide(blind, window.counts_from, window.late_at):
        return Verdict.INDETERMINATE, None
    by = put_off(window, down)
    until = first_dial_at if first_dial_at is not None else min(now, window.ends_at)
    if until <= by and by > window.late_at:
        return Verdict.EXCUSED, None
    if _may_hide(blind, window.late_at, by):
        return Verdict.INDETERMINATE, None
    blind_since = min((start for start, end in blind if start < until and end > by), default=None)
    # Whose phone was down at the end might have begun yet.
    cut_off = any(begin < window.ends_at <= to for begin, to in down)
    if blind_since is None and first_dial_at is None and now >= window.ends_at and not cut_off:
        return Verdict.NOT_STARTED, None
    return Verdict.LATE, _minutes_late(window, until if blind_since is None else blind_since, down)


def _may_hide(blind: Sequence[Blind], start: float, by: float) -> bool:
    """A dial in the very instant of the deadline is in time, so a gap that begins then may hide it."""
    return any(begin <= by and finish > start for begin, finish in blind)


def put_off(window: Window, down: Sequence[Blind]) -> float:
    """When as much time as is allotted from the shift's start until ``late_at`` has passed without ``down``."""
    at, left = window.starts_at, window.late_at - window.starts_at
    for begin, to in down:
        if to <= at:
            continue
        worked = max(0.0, begin - at)
        if worked >= left and (left > 0 or begin > at):
            break
        at, left = max(at, to), left - worked
    return at + left


def _minutes_late(window: Window, until: float, down: Sequence[Blind]) -> int:
    lost = sum(max(0.0, min(until, to) - max(window.starts_at, begin)) for begin, to in down)
    return _minutes(window.dial_by_at, until - lost)


def _minutes(start: float, end: float) -> int:
    return max(1, math.ceil((end - start) / 60))


def joined(periods: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Periods in order, those that touch made one."""
    found: list[tuple[float, float]] = []
    for start, end in sorted(periods):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def hours(day: Iterable[Window], start: float, end: float) -> list[tuple[float, float]]:
    """The shifts' hours without their breaks that lie between two instants; none counts twice."""
    found: list[tuple[float, float]] = []
    for each in day:
        found += without([(each.starts_at, each.ends_at)], each.breaks)
    clipped = ((max(start, begin), min(end, to)) for begin, to in found)
    return joined((begin, to) for begin, to in clipped if begin < to)


def without(
    periods: Iterable[tuple[float, float]], taken: Iterable[tuple[float, float]]
) -> list[tuple[float, float]]:
    """What is left of periods when others are taken away."""
    gone = joined(taken)
    ends = [end for _, end in gone]
    left = []
    for begin, to in periods:
        place = bisect_right(ends, begin)
        while place < len(gone) and gone[place][0] < to:
            start, end = gone[place]
            if begin < start:
                left.append((begin, start))
            begin, place = end, place + 1
        if begin < to:
            left.append((begin, to))
    return left
