"""One logged-in connection to a PBX, from opening it to asking for lists; a new one for each try.

Panoramisk's ``Manager`` connects and carries actions; reconnecting, pinging and logging in on its own
account are switched off here, because it does so every two seconds for ever and tells nobody.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import socket
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NoReturn, Protocol

from panoramisk.manager import Manager
from panoramisk.message import Message

from monitor.clock import Clock, timer, within
from monitor.errors import LinkError
from monitor.pbx.inbox import Inbox
from monitor.pbx.protocol import AmiProtocol
from monitor.pbx.wire import split

log = logging.getLogger(__name__)

CONNECT_SECONDS = 10.0
LOGIN_SECONDS = 15.0
ACTION_SECONDS = 15.0
WATCH_SECONDS = 1.0

#: Asterisk's answer where allowmultiplelogin = no (main/manager.c).
IN_USE = "Login Already In Use"

STOPPING = "the PBX is stopping or restarting"
CLOSED = "the PBX closed the connection; it also does so when it finds that we read too slowly (writetimeout)"


class LoginRefusedError(LinkError):
    """The PBX answered, and said no to our login."""


class ActionRefusedError(LinkError):
    """The PBX answered an action with an error: not permitted, not known, nothing there."""


class SecretValue(Protocol):
    """A secret that does not show itself."""

    def get_secret_value(self) -> str:
        """The secret in clear."""


class LinkSettings(Protocol):
    """The part of a PBX's settings that a connection needs."""

    @property
    def name(self) -> str: ...
    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def username(self) -> str: ...
    @property
    def secret(self) -> SecretValue | None: ...
    @property
    def secret_source(self) -> str: ...
    @property
    def tls(self) -> bool: ...
    @property
    def tls_ca(self) -> Path | None: ...
    @property
    def tls_verify(self) -> bool: ...
    @property
    def auth(self) -> str: ...
    @property
    def encoding_fallback(self) -> str: ...


class _OneConnection(Manager):  # type: ignore[misc]
    """Panoramisk's manager for a single connection."""

    def connection_made(self, opened: asyncio.Task[object]) -> None:
        """Take a connection; one that failed is reported by whoever awaits the task."""
        if not opened.cancelled() and opened.exception() is None:
            super().connection_made(opened)

    def ping(self) -> None:
        """Pings are sent, and missed, by the link's own watch."""


