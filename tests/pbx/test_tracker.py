"""The hard cases of outbound call tracking (AMI.md 2.5), one test each, in its numbering."""

from __future__ import annotations

import pytest

from monitor.domain import Call, Direction, HangupBy, Outcome, Phase
from monitor.pbx import events as ev
from monitor.pbx.snapshot import SnapshotBuilder
from monitor.pbx.tracker import GRACE_SECONDS, UNSEEN_SECONDS, Tracker
from tests.pbx.playbook import START, Plan, Playbook, collect, in_order, play, talk_by_agent


@pytest.fixture
def pbx() -> Playbook:
    return Playbook()


def outbound(calls: list[Call]) -> list[Call]:
    return [call for call in calls if call.direction is Direction.OUTBOUND]


def answered(pbx: Playbook, agent: str = "8001", ring: float = 2.0, talk: float = 6.0) -> None:
    leg = pbx.out(agent)
    pbx.ring(leg)
    pbx.wait(ring)
    pbx.connect(agent, leg)
    pbx.wait(talk)


def test_01_plain_answered_call(pbx: Playbook) -> None:
    answered(pbx)
    pbx.bye("8001", "trunk-a")
    call = pbx.call()
    assert (call.direction, call.agent, call.number, call.dialed) == (
        Direction.OUTBOUND,
        "8001",
        "13800138000",
        "913800138000",
    )
    assert (call.outcome, call.hangup_by, call.hangup_cause) == (Outcome.ANSWERED, HangupBy.AGENT, 16)
    assert (call.ring_seconds, call.talk_seconds, call.trunk) == (2.0, 6.0, "trunk-a")
    assert call.id == f"main/{pbx.uid('8001')}/0"
    assert call.complete


def test_02_agent_hangs_up_while_it_rings(pbx: Playbook) -> None:
    leg = pbx.out("8001")
    pbx.ring(leg)
    pbx.wait(7)
    pbx.request("8001", 127)
    pbx.dial_end(leg, "CANCEL")
    pbx.hangup("8001", 127)
    pbx.hangup(leg, 127)
    call = pbx.call()
    assert (call.outcome, call.hangup_by, call.ring_seconds, call.talk_seconds) == (
        Outcome.CANCELLED,
        HangupBy.AGENT,
        7.0,
        0.0,
    )


def test_03_ring_timeout(pbx: Playbook) -> None:
    leg = pbx.out("8001")
    pbx.ring(leg)
    pbx.wait(6)
    pbx.dial_end(leg, "NOANSWER")
    pbx.hangup(leg, 0)
    pbx.wait(4)  # an announcement as early media
    pbx.hangup("8001", 19)
    call = pbx.call()
    assert (call.outcome, call.hangup_by, call.ring_seconds) == (Outcome.NO_ANSWER, HangupBy.SYSTEM, 6.0)
    assert call.ended_at == START + 6


@pytest.mark.parametrize(
    ("status", "cause", "sip", "outcome"),
    [
        ("BUSY", 17, None, Outcome.BUSY),
        ("NOANSWER", 21, None, Outcome.REJECTED),
        ("NOANSWER", 1, "404", Outcome.INVALID_NUMBER),
        ("NOANSWER", 28, None, Outcome.INVALID_NUMBER),
        ("NOANSWER", 22, None, Outcome.INVALID_NUMBER),
        ("NOANSWER", 19, None, Outcome.NO_ANSWER),
        ("NOANSWER", 18, None, Outcome.NO_ANSWER),
        ("CHANUNAVAIL", 20, None, Outcome.UNREACHABLE),
        ("CHANUNAVAIL", 0, None, Outcome.CONGESTION),
        ("CONGESTION", 34, None, Outcome.CONGESTION),
        ("NOANSWER", 38, None, Outcome.CONGESTION),
        ("NOANSWER", 127, None, Outcome.CONGESTION),
    ],
)
def test_04_refusals_are_told_apart_by_the_leg_s_cause(
    pbx: Playbook, status: str, cause: int, sip: str | None, outcome: Outcome
) -> None:
    leg = pbx.out("8001")
    pbx.wait(0.5)
    pbx.request(leg, cause)
    pbx.dial_end(leg, status)
    pbx.add(ev.HungUp(pbx.now, pbx.uid(leg), cause, sip))
    pbx.wait(2)
    pbx.request("8001", 34)
    pbx.hangup("8001", 34)
    call = pbx.call()
    assert (call.outcome, call.hangup_by, call.hangup_cause) == (outcome, HangupBy.REMOTE, cause or 34)


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


