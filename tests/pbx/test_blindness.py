"""Gaps, resyncs, restarts: the hard cases 30 to 33 of AMI.md 2.5."""

from __future__ import annotations

import pytest

from monitor.domain import Call, Direction, HangupBy, Outcome, Phase
from monitor.pbx import events as ev
from monitor.pbx.blindness import UNSEEN_SECONDS
from monitor.pbx.ledger import GRACE_SECONDS
from monitor.pbx.snapshot import SnapshotBuilder
from monitor.pbx.tracker import Tracker
from tests.pbx.playbook import START, Plan, Playbook, answered, collect, in_order


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
