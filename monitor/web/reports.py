"""Reports: the figures of a day, a week, a month or any days, as JSON for the page and as files.

They are read from the store's sums and shaped in a thread, at most two at a time: the live board goes first.
"""

from __future__ import annotations

import asyncio
from datetime import date
from types import ModuleType
from typing import Annotated, Literal

import structlog
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from monitor.access import Scope
from monitor.errors import EnvironmentFault
from monitor.metrics.periods import Kind
from monitor.metrics.sheet import Report
from monitor.reports.render import MEDIA_TYPES, Format, file_name, rendered
from monitor.web.context import AppContext
from monitor.web.faults import Refusal
from monitor.web.guard import Seen, Session
from monitor.web.models import Fault
from monitor.web.words import Language, preferred

log = structlog.get_logger(__name__)
AT_A_TIME = 2
LONGEST_DAYS = 400

Group = Literal["", "agent", "team", "day", "weekday", "hour", "trunk", "prefix", "province", "outcome"]


class ReportQuery(BaseModel):
    """Which report: a day in it (the site's; else today), or of a range both ends, both included."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    day: date | None = Field(None, alias="date", description="a day of the day, week or month")
    first: date | None = Field(None, alias="from", description="first day of a range")
    last: date | None = Field(None, alias="to", description="last day of a range")
    team: str = Field("", max_length=64, description="one team only, by id")
    group: Group = Field("", description="of a range: what to group by")
    format: Format = Field(Format.JSON, description="JSON, or a file")
    language: Language | None = Field(None, description="of a file; else as the browser asks")


def router(context: AppContext) -> APIRouter:
    """The reports' routes."""
    routes = APIRouter(prefix="/api/reports", tags=["reports"])
    turns = asyncio.Semaphore(AT_A_TIME)

    @routes.get(
        "/{kind}",
        response_class=Response,
        responses={
            200: {"content": {media: {} for media in sorted(set(MEDIA_TYPES.values()))}},
            422: {"model": Fault},
        },
    )
    async def report(
        kind: Kind, query: Annotated[ReportQuery, Query()], request: Request, scope: Seen
    ) -> Response:
        """A report: ``daily``, ``weekly``, ``monthly``, ``range``, ``brief``, ``evening`` or ``appraisal``.

        Who does not see the whole site names a team of its own; with one alone it need not.
        """
        query = query.model_copy(update={"team": team_of(query.team, scope)})
        asked = request.headers.get("accept-language")
        language = query.language or preferred(asked, context.settings.site.language)
        async with turns:
            try:
                made = await _made(context, kind, query)
                body = await asyncio.to_thread(
                    rendered, made, query.format, lambda key: context.words.say(language, key), language
                )
            except EnvironmentFault as fault:
                log.warning("report_not_made", format=query.format.value, why=str(fault))
                raise Refusal(501, _missing(query)) from None
        headers = {}
        if query.format is not Format.JSON:
            session: Session = request.state.session
            log.info("report_exported", user=session.username, kind=kind.value, format=query.format.value)
            headers["Content-Disposition"] = f'attachment; filename="{file_name(made, query.format)}"'
        return Response(body, media_type=MEDIA_TYPES[query.format], headers=headers)

    return routes


def team_of(team: str, scope: Scope) -> str:
    """The team of a report that a login asks for, empty for the site. Raises ``Refusal`` where it is none of its."""
    if scope.teams is None:
        return team
    if not team and len(scope.teams) == 1:
        return next(iter(scope.teams))
    if not team:
        raise Refusal(422, "team_needed", field="team")
    if not scope.team(team):
        raise Refusal(403, "not_yours", field="team")
    return team


def _missing(query: ReportQuery) -> str:
    if query.format is Format.PARQUET:
        return "no_parquet"
    return "no_number_ranges" if query.group == "province" else "no_chinese_font"


async def _made(context: AppContext, kind: Kind, query: ReportQuery) -> Report:
    # pandas takes half a second to import: not at the start, and not on the event loop.
    gathering = await asyncio.to_thread(_gathering)
    now = context.now()
    today = gathering.today(context.settings, now)
    last = None
    if kind is Kind.RANGE:
        first = query.first or today
        last = query.last or max(first, today)
        if last < first or (last - first).days >= LONGEST_DAYS:
            raise Refusal(422, "bad_request", field="to")
    else:
        first = query.day or today
    if not date(2000, 1, 1) <= first <= date(2199, 12, 31):
        raise Refusal(422, "bad_request", field="from" if kind is Kind.RANGE else "date")
    if query.group and kind is not Kind.RANGE:
        raise Refusal(422, "bad_request", field="group")
    if query.team and not context.directory.has_team(query.team):
        raise Refusal(422, "bad_request", field="team")
    wanted = gathering.Wanted(kind=kind, day=first, last=last, team=query.team, group=query.group)
    found: Report = await asyncio.to_thread(
        gathering.gathered_aside, context.store, context.settings, wanted, now
    )
    return found


def _gathering() -> ModuleType:
    from monitor.reports import gather

    return gather
