"""The state's holidays and make-up workdays, from the ``holidays`` library.

The library knows China's make-up workdays for the years whose arrangement the State Council has published
(``weekend_workdays``); for others it computes the plain holidays only, and such a year is not called known.
Its list leaves out weekends that lie in or beside a holiday, which the notices count as part of it (放假): for
who works every day of the week they matter, so they are joined here. The library is loaded when it is asked: a
site without a country does not wait for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import msgspec

from monitor.duty import StateDay

MAKE_UP_NAME = "调休上班"
_LANGUAGES = {"CN": "zh_CN"}


class StateDays(msgspec.Struct, frozen=True):
    """The state's days, and the years whose arrangement is known with its make-up workdays."""

    days: dict[date, StateDay]
    years: frozenset[int]


def supported(country: str, subdivision: str | None = None) -> bool:
    """Whether the library knows a country (ISO 3166) and its part."""
    import holidays

    parts = holidays.list_supported_countries().get(country)
    return parts is not None and (subdivision is None or subdivision in parts)


def state_days(country: str, subdivision: str | None, years: Iterable[int]) -> StateDays:
    """The state's days of some years. ``country`` must be one that is ``supported``."""
    import holidays

    wanted = sorted(set(years))
    found = holidays.country_holidays(
        country, subdiv=subdivision, years=wanted, language=_LANGUAGES.get(country)
    )
    make_up = {day for day in found.weekend_workdays if day.year in wanted}
    days = {day: StateDay(False, name) for day, name in found.items()}
    if country != "CN":
        return StateDays(days, frozenset(wanted))
    _join_weekends(days, make_up)
    days |= {day: StateDay(True, MAKE_UP_NAME) for day in make_up}
    return StateDays(days, frozenset(day.year for day in make_up))


def _join_weekends(days: dict[date, StateDay], make_up: set[date]) -> None:
    """Saturdays and Sundays beside a holiday are part of it, unless they are workdays."""
    for start in sorted(days):
        for step in (timedelta(days=1), timedelta(days=-1)):
            day = start + step
            while day.weekday() >= 5 and day not in days and day not in make_up:
                days[day] = days[start]
                day += step
