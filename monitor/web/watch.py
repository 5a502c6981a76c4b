"""风险提示: missed inbound with its calls back; as JSON and as CSV."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from monitor import watching
from monitor.contacts import Contact
from monitor.masking import masked
from monitor.metrics import callbacks
from monitor.reports.plain import BOM, csv_text
from monitor.store.discipline import Audited
from monitor.watching import MissedInbound
from monitor.web.context import AppContext
from monitor.web.discipline import who as user
from monitor.web.faults import Refusal
from monitor.web.watch_models import (
    DAY_SECONDS,
    MOST_DAYS,
    AfterRow,
    MissedPage,
    MissedRow,
    MissedSums,
    Stretch,
    StretchFile,
    Who,
)
from monitor.web.words import Language, preferred

Say = Callable[[str], str]
"""The words for a key."""
Local = Callable[[float | None], str]
"""An instant in the site's time."""
MISSED_COLUMNS: Final = (
    *("started_at", "ended_at", "number", "queue", "rang", "teams", "state"),
    *("back_at", "back_by", "minutes", "reached_at", "call"),
)
"""Columns of the CSV; the heads are the words ``csv.watch.<column>``."""


def stretch(query: Stretch) -> tuple[float, float]:
    """The stretch asked for. Raises ``Refusal`` where it is none, or too long to be looked through."""
    if not query.start < query.end <= query.start + MOST_DAYS * DAY_SECONDS + 3600:
        raise Refusal(422, "bad_request", field="to")
    return query.start, query.end


class Names:
    """Who had an extension when, as the pages show it."""

    def __init__(self, context: AppContext) -> None:
        self._directory = context.directory

    def who(self, agent: str, at: float) -> Who:
        """Whoever had ``pbx/extension`` at an instant."""
        pbx, _, extension = agent.partition("/")
        found = self._directory.who(pbx, extension, at)
        name, team = found if found is not None else (None, None)
        return Who(
            agent=agent, extension=extension, name=name, team=team, team_name=self._directory.team_name(team)
        )

    def team_name(self, team: str) -> str:
        """A team's name; empty for nobody's."""
        return self._directory.team_name(team) or ""


def router(context: AppContext) -> APIRouter:
    """The watch's routes."""
    routes = APIRouter(prefix="/api/watch", tags=["watch"])
    names = Names(context)

    async def missed_rows(query: Stretch) -> tuple[MissedInbound, list[MissedRow]]:
        start, end = stretch(query)
        found = await watching.missed_inbound(context.store, context.settings, start, end)
        rows = [
            _missed_row(case, teams, names) for case, teams in zip(found.cases, found.team_ids, strict=True)
        ]
        wanted = set(query.team)
        return found, [row for row in reversed(rows) if not wanted or wanted & set(row.teams)]

    @routes.get("/missed")
    async def missed(query: Annotated[Stretch, Query()]) -> MissedPage:
        """Missed inbound calls, and how long until somebody called back."""
        found, rows = await missed_rows(query)
        shown = {row.call_id for row in rows}
        mine = [case for case in found.cases if case.missed.call.id in shown]
        return MissedPage(
            horizon_days=round(callbacks.HORIZON_SECONDS / DAY_SECONDS),
            site=_sums(None, None, callbacks.summary(mine)),
            teams=[
                _sums(team, names.team_name(team), each)
                for team, each in found.teams.items()
                if not query.team or team in query.team
            ],
            rows=rows,
        )

    @routes.get("/missed.csv", response_class=Response)
    async def missed_file(query: Annotated[StretchFile, Query()], request: Request) -> Response:
        """The same as a CSV file, a line each."""
        _, rows = await missed_rows(query)
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

    return routes


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
        number=masked(call.number),
        queue=call.queue,
        rang=[names.who(each, call.started_at) for each in case.missed.rang],
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


# ---------------------------------------------------------------- files


def speaker(context: AppContext, language: Language | None, request: Request) -> Say:
    """The words in the language asked for, else the browser's."""
    chosen = language or preferred(request.headers.get("accept-language"), context.settings.site.language)
    return lambda key: context.words.say(chosen, key)


def local_time(context: AppContext) -> Local:
    """Instants as the site writes them."""
    zone = context.settings.site.timezone
    return lambda at: (
        "" if at is None else f"{datetime.fromtimestamp(at, UTC).astimezone(zone):%Y-%m-%d %H:%M:%S}"
    )


async def csv_file(
    context: AppContext,
    request: Request,
    name: str,
    columns: Sequence[str],
    lines: Sequence[Sequence[object]],
    say: Say,
) -> Response:
    """Lines below their heads; the export is in the audit."""
    await context.store.discipline.audit(
        Audited(context.now(), user(request), "watch_exported", f"watch/{name}", "")
    )
    head: list[object] = [say(f"csv.watch.{column}") for column in columns]
    return Response(
        BOM + csv_text([head, *(list(line) for line in lines)]),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )
