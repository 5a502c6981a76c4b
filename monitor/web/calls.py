"""Calls: lists with filters and keyset paging, one call's story, counts, CSV."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Annotated

import structlog
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import StreamingResponse

from monitor.access import May, Scope
from monitor.domain import Direction, Outcome
from monitor.store.calls import CallFilter, Part
from monitor.store.discipline import Audited
from monitor.web.context import AppContext
from monitor.web.export import lines
from monitor.web.faults import Refusal
from monitor.web.guard import Seen, Session
from monitor.web.models import (
    AgentChoice,
    CallDetail,
    CallPage,
    CallRow,
    CallSums,
    Choice,
    Fault,
    Filters,
)
from monitor.web.recordings import recording_of
from monitor.web.rows import call_detail, call_row, call_sums
from monitor.web.words import Language, preferred

log = structlog.get_logger(__name__)
_EXPORT_PAGE = 1000


class CallQuery(BaseModel):
    """Which calls: every part narrows. Instants are epoch seconds; ``agent`` and ``team`` may be repeated."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    start: float | None = Field(None, alias="from", description="begun at or after")
    end: float | None = Field(None, alias="to", description="begun before")
    agent: list[str] = Field([], max_length=500, description="agent id (pbx/extension)")
    team: list[str] = Field([], max_length=100, description="team id")
    number: str | None = Field(None, max_length=32, description="part of the number")
    same: str | None = Field(None, max_length=160, description="id of a call: those with its number")
    call: list[str] = Field([], max_length=200, description="ids of calls")
    direction: Direction | None = None
    outcome: Outcome | None = None
    trunk: str | None = Field(None, max_length=100, description="the trunk that carried the call")
    seized: str | None = Field(None, max_length=100, description="a trunk seized for it, perhaps in vain")
    seizing: str | None = Field(None, max_length=100, description="a trunk that is seized for it now")
    part: Part = Field(
        Part.ANY, description="what the agents or teams did: dialled it, talked in it, or either"
    )
    dial: bool | None = Field(None, description="only dials (true) or what is none")
    connect: bool | None = Field(None, description="only dials whose far end answered (true) or the others")
    complete: bool | None = Field(None, description="only calls heard whole (true) or in part")
    talk_min: float | None = Field(None, ge=0, description="talk time of at least so many seconds")
    talk_max: float | None = Field(None, ge=0, description="talk time of at most so many seconds")
    live: bool | None = Field(None, description="only calls going on (true) or over (false)")


class CallPageQuery(CallQuery):
    """The same, a page at a time."""

    after: str | None = Field(None, max_length=200, description="``next`` of the page before")
    limit: int = Field(100, ge=1, le=500)


class CallExportQuery(CallQuery):
    """The same, for a file."""

    language: Language | None = Field(
        None, description="of the head and of outcomes; else as the browser asks"
    )


async def call_filter(query: CallQuery, context: AppContext, scope: Scope) -> CallFilter | None:
    """The store's filter, of what a login sees; ``None`` when no call can match: nobody is in the teams asked for, or no call is ``same``."""
    facts = query.model_dump(exclude={"agent", "team", "after", "limit", "language", "same", "call"})
    facts["ids"] = tuple(query.call)
    if query.same:
        named = await context.store.call(query.same)
        if named is None or named.number is None or not context.directory.sees(scope, named):
            return None
        numbering = context.settings.guard.numbering
        facts["numbers"] = (named.number, *numbering.spellings(numbering.plain(named.number)))
    agents, others = list(query.agent), False
    if query.team:
        members, others = context.directory.chosen(query.team)
        agents = (
            [agent for agent in agents if (agent in members) is not others] if agents else sorted(members)
        )
        others = others and not query.agent
        if not agents and not others:
            return None
    if others and query.part is Part.ANY:
        facts["part"] = Part.DIALLED
    return CallFilter(agents=tuple(agents), others=others, seats=context.directory.seats(scope), **facts)


async def looked(context: AppContext, request: Request, what: str) -> None:
    """A look at whole numbers is written down: who, when, at what. Raises ``StoreError``: then nothing is shown."""
    scope: Scope = request.state.scope
    if scope.whole_numbers:
        session: Session = request.state.session
        entry = Audited(context.now(), session.username, "numbers_seen", what[:160], request.url.query)
        await context.store.discipline.audit(entry)