def test_06_announcement_that_pretends_an_answer(pbx: Playbook) -> None:
    for trunk in ("trunk-a", "trunk-b"):
        leg = pbx.out("8001", trunk=trunk)
        pbx.request(leg, 34)
        pbx.dial_end(leg, "CONGESTION")
        pbx.hangup(leg, 34)
    pbx.state("8001", 6)  # Playback without "noanswer" answers the agent
    pbx.wait(5)
    pbx.hangup("8001", 34)
    call = pbx.call()
    assert (call.outcome, call.talk_seconds, call.answered_at) == (Outcome.CONGESTION, 0.0, None)


def test_07_a_minute_of_early_media_then_480(pbx: Playbook) -> None:
    leg = pbx.out("8001")
    pbx.ring(leg, "PROGRESS")
    pbx.wait(60)
    pbx.request(leg, 19)
    pbx.dial_end(leg, "NOANSWER")
    pbx.hangup(leg, 19)
    pbx.hangup("8001", 19)
    call = pbx.call()
    assert (call.outcome, call.talk_seconds, call.ring_seconds) == (Outcome.NO_ANSWER, 0.0, 60.0)
    assert call.ringing_at == START


def test_08_answered_within_a_second_by_a_machine(pbx: Playbook) -> None:
    answered(pbx, ring=0.2, talk=1.0)
    pbx.bye("8001", "trunk-a")
    assert pbx.call().talk_seconds == 1.0


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


def test_10_call_confirmation_not_pressed(pbx: Playbook) -> None:
    leg = pbx.out("8001")
    pbx.ring(leg)
    pbx.wait(2)
    pbx.answer(leg)  # the callee hears "press 1"; no bridge
    pbx.wait(8)
    pbx.dial_end(leg, "NOANSWER")
    pbx.hangup(leg, 16)
    pbx.hangup("8001", 16)
    call = pbx.call()
    assert (call.outcome, call.talk_seconds, call.answered_at) == (Outcome.NO_ANSWER, 0.0, None)


def originate(pbx: Playbook, agent: str = "8001") -> None:
    pbx.create(agent)
    pbx.dial(None, agent, agent)
    pbx.ring(agent)
    pbx.wait(1.5)


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


def click_through_local(pbx: Playbook) -> tuple[str, str, str]:
    """Originate Local/8002@c2d/n up to the bridge with the customer."""
    one, two = pbx.local("8002", "c2d")
    pbx.dial(None, one, "8002@c2d/n")
    pbx.create("8002")
    pbx.dial(two, "8002", "8002")
    pbx.ring("8002")
    pbx.wait(1.5)
    pbx.answer("8002")
    pbx.state(two, 6)
    pbx.enter("near", "8002", two)
    pbx.answer(one)
    pbx.create("trunk-a")
    pbx.dial(one, "trunk-a", "13816138002@trunk-a")
    pbx.ring("trunk-a")
    pbx.wait(2)
    pbx.answer("trunk-a")
    pbx.enter("far", "trunk-a", one)
    return one, two, "trunk-a"


def test_11b_click_to_dial_through_local_channels(pbx: Playbook) -> None:
    one, two, leg = click_through_local(pbx)
    pbx.wait(5)
    pbx.request("8002")
    pbx.leave("near", "8002", two)
    pbx.leave("far", one, leg)
    for channel in ("8002", two, one, leg):
        pbx.hangup(channel)
    call = pbx.call()
    assert (call.agent, call.number, call.outcome) == ("8002", "13816138002", Outcome.ANSWERED)
    assert (call.ring_seconds, call.talk_seconds, call.hangup_by) == (2.0, 5.0, HangupBy.AGENT)


@pytest.mark.parametrize("reply_first", [True, False])
def test_12_click_to_dial_that_the_agent_does_not_take(pbx: Playbook, reply_first: bool) -> None:
    originate(pbx)
    reply = ev.OriginateEnded(pbx.now + 5, "PJSIP/8001", None, "913816138004", False)
    pbx.wait(5)
    if reply_first:
        pbx.add(reply)
    pbx.hangup("8001", 19)
    if not reply_first:
        pbx.add(reply)
    call = pbx.call()
    assert (call.outcome, call.agent, call.number) == (Outcome.AGENT_UNANSWERED, "8001", "13816138004")
    assert not call.is_dial
    assert call.hangup_by is HangupBy.SYSTEM
    assert call.ring_seconds == 0.0


