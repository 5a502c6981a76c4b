"""Whose call a dial is: the hard cases of AMI.md 2.5 about roots, legs and numbers, in its numbering."""

from __future__ import annotations

import pytest

from monitor.domain import Direction, HangupBy, Outcome
from monitor.pbx import events as ev
from tests.pbx.playbook import (
    Playbook,
    click_through_local,
    hang_up_click,
    originate,
    outbound,
    take_and_dial,
    talk_by_agent,
)


def test_05_failover_to_another_trunk_is_one_dial(pbx: Playbook) -> None:
    first = pbx.out("8001", trunk="trunk-a")
    pbx.request(first, 34)
    pbx.dial_end(first, "CONGESTION")
    pbx.hangup(first, 34)
    second = pbx.out("8001", "0013800138000", trunk="trunk-b")
    pbx.ring(second)
    pbx.wait(2)
    pbx.connect("8001", second)
    pbx.wait(3)
    pbx.bye(second, "8001")
    call = pbx.call()
    assert (call.outcome, call.trunk, call.number, call.talk_seconds) == (
        Outcome.ANSWERED,
        "trunk-b",
        "13800138000",
        3.0,
    )
    assert [(leg.endpoint, leg.cause) for leg in call.legs if leg.role == "far"] == [
        ("trunk-a", 34),
        ("trunk-b", 16),
    ]


def test_09_fork_to_two_outside_numbers_is_one_call(pbx: Playbook) -> None:
    one = pbx.out("8001", "13800138000", leg="leg1")
    two = pbx.out("8001", "13900139000", leg="leg2")
    pbx.ring(one)
    pbx.ring(two)
    pbx.wait(3)
    pbx.dial_end(one, "CANCEL")
    pbx.connect("8001", two)
    pbx.hangup(one, 26)
    pbx.wait(4)
    pbx.bye("8001", two)
    call = pbx.call()
    assert (call.outcome, call.talk_seconds, call.ring_seconds) == (Outcome.ANSWERED, 4.0, 3.0)
    assert len([leg for leg in call.legs if leg.role == "far"]) == 2


def test_11_click_to_dial_answered(pbx: Playbook) -> None:
    originate(pbx)
    pbx.answer("8001")
    leg = pbx.out("8001")
    pbx.ring(leg)
    pbx.wait(2)
    pbx.connect("8001", leg)
    pbx.wait(5)
    pbx.bye(leg, "8001")
    call = pbx.call()
    assert (call.agent, call.outcome, call.ring_seconds, call.talk_seconds) == (
        "8001",
        Outcome.ANSWERED,
        2.0,
        5.0,
    )
    assert call.click_to_dial
    assert call.hangup_by is HangupBy.REMOTE


def test_11b_click_to_dial_through_local_channels(pbx: Playbook) -> None:
    one, two, leg = click_through_local(pbx)
    pbx.wait(5)
    hang_up_click(pbx, one, two, "8002", leg)
    call = pbx.call()
    assert (call.agent, call.number, call.outcome) == ("8002", "13816138002", Outcome.ANSWERED)
    assert (call.ring_seconds, call.talk_seconds, call.hangup_by) == (2.0, 5.0, HangupBy.AGENT)


@pytest.mark.parametrize("at_once", [True, False])
def test_11c_click_to_dial_that_hunts_is_of_the_phone_that_answered(pbx: Playbook, at_once: bool) -> None:
    """The pair rings two phones, one after the other or together; the first does not take it."""
    one, two = pbx.local("8001", "c2d")
    pbx.dial(None, one, "8001@c2d/n")
    for phone in ("8001", "8002"):
        pbx.create(phone)
        if at_once or phone == "8001":
            pbx.dial(two, phone, phone)
            pbx.ring(phone)
    pbx.wait(2)
    pbx.dial_end("8001", "CANCEL" if at_once else "NOANSWER")
    pbx.hangup("8001", 26 if at_once else 21)
    if not at_once:
        pbx.dial(two, "8002", "8002")
        pbx.ring("8002")
        pbx.wait(1)
    leg = take_and_dial(pbx, one, two, "8002")
    pbx.wait(5)
    hang_up_click(pbx, one, two, "8002", leg)
    call = pbx.call()
    assert (call.agent, call.outcome, call.hangup_by) == ("8002", Outcome.ANSWERED, HangupBy.AGENT)
    assert [(segment.agent, call.talk_seconds) for segment in call.segments] == [("8002", 5.0)]


