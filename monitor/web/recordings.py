"""Playing a recording: by call id only, with ranges, never by a path from outside."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from pathlib import Path

import structlog
from fastapi import APIRouter, Request
from starlette.responses import FileResponse

from monitor.domain import Call
from monitor.pbx.recordings import Recording, RecordingState, locate
from monitor.web.context import AppContext
from monitor.web.faults import Refusal
from monitor.web.guard import Seen, Session
from monitor.web.models import Fault

log = structlog.get_logger(__name__)


async def recording_of(call: Call, context: AppContext) -> Recording:
    """What there is of a call's recording; looks at the disk in a thread."""
    root: Path | None = next((pbx.recordings for pbx in context.settings.pbx if pbx.name == call.pbx), None)
    day = datetime.fromtimestamp(call.started_at, UTC).astimezone(context.settings.site.timezone).date()
    uniqueids = [leg.uniqueid for leg in call.legs] or [call.id.split("/")[1]]
    return await asyncio.to_thread(locate, root, call.recording, day, uniqueids)


def router(context: AppContext) -> APIRouter:
    """The recordings routes."""
    routes = APIRouter(prefix="/api", tags=["calls"])

    @routes.head("/recordings/{call_id:path}", include_in_schema=False)
    @routes.get(
        "/recordings/{call_id:path}",
        response_class=FileResponse,
        responses={404: {"model": Fault}, 206: {"description": "A range of the recording"}},
    )
    async def recording(call_id: str, request: Request, scope: Seen) -> FileResponse:
        """The recording of a call; ``Range`` requests are answered in part."""
        call = await context.store.call(call_id)
        if call is None or not context.directory.sees(scope, call):
            raise Refusal(404, "not_found")
        found = await recording_of(call, context)
        if found.state is not RecordingState.PRESENT or found.path is None:
            raise Refusal(404, f"recording_{found.state}")
        session: Session = request.state.session
        log.info("recording_played", call=call.id, user=session.username)
        # The file's own name has the whole number in it: it stays here.
        name = re.sub(r"[^A-Za-z0-9.]+", "-", call.id) + found.path.suffix.lower()
        return FileResponse(
            found.path, media_type=found.media_type, filename=name, content_disposition_type="inline"
        )

    return routes