def test_12b_the_same_through_a_local_channel(pbx: Playbook) -> None:
    one, two = pbx.local("8002", "c2d")
    pbx.dial(None, one, "8002@c2d/n")
    pbx.create("8002")
    pbx.dial(two, "8002", "8002")
    pbx.ring("8002")
    pbx.wait(5)
    pbx.request("8002", 21)
    pbx.dial_end("8002", "NOANSWER")
    pbx.hangup("8002", 21)
    pbx.hangup(two, 21)
    pbx.hangup(one, 21)
    pbx.add(ev.OriginateEnded(pbx.now, "Local/8002@c2d/n", None, "913816138004", False))
    call = pbx.call()
    assert (call.outcome, call.agent, call.number) == (Outcome.AGENT_UNANSWERED, "8002", "13816138004")


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


def test_15_hold_counts_inside_talk(pbx: Playbook) -> None:
    answered(pbx, talk=3)
    pbx.hold("8001")
    pbx.wait(4)
    pbx.hold("8001", on=False)
    pbx.wait(3)
    pbx.bye("8001", "trunk-a")
    call = pbx.call()
    assert (call.talk_seconds, call.hold_seconds) == (10.0, 4.0)


def test_15b_hold_that_ends_with_the_call_and_an_unhold_without_hold(pbx: Playbook) -> None:
    answered(pbx, talk=1)
    pbx.hold("8001", on=False)
    pbx.wait(1)
    pbx.hold("8001")
    pbx.wait(4)
    pbx.bye("trunk-a", "8001")
    assert pbx.call().hold_seconds == 4.0


def blind_transfer(pbx: Playbook, to: str = "8002") -> None:
    """8001 gives its customer to ``to``; the colleague's phone rings 1.5 s."""
    pbx.add(ev.Transferred(pbx.now, "blind", pbx.uid("8001"), pbx.uid("trunk-a"), to, False))
    pbx.leave("b1", "trunk-a", "8001")
    pbx.hangup("8001")
    pbx.create(to)
    pbx.dial("trunk-a", to, to)
    pbx.ring(to)
    pbx.wait(1.5)


def test_16_blind_transfer_to_a_colleague(pbx: Playbook) -> None:
    answered(pbx, talk=4)
    blind_transfer(pbx)
    pbx.connect("trunk-a", "8002", "b2")
    pbx.wait(5)
    pbx.bye("trunk-a", "8002", bridge="b2")
    call = pbx.call()
    assert talk_by_agent(call) == {"8001": 4.0, "8002": 5.0}
    assert (call.agent, call.talk_seconds, call.hangup_by) == ("8001", 9.0, HangupBy.REMOTE)
    assert [(t.kind, t.by, t.to) for t in call.transfers] == [("blind", "8001", "8002")]


def consult(pbx: Playbook, dest: str, string: str) -> tuple[str, str]:
    """8001 leaves the customer and calls ``dest`` through a Local pair, as Atxfer does."""
    pbx.leave("b1", "8001")
    one, two = pbx.local(string.split("@")[0], "from-internal")
    pbx.dial("8001", one, f"{string}@from-internal/n")
    pbx.create(dest, full_name=f"PJSIP/{dest.split('#')[0]}-00000abc")
    pbx.dial(two, dest, string)
    pbx.ring(dest)
    pbx.wait(1)
    pbx.answer(dest)
    pbx.enter("c2", dest, two)
    pbx.answer(one)
    pbx.enter("c1", one, "8001")
    return one, two


def test_17_attended_transfer_to_a_colleague(pbx: Playbook) -> None:
    answered(pbx, talk=4)
    one, two = consult(pbx, "8002", "8002")
    pbx.wait(3)
    pbx.add(ev.Transferred(pbx.now, "attended", pbx.uid("8001"), pbx.uid("trunk-a"), "8002", False))
    pbx.leave("c1", "8001")
    pbx.enter("b1", one)
    pbx.leave("c1", one)
    pbx.hangup("8001")
    pbx.wait(5)
    pbx.request("trunk-a")
    pbx.leave("b1", "trunk-a", one)
    pbx.leave("c2", "8002", two)
    for channel in ("trunk-a", one, two, "8002"):
        pbx.hangup(channel)
    calls = pbx.calls()
    (call,) = outbound(calls)
    assert talk_by_agent(call) == {"8001": 4.0, "8002": 5.0}
    (internal,) = [c for c in calls if c.direction is Direction.INTERNAL]
    assert (internal.agent, internal.number, internal.outcome) == ("8001", "8002", Outcome.ANSWERED)
    assert internal.talk_seconds == 3.0