def router(context: AppContext) -> APIRouter:
    """The calls routes; the fixed addresses come before the one that takes any id."""
    routes = APIRouter(prefix="/api", tags=["calls"])
    store = context.store

    @routes.get("/calls")
    async def calls(query: Annotated[CallPageQuery, Query()], request: Request, scope: Seen) -> CallPage:
        """A page of calls, newest first."""
        wanted = await call_filter(query, context, scope)
        if wanted is None:
            return CallPage(calls=[], next=None)
        try:
            page = await store.calls(wanted, after=query.after, limit=query.limit)
        except ValueError:
            raise Refusal(422, "bad_request", field="after") from None
        await looked(context, request, "calls")
        who, whole = context.directory.who, scope.whole_numbers
        return CallPage(calls=[call_row(call, who, whole=whole) for call in page.calls], next=page.next)

    @routes.get("/calls/sums")
    async def sums(query: Annotated[CallQuery, Query()], scope: Seen) -> CallSums:
        """What the calls of a filter come to, by the board's own definitions."""
        wanted = await call_filter(query, context, scope)
        effective = context.settings.site.effective_seconds
        return call_sums(None if wanted is None else await store.sums(wanted, effective))

    @routes.get("/calls.csv", response_class=StreamingResponse)
    async def export(
        query: Annotated[CallExportQuery, Query()], request: Request, scope: Seen
    ) -> StreamingResponse:
        """All calls of the filter as a CSV file, newest first."""
        wanted = await call_filter(query, context, scope)
        language = query.language or preferred(
            request.headers.get("accept-language"), context.settings.site.language
        )

        who = context.directory.who

        async def pages() -> AsyncIterator[Sequence[CallRow]]:
            after: str | None = None
            while wanted is not None:
                page = await store.calls(wanted, after=after, limit=_EXPORT_PAGE)
                yield [call_row(call, who, whole=scope.whole_numbers) for call in page.calls]
                after = page.next
                if after is None:
                    return

        session: Session = request.state.session
        log.info("calls_exported", user=session.username)
        await looked(context, request, "calls.csv")
        zone = context.settings.site.timezone
        day = datetime.fromtimestamp(context.now(), UTC).astimezone(zone)
        return StreamingResponse(
            lines(pages(), zone, lambda key: context.words.say(language, key), context.directory.team_name),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="calls-{day:%Y%m%d-%H%M}.csv"'},
        )

    @routes.get("/filters")
    async def filters(scope: Seen) -> Filters:
        """What can be chosen in the filters, of what the login sees."""
        every = context.directory.teams
        seats = context.directory.seats(scope)
        own = None
        if seats is not None:
            now = context.now()
            own = {(each.pbx, each.extension) for each in seats if each.end is None or each.end > now}
        teams = [team for team in every if scope.team(team.id)]
        return Filters(
            agents=[
                AgentChoice(
                    id=f"{agent.pbx}/{agent.extension}",
                    extension=agent.extension,
                    name=agent.name,
                    team=team.id,
                )
                for team in every
                for agent in team.agents
                if own is None or (agent.pbx, agent.extension) in own
            ],
            teams=[Choice(id=team.id, name=team.name) for team in teams],
            trunks=[Choice(id=each, name=each.partition("/")[2]) for each in context.trunks()],
            outcomes=list(Outcome),
            directions=list(Direction),
        )

    @routes.get("/calls/{call_id:path}", responses={404: {"model": Fault}})
    async def call(call_id: str, request: Request, scope: Seen) -> CallDetail:
        """One call's story: who talked when, holds, transfers, legs, recording, and what is uncertain."""
        found = await store.call(call_id)
        if found is None or not context.directory.sees(scope, found):
            raise Refusal(404, "not_found")
        session: Session = request.state.session
        await looked(context, request, f"call/{found.id}")
        until = found.ended_at if found.ended_at is not None else context.now()
        gaps = [gap for gap in await store.gaps(found.started_at, until) if gap.pbx == found.pbx]
        return call_detail(
            found,
            context.directory.who,
            gaps,
            await recording_of(found, context),
            whole=scope.whole_numbers,
            heard=session.may(May.HEAR_RECORDINGS),
        )

    return routes
