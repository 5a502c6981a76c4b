"""Targets: what is asked of whom for a day, a week, a month, and what a period asks of a person.

Of each value (dials, connect rate …) the most particular that is set holds: the person's, else the team's, else the
site's; at one place what was entered on the page from a day on goes before the configuration, which holds for all
time. A period's own target goes before the days': a month's target is taken as it is, a day's is counted for each
day on which the person was to work, in part where leave, training or field work took a part of the day.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Protocol

from monitor.duty import Seat
from monitor.metrics import frames
from monitor.metrics.periods import Kind, Period, month_of

SUMMED = ("dials", "connects", "effective_connects", "talk_minutes")
NAMES = ("connect_rate", *SUMMED)

Each = Mapping[str, float | None]
"""What is asked, by the target's name."""

DAY, WEEK, MONTH = "day", "week", "month"
PERIODS = (DAY, WEEK, MONTH)

NOTHING: Each = dict.fromkeys(NAMES)


class TargetsOf(Protocol):
    """Targets for a period."""

    @property
    def connect_rate(self) -> float | None: ...
    @property
    def dials(self) -> float | None: ...
    @property
    def connects(self) -> float | None: ...
    @property
    def effective_connects(self) -> float | None: ...
    @property
    def talk_minutes(self) -> float | None: ...


class StoredTarget(TargetsOf, Protocol):
    """A target entered from a day on (``store.staff.Target``)."""

    @property
    def team(self) -> str: ...
    @property
    def person(self) -> int: ...
    @property
    def period(self) -> str: ...
    @property
    def valid_from(self) -> date: ...


class Goals:
    """All targets of a site, to be asked for a person, a period and a day."""

    def __init__(
        self, settings: Any, stored: Iterable[StoredTarget] = (), seats: Iterable[Seat] = ()
    ) -> None:
        self._configured: dict[tuple[str, int, str], Each] = {}
        self._configure("", 0, settings.site.targets)
        asking = {}
        for team in settings.teams:
            self._configure(team.id, 0, team.targets)
            for agent in team.agents:
                own = getattr(agent, "targets", None)  # a past board's people carry none
                if own is not None:
                    asking[f"{agent.pbx}/{agent.extension}", agent.name] = own
        for seat in seats:
            own = asking.get((f"{seat.pbx}/{seat.extension}", seat.name))
            if own is not None and seat.valid_to is None:
                self._configure("", seat.person_id, own)
        self.stored = tuple(stored)
        self.known = (self.stored, dict(self._configured))
        """To see whether other targets say anything new."""
        self._entered: dict[tuple[str, int, str], list[tuple[date, Each]]] = {}
        for each in sorted(self.stored, key=lambda each: each.valid_from):
            key = ("" if each.person else each.team, each.person, each.period)
            self._entered.setdefault(key, []).append((each.valid_from, _values(each)))

    def _configure(self, team: str, person: int, own: Any) -> None:
        for period, values in ((DAY, own), (WEEK, own.week), (MONTH, own.month)):
            each = _values(values)
            if any(value is not None for value in each.values()):
                self._configured[team, person, period] = each

    def of(self, person: int, team: str, period: str, day: date) -> Each:
        """What is asked of a person in a team for the period that ``day`` is in."""
        places = [("", person)] if person else []
        places += [(team, 0), ("", 0)] if team else [("", 0)]
        found = dict(NOTHING)
        for where in places:
            for each in (self._in_force((*where, period), day), self._configured.get((*where, period))):
                if each is not None:
                    for name in NAMES:
                        found[name] = each[name] if found[name] is None else found[name]
        return found

    def _in_force(self, key: tuple[str, int, str], day: date) -> Each | None:
        entered = self._entered.get(key)
        if not entered:
            return None
        place = bisect_right(entered, day, key=lambda each: each[0])
        return entered[place - 1][1] if place else None


class Asking(Protocol):
    """How much of a day somebody was to work (``posts.Duty``)."""

    def asked(self, person: int, team: str, day: date) -> tuple[float, float, float]:
        """Seconds of a team's shifts of a day, those with a seat in the team, and what absences leave of them."""


def day_target(goals: Goals, duty: Asking, person: int, team: str, day: date) -> frames.Targets:
    """What a day asks of a person in a team; nothing where the person need not work."""
    whole, _, left = duty.asked(person, team, day)
    if not left:
        return frames.Targets()
    return times(goals.of(person, team, DAY, day), left / whole)


def period_target(goals: Goals, duty: Asking, person: int, team: str, period: Period) -> frames.Targets:
    """What a period asks of a person in a team: its own target where there is one, else the days' together.

    Of a week's or a month's target a team asks the share of the person's working days that the person was in it.
    """
    days = list(period.days())
    found = frames.Targets()
    worked, in_team = 0, 0
    last = None
    for day in days:
        whole, held, left = duty.asked(person, team, day)
        worked += whole > 0
        in_team += held > 0
        if not left:
            continue
        last = day
        add(found, times(goals.of(person, team, DAY, day), left / whole))
    found.connect_rate = goals.of(person, team, DAY, last or days[-1])["connect_rate"] if in_team else None
    name = length(period)
    if name != DAY and in_team:
        own = goals.of(person, team, name, days[-1])
        for key in SUMMED:
            value = own[key]
            if value is not None:
                setattr(found, key, value * in_team / worked)
        if own["connect_rate"] is not None:
            found.connect_rate = own["connect_rate"]
    return found


def length(period: Period) -> str:
    """Whether a period is a week from Monday, a calendar month, or counted by its days."""
    whole_month = month_of(period.first)
    if period.kind is Kind.MONTHLY or (whole_month.first, whole_month.last) == (period.first, period.last):
        return MONTH
    if (period.last - period.first).days == 6 and period.first.weekday() == 0:
        return WEEK
    return DAY


def times(each: Each | None, share: float) -> frames.Targets:
    """The targets so many times; a rate is no sum."""
    if each is None:
        return frames.Targets()
    found = frames.Targets(connect_rate=each["connect_rate"])
    for name in SUMMED:
        value = each[name]
        if value is not None:
            product = value * share
            setattr(found, name, int(product) if product == int(product) else product)
    return found


def add(to: frames.Targets, more: frames.Targets) -> None:
    """Add counts and minutes; a rate is no sum."""
    for name in SUMMED:
        value = getattr(more, name)
        if value is not None:
            setattr(to, name, (getattr(to, name) or 0) + value)


def total(each: Sequence[frames.Targets], connect_rate: float | None) -> frames.Targets:
    """Those of several together, with a rate of its own."""
    found = frames.Targets(connect_rate=connect_rate)
    for one in each:
        add(found, one)
    return found


def common_rate(each: Iterable[frames.Targets]) -> float | None:
    """The connect rate asked of all alike; where it differs there is none for all together."""
    rates = {one.connect_rate for one in each if one.connect_rate is not None}
    return rates.pop() if len(rates) == 1 else None


def _values(own: TargetsOf) -> Each:
    return {name: getattr(own, name) for name in NAMES}