def test_18_attended_transfer_to_another_outside_number(pbx: Playbook) -> None:
    answered(pbx, talk=4)
    one, two = consult(pbx, "trunk-a#2", "13900139000")
    pbx.wait(3)
    pbx.leave("c1", "8001")
    pbx.enter("b1", one)
    pbx.leave("c1", one)
    pbx.hangup("8001")
    pbx.wait(60)  # trunk to trunk: nobody's talk
    pbx.request("trunk-a")
    pbx.leave("b1", "trunk-a", one)
    pbx.leave("c2", "trunk-a#2", two)
    for channel in ("trunk-a", one, two, "trunk-a#2"):
        pbx.hangup(channel)
    first, second = outbound(pbx.calls())
    assert (first.number, second.number) == ("13800138000", "13900139000")
    assert (talk_by_agent(first), talk_by_agent(second)) == ({"8001": 4.0}, {"8001": 3.0})


def test_19_blonde_transfer_whose_target_refuses(pbx: Playbook) -> None:
    answered(pbx, talk=4)
    blind_transfer(pbx)
    pbx.request("8002", 21)
    pbx.dial_end("8002", "NOANSWER")
    pbx.hangup("8002", 21)
    pbx.hangup("trunk-a", 21)
    call = pbx.call()
    assert (call.outcome, call.talk_seconds) == (Outcome.ANSWERED, 4.0)


def test_20_failed_transfer_comes_back(pbx: Playbook) -> None:
    answered(pbx, talk=4)
    blind_transfer(pbx)
    pbx.dial_end("8002", "NOANSWER")
    pbx.hangup("8002", 0)
    pbx.create("8001#2")
    pbx.dial("trunk-a", "8001#2", "8001")
    pbx.ring("8001#2")
    pbx.wait(1)
    pbx.connect("trunk-a", "8001#2", "b3")
    pbx.wait(6)
    pbx.bye("8001#2", "trunk-a", bridge="b3")
    call = pbx.call()
    assert talk_by_agent(call) == {"8001": 10.0}
    assert call.hangup_by is HangupBy.AGENT


def test_21_three_way_is_the_union(pbx: Playbook) -> None:
    answered(pbx, talk=2)
    second = pbx.out("8001", "13900139000", leg="leg2")
    pbx.leave("b1", "8001", "trunk-a")
    pbx.connect("8001", second, "conf")
    pbx.enter("conf", "trunk-a")
    pbx.wait(5)
    pbx.request("8001")
    pbx.leave("conf", "8001", "trunk-a", second)
    for channel in ("8001", "trunk-a", second):
        pbx.hangup(channel)
    first, other = outbound(pbx.calls())
    assert (first.talk_seconds, other.talk_seconds) == (7.0, 5.0)


def test_22_pickup_by_a_colleague(pbx: Playbook) -> None:
    pbx.create("trunk-a", exten="8002", incoming=True, number="13900001111")
    pbx.create("8002")
    pbx.dial("trunk-a", "8002", "8002")
    pbx.ring("8002")
    pbx.wait(2)
    pbx.create("8003", exten="*8", incoming=True, number="8003")
    pbx.add(ev.Transferred(pbx.now, "pickup", pbx.uid("8003"), pbx.uid("8002"), None, False))
    pbx.dial_end("8002", "CANCEL")
    pbx.hangup("8002", 26)
    pbx.state("8003", 6)
    pbx.enter("b1", "trunk-a", "8003")
    pbx.wait(4)
    pbx.bye("trunk-a", "8003")
    inbound = [call for call in pbx.calls() if call.direction is Direction.INBOUND]
    assert [(c.agent, c.outcome, c.talk_seconds) for c in inbound] == [("8003", Outcome.ANSWERED, 4.0)]
    assert outbound(pbx.calls()) == []


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


def test_25_parked_and_taken_by_another_agent(pbx: Playbook) -> None:
    answered(pbx, talk=4)
    pbx.leave("b1", "trunk-a", "8001")
    pbx.add(ev.Transferred(pbx.now, "parked", None, pbx.uid("trunk-a"), "701", False))
    pbx.enter("lot", "trunk-a", holding=True)
    pbx.hangup("8001")
    pbx.wait(10)
    pbx.create("8002", exten="701", incoming=True)
    pbx.state("8002", 6)
    pbx.leave("lot", "trunk-a")
    pbx.enter("b2", "trunk-a", "8002")
    pbx.wait(5)
    pbx.bye("8002", "trunk-a", bridge="b2")
    call = pbx.call()
    assert talk_by_agent(call) == {"8001": 4.0, "8002": 5.0}
    assert (call.agent, call.talk_seconds, call.hangup_by) == ("8001", 9.0, HangupBy.AGENT)


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


