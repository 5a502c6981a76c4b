"""Idle gaps of a day: between calls, inside the hours, long enough; a break parts one."""

from __future__ import annotations

import pytest

from monitor.metrics.idle_gaps import Period, idle_gaps

HOURS = [(0.0, 100.0), (120.0, 200.0)]  # a break from 100 to 120


@pytest.mark.parametrize(
    ("busy", "expected"),
    [
        ([], []),
        ([(10, 20)], []),  # before the first and after the last call there is no gap
        ([(10, 20), (60, 70)], [(20, 60)]),
        ([(10, 20), (45, 70)], []),  # shorter than asked for
        ([(10, 65), (20, 30), (70, 80)], []),  # a call inside another ends no gap
        ([(10, 80), (150, 160)], [(80, 100), (120, 150)]),
        ([(90, 95), (130, 140)], []),  # 5 before and 10 after the break
        ([(190, 195), (260, 270)], []),  # after hours
    ],
)
def test_gaps(busy: list[Period], expected: list[Period]) -> None:
    assert idle_gaps(busy, [HOURS], 30.0) == expected


def test_a_time_in_which_nothing_was_heard_parts_a_gap() -> None:
    parted = [[(0.0, 50.0)], [(60.0, 100.0), (120.0, 200.0)]]
    assert idle_gaps([(10, 25), (90, 95)], parted, 30.0) == [(60, 90)]
    assert idle_gaps([(10, 25), (90, 95)], parted, 25.0) == [(25, 50), (60, 90)]
