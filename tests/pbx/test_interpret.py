"""What a followed call means: outcome, talk, hold, who hung up (hard cases of AMI.md 2.5, in its numbering)."""

from __future__ import annotations

import pytest

from monitor.domain import Call, HangupBy, Outcome, Phase
from monitor.pbx import events as ev
from monitor.pbx.tracker import Tracker
from tests.pbx.playbook import START, Plan, Playbook, answered, collect, talk_by_agent


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