def test_13_click_to_dial_to_a_busy_customer(pbx: Playbook) -> None:
    originate(pbx)
    pbx.answer("8001")
    leg = pbx.out("8001")
    pbx.wait(1)
    pbx.request(leg, 17)
    pbx.dial_end(leg, "BUSY")
    pbx.hangup(leg, 17)
    pbx.wait(3)
    pbx.request("8001")
    pbx.hangup("8001")
    call = pbx.call()
    assert (call.outcome, call.talk_seconds, call.is_dial) == (Outcome.BUSY, 0.0, True)


def test_14_local_channels_optimised_away_leave_one_unbroken_talk(pbx: Playbook) -> None:
    one, two, leg = click_through_local(pbx)
    pbx.wait(1)
    pbx.leave("far", one)
    pbx.leave("near", "8002", two)
    pbx.wait(0.01)
    pbx.enter("far", "8002")
    pbx.hangup(one)
    pbx.hangup(two)
    pbx.wait(4)
    pbx.bye(leg, "8002", bridge="far")
    call = pbx.call()
    assert talk_by_agent(call) == {"8002": 5.01}
    assert len(call.segments) == 1
    assert call.outcome is Outcome.ANSWERED


def test_23_inbound_forwarded_out_by_a_trunk_is_nobody_s_dial(pbx: Playbook) -> None:
    pbx.create("trunk-a", exten="8002", incoming=True, number="13900001111")
    pbx.create("trunk-b")
    pbx.dial("trunk-a", "trunk-b", "13700137000@trunk-b")
    pbx.ring("trunk-b")
    pbx.wait(2)
    pbx.connect("trunk-a", "trunk-b")
    pbx.wait(5)
    pbx.bye("trunk-a", "trunk-b")
    call = pbx.call()
    assert (call.direction, call.agent, call.outcome, call.talk_seconds) == (
        Direction.INBOUND,
        None,
        Outcome.ANSWERED,
        0.0,
    )
    assert "forwarded" in call.notes


def test_24_callee_s_302_is_the_same_call_and_no_cancel(pbx: Playbook) -> None:
    leg = pbx.out("8001")
    pbx.dial_end(leg, "CANCEL", forward="Local/13900139000@from-internal")
    pbx.hangup(leg, 23)
    again = pbx.out("8001", "13900139000", leg="leg2")
    pbx.wait(1)
    pbx.request(again, 17)
    pbx.dial_end(again, "BUSY")
    pbx.hangup(again, 17)
    pbx.hangup("8001", 17)
    call = pbx.call()
    assert (call.outcome, call.number) == (Outcome.BUSY, "13800138000")


def test_24b_colleague_whose_phone_forwards_outside_is_still_an_internal_call(pbx: Playbook) -> None:
    pbx.create("8001", exten="8002", incoming=True)
    pbx.create("8002")
    pbx.dial("8001", "8002", "8002")
    pbx.dial_end("8002", "CANCEL", forward="Local/13700137000@from-internal")
    pbx.hangup("8002", 23)
    pbx.create("trunk-a")
    pbx.dial("8001", "trunk-a", "13700137000@trunk-a")
    pbx.wait(1)
    pbx.connect("8001", "trunk-a")
    pbx.wait(3)
    pbx.bye("8001", "trunk-a")
    assert outbound(pbx.calls()) == []


