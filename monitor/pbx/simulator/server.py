"""The AMI port of the simulated PBX: asyncio TCP, any number of sessions, and time that passes.

A session that does not read is cut off, as Asterisk does after ``writetimeout``: what it missed is lost. One
that reads, however late, is not: a fast demo on a busy machine sends in bursts.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import secrets
from collections.abc import Callable
from datetime import UTC, tzinfo
from typing import cast

from monitor.clock import Clock
from monitor.pbx.simulator.actions import Answers, error, response
from monitor.pbx.simulator.exchange import Exchange

log = logging.getLogger(__name__)

GREETING = b"Asterisk Call Manager/11.0.0\r\n"

#: Bytes a session may leave unread; Asterisk itself has only the kernel's buffers.
MAX_UNREAD_BYTES = 16 << 20
MAX_ACTION_BYTES = 1 << 16

#: The read classes of FreePBX's own user; a session never gets an event of another class.
ALL_CLASSES = frozenset(
    {"system", "call", "agent", "user", "dtmf", "reporting", "cdr", "dialplan", "originate"}
)

#: Real time between two looks at the schedule: what falls due meanwhile goes out together.
PAUSE_SECONDS = 0.015


class Server:
    """The simulated PBX on a port. ``start`` listens, ``run`` lets time pass, ``stop`` ends it.

    ``classes`` are the event classes that the user may read (``read`` in manager.conf).
    """

    def __init__(
        self,
        exchange: Exchange,
        clock: Clock,
        secret: str,
        *,
        username: str = "dialwatch",
        zone: tzinfo = UTC,
        classes: frozenset[str] = ALL_CLASSES,
    ) -> None:
        self.exchange = exchange
        self.clock = clock
        self.username = username
        self.secret = secret
        self.classes = classes
        self.answers = Answers(exchange, zone)
        self.sessions: set[Session] = set()
        self._listening: asyncio.Server | None = None
        exchange.sinks.append(self._spread)

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Listen; returns the port, a free one where 0 was asked for. Raises ``OSError`` if it is taken."""
        loop = asyncio.get_running_loop()
        self._listening = await loop.create_server(lambda: Session(self), host, port)
        bound: int = self._listening.sockets[0].getsockname()[1]
        return bound

    async def run(self) -> None:
        """Play the schedule by the clock, for ever."""
        while True:
            self.exchange.schedule.run_until(self.clock.now())
            self.flush()
            await asyncio.sleep(PAUSE_SECONDS)

    async def stop(self) -> None:
        """Close the port and every session."""
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        self.cut()
        await asyncio.sleep(0)

    def cut(self) -> None:
        """Cut every session, as a network failure does: no goodbye, and what follows is not kept."""
        for session in list(self.sessions):
            session.abort()

    def flush(self) -> None:
        """Send what gathered since the last flush."""
        for session in list(self.sessions):
            session.flush()

    def _spread(self, kind: str, message: bytes) -> None:
        for session in self.sessions:
            session.take(kind, message)


class Session(asyncio.Protocol):
    """One manager session."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._pending: list[bytes] = []
        self._challenge = ""
        self._mask: frozenset[str] = frozenset()
        self._logged_in = False
        self._closing: asyncio.TimerHandle | None = None
        self._unread = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(GREETING)

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.sessions.discard(self)
        self._transport = None
        if self._closing is not None:
            self._closing.cancel()

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            message, _, self._received = self._received.partition(b"\r\n\r\n")
            lines = message.decode("utf-8", "replace").split("\r\n")
            self._act(
                {
                    key.strip().lower(): value.strip()
                    for key, _, value in (line.partition(":") for line in lines)
                }
            )
        if len(self._received) > MAX_ACTION_BYTES:
            self.abort()

    def take(self, kind: str, message: bytes) -> None:
        """Keep an event for the next flush, if this session may and wants to see it."""
        if kind in self._mask:
            self._pending.append(message)

    def flush(self) -> None:
        """Send what is kept; a session that has left too much unread, and reads nothing, is cut off."""
        transport = self._transport
        if transport is None or not self._pending:
            return
        unread = transport.get_write_buffer_size()
        if unread > MAX_UNREAD_BYTES and unread >= self._unread:
            log.warning("session_too_slow unread_bytes=%d", unread)
            self.abort()
            return
        transport.write(b"".join(self._pending))
        self._pending.clear()
        self._unread = transport.get_write_buffer_size()

    def abort(self) -> None:
        """Drop the connection."""
        if self._transport is not None:
            self._transport.abort()

    def _act(self, action: dict[str, str]) -> None:
        name = action.get("action", "").lower()
        before_login: dict[str, Callable[[dict[str, str]], None]] = {
            "challenge": self._do_challenge,
            "login": self._do_login,
        }
        if name == "logoff":
            self._send(response(action, "Goodbye", "Message: Thanks for all the fish.\r\n"))
            self._close()
        elif name in before_login:
            before_login[name](action)
        elif not self._logged_in:
            self._send(error(action, "Permission denied"))
        elif name == "events":
            self._set_mask(action.get("eventmask", "on"))
            self._send(response(action, "Success", f"Events: {'On' if self._mask else 'Off'}\r\n"))
        else:
            self._send(self._server.answers.answer(action))

    def _do_challenge(self, action: dict[str, str]) -> None:
        if action.get("authtype", "").lower() != "md5":
            self._send(error(action, "Must specify AuthType"))
            return
        self._challenge = str(100_000_000 + secrets.randbelow(900_000_000))
        self._send(response(action, "Success", f"Challenge: {self._challenge}\r\n"))

    def _do_login(self, action: dict[str, str]) -> None:
        server = self._server
        if action.get("authtype", "").lower() == "md5":
            wanted = hashlib.md5(
                f"{self._challenge}{server.secret}".encode(), usedforsecurity=False
            ).hexdigest()
            given = action.get("key", "").lower() if self._challenge else ""
        else:
            wanted, given = server.secret, action.get("secret", "")
        known = action.get("username") == server.username
        if not (known and hmac.compare_digest(given.encode(), wanted.encode())):
            self._send(error(action, "Authentication failed"))
            self._close()
            return
        self._logged_in = True
        server.sessions.add(self)
        self._set_mask(action.get("events", "on"))
        self._send(response(action, "Success", "Message: Authentication accepted\r\n"))
        if "system" in self._mask:
            up = int(server.exchange.now - server.exchange.booted_at)
            self._send(
                f"Event: FullyBooted\r\nPrivilege: system,all\r\nUptime: {up}\r\nLastReload: {up}\r\n"
                "Status: Fully Booted\r\n\r\n"
            )

    def _set_mask(self, mask: str) -> None:
        if mask.lower() in ("on", "all", "true", "yes", "1"):
            self._mask = self._server.classes
        elif mask.lower() in ("off", "false", "no", "0", ""):
            self._mask = frozenset()
        else:
            self._mask = self._server.classes & {part.strip() for part in mask.lower().split(",")}

    def _send(self, text: str) -> None:
        # Answers do not wait in the queue of events, but what happened before them is told before them.
        self.flush()
        if self._transport is not None:
            self._transport.write(text.encode())

    def _close(self) -> None:
        transport = self._transport
        if transport is not None:
            self._closing = asyncio.get_running_loop().call_later(0.05, transport.close)
