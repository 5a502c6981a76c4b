"""The hub over real sockets: snapshot, numbered deltas, heartbeat, resync, and browsers that do not read."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from monitor.web.connection import connection_class
from monitor.web.guard import COOKIE, Guard, Session
from monitor.web.hub import Hub
from monitor.web.security import token_hash
from tests.web.serving import served, until, within


class CountingBoard:
    """A board whose only figure is a number; ``ballast`` makes its messages large."""

    def __init__(self) -> None:
        self.value = 0
        self.told = 0
        self.ballast = ""

    def tick(self, now: float) -> None:
        pass

    def snapshot(self, now: float, teams: frozenset[str] | None = None) -> object:
        return {"value": self.value, "ballast": self.ballast, **({"teams": sorted(teams)} if teams else {})}

    def delta_of(self, teams: frozenset[str], now: float) -> object | None:
        return None

    def forget(self, teams: frozenset[str]) -> None:
        pass

    def delta(self, now: float) -> object | None:
        if self.told == self.value:
            return None
        self.told = self.value
        return {"value": self.value, "ballast": self.ballast}


class Logins:
    """Sessions in memory."""

    def __init__(self) -> None:
        self.sessions = {
            token_hash("good"): Session(token_hash("good"), "wang", "administrator", time.time() + 600)
        }

    async def find(self, hashed: str) -> Session | None:
        return self.sessions.get(hashed)


class Floor:
    """What a test has in hand: the board, the hub, and a way to connect."""

    def __init__(self, board: CountingBoard, hub: Hub, address: str, logins: Logins, guard: Guard) -> None:
        self.board, self.hub, self.address, self.logins, self.guard = board, hub, address, logins, guard

    def change(self) -> int:
        self.board.value += 1
        self.hub.wake()
        return self.board.value

    def connect(self, token: str | None = "good", origin: str | None = None, **options: Any) -> connect:
        headers = {"Cookie": f"other=1; {COOKIE}={token}"} if token else {}
        origin = origin or f"http://{self.address}"
        path = options.pop("path", "/ws/board")
        return connect(
            f"ws://{self.address}{path}",
            origin=origin,  # type: ignore[arg-type]
            additional_headers=headers,
            proxy=None,
            **options,
        )


@asynccontextmanager
async def floor(**options: Any) -> AsyncIterator[Floor]:
    board, logins = CountingBoard(), Logins()
    hub = Hub(board, lambda: 1000.0 + board.value, **options)
    guard = Guard(logins, ["https://board.example"])
    async with served(None, connection_class(hub, guard)) as address:
        driving = asyncio.ensure_future(hub.run())
        try:
            yield Floor(board, hub, address, logins, guard)
        finally:
            driving.cancel()
            await asyncio.gather(driving, return_exceptions=True)


async def message(socket: ClientConnection, kind: str | None = None) -> dict[str, Any]:
    """The next message; with ``kind`` the next one of that type."""
    while True:
        found: dict[str, Any] = json.loads(await within(socket.recv()))
        if kind is None or found["type"] == kind:
            return found


@pytest.mark.parametrize("compression", [None, "deflate"])
async def test_a_browser_gets_a_snapshot_and_then_numbered_deltas(compression: str | None) -> None:
    async with floor() as here, here.connect(compression=compression) as socket:
        here.board.ballast = "座席" * 500
        first = await message(socket)
        assert first == {"type": "snapshot", "seq": 0, "at": 1000.0, "board": {"value": 0, "ballast": ""}}
        for expected in (1, 2, 3):
            here.change()
            delta = await message(socket, "delta")
            assert (delta["seq"], delta["at"]) == (expected, 1000.0 + expected)
            assert delta["changes"] == {"value": expected, "ballast": here.board.ballast}


async def test_everybody_gets_the_same_bytes_compressed_once() -> None:
    async with floor() as here:
        here.board.ballast = "x" * 10_000
        async with here.connect() as one, here.connect() as two, here.connect(compression=None) as plain:
            for socket in (one, two, plain):
                await message(socket, "snapshot")
            sent = here.hub.bytes_sent
            here.change()
            assert len({json.dumps(await message(socket, "delta")) for socket in (one, two, plain)}) == 1
            assert here.hub.bytes_sent - sent < 11_000


async def test_a_client_with_a_smaller_window_than_ours_gets_plain_frames() -> None:
    from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

    small = ClientPerMessageDeflateFactory(server_max_window_bits=9)
    async with floor() as here, here.connect(compression=None, extensions=[small]) as socket:
        here.board.ballast = "".join(map(str, range(5000)))
        await message(socket, "snapshot")
        here.change()
        assert (await message(socket, "delta"))["changes"]["ballast"] == here.board.ballast


async def test_silence_is_broken_by_heartbeats_that_carry_the_sequence() -> None:
    async with floor(heartbeat_seconds=0.02) as here, here.connect() as socket:
        here.change()
        await message(socket, "delta")
        assert (await message(socket, "heartbeat"))["seq"] == 1


async def test_a_client_that_missed_one_asks_and_gets_a_snapshot() -> None:
    async with floor() as here, here.connect() as socket:
        await message(socket, "snapshot")
        value = here.change()
        await message(socket, "delta")
        await socket.send('{"type":"resync"}')
        again = await message(socket, "snapshot")
        assert (again["seq"], again["board"]["value"]) == (1, value)


@pytest.mark.parametrize("text", ["", "hello", "[]", '{"type":1}', '{"type":"other"}', "\0"])
async def test_nonsense_from_a_client_is_passed_over(text: str) -> None:
    async with floor() as here, here.connect() as socket:
        await message(socket, "snapshot")
        await socket.send(text)
        await socket.send(b"\xff\x00")
        here.change()
        assert (await message(socket, "delta"))["seq"] == 1


async def test_a_long_message_from_a_client_ends_the_connection() -> None:
    async with floor() as here, here.connect() as socket:
        await socket.send("x" * 5000)
        with pytest.raises(ConnectionClosed):
            while True:
                await within(socket.recv())
        assert socket.close_code == 1009
        await until(lambda: here.hub.clients == 0)


@pytest.mark.parametrize(
    ("token", "origin", "code"),
    [
        (None, None, 4401),
        ("bad", None, 4401),
        ("good", "http://evil.example", 4403),
        ("good", "null", 4403),
        ("good", "https://board.example", None),
    ],
)
async def test_login_and_origin_are_checked_before_anything_is_sent(
    token: str | None, origin: str | None, code: int | None
) -> None:
    async with floor() as here, here.connect(token, origin) as socket:
        if code is None:
            await message(socket, "snapshot")
        else:
            with pytest.raises(ConnectionClosed):
                await within(socket.recv())
            assert socket.close_code == code
            assert here.hub.clients == 0


async def test_there_is_no_websocket_elsewhere() -> None:
    async with floor() as here:
        with pytest.raises(InvalidStatus) as refused:
            await within(here.connect(path="/ws/other").__aenter__())
        assert refused.value.response.status_code == 404


async def test_the_end_of_a_session_closes_its_sockets_and_no_others() -> None:
    async with floor() as here:
        here.logins.sessions[token_hash("tv")] = Session(token_hash("tv"), "tv", "board", time.time() + 600)
        async with here.connect() as wang, here.connect("tv") as tv:
            await message(wang, "snapshot")
            await message(tv, "snapshot")
            here.hub.close_sessions([token_hash("good")])
            with pytest.raises(ConnectionClosed):
                while True:
                    await within(wang.recv())
            assert wang.close_code == 4401
            here.change()
            await message(tv, "delta")
            assert here.hub.sessions == {token_hash("tv")}


async def test_a_session_may_open_only_so_many_boards() -> None:
    async with floor(clients_per_session=1) as here, here.connect() as first, here.connect() as second:
        await message(first, "snapshot")
        with pytest.raises(ConnectionClosed):
            await within(second.recv())
        assert second.close_code == 1013


async def test_a_browser_that_does_not_read_is_passed_over_and_then_gets_a_fresh_snapshot() -> None:
    async with floor(buffer_bytes=64 * 1024) as here:
        here.board.ballast = "x" * 400_000
        async with (
            here.connect(compression=None) as quick,
            here.connect(compression=None, max_queue=1) as slow,
        ):
            await message(quick, "snapshot")
            await message(slow, "snapshot")
            # The client library stops reading once its queue is full; the kernel's buffers fill up next.
            while here.hub.clients_behind == 0:
                here.change()
                await message(quick, "delta")
            for _ in range(5):
                value = here.change()
                await message(quick, "delta")
            assert here.hub.times_behind == 1
            seen: list[dict[str, Any]] = []
            while not seen or seen[-1]["type"] != "snapshot":
                seen.append(await message(slow))
            assert seen[-1]["board"]["value"] == value
            here.board.ballast = ""
            here.change()
            assert (await message(slow, "delta"))["seq"] == seen[-1]["seq"] + 1


async def test_a_browser_that_answers_no_ping_is_cut_off() -> None:
    async with floor(ping_seconds=0.05, silent_seconds=0.2) as here:
        host, _, port = here.address.partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(
            f"GET /ws/board HTTP/1.1\r\nHost: {here.address}\r\nOrigin: http://{here.address}\r\n"
            f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            f"Sec-WebSocket-Version: 13\r\nCookie: {COOKIE}=good\r\n\r\n".encode()
        )
        await until(lambda: here.hub.clients == 1)
        with pytest.raises(ConnectionError):
            while await within(reader.read(1000)):
                pass
            raise ConnectionError
        await until(lambda: here.hub.clients == 0)
        writer.close()


async def test_changes_are_gathered_under_load_and_none_is_lost() -> None:
    async with floor(least_pause_seconds=0.05) as here, here.connect() as socket:
        await message(socket, "snapshot")
        for _ in range(200):
            last = here.change()
            await asyncio.sleep(0)
        seen: list[dict[str, Any]] = []
        while not seen or seen[-1]["changes"]["value"] != last:
            seen.append(await message(socket, "delta"))
        assert [each["seq"] for each in seen] == list(range(1, len(seen) + 1))
        assert len(seen) < 10
