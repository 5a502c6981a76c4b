"""One browser's WebSocket: the handshake with its checks, and then as little as possible.

uvicorn hands an upgrade to the class given as ``ws``. Ours goes below the ASGI interface, because the
board is the same bytes for everybody: after the handshake a message is one ``write`` of prepared bytes
to the transport, with no task, queue or event per client. The protocol itself (handshake, parsing,
masking, closing) is ``websockets``' sans-IO ``ServerProtocol``.

Origin and login are checked before anything of the board is sent. A browser can't see the status of a
refused handshake, so a refusal is a close code right after it: 4403 for a foreign Origin, 4401 without
a session, 4405 for a role that may not see the floor.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec
import structlog
from websockets.extensions.permessage_deflate import PerMessageDeflate, ServerPerMessageDeflateFactory
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from monitor.web import permits
from monitor.web.frames import WINDOW_BITS
from monitor.web.hub import (
    CLOSE_CROWDED,
    CLOSE_LOGIN,
    CLOSE_NOT_ALLOWED,
    CLOSE_ORIGIN,
    CLOSE_RESTART,
    Audience,
    Hub,
)

if TYPE_CHECKING:
    from uvicorn.config import Config
    from uvicorn.server import ServerState

    from monitor.web.guard import Guard

log = structlog.get_logger(__name__)

PATH: Final = "/ws/board"
MESSAGE_BYTES: Final = 1024
"""The most a client may send in one message; ``{"type":"resync"}`` is all there is to say."""
_ADMISSION_SECONDS: Final = 10.0
_CLOSE_SECONDS: Final = 5.0
_RESYNC_PAUSE_SECONDS: Final = 0.5
_DEFLATE: Final = ServerPerMessageDeflateFactory(
    server_no_context_takeover=True, client_no_context_takeover=True
)
# One for all connections: ServerProtocol would log every frame at DEBUG otherwise.
_quiet = logging.getLogger("websockets.server.board")
_quiet.setLevel(logging.WARNING)


class Asked(msgspec.Struct):
    """What a client may say."""

    type: str


_decode_asked = msgspec.json.Decoder(Asked).decode


class BoardConnection(asyncio.Protocol):
    """A client of the hub, from its handshake on."""

    __slots__ = (
        "_guard",
        "_hub",
        "_protocol",
        "_server",
        "_text",
        "_transport",
        "audience",
        "behind_since",
        "deflate",
        "heard_at",
        "resynced_at",
        "seq",
        "session",
    )

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        hub: Hub,
        guard: Guard,
    ) -> None:
        self._hub = hub
        self._guard = guard
        self._server = server_state
        self._protocol = ServerProtocol(extensions=[_DEFLATE], max_size=MESSAGE_BYTES, logger=_quiet)
        self._transport: asyncio.Transport = cast(asyncio.Transport, None)
        self._text: list[bytes] = []
        self.session = ""
        self.audience: Audience | None = None
        self.deflate = False
        self.seq = 0
        self.heard_at = time.monotonic()
        self.behind_since = 0.0
        self.resynced_at = 0.0

    # -- what the transport calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The upgrade begins."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=self._hub.buffer_bytes)
        self._server.connections.add(self)  # type: ignore[arg-type]

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._hub.leave(self)
        self._server.connections.discard(self)

    def pause_writing(self) -> None:
        """The client reads more slowly than the board changes."""
        self._hub.paused(self)

    def resume_writing(self) -> None:
        """Its buffer has drained."""
        self._hub.resumed(self)

    def data_received(self, data: bytes) -> None:
        """Handshake first, then the little a client says."""
        self.heard_at = time.monotonic()
        protocol = self._protocol
        protocol.receive_data(data)
        for event in protocol.events_received():
            if isinstance(event, Request):
                self._handshake(event)
            elif isinstance(event, Frame):
                self._message(event)
        answer = b"".join(protocol.data_to_send())
        if answer and not self._transport.is_closing():
            self._transport.write(answer)
        refused = protocol.state is State.CONNECTING and protocol.close_expected()
        if refused or protocol.close_rcvd is not None or protocol.parser_exc is not None:
            self._hub.leave(self)
            self._transport.close()

    def eof_received(self) -> None:
        """The client has closed its side; so do we."""

    def shutdown(self) -> None:
        """The server stops: tell the client to come back."""
        self.close(CLOSE_RESTART, "server restart")

    # -- what the hub calls

    def write(self, data: bytes) -> None:
        """Send one prepared frame."""
        self._transport.write(data)

    def close(self, code: int, reason: str) -> None:
        """Say why, and close; the client has a few seconds to answer."""
        self._hub.leave(self)
        if self._transport.is_closing():
            return
        if self._protocol.state is State.OPEN:
            self._protocol.send_close(code, reason)
            self._transport.write(b"".join(self._protocol.data_to_send()))
            if code == CLOSE_RESTART:
                self._transport.close()
            else:
                asyncio.get_running_loop().call_later(_CLOSE_SECONDS, self._transport.close)
        else:
            self._transport.close()

    def abort(self) -> None:
        """Cut the connection: the client no longer answers."""
        log.info("browser_cut_off", silent_seconds=round(time.monotonic() - self.heard_at))
        self._transport.abort()

    # -- handshake

    def _handshake(self, request: Request) -> None:
        protocol = self._protocol
        if request.path.partition("?")[0] == PATH:
            response = protocol.accept(request)
        else:
            response = protocol.reject(404, "There is no WebSocket here.\n")
        protocol.send_response(response)
        if protocol.state is not State.OPEN:
            return
        self.deflate = any(
            isinstance(extension, PerMessageDeflate) and extension.local_max_window_bits == WINDOW_BITS
            for extension in protocol.extensions
        )
        headers = request.headers
        origin, host = headers.get("Origin"), headers.get("Host")
        # The response must leave before any frame does; what follows writes to the transport itself.
        self._transport.write(b"".join(protocol.data_to_send()))
        if origin is None or not self._guard.origin_allowed(origin, host):
            log.warning("websocket_refused", why="origin", origin=origin)
            self.close(CLOSE_ORIGIN, "origin not allowed")
            return
        task = asyncio.get_running_loop().create_task(self._admit("; ".join(headers.get_all("Cookie"))))
        self._server.tasks.add(task)
        task.add_done_callback(self._server.tasks.discard)

    async def _admit(self, cookies: str) -> None:
        """Join the hub if the session holds; uvicorn owns and awaits this task."""
        try:
            async with asyncio.timeout(_ADMISSION_SECONDS):
                session = await self._guard.session_of(cookies)
        except TimeoutError:
            session = None
        except Exception:
            log.exception("websocket_admission_failed")
            session = None
        if self._transport.is_closing():
            return
        if session is None:
            self.close(CLOSE_LOGIN, "not logged in")
            return
        if not session.may(permits.FLOOR):
            self.close(CLOSE_NOT_ALLOWED, "not allowed")
            return
        self.session = session.token_hash
        if not self._hub.join(self, self._guard.scope(session).teams):
            self.close(CLOSE_CROWDED, "too many boards open")

    # -- what the client says

    def _message(self, frame: Frame) -> None:
        if frame.opcode in (Opcode.TEXT, Opcode.CONT):
            self._text.append(bytes(frame.data))
            if not frame.fin:
                return
            text, self._text = b"".join(self._text), []
            try:
                asked = _decode_asked(text)
            except (msgspec.DecodeError, msgspec.ValidationError):
                return
            now = time.monotonic()
            # A client that asks without end gets an answer twice a second, not a flood.
            if asked.type == "resync" and now - self.resynced_at >= _RESYNC_PAUSE_SECONDS:
                self.resynced_at = now
                self._hub.resync(self)


def connection_class(hub: Hub, guard: Guard) -> Callable[..., asyncio.Protocol]:
    """What uvicorn's ``ws`` option takes."""
    return partial(BoardConnection, hub=hub, guard=guard)
