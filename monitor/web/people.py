"""People: who sits where, changes from a date on, a person's history, import with a preview."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request

from monitor import attendance
from monitor.duty import WorkingDays, is_newcomer
from monitor.errors import SheetError
from monitor.rostering import RosterImport, read_people, write_people
from monitor.store.people import Assignment, Facts, Roster
from monitor.store.staff import Move
from monitor.web.context import AppContext
from monitor.web.discipline import bad_rows, body, who
from monitor.web.faults import Refusal
from monitor.web.guard import Seen
from monitor.web.people_models import (
    History,
    Instant,
    MoveRow,
    NewMove,
    RosterPreview,
    RosterView,
    SeatRow,
    Step,
    TeamName,
    Working,
)


def router(context: AppContext) -> APIRouter:
    """The roster's routes."""
    routes = APIRouter(prefix="/api/roster", tags=["people"])
    store, settings = context.store, context.settings

    def row(each: Assignment, at: float) -> SeatRow:
        day = datetime.fromtimestamp(at, settings.site.timezone).date()
        working = each.working
        return SeatRow(
            person=each.person_id,
            name=each.name,
            number=each.number,
            agent=each.agent,
            extension=each.extension,
            team=each.team,
            team_name=context.directory.team_name(each.team) or each.team,
            lead=each.lead,
            hired_on=each.hired_on,
            newcomer=is_newcomer(each, day, settings.roster.newcomer_days),
            newcomer_until=each.newcomer_until,
            working=None
            if working is None
            else Working(
                weekdays=None if working.weekdays is None else list(working.weekdays),
                rota=list(working.rota),
                rota_from=working.rota_from,
            ),
            valid_from=each.valid_from,
            valid_to=each.valid_to,
        )

    def writable() -> None:
        if settings.roster.source != "store":
            raise Refusal(409, "roster_by_config")

    @routes.get("")
    async def roster(scope: Seen, at: Instant | None = None) -> RosterView:
        """Who sits where now, or at an instant."""
        moment = context.now() if at is None else at
        found = await store.roster()

        def seen(seats: Iterable[Assignment]) -> list[SeatRow]:
            return [row(each, moment) for each in seats if scope.one(each.team, each.person_id)]

        held = found.at(moment)
        sitting = {each.person_id for each in held}
        last = {each.person_id: each for each in found.assignments if each.valid_from <= moment}
        return RosterView(
            source=settings.roster.source,
            newcomer_days=settings.roster.newcomer_days,
            at=moment,
            teams={id: name for id, name in _teams(context, found).items() if scope.team(id)},
            seats=seen(held),
            planned=seen(each for each in found.assignments if each.valid_from > moment),
            gone=seen(each for person, each in last.items() if person not in sitting),
        )

    @routes.get("/people/{person}")
    async def history(person: int, scope: Seen) -> History:
        """All seats of a person, and who entered them; of a lead's own teams, those there."""
        found = await store.roster()
        mine = [each for each in found.assignments if each.person_id == person]
        seats = [row(each, context.now()) for each in mine if scope.one(each.team, person)]
        if not seats:
            raise Refusal(404, "not_found", field="person")
        steps = await store.discipline.audited(f"person/{person}")
        return History(seats=seats, steps=[Step(at=e.at, who=e.who, what=e.what, why=e.why) for e in steps])

    @routes.post("/moves", status_code=201)
    async def move(wanted: NewMove, request: Request, scope: Seen) -> History:
        """Change a seat, or what is known of a person, from an instant on; the past stays."""
        writable()
        found = await store.roster()
        pbx = wanted.pbx or settings.pbx[0].name
        if pbx not in {each.name for each in settings.pbx}:
            raise Refusal(422, "bad_request", field="pbx")
        if wanted.person and not any(each.person_id == wanted.person for each in found.assignments):
            raise Refusal(404, "not_found", field="person")
        teams = _teams(context, found)
        if wanted.extension and wanted.team not in teams:
            raise Refusal(422, "bad_request", field="team")
        if not (wanted.extension or wanted.person):
            raise Refusal(422, "bad_request", field="extension")
        working = wanted.working
        if working is not None and (
            len(working.rota) % 2 or bool(working.rota) != (working.rota_from is not None)
        ):
            raise Refusal(422, "bad_request", field="rota")
        facts = Facts(
            name=wanted.name,
            number=wanted.number.strip(),
            hired_on=wanted.hired_on,
            newcomer_until=wanted.newcomer_until,
            working=None
            if working is None
            else WorkingDays(
                weekdays=None if working.weekdays is None else tuple(sorted(set(working.weekdays))),
                rota=tuple(working.rota),
                rota_from=working.rota_from,
            ),
        )
        change = Move(
            person=wanted.person,
            facts=facts,
            agent=f"{pbx}/{wanted.extension}" if wanted.extension else "",
            team=wanted.team,
            lead=wanted.lead,
            valid_from=wanted.valid_from,
        )
        named = {wanted.team: teams[wanted.team]} if wanted.extension else {}
        (person,) = await store.staff.move([change], who(request), context.now(), named)
        await attendance.settle_past(store, settings, wanted.valid_from, context.now(), context.now())
        await context.plan_changed()
        return await history(person, scope)

    @routes.post("/teams", status_code=204)
    async def name_team(wanted: TeamName, request: Request) -> None:
        """Make a team, or give it another name."""
        writable()
        await store.staff.rename_team(wanted.id, wanted.name, who(request), context.now())
        await context.plan_changed()

    @routes.post("/import")
    async def take(
        request: Request,
        write: bool = False,
        skip_bad: bool = False,
        complete: bool = False,
        start: Annotated[float | None, Query(alias="from")] = None,
    ) -> RosterPreview:
        """A file as the body. Without ``write`` a preview; with it, all rows are taken, or (a wrong one) none."""
        if write:
            writable()
        now = context.now()
        try:
            found = await read_people(
                store, settings, await body(request), now=now, start=start, complete=complete
            )
        except SheetError as error:
            raise Refusal(422, f"import.{error.key}", field=error.value or None) from None
        written = write and (skip_bad or not found.bad)
        if written:
            await write_people(store, settings, found, who(request), now)
            await context.plan_changed()
        return _preview(found, context, written)

    return routes


def _teams(context: AppContext, roster: Roster) -> dict[str, str]:
    return {team.id: team.name for team in context.settings.teams} | roster.teams


def _preview(found: RosterImport, context: AppContext, written: bool) -> RosterPreview:
    def team(id: str) -> str:
        return found.teams.get(id) or context.directory.team_name(id) or id

    return RosterPreview(
        changes=[
            MoveRow(
                line=each.line,
                what=each.what,
                name=each.move.facts.name,
                extension=each.move.agent.partition("/")[2],
                team_name=team(each.move.team) if each.move.team else "",
                before="" if each.before is None else f"{each.before.extension} {team(each.before.team)}",
                valid_from=each.move.valid_from,
            )
            for each in found.changes
        ],
        known=found.known,
        bad=bad_rows(found.bad),
        written=written,
    )
