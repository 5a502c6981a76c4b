"""The simulated PBX and the real listener, over TCP: the same calls as happened, also after a cut link."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from monitor.domain import Call, Change, Gap, LinkState, LinkStatus
from monitor.pbx.link import Listener
from monitor.pbx.pipeline import Pipeline
from monitor.pbx.simulator.centre import TrueCall
from monitor.pbx.simulator.server import Server
from tests.pbx.playbook import Plan
from tests.pbx.simulator.day import Day
from tests.pbx.simulator.truth import by_root, faults


@dataclass(frozen=True)
class Settings(Plan):
    """A PBX on loopback; a link that is quick to come back."""

    host: str = "127.0.0.1"
    port: int = 0
    username: str = "dialwatch"
    secret: SecretStr | None = field(default_factory=lambda: SecretStr("simulated"))
    secret_source: str = "the test"
    tls: bool = False
    tls_ca: Path | None = None
    tls_verify: bool = True
    auth: str = "md5"
    queue_messages: int = 100_000
    silence_seconds: float = 30.0
    ping_seconds: float = 10.0
    reconnect_min_seconds: float = 0.01
    reconnect_max_seconds: float = 0.02
    refused_min_seconds: float = 60.0


class FloorClock:
    """Tells the simulated time, waits in real time."""

    def __init__(self, day: Day) -> None:
        self._day = day

    def now(self) -> float:
        return self._day.schedule.now

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Live:
    """A day on a port, and what a listener tells of it."""

    def __init__(self) -> None:
        self.day = Day(agents=24)
        self.clock = FloorClock(self.day)
        self.server = Server(self.day.exchange, self.clock, "simulated")
        self.calls: dict[str, Call] = {}
        self.gaps: dict[str, Gap] = {}
        self.state = LinkState.CONNECTING
        self.unseen: set[str] = set()
        self._told = asyncio.Event()

    def publish(self, changes: list[Change]) -> None:
        for change in changes:
            if isinstance(change, Call):
                self.calls[change.id] = change
            elif isinstance(change, Gap):
                self.gaps[change.id] = change
            elif isinstance(change, LinkStatus):
                self.state = change.state
        self._told.set()

    async def up(self) -> None:
        while self.state is not LinkState.UP:
            await self._next()

    async def advance(self, seconds: float) -> None:
        """Let simulated time pass, in turns with the listener: it is told of every call before it goes on."""
        end = self.day.schedule.now + seconds
        while self.day.schedule.now < end:
            self.day.schedule.run_until(min(end, self.day.schedule.now + 20.0))
            self.server.flush()
            while self.state is LinkState.UP and not self._level():
                await self._next()

    def _level(self) -> bool:
        """Whether the listener has told the end of every call that has ended."""
        ended = {true.uniqueid for true in self.over()}
        told = {call.id.split("/")[1] for call in self.calls.values() if call.ended}
        return ended - self.unseen <= told

    def over(self) -> list[TrueCall]:
        """The calls that have ended, their last channel too: a busy tone may outlast the far end."""
        open_roots = {channel.linkedid for channel in self.day.exchange.channels.values()}
        return [
            true
            for true in self.day.centre.truth
            if true.ended_at is not None and true.uniqueid not in open_roots
        ]

    async def _next(self) -> None:
        self._told.clear()
        async with asyncio.timeout(60):
            await self._told.wait()


@asynccontextmanager
async def live() -> AsyncIterator[Live]:
    found = Live()
    found.day.schedule.run_until(found.day.schedule.now + 60.0)
    port = await found.server.start()
    settings = Settings(port=port)
    listener = Listener(settings, Pipeline(settings), found.publish, clock=found.clock)
    async with asyncio.TaskGroup() as group:
        listening = group.create_task(listener.run())
        await found.up()
        yield found
        listening.cancel()
        await found.server.stop()


async def test_the_listener_tells_every_call_as_it_was() -> None:
    async with live() as floor:
        await floor.advance(50 * 60.0)
        told = by_root(floor.calls.values())
        ended = floor.over()
        assert len(ended) > 100
        assert [fault for true in ended for fault in faults(true, told[true.uniqueid][0])] == []
        assert floor.gaps == {}


async def test_after_a_cut_link_no_call_is_doubled_and_none_stays_open() -> None:
    async with live() as floor:
        await floor.advance(40 * 60.0)
        cut_at = floor.day.schedule.now
        floor.server.cut()
        while floor.state is LinkState.UP:
            await asyncio.sleep(0)
        floor.day.schedule.run_until(cut_at + 15.0)
        back_at = floor.day.schedule.now
        floor.unseen = {true.uniqueid for true in floor.over() if true.started_at >= cut_at}
        await floor.up()
        await floor.advance(10 * 60.0)
        told = by_root(floor.calls.values())
        assert [root for root, calls in told.items() if len(calls) != 1] == []
        assert [gap.ended_at is not None for gap in floor.gaps.values()] == [True]
        for true in floor.over():
            ended = true.ended_at or 0.0
            if ended < cut_at - 2.0 or true.started_at > back_at:
                assert faults(true, told[true.uniqueid][0]) == []
            elif true.uniqueid in floor.unseen:
                assert true.uniqueid not in told
            elif true.started_at < cut_at and ended <= back_at:
                call = told[true.uniqueid][0]
                assert call.ended
                assert not call.complete