class Session:
    """A connection; ``open`` makes it, ``login`` makes it useful, ``close`` ends it."""

    def __init__(self, settings: LinkSettings, manager: Manager, protocol: AmiProtocol, clock: Clock) -> None:
        self._settings = settings
        self._manager = manager
        self._timer = timer(clock)
        self.protocol = protocol

    @classmethod
    async def open(
        cls,
        settings: LinkSettings,
        clock: Clock,
        *,
        inbox: Inbox | None = None,
        wanted: Callable[[bytes], list[bytes]] = split,
        tap: Callable[[bytes], None] | None = None,
    ) -> Session:
        """Connect, with TLS where asked for.

        Raises ``LinkError`` that says what failed and what to mend.
        """
        made: list[AmiProtocol] = []

        def factory() -> AmiProtocol:
            made.append(AmiProtocol(clock, inbox, wanted, settings.encoding_fallback, tap))
            return made[-1]

        manager = _OneConnection(
            host=settings.host,
            port=settings.port,
            ssl=tls_context(settings) if settings.tls else False,
            encoding="utf8",
            protocol_factory=factory,
            loop=asyncio.get_running_loop(),
        )
        where = f"{settings.host}:{settings.port}"
        try:
            await within(timer(clock), CONNECT_SECONDS, manager.connect())
        except TimeoutError:
            raise LinkError(f"{where} does not answer within {CONNECT_SECONDS:g} s; is the PBX up?") from None
        except ssl.SSLCertVerificationError as error:
            raise LinkError(
                f"the certificate of {where} is not trusted: {error.verify_message}; set tls_ca"
            ) from None
        except ssl.SSLError as error:
            raise LinkError(f"no TLS with {where}: {error.reason or error}; is this the TLS port?") from None
        except OSError as error:
            mend = "is Asterisk up, are host and port right, is the port open to us?"
            raise LinkError(f"cannot connect to {where}: {error.strerror or error}; {mend}") from None
        protocol = made[-1]
        _keep_alive(protocol.transport)
        return cls(settings, manager, protocol, clock)

    async def login(self) -> None:
        """Log in with events on, by MD5 challenge or in clear.

        Raises ``LoginRefusedError`` where the PBX says no, ``LinkError`` where it says nothing.
        """
        settings = self._settings
        if settings.secret is None:
            raise LoginRefusedError(f"no secret for user {settings.username}: set {settings.secret_source}")
        secret = settings.secret.get_secret_value()
        action = {"Action": "Login", "Username": settings.username, "Events": "on"}
        if settings.auth == "md5":
            asked = await self._send({"Action": "Challenge", "AuthType": "MD5"}, LOGIN_SECONDS)
            if not asked.success:
                raise LoginRefusedError(
                    f'no MD5 challenge: {asked.message}; set auth = "plain", best with TLS'
                )
            key = hashlib.md5(f"{asked.challenge}{secret}".encode(), usedforsecurity=False).hexdigest()
            action |= {"AuthType": "MD5", "Key": key}
        else:
            action |= {"Secret": secret}
        try:
            answer = await self._send(action, LOGIN_SECONDS)
        except ValueError as error:
            raise LoginRefusedError(f"user {settings.username}: {error}") from None
        if answer.message == IN_USE:
            # Not a wrong password: an earlier connection is still open there, perhaps one that died unseen.
            raise LinkError(f"user {settings.username} is logged in already and may be so only once")
        if not answer.success:
            raise LoginRefusedError(
                f"the PBX refuses user {settings.username}: {answer.message or 'no reason given'}; "
                f"check username, {settings.secret_source} and the permit lines in manager.conf"
            )

    async def lost(self) -> NoReturn:
        """Wait for the end of the connection; raises ``LinkError`` that says how it ended."""
        await asyncio.shield(self.protocol.lost)
        raise LinkError(STOPPING if self.protocol.shutdown else CLOSED)

    async def ask(self, action: str, **fields: str) -> dict[str, str]:
        """The answer's headers.

        Raises ``ActionRefusedError``, or ``LinkError`` where the connection is lost or no answer comes.
        """
        return dict((await self._send({"Action": action, **fields}, ACTION_SECONDS)).items())

    async def listing(self, action: str, **fields: str) -> list[dict[str, str]]:
        """The rows of a list action; raises as ``ask`` does, and where the list does not come whole."""
        sent = self.protocol.send({"Action": action, **fields})
        answer = await self._answer(action, sent, ACTION_SECONDS)
        last = answer[-1] if isinstance(answer, list) else answer
        return self.protocol.rows(last["ActionID"])

    async def watch(self, ping_seconds: float, silence_seconds: float, tick: Callable[[], None]) -> NoReturn:
        """Ping a PBX that has been quiet for ``ping_seconds``; call ``tick`` about once a second.

        Raises ``LinkError`` when no byte came for ``silence_seconds``: a dead peer never closes.
        """
        protocol, now = self.protocol, self._timer.monotonic()
        pinged = now
        while True:
            await self._timer.sleep(WATCH_SECONDS)
            now = self._timer.monotonic()
            silent = now - protocol.last_byte
            if silent >= silence_seconds:
                raise LinkError(f"nothing heard for {silent:.0f} s, not even an answer to pings")
            if min(silent, now - pinged) >= ping_seconds:
                pinged = now
                self.protocol.send({"Action": "Ping"})
            tick()

    def close(self) -> None:
        """End the connection at once, also one whose peer is silent; panoramisk's timer with it."""
        self._manager.close()
        self.protocol.transport.abort()

    async def _send(self, action: Mapping[str, str], seconds: float) -> Message:
        answer = await self._answer(action["Action"], self.protocol.send(dict(action)), seconds)
        return answer[0] if isinstance(answer, list) else answer

    async def _answer(self, action: str, sent: asyncio.Future[Message], seconds: float) -> Message:
        try:
            answer = await within(self._timer, seconds, sent)
        except TimeoutError:
            hint = "" if self.protocol.heard_at else ", not even a greeting; is it a TLS port?"
            raise LinkError(f"no answer to {action} within {seconds:g} s{hint}") from None
        if (
            not isinstance(answer, list)
            and answer.response == "Error"
            and action not in ("Login", "Challenge")
        ):
            raise ActionRefusedError(f"{action}: {answer.message or 'refused without a reason'}")
        return answer


def tls_context(settings: LinkSettings) -> ssl.SSLContext:
    """A client context that verifies the PBX, unless the settings say not to.

    Raises ``LinkError`` where ``tls_ca`` cannot be read.
    """
    try:
        context = ssl.create_default_context(cafile=str(settings.tls_ca) if settings.tls_ca else None)
    except OSError as error:
        raise LinkError(f"tls_ca {settings.tls_ca} cannot be used: {error.strerror or error}") from None
    if not settings.tls_verify:
        log.warning("tls_not_verified pbx=%s: anybody on the way can read and forge events", settings.name)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _keep_alive(transport: asyncio.Transport) -> None:
    """Room for bursts while we are busy, and TCP's own watch beside ours."""
    raw: socket.socket | None = transport.get_extra_info("socket")
    if raw is None:
        return
    # A peer that has reset the connection already leaves a socket that is no more: the reader tells.
    with contextlib.suppress(OSError):
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