def test_29_spying_is_no_call(pbx: Playbook) -> None:
    answered(pbx, talk=2)
    originate(pbx, "8020")
    pbx.answer("8020")  # ChanSpy: never in the bridge
    pbx.wait(2)
    pbx.request("8020")
    pbx.hangup("8020")
    pbx.bye("8001", "trunk-a")
    call = pbx.call()
    assert [segment.agent for segment in call.segments] == ["8001"]


def snapshot_row(pbx: Playbook, channel: str, **more: str) -> dict[str, str]:
    return {
        "Event": "CoreShowChannel",
        "Channel": pbx.channel_name(channel),
        "ChannelState": "6",
        "Uniqueid": pbx.uid(channel),
        "Linkedid": pbx.uid("8001"),
        "Exten": "s",
        "BridgeId": "b1",
        **more,
    }


def resynced(
    pbx: Playbook, tracker: Tracker, *channels: str, restarted: bool = False, lost_at: float
) -> dict[str, Call]:
    calls: dict[str, Call] = {}
    builder = SnapshotBuilder()
    for channel in channels:
        agent = channel == "8001"
        builder.add(
            snapshot_row(
                pbx,
                channel,
                Application="Dial" if agent else "AppDial",
                ApplicationData="PJSIP/13800138000@trunk-a,60,Tt" if agent else "(Outgoing Line)",
                DNID="913800138000" if agent else "",
            )
        )
    collect(tracker, calls)
    tracker.resync(builder.build(), pbx.now, blind_from=lost_at, restarted=restarted)
    collect(tracker, calls)
    return calls


def test_30_call_that_began_unheard_and_is_still_up(pbx: Playbook) -> None:
    answered(pbx, talk=30)
    tracker = Tracker("main", Plan())
    resynced(pbx, tracker, "8001", "trunk-a", lost_at=START)
    calls: dict[str, Call] = {}
    collect(tracker, calls)
    before = pbx.now
    pbx.events.clear()
    pbx.wait(5)
    pbx.bye("8001", "trunk-a")
    for event in pbx.events:
        tracker.apply(event)
    collect(tracker, calls)
    (call,) = in_order(calls)
    assert (call.id, call.number, call.agent) == (f"main/{pbx.uid('8001')}/0", "13800138000", "8001")
    assert call.started_at == START + 0
    assert (call.outcome, call.talk_seconds) == (Outcome.ANSWERED, pbx.now - before)
    assert not call.complete
    assert "answer_time_unknown" in call.notes


def test_30b_call_that_spans_a_gap_stays_one_and_whole(pbx: Playbook) -> None:
    answered(pbx, talk=3)
    tracker = Tracker("main", Plan())
    for event in pbx.events:
        tracker.apply(event)
    lost_at = pbx.now
    pbx.wait(20)
    calls = resynced(pbx, tracker, "8001", "trunk-a", lost_at=lost_at)
    pbx.events.clear()
    pbx.wait(2)
    pbx.bye("8001", "trunk-a")
    for event in pbx.events:
        tracker.apply(event)
    collect(tracker, calls)
    (call,) = in_order(calls)
    assert (call.talk_seconds, call.outcome, call.complete) == (25.0, Outcome.ANSWERED, True)
    assert call.notes == ("gap",)


def half_blind(pbx: Playbook, *bridged: str) -> tuple[Tracker, dict[str, Call], float]:
    """The link is lost now for 20 s; afterwards only the bridges may be asked for. When it was lost."""
    tracker, calls = Tracker("main", Plan()), dict[str, Call]()
    for event in pbx.events:
        tracker.apply(event)
    pbx.events.clear()
    collect(tracker, calls)
    lost_at = pbx.now
    pbx.wait(20)
    builder = SnapshotBuilder()
    if bridged:
        builder.add({"Event": "BridgeListItem", "BridgeUniqueid": "b1"})
    for channel in bridged:
        builder.add({**snapshot_row(pbx, channel), "Event": "BridgeInfoChannel"})
    tracker.resync(builder.build(whole=False, bridges=True), pbx.now, blind_from=lost_at, restarted=False)
    collect(tracker, calls)
    return tracker, calls, lost_at


