"""The days a report is about, and those it is compared with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum

import msgspec

COMPARED = 4
"""How many earlier periods the mean is made of."""


class Kind(StrEnum):
    """Which report."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    RANGE = "range"
    BRIEF = "brief"
    EVENING = "evening"
    APPRAISAL = "appraisal"

    @property
    def base(self) -> Kind:
        """The plain report of the same days: a meeting's are of one day, an appraisal is of a month."""
        if self in (Kind.BRIEF, Kind.EVENING):
            return Kind.DAILY
        return Kind.MONTHLY if self is Kind.APPRAISAL else self


class Period(msgspec.Struct, frozen=True):
    """Calendar days ``first`` to ``last``, both included."""

    kind: Kind
    first: date
    last: date

    def days(self) -> Iterator[date]:
        """Each day."""
        for number in range((self.last - self.first).days + 1):
            yield self.first + timedelta(days=number)

    def before(self, number: int = 1) -> Period:
        """The period ``number`` steps earlier: a day's same weekday, a week, a month, as many days."""
        if self.kind is Kind.MONTHLY:
            month = self.first.year * 12 + self.first.month - 1 - number
            return month_of(date(month // 12, month % 12 + 1, 1))
        length = 7 if self.kind is Kind.DAILY else (self.last - self.first).days + 1
        shift = timedelta(days=length * number)
        return Period(self.kind, self.first - shift, self.last - shift)


def period_of(kind: Kind, day: date, last: date | None = None) -> Period:
    """The day, its week (from Monday) or its month; a range from ``day`` to ``last``. Its kind is a plain one."""
    kind = kind.base
    if kind is Kind.WEEKLY:
        monday = day - timedelta(days=day.weekday())
        return Period(kind, monday, monday + timedelta(days=6))
    if kind is Kind.MONTHLY:
        return month_of(day)
    return Period(kind, day, last if kind is Kind.RANGE and last is not None else day)


def month_of(day: date) -> Period:
    """The calendar month of a day."""
    first = day.replace(day=1)
    after = (first + timedelta(days=31)).replace(day=1)
    return Period(Kind.MONTHLY, first, after - timedelta(days=1))
