"""What today comes to at its end (METRICS: forecast): the value so far, carried on as the usual day goes on.

The usual day is the site's own: past days of the same weekday, each with what it had at this time of day and at its
end. What they grew by from now on, on a logarithmic scale because a good day stays a good day, gives the expected end; how
much they differ in it gives an 80 % prediction interval (Student's t, because the days are few). None before an hour of
work has passed, and none from fewer than ``LEAST_DAYS`` days: a bench and a test state how often the interval holds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from statistics import fmean, median, stdev

import msgspec

LEAST_SECONDS = 3600.0
"""So much of the shifts must have passed."""
LEAST_DAYS = 3
WEEKS = 8
"""So many weeks are looked back."""
USUAL = 0.5
"""A past day with less than this share of their median is no usual one: a holiday, a day the PBX was not heard."""

#: Student's t, one-sided 90 %, for 2 to 7 degrees of freedom: an 80 % interval.
_T90 = {2: 1.886, 3: 1.638, 4: 1.533, 5: 1.476, 6: 1.440, 7: 1.415}

Past = tuple[float, float]
"""A past day: what it had at this time of day, and at its end."""


class Estimate(msgspec.Struct, frozen=True):
    """The expected end of the day, its 80 % interval, and how many past days it rests on."""

    expected: float
    low: float
    high: float
    days: int


def usual(past: Iterable[Past]) -> list[Past]:
    """The days that can be compared with."""
    known = list(past)
    if not known:
        return []
    least = USUAL * median(end for _, end in known)
    return [(value, end) for value, end in known if value > 0 and end >= least]


def estimate(value: float, past: Iterable[Past]) -> Estimate | None:
    """The end of a day that has ``value`` now; ``None`` without a value, or without days enough to tell from."""
    days = usual(past)
    if value <= 0 or len(days) < LEAST_DAYS:
        return None
    growth = [math.log(end / now) for now, end in days]
    count = len(growth)
    spread = stdev(growth) * math.sqrt(1 + 1 / count) * _T90[min(count - 1, max(_T90))]
    middle = fmean(growth)
    return Estimate(
        expected=value * math.exp(middle),
        low=max(value, value * math.exp(middle - spread)),
        high=value * math.exp(middle + spread),
        days=count,
    )


def at_time(hours: Sequence[float], passed_hours: float) -> float:
    """What a day had by a time of day, from its sums by hour of the day; within an hour in proportion."""
    whole = int(passed_hours)
    part = hours[whole] * (passed_hours - whole) if whole < len(hours) else 0.0
    return sum(hours[:whole]) + part
