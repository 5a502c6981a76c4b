"""Logging in and out, who am I, and the one-time set-up of the first login."""

from __future__ import annotations

import time

import structlog
from fastapi import APIRouter, Request
from starlette.responses import Response

from monitor.access import Role, allowed
from monitor.web.context import AppContext
from monitor.web.faults import Refusal
from monitor.web.guard import COOKIE, Seen, Session
from monitor.web.models import Credentials, Fault, Me, SetUp
from monitor.web.permits import pages_of
from monitor.web.security import new_token, password_fault, token_hash
from monitor.web.words import preferred

log = structlog.get_logger(__name__)


def router(context: AppContext) -> APIRouter:
    """The login routes."""
    routes = APIRouter(prefix="/api", tags=["login"])
    store, settings = context.store, context.settings.web

    async def logged_in(request: Request, username: str) -> Response:
        token = new_token()
        seconds = settings.session_hours * 3600
        await store.create_session(username, token_hash(token), time.time() + seconds)
        response = Response(status_code=204)
        secure = (
            request.url.scheme == "https" if settings.secure_cookies == "auto" else settings.secure_cookies
        )
        response.set_cookie(
            COOKIE, token, max_age=int(seconds), path="/", secure=secure, httponly=True, samesite="lax"
        )
        return response

    @routes.post("/login", status_code=204, responses={401: {"model": Fault}, 429: {"model": Fault}})
    async def login(credentials: Credentials, request: Request) -> Response:
        """Log in: sets the session cookie."""
        account = credentials.username.strip().casefold()
        address = request.client.host if request.client else ""
        wait = context.throttle.wait_seconds(account, address)
        if wait > 0:
            raise Refusal(429, "too_many_attempts", wait_seconds=wait)
        # Counted before the hash is computed: a hundred guesses at once must not all get a free try.
        context.throttle.failed(account, address)
        user = await store.user(credentials.username.strip())
        known = user.password_hash if user is not None and not user.disabled else None
        if not await context.passwords.matches(known, credentials.password) or user is None:
            log.warning("login_failed", address=address)
            raise Refusal(401, "wrong_login")
        context.throttle.succeeded(account, address)
        log.info("login", user=user.name, address=address)
        return await logged_in(request, user.name)

    @routes.post("/logout", status_code=204)
    async def logout(request: Request) -> Response:
        """End this session, and close its boards."""
        session: Session = request.state.session
        await store.end_session(session.token_hash)
        context.guard.forget(session.token_hash)
        context.hub.close_sessions([session.token_hash])
        response = Response(status_code=204)
        response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
        return response

    @routes.get("/me")
    async def me(request: Request, scope: Seen) -> Me:
        """Who is logged in, what the login may and sees, and what every page begins with."""
        session: Session = request.state.session
        language = preferred(request.headers.get("accept-language"), context.settings.site.language)
        may = sorted(allowed(session.role))
        return Me(
            username=session.username,
            role=session.role,
            language=language,
            may=may,
            pages=pages_of(may),
            teams=None if scope.site else sorted(scope.teams or ()),
            person=scope.person,
            whole_numbers=scope.whole_numbers,
            site=context.settings.site.name,
            timezone=context.settings.site.timezone.key,
            now=context.now(),
        )

    @routes.post(
        "/setup",
        status_code=204,
        responses={403: {"model": Fault}, 409: {"model": Fault}, 422: {"model": Fault}},
    )
    async def set_up(wanted: SetUp, request: Request) -> Response:
        """Make the first login with the token of the one-time link, and log in with it."""
        name = wanted.username.strip()
        if not name or not name.isprintable():
            raise Refusal(422, "username_bad", field="username")
        fault = password_fault(wanted.password)
        if fault is not None:
            raise Refusal(422, fault, field="password")
        address = request.client.host if request.client else ""
        wait = context.throttle.wait_seconds("", address)
        if wait > 0:
            raise Refusal(429, "too_many_attempts", wait_seconds=wait)
        if not await store.use_setup_token(token_hash(wanted.token)):
            context.throttle.failed("", address)
            raise Refusal(403, "setup_link_invalid")
        if await store.users():
            raise Refusal(409, "already_set_up")
        await store.create_user(name, await context.passwords.hashed(wanted.password), Role.ADMINISTRATOR)
        log.info("first_login_made", user=name)
        return await logged_in(request, name)

    return routes
