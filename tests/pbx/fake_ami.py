"""A stand-in for Asterisk's manager: real bytes over a real loopback socket, and every fault on demand."""

from __future__ import annotations

import asyncio
import hashlib
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any

from pydantic import SecretStr

from monitor.config import Pbx
from monitor.domain import Change, Gap, LinkState, LinkStatus
from monitor.pbx.link import Listener
from monitor.pbx.snapshot import Snapshot
from tests.clock import FakeClock

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
Row = dict[str, str]


def link(port: int = 5038, **settings: Any) -> Pbx:
    """Settings of a PBX on loopback."""
    given: dict[str, Any] = {
        "host": "127.0.0.1",
        "username": "dialwatch",
        "secret_env": "DIALWATCH_AMI_SECRET",
    }
    patterns = {"agents": ("PJSIP/80[0-9][0-9]",), "trunks": ("PJSIP/trunk-*",), "dial_prefix": "9"}
    secret = {"secret": SecretStr("s3cr3t-word")}
    given |= {"name": "main", "port": port}
    return Pbx(
        **{
            key: value
            for key, value in {**given, **patterns, **secret, **settings}.items()
            if value is not None
        }
    )


def message(*lines: str, **fields: object) -> bytes:
    """An AMI message, with the empty line that ends it."""
    body = [*lines, *(f"{key}: {value}" for key, value in fields.items())]
    return "".join(f"{line}\r\n" for line in [*body, ""]).encode()


class Wakeable:
    """Something a test can wait on: ``until`` looks again whenever something happened."""

    def __init__(self) -> None:
        self._happened = asyncio.Event()

    def happened(self) -> None:
        self._happened.set()

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(60):
            while not condition():
                self._happened.clear()
                await self._happened.wait()


class FakeAmi(Wakeable):
    """One manager; ``actions`` are all it was asked, ``connections`` how often it was called.

    ``lists`` holds the rows of list actions, ``answers`` the headers of the others, ``denied`` what is not
    permitted. ``mute`` swallows actions of that name, ``cut_at`` ends the connection half-way through its
    answer, ``before`` is sent just before the answer to an action of that name.
    """

    def __init__(self, secret: str = "s3cr3t-word") -> None:
        super().__init__()
        self.secret = secret
        self.banner = BANNER
        self.uptime: int | None = 1000
        self.actions: list[Row] = []
        self.connections = 0
        self.lists: dict[str, list[Row]] = {
            name: [] for name in ("CoreShowChannels", "Status", "BridgeList", "DeviceStateList")
        }
        self.bridges: dict[str, list[Row]] = {}
        self.answers: dict[str, Row] = {
            "CoreSettings": {"AsteriskVersion": "22.10.1"},
            "CoreStatus": {"CoreStartupDate": "2026-11-23", "CoreStartupTime": "14:33:10"},
            "Ping": {"Ping": "Pong", "Timestamp": "1795000000.000000"},
        }
        self.refusal = "Authentication failed"
        self.denied: set[str] = set()
        self.mute: set[str] = set()
        self.cut_at: str | None = None
        self.before: dict[str, bytes] = {}
        self.chunk: int | None = None
        self.port = 0
        self._writer: asyncio.StreamWriter | None = None

    def names(self) -> list[str]:
        """What was asked, by name."""
        return [action["Action"] for action in self.actions]

    async def send(self, data: bytes) -> None:
        """Send bytes on the present connection, in pieces of ``chunk`` bytes if set."""
        assert self._writer is not None
        if self.chunk is None:
            self._writer.write(data)
        else:
            for at in range(0, len(data), self.chunk):
                self._writer.write(data[at : at + self.chunk])
                await asyncio.sleep(0)
        await self._writer.drain()

    def hang_up(self) -> None:
        """Close the present connection."""
        assert self._writer is not None
        self._writer.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writer = writer
        self.happened()
        try:
            await self.send(self.banner)
            while True:
                raw = await reader.readuntil(b"\r\n\r\n")
                action = dict(line.split(": ", 1) for line in raw.decode().strip().split("\r\n"))
                self.actions.append(action)
                self.happened()
                await self._answer(action)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the other side has gone, or the test is over
        finally:
            writer.close()

    async def _answer(self, action: Row) -> None:
        name = action["Action"]
        if name in self.before:
            await self.send(self.before[name])
        if name in self.mute:
            return
        ends = f"ActionID: {action['ActionID']}"
        if name in self.denied:
            await self.send(message("Response: Error", ends, "Message: Permission denied"))
        elif name == "Challenge":
            await self.send(message("Response: Success", ends, "Challenge: 123456789"))
        elif name == "Login":
            await self._login(action, ends)
        elif name == "BridgeInfo":
            rows = self.bridges.get(action["BridgeUniqueid"])
            if rows is None:
                await self.send(
                    message("Response: Error", ends, "Message: Specified BridgeUniqueid not found")
                )
            else:
                await self._list(name, ends, rows)
        elif name in self.lists:
            await self._list(name, ends, self.lists[name])
        else:
            await self.send(message("Response: Success", ends, **self.answers.get(name, {})))

    async def _login(self, action: Row, ends: str) -> None:
        key = hashlib.md5(f"123456789{self.secret}".encode()).hexdigest()
        refused = action.get("Secret") != self.secret and action.get("Key") != key
        if refused or self.refusal != "Authentication failed":
            await self.send(message("Response: Error", ends, f"Message: {self.refusal}"))
            self.hang_up()
            return
        await self.send(message("Response: Success", ends, "Message: Authentication accepted"))
        if self.uptime is not None:
            await self.send(message("Event: FullyBooted", Privilege="system,all", Uptime=self.uptime))

    async def _list(self, name: str, ends: str, rows: Iterable[Row]) -> None:
        await self.send(message("Response: Success", ends, "EventList: start", "Message: will follow"))
        for row in rows:
            lines = [
                f"Event: {row['Event']}",
                *(f"{key}: {value}" for key, value in row.items() if key != "Event"),
            ]
            await self.send(message(*lines, ends))
            if self.cut_at == name:
                self.cut_at = None
                self.hang_up()
                return
        end = name.removesuffix("s") if name == "CoreShowChannel" else name
        await self.send(
            message(f"Event: {end}Complete", ends, "EventList: Complete", f"ListItems: {len(list(rows))}")
        )


