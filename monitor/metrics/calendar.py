"""The working calendar: who is expected on which day, and why.

From the most particular to the most general, the first that says something decides:

1. days entered by hand: for the person, for the team, for the site (company days, overtime, days off);
2. statutory holidays;
3. the rota of the person, else of the team, else of the site (轮休: so many days on, so many off, from a known day);
4. make-up workdays of the state (调休上班): a Saturday or Sunday that is a workday;
5. the weekly pattern of the person, else of the team, else of the site.

A holiday beats a rota, because nobody is expected then unless it was entered by hand; a rota beats a make-up
workday, because who works by rota has the rest days of the rota. Of the state's days those entered by hand
beat what the library says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from enum import StrEnum

import msgspec

from monitor.duty import OwnDay, StateDay

AHEAD_DAYS = 30
"""So far ahead the official arrangement has to be known."""


class DayKind(StrEnum):
    """Why a day is a workday or a day off."""

    WEEKLY = "weekly"
    ROTA = "rota"
    HOLIDAY = "holiday"
    MAKE_UP = "make_up"
    OWN = "own"


class Day(msgspec.Struct, frozen=True):
    """Whether somebody is expected on a day; ``name`` is a holiday's or what was entered by hand."""

    working: bool
    kind: DayKind
    name: str = ""


class Pattern(msgspec.Struct, frozen=True, kw_only=True):
    """When somebody works: on ``weekdays`` (0 Monday to 6 Sunday), or by a rota.

    ``rota`` is a cycle of days, true for work; its first day is ``rota_from``, and it goes on both ways.
    """

    weekdays: frozenset[int] | None = None
    rota: tuple[bool, ...] = ()
    rota_from: date | None = None

    def by_rota(self, day: date) -> bool | None:
        """What the rota says of a day; ``None`` without one."""
        if not self.rota or self.rota_from is None:
            return None
        return self.rota[(day - self.rota_from).days % len(self.rota)]


EVERY_DAY = Pattern(weekdays=frozenset(range(7)))


class Calendar:
    """Answers for any day and person; built once from the settings, the state's days and what was entered.

    ``people`` are patterns by person id. ``state_years`` are the years whose official arrangement is known,
    make-up workdays included; ``None`` where no country is set, so nothing has to be known.
    """

    def __init__(
        self,
        site: Pattern = EVERY_DAY,
        *,
        teams: Mapping[str, Pattern] | None = None,
        people: Mapping[int, Pattern] | None = None,
        state: Mapping[date, StateDay] | None = None,
        state_years: Iterable[int] | None = None,
        own: Iterable[OwnDay] = (),
    ) -> None:
        self._site = site
        self._teams = dict(teams or {})
        self._people = dict(people or {})
        self._state = dict(state or {})
        self._own: dict[tuple[str, int, date], OwnDay] = {}
        years = None if state_years is None else set(state_years)
        for each in own:
            if each.official:
                self._state[each.day] = StateDay(each.working, each.name)
                if years is not None:
                    years.add(each.day.year)
            else:
                self._own["" if each.person else each.team, each.person, each.day] = each
        self._years = years

    def day(self, day: date, team: str = "", person: int = 0) -> Day:
        """Whether somebody is expected on a day."""
        scopes = ([("", person)] if person else []) + [(team, 0), ("", 0)]
        for scope in scopes:
            entered = self._own.get((*scope, day))
            if entered is not None:
                return Day(entered.working, DayKind.OWN, entered.name)
        arranged = self._state.get(day)
        if arranged is not None and not arranged.working:
            return Day(False, DayKind.HOLIDAY, arranged.name)
        of_whom = (self._people.get(person), self._teams.get(team), self._site)
        patterns = [pattern for pattern in of_whom if pattern is not None]
        for pattern in patterns:
            works = pattern.by_rota(day)
            if works is not None:
                return Day(works, DayKind.ROTA)
        if arranged is not None:
            return Day(True, DayKind.MAKE_UP, arranged.name)
        weekdays = next((each.weekdays for each in patterns if each.weekdays is not None), None)
        return Day(weekdays is None or day.weekday() in weekdays, DayKind.WEEKLY)

    def state_days(self, year: int) -> list[tuple[date, StateDay]]:
        """The state's days of a year, in order, as far as they are known."""
        return sorted(((day, each) for day, each in self._state.items() if day.year == year))

    def known(self, year: int) -> bool:
        """Whether the official arrangement of a year is known."""
        return self._years is None or year in self._years

    def uncovered_from(self, today: date) -> date | None:
        """The first day ahead whose official arrangement is not known, among those that should be.

        These are the next 30 days, and in December all of next year; ``None``: all are known.
        """
        ahead = [today + timedelta(days=days) for days in range(AHEAD_DAYS + 1)]
        if today.month == 12:
            ahead.append(date(today.year + 1, 1, 1))
        return next((day for day in ahead if not self.known(day.year)), None)
