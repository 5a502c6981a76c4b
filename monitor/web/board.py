"""The wall-board as JSON, and what its figures mean."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from monitor.metrics.definitions import METRICS
from monitor.web.context import AppContext
from monitor.web.explain import definition
from monitor.web.guard import Seen
from monitor.web.models import Definition


def router(context: AppContext) -> APIRouter:
    """The board routes; the live board is ``/ws/board`` (``docs/reference/websocket.md``)."""
    routes = APIRouter(prefix="/api", tags=["board"])

    @routes.get("/board", response_class=Response, responses={200: {"content": {"application/json": {}}}})
    async def board(scope: Seen) -> Response:
        """The board as it is now, of the teams that the login sees: the same message a WebSocket begins with."""
        return Response(context.hub.snapshot(scope.teams).payload, media_type="application/json")

    @routes.get("/definitions")
    async def definitions() -> list[Definition]:
        """Every metric once: its key, unit, name and formula in both languages."""
        return [definition(each) for each in METRICS]

    return routes