def on(pbx: Playbook, tracker: Tracker, calls: dict[str, Call]) -> Call:
    """Go on with what the script has since; the only call."""
    for event in pbx.events:
        tracker.apply(event)
        collect(tracker, calls)
    pbx.events.clear()
    (call,) = calls.values()
    return call


def test_31b_a_ringing_call_that_a_list_of_bridges_cannot_show_stays_open(pbx: Playbook) -> None:
    leg = pbx.out("8001")
    pbx.ring(leg)
    tracker, calls, _ = half_blind(pbx)
    call = on(pbx, tracker, calls)
    assert (call.phase, call.notes) == (Phase.RINGING, ("gap", "uncertain"))
    pbx.wait(5)
    pbx.connect("8001", leg)
    pbx.wait(7)
    pbx.bye("8001", leg)
    call = on(pbx, tracker, calls)
    assert (call.outcome, call.ring_seconds, call.talk_seconds, call.complete, call.notes) == (
        Outcome.ANSWERED,
        25.0,
        7.0,
        True,
        ("gap",),
    )


def test_31c_it_ends_by_its_own_hangup(pbx: Playbook) -> None:
    leg = pbx.out("8001")
    pbx.ring(leg)
    tracker, calls, _ = half_blind(pbx)
    pbx.dial_end(leg, "NOANSWER")
    pbx.hangup(leg, 0)
    pbx.hangup("8001", 19)
    call = on(pbx, tracker, calls)
    assert (call.outcome, call.ring_seconds, call.notes) == (Outcome.NO_ANSWER, 20.0, ("gap",))


def test_31d_of_which_nothing_is_ever_heard_it_ends_in_the_end_as_unknown(pbx: Playbook) -> None:
    leg = pbx.out("8001")
    pbx.ring(leg)
    pbx.wait(3)
    tracker, calls, lost_at = half_blind(pbx)
    pbx.wait(UNSEEN_SECONDS - 1)
    pbx.add(ev.DeviceState(pbx.now, "PJSIP/8002", "INUSE"))
    assert not on(pbx, tracker, calls).ended
    pbx.wait(1)
    pbx.add(ev.DeviceState(pbx.now, "PJSIP/8002", "NOT_INUSE"))
    call = on(pbx, tracker, calls)
    assert (call.outcome, call.ended_at, call.complete, call.hangup_by) == (
        Outcome.UNKNOWN,
        lost_at,
        False,
        HangupBy.UNKNOWN,
    )
    assert "ended_unseen" in call.notes
    pbx.wait(GRACE_SECONDS)
    pbx.add(ev.DeviceState(pbx.now, "PJSIP/8003", "INUSE"))
    on(pbx, tracker, calls)
    assert tracker.remembered == 0


def test_31e_talk_whose_bridge_is_gone_counts_to_the_gap_and_no_further(pbx: Playbook) -> None:
    answered(pbx, talk=3)
    tracker, calls, lost_at = half_blind(pbx)
    tracker.finish(pbx.now)
    call = on(pbx, tracker, calls)
    collect(tracker, calls)
    (call,) = calls.values()
    assert (call.outcome, call.talk_seconds, call.ended_at, call.complete) == (
        Outcome.ANSWERED,
        3.0,
        lost_at,
        False,
    )


def test_31f_talk_that_the_list_of_bridges_shows_goes_on(pbx: Playbook) -> None:
    answered(pbx, talk=3)
    tracker, calls, _ = half_blind(pbx, "8001", "trunk-a")
    pbx.wait(2)
    pbx.bye("8001", "trunk-a")
    call = on(pbx, tracker, calls)
    assert (call.talk_seconds, call.outcome, call.complete) == (25.0, Outcome.ANSWERED, True)


BRIDGED = {"Event": "BridgeInfoChannel", "ChannelState": "6", "Exten": "s"}


def first_sight(*rows: dict[str, str]) -> Call:
    """The only call of a PBX that is first seen through its bridges."""
    builder = SnapshotBuilder()
    for row in rows:
        builder.add({**BRIDGED, **row})
    tracker, calls = Tracker("main", Plan()), dict[str, Call]()
    tracker.resync(builder.build(whole=False, bridges=True), START, blind_from=None, restarted=False)
    collect(tracker, calls)
    (call,) = calls.values()
    return call


def bridged(channel: str, serial: int, root: int, bridge: str = "b1") -> dict[str, str]:
    return {
        "Channel": channel,
        "Uniqueid": f"pbx1-1795443900.{serial}",
        "Linkedid": f"pbx1-1795443900.{root}",
        "BridgeUniqueid": bridge,
    }


