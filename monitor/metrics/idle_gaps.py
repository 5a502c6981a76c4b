"""A person's idle gaps of a day, for looking back (the board's own line keeps the longest one only)."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import msgspec

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


class LongGap(msgspec.Struct, frozen=True):
    """An idle gap from its first to its last expected moment, and how much of it was expected time."""

    starts_at: float
    ends_at: float
    seconds: float


def long_gaps(between: Iterable[Period], hours: Hours, least_seconds: float) -> list[LongGap]:
    """Of stretches between two calls those with ``least_seconds`` inside the hours, the longest first."""
    found = []
    for start, end in between:
        for each in hours:
            seconds = overlap(start, end, each)
            if seconds >= least_seconds:
                touched = [(begin, to) for begin, to in each if begin < end and to > start]
                found.append(LongGap(max(start, touched[0][0]), min(end, touched[-1][1]), seconds))
    return sorted(found, key=lambda gap: (-gap.seconds, gap.starts_at))


def written_gaps(text: str) -> list[Period]:
    """Stretches between two calls as the store's sums write them: ``from-to`` in milliseconds, parted by commas."""
    pairs = (each.partition("-") for each in text.split(",") if each)
    return [(int(begin) / 1000, int(to) / 1000) for begin, _, to in pairs]
