"""The part of ``config.toml`` about working time: shifts with breaks, the calendar, patterns, the check's rules."""

from __future__ import annotations

import contextlib
from datetime import date, time
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from monitor import holidays
from monitor.wrongs import wrong


def clock_time(value: object) -> time:
    """TOML has a time type, ``09:10:00``; people write ``"09:10"``."""
    try:
        found = time.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        found = None
    if not isinstance(found, time) or found.tzinfo is not None:
        raise wrong('no time of day; write hours and minutes, such as "09:10"')
    return found


ClockTime = Annotated[time, BeforeValidator(clock_time)]
Weekday = Annotated[int, Field(ge=0, le=6)]


class Part(BaseModel):
    """Base of all tables: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Break(Part):
    """A pause inside a shift: no idle gap is counted in it. An ``end`` before ``start`` is past midnight."""

    name: str = ""
    start: ClockTime
    end: ClockTime


class Shift(Part):
    """A half-day. ``counts_from``: from when a dial counts as begun; ``days``: 0 Monday to 6 Sunday.

    An ``end`` before ``start`` means past midnight. Within ``grace_minutes`` after ``dial_by`` nobody is late yet.
    """

    id: str = Field(min_length=1)
    name: str = Field(min_length=1)
    start: ClockTime
    end: ClockTime
    dial_by: ClockTime
    counts_from: ClockTime
    days: tuple[Weekday, ...] = (0, 1, 2, 3, 4, 5, 6)
    grace_minutes: int = Field(0, ge=0)
    breaks: tuple[Break, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _default_counts_from(cls, data: Any) -> Any:
        """Dials count from a quarter of an hour before the shift (METRICS: first dial)."""
        if isinstance(data, dict) and "counts_from" not in data and "start" in data:
            with contextlib.suppress(PydanticCustomError):  # a wrong start is told as such
                start = clock_time(data["start"])
                minutes = (start.hour * 60 + start.minute - 15) % 1440
                return {**data, "counts_from": time(minutes // 60, minutes % 60)}
        return data

    @model_validator(mode="after")
    def _in_order(self) -> Shift:
        length = minutes_after(self.start, self.end)
        span = f"between {self.start:%H:%M} and {self.end:%H:%M}"
        if length == 0:
            raise wrong("is the start too; a shift needs some length", "end")
        if minutes_after(self.start, self.dial_by) > length:
            raise wrong(f"is outside the shift; put it {span}", "dial_by")
        if minutes_after(self.start, self.dial_by) + self.grace_minutes > length:
            raise wrong("reaches past the end of the shift; make it shorter", "grace_minutes")
        if minutes_after(self.counts_from, self.start) > 720:
            raise wrong(f"is after the start; put it at {self.start:%H:%M} or before", "counts_from")
        for number, pause in enumerate(self.breaks):
            begin, end = minutes_after(self.start, pause.start), minutes_after(self.start, pause.end)
            if not begin < end <= length:
                raise wrong(f"must lie {span}, its start before its end", "breaks", number)
        return self


class Working(Part):
    """When somebody works: ``weekdays`` (0 Monday to 6 Sunday), or a ``rota`` (轮休).

    ``rota`` is so many days on, so many off, and so on; ``rota_from`` is a first day of it.
    """

    weekdays: tuple[Weekday, ...] | None = None
    rota: tuple[Annotated[int, Field(ge=1, le=366)], ...] = ()
    rota_from: date | None = None

    @model_validator(mode="after")
    def _whole_rota(self) -> Working:
        if len(self.rota) % 2:
            raise wrong("needs days on and days off in turn, such as [6, 1]; add the last days off", "rota")
        if bool(self.rota) != (self.rota_from is not None):
            key = "rota" if self.rota else "rota_from"
            raise wrong("rota and rota_from belong together; write rota_from = 2026-11-02 beside rota", key)
        return self

    @property
    def cycle(self) -> tuple[bool, ...]:
        """The rota day by day, true for work."""
        return tuple(place % 2 == 0 for place, days in enumerate(self.rota) for _ in range(days))


class CalendarSettings(Working):
    """The working calendar: whose state holidays hold, and when the site works.

    Without ``country`` there are no holidays. ``noon`` parts the day where leave is given by half-days.
    """

    country: str = ""
    subdivision: str | None = None
    noon: ClockTime = time(12)

    @model_validator(mode="after")
    def _known_country(self) -> CalendarSettings:
        if self.country and not holidays.supported(self.country, self.subdivision):
            key = "country" if not holidays.supported(self.country) else "subdivision"
            raise wrong("no holidays are known for it; write an ISO code, such as CN, or leave it away", key)
        return self


class RosterSettings(Part):
    """Who says who sits where: the ``[[team]]`` tables of this file, or what was imported and entered (``store``).

    Within ``newcomer_days`` of the hire date somebody is a newcomer.
    """

    source: Literal["config", "store"] = "config"
    newcomer_days: int = Field(14, ge=0)


class Tier(Part):
    """A tier of lateness: from so many minutes after ``dial_by``."""

    name: str = Field(min_length=1)
    from_minute: int = Field(ge=1)


class Discipline(Part):
    """What the ledger does with a late start: tiers, and how many small ones a month are covered.

    An idle gap of ``idle_minutes`` or more is shown on the board and on an agent's day. ``phone_outages``: whether a phone
    that can't be reached is an outage, which excuses; not where the agents start their phones themselves.
    """

    tiers: tuple[Tier, ...] = ()
    monthly_grace_count: int = Field(0, ge=0)
    monthly_grace_minutes: int = Field(0, ge=0)
    idle_minutes: float = Field(15.0, gt=0)
    phone_outages: bool = True

    @model_validator(mode="after")
    def _rising(self) -> Discipline:
        begins = [tier.from_minute for tier in self.tiers]
        if begins != sorted(set(begins)):
            raise wrong("must rise by from_minute, each once; put them in order", "tiers")
        return self

    def tier(self, minutes: int | None) -> str | None:
        """The tier of so many minutes late; ``None`` under the first."""
        reached = [tier.name for tier in self.tiers if minutes is not None and tier.from_minute <= minutes]
        return reached[-1] if reached else None


def minutes_after(one: time, other: time) -> int:
    """Minutes from one time of day to the next other."""
    return ((other.hour - one.hour) * 60 + other.minute - one.minute) % 1440