@asynccontextmanager
async def fake_ami(tls: ssl.SSLContext | None = None) -> AsyncIterator[FakeAmi]:
    """A manager that listens on a free port of loopback."""
    fake = FakeAmi()
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        await fake.serve(reader, writer)

    server = await asyncio.start_server(
        serve, "127.0.0.1" if tls is None else None, 0, ssl=tls, family=socket.AF_INET
    )
    fake.port = server.sockets[0].getsockname()[1]
    try:
        yield fake
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Recorder(Wakeable):
    """Takes the place of the pipeline and of what hears its changes: writes down what it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[str, object]] = []
        self.events: list[bytes] = []
        self.arrivals: list[float] = []
        self.snapshots: list[Snapshot] = []
        self.restarts: list[bool] = []
        self.changes: list[Change] = []
        self.raise_on: bytes | None = None
        self.cut = 0
        self.lag_seconds: float | None = None

    def connected(self, at: float) -> None:
        self.told.append(("connected", at))

    def disconnected(self, at: float) -> None:
        self.told.append(("disconnected", at))

    def received(self, messages: Iterable[bytes], at: float) -> None:
        for one in messages:
            if self.raise_on is not None and self.raise_on in one:
                raise RuntimeError("the pipeline cannot take this one")
            if one[7:15] in (b"FullyBoo", b"Shutdown"):
                continue
            if one not in self.events:  # as the pipeline: taking a message twice changes nothing
                self.events.append(one)
                self.arrivals.append(at)
                self.told.append(("event", one))
        self.happened()

    def stamped(self, stamp: float, at: float) -> None:
        """The clock of the PBX is of no concern here."""

    def resync(self, snapshot: Snapshot, at: float, restarted: bool) -> int:
        self.snapshots.append(snapshot)
        self.restarts.append(restarted)
        self.told.append(("resync", at))
        return self.cut

    def take(self) -> list[Change]:
        return []

    def publish(self, changes: list[Change]) -> None:
        self.changes.extend(changes)
        self.happened()

    @property
    def states(self) -> list[LinkState]:
        """The states of the link, in order, without repeats."""
        states: list[LinkState] = []
        for status in self.statuses:
            if not states or states[-1] is not status.state:
                states.append(status.state)
        return states

    @property
    def statuses(self) -> list[LinkStatus]:
        return [change for change in self.changes if isinstance(change, LinkStatus)]

    @property
    def status(self) -> LinkStatus:
        """The status told last."""
        return self.statuses[-1]

    @property
    def gaps(self) -> list[Gap]:
        return [change for change in self.changes if isinstance(change, Gap)]

    async def until_state(self, state: LinkState, times: int = 1) -> None:
        """Wait until the link has come into a state so many times."""
        await self.until(lambda: self.states.count(state) >= times)


@asynccontextmanager
async def listening(
    fake: FakeAmi,
    clock: FakeClock,
    recorder: Recorder | None = None,
    *,
    last_heard: float | None = None,
    **settings: Any,
) -> AsyncIterator[tuple[Listener, Recorder]]:
    """A listener at work on the fake manager; ended, and looked at for errors, when the test is done."""
    recorder = recorder if recorder is not None else Recorder()
    pbx = link(**{"port": fake.port, **settings})
    listener = Listener(
        pbx, recorder, recorder.publish, clock=clock, last_heard=last_heard, chance=lambda: 0.0
    )
    task = asyncio.create_task(listener.run())
    task.add_done_callback(lambda _: recorder.happened())
    try:
        yield listener, recorder
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
