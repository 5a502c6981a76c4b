"""Connect rate, split: the same finished dials by who decided (METRICS: connect rate, split)."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.domain import Outcome
from monitor.metrics.sheet import Decided

BY: dict[str, tuple[Outcome, ...]] = {
    "connected": (Outcome.ANSWERED,),
    "customer": (Outcome.NO_ANSWER, Outcome.BUSY, Outcome.REJECTED),
    "number": (Outcome.INVALID_NUMBER, Outcome.UNREACHABLE),
    "network": (Outcome.CONGESTION,),
    "agent": (Outcome.CANCELLED,),
    "unknown": (Outcome.UNKNOWN,),
}
"""Who decided, by outcome; an attempt whose agent never picked up is no dial."""


def decided(outcomes: Mapping[str, int], cancelled_ring_seconds: float) -> Decided:
    """The split of some outcomes."""
    counts = {who: sum(outcomes.get(each.value, 0) for each in theirs) for who, theirs in BY.items()}
    given_up = counts["agent"]
    return Decided(**counts, cancelled_ring_seconds=cancelled_ring_seconds / given_up if given_up else None)
