"""开呼考勤台账: a month by person, as JSON and CSV; a case's history; a lead excuses a case."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from monitor import attendance
from monitor.access import Scope
from monitor.duty import Absence, AbsenceKind
from monitor.metrics.ledger import Account, accounts
from monitor.metrics.shifts import Verdict
from monitor.reports.plain import BOM, csv_text
from monitor.store.discipline import Audited
from monitor.web.context import AppContext
from monitor.web.discipline import People, findings_between, month_days, verdict_row, who
from monitor.web.discipline_models import AccountRow, Excuse, Ledger, VerdictRow
from monitor.web.faults import Refusal
from monitor.web.guard import Seen
from monitor.web.words import Language, preferred

COLUMNS: Final = (
    "day",
    "shift",
    "team",
    "extension",
    "name",
    "verdict",
    "minutes",
    "tier",
    "covered",
    "dial_by",
    "first_dial",
    "call",
    "on_inbound",
    "gaps",
    "outages",
    "reason",
    "granted_by",
)
"""Columns of the CSV; the heads are the words ``ledger.csv.<column>``."""


class LedgerQuery(BaseModel):
    """Whose ledger: a month ``YYYY-MM``, teams, people, kinds of case."""

    model_config = ConfigDict(extra="forbid")

    month: str = Field(max_length=7)
    team: list[str] = Field([], max_length=100)
    person: list[int] = Field([], max_length=500)
    verdict: Verdict | None = None


class LedgerExport(LedgerQuery):
    """The same, for a file."""

    language: Language | None = None


def router(context: AppContext) -> APIRouter:
    """The ledger routes."""
    routes = APIRouter(prefix="/api", tags=["discipline"])
    rules = context.settings.discipline

    async def found(query: LedgerQuery, scope: Scope) -> list[Account]:
        first, last = month_days(query.month)
        made = accounts(await findings_between(context, first, last), rules)
        return [
            each
            for each in made
            if scope.one(each.team, each.person)
            and (not query.team or each.team in query.team)
            and (not query.person or each.person in query.person)
        ]

    def cases(account: Account, query: LedgerQuery, people: People) -> list[VerdictRow]:
        return [
            verdict_row(entry.finding, people, context, covered=entry.covered)
            for entry in account.entries
            if query.verdict is None or entry.finding.verdict == query.verdict
        ]

    @routes.get("/ledger")
    async def ledger(query: Annotated[LedgerQuery, Query()], scope: Seen) -> Ledger:
        """A month: per person the counts, and each case with its evidence. Today's stand as they are now."""
        people = await People.load(context, scope)
        rows = []
        for each in await found(query, scope):
            person = people.row(each.person)
            rows.append(
                AccountRow(
                    person=each.person,
                    name=person.name,
                    extension=person.extension,
                    team=each.team,
                    team_name=context.directory.team_name(each.team),
                    checked=each.checked,
                    on_time=each.on_time,
                    late=each.late,
                    covered=each.covered,
                    counted=each.counted,
                    minutes=each.minutes,
                    tiers=each.tiers,
                    not_started=each.not_started,
                    indeterminate=each.indeterminate,
                    excused=each.excused,
                    exceptions=each.exceptions,
                    cases=cases(each, query, people),
                )
            )
        return Ledger(
            month=query.month,
            grace_count=rules.monthly_grace_count,
            grace_minutes=rules.monthly_grace_minutes,
            tiers=[tier.name for tier in rules.tiers],
            accounts=rows,
        )

    @routes.get("/ledger.csv", response_class=Response)
    async def export(query: Annotated[LedgerExport, Query()], request: Request, scope: Seen) -> Response:
        """The cases of a month as a CSV file, a line each."""
        people = await People.load(context, scope)
        language = query.language or preferred(
            request.headers.get("accept-language"), context.settings.site.language
        )
        lines: list[list[object]] = [
            [context.words.say(language, f"ledger.csv.{column}") for column in COLUMNS]
        ]
        for account in await found(query, scope):
            lines += [_cells(row, context, language) for row in cases(account, query, people)]
        await context.store.discipline.audit(
            Audited(context.now(), who(request), "ledger_exported", f"month/{query.month}", "")
        )
        return Response(
            BOM + csv_text(lines),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="ledger-{query.month}.csv"'},
        )

    @routes.get("/verdicts/{person}/{day}/{shift}")
    async def history(person: int, day: date, shift: str, scope: Seen) -> list[VerdictRow]:
        """All verdicts there were on a person and shift, with their evidence, the first one first."""
        people = await People.load(context, scope)
        found = await context.store.discipline.verdict_history(person, day.isoformat(), shift)
        return [
            verdict_row(each.finding, people, context, decided_at=each.decided_at)
            for each in found
            if scope.one(each.finding.team, person)
        ]

    @routes.post("/ledger/excuse", status_code=201)
    async def excuse(wanted: Excuse, request: Request, scope: Seen) -> VerdictRow:
        """Excuse a case: an exception from the shift's ``counts_from`` until dialing began, at the latest until now.

        Gives the new verdict.
        """
        store, settings, now = context.store, context.settings, context.now()
        key = (wanted.person, wanted.day.isoformat(), wanted.shift)
        # What was stored may be older than the calls: the case is looked at as it stands now.
        standing = {each.key: each for each in await attendance.findings(store, settings, wanted.day, now)}
        case = standing.get(key)
        if case is None or not scope.one(case.team, case.person):
            raise Refusal(404, "not_found")
        if case.verdict not in (Verdict.LATE, Verdict.NOT_STARTED, Verdict.INDETERMINATE):
            raise Refusal(409, "nothing_to_excuse")
        absence = Absence(
            person=wanted.person,
            kind=AbsenceKind.EXCEPTION,
            starts_at=case.counts_from,
            # What comes after the excuse is expected time: a whole half-day off would raise every figure per hour.
            ends_at=min(case.ends_at, max(case.first_dial_at or now, case.dial_by_at + 1)),
            reason=wanted.reason,
            granted_by=who(request),
            granted_at=now,
        )
        await store.discipline.add_absences([absence])
        await attendance.settle(store, settings, [wanted.day], now)
        await context.plan_changed()
        again = {each.key: each for each in await attendance.findings(store, settings, wanted.day, now)}
        return verdict_row(again[key], await People.load(context, scope), context)

    return routes


def _cells(row: VerdictRow, context: AppContext, language: Language) -> list[object]:
    zone = context.settings.site.timezone

    def local(at: float | None, form: str = "%H:%M:%S") -> str:
        return "" if at is None else datetime.fromtimestamp(at, UTC).astimezone(zone).strftime(form)

    return [
        row.day.isoformat(),
        row.shift_name,
        row.team_name,
        row.agent.partition("/")[2],
        row.name,
        context.words.say(language, f"ledger.verdict.{row.verdict}"),
        row.minutes,
        row.tier,
        int(row.covered),
        local(row.dial_by_at),
        local(row.first_dial_at),
        row.call_id,
        int(row.on_inbound),
        " ".join(f"{local(start)}–{local(end)}" for start, end in row.gaps),
        " ".join(f"{each.subject} {local(each.starts_at)}–{local(each.ends_at)}" for each in row.outages),
        "" if row.absence is None else row.absence.reason,
        "" if row.absence is None else row.absence.granted_by,
    ]
