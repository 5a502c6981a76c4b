"""Bench 2: an event at the PBX's socket → the message about it at a browser.

``python -m bench latency [--rates 1000,18500] [--seconds 20] [--agents 300]``

A stand-in for Asterisk writes calls event by event at a steady rate: each is a call of a real capture
with new ids, agent and times. The product runs whole (link, tracker, store, board, hub) in a process of its
own. Measured is, for each call, from the write of the event that makes it a dial to the arrival of
the first message that has the call's id, at a real WebSocket client.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import multiprocessing
import random
import re
import statistics
import tempfile
import time
import uuid
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

from websockets.asyncio.client import connect

from bench.scene import FIRST_EXTENSION, board_address, product, settings
from bench.table import percentile, table
from monitor.domain import Call
from monitor.pbx.pipeline import Pipeline
from monitor.pbx.wire import MESSAGE_END, Framer

TRACE = Path(__file__).parents[1] / "tests/traces/out_answered.ami.gz"
SLICE_SECONDS = 0.002
WARM_SECONDS = 2.0
_UNIQUEID = re.compile(rb"\b(\d{10})\.(\d+)\b")
_BRIDGE = re.compile(rb"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_SERIAL = re.compile(rb"-([0-9a-f]{8})\b")
_CALL_ID = re.compile(rb'"id":"main/(\d+\.\d+)/\d+"')


class Template:
    """One captured call, ready to be written again under other names."""

    def __init__(self) -> None:
        framer = Framer()
        messages = [
            each for each in framer.feed(gzip.decompress(TRACE.read_bytes())) if each.startswith(b"Event")
        ]
        pipeline = Pipeline(settings(Path(), 8, 1).pbx[0])
        self.messages: list[bytes] = []
        self.dials_at = -1
        root = b""
        for message in messages:
            self.messages.append(message)
            pipeline.received([message], 0.0)
            calls = [each for each in pipeline.take() if isinstance(each, Call)]
            if calls and self.dials_at < 0:
                self.dials_at = len(self.messages) - 1
                root = calls[0].id.split("/")[1].encode()
                self.agent = (calls[0].agent or "").encode()
            if calls and calls[-1].ended:
                break
        self.root = root

    def call(self, number: int, extension: int) -> Iterator[tuple[bytes, str]]:
        """The messages of one more call; beside the one that makes it a dial, its uniqueid."""
        serial = number * 16
        ids: dict[bytes, bytes] = {}
        serials: dict[bytes, bytes] = {}

        def new_id(found: re.Match[bytes]) -> bytes:
            return ids.setdefault(found[0], b"%d.%d" % (1_800_000_000, serial + len(ids)))

        def new_serial(found: re.Match[bytes]) -> bytes:
            return b"-" + serials.setdefault(found[1], b"%08x" % (serial + len(serials)))

        bridge = str(uuid.uuid4()).encode()
        device, new_device = b"/" + self.agent + b"-", b"/%d-" % extension
        for index, message in enumerate(self.messages):
            text = _BRIDGE.sub(bridge, message)
            text = _SERIAL.sub(new_serial, _UNIQUEID.sub(new_id, text)).replace(device, new_device)
            yield text, ids[self.root].decode() if index == self.dials_at else ""


def pbx(pipe: Connection, rate: int, seconds: float, agents: int) -> None:
    """Asterisk's stand-in: lets anybody in, knows of no channels, and writes calls when told."""

    async def main() -> None:
        template = Template()
        written: dict[str, float] = {}
        logged_in: asyncio.Future[asyncio.StreamWriter] = asyncio.get_running_loop().create_future()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"Asterisk Call Manager/9.0.0\r\n")
            while True:
                try:
                    action = await reader.readuntil(MESSAGE_END)
                except asyncio.IncompleteReadError:
                    return
                fields = dict(line.split(": ", 1) for line in action.decode().split("\r\n") if ": " in line)
                allowed = fields["Action"] in ("Login", "Ping")
                answer = "Success" if allowed else "Error"
                writer.write(
                    f"Response: {answer}\r\nActionID: {fields.get('ActionID', '')}\r\n"
                    "Message: bench\r\n\r\n".encode()
                )
                if fields["Action"] == "Login":
                    writer.write(b"Event: FullyBooted\r\nPrivilege: system,all\r\nUptime: 9999\r\n\r\n")
                    logged_in.set_result(writer)

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        writer = await logged_in
        await asyncio.to_thread(pipe.recv)
        number, calls = 0, []
        at_once = min(agents, max(24, rate // 60))
        for _ in range(at_once):
            calls.append(template.call(number, FIRST_EXTENSION + number % agents))
            number += 1
        begun, sent, chance = time.monotonic(), 0, random.Random(1)
        while (passed := time.monotonic() - begun) < seconds:
            due = int(passed * rate) - sent
            out: list[bytes] = []
            for _ in range(due):
                turn = chance.randrange(at_once)
                message = next(calls[turn], None)
                if message is None:
                    calls[turn] = template.call(number, FIRST_EXTENSION + number % agents)
                    number += 1
                    message = next(calls[turn])
                out += (message[0], MESSAGE_END)
                if message[1]:
                    written[message[1]] = time.time()
            writer.write(b"".join(out))
            sent += due
            await asyncio.sleep(SLICE_SECONDS)
        pipe.send((sent, time.monotonic() - begun, written))
        await asyncio.to_thread(pipe.recv)

    asyncio.run(main())


async def watch(port: int, seen: dict[str, float], connected: asyncio.Event) -> None:
    """A browser: notes when each call first shows."""
    url, options = board_address(port)
    async with connect(url, **options) as socket:
        connected.set()
        async for message in socket:
            now = time.time()
            data = message if isinstance(message, bytes) else message.encode()
            for uniqueid in _CALL_ID.findall(data):
                seen.setdefault(uniqueid.decode(), now)


async def one(rate: int, seconds: float, agents: int, clients: int) -> tuple[object, ...]:
    """One row of the table."""
    near, far = multiprocessing.get_context("spawn").Pipe()
    asterisk = multiprocessing.get_context("spawn").Process(target=pbx, args=(far, rate, seconds, agents))
    asterisk.start()
    ami_port = near.recv()
    with tempfile.TemporaryDirectory() as folder, product(Path(folder), agents, ami_port) as (port, cpu):
        seen: list[dict[str, float]] = [{} for _ in range(clients)]
        ready = [asyncio.Event() for _ in range(clients)]
        watching = [asyncio.ensure_future(watch(port, seen[i], ready[i])) for i in range(clients)]
        for event in ready:
            await event.wait()
        await asyncio.sleep(1.0)
        near.send("go")
        sent, took, written = await asyncio.to_thread(near.recv)
        await asyncio.sleep(2.0)
        for each in watching:
            each.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
    near.send("stop")
    asterisk.join()
    # The first calls of a process pay for what is made once (SQL compiled, caches filled): not counted.
    warm = min(written.values()) + WARM_SECONDS
    written = {call: at for call, at in written.items() if at > warm}
    delays = [at[call] - written[call] for at in seen for call in written if call in at]
    missed = sum(call not in at for at in seen for call in written)
    return (
        rate,
        round(sent / took),
        len(written),
        missed,
        f"{statistics.median(delays) * 1000:.1f}",
        f"{percentile(delays, 99) * 1000:.1f}",
        f"{max(delays) * 1000:.1f}",
        f"{cpu[0] / took * 100:.0f} %",
    )


def main(arguments: list[str]) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="bench latency", description=__doc__)
    parser.add_argument("--rates", default="1000,18500", help="events a second")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--agents", type=int, default=300)
    parser.add_argument("--clients", type=int, default=1)
    options = parser.parse_args(arguments)
    rows = [
        asyncio.run(one(int(rate), options.seconds, options.agents, options.clients))
        for rate in options.rates.split(",")
    ]
    heads = ("events/s", "sent/s", "calls", "unseen", "p50 ms", "p99 ms", "max ms", "CPU with start")
    print(f"{options.agents} agents, {options.clients} browser(s), event at the socket to WebSocket message")
    print(table(heads, rows))
