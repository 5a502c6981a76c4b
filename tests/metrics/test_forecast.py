"""The forecast: none where nothing can be told, exact where all days are alike, and an interval that holds as often as it says."""

from __future__ import annotations

import math
import random

import pytest

from monitor.metrics.forecast import LEAST_DAYS, at_time, estimate

ALIKE = [(40.0, 100.0)] * 5


def test_days_that_are_alike_leave_nothing_open() -> None:
    found = estimate(60, ALIKE)
    assert found is not None
    assert [round(each, 6) for each in (found.expected, found.low, found.high)] == [150, 150, 150]
    assert found.days == 5


@pytest.mark.parametrize(
    ("value", "past"),
    [
        (0, ALIKE),
        (60, []),
        (60, ALIKE[: LEAST_DAYS - 1]),
        # Two holidays with hardly a call are no usual days.
        (60, [(40, 100), (40, 100), (1, 3), (0, 0)]),
    ],
)
def test_none_where_nothing_can_be_told(value: float, past: list[tuple[float, float]]) -> None:
    assert estimate(value, past) is None


def test_the_interval_is_that_of_a_textbook() -> None:
    """Growth of 2, 2.5 and 3 on the logarithmic scale, Student's t with two degrees of freedom."""
    growth = [math.log(each) for each in (2.0, 2.5, 3.0)]
    mean = sum(growth) / 3
    deviation = math.sqrt(sum((each - mean) ** 2 for each in growth) / 2)
    half = 1.886 * deviation * math.sqrt(4 / 3)
    found = estimate(50, [(50, 100), (40, 100), (40, 120)])
    assert found is not None
    assert found.expected == pytest.approx(50 * math.exp(mean))
    assert found.low == pytest.approx(max(50, 50 * math.exp(mean - half)))
    assert found.high == pytest.approx(50 * math.exp(mean + half))


def test_an_hour_counts_in_proportion() -> None:
    hours = [0.0] * 9 + [10.0, 20.0]
    assert [at_time(hours, clock) for clock in (9.0, 9.5, 10.0, 10.25, 11.0, 24.0)] == [0, 5, 10, 15, 30, 30]


def simulated(chance: random.Random, agents: int) -> list[float]:
    """A day of a floor by hour: its own pace, each hour's own luck, and calls that come one by one."""
    pace = math.exp(chance.gauss(0, 0.12))
    usual = [0] * 9 + [20, 24, 22, 2, 10, 22, 24, 21, 9]
    return [
        float(sum(chance.random() < 0.5 for _ in range(2 * round(mean * agents / 10 * pace * hour))))
        for mean in usual
        for hour in [math.exp(chance.gauss(0, 0.10))]
    ]


def coverage(clock: float, weeks: int, runs: int, agents: int = 10, seed: int = 1) -> float:
    """How often the day ended inside the interval."""
    chance = random.Random(seed)
    inside = 0
    for _ in range(runs):
        past = [simulated(chance, agents) for _ in range(weeks)]
        today = simulated(chance, agents)
        found = estimate(at_time(today, clock), [(at_time(day, clock), sum(day)) for day in past])
        assert found is not None
        inside += found.low <= sum(today) <= found.high
    return inside / runs


@pytest.mark.parametrize("clock", [10.25, 14.5, 16.0])
@pytest.mark.parametrize("weeks", [3, 8])
def test_four_days_of_five_end_inside_the_interval(clock: float, weeks: int) -> None:
    # 400 days: two standard errors are 4 points.
    assert 0.74 <= coverage(clock, weeks, runs=400) <= 0.87
