"""What must not matter: how the stream is cut, what comes twice, which channel's event comes first, and
where our own blindness begins and ends."""

from __future__ import annotations

import random
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain import Call, Direction
from monitor.pbx import events as ev
from monitor.pbx.channels import RING, RINGING, UP
from monitor.pbx.snapshot import ChannelRow, Snapshot
from monitor.pbx.tracker import Tracker
from monitor.pbx.wire import Framer
from tests.pbx import captures
from tests.pbx.playbook import Plan, collect, in_order, play

names = st.sampled_from(captures.SHORT)

#: A restart of ours in the middle of a consultation forgets that the customer was put on hold, and no
#: list action tells it: the talk counted is then shorter, never longer.
RESTARTABLE = [name for name in captures.SHORT if not name.startswith(("xfer_attended", "xfer_blonde"))]


@given(name=names, cuts=st.lists(st.integers(0, 1 << 20), max_size=40))
@settings(max_examples=40, deadline=None)
def test_any_cut_of_the_stream_gives_the_same_messages(name: str, cuts: list[int]) -> None:
    data = captures.raw(name)
    points = sorted({cut % (len(data) + 1) for cut in cuts})
    framer = Framer()
    cut_up = [
        m for a, b in zip([0, *points], [*points, len(data)], strict=True) for m in framer.feed(data[a:b])
    ]
    assert cut_up == Framer().feed(data)


@pytest.mark.parametrize("name", ["out_callerid_chinese", "c2d_local_n"])
def test_byte_by_byte(name: str) -> None:
    data = captures.raw(name)
    framer = Framer()
    assert [m for i in range(len(data)) for m in framer.feed(data[i : i + 1])] == Framer().feed(data)


@given(name=names, seed=st.integers(0, 2**32))
@settings(max_examples=120, deadline=None)
def test_duplicates_change_nothing(name: str, seed: int) -> None:
    chance = random.Random(seed)
    events = captures.events(name)
    doubled: list[ev.AnyEvent] = []
    for event in events:
        doubled.append(event)
        if chance.random() < 0.4:
            doubled.append(event)
        if chance.random() < 0.1:
            doubled.append(chance.choice(doubled[-8:]))
    assert play(doubled) == play(events)


