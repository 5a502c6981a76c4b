"""风险提示: missed inbound with its calls back, breaches, private calls and questions; as JSON and as CSV."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from monitor import watching
from monitor.config import Settings
from monitor.contacts import Contact
from monitor.metrics import callbacks
from monitor.metrics.cases import Found
from monitor.store.store import Store
from monitor.watching import MissedInbound
from monitor.web.calls import looked
from monitor.web.context import AppContext
from monitor.web.guard import Seen
from monitor.web.watch_models import (
    DAY_SECONDS,
    AfterRow,
    CasePage,
    CaseRow,
    MissedPage,
    MissedRow,
    MissedSums,
    Stretch,
    StretchFile,
)
from monitor.web.watch_rows import (
    CASE_COLUMNS,
    Names,
    case_line,
    case_row,
    csv_file,
    local_time,
    speaker,
    stretch,
)

Look = Callable[[Store, Settings, float, float], Awaitable[list[Found]]]
LOOKS: Final[dict[str, Look]] = {
    "breaches": watching.breaches,
    "private": watching.private_calls,
    "questions": watching.questions,
}
MOST_CASES: Final = 500
"""So many cases are shown, the newest; a shorter stretch or a team shows the others, a file has all."""
MISSED_COLUMNS: Final = (
    *("started_at", "ended_at", "number", "queue", "rang", "teams", "state"),
    *("back_at", "back_by", "minutes", "reached_at", "call"),
)
"""Columns of the CSV; the heads are the words ``csv.watch.<column>``."""


def router(context: AppContext) -> APIRouter:
    """The watch's routes."""
    routes = APIRouter(prefix="/api/watch", tags=["watch"])

    async def missed_rows(query: Stretch, names: Names) -> tuple[MissedInbound, list[MissedRow]]:
        start, end = stretch(query)
        found = await watching.missed_inbound(context.store, context.settings, start, end)
        rows = [
            _missed_row(case, teams, names) for case, teams in zip(found.cases, found.team_ids, strict=True)
        ]
        return found, [row for row in reversed(rows) if names.sees(row.teams, query.team)]

    @routes.get("/missed")
    async def missed(query: Annotated[Stretch, Query()], request: Request, scope: Seen) -> MissedPage:
        """Missed inbound calls, and how long until somebody called back."""
        await looked(context, request, "watch/missed")
        names = Names(context, scope)
        found, rows = await missed_rows(query, names)
        shown = {row.call_id for row in rows}
        mine = [case for case in found.cases if case.missed.call.id in shown]
        return MissedPage(
            horizon_days=round(callbacks.HORIZON_SECONDS / DAY_SECONDS),
            site=_sums(None, None, callbacks.summary(mine)),
            teams=[
                _sums(team, names.team_name(team), each)
                for team, each in found.teams.items()
                if names.sees([team], query.team)
            ],
            rows=rows,
        )

    @routes.get("/missed.csv", response_class=Response)
    async def missed_file(query: Annotated[StretchFile, Query()], request: Request, scope: Seen) -> Response:
        """The same as a CSV file, a line each."""
        _, rows = await missed_rows(query, Names(context, scope))
        say = speaker(context, query.language, request)
        local = local_time(context)
        lines = [
            [
                local(row.started_at),
                local(row.ended_at),
                row.number,
                row.queue,
                " ".join(f"{each.extension} {each.name or ''}".strip() for each in row.rang),
                " ".join(row.team_names),
                say(f"csv.watch_state.{state_of(row)}"),
                "" if row.back is None else local(row.back.started_at),
                ""
                if row.back is None or row.back.who is None
                else row.back.who.name or row.back.who.extension,
                None if row.seconds is None else round(row.seconds / 60, 1),
                "" if row.reached is None else local(row.reached.started_at),
                row.call_id,
            ]
            for row in rows
        ]
        return await csv_file(context, request, "missed", MISSED_COLUMNS, lines, say)

    for kind, look in LOOKS.items():
        _add_cases(routes, context, kind, look)
    return routes


def _add_cases(routes: APIRouter, context: AppContext, kind: str, look: Look) -> None:
    """The routes of one kind of case."""

    async def found(query: Stretch, names: Names) -> list[CaseRow]:
        start, end = stretch(query)
        rows = [case_row(each, names) for each in await look(context.store, context.settings, start, end)]
        return [row for row in rows if names.sees(row.teams, query.team)]

    async def cases(query: Annotated[Stretch, Query()], request: Request, scope: Seen) -> CasePage:
        await looked(context, request, f"watch/{kind}")
        rows = await found(query, Names(context, scope))
        guard = context.settings.guard
        off = [rule for rule, on in (("cap", guard.caps), ("hours", guard.hours)) if not on]
        return CasePage(
            total=len(rows),
            cases=rows[:MOST_CASES],
            off=off if kind == "breaches" else [],
            no_secret=guard.keys is None,
        )

    async def file(query: Annotated[StretchFile, Query()], request: Request, scope: Seen) -> Response:
        names = Names(context, scope)
        say, local = speaker(context, query.language, request), local_time(context)
        lines = [case_line(row, say, local, names.team_name) for row in await found(query, names)]
        return await csv_file(context, request, kind, CASE_COLUMNS, lines, say)

    about = {
        "breaches": "Breaches of the caps, the permitted hours and the do-not-call list, newest first.",
        "private": "Numbers that one extension alone calls again and again, and long inbound calls to one.",
        "questions": "What looks odd in the calls: questions, never verdicts.",
    }[kind]
    routes.add_api_route(f"/{kind}", cases, name=kind, description=about)
    routes.add_api_route(
        f"/{kind}.csv",
        file,
        name=f"{kind} file",
        description="The same as a CSV file, a line each.",
        response_class=Response,
    )


def state_of(row: MissedRow) -> str:
    """``no_number``, ``open``, ``called_again`` (the caller did), ``called_back``."""
    if not row.callable:
        return "no_number"
    if row.back is None:
        return "open"
    return "called_again" if row.back.direction == "inbound" else "called_back"


def _missed_row(case: callbacks.Case, teams: Sequence[str], names: Names) -> MissedRow:
    call = case.missed.call
    return MissedRow(
        call_id=call.id,
        started_at=call.started_at,
        ended_at=call.ended_at,
        number=names.number(call.number),
        queue=call.queue,
        rang=[who for each in case.missed.rang if (who := names.who(each, call.started_at)) is not None],
        teams=list(teams),
        team_names=[name for team in teams if (name := names.team_name(team))],
        back=_after(case.back, names),
        reached=_after(case.reached, names),
        seconds=case.seconds,
        callable=case.callable,
    )


def _after(call: Contact | None, names: Names) -> AfterRow | None:
    if call is None:
        return None
    who = names.who(call.dialler, call.started_at) if call.agent is not None else None
    return AfterRow(call_id=call.id, direction=call.direction, started_at=call.started_at, who=who)


def _sums(team: str | None, name: str | None, found: callbacks.Summary) -> MissedSums:
    return MissedSums(
        team=team,
        team_name=name,
        missed=found.missed,
        called_back=found.called_back,
        reached=found.reached,
        open=found.open,
        no_number=found.no_number,
        median_seconds=found.median_seconds,
        longest_seconds=found.longest_seconds,
    )
