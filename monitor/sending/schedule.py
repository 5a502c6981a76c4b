"""When a report is due, and which days it is about. Pure: a calendar and a zone in, instants out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from monitor.config import Settings
from monitor.config_sending import Send
from monitor.errors import ConfigError
from monitor.metrics.calendar import Calendar
from monitor.metrics.periods import Kind, period_of
from monitor.metrics.shifts import day_of
from monitor.wrongs import line_of

AHEAD_DAYS = 62
"""So far ahead the next time is looked for: a day of the month comes within."""
BACK_DAYS = 31
"""So far back a workday before is looked for: behind the longest holidays."""


class Due(msgspec.Struct, frozen=True):
    """A report that is due at ``at``, on the site's ``day``."""

    send: Send
    day: date
    at: float

    @property
    def key(self) -> str:
        """What is sent once."""
        return f"{self.send.name}@{self.day.isoformat()}"


def sendable() -> list[str]:
    """Kinds of report that a day is enough for."""
    return [kind.value for kind in Kind if kind is not Kind.RANGE]


def checked(settings: Settings) -> tuple[Send, ...]:
    """The reports to be sent. Raises ``ConfigError`` where one is of a kind that is none."""
    for number, send in enumerate(settings.sends):
        if send.report not in sendable():
            try:
                line = line_of(settings.path.read_text(encoding="utf-8"), ("send", number, "report"))
            except (OSError, UnicodeDecodeError):
                line = None
            place = f"{settings.path}:{line}" if line else f"{settings.path}"
            raise ConfigError(
                f"{place}: send#{number + 1}.report = {send.report!r}: no such report; "
                f"there are: {', '.join(sendable())}"
            )
    return settings.sends


def falls_on(send: Send, day: date, calendar: Calendar) -> bool:
    """Whether it is sent on a day."""
    if send.month_day is not None:
        last = (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        return day.day == (last.day if send.month_day < 0 else min(send.month_day, last.day))
    if send.days == "workdays":
        return calendar.day(day, send.team).working
    return send.days == "every" or day.weekday() in send.days


def due_between(send: Send, calendar: Calendar, zone: ZoneInfo, since: float, until: float) -> list[Due]:
    """When it is due in ``(since, until]``, oldest first."""
    day, last = day_of(since, zone), day_of(until, zone)
    found = []
    while day <= last:
        at = datetime.combine(day, send.at, zone).timestamp()
        if since < at <= until and falls_on(send, day, calendar):
            found.append(Due(send, day, at))
        day += timedelta(days=1)
    return found


def next_due(send: Send, calendar: Calendar, zone: ZoneInfo, after: float) -> Due | None:
    """When it is due next."""
    found = due_between(send, calendar, zone, after, after + AHEAD_DAYS * 86400)
    return found[0] if found else None


def about(send: Send, day: date, calendar: Calendar) -> date:
    """A day of the period that a report sent on ``day`` is about."""
    kind = Kind(send.report)
    period = period_of(kind, day)
    one_day = period.first == period.last
    if (send.of or ("this" if one_day else "last")) == "this":
        return day
    if not one_day:
        return period.before().first
    back: Sequence[date] = [day - timedelta(days=days) for days in range(1, BACK_DAYS)]
    return next((each for each in back if calendar.day(each, send.team).working), back[0])