def test_30c_the_bridges_alone_tell_who_called_whom() -> None:
    out = first_sight(bridged("PJSIP/trunk-gz-unicom-0000000a", 10, 9), bridged("SIP/8001-00000009", 9, 9))
    assert (out.direction, out.agent, out.trunk, out.number) == (
        Direction.OUTBOUND,
        "8001",
        "trunk-gz-unicom",
        None,
    )
    assert (out.phase, out.started_at, out.complete) == (Phase.TALKING, 1_795_443_900.0, False)
    inside = {**bridged("PJSIP/trunk-a-00000009", 9, 9), "CallerIDNum": "13900001111"}
    in_ = first_sight(bridged("PJSIP/8002-0000000a", 10, 9), inside)
    assert (in_.direction, in_.agent, in_.number) == (Direction.INBOUND, "8002", "13900001111")


def test_30d_the_same_through_local_channels() -> None:
    local = "Local/8002@c2d-00000001"
    call = first_sight(
        bridged(f"{local};1", 1, 1, "far"),
        bridged(f"{local};2", 2, 1, "near"),
        bridged("PJSIP/8002-00000003", 3, 1, "near"),
        bridged("PJSIP/trunk-a-00000004", 4, 1, "far"),
    )
    assert (call.direction, call.agent, call.phase) == (Direction.OUTBOUND, "8002", Phase.TALKING)


def test_31g_a_call_answered_in_the_gap_does_not_claim_to_know_when(pbx: Playbook) -> None:
    leg = pbx.out("8001")
    pbx.ring(leg)
    tracker, calls, _ = half_blind(pbx, "8001", "trunk-a")
    call = on(pbx, tracker, calls)
    assert (call.phase, call.complete) == (Phase.TALKING, False)
    assert "answer_time_unknown" in call.notes


@pytest.mark.parametrize(("restarted", "by"), [(False, HangupBy.UNKNOWN), (True, HangupBy.SYSTEM)])
def test_31_33_call_that_ended_unheard(pbx: Playbook, restarted: bool, by: HangupBy) -> None:
    answered(pbx, talk=3)
    ringing = pbx.out("8002", "13900139000", leg="leg2")
    pbx.ring(ringing)
    tracker = Tracker("main", Plan())
    for event in pbx.events:
        tracker.apply(event)
    lost_at = pbx.now
    pbx.wait(20)
    calls = in_order(resynced(pbx, tracker, restarted=restarted, lost_at=lost_at))
    assert [(c.outcome, c.hangup_by, c.ended_at, c.complete) for c in calls] == [
        (Outcome.ANSWERED, by, lost_at, False),
        (Outcome.UNKNOWN, by, lost_at, False),
    ]
    assert calls[0].talk_seconds == 3.0


def test_33b_boot_time_alone_ends_what_is_older(pbx: Playbook) -> None:
    answered(pbx, talk=3)
    pbx.wait(30)
    pbx.add(ev.Booted(pbx.now, 2.0))
    pbx.wait(1)
    call = pbx.call()
    assert (call.outcome, call.complete, call.hangup_by) == (Outcome.ANSWERED, False, HangupBy.SYSTEM)


def test_33c_calls_that_a_restart_ends_are_not_the_customer_s_doing(pbx: Playbook) -> None:
    leg = pbx.out("8002")
    pbx.ring(leg)
    pbx.wait(3)
    pbx.dial_end(leg, "NOANSWER")
    pbx.hangup(leg, 0)
    pbx.hangup("8002", 0)
    pbx.wait(0.2)
    pbx.add(ev.ShuttingDown(pbx.now, True))
    call = pbx.call()
    assert (call.outcome, call.hangup_by) == (Outcome.UNKNOWN, HangupBy.SYSTEM)


def test_34_every_event_twice(pbx: Playbook) -> None:
    answered(pbx)
    pbx.bye("8001", "trunk-a")
    once = play(pbx.events)
    assert play([event for event in pbx.events for _ in range(2)]) == once
    assert play([*pbx.events, *pbx.events]) == once


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


def test_37_a_clock_that_steps_back_gives_no_negative_time(pbx: Playbook) -> None:
    leg = pbx.out("8001")
    pbx.ring(leg)
    pbx.wait(2)
    pbx.connect("8001", leg)
    pbx.wait(-3600)
    pbx.bye("8001", leg)
    call = pbx.call()
    assert min(call.talk_seconds, call.ring_seconds, call.hold_seconds) >= 0


