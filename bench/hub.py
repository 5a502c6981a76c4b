"""Bench 3: one board to many browsers, beside a floor that writes prepared bytes to raw transports.

``python -m bench hub [--clients 100,500,1000,2000] [--ticks 15] [--loop asyncio|uvloop]``

A board of 500 agents changes once a second (``--changed`` agents a tick). Server and clients are
processes of their own; the CPU is the server's, user and system, per tick; a delivery is from the
moment the delta is made to its last byte at a client. ``floor`` and ``ours`` send the same bytes.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import multiprocessing
import os
import random
import resource
import statistics
import time
import zlib
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgspec
import uvicorn

from bench.table import percentile, table
from monitor.web.connection import connection_class
from monitor.web.frames import Prepared
from monitor.web.guard import COOKIE, Guard, Session
from monitor.web.hub import Hub

AGENTS = 500
REQUEST = (
    "GET /ws/board HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://127.0.0.1\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    f"Cookie: {COOKIE}=bench\r\n%s\r\n"
)
DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"


class BenchBoard:
    """A board of 500 agents in the pinned JSON shape, of which some change at every tick."""

    def __init__(self, changed: int) -> None:
        self._changed = changed
        self._round = 0
        self._due: object | None = None

    def tick(self, now: float) -> None:
        """Nothing moves by time alone."""

    def snapshot(self, now: float) -> object:
        """All agents."""
        return {"agents": [_agent(i, self._round, now) for i in range(AGENTS)]}

    def change(self, now: float) -> None:
        """The next few agents change. To make up their rows is the bench's work, and not measured."""
        self._round += 1
        first = self._round * self._changed
        self._due = {"agents": [_agent((first + i) % AGENTS, self._round, now) for i in range(self._changed)]}

    def delta(self, now: float) -> object | None:
        """What has changed since the last one."""
        due, self._due = self._due, None
        return due


def _agent(index: int, round_: int, now: float) -> dict[str, object]:
    """An agent's row as on the real board, with figures as uneven as real ones (they do not compress)."""
    extension = str(8001 + index)
    chance = random.Random(index * 7919 + round_)
    dials = chance.randrange(40, 260)
    connects = chance.randrange(10, dials)
    talk = round(chance.uniform(300, 9000), 3)
    started = now - chance.uniform(1, 90)
    return {
        "id": f"main/{extension}",
        "pbx": "main",
        "extension": extension,
        "name": "".join(chance.sample("张王李赵陈刘杨黄吴周伟芳娜敏静强磊洋艳勇", 3)),
        "team": f"t{index % 12}",
        "state": chance.choice(("idle", "dialing", "ringing", "talking", "wrap_up")),
        "since": round(now - chance.uniform(0, 300), 3),
        "call": {
            "id": f"main/{started:.0f}.{chance.randrange(90000)}/0",
            "direction": "outbound",
            "number": f"13{chance.randrange(10)}****{chance.randrange(10000):04}",
            "started_at": round(started, 3),
            "answered_at": round(started + chance.uniform(5, 20), 3),
        },
        "figures": {
            "dials": dials,
            "finished": dials - 1,
            "connects": connects,
            "connect_rate": connects / (dials - 1),
            "effective_connects": connects // 2,
            "talk_seconds": talk,
            "average_talk_seconds": talk / connects,
            "ring_seconds": round(chance.uniform(100, 3000), 3),
            "inbound": chance.randrange(9),
            "internal": chance.randrange(9),
            "outcomes": {
                "answered": connects,
                "busy": chance.randrange(30),
                "no_answer": chance.randrange(60),
                "rejected": chance.randrange(20),
            },
            "incomplete": 0,
        },
        "targets": {
            "connect_rate": 0.4,
            "dials": 200,
            "connects": None,
            "effective_connects": None,
            "talk_minutes": 90.0,
        },
        "last_call_ended_at": round(now - chance.uniform(0, 300), 3),
        "longest_idle_seconds": round(chance.uniform(60, 900), 3),
        "first_dials": [
            {
                "shift": "morning",
                "at": round(now - chance.uniform(8e3, 9e3), 3),
                "verdict": "on_time",
                "late_minutes": None,
                "call_id": f"main/{started:.0f}.{chance.randrange(90000)}/0",
                "on_inbound": False,
            },
            {
                "shift": "afternoon",
                "at": None,
                "verdict": "pending",
                "late_minutes": None,
                "call_id": None,
                "on_inbound": False,
            },
        ],
    }


