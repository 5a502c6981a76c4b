"""回放: the board at any past moment, and the frames of a play from there on."""

from __future__ import annotations

import asyncio
import gzip
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from monitor.rewinding import BusyError
from monitor.web.context import AppContext
from monitor.web.faults import Refusal
from monitor.web.guard import Seen
from monitor.web.models import Fault

MOST_FRAMES = 30
_JSON: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {}}},
    422: {"model": Fault},
    503: {"model": Fault},
}
_encoder = msgspec.json.Encoder()


def router(context: AppContext) -> APIRouter:
    """The routes of the past; the live board is ``board.py``'s."""
    routes = APIRouter(prefix="/api/board", tags=["board"])

    async def looked(
        request: Request, scope: Seen, kind: str, start: float, step_seconds: float, frames: int
    ) -> Response:
        now = context.now()
        if start > now:
            raise Refusal(422, "not_yet", field="at" if kind == "snapshot" else "from")
        try:
            moment, steps = await context.rewind.play(start, step_seconds, frames, scope.teams)
        except BusyError:
            raise Refusal(503, "busy", wait_seconds=1.0) from None
        told = {"type": kind, "past": True, "at": moment.at, "now": now, "board": moment.board}
        if kind == "play":
            told["frames"] = steps
        packed = "gzip" in request.headers.get("accept-encoding", "")
        # Encoding a large floor takes as long as a moment of it: beside the loop, too.
        payload = await asyncio.to_thread(_payload, told, packed)
        headers = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"} if packed else {}
        return Response(payload, media_type="application/json", headers=headers)

    @routes.get("/at", response_class=Response, responses=_JSON)
    async def at(
        request: Request,
        scope: Seen,
        at: Annotated[float, Query(ge=0, lt=1e11, description="the instant, in epoch seconds")],
    ) -> Response:
        """The board as it stood at an instant, of the teams that the login sees: a snapshot, from the stored calls."""
        return await looked(request, scope, "snapshot", at, 1.0, 0)

    @routes.get("/play", response_class=Response, responses=_JSON)
    async def play(
        request: Request,
        scope: Seen,
        start: Annotated[float, Query(alias="from", ge=0, lt=1e11, description="where it begins")],
        step: Annotated[float, Query(ge=1, le=3600, description="floor seconds from frame to frame")],
        frames: Annotated[int, Query(ge=1, le=MOST_FRAMES)] = 10,
    ) -> Response:
        """The board at an instant, and what changed from frame to frame; none is after now or midnight."""
        return await looked(request, scope, "play", start, step, frames)

    return routes


def _payload(told: dict[str, object], packed: bool) -> bytes:
    encoded = _encoder.encode(told)
    return gzip.compress(encoded, 1) if packed else encoded