def test_38_hangup_before_bridge_leave(pbx: Playbook) -> None:
    answered(pbx, talk=5)
    pbx.request("8001")
    pbx.hangup("8001")
    pbx.hangup("trunk-a")
    pbx.wait(0.4)
    pbx.leave("b1", "8001", "trunk-a")
    assert pbx.call().talk_seconds == 5.0


@pytest.mark.parametrize("caller_id", [None, "02088886666", "13816138001"])
def test_39_agent_comes_from_the_channel_whatever_the_caller_id(pbx: Playbook, caller_id: str | None) -> None:
    pbx.create("8001", exten="913800138000", incoming=True, number=caller_id, name="张三")
    answered(pbx)
    pbx.bye("8001", "trunk-a")
    call = pbx.call()
    assert (call.agent, call.name) == ("8001", "张三")


def test_trunk_that_takes_no_call_is_congestion_and_not_lost(pbx: Playbook) -> None:
    pbx.create("8001", exten="913800138000", incoming=True)
    pbx.wait(4)
    pbx.hangup("8001", 20)
    call = pbx.call()
    assert (call.number, call.outcome, call.notes) == ("13800138000", Outcome.UNREACHABLE, ("no_trunk_leg",))
    assert (call.hangup_by, call.ring_seconds) == (HangupBy.SYSTEM, 0.0)


def test_two_calls_at_a_time_by_one_agent(pbx: Playbook) -> None:
    answered(pbx, talk=2)
    pbx.hold("8001")
    leg = pbx.out("8001#2", "13900139000", leg="leg2")
    pbx.wait(1)
    pbx.connect("8001#2", leg, "b2")
    pbx.wait(4)
    pbx.bye(leg, "8001#2", bridge="b2")
    pbx.hold("8001", on=False)
    pbx.wait(1)
    pbx.bye("8001", "trunk-a")
    first, second = pbx.calls()
    assert (first.talk_seconds, first.hold_seconds, second.talk_seconds) == (8.0, 5.0, 4.0)


def test_phases_on_the_way(pbx: Playbook) -> None:
    tracker = Tracker("main", Plan())
    calls: dict[str, Call] = {}
    seen: list[Phase] = []
    answered(pbx)
    pbx.hold("8001")
    pbx.wait(1)
    pbx.hold("8001", on=False)
    pbx.bye("8001", "trunk-a")
    for event in pbx.events:
        tracker.apply(event)
        collect(tracker, calls)
        for call in calls.values():
            if not seen or seen[-1] is not call.phase:
                seen.append(call.phase)
    assert seen == [Phase.DIALING, Phase.RINGING, Phase.TALKING, Phase.HELD, Phase.TALKING, Phase.ENDED]


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


def test_answered_and_over_within_one_instant(pbx: Playbook) -> None:
    leg = pbx.out("8001")
    pbx.connect("8001", leg)
    pbx.bye(leg, "8001")
    call = pbx.call()
    assert (call.outcome, call.talk_seconds, call.hangup_by) == (Outcome.ANSWERED, 0.0, HangupBy.REMOTE)
    assert [segment.agent for segment in call.segments] == ["8001"]


def test_who_left_a_bridge_before_another_came_did_not_talk_with_him(pbx: Playbook) -> None:
    answered(pbx, talk=4)
    pbx.leave("b1", "8001")
    pbx.create("8002", exten="701", incoming=True)
    pbx.enter("b1", "8002")
    pbx.hangup("8001")
    pbx.wait(2)
    pbx.bye("trunk-a", "8002")
    calls = pbx.calls()
    assert [talk_by_agent(call) for call in calls] == [{"8001": 4.0, "8002": 2.0}]


def test_a_cancel_after_a_trunk_that_failed_is_the_agent_s(pbx: Playbook) -> None:
    first = pbx.out("8001")
    pbx.request(first, 34)
    pbx.dial_end(first, "CONGESTION")
    pbx.hangup(first, 34)
    pbx.wait(0.1)
    second = pbx.out("8001", trunk="trunk-b")
    pbx.ring(second)
    pbx.wait(3.9)
    pbx.request("8001", 34)  # the channel still has the first trunk's cause
    pbx.dial_end(second, "CANCEL")
    pbx.hangup(second, 34)
    pbx.hangup("8001", 34)
    call = pbx.call()
    assert (call.outcome, call.hangup_by, call.ring_seconds) == (Outcome.CANCELLED, HangupBy.AGENT, 4.0)
