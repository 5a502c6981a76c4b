"""Attempts on which nothing was dialled (AMI.md 2.5, case 12, and a trunk that is not there)."""

from __future__ import annotations

import pytest

from monitor.domain import Call, HangupBy, Outcome
from monitor.pbx import events as ev
from monitor.pbx.snapshot import SnapshotBuilder
from monitor.pbx.tracker import Tracker
from tests.pbx.playbook import START, Plan, Playbook, collect, originate


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


@pytest.mark.parametrize(("linkedid", "told"), [(1, ["8002"]), (9, [])])
def test_12c_a_restart_of_ours_that_finds_half_of_a_local_pair_knows_whom_it_rang(
    linkedid: int, told: list[str]
) -> None:
    """The half that dialled the phone is gone already; a phone of another Linkedid is none of its."""
    builder = SnapshotBuilder()
    for channel, serial, linked, application in (
        ("Local/8002@c2d-00000001;1", 1, 1, "AppDial2"),
        ("PJSIP/8002-00000003", 3, linkedid, "AppDial"),
    ):
        builder.add(
            {
                "Event": "CoreShowChannel",
                "Channel": channel,
                "ChannelState": "5",
                "Uniqueid": f"1795443900.{serial}",
                "Linkedid": f"1795443900.{linked}",
                "Exten": "s",
                "Application": application,
                "ApplicationData": "(Outgoing Line)",
            }
        )
    tracker, calls = Tracker("main", Plan()), dict[str, Call]()
    tracker.resync(builder.build(), START, blind_from=None, restarted=False)
    for serial in (1, 3):
        tracker.apply(ev.HungUp(START, f"1795443900.{serial}", 19, None))
        collect(tracker, calls)
    assert [call.agent for call in calls.values()] == told
    assert {call.outcome for call in calls.values()} <= {Outcome.AGENT_UNANSWERED}


def test_trunk_that_takes_no_call_is_congestion_and_not_lost(pbx: Playbook) -> None:
    pbx.create("8001", exten="913800138000", incoming=True)
    pbx.wait(4)
    pbx.hangup("8001", 20)
    call = pbx.call()
    assert (call.number, call.outcome, call.notes) == ("13800138000", Outcome.UNREACHABLE, ("no_trunk_leg",))
    assert (call.hangup_by, call.ring_seconds) == (HangupBy.SYSTEM, 0.0)
