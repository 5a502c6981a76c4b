"""What a simulated month is made of: who sat where, who was away, what was not heard, and all calls. Plain values.

The rules of the centre stand here as plain tables, once for the product's settings (``site.py``) and once, read from
these same tables, for the reference (``reference.py``); nothing of the product's own counting is imported.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone

from monitor.domain import Call, Gap, Outage

ZONE = timezone(timedelta(hours=8))
"""China has one time zone and no summer time."""

FIRST, LAST = date(2026, 10, 1), date(2026, 10, 31)
"""A month with the national holiday and a make-up Saturday."""

HOLIDAYS = {date(2026, 10, day) for day in range(1, 8)}
"""国庆节：10月1日（周四）至7日（周三）放假调休，共7天。"""

MAKE_UP = {date(2026, 10, 10)}
"""9月20日（周日）、10月10日（周六）上班。"""


@dataclass(frozen=True)
class ShiftRule:
    """A half-day by the clock; ``to`` before ``start`` is past midnight. ``weekdays``: 0 is Monday."""

    start: str
    to: str
    dial_by: str
    counts_from: str
    grace: int
    breaks: tuple[tuple[str, str], ...]
    weekdays: tuple[int, ...]


SHIFTS = {
    "morning": ShiftRule("09:00", "12:00", "09:10", "08:45", 0, (("10:20", "10:30"),), (0, 1, 2, 3, 4)),
    "afternoon": ShiftRule("13:30", "17:30", "13:50", "13:15", 0, (), (0, 1, 2, 3, 4)),
    "night": ShiftRule("21:00", "02:00", "21:15", "20:45", 2, (("23:30", "23:45"),), (0, 1, 2, 3, 4, 5, 6)),
}


@dataclass(frozen=True)
class TeamRule:
    """A team: its PBX, its shifts, its week or its rota (days on, days off, from when), what it is asked a day."""

    pbx: str
    shifts: tuple[str, ...]
    size: int
    first_extension: int
    weekdays: tuple[int, ...] | None = None
    rota: tuple[int, int] | None = None
    rota_from: date = FIRST
    targets: dict[str, float] = field(default_factory=dict)


SITE_WEEKDAYS = (0, 1, 2, 3, 4)
SITE_TARGETS: dict[str, float] = {"dials": 12, "connects": 4, "talk_minutes": 10, "connect_rate": 0.3}
EFFECTIVE_SECONDS = 30.0
TIERS = (("一档", 1), ("二档", 31), ("三档", 61))
GRACE_COUNT, GRACE_MINUTES = 3, 5

DAY = ("morning", "afternoon")


@dataclass(frozen=True)
class Sitting:
    """A person had an extension in a team in ``[start, end)``; ``end`` ``None``: still."""

    name: str
    pbx: str
    extension: str
    team: str
    start: float
    end: float | None = None

    def holds(self, at: float) -> bool:
        return self.start <= at and (self.end is None or at < self.end)


@dataclass(frozen=True)
class Away:
    """Leave, training, field work or an exception; ``withdrawn`` ones were taken back."""

    name: str
    kind: str
    start: float
    end: float
    withdrawn: bool = False


@dataclass(frozen=True)
class ByHand:
    """A day entered by hand for a person, a team, or (with neither) everybody."""

    day: date
    working: bool
    title: str
    team: str = ""
    name: str = ""


@dataclass
class World:
    """The whole month. ``teams_at``: what the settings' teams were from when on, by team: extension and name."""

    teams: dict[str, TeamRule]
    sittings: list[Sitting] = field(default_factory=list)
    changes: list[tuple[float, dict[str, list[tuple[str, str]]]]] = field(default_factory=list)
    away: list[Away] = field(default_factory=list)
    by_hand: list[ByHand] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    outages: list[Outage] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    found_later: set[str] = field(default_factory=set)
    """Ids of calls that nobody heard: they came from the PBX's records days later."""
    watched_from: dict[str, float] = field(default_factory=dict)


def at(day: date, clock: str, *, plus: float = 0.0) -> float:
    """An instant of the site's clock."""
    hour, minute = (int(part) for part in clock.split(":"))
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZONE).timestamp() + plus


def day_of(instant: float) -> date:
    """The site's calendar day."""
    return datetime.fromtimestamp(instant, ZONE).date()


def days(first: date = FIRST, last: date = LAST) -> list[date]:
    """Each day."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


@dataclass(frozen=True)
class Bounds:
    """A shift on the day it begins, as instants."""

    counts_from: float
    start: float
    dial_by: float
    late_after: float
    end: float
    breaks: tuple[tuple[float, float], ...]


def bounds(day: date, shift: str) -> Bounds:
    """The instants of a shift."""
    rule = SHIFTS[shift]

    def instant(clock: str) -> float:
        return at(day if clock >= rule.start else day + timedelta(days=1), clock)

    by = instant(rule.dial_by)
    return Bounds(
        at(day, rule.counts_from),
        at(day, rule.start),
        by,
        by + 60 * rule.grace,
        instant(rule.to),
        tuple((instant(begin), instant(end)) for begin, end in rule.breaks),
    )
