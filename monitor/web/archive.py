"""The archive of reports that were sent: list, open, download, send again, and whether the figures still hold."""

from __future__ import annotations

from collections import defaultdict
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from monitor.access import SITE, May, Scope
from monitor.notices import Delivery, Sent
from monitor.sending.changes import fingerprint
from monitor.sending.sender import LATE_SECONDS, Planned
from monitor.web.alerts import delivery_row
from monitor.web.archive_models import (
    Archive,
    ChannelsWanted,
    Comparison,
    DifferenceRow,
    PlannedRow,
    SendWanted,
    SentRow,
)
from monitor.web.context import AppContext
from monitor.web.discipline import who
from monitor.web.faults import Refusal
from monitor.web.guard import Seen, Session
from monitor.web.models import Fault

_NOT_FOUND: dict[int | str, dict[str, object]] = {404: {"model": Fault}}


def router(context: AppContext) -> APIRouter:
    """The archive's routes."""
    routes = APIRouter(prefix="/api/archive", tags=["reports"])
    kept = context.store.archive
    known = [channel.name for channel in context.settings.channels]

    async def found(id: int, scope: Scope = SITE) -> Sent:
        sent = await kept.one(id)
        if sent is None or not scope.team(sent.team or None):
            raise Refusal(404, "not_found")
        return sent

    async def row(sent: Sent) -> SentRow:
        return _row(sent, await context.store.alerts.of_reports([sent.id]))

    @routes.get("")
    async def page(
        request: Request,
        scope: Seen,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        before: Annotated[int | None, Query(ge=1)] = None,
    ) -> Archive:
        """What is sent by itself and when next, and what was sent, newest first."""
        sent = await kept.page(limit=limit + 1, before=before, teams=scope.teams)
        session: Session = request.state.session
        may_send = session.may(May.SET_ALERTS)
        shown = sent[:limit]
        of: dict[int | None, list[Delivery]] = defaultdict(list)
        for each in await context.store.alerts.of_reports([each.id for each in shown]):
            of[each.report].append(each)
        return Archive(
            timezone=context.settings.site.timezone.key,
            now=context.now(),
            days=context.settings.store.archive_days,
            planned=[
                _planned(each, context.settings.site.language)
                for each in await context.sender.planned()
                if scope.team(each.send.team or None)
            ],
            channels=known if may_send else [],
            may_send=may_send,
            sent=[_row(each, of[each.id]) for each in shown],
            more=len(sent) > limit,
        )

    @routes.get("/{id}", responses=_NOT_FOUND)
    async def one(id: int, scope: Seen) -> Comparison:
        """One that was sent, compared with the store's figures of now."""
        sent = await found(id, scope)
        file = await kept.kept(id)
        differences = await context.sender.compared(sent)
        return Comparison(
            sent=await row(await found(id)),
            body=sent.body,
            kept=differences is not None,
            intact=file is not None
            and fingerprint(file.content) == sent.sha256
            and fingerprint(file.figures) == sent.fingerprint,
            differences=[
                DifferenceRow(
                    table=each.table,
                    row=each.row,
                    column=each.column,
                    of=each.of,
                    was=each.was,
                    now=each.now,
                )
                for each in differences or []
            ],
        )

    @routes.get("/{id}/file", response_class=Response, responses=_NOT_FOUND)
    async def file(id: int, scope: Seen) -> Response:
        """The very file that was sent."""
        sent = await found(id, scope)
        content = await kept.kept(id)
        if content is None or not content.content:
            raise Refusal(404, "not_found")
        return Response(
            content.content,
            media_type=sent.media_type,
            headers={"Content-Disposition": f'attachment; filename="{sent.file_name}"'},
        )

    @routes.post("/send", status_code=201, responses=_NOT_FOUND)
    async def send(wanted: SendWanted, request: Request) -> SentRow:
        """Send one of the planned reports now, by hand."""
        planned = context.sender.planned_by(wanted.name)
        if planned is None:
            raise Refusal(404, "not_found", field="name")
        sent, deliveries = await context.sender.send_now(planned, who(request))
        return _row(sent, deliveries)

    @routes.post("/{id}/resend", responses=_NOT_FOUND)
    async def resend(id: int, wanted: ChannelsWanted, request: Request) -> SentRow:
        """Send the very same once more."""
        sent = await found(id)
        if not set(wanted.channels) <= set(known):
            raise Refusal(422, "bad_request", field="channels")
        await context.sender.send_again(sent, list(dict.fromkeys(wanted.channels)), who(request))
        return await row(sent)

    return routes


def _planned(each: Planned, language: str) -> PlannedRow:
    send = each.send
    return PlannedRow(
        name=send.name,
        report=send.report,
        team=send.team,
        at=f"{send.at:%H:%M}",
        days=""
        if send.month_day is not None
        else send.days
        if isinstance(send.days, str)
        else list(send.days),
        month_day=send.month_day,
        channels=list(send.channels),
        format=send.format,
        attach=send.attach,
        language=send.language or language,
        next_at=each.next_at,
    )


def _row(sent: Sent, deliveries: list[Delivery]) -> SentRow:
    return SentRow(
        id=sent.id,
        name=sent.name,
        kind=sent.kind,
        team=sent.team,
        first=sent.first,
        last=sent.last,
        language=sent.language,
        title=sent.title,
        due_at=sent.due_at,
        made_at=sent.made_at,
        late=sent.made_at - sent.due_at >= LATE_SECONDS,
        by=sent.by,
        running=sent.running,
        file_name=sent.file_name,
        size=sent.size,
        sha256=sent.sha256,
        fingerprint=sent.fingerprint,
        checked_at=sent.checked_at,
        changes=sent.changes,
        deliveries=[delivery_row(each) for each in deliveries],
    )
