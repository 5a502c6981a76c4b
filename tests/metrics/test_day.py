"""A day's sums: put and taken back, hours where the clock changes, the last hour by five minutes."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain import Call
from monitor.metrics import shifts
from monitor.metrics.day import Day
from monitor.metrics.tally import contribution
from tests.metrics.floor_calls import calls
from tests.metrics.test_board import at, dial


def day(name: date = date(2026, 11, 23), zone: str = "Asia/Shanghai") -> Day:
    return Day(*shifts.day_bounds(name, ZoneInfo(zone)))


@given(found=st.lists(calls(), max_size=15))
@settings(max_examples=100, deadline=None)
def test_what_is_taken_back_leaves_nothing(found: list[Call]) -> None:
    counted = day()
    parts = [contribution(call, 30.0) for call in found]
    for part in parts:
        counted.count(part, 1)
    for part in reversed(parts):
        counted.count(part, -1)
    assert counted.site.figures() == day().site.figures()
    assert [trunk.frame().seizures for trunk in counted.trunks.values()] == [0] * len(counted.trunks)
    assert counted.hour_frames() == []
    assert all(bucket.dials == bucket.connects == 0 for bucket in counted.slot_frames(at("23:59")))


@given(found=st.lists(calls(), max_size=20))
@settings(max_examples=100, deadline=None)
def test_hours_and_five_minutes_equal_a_count_of_the_calls(found: list[Call]) -> None:
    counted = day()
    for call in found:
        counted.count(contribution(call, 30.0), 1)
    dials = [call for call in found if call.is_dial]
    for width, buckets in ((3600, counted.hour_frames()), (300, counted.slot_frames(at("12:00")))):
        for bucket in buckets:
            mine = [call for call in dials if bucket.start <= call.started_at < bucket.start + width]
            talk = sum(
                part.ended_at - part.started_at
                for call in mine
                for part in call.segments
                if part.ended_at is not None
            )
            assert (bucket.dials, bucket.finished) == (len(mine), sum(call.ended for call in mine))
            assert (bucket.connects, bucket.talk_seconds) == (sum(call.is_connect for call in mine), talk)
    assert sum(bucket.dials for bucket in counted.hour_frames()) == len(dials)


def test_hours_run_from_the_first_to_the_last_with_a_shift_or_a_dial() -> None:
    counted = Day(at("0:00"), at("0:00", 24), [(at("9:00"), at("12:00"))])
    assert [bucket.start for bucket in counted.hour_frames()] == [at("9:00"), at("10:00"), at("11:00")]
    counted.count(contribution(dial("8001", at("13:59")), 30.0), 1)
    assert [bucket.start for bucket in counted.hour_frames()][-1] == at("13:00")


def test_a_day_of_25_hours_has_each_of_them_once() -> None:
    long = day(date(2026, 10, 25), "Europe/Berlin")
    assert long.end - long.start == 25 * 3600
    for hour in range(25):
        long.count(contribution(dial("8001", long.start + hour * 3600 + 60), 30.0), 1)
    assert [bucket.dials for bucket in long.hour_frames()] == [1] * 25
    assert long.holds(long.end - 1)
    assert not long.holds(long.end)


def test_the_last_hour_has_twelve_stretches_up_to_now() -> None:
    counted = day()
    for clock in ("9:04:59", "9:05", "10:02"):
        counted.count(contribution(dial("8001", at(clock)), 30.0), 1)
    shown = counted.slot_frames(at("10:03"))
    assert [bucket.dials for bucket in shown] == [1, *[0] * 10, 1]
    assert (shown[0].start, shown[-1].start) == (at("9:05"), at("10:00"))


def test_dials_of_one_place_stay_together() -> None:
    counted = day()
    assert counted.same_place_until(at("9:04:59")) == at("9:05")
    assert counted.same_place_until(at("9:55")) == at("10:00")


def test_the_trunks_of_the_day_after_are_empty() -> None:
    counted = day()
    counted.count(contribution(dial("8001", at("9:00")), 30.0), 1)
    kept = counted.trunks_after()
    assert [trunk.frame().seizures for trunk in kept.values()] == [0]
    assert Day().trunks_after() == {}


def test_the_last_hour_goes_on_over_midnight() -> None:
    before = Day(at("0:00"), at("0:00", 24))
    late = dial("8001", at("23:40"), talk=40)
    before.count(contribution(late, 30.0), 1)
    before.parts[late.id] = contribution(late, 30.0)
    early = dial("8001", at("21:00"))
    before.parts[early.id] = contribution(early, 30.0)
    day = Day(at("0:00", 24), at("0:00", 25))
    day.follow(before, 30.0)
    shown = {bucket.start: bucket.dials for bucket in day.slot_frames(at("0:20", 24)) if bucket.dials}
    assert shown == {at("23:40"): 1}
    assert day.hour_frames() == []
    assert day.site.dials == 0
    # It was going on at midnight, and is put right after it.
    assert not day.put_before(late.id, contribution(late, 30.0))
    assert day.put_before(late.id, contribution(dial("8001", at("23:40"), talk=90), 30.0))
    assert sum(bucket.talk_seconds for bucket in day.slot_frames(at("0:20", 24))) == 90
    assert day.put_before(late.id, None)
    assert not any(bucket.dials for bucket in day.slot_frames(at("0:20", 24)))
