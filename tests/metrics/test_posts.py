"""Who has to dial in which shift: teams' shifts, shifts' weekdays, absences, seats that change."""

from __future__ import annotations

from datetime import date, time

import pytest

from monitor.config_duty import Shift
from monitor.duty import Absence, AbsenceKind, OwnDay, StateDay
from monitor.metrics.calendar import Calendar, Pattern
from monitor.metrics.posts import ConfiguredSeat, Duty, Span, duty_of
from tests.metrics.test_board import SETTINGS, ZONE, at

MONDAY = date(2026, 11, 23)


def shift(id: str, start: str, end: str, days: tuple[int, ...] = tuple(range(7)), **more: object) -> Shift:
    return Shift.model_validate(
        {"id": id, "name": id, "start": start, "end": end, "dial_by": start, "days": days, **more}
    )


def seat(person: int, extension: str, team: str = "t1", **valid: float) -> ConfiguredSeat:
    return ConfiguredSeat(
        person_id=person, name=str(person), pbx="main", extension=extension, team=team, **valid
    )


EARLY, LATE = shift("early", "08:00", "11:00"), shift("late", "15:00", "18:00")


def expected(duty: Duty, day: date, shift_id: str) -> set[int]:
    (window,) = [each for each in duty.windows(day) if each.shift == shift_id]
    return {person for person, post in duty.posts(window).items() if post.expected}


def test_a_team_works_the_shifts_it_names_else_all() -> None:
    duty = Duty(
        [EARLY, LATE], ZONE, [seat(1, "8001"), seat(2, "8002", "t2")], team_shifts={"t1": ["early"], "t2": []}
    )
    assert expected(duty, MONDAY, "early") == {1, 2}
    assert expected(duty, MONDAY, "late") == {2}
    assert duty.hours(1, at("0:00"), at("23:59")) == [(at("8:00"), at("11:00"))]


def test_a_day_on_which_nobody_works_has_no_shift() -> None:
    off = OwnDay(day=MONDAY, working=False, name="公司年会")
    assert Duty([EARLY], ZONE, [seat(1, "8001")], calendar=Calendar(own=[off])).windows(MONDAY) == []


def test_weekdays_of_a_shift_on_a_make_up_workday() -> None:
    """A Saturday that is a workday has the shifts that name Saturday, or, where none does, all of them."""
    saturday = date(2026, 11, 28)
    made_up = Calendar(Pattern(weekdays=frozenset(range(5))), state={saturday: StateDay(True, "调休上班")})
    weekly = shift("weekly", "09:00", "12:00", (0, 1, 2, 3, 4))
    short = shift("short", "13:00", "15:00", (5,))
    one = Duty([weekly], ZONE, [seat(1, "8001")], calendar=made_up)
    assert [window.shift for window in one.windows(saturday)] == ["weekly"]
    other = Duty([weekly, short], ZONE, [seat(1, "8001")], calendar=made_up)
    assert [window.shift for window in other.windows(saturday)] == ["short"]


@pytest.mark.parametrize(
    ("starts", "ends", "excused"),
    [
        ("7:00", "8:00", False),  # over when the deadline comes
        ("8:00", "8:01", True),
        ("7:00", "23:00", True),
        ("8:01", "11:00", False),  # begins after the deadline: at the deadline the person was to dial
    ],
)
def test_an_absence_excuses_where_it_holds_at_the_deadline(starts: str, ends: str, excused: bool) -> None:
    away = Absence(id=4, person=1, kind=AbsenceKind.LEAVE, starts_at=at(starts), ends_at=at(ends))
    duty = Duty([EARLY], ZONE, [seat(1, "8001")], absences=[away])
    assert expected(duty, MONDAY, "early") == (set() if excused else {1})


def test_a_withdrawn_absence_excuses_nobody() -> None:
    away = Absence(person=1, kind=AbsenceKind.LEAVE, starts_at=0.0, ends_at=at("23:00"), withdrawn_at=1.0)
    assert expected(Duty([EARLY], ZONE, [seat(1, "8001")], absences=[away]), MONDAY, "early") == {1}


def test_who_holds_the_seat_at_the_deadline_is_checked_on_every_extension_the_person_had() -> None:
    moved = [
        seat(1, "8001", valid_to=at("9:30")),
        seat(2, "8001", valid_from=at("9:30")),
        seat(1, "8002", valid_from=at("9:30")),
    ]
    duty = Duty([EARLY], ZONE, moved)
    (window,) = duty.windows(MONDAY)
    posts = duty.posts(window)
    assert set(posts) == {1}
    assert posts[1].spans == (
        Span("main/8001", at("7:45"), at("9:30")),
        Span("main/8002", at("9:30"), at("11:00")),
    )
    assert (duty.holder("main/8001", at("9:00")), duty.holder("main/8001", at("10:00"))) == (1, 2)


def test_hours_leave_out_breaks_and_absences() -> None:
    tea = shift("tea", "09:00", "12:00", breaks=[{"start": time(10), "end": time(10, 15)}])
    away = Absence(person=1, kind=AbsenceKind.TRAINING, starts_at=at("11:00"), ends_at=at("11:30"))
    duty = Duty([tea], ZONE, [seat(1, "8001")], absences=[away])
    assert duty.hours(1, at("0:00"), at("23:59")) == [
        (at("9:00"), at("10:00")),
        (at("10:15"), at("11:00")),
        (at("11:30"), at("12:00")),
    ]


def test_the_shipped_settings_make_a_plan() -> None:
    duty = duty_of(SETTINGS)
    assert [window.shift for window in duty.windows(MONDAY)] == ["morning", "afternoon"]
    assert len(duty.posts(duty.windows(MONDAY)[0])) == 24
