"""The HTTP application: one router per page, and the guard before all of them."""

from __future__ import annotations

from fastapi import FastAPI

from monitor.web import (
    agent_day,
    alert_rules,
    alerts,
    archive,
    auth,
    board,
    calendar,
    calls,
    explain,
    faults,
    leave,
    ledger,
    numbers,
    ops,
    pages,
    people,
    recordings,
    reference,
    reports,
    rewind,
    targets,
    users,
    watch,
)
from monitor.web.context import AppContext
from monitor.web.guard import GuardMiddleware
from monitor.web.headers import HeadersMiddleware

TITLE = "Dialwatch"
VERSION = "1"


def create_app(context: AppContext) -> FastAPI:
    """Everything but the WebSocket, which is below ASGI (``connection.py``)."""
    app = FastAPI(
        title=TITLE,
        version=VERSION,
        description="JSON for the pages and for you. Log in first; every instant is in epoch seconds, UTC.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
    )
    static = pages.Pages(context.pages)
    faults.install(app, static.missing)
    for room in (
        auth,
        board,
        calls,
        recordings,
        people,
        targets,
        leave,
        calendar,
        ledger,
        agent_day,
        reports,
        archive,
        alert_rules,
        alerts,
        rewind,
        explain,
        watch,
        numbers,
        users,
        ops,
    ):
        app.include_router(room.router(context))
    app.include_router(reference.router(app))
    app.include_router(pages.router(static))
    app.mount("/", static)
    # The last added is the outermost: even a refusal of the guard carries the headers.
    app.add_middleware(GuardMiddleware, guard=context.guard, page=static.instead)
    app.add_middleware(HeadersMiddleware)
    return app
