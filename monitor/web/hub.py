"""The hub: one board, encoded once, to every browser.

What is sent and when is told in ``docs/reference/websocket.md``; in short: a ``snapshot`` on arrival,
then numbered ``delta``s, a ``heartbeat`` when nothing else was said for a while. A change leaves at
once when the line was quiet; under load changes are gathered, and the pause between two sends grows
with what a send costs, so that making and sending deltas takes at most about a quarter of the time however many watch.

A browser that does not read is not waited for: once its transport's buffer is over the high-water mark
it gets nothing more, and when the buffer has drained, a fresh snapshot. The transports tell both
themselves (``pause_writing``, ``resume_writing``), so the fast path is one ``write`` a client.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, Protocol

import msgspec

from monitor.web.frames import PING, Prepared

if TYPE_CHECKING:
    from monitor.web.connection import BoardConnection

CLOSE_LOGIN: Final = 4401
CLOSE_ORIGIN: Final = 4403
CLOSE_RESTART: Final = 1012
CLOSE_CROWDED: Final = 1013


class BoardSource(Protocol):
    """What the hub needs of the live board."""

    def tick(self, now: float) -> None:
        """Let time pass to ``now`` (epoch seconds)."""

    def snapshot(self, now: float) -> object:
        """The whole board, ready for ``msgspec.json.encode``."""

    def delta(self, now: float) -> object | None:
        """What changed since the last call, or ``None``."""


class Hub:
    """Sends one board to its clients; ``run`` drives it, ``wake`` says that the board has changed.

    ``now`` gives the board's time (epoch seconds). Pauses are real seconds: ``least_pause_seconds`` and
    ``most_pause_seconds`` bound the time between two deltas, ``share`` is the part of the time that
    sending may take.
    """

    def __init__(
        self,
        board: BoardSource,
        now: Callable[[], float],
        *,
        least_pause_seconds: float = 0.03,
        most_pause_seconds: float = 0.25,
        share: float = 0.25,
        tick_seconds: float = 1.0,
        heartbeat_seconds: float = 2.0,
        ping_seconds: float = 20.0,
        silent_seconds: float = 60.0,
        buffer_bytes: int = 256 * 1024,
        clients_per_session: int = 64,
        clients_total: int = 5000,
    ) -> None:
        self._board = board
        self._now = now
        self._least_pause = least_pause_seconds
        self._most_pause = most_pause_seconds
        self._share = share
        self._tick_seconds = tick_seconds
        self._heartbeat_seconds = heartbeat_seconds
        self._ping_seconds = ping_seconds
        self._silent_seconds = silent_seconds
        self.buffer_bytes = buffer_bytes
        self._clients_per_session = clients_per_session
        self._clients_total = clients_total
        self.seq = 0
        self._encoder = msgspec.json.Encoder()
        self._snapshot: Prepared | None = None
        self._snapshot_made = 0.0
        self._reading: set[BoardConnection] = set()
        self._behind: set[BoardConnection] = set()
        self._per_session: Counter[str] = Counter()
        self._wake = asyncio.Event()
        self._pause = least_pause_seconds
        self._last_sent = 0.0
        self.snapshots_sent = 0
        self.deltas_sent = 0
        self.bytes_sent = 0
        self.times_behind = 0

    # -- what the board and the rest of the house call

    def wake(self) -> None:
        """The board has changed; a delta goes out as soon as the pace allows."""
        self._wake.set()

    @property
    def clients(self) -> int:
        """Connected browsers."""
        return len(self._reading) + len(self._behind)

    @property
    def clients_behind(self) -> int:
        """Browsers that do not read fast enough just now."""
        return len(self._behind)

    @property
    def sessions(self) -> set[str]:
        """The sessions (token hashes) that have a socket open."""
        return set(self._per_session)

    def close_sessions(self, ended: Iterable[str]) -> None:
        """Close every socket of the sessions in ``ended`` (token hashes)."""
        gone = set(ended)
        for client in [c for c in (*self._reading, *self._behind) if c.session in gone]:
            client.close(CLOSE_LOGIN, "session ended")

    def snapshot(self) -> Prepared:
        """The board as a ``snapshot`` message; made once between two deltas, however many ask."""
        age = asyncio.get_running_loop().time() - self._snapshot_made
        if self._snapshot is None or age > self._tick_seconds:
            # What changed up to here goes to the others first: a snapshot stands for all up to its seq.
            self._send_delta()
            now = self._now()
            self._snapshot = Prepared(
                self._encoder.encode(
                    {"type": "snapshot", "seq": self.seq, "at": now, "board": self._board.snapshot(now)}
                )
            )
            self._snapshot_made = asyncio.get_running_loop().time()
        return self._snapshot

    # -- what the connections call

    def join(self, client: BoardConnection) -> bool:
        """Take a logged-in client and greet it with a snapshot; ``False`` when there are too many."""
        if self.clients >= self._clients_total:
            return False
        if self._per_session[client.session] >= self._clients_per_session:
            return False
        self._per_session[client.session] += 1
        self._greet(client)
        return True

    def leave(self, client: BoardConnection) -> None:
        """Forget a client; harmless for one that is not here."""
        if client in self._reading or client in self._behind:
            self._reading.discard(client)
            self._behind.discard(client)
            self._per_session[client.session] -= 1
            if self._per_session[client.session] <= 0:
                del self._per_session[client.session]

    def resync(self, client: BoardConnection) -> None:
        """The client has missed something and asks for a fresh snapshot."""
        if client in self._reading:
            self._greet(client)

    def _greet(self, client: BoardConnection) -> None:
        # Made before the client counts as reading: making it may send a delta, meant for the others.
        message = self.snapshot()
        self._reading.add(client)
        client.seq = self.seq
        data = message.deflated if client.deflate else message.plain
        self.snapshots_sent += 1
        self.bytes_sent += len(data)
        client.write(data)

    def paused(self, client: BoardConnection) -> None:
        """The client's buffer is full: nothing more until it has drained."""
        if client in self._reading:
            self._reading.discard(client)
            self._behind.add(client)
            client.seq = self.seq
            client.behind_since = time.monotonic()
            self.times_behind += 1

    def resumed(self, client: BoardConnection) -> None:
        """The client's buffer has drained: go on, with a fresh snapshot if it has missed anything."""
        if client in self._behind:
            self._behind.discard(client)
            if client.seq == self.seq:
                self._reading.add(client)
            else:
                self._greet(client)

    # -- the drive

    async def run(self) -> None:
        """Send for ever; cancel to stop."""
        loop = asyncio.get_running_loop()
        next_tick = loop.time() + self._tick_seconds
        next_ping = loop.time() + self._ping_seconds
        while True:
            due = min(next_tick, next_ping, self._last_sent + self._heartbeat_seconds)
            await self._woken_or(due - loop.time())
            now = loop.time()
            if now >= next_tick:
                next_tick = now + self._tick_seconds
                self._wake.set()
            if now >= next_ping:
                next_ping = now + self._ping_seconds
                self._keep_alive()
            if self._wake.is_set():
                rest = self._last_sent + self._pause - now
                if rest > 0:
                    await asyncio.sleep(rest)
                self._wake.clear()
                self._board.tick(self._now())
                self._send_delta()
            if loop.time() >= self._last_sent + self._heartbeat_seconds:
                self._send_heartbeat()

    async def _woken_or(self, seconds: float) -> None:
        if seconds > 0 and not self._wake.is_set():
            try:
                async with asyncio.timeout(seconds):
                    await self._wake.wait()
            except TimeoutError:
                return

    def _send_delta(self) -> None:
        begun = time.perf_counter()
        now = self._now()
        changes = self._board.delta(now)
        if changes is None:
            return
        self.seq += 1
        self._snapshot = None
        if self._reading:
            message = {"type": "delta", "seq": self.seq, "at": now, "changes": changes}
            self._broadcast(Prepared(self._encoder.encode(message)))
            self.deltas_sent += 1
        self._last_sent = asyncio.get_running_loop().time()
        spent = time.perf_counter() - begun
        pause = spent * (1 - self._share) / self._share
        self._pause = min(max(pause, self._least_pause), self._most_pause)

    def _send_heartbeat(self) -> None:
        message = {"type": "heartbeat", "seq": self.seq, "at": self._now()}
        self._broadcast(Prepared(self._encoder.encode(message)))
        self._last_sent = asyncio.get_running_loop().time()

    def _broadcast(self, message: Prepared) -> None:
        # A copy: a write that fills a buffer moves its client to the others while we go round.
        plain, sent = message.plain, 0
        for client in tuple(self._reading):
            data = message.deflated if client.deflate else plain
            client.write(data)
            sent += len(data)
        self.bytes_sent += sent

    def _keep_alive(self) -> None:
        """Ping all who read; cut off who has not been heard, or not drained, for too long."""
        limit = time.monotonic() - self._silent_seconds
        for client in tuple(self._reading):
            if client.heard_at < limit:
                client.abort()
            else:
                client.write(PING)
        for client in tuple(self._behind):
            if client.behind_since < limit:
                client.abort()
