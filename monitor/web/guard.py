"""Deny by default, decided here and nowhere else.

Every HTTP request passes :class:`Guard` before any route is looked up: what is not in ``OPEN_PATHS`` or
below ``OPEN_FOLDERS`` needs a session that still holds, and what changes something needs the header
``X-Dialwatch: 1`` and an Origin of ours (a foreign page can send neither). The WebSocket asks the same
object. So a new route is guarded before anybody thinks of it.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final, Protocol
from urllib.parse import quote, urlsplit

import msgspec
from starlette.requests import Request, cookie_parser
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from monitor.errors import StoreError
from monitor.web.security import token_hash

COOKIE: Final = "dialwatch_session"
CSRF_HEADER: Final = "X-Dialwatch"
OPEN_PATHS: Final = frozenset({"/healthz", "/login", "/setup", "/api/login", "/api/setup", "/favicon.ico"})
"""What a stranger may ask for: is it alive, and how to log in."""
OPEN_FOLDERS: Final = ("/login/", "/common/", "/vendor/", "/locales/")
"""Static files the login page needs; nothing about the floor is in them."""
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_PORTS: Final = {"http": 80, "https": 443}
_RECHECK_SECONDS: Final = 5.0
_REMEMBERED: Final = 10_000


class Session(msgspec.Struct, frozen=True):
    """Who is asking: the login behind a cookie, until ``expires_at`` (epoch seconds)."""

    token_hash: str
    username: str
    role: str
    expires_at: float


class Sessions(Protocol):
    """Where sessions are kept; ``None`` for one that is unknown, ended or expired."""

    async def find(self, hashed: str) -> Session | None:
        """The session of a token hash. Raises ``StoreError`` when the store can't be asked."""


class Guard:
    """Knows who is logged in and which Origins are ours.

    A session is asked for again after five seconds, so that one ended elsewhere ends here. While the
    store can't be asked, sessions seen before hold until they expire: a store that is down must not
    blind the wall-board; nobody new gets in.
    """

    def __init__(self, sessions: Sessions, allowed_origins: Sequence[str] = ()) -> None:
        self._sessions = sessions
        self._allowed = frozenset(filter(None, (_site(origin) for origin in allowed_origins)))
        self._known: OrderedDict[str, tuple[Session, float]] = OrderedDict()

    async def session_of(self, cookies: str) -> Session | None:
        """The session in a ``Cookie`` header. Raises ``StoreError`` when it can't be told."""
        token = cookie_parser(cookies).get(COOKIE)
        return await self.session(token_hash(token)) if token else None

    async def session(self, hashed: str, *, fresh: bool = False) -> Session | None:
        """The session of a token hash, while it holds; ``fresh`` asks the store in any case."""
        known = self._known.get(hashed)
        if known is not None and known[0].expires_at <= time.time():
            self.forget(hashed)
            known = None
        if known is not None and not fresh and time.monotonic() - known[1] < _RECHECK_SECONDS:
            return known[0]
        try:
            found = await self._sessions.find(hashed)
        except StoreError:
            if known is None:
                raise
            return known[0]
        self.forget(hashed)
        if found is None or found.expires_at <= time.time():
            return None
        self._known[hashed] = (found, time.monotonic())
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return found

    def forget(self, hashed: str) -> None:
        """The session has ended: do not answer from memory."""
        self._known.pop(hashed, None)

    def origin_allowed(self, origin: str, host: str | None) -> bool:
        """Whether a page of this Origin may speak to us: our own address, or one that is configured."""
        site = _site(origin)
        if site is None:
            return False
        scheme, address = site
        return site in self._allowed or (host is not None and address == _address(host, scheme))


def _site(origin: str) -> tuple[str, str] | None:
    try:
        parts = urlsplit(origin.strip())
    except ValueError:  # such as "http://[": half an IPv6 address
        return None
    if parts.scheme not in _PORTS or not parts.netloc or "@" in parts.netloc:
        return None
    return parts.scheme, _address(parts.netloc, parts.scheme)


def _address(host: str, scheme: str) -> str:
    """``host:port`` in lower case with the scheme's own port filled in."""
    host = host.strip().lower()
    return host if host.rpartition("]")[2].count(":") else f"{host}:{_PORTS[scheme]}"


def is_open(path: str) -> bool:
    """Whether a path is for everybody; one that climbs out of its folder again is not."""
    return path in OPEN_PATHS or (path.startswith(OPEN_FOLDERS) and ".." not in path.split("/"))


class GuardMiddleware:
    """Lets through what the guard allows, and puts the session into ``request.state.session``."""

    def __init__(self, app: ASGIApp, guard: Guard) -> None:
        self._app = app
        self._guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            # The board's WebSocket is served below ASGI (connection.py); there is no other.
            await send({"type": "websocket.close", "code": 4403})
            return
        request = Request(scope)
        refusal = await self._refusal(request)
        await (self._app if refusal is None else refusal)(scope, receive, send)

    async def _refusal(self, request: Request) -> Response | None:
        headers, path = request.headers, request.url.path
        if request.method not in _SAFE_METHODS:
            origin = headers.get("origin")
            ours = origin is not None and self._guard.origin_allowed(origin, headers.get("host"))
            if headers.get(CSRF_HEADER) != "1" or not ours:
                return JSONResponse({"error": "foreign_request"}, 403)
        try:
            session = await self._guard.session_of("; ".join(headers.getlist("cookie")))
        except StoreError:
            session = None
            if not is_open(path):
                return JSONResponse({"error": "store_unavailable"}, 503, {"Retry-After": "5"})
        request.state.session = session
        if session is not None or is_open(path):
            return None
        if request.method == "GET" and "text/html" in headers.get("accept", ""):
            wanted = path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse("/login?next=" + quote(wanted, safe=""), 303)
        return JSONResponse({"error": "not_logged_in"}, 401)
