"""The order in which days by hand, holidays, rotas, make-up workdays and weekly patterns decide."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.duty import OwnDay, StateDay
from monitor.metrics.calendar import Calendar, Day, DayKind, Pattern

HOLIDAY, MAKE_UP = date(2026, 10, 1), date(2026, 10, 10)  # a Thursday, a Saturday
STATE = {HOLIDAY: StateDay(False, "国庆节"), MAKE_UP: StateDay(True, "调休上班")}
WEEKDAYS = Pattern(weekdays=frozenset(range(5)))
SIX_ON_ONE_OFF = Pattern(rota=(True,) * 6 + (False,), rota_from=date(2026, 10, 4))


def own(day: date, working: bool, **whose: object) -> OwnDay:
    return OwnDay(day=day, working=working, name="手工", **whose)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("day", "team", "person", "expected"),
    [
        (date(2026, 9, 30), "", 0, Day(True, DayKind.WEEKLY)),
        (date(2026, 10, 17), "", 0, Day(False, DayKind.WEEKLY)),
        (HOLIDAY, "", 0, Day(False, DayKind.HOLIDAY, "国庆节")),
        (MAKE_UP, "", 0, Day(True, DayKind.MAKE_UP, "调休上班")),
        (MAKE_UP, "rota", 0, Day(False, DayKind.ROTA)),  # the rota's own rest day
        (HOLIDAY, "rota", 0, Day(False, DayKind.HOLIDAY, "国庆节")),
        (date(2026, 10, 17), "rota", 0, Day(False, DayKind.ROTA)),
        (date(2026, 10, 18), "rota", 0, Day(True, DayKind.ROTA)),
        (date(2026, 9, 27), "rota", 0, Day(True, DayKind.ROTA)),  # the cycle goes on before its first day
        (date(2026, 10, 18), "rota", 7, Day(True, DayKind.ROTA)),
        (date(2026, 10, 18), "", 8, Day(True, DayKind.WEEKLY)),  # this person works on Sundays
        (date(2026, 10, 2), "", 0, Day(True, DayKind.OWN, "手工")),
        (date(2026, 10, 2), "t2", 0, Day(False, DayKind.OWN, "手工")),
        (date(2026, 10, 2), "t2", 9, Day(True, DayKind.OWN, "手工")),
    ],
)
def test_the_most_particular_decides(day: date, team: str, person: int, expected: Day) -> None:
    calendar = Calendar(
        WEEKDAYS,
        teams={"rota": SIX_ON_ONE_OFF},
        people={8: Pattern(weekdays=frozenset({6}))},
        state=STATE,
        own=[
            own(date(2026, 10, 2), True),
            own(date(2026, 10, 2), False, team="t2"),
            own(date(2026, 10, 2), True, team="t2", person=9),
        ],
    )
    assert calendar.day(day, team, person) == expected


def test_official_days_by_hand_beat_the_library_and_make_the_year_known() -> None:
    hand = [own(HOLIDAY, True, official=True), own(date(2027, 2, 14), True, official=True)]
    calendar = Calendar(WEEKDAYS, state=STATE, state_years={2026}, own=hand)
    assert calendar.day(HOLIDAY) == Day(True, DayKind.MAKE_UP, "手工")
    assert calendar.known(2027) and not calendar.known(2028)


@pytest.mark.parametrize(
    ("today", "unknown"),
    [
        (date(2026, 11, 24), None),
        (date(2026, 11, 30), None),
        (date(2026, 12, 1), date(2027, 1, 1)),  # from December on next year counts
        (date(2026, 12, 20), date(2027, 1, 1)),
        (date(2027, 3, 1), date(2027, 3, 1)),
    ],
)
def test_what_is_not_known_ahead(today: date, unknown: date | None) -> None:
    assert Calendar(state_years={2025, 2026}).uncovered_from(today) == unknown
    assert Calendar().uncovered_from(today) is None  # no country: nothing has to be known


@given(
    cycle=st.lists(st.booleans(), min_size=1, max_size=9),
    start=st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    days=st.integers(-500, 500),
)
def test_a_rota_comes_round(cycle: list[bool], start: date, days: int) -> None:
    pattern = Pattern(rota=tuple(cycle), rota_from=start)
    day = start + timedelta(days=days)
    assert pattern.by_rota(start) == cycle[0]
    assert pattern.by_rota(day) == pattern.by_rota(day + timedelta(days=len(cycle)))
