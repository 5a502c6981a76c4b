"""The hard cases of outbound call tracking (AMI.md 2.5), one test each, in its numbering: who takes
a call over from whom. Roots of dials are in ``test_dials.py``, outcomes in ``test_interpret.py``, gaps in
``test_blindness.py``."""

from __future__ import annotations

import pytest

from monitor.domain import Direction, HangupBy, Outcome
from monitor.pbx import events as ev
from tests.pbx.playbook import Playbook, answered, originate, outbound, talk_by_agent


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


@pytest.mark.parametrize("caller_id", [None, "02088886666", "13816138001"])
def test_39_agent_comes_from_the_channel_whatever_the_caller_id(pbx: Playbook, caller_id: str | None) -> None:
    pbx.create("8001", exten="913800138000", incoming=True, number=caller_id, name="张三")
    answered(pbx)
    pbx.bye("8001", "trunk-a")
    call = pbx.call()
    assert (call.agent, call.name) == ("8001", "张三")


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