@given(name=names, seed=st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_a_second_connection_that_hears_the_same_a_moment_later_changes_nothing(name: str, seed: int) -> None:
    chance = random.Random(seed)
    events = captures.events(name)
    echo = [msgspec.structs.replace(event, at=event.at + 0.004) for event in events if chance.random() < 0.5]
    both = sorted([*events, *echo], key=lambda event: event.at)
    told, heard_twice = (
        [(totals([call]), call.hangup_by, len(call.transfers), len(call.segments)) for call in play(each)]
        for each in (events, both)
    )
    assert heard_twice == told


def _topics(event: ev.AnyEvent) -> frozenset[str]:
    """The channels and bridges whose order Asterisk keeps for this event (AMI.md 1.2)."""
    fields = ("uniqueid", "caller", "dest", "bridge", "other")
    found = {str(getattr(event, field)) for field in fields if getattr(event, field, None) is not None}
    return frozenset(found) if found else frozenset({"everything"})


def reordered(events: Sequence[ev.AnyEvent], seed: int, within: float = 0.2) -> list[ev.AnyEvent]:
    """Events moved past others that share no channel and no bridge with them; each keeps its time."""
    chance = random.Random(seed)
    order = list(events)
    for _ in range(3 * len(order)):
        i = chance.randrange(max(1, len(order) - 1))
        if i + 1 >= len(order):
            break
        one, two = order[i], order[i + 1]
        shared = _topics(one) & _topics(two)
        alone = {"everything"} & (_topics(one) | _topics(two))
        if not shared and not alone and abs(one.at - two.at) <= within:
            order[i], order[i + 1] = two, one
    return order


@given(name=names, seed=st.integers(0, 2**32))
@settings(max_examples=150, deadline=None)
def test_order_between_channels_changes_nothing(name: str, seed: int) -> None:
    events = captures.events(name)
    assert play(reordered(events, seed)) == play(events)


@pytest.mark.parametrize("name", captures.SHORT)
def test_talk_never_exceeds_the_call(name: str) -> None:
    for call in play(captures.events(name)):
        assert call.ended_at is not None
        assert 0 <= call.hold_seconds <= call.talk_seconds + 1e-6
        assert call.talk_seconds <= call.ended_at - call.started_at + 1e-6


@pytest.mark.parametrize("name", captures.SHORT)
def test_replaying_into_the_same_tracker_changes_nothing(name: str) -> None:
    events = captures.events(name)
    assert play([*events, *events], finish=events[-1].at) == play(events)


def existing(tracker: Tracker) -> Snapshot:
    """What CoreShowChannels would say at this moment, from all that the tracker knows."""
    floor = tracker._floor
    rows = []
    for channel in floor.channels.values():
        if not channel.alive:
            continue
        dialled = [c for c in floor.channels.values() if c.dialed_by is channel and c.alive]
        bridge = next((stay.bridge.id for stay in channel.stays if stay.end is None), None)
        was_dialled = channel.dialed_by is not None or (channel.originated and channel.up_at is None)
        rows.append(
            ChannelRow(
                uniqueid=channel.uniqueid,
                channel=channel.name,
                linkedid=channel.linkedid,
                state=UP
                if channel.up_at
                else RINGING
                if channel.ringing_at
                else RING
                if channel.incoming
                else 0,
                exten=channel.exten,
                caller_number=channel.caller_number,
                caller_name=channel.caller_name,
                application="AppDial" if was_dialled else "Dial" if dialled else "",
                data="&".join(f"PJSIP/{c.dial_string}" for c in dialled),
                bridge_id=bridge,
                dialled=channel.exten or None,
                created_at=channel.created_at,
                answered_at=None,
            )
        )
    return Snapshot(channels=tuple(rows))


def totals(calls: Sequence[Call]) -> list[tuple[object, ...]]:
    """Per dial what an agent is paid by: who, whom, how it ended; talk to half a second.

    An attempt that the agent never took is named only by the answer to its Originate, milliseconds
    before its hang-up; a restart of ours in between loses that name, not the attempt.
    """
    return sorted(
        (
            call.id,
            call.agent or "",
            (call.number or "") if call.is_dial else "",
            str(call.outcome),
            round(call.talk_seconds * 2),
        )
        for call in calls
        if call.direction is Direction.OUTBOUND
    )


@given(name=names, share=st.floats(0, 1))
@settings(max_examples=150, deadline=None)
def test_prefix_resync_suffix_gives_the_totals_of_the_whole(name: str, share: float) -> None:
    events = captures.events(name)
    cut = int(share * len(events))
    tracker = Tracker("main", Plan())
    calls: dict[str, Call] = {}
    for event in events[:cut]:
        tracker.apply(event)
    collect(tracker, calls)
    at = events[max(0, cut - 1)].at
    tracker.resync(existing(tracker), at, blind_from=at, restarted=False)
    for event in events[cut:]:
        tracker.apply(event)
        collect(tracker, calls)
    tracker.finish(events[-1].at)
    collect(tracker, calls)
    assert totals(in_order(calls)) == totals(play(events))


@given(name=names, share=st.floats(0, 1))
@settings(max_examples=150, deadline=None)
def test_a_resync_that_can_only_ask_for_bridges_gives_the_same_totals(name: str, share: float) -> None:
    events = captures.events(name)
    cut = int(share * len(events))
    tracker = Tracker("main", Plan())
    calls: dict[str, Call] = {}
    for event in events[:cut]:
        tracker.apply(event)
    collect(tracker, calls)
    at = events[max(0, cut - 1)].at
    rows = tuple(row for row in existing(tracker).channels if row.bridge_id)
    seen = Snapshot(channels=rows, bridges=frozenset(str(row.bridge_id) for row in rows), whole=False)
    tracker.resync(seen, at, blind_from=at, restarted=False)
    for event in events[cut:]:
        tracker.apply(event)
        collect(tracker, calls)
    tracker.finish(events[-1].at)
    collect(tracker, calls)
    assert totals(in_order(calls)) == totals(play(events))


@given(name=st.sampled_from(RESTARTABLE), share=st.floats(0, 1))
@settings(max_examples=150, deadline=None)
def test_our_own_restart_in_between_gives_the_totals_of_the_whole(name: str, share: float) -> None:
    events = captures.events(name)
    cut = int(share * len(events))
    first = Tracker("main", Plan())
    calls: dict[str, Call] = {}
    for event in events[:cut]:
        first.apply(event)
        collect(first, calls)
    at = events[max(0, cut - 1)].at
    second = Tracker("main", Plan())
    second.restore(calls.values())
    second.resync(existing(first), at, blind_from=at, restarted=False)
    collect(second, calls)
    for event in events[cut:]:
        second.apply(event)
        collect(second, calls)
    second.finish(events[-1].at)
    collect(second, calls)
    assert totals(in_order(calls)) == totals(play(events))
