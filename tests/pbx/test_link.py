"""The life of a link: order at each connect, gaps, restarts, backoff, overflow, lag, a clean end."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable
from pathlib import Path

import pytest

from monitor.clock import SystemClock
from monitor.domain import Call, Change, Gap, GapReason, LinkState
from monitor.pbx.capture_file import read_capture
from monitor.pbx.link import STATUS_SECONDS, Listener
from monitor.pbx.pipeline import Pipeline
from monitor.pbx.snapshot import Snapshot
from tests.clock import FakeClock
from tests.pbx.fake_ami import FakeAmi, Recorder, Wakeable, fake_ami, link, listening, message

TRACES = Path(__file__).parent.parent / "traces"
CHANNEL = {
    "Event": "CoreShowChannel",
    "Channel": "PJSIP/8001-00000008",
    "ChannelState": "6",
    "Uniqueid": "1.1",
}


def new(number: int) -> bytes:
    return message("Event: Newchannel", Uniqueid=f"1.{number}")


async def again(clock: FakeClock, heard: Recorder, times: int) -> None:
    """Let the next try come, and be good."""
    await clock.until_sleeping(1)
    await clock.advance(1)
    await heard.until_state(LinkState.UP, times=times)


# ---------------------------------------------------------------------------------- order


async def test_login_snapshot_buffered_events_live_events() -> None:
    async with fake_ami() as fake:
        fake.lists["CoreShowChannels"] = [CHANNEL]
        fake.before["CoreSettings"] = new(1)
        fake.before["Status"] = new(2)
        async with listening(fake, FakeClock()) as (_, heard):
            await heard.until_state(LinkState.UP)
            await fake.send(new(3))
            await heard.until(lambda: len(heard.events) == 3)
        kinds = [kind for kind, _ in heard.told]
        assert kinds == ["connected", "resync", "event", "event", "event"]
        assert heard.events == [new(number)[:-4] for number in (1, 2, 3)]
        assert [row.uniqueid for row in heard.snapshots[0].channels] == ["1.1"]
        assert fake.names()[:2] == ["Challenge", "Login"]
        assert heard.states == [LinkState.CONNECTING, LinkState.UP]
        assert heard.status.version == "22.10.1"
        assert heard.status.reason == ""
        assert heard.gaps == []


async def test_what_the_user_may_not_is_told() -> None:
    async with fake_ami() as fake:
        fake.denied = {"CoreShowChannels", "Status"}
        async with listening(fake, FakeClock()) as (_, heard):
            await heard.until_state(LinkState.UP)
            assert "may not run CoreShowChannels, Status" in heard.status.reason


async def test_it_connects_nowhere_else() -> None:
    async with fake_ami() as fake, fake_ami() as other:
        async with listening(fake, FakeClock()) as (_, heard):
            await heard.until_state(LinkState.UP)
            await fake.send(message("Event: Newchannel", Host=f"127.0.0.1:{other.port}", Uniqueid="1.1"))
            await heard.until(lambda: heard.events)
        assert other.connections == 0


# ---------------------------------------------------------------------------------- gaps


async def test_a_lost_link_is_a_gap_from_the_last_byte_to_the_new_picture() -> None:
    clock = FakeClock()
    async with fake_ami() as fake, listening(fake, clock) as (_, heard):
        await heard.until_state(LinkState.UP)
        lost_at = clock.now()
        fake.hang_up()
        await heard.until_state(LinkState.DOWN)
        (gap,) = heard.gaps
        assert (gap.pbx, gap.started_at, gap.ended_at, gap.reason) == (
            "main",
            lost_at,
            None,
            GapReason.LINK_LOST,
        )
        heard.cut = 2
        await again(clock, heard, 2)
        closed = heard.gaps[-1]
        assert closed.id == gap.id
        assert (closed.ended_at, closed.calls_cut, closed.reason) == (lost_at + 1, 2, GapReason.LINK_LOST)
        assert [kind for kind, _ in heard.told] == [
            "connected",
            "resync",
            "disconnected",
            "connected",
            "resync",
        ]
        assert ("disconnected", lost_at) in heard.told


async def test_events_that_came_before_the_end_count() -> None:
    clock = FakeClock()
    async with fake_ami() as fake, listening(fake, clock) as (_, heard):
        await heard.until_state(LinkState.UP)
        await fake.send(new(1) + new(2)[:20])
        fake.hang_up()
        await heard.until_state(LinkState.DOWN)
        assert heard.events == [new(1)[:-4]]


async def test_a_pbx_that_never_answered_is_a_gap_from_our_start() -> None:
    clock = FakeClock()
    begun = clock.now()
    async with fake_ami() as fake:
        async with listening(fake, clock, port=1) as (_, heard):
            await heard.until_state(LinkState.DOWN)
            await clock.until_sleeping(1)
            await clock.advance(3)
            await heard.until(lambda: heard.gaps)
        assert {gap.started_at for gap in heard.gaps} == {begun}
        # The end of our run closes what is open: the next run tells the rest as a gap of its own.
        assert heard.gaps[-1].ended_at == clock.now()
        assert heard.states == [LinkState.CONNECTING, LinkState.DOWN]


async def test_the_time_we_did_not_run_is_a_gap() -> None:
    clock = FakeClock()
    async with fake_ami() as fake, listening(fake, clock, last_heard=clock.now() - 600) as (_, heard):
        await heard.until_state(LinkState.UP)
        opened, closed = heard.gaps
        assert (opened.started_at, opened.ended_at, opened.reason) == (
            clock.now() - 600,
            None,
            GapReason.NOT_RUNNING,
        )
        assert (closed.id, closed.ended_at, closed.reason) == (opened.id, clock.now(), GapReason.NOT_RUNNING)
        assert heard.restarts == [False]


async def test_a_restart_while_we_did_not_run_is_known_by_the_uptime() -> None:
    clock = FakeClock()
    async with fake_ami() as fake:
        fake.uptime = 599
        async with listening(fake, clock, last_heard=clock.now() - 600) as (_, heard):
            await heard.until_state(LinkState.UP)
            assert heard.restarts == [True]
            assert heard.gaps[-1].reason is GapReason.PBX_RESTART


# ---------------------------------------------------------------------------------- restarts


@pytest.mark.parametrize("told_by", ["start time", "uptime"])
async def test_a_kill_and_restart_of_asterisk(told_by: str) -> None:
    clock = FakeClock()
    async with fake_ami() as fake, listening(fake, clock) as (_, heard):
        await heard.until_state(LinkState.UP)
        fake.hang_up()
        await heard.until_state(LinkState.DOWN)
        if told_by == "start time":
            fake.answers["CoreStatus"]["CoreStartupTime"] = "14:40:00"
        else:
            fake.denied.add("CoreStatus")
            fake.uptime = 0
        await again(clock, heard, 2)
        assert heard.restarts == [False, True]
        assert heard.gaps[-1].reason is GapReason.PBX_RESTART


async def test_a_step_of_the_wall_clock_is_no_restart() -> None:
    clock = FakeClock()
    async with fake_ami() as fake, listening(fake, clock) as (_, heard):
        fake.denied.add("CoreStatus")
        fake.uptime = 30
        await heard.until_state(LinkState.UP)
        fake.hang_up()
        await heard.until_state(LinkState.DOWN)
        clock.step(3600)
        await again(clock, heard, 2)
        assert heard.restarts == [False, False]


# ---------------------------------------------------------------------------------- trying again


async def test_tries_grow_rarer_for_ever_and_begin_anew_after_a_good_link() -> None:
    clock = FakeClock()
    async with fake_ami() as fake, listening(fake, clock, reconnect_max_seconds=8) as (_, heard):
        await heard.until_state(LinkState.UP)
        waits = []
        for lost in range(1, 7):
            fake.hang_up()
            await heard.until_state(LinkState.DOWN, times=lost)
            await clock.until_sleeping(1)
            waits.append(clock.sleeping[-1])
            await clock.advance(waits[-1])
            await heard.until_state(LinkState.UP, times=lost + 1)
        assert waits == [1, 2, 4, 8, 8, 8]
        for _ in range(8):
            await clock.advance(1)
        fake.hang_up()
        await heard.until_state(LinkState.DOWN, times=7)
        await clock.until_sleeping(1)
        assert clock.sleeping[-1] == 1


async def test_the_state_names_its_time_and_why() -> None:
    clock = FakeClock()
    async with fake_ami() as fake, listening(fake, clock) as (listener, heard):
        await heard.until_state(LinkState.UP)
        await clock.advance(3)
        fake.hang_up()
        await heard.until_state(LinkState.DOWN)
        assert heard.status.since == clock.now()
        assert "closed the connection" in heard.status.reason
        assert listener.status == heard.status


# ---------------------------------------------------------------------------------- overflow


class SlowStart(Recorder):
    """Takes events only when the test says so: the loop is kept busy from inside ``received``."""

    def __init__(self, flood: list[bytes]) -> None:
        super().__init__()
        self.flood = flood
        self.listener: Listener | None = None

    def received(self, messages: Iterable[bytes], at: float) -> None:
        messages = list(messages)
        if self.flood and self.listener is not None and new(1)[:-4] in messages:
            flood, self.flood = self.flood, []
            for one in flood:
                self.listener._inbox.put([one], at)
        super().received(messages, at)


async def test_what_the_queue_loses_is_counted_told_and_repaired() -> None:
    clock = FakeClock()
    flood = [new(number)[:-4] for number in range(10, 2010)]
    heard = SlowStart(flood)
    async with fake_ami() as fake, listening(fake, clock, heard, queue_messages=1000) as (listener, _):
        await heard.until_state(LinkState.UP)
        heard.listener = listener
        fake.lists["CoreShowChannels"] = [CHANNEL]
        heard.cut = 3
        await fake.send(new(1))
        await heard.until(lambda: len(heard.snapshots) == 2 and heard.status.reason == "")
        assert heard.status.lost_events == 1000
        assert heard.status.state is LinkState.UP
        assert len(heard.events) == 1001
        opened, closed = heard.gaps
        assert (opened.reason, opened.ended_at) == (GapReason.OVERFLOW, None)
        assert (closed.id, closed.reason, closed.calls_cut) == (opened.id, GapReason.OVERFLOW, 3)
        assert closed.ended_at is not None
        assert heard.restarts == [False, False]
        assert [row.uniqueid for row in heard.snapshots[1].channels] == ["1.1"]
        assert any("events were lost" in status.reason for status in heard.statuses)
        kinds = [kind for kind, _ in heard.told]
        assert kinds[-2:] == ["disconnected", "resync"]
        await fake.send(new(9999))
        await heard.until(lambda: len(heard.events) == 1002)


async def test_a_flood_during_the_snapshot_is_repaired_too() -> None:
    clock = FakeClock()
    async with fake_ami() as fake:
        fake.before["BridgeList"] = b"".join(new(number) for number in range(3000))
        async with listening(fake, clock, queue_messages=1000) as (_, heard):
            await fake.until(lambda: "BridgeList" in fake.names())
            fake.before.clear()
            await heard.until(lambda: len(heard.snapshots) == 2)
            assert heard.status.lost_events > 0
            await heard.until(lambda: heard.gaps and heard.gaps[-1].ended_at is not None)
            assert heard.gaps[-1].reason is GapReason.OVERFLOW


# ---------------------------------------------------------------------------------- lag


async def test_lag_is_told_at_a_bounded_rate() -> None:
    clock = FakeClock()
    async with fake_ami() as fake, listening(fake, clock) as (_, heard):
        await heard.until_state(LinkState.UP)
        told = len(heard.statuses)
        for second in range(20):
            heard.lag_seconds = second / 2
            await clock.advance(1)
        assert 20 / STATUS_SECONDS - 1 <= len(heard.statuses) - told <= 20 / STATUS_SECONDS
        assert heard.status.lag_seconds is not None
        told = len(heard.statuses)
        for _ in range(9):
            await clock.advance(1)
        assert len(heard.statuses) - told <= 1


# ---------------------------------------------------------------------------------- our own faults


class Broken(Recorder):
    """A pipeline whose resync does not work."""

    def resync(self, snapshot: Snapshot, at: float, restarted: bool) -> int:
        super().resync(snapshot, at, restarted)
        raise RuntimeError("a fault of ours")


async def test_a_resync_that_fails_does_not_silence_the_floor(caplog: pytest.LogCaptureFixture) -> None:
    async with fake_ami() as fake, listening(fake, FakeClock(), Broken()) as (listener, heard):
        await heard.until_state(LinkState.UP)
        assert "could not be read" in heard.status.reason
        assert listener.failures == 1
        await fake.send(new(1))
        await heard.until(lambda: heard.events)
    assert "resync_failed pbx=main" in caplog.text


async def test_a_fault_in_what_hears_the_changes_comes_out() -> None:
    def publish(_changes: list[Change]) -> None:
        raise RuntimeError("full")

    async with fake_ami() as fake:
        listener = Listener(link(fake.port), Recorder(), publish, clock=FakeClock())
        with pytest.raises(RuntimeError, match="full"):
            await listener.run()


# ---------------------------------------------------------------------------------- the end


@pytest.mark.parametrize("moment", ["Challenge", "Login", "BridgeList", "Status"])
async def test_cancelled_at_any_moment_it_ends_clean(moment: str) -> None:
    clock = FakeClock()
    before = asyncio.all_tasks()
    async with fake_ami() as fake:
        fake.mute.add(moment)
        async with listening(fake, clock):
            await fake.until(lambda: moment in fake.names())
        assert clock.sleeping == []
        left = asyncio.all_tasks() - before
        assert all("serve" in repr(task) for task in left)


async def test_cancelled_while_up_it_ends_clean() -> None:
    clock = FakeClock()
    async with fake_ami() as fake:
        async with listening(fake, clock) as (_, heard):
            await heard.until_state(LinkState.UP)
        assert clock.sleeping == []
        assert heard.gaps == []


# ---------------------------------------------------------------------------------- the real pipeline


class Calls(Wakeable):
    """Hears the changes of a real pipeline."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: dict[str, Call] = {}
        self.changes: list[Change] = []

    def publish(self, changes: list[Change]) -> None:
        self.changes += changes
        self.calls.update({change.id: change for change in changes if isinstance(change, Call)})
        self.happened()


async def play(fake: FakeAmi, name: str) -> None:
    """Send a capture's events after its login, in odd pieces."""
    sent = b"".join(piece.data for piece in read_capture(TRACES / f"{name}.ami.gz"))
    events = sent[sent.index(b"Event: Newchannel") :]
    edges = itertools.accumulate(itertools.cycle((1, 977, 3, 4099)))
    begin = 0
    for end in edges:
        await fake.send(events[begin:end])
        begin = end
        if end >= len(events):
            return


async def test_a_real_capture_over_the_socket_becomes_its_call() -> None:
    pbx = link()
    async with fake_ami() as fake:
        pbx = link(fake.port)
        heard = Calls()
        pipeline = Pipeline(pbx)
        task = asyncio.create_task(Listener(pbx, pipeline, heard.publish, clock=SystemClock()).run())
        await fake.until(lambda: "Status" in fake.names())
        await play(fake, "out_busy")
        await heard.until(lambda: any(call.ended for call in heard.calls.values()))
        (call,) = heard.calls.values()
        assert (call.agent, call.outcome, call.hangup_cause) == ("8001", "busy", 17)
        assert not any(isinstance(change, Gap) for change in heard.changes)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
