"""A whole simulated day through the pipeline of the live link: every call as it really was."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

import pytest

from monitor.config import load
from monitor.contacts import Listing, Numbering, contact_of, missed_of
from monitor.domain import Call, Direction, OutageCause, Outcome
from monitor.metrics import callbacks
from monitor.metrics.harassment import breaches
from monitor.pbx.simulator.centre import TrueCall
from tests.pbx.simulator.day import ZONE, Day
from tests.pbx.simulator.truth import by_root, faults
from tests.test_config import SHIPPED


@pytest.fixture(scope="module")
def day() -> Day:
    found = Day(agents=24)
    found.run_until(18)
    return found


def test_every_call_of_a_day_is_told_once_and_right(day: Day) -> None:
    told = by_root(day.calls.values())
    assert len(day.centre.truth) > 3000
    assert {true.uniqueid for true in day.centre.truth} == told.keys()
    assert [root for root, calls in told.items() if len(calls) != 1] == []
    assert [fault for true in day.centre.truth for fault in faults(true, told[true.uniqueid][0])] == []


def test_the_day_leaves_nothing_behind(day: Day) -> None:
    assert day.pipeline.malformed == 0
    assert day.exchange.channels == {}
    assert day.exchange.bridges == {}
    assert {state for device, state in day.exchange.devices.items() if not device.startswith("Queue")} == {
        "NOT_INUSE",
        "UNAVAILABLE",
    }


def test_a_day_has_everything_that_a_floor_has(day: Day) -> None:
    truth = day.centre.truth
    dials = [true for true in truth if true.direction is Direction.OUTBOUND]
    outcomes = Counter(true.outcome for true in dials)
    assert 0.29 < outcomes[Outcome.ANSWERED] / len(dials) < 0.38
    assert set(outcomes) == set(Outcome) - {Outcome.UNREACHABLE, Outcome.UNKNOWN}
    assert {true.direction for true in truth} == set(Direction)
    assert any(true.transferred_to for true in truth)
    assert any(true.queue and true.agent is None for true in truth)
    assert any(true.hold_seconds for true in truth)
    assert any(true.click_to_dial for true in truth)
    assert day.exchange.sent["RTCPReceived"] > 1000


def test_nobody_dials_at_lunch_or_after_work(day: Day) -> None:
    def clock(true: TrueCall) -> tuple[int, int]:
        local = datetime.fromtimestamp(true.started_at, ZONE)
        return local.hour, local.minute

    hours = Counter(clock(true)[0] for true in day.centre.truth)
    assert set(hours) <= {8, 9, 10, 11, 13, 14, 15, 16, 17}
    assert not [
        true for true in day.centre.truth if (12, 2) < clock(true) < (13, 15) or clock(true) > (17, 32)
    ]


def test_habits_show_at_the_deadlines(day: Day) -> None:
    first: dict[tuple[str, int], str] = {}
    for true in day.centre.truth:
        if true.direction is Direction.OUTBOUND and true.agent is not None:
            local = datetime.fromtimestamp(true.started_at, ZONE)
            first.setdefault((true.agent, local.hour >= 13), f"{local:%H:%M}")
    assert first["8007", False] > "09:10"
    assert first["8004", False] < "09:10"
    assert first["8004", True] > "13:50"
    assert first["8002", False] < "09:00"
    assert not [agent for agent, _ in first if agent == "8015"]


def test_phones_lose_their_network_now_and_then_and_nobody_dials_meanwhile(day: Day) -> None:
    over = [outage for outage in day.outages.values() if outage.ended_at is not None]
    assert {outage.cause for outage in over} == {OutageCause.EXTENSION}
    assert "8002" in {outage.subject for outage in over}
    assert all(6 * 60 <= (outage.ended_at or 0) - outage.started_at <= 19 * 60 for outage in over)
    assert not [
        true
        for true in day.centre.truth
        for outage in over
        if true.agent == outage.subject and outage.started_at < true.started_at < (outage.ended_at or 0) - 1
    ]


def test_the_same_seed_makes_the_same_morning_and_another_seed_another() -> None:
    def morning(seed: int) -> list[TrueCall]:
        found = Day(agents=6, seed=seed)
        found.run_until(9, 30)
        return found.centre.truth

    assert morning(3) == morning(3)
    assert morning(3) != morning(4)


def test_a_quiet_pbx_tells_the_same_calls(day: Day) -> None:
    quiet = Day(agents=24)
    quiet.exchange.quiet = True
    quiet.run_until(10)
    assert "Newexten" not in quiet.exchange.sent
    ended = {call.id: call for call in quiet.calls.values() if call.ended and call.ended_at}
    assert len(ended) > 300
    same = [key for key, call in ended.items() if _plain(call) == _plain(day.calls[key])]
    assert len(same) == len(ended)


def _plain(call: Call) -> tuple[object, ...]:
    return call.agent, call.number, call.outcome, round(call.talk_seconds, 1), call.recording, call.hangup_by


def test_the_morning_has_something_for_the_watch(day: Day) -> None:
    """Missed callers of whom some are called back, and a number that is dialled too often."""
    calls = [call for call in day.calls.values() if call.number]
    missed = [found for call in calls if (found := missed_of(call)) is not None]
    contacts = [contact_of(call) for call in calls]
    cases = callbacks.cases(missed, contacts, Numbering())
    assert any(case.back is not None for case in cases)
    assert any(case.back is None for case in cases)
    assert all(case.seconds is None or case.seconds > 60 for case in cases)
    guard = load(SHIPPED, {}).guard
    assert breaches(contacts, guard, Listing(), day.centre.zone, 0.0, float("inf"))
