"""Targets: which one holds, what a period asks, against a plain count of days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config import PeriodTargets, Targets
from monitor.duty import Absence, AbsenceKind, OwnDay
from monitor.metrics import frames, targets
from monitor.metrics.calendar import Calendar, Pattern
from monitor.metrics.periods import Kind, Period, period_of
from monitor.metrics.posts import Duty
from monitor.metrics.targets import Goals
from monitor.store.staff import Target
from tests.metrics.test_board import SETTINGS, ZONE, at
from tests.metrics.test_posts import EARLY, LATE, seat

NOVEMBER = period_of(Kind.MONTHLY, date(2026, 11, 5))
WEEKDAYS = Calendar(Pattern(weekdays=frozenset(range(5))))


def goals(site: Targets, *stored: Target, team: Targets | None = None) -> Goals:
    teams = (SETTINGS.teams[0].model_copy(update={"targets": team or Targets()}),)
    plan = SETTINGS.model_copy(
        update={"site": SETTINGS.site.model_copy(update={"targets": site}), "teams": teams}
    )
    return Goals(plan, stored)


def test_of_each_value_the_most_particular_holds_and_what_was_entered_goes_before_the_file() -> None:
    day = date(2026, 11, 23)
    found = goals(
        Targets(connect_rate=0.3, dials=200),
        Target(person=1, period="day", valid_from=day, connects=9),
        Target(team="t1", period="day", valid_from=day, talk_minutes=80),
        team=Targets(dials=0, talk_minutes=90),
    )
    assert found.of(1, "t1", "day", day) == {
        "connect_rate": 0.3,
        "dials": 0,
        "connects": 9,
        "effective_connects": None,
        "talk_minutes": 80,
    }
    assert found.of(1, "t1", "day", day - timedelta(days=1))["talk_minutes"] == 90
    assert found.of(1, "t1", "month", day) == targets.NOTHING


def test_a_target_changed_this_month_does_not_change_last_months() -> None:
    found = goals(
        Targets(),
        Target(period="month", valid_from=date(2026, 10, 1), dials=3000),
        Target(period="month", valid_from=date(2026, 11, 1), dials=3500),
    )
    duty = Duty([EARLY], ZONE, [seat(1, "8001")], calendar=WEEKDAYS)
    october = period_of(Kind.MONTHLY, date(2026, 10, 9))
    assert targets.period_target(found, duty, 1, "t1", october).dials == 3000
    assert targets.period_target(found, duty, 1, "t1", NOVEMBER).dials == 3500


def test_a_months_target_beats_the_days_together_and_a_day_has_its_own() -> None:
    own = Targets(dials=100, connects=30, month=PeriodTargets(dials=1999), week=PeriodTargets(dials=499))
    duty = Duty([EARLY], ZONE, [seat(1, "8001")], calendar=WEEKDAYS)
    found = goals(own)
    month = targets.period_target(found, duty, 1, "t1", NOVEMBER)
    assert (month.dials, month.connects) == (1999, 30 * 21)
    assert (
        targets.period_target(found, duty, 1, "t1", period_of(Kind.WEEKLY, date(2026, 11, 23))).dials == 499
    )
    assert targets.period_target(found, duty, 1, "t1", period_of(Kind.DAILY, date(2026, 11, 23))).dials == 100
    whole = Period(Kind.RANGE, date(2026, 11, 1), date(2026, 11, 30))
    assert targets.period_target(found, duty, 1, "t1", whole).dials == 1999
    part = Period(Kind.RANGE, date(2026, 11, 23), date(2026, 11, 24))
    assert targets.period_target(found, duty, 1, "t1", part).dials == 200


def test_leave_takes_its_part_of_the_day_and_an_exception_none() -> None:
    monday = date(2026, 11, 23)

    def asked(kind: AbsenceKind, start: str, end: str) -> float | None:
        away = Absence(id=1, person=1, kind=kind, starts_at=at(start), ends_at=at(end))
        duty = Duty([EARLY, LATE], ZONE, [seat(1, "8001")], absences=[away])
        return targets.day_target(goals(Targets(dials=120)), duty, 1, "t1", monday).dials

    assert asked(AbsenceKind.LEAVE, "0:00", "23:59") is None
    assert asked(AbsenceKind.TRAINING, "8:00", "11:00") == 60
    assert asked(AbsenceKind.FIELD_WORK, "17:00", "20:00") == 100
    assert asked(AbsenceKind.EXCEPTION, "8:00", "11:00") == 120


def test_who_changes_teams_owes_each_its_share_of_the_month() -> None:
    change = at("0:00", 16)
    seats = [seat(1, "8001", "t1", valid_to=change), seat(1, "8002", "t2", valid_from=change)]
    duty = Duty([EARLY], ZONE, seats, calendar=WEEKDAYS)
    found = goals(Targets(month=PeriodTargets(dials=2100)))
    shares = [targets.period_target(found, duty, 1, team, NOVEMBER).dials for team in ("t1", "t2")]
    assert shares == [1000, 1100]


def test_without_shifts_every_workday_is_asked_for() -> None:
    duty = Duty([], ZONE, [seat(1, "8001")], calendar=WEEKDAYS)
    assert targets.period_target(goals(Targets(dials=10)), duty, 1, "t1", NOVEMBER).dials == 210


@given(
    off=st.sets(st.integers(1, 30), max_size=12),
    away=st.sets(st.integers(1, 30), max_size=6),
    changed=st.integers(1, 30),
)
def test_days_targets_add_up_as_counted_day_by_day(off: set[int], away: set[int], changed: int) -> None:
    own = [OwnDay(day=date(2026, 11, day), working=False) for day in off]
    leave = [
        Absence(
            id=day, person=1, kind=AbsenceKind.LEAVE, starts_at=at("0:00", day), ends_at=at("23:59:59", day)
        )
        for day in away
    ]
    duty = Duty(
        [EARLY, LATE], ZONE, [seat(1, "8001")], calendar=Calendar(WEEKDAYS._site, own=own), absences=leave
    )
    found = goals(Targets(dials=100), Target(period="day", valid_from=date(2026, 11, changed), dials=130))
    counted = sum(
        130 if day >= changed else 100
        for day in range(1, 31)
        if date(2026, 11, day).weekday() < 5 and day not in off and day not in away
    )
    assert (targets.period_target(found, duty, 1, "t1", NOVEMBER).dials or 0) == pytest.approx(counted)


def test_those_of_several_add_up_and_a_rate_holds_only_where_all_have_it() -> None:
    each = [
        frames.Targets(dials=100, connect_rate=0.3),
        frames.Targets(dials=50, connects=7),
        frames.Targets(),
    ]
    assert targets.total(each, None) == frames.Targets(dials=150, connects=7)
    assert targets.common_rate(each) == 0.3
    assert targets.common_rate([*each, frames.Targets(connect_rate=0.4)]) is None
