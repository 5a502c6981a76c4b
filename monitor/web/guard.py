"""Deny by default, decided here and nowhere else.

Every HTTP request passes :class:`Guard` before any route runs. What an address asks for stands in one table
(``permits.py``): what is not open there needs a session that still holds and whose role may have it, and what
is not there at all is refused to everybody. What changes something needs the header ``X-Dialwatch: 1`` and an
Origin of ours too (a foreign page can send neither). The WebSocket asks the same object. So a new route is
guarded before anybody thinks of it.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from typing import Annotated, Final, Protocol
from urllib.parse import quote, urlsplit

import msgspec
import structlog
from fastapi import Depends
from starlette.requests import Request, cookie_parser
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Match, Mount
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as AsgiScope

from monitor.access import May, Scope, allowed, scope_of
from monitor.errors import StoreError
from monitor.web import permits
from monitor.web.security import token_hash

log = structlog.get_logger(__name__)

COOKIE: Final = "dialwatch_session"
CSRF_HEADER: Final = "X-Dialwatch"
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_PORTS: Final = {"http": 80, "https": 443}
_RECHECK_SECONDS: Final = 5.0
_REMEMBERED: Final = 10_000


class Session(msgspec.Struct, frozen=True):
    """Who is asking: the login behind a cookie, until ``expires_at`` (epoch seconds); see ``access.Scope``."""

    token_hash: str
    username: str
    role: str
    expires_at: float
    teams: tuple[str, ...] = ()
    person: int | None = None

    def may(self, what: May) -> bool:
        """Whether its role may have it."""
        return what in allowed(self.role)


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

    def __init__(
        self, sessions: Sessions, allowed_origins: Sequence[str] = (), whole_numbers: Collection[str] = ()
    ) -> None:
        self._sessions = sessions
        self._whole_numbers = frozenset(whole_numbers)
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

    def forget_user(self, username: str) -> list[str]:
        """What a user may has changed: its sessions (token hashes) are asked for anew."""
        ended = [hashed for hashed, (session, _) in self._known.items() if session.username == username]
        for hashed in ended:
            self.forget(hashed)
        return ended

    def scope(self, session: Session) -> Scope:
        """What a login sees."""
        return scope_of(session.role, session.teams, session.person, self._whole_numbers)

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


def is_open(method: str, path: str) -> bool:
    """Whether an address is for strangers too."""
    try:
        return permits.asked(method, path) is permits.OPEN
    except permits.Unknown:
        return False


def _scope_asked(request: Request) -> Scope:
    found: Scope = request.state.scope
    return found


Seen = Annotated[Scope, Depends(_scope_asked)]
"""A route's parameter of this type is what the login sees: what the route answers is narrowed to it."""


class GuardMiddleware:
    """Lets through what the guard allows; puts the login into ``request.state``: ``session`` and ``scope``.

    ``page`` makes what people see instead of a page: ``missing`` or ``forbidden``.
    """

    def __init__(self, app: ASGIApp, guard: Guard, page: Callable[[str, int], Response | None]) -> None:
        self._app = app
        self._guard = guard
        self._page = page

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
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
        unknown, needed = None, None
        try:
            needed = permits.asked(request.method, path)
        except permits.Unknown as found:
            unknown = found
        is_open = unknown is None and needed is permits.OPEN
        try:
            session = await self._guard.session_of("; ".join(headers.getlist("cookie")))
        except StoreError:
            session = None
            if not is_open:
                return JSONResponse({"error": "store_unavailable"}, 503, {"Retry-After": "5"})
        request.state.session = session
        request.state.scope = Scope() if session is None else self._guard.scope(session)
        if is_open:
            return None
        if session is None:
            if _wants_page(request):
                wanted = path + (f"?{request.url.query}" if request.url.query else "")
                return RedirectResponse("/login?next=" + quote(wanted, safe=""), 303)
            return JSONResponse({"error": "not_logged_in"}, 401)
        if unknown is not None:
            return self._unknown(request, unknown)
        if needed is not None and session.may(needed):
            return None
        log.info("refused", user=session.username, role=session.role, method=request.method, path=path)
        return self._refused(request, "forbidden", 403, "not_allowed")

    def _refused(self, request: Request, name: str, status: int, error: str) -> Response:
        page = self._page(name, status) if _wants_page(request) else None
        return page if page is not None else JSONResponse({"error": error}, status)

    def _unknown(self, request: Request, unknown: permits.Unknown) -> Response:
        """An address that has no line: there is none, or somebody forgot its line."""
        routes = request.scope["app"].routes
        forgotten = any(
            route.matches(request.scope)[0] is Match.FULL for route in routes if not isinstance(route, Mount)
        )
        if forgotten:
            log.error("route_without_permit", method=request.method, path=request.url.path)
            return self._refused(request, "forbidden", 403, "not_allowed")
        if unknown.path:
            return JSONResponse({"error": "method_not_allowed"}, 405)
        return self._refused(request, "missing", 404, "not_found")


def _wants_page(request: Request) -> bool:
    return request.method == "GET" and "text/html" in request.headers.get("accept", "")
