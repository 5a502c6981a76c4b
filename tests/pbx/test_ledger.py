"""Calls keep one id and one meaning, and are let go when they are over."""

from __future__ import annotations

from monitor.pbx.ledger import GRACE_SECONDS
from monitor.pbx.tracker import Tracker
from tests.pbx.playbook import Plan, Playbook, answered, play


def test_34_every_event_twice(pbx: Playbook) -> None:
    answered(pbx)
    pbx.bye("8001", "trunk-a")
    once = play(pbx.events)
    assert play([event for event in pbx.events for _ in range(2)]) == once
    assert play([*pbx.events, *pbx.events]) == once


def test_finished_calls_are_let_go() -> None:
    tracker = Tracker("main", Plan())
    pbx = Playbook()
    most = 0
    for number in range(2000):
        agent, leg = f"80{number % 20:02d}#{number}", f"trunk-a#{number}"
        pbx.create(agent, exten="913800138000", incoming=True)
        pbx.create(leg)
        pbx.dial(agent, leg, "13800138000@trunk-a")
        pbx.wait(1)
        pbx.connect(agent, leg, f"b{number}")
        pbx.wait(GRACE_SECONDS)
        pbx.bye(agent, leg, bridge=f"b{number}")
        for event in pbx.events:
            tracker.apply(event)
        pbx.events.clear()
        tracker.take()
        most = max(most, tracker.remembered)
    assert most <= 6
