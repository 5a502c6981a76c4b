"""The hub: one board, encoded once, to every browser; once for each audience, where logins see some teams only.

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
CLOSE_NOT_ALLOWED: Final = 4405
CLOSE_RESTART: Final = 1012
CLOSE_CROWDED: Final = 1013


class BoardSource(Protocol):
    """What the hub needs of the live board."""

    def tick(self, now: float) -> None:
        """Let time pass to ``now`` (epoch seconds)."""

    def snapshot(self, now: float, teams: frozenset[str] | None = None) -> object:
        """The whole board, or some teams alone, ready for ``msgspec.json.encode``."""

    def delta(self, now: float) -> object | None:
        """What changed since the last call, or ``None``."""

    def delta_of(self, teams: frozenset[str], now: float) -> object | None:
        """The same of some teams alone, as far as ``delta`` has told it."""

    def forget(self, teams: frozenset[str]) -> None:
        """Nobody watches these teams alone any more."""


class Audience:
    """Those who see the same: ``teams``, or (``None``) the whole site. Each has its own numbering of messages."""

    __slots__ = ("behind", "made_at", "reading", "sent_at", "seq", "snapshot", "teams", "used_at")

    def __init__(self, teams: frozenset[str] | None) -> None:
        self.teams = teams
        self.seq = 0
        self.snapshot: Prepared | None = None
        self.made_at = 0.0
        self.sent_at = 0.0
        self.used_at = 0.0
        self.reading: set[BoardConnection] = set()
        self.behind: set[BoardConnection] = set()


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
        self._encoder = msgspec.json.Encoder()
        self._site = Audience(None)
        self._audiences: dict[frozenset[str] | None, Audience] = {None: self._site}
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
    def seq(self) -> int:
        """The number of the newest delta of the whole board."""
        return self._site.seq

    @property
    def clients(self) -> int:
        """Connected browsers."""
        return sum(len(each.reading) + len(each.behind) for each in self._audiences.values())

    @property
    def clients_behind(self) -> int:
        """Browsers that do not read fast enough just now."""
        return sum(len(each.behind) for each in self._audiences.values())

    @property
    def sessions(self) -> set[str]:
        """The sessions (token hashes) that have a socket open."""
        return set(self._per_session)

    def close_sessions(self, ended: Iterable[str]) -> None:
        """Close every socket of the sessions in ``ended`` (token hashes)."""
        gone = set(ended)
        everybody = [c for each in self._audiences.values() for c in (*each.reading, *each.behind)]
        for client in everybody:
            if client.session in gone:
                client.close(CLOSE_LOGIN, "session ended")

    def snapshot(self, teams: frozenset[str] | None = None) -> Prepared:
        """The board as a ``snapshot`` message; made once between two deltas, however many of an audience ask."""
        return self._snapshot(self._audience(teams))

    def _snapshot(self, audience: Audience) -> Prepared:
        loop_time = asyncio.get_running_loop().time()
        if audience.snapshot is None or loop_time - audience.made_at > self._tick_seconds:
            # What changed up to here goes to the others first: a snapshot stands for all up to its seq.
            self._send_delta()
            now = self._now()
            whole = audience.teams is None
            board = self._board.snapshot(now) if whole else self._board.snapshot(now, audience.teams)
            audience.snapshot = Prepared(
                self._encoder.encode({"type": "snapshot", "seq": audience.seq, "at": now, "board": board})
            )
            audience.made_at = asyncio.get_running_loop().time()
        return audience.snapshot

    def _audience(self, teams: frozenset[str] | None) -> Audience:
        found = self._audiences.get(teams)
        if found is None:
            self._forget_unused()
            found = self._audiences[teams] = Audience(teams)
        found.used_at = time.monotonic()
        return found

    def _forget_unused(self) -> None:
        """Each audience costs a little at every change: one that nobody is in is kept for a minute."""
        limit = time.monotonic() - self._silent_seconds
        for each in tuple(self._audiences.values()):
            if each.teams is not None and not (each.reading or each.behind) and each.used_at < limit:
                del self._audiences[each.teams]
                self._board.forget(each.teams)

    # -- what the connections call

    def join(self, client: BoardConnection, teams: frozenset[str] | None = None) -> bool:
        """Take a logged-in client that sees ``teams`` and greet it with a snapshot; ``False``: there are too many."""
        if self.clients >= self._clients_total:
            return False
        if self._per_session[client.session] >= self._clients_per_session:
            return False
        self._per_session[client.session] += 1
        client.audience = self._audience(teams)
        self._greet(client)
        return True

    def leave(self, client: BoardConnection) -> None:
        """Forget a client; harmless for one that is not here."""
        audience = client.audience
        if audience is not None and (client in audience.reading or client in audience.behind):
            audience.reading.discard(client)
            audience.behind.discard(client)
            audience.used_at = time.monotonic()
            self._per_session[client.session] -= 1
            if self._per_session[client.session] <= 0:
                del self._per_session[client.session]

    def resync(self, client: BoardConnection) -> None:
        """The client has missed something and asks for a fresh snapshot."""
        if client.audience is not None and client in client.audience.reading:
            self._greet(client)

    def _greet(self, client: BoardConnection) -> None:
        audience = client.audience
        if audience is None:
            return
        # Made before the client counts as reading: making it may send a delta, meant for the others.
        message = self._snapshot(audience)
        audience.reading.add(client)
        client.seq = audience.seq
        data = message.deflated if client.deflate else message.plain
        self.snapshots_sent += 1
        self.bytes_sent += len(data)
        client.write(data)

    def paused(self, client: BoardConnection) -> None:
        """The client's buffer is full: nothing more until it has drained."""
        audience = client.audience
        if audience is not None and client in audience.reading:
            audience.reading.discard(client)
            audience.behind.add(client)
            client.seq = audience.seq
            client.behind_since = time.monotonic()
            self.times_behind += 1

    def resumed(self, client: BoardConnection) -> None:
        """The client's buffer has drained: go on, with a fresh snapshot if it has missed anything."""
        audience = client.audience
        if audience is not None and client in audience.behind:
            audience.behind.discard(client)
            if client.seq == audience.seq:
                audience.reading.add(client)
            else:
                self._greet(client)

    # -- the drive

    async def run(self) -> None:
        """Send for ever; cancel to stop."""
        loop = asyncio.get_running_loop()
        next_tick = loop.time() + self._tick_seconds
        next_ping = loop.time() + self._ping_seconds
        while True:
            quiet_since = min(each.sent_at for each in self._audiences.values())
            due = min(next_tick, next_ping, quiet_since + self._heartbeat_seconds)
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
            self._send_heartbeats(loop.time())

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
        sent = self._tell(self._site, self._board.delta(now), now)
        for audience in self._audiences.values():
            if audience.teams is not None:
                sent |= self._tell(audience, self._board.delta_of(audience.teams, now), now)
        if not sent:
            return
        self._last_sent = asyncio.get_running_loop().time()
        spent = time.perf_counter() - begun
        pause = spent * (1 - self._share) / self._share
        self._pause = min(max(pause, self._least_pause), self._most_pause)

    def _tell(self, audience: Audience, changes: object | None, now: float) -> bool:
        """Send an audience its changes; whether there were any."""
        if changes is None:
            return False
        audience.seq += 1
        audience.snapshot = None
        audience.sent_at = asyncio.get_running_loop().time()
        if audience.reading:
            message = {"type": "delta", "seq": audience.seq, "at": now, "changes": changes}
            self._broadcast(audience, Prepared(self._encoder.encode(message)))
            self.deltas_sent += 1
        return True

    def _send_heartbeats(self, at: float) -> None:
        """Say to whom nothing was said for a while that all is well; ``at`` is the loop's time."""
        for audience in self._audiences.values():
            if at >= audience.sent_at + self._heartbeat_seconds:
                audience.sent_at = at
                if audience.reading:
                    message = {"type": "heartbeat", "seq": audience.seq, "at": self._now()}
                    self._broadcast(audience, Prepared(self._encoder.encode(message)))

    def _broadcast(self, audience: Audience, message: Prepared) -> None:
        # A copy: a write that fills a buffer moves its client to the others while we go round.
        plain, sent = message.plain, 0
        for client in tuple(audience.reading):
            data = message.deflated if client.deflate else plain
            client.write(data)
            sent += len(data)
        self.bytes_sent += sent

    def _keep_alive(self) -> None:
        """Ping all who read; cut off who has not been heard, or not drained, for too long."""
        limit = time.monotonic() - self._silent_seconds
        for audience in self._audiences.values():
            for client in tuple(audience.reading):
                if client.heard_at < limit:
                    client.abort()
                else:
                    client.write(PING)
            for client in tuple(audience.behind):
                if client.behind_since < limit:
                    client.abort()