def test_26_call_me_now_with_both_ends_outside(pbx: Playbook) -> None:
    pbx.create("trunk-a")
    pbx.dial(None, "trunk-a", "13800138000@trunk-a")
    pbx.wait(2)
    pbx.answer("trunk-a")
    pbx.create("trunk-b")
    pbx.dial("trunk-a", "trunk-b", "13900139000@trunk-b")
    pbx.wait(2)
    pbx.connect("trunk-a", "trunk-b")
    pbx.wait(9)
    pbx.bye("trunk-b", "trunk-a")
    call = pbx.call()
    assert (call.direction, call.agent, call.number) == (Direction.OUTBOUND, None, "13800138000")


def test_27_a_loop_through_the_carrier_is_one_out_and_one_in(pbx: Playbook) -> None:
    leg = pbx.out("8001")
    pbx.create("trunk-b", exten="8002", incoming=True, number="02088886666")
    pbx.create("8002")
    pbx.dial("trunk-b", "8002", "8002")
    pbx.wait(1)
    pbx.connect("trunk-b", "8002", "in")
    pbx.connect("8001", leg, "out")
    pbx.wait(3)
    pbx.bye("8001", leg, bridge="out")
    pbx.bye("trunk-b", "8002", bridge="in")
    calls = pbx.calls()
    assert [(c.direction, c.agent, c.talk_seconds) for c in calls] == [
        (Direction.OUTBOUND, "8001", 3.0),
        (Direction.INBOUND, "8002", 3.0),
    ]


def test_28_dialler_call_belongs_to_the_agent_who_is_bridged(pbx: Playbook) -> None:
    one, two = pbx.local("13800138000", "dialler")
    pbx.dial(None, one, "13800138000@dialler/n")
    pbx.create("trunk-a")
    pbx.dial(two, "trunk-a", "13800138000@trunk-a")
    pbx.ring("trunk-a")
    pbx.wait(3)
    pbx.answer("trunk-a", two)
    pbx.enter("far", "trunk-a", two)
    pbx.answer(one)
    pbx.add(ev.QueueJoined(pbx.now, pbx.uid(one), "501"))
    pbx.create("8007")
    pbx.dial(one, "8007", "PJSIP/8007")
    pbx.wait(2)
    pbx.answer("8007")
    pbx.enter("near", "8007", one)
    pbx.wait(6)
    pbx.request("trunk-a")
    pbx.leave("far", "trunk-a", two)
    pbx.leave("near", "8007", one)
    for channel in ("trunk-a", two, one, "8007"):
        pbx.hangup(channel)
    call = pbx.call()
    assert (call.direction, call.agent, call.number, call.talk_seconds, call.queue) == (
        Direction.OUTBOUND,
        "8007",
        "13800138000",
        6.0,
        "501",
    )


def test_35_redial_at_once_is_two_calls(pbx: Playbook) -> None:
    for serial in ("8001", "8001#2"):
        leg = pbx.out(serial, leg=f"leg-{serial}")
        pbx.request(leg, 17)
        pbx.dial_end(leg, "BUSY")
        pbx.hangup(leg, 17)
        pbx.request(serial, 17)
        pbx.hangup(serial, 17)
    assert [call.outcome for call in pbx.calls()] == [Outcome.BUSY, Outcome.BUSY]


def test_36_feature_codes_and_emergency_numbers_are_no_dials(pbx: Playbook) -> None:
    pbx.create("8001", exten="*97", incoming=True)
    pbx.state("8001", 6)
    pbx.wait(9)
    pbx.request("8001")
    pbx.hangup("8001")
    leg = pbx.out("8002", "120")
    pbx.wait(1)
    pbx.connect("8002", leg)
    pbx.wait(3)
    pbx.bye("8002", leg)
    calls = pbx.calls()
    assert outbound(calls) == []
    assert [(call.number, call.notes) for call in calls] == [("120", ("service_number",))]
