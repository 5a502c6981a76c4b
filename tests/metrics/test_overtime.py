"""Overtime: working time beside the shifts, without a verdict unless it has a deadline."""

from __future__ import annotations

from datetime import date

from monitor.duty import Absence, AbsenceKind, Overtime, OwnDay
from monitor.metrics.board import Board
from monitor.metrics.calendar import Calendar
from monitor.metrics.posts import Duty
from tests.metrics.test_board import SETTINGS, ZONE, at, dial, row
from tests.metrics.test_posts import EARLY, MONDAY, seat

EVENING = Overtime(id=1, team="t1", starts_at=at("18:30"), ends_at=at("20:30"), reason="大促")
CHECKED = Overtime(
    id=2, person=1, starts_at=at("18:30"), ends_at=at("20:30"), dial_by_at=at("18:40"), reason="大促"
)
SEATS = [seat(1, "8001"), seat(2, "8002", "t2")]


def duty(*overtime: Overtime, **more: object) -> Duty:
    return Duty([EARLY], ZONE, SEATS, overtime=overtime, **more)  # type: ignore[arg-type]


def test_it_is_working_time_of_whom_it_was_entered_for_and_no_shift() -> None:
    plan = duty(EVENING)
    day = (at("0:00"), at("0:00", 24))
    assert plan.hours(1, *day) == [(at("8:00"), at("11:00")), (at("18:30"), at("20:30"))]
    assert plan.hours(2, *day) == [(at("8:00"), at("11:00"))]
    assert plan.site_hours(*day) == [(at("8:00"), at("11:00")), (at("18:30"), at("20:30"))]
    assert [window.shift for window in plan.windows(MONDAY)] == ["early"]
    assert plan.asked(1, "t1", MONDAY) == (3 * 3600, 3 * 3600, 3 * 3600)


def test_with_a_deadline_only_its_people_are_expected_on_a_day_off_too() -> None:
    off = Calendar(own=[OwnDay(day=MONDAY, working=False)])
    plan = duty(CHECKED, calendar=off)
    (window,) = plan.windows(MONDAY)
    assert (window.shift, window.name, window.dial_by_at, window.counts_from) == (
        "overtime/2",
        "大促",
        at("18:40"),
        at("18:15"),
    )
    (post,) = plan.posts(window).values()
    assert (post.person, post.expected) == (1, True)


def test_leave_goes_before_overtime() -> None:
    away = Absence(id=1, person=1, kind=AbsenceKind.LEAVE, starts_at=at("18:00"), ends_at=at("19:30"))
    plan = duty(CHECKED, absences=[away])
    window = plan.windows(MONDAY)[-1]
    assert not plan.posts(window)[1].expected
    assert plan.hours(1, at("18:00"), at("22:00")) == [(at("19:30"), at("20:30"))]


def test_overtime_taken_back_is_none() -> None:
    gone = Overtime(id=1, starts_at=at("18:30"), ends_at=at("20:30"), withdrawn_at=1.0)
    assert duty(gone).hours(1, at("12:00"), at("22:00")) == []


def test_a_late_first_dial_is_late_only_where_there_is_a_deadline() -> None:
    for overtime, verdicts in ((EVENING, []), (CHECKED, [("overtime/2", "late", 21)])):
        board = Board(SETTINGS, duty(overtime))
        board.apply(dial("8001", at("19:00:30")), at("19:01"))
        checks = [
            (check.shift, check.verdict, check.late_minutes)
            for check in row(board, at("19:05"), "8001").first_dials
            if check.shift.startswith("overtime")
        ]
        assert checks == verdicts


def test_overtime_past_midnight_belongs_to_the_day_it_begins() -> None:
    late = Overtime(id=3, starts_at=at("23:00"), ends_at=at("1:00", 24), dial_by_at=at("23:10"), reason="夜")
    plan = duty(late)
    assert [window.shift for window in plan.windows_touching(date(2026, 11, 24))] == ["overtime/3", "early"]
    assert plan.hours(1, at("0:00", 24), at("9:00", 24)) == [
        (at("0:00", 24), at("1:00", 24)),
        (at("8:00", 24), at("9:00", 24)),
    ]
