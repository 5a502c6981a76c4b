"""The split of the connect rate: every outcome of a dial is somebody's, none is counted twice."""

from __future__ import annotations

from collections import Counter

from monitor.domain import Outcome
from monitor.metrics.decided import BY, decided


def test_every_outcome_of_a_dial_has_one_who_decided() -> None:
    times = Counter(outcome for theirs in BY.values() for outcome in theirs)
    assert times == {each: 1 for each in Outcome if each is not Outcome.AGENT_UNANSWERED}


def test_the_parts_are_the_finished_dials() -> None:
    outcomes = {
        "answered": 3,
        "busy": 2,
        "no_answer": 4,
        "cancelled": 2,
        "congestion": 1,
        "agent_unanswered": 9,
    }
    found = decided(outcomes, 15.0)
    parts = (found.connected, found.customer, found.number, found.network, found.agent, found.unknown)
    assert parts == (3, 6, 0, 1, 2, 0)
    assert sum(parts) == sum(n for key, n in outcomes.items() if key != "agent_unanswered")
    assert found.cancelled_ring_seconds == 7.5
    assert decided({}, 0.0).cancelled_ring_seconds is None