class _Everybody:
    async def find(self, hashed: str) -> Session | None:
        return Session(hashed, "bench", "administrator", time.time() + 3600)


@dataclass
class Served:
    """What a server process reports: CPU and wall of all ticks, bytes of one frame, memory a client."""

    cpu_seconds: float
    frame_bytes: int
    rss_per_client_bytes: float


def _rss() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def _run(main: Any, loop: str) -> None:
    if loop == "uvloop":
        import uvloop

        uvloop.run(main)
    else:
        asyncio.run(main)


def floor_server(pipe: Connection, loop: str, changed: int, ticks: int, deflated: bool) -> None:
    """Raw transports, one prepared frame."""

    class Raw(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport: Any = transport

        def data_received(self, data: bytes) -> None:
            self.transport.write(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
            transports.append(self.transport)

    transports: list[asyncio.Transport] = []

    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(Raw, "127.0.0.1", 0, backlog=4096)
        before = _rss()
        pipe.send(server.sockets[0].getsockname()[1])
        await asyncio.to_thread(pipe.recv)
        held = (_rss() - before) / max(1, len(transports))
        board, cpu, size = BenchBoard(changed), 0.0, 0
        for tick in range(ticks):
            at = time.time()
            board.change(at)
            message = Prepared(
                msgspec.json.encode({"type": "delta", "seq": tick, "at": at, "changes": board.delta(at)})
            )
            data = message.deflated if deflated else message.plain
            pipe.send(time.time())
            begun = time.process_time()
            for transport in transports:
                transport.write(data)
            await asyncio.sleep(1.0)
            cpu += time.process_time() - begun
            size = len(data)
        pipe.send(Served(cpu / ticks, size, held))
        await asyncio.to_thread(pipe.recv)

    _run(main(), loop)


def our_server(pipe: Connection, loop: str, changed: int, ticks: int, deflated: bool) -> None:
    """The hub behind uvicorn, as the product runs it."""

    async def main() -> None:
        board = BenchBoard(changed)
        hub = Hub(board, time.time, clients_per_session=100_000, clients_total=100_000)
        config = uvicorn.Config(
            _nothing,
            host="127.0.0.1",
            port=0,
            ws=connection_class(hub, Guard(_Everybody())),  # type: ignore[arg-type]
            log_config=None,
            lifespan="off",
            backlog=4096,
        )
        server = uvicorn.Server(config)
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(server.serve())
            driving = group.create_task(hub.run())
            while not server.started:  # noqa: ASYNC110 - uvicorn sets an attribute, no event
                await asyncio.sleep(0.01)
            before = _rss()
            pipe.send(server.servers[0].sockets[0].getsockname()[1])
            await asyncio.to_thread(pipe.recv)
            held = (_rss() - before) / max(1, hub.clients)
            cpu, sent = 0.0, hub.bytes_sent
            for _ in range(ticks):
                board.change(time.time())
                pipe.send(time.time())
                begun = time.process_time()
                hub.wake()
                await asyncio.sleep(1.0)
                cpu += time.process_time() - begun
            pipe.send(Served(cpu / ticks, int((hub.bytes_sent - sent) / ticks / max(1, hub.clients)), held))
            await asyncio.to_thread(pipe.recv)
            driving.cancel()
            server.force_exit = server.should_exit = True
            await serving

    _run(main(), loop)


async def _nothing(scope: Any, receive: Any, send: Any) -> None:
    """The HTTP side is not measured."""


class Client(asyncio.Protocol):
    """Counts frames and keeps when each was whole; decodes nothing (the CPU is the server's to have)."""

    def __init__(self, request: bytes, ready: asyncio.Event) -> None:
        self._request = request
        self._buffer = bytearray()
        self._upgraded = False
        self._ready = ready
        self.arrived: list[float] = []
        self.first: bytes = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        transport.write(self._request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        """Take whole frames."""
        buffer = self._buffer
        buffer += data
        if not self._upgraded:
            head, found, rest = buffer.partition(b"\r\n\r\n")
            if not found:
                return
            assert b" 101 " in head, bytes(head)
            self._upgraded = True
            self._buffer = buffer = rest
            self._ready.set()
        while len(buffer) >= 2:
            length, start = buffer[1] & 127, 2
            if length == 126:
                length, start = int.from_bytes(buffer[2:4]), 4
            elif length == 127:
                length, start = int.from_bytes(buffer[2:10]), 10
            if len(buffer) < start + length:
                return
            if buffer[0] & 15 == 1:
                payload = bytes(buffer[start : start + length])
                if buffer[0] & 0x40:
                    payload = payload if self.first else _inflated(payload)
                self.first = self.first or payload[:20]
                self.arrived.append(time.time())
            del buffer[: start + length]


def _inflated(payload: bytes) -> bytes:
    return zlib.decompressobj(-15).decompress(payload + b"\x00\x00\xff\xff")


def clients(pipe: Connection, port: int, count: int, deflated: bool) -> None:
    """Connect, wait until told, report when each frame arrived at each client."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        request = (REQUEST % (DEFLATE if deflated else "")).encode()
        all_clients: list[Client] = []
        for _ in range(count):
            ready = asyncio.Event()
            _, client = await loop.create_connection(
                lambda ready=ready: Client(request, ready),  # type: ignore[misc]
                "127.0.0.1",
                port,
            )
            await ready.wait()
            all_clients.append(client)
        await asyncio.sleep(1.0)
        pipe.send("ready")
        await asyncio.to_thread(pipe.recv)
        await asyncio.sleep(0.5)
        pipe.send([client.arrived for client in all_clients])

    _run(main(), "uvloop")


def one(
    kind: str, loop: str, count: int, changed: int, ticks: int, deflated: bool
) -> tuple[Served, list[float]]:
    """One server with ``count`` clients; what it cost and how long each delivery took (seconds)."""
    context = multiprocessing.get_context("spawn")
    near, far = context.Pipe()
    target = floor_server if kind == "floor" else our_server
    server = context.Process(target=target, args=(far, loop, changed, ticks, deflated))
    server.start()
    port = near.recv()
    mine, theirs = context.Pipe()
    crowd = context.Process(target=clients, args=(theirs, port, count, deflated))
    crowd.start()
    mine.recv()
    near.send("go")
    begun = [near.recv() for _ in range(ticks)]
    served: Served = near.recv()
    mine.send("stop")
    arrived = mine.recv()
    near.send("stop")
    crowd.join()
    server.join()
    delays = [at - start for each in arrived for at, start in zip(each[-ticks:], begun, strict=True)]
    return served, delays


def main(arguments: list[str]) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="bench hub", description=__doc__)
    parser.add_argument("--clients", default="100,500,1000,2000")
    parser.add_argument("--ticks", type=int, default=15)
    parser.add_argument("--changed", type=int, default=50, help="agents of 500 that change in a tick")
    parser.add_argument("--loop", choices=("asyncio", "uvloop"), default="uvloop")
    options = parser.parse_args(arguments)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    rows = []
    for count in (int(each) for each in options.clients.split(",")):
        for deflated in (False, True):
            floor_cpu = 0.0
            for kind in ("floor", "ours"):
                served, delays = one(kind, options.loop, count, options.changed, options.ticks, deflated)
                floor_cpu = served.cpu_seconds if kind == "floor" else floor_cpu
                rows.append(
                    (
                        count,
                        f"{kind}, {'compressed once' if deflated else 'plain'}",
                        served.frame_bytes,
                        f"{served.cpu_seconds * 1000:.1f}",
                        f"{served.cpu_seconds / floor_cpu:.2f}",
                        f"{statistics.median(delays) * 1000:.1f}",
                        f"{percentile(delays, 99) * 1000:.1f}",
                        f"{served.rss_per_client_bytes / 1024:.1f}",
                    )
                )
    heads = ("clients", "sent", "frame bytes", "CPU ms/tick", "× floor", "p50 ms", "p99 ms", "KiB/client")
    print(f"{AGENTS} agents, {options.changed} changed a tick, 1 Hz, {options.loop}, {os.cpu_count()} cores")
    print(table(heads, rows))
