"""Shifts in epoch seconds, over midnight and clock changes; the verdict at a deadline."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.config import Shift
from monitor.metrics import shifts
from monitor.metrics.shifts import Verdict, Window
from tests.metrics.test_board import SETTINGS, ZONE, at

BERLIN = ZoneInfo("Europe/Berlin")
MORNING = Window(
    day=date(2026, 11, 23),
    shift="m",
    name="上午",
    counts_from=at("8:45"),
    starts_at=at("9:00"),
    dial_by_at=at("9:10"),
    late_at=at("9:10"),
    ends_at=at("12:00"),
)
moments = st.integers(0, 4 * 3600).map(lambda second: at("8:30") + second)
blinds = st.lists(
    st.tuples(moments, st.integers(1, 3600)).map(lambda pair: (pair[0], pair[0] + pair[1])), max_size=3
)


def shift(start: str, end: str, dial_by: str, **more: object) -> Shift:
    clocks = {"start": start, "end": end, "dial_by": dial_by}
    return Shift.model_validate({"id": "s", "name": "s", **clocks, **more})


def test_the_shipped_shifts_of_a_day() -> None:
    found = shifts.windows(date(2026, 11, 23), SETTINGS.shifts, ZONE)
    assert [(each.starts_at, each.dial_by_at, each.ends_at) for each in found] == [
        (at("9:00"), at("9:10"), at("12:00")),
        (at("13:30"), at("13:50"), at("17:30")),
    ]
    assert found[0].counts_from == at("8:45")


def test_a_shift_has_its_days_of_the_week() -> None:
    weekdays = [shift("09:00", "12:00", "09:10", days=[0, 1, 2, 3, 4])]
    assert len(shifts.windows(date(2026, 11, 23), weekdays, ZONE)) == 1
    assert shifts.windows(date(2026, 11, 22), weekdays, ZONE) == []


def test_a_shift_over_midnight_touches_both_days() -> None:
    night = [shift("22:00", "06:00", "22:10")]
    touching = shifts.windows_touching(date(2026, 11, 24), night, ZONE)
    assert [(each.starts_at, each.ends_at) for each in touching] == [
        (at("22:00"), at("6:00", 24)),
        (at("22:00", 24), at("6:00", 25)),
    ]
    start, end = shifts.day_bounds(date(2026, 11, 24), ZONE)
    assert shifts.hours(touching, start, end) == [(start, at("6:00", 24)), (at("22:00", 24), end)]


def test_a_deadline_past_midnight_and_a_count_from_before_it() -> None:
    (late,) = shifts.windows(date(2026, 11, 24), [shift("23:50", "06:00", "00:10")], ZONE)
    assert late.dial_by_at == at("0:10", 25)
    (early,) = shifts.windows(date(2026, 11, 24), [shift("00:05", "06:00", "00:15")], ZONE)
    assert early.counts_from == at("23:50")


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 7, 1), 24)]
)
def test_a_day_is_the_sites_calendar_day(day: date, hours: int) -> None:
    start, end = shifts.day_bounds(day, BERLIN)
    assert end - start == hours * 3600
    assert shifts.day_of(start, BERLIN) == shifts.day_of(end - 1, BERLIN) == day
    (window,) = shifts.windows(day, [shift("09:00", "12:00", "09:10")], BERLIN)
    assert datetime.fromtimestamp(window.starts_at, BERLIN).time() == time(9)


@given(first=st.one_of(st.none(), moments), now=moments, blind=blinds)
def test_nobody_is_accused_of_more_than_was_seen(
    first: float | None, now: float, blind: list[shifts.Blind]
) -> None:
    first = first if first is None or first <= now else None
    kind, minutes = shifts.verdict(MORNING, first, now, shifts.joined(blind))
    on_time = first is not None and first <= MORNING.dial_by_at
    unseen = any(a <= MORNING.dial_by_at and b > MORNING.counts_from for a, b in blind)
    assert (kind is Verdict.ON_TIME) == on_time
    if unseen and not on_time:
        assert kind in (Verdict.INDETERMINATE, Verdict.PENDING)
    if kind is Verdict.NOT_STARTED:
        assert first is None
        assert now >= MORNING.ends_at
        assert not any(a < MORNING.ends_at and b > MORNING.counts_from for a, b in blind)
    assert (minutes is not None) == (kind is Verdict.LATE)
    if minutes is not None:
        until = first if first is not None else min(now, MORNING.ends_at)
        assert 1 <= minutes <= max(1, -(-(until - MORNING.dial_by_at) // 60))


def test_minutes_late_grow_until_the_first_dial() -> None:
    grown = [shifts.verdict(MORNING, None, at(clock))[1] for clock in ("9:10:01", "9:11", "9:11:01", "9:40")]
    assert grown == [1, 1, 2, 30]
    assert shifts.verdict(MORNING, at("9:25"), at("11:00")) == (Verdict.LATE, 15)


@given(blinds)
def test_joined_periods_hold_the_same_moments_and_do_not_touch(periods: list[shifts.Blind]) -> None:
    found = shifts.joined(periods)
    assert all(one[1] < other[0] for one, other in zip(found, found[1:], strict=False))
    for moment in {point + step for period in periods for point in period for step in (-0.5, 0, 0.5)}:
        assert any(a <= moment <= b for a, b in found) == any(a <= moment <= b for a, b in periods)


def test_hours_that_overlap_count_once() -> None:
    day = [
        MORNING,
        Window(**{**{f: getattr(MORNING, f) for f in Window.__struct_fields__}, "ends_at": at("13:00")}),
    ]
    hours = shifts.hours(day, at("0:00"), at("0:00", 24))
    assert hours == [(at("9:00"), at("13:00"))]


WHOLE_MINUTES = st.integers(-15, 200).map(lambda minute: at("9:00") + 60 * minute)
downs = st.lists(
    st.tuples(WHOLE_MINUTES, st.integers(1, 90)).map(lambda pair: (pair[0], pair[0] + 60 * pair[1])),
    max_size=3,
)


@example(first=None, now=at("9:12"), down=[(at("9:11"), at("9:12"))], grace=1)
@given(first=st.one_of(st.none(), WHOLE_MINUTES), now=WHOLE_MINUTES, down=downs, grace=st.integers(0, 3))
def test_time_without_a_phone_is_nobodys_fault(
    first: float | None, now: float, down: list[shifts.Blind], grace: int
) -> None:
    """Against a count of the minutes in which there was something to dial on."""
    first = first if first is None or first <= now else None
    window = msgspec.structs.replace(MORNING, late_at=MORNING.dial_by_at + 60.0 * grace)
    until = first if first is not None else min(now, window.ends_at)
    minutes = [window.starts_at + 60 * n for n in range(int((until - window.starts_at) // 60))]
    able = len([m for m in minutes if not any(a <= m < b for a, b in down)])
    kind, late = shifts.verdict(window, first, now, (), shifts.joined(down))
    if first is not None and first <= window.late_at:
        assert kind is Verdict.ON_TIME
    elif first is None and now <= window.late_at:
        assert kind is Verdict.PENDING
    elif able <= 10 + grace:
        # Down from the deadline on: until then there was all the time, so the deadline stands.
        in_time = not any(a < window.late_at and b > window.starts_at for a, b in down)
        assert (kind, late) == ((Verdict.LATE, max(1, able - 10)) if in_time else (Verdict.EXCUSED, None))
    elif first is None and now >= window.ends_at and not any(a < window.ends_at <= b for a, b in down):
        assert kind is Verdict.NOT_STARTED
    else:
        assert (kind, late) == (Verdict.LATE, able - 10)
    if kind is Verdict.EXCUSED:
        assert any(a < until and b > window.starts_at for a, b in down)


@pytest.mark.parametrize(
    ("first", "now", "down", "kind", "minutes"),
    [
        # Down over the whole window, no dial: as long as it lasts, and after the shift.
        (None, "9:11", ("8:30", "12:30"), Verdict.EXCUSED, None),
        (None, "13:00", ("8:30", "12:30"), Verdict.EXCUSED, None),
        # Back at 9:30: ten minutes from then on, as from nine.
        ("9:38", "10:00", ("8:30", "9:30"), Verdict.EXCUSED, None),
        (None, "9:41", ("8:30", "9:30"), Verdict.LATE, 1),
        ("9:52", "10:00", ("8:30", "9:30"), Verdict.LATE, 12),
        # Down for five of the ten minutes: five are left from 9:20 on.
        ("9:24", "10:00", ("9:05", "9:20"), Verdict.EXCUSED, None),
        ("9:26", "10:00", ("9:05", "9:20"), Verdict.LATE, 1),
        # Down after the deadline: late, but not for those minutes.
        ("10:00", "10:00", ("9:20", "9:50"), Verdict.LATE, 20),
        # Down from just after the deadline to the end: late by the minute there was, not "not begun".
        (None, "13:00", ("9:11", "12:00"), Verdict.LATE, 1),
        (None, "13:00", ("9:11", "11:00"), Verdict.NOT_STARTED, None),
        # Down before the shift only: all ten minutes were there.
        ("9:11", "10:00", ("8:00", "9:00"), Verdict.LATE, 1),
        # A dial in time is in time.
        ("9:09", "10:00", ("8:30", "9:08"), Verdict.ON_TIME, None),
    ],
)
def test_the_deadline_waits_while_nobody_could_dial(
    first: str | None, now: str, down: tuple[str, str], kind: Verdict, minutes: int | None
) -> None:
    dialled = None if first is None else at(first)
    periods = [(at(down[0]), at(down[1]))]
    assert shifts.verdict(MORNING, dialled, at(now), (), periods) == (kind, minutes)


def test_what_the_monitor_did_not_hear_stays_undecided_beside_an_outage() -> None:
    down = [(at("8:30"), at("9:30"))]
    assert shifts.verdict(MORNING, None, at("9:20"), [(at("9:00"), at("9:01"))], down)[0] is (
        Verdict.INDETERMINATE
    )
    # Not heard while the minutes ran that the outage had put off.
    assert shifts.verdict(MORNING, at("9:45"), at("10:00"), [(at("9:35"), at("9:36"))], down)[0] is (
        Verdict.INDETERMINATE
    )
    assert shifts.verdict(MORNING, at("9:38"), at("10:00"), [(at("9:35"), at("9:36"))], down)[0] is (
        Verdict.EXCUSED
    )


@given(whole=blinds, taken=blinds)
def test_what_is_left_holds_the_moments_that_nothing_has_taken(
    whole: list[shifts.Blind], taken: list[shifts.Blind]
) -> None:
    left = shifts.without(shifts.joined(whole), taken)
    assert all(a < b for a, b in left)
    for moment in {point + step for a, b in [*whole, *taken] for point in (a, b) for step in (-0.5, 0, 0.5)}:
        inside = any(a <= moment < b for a, b in whole) and not any(a <= moment < b for a, b in taken)
        assert any(a <= moment < b for a, b in left) == inside
