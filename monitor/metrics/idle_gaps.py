"""A person's idle gaps of a day, for looking back (the board's own line keeps the longest one only)."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from monitor.metrics.idle import Hours, overlap
from monitor.metrics.shifts import joined

Period = tuple[float, float]


def idle_gaps(busy: Iterable[Period], hours: Hours, least_seconds: float) -> list[Period]:
    """Gaps from the end of one call to the begin of the next, as far as they lie in the hours.

    A gap counts where it has ``least_seconds`` inside the hours; a break in it shows it in two.
    """
    found: list[Period] = []
    calls = joined(busy)
    for (_, start), (end, _) in pairwise(calls):
        for each in hours:
            if overlap(start, end, each) >= least_seconds:
                found += [
                    (max(start, begin), min(end, to)) for begin, to in each if begin < end and to > start
                ]
    return found
