"""The working calendar: a year's days, those entered by hand, import with a preview."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from fastapi import APIRouter, Request

from monitor import attendance
from monitor.access import Scope
from monitor.duty import OwnDay
from monitor.errors import SheetError
from monitor.imports import read_days
from monitor.web.context import AppContext
from monitor.web.discipline import People, bad_rows, body, today, who
from monitor.web.discipline_models import CalendarYear, DayPreview, DayRow
from monitor.web.faults import Refusal
from monitor.web.guard import Seen

_YEARS = (1970, 2100)


def router(context: AppContext) -> APIRouter:
    """The calendar routes."""
    routes = APIRouter(prefix="/api/calendar", tags=["discipline"])
    kept = context.store.discipline

    async def changed(days: Sequence[date]) -> None:
        await attendance.settle_days(context.store, context.settings, days, context.now())
        await context.plan_changed()

    def own_day(wanted: DayRow, request: Request, people: People, scope: Scope) -> OwnDay:
        if wanted.team and not context.directory.has_team(wanted.team):
            raise Refusal(422, "bad_request", field="team")
        if wanted.official and (wanted.team or wanted.person):
            raise Refusal(422, "bad_request", field="official")
        if wanted.person:
            people.must_see(wanted.person)
        elif not (scope.team(wanted.team) if wanted.team else scope.site):
            raise Refusal(403, "not_yours", field="team")
        return OwnDay(
            day=wanted.day,
            working=wanted.working,
            name=wanted.name,
            team="" if wanted.person else wanted.team,
            person=wanted.person,
            official=wanted.official,
            entered_by=who(request),
            entered_at=context.now(),
        )

    @routes.get("/{year}")
    async def of_year(year: int, scope: Seen) -> CalendarYear:
        """The state's days and those entered by hand for the site and for whom the login sees."""
        if not _YEARS[0] <= year <= _YEARS[1]:
            raise Refusal(422, "bad_request", field="year")
        first, last = date(year, 1, 1), date(year, 12, 31)
        duty = await attendance.duty_for(context.store, context.settings, first, last)
        ahead = await attendance.duty_for(context.store, context.settings, today(context), today(context))
        people = await People.load(context, scope)
        return CalendarYear(
            year=year,
            country=context.settings.calendar.country,
            known=duty.calendar.known(year),
            unknown_from=ahead.calendar.uncovered_from(today(context)),
            state=[
                DayRow(day=day, working=each.working, name=each.name, official=True)
                for day, each in duty.calendar.state_days(year)
            ],
            own=[
                _row(each, people)
                for each in await kept.own_days(first, last)
                if _concerns(each, people, scope)
            ],
        )

    @routes.post("/days", status_code=201)
    async def enter(wanted: DayRow, request: Request, scope: Seen) -> DayRow:
        """Enter a day for the site, a team or a person; one of the same day and scope is replaced."""
        people = await People.load(context, scope)
        each = own_day(wanted, request, people, scope)
        await kept.put_own_days([each])
        await changed([each.day])
        return _row(each, people)

    @routes.post("/days/remove", status_code=204)
    async def remove(wanted: DayRow, request: Request, scope: Seen) -> None:
        """Take a day away that was entered by hand."""
        each = own_day(wanted, request, await People.load(context, scope), scope)
        if not await kept.remove_own_day(each, who(request), context.now()):
            raise Refusal(404, "not_found")
        await changed([wanted.day])

    @routes.post("/import")
    async def take(request: Request, scope: Seen, write: bool = False, official: bool = False) -> DayPreview:
        """A file as the body. Without ``write`` a preview; with it, all rows are taken, or (a wrong one) none.

        A file with a day of whom the login does not see is refused whole.
        """
        try:
            found = await read_days(
                context.store,
                context.settings,
                await body(request),
                official=official,
                who=who(request),
                now=context.now(),
            )
        except SheetError as error:
            raise Refusal(422, f"import.{error.key}", field=error.value or None) from None
        people = await People.load(context, scope)
        site_wide = any(not (each.team or each.person) for each in found.days)
        if (site_wide and not scope.site) or not all(_concerns(each, people, scope) for each in found.days):
            raise Refusal(403, "not_yours")
        written = write and not found.bad
        if written:
            await kept.put_own_days(found.days)
            await changed([each.day for each in found.days])
        return DayPreview(
            days=[_row(each, people) for each in found.days], bad=bad_rows(found.bad), written=written
        )

    return routes


def _concerns(each: OwnDay, people: People, scope: Scope) -> bool:
    """Whether a day is of the whole site, or of whom a login sees."""
    if each.person:
        return people.sees(each.person)
    own = people.team(scope.person) if scope.person is not None else None
    return not each.team or scope.team(each.team) or each.team == own


def _row(each: OwnDay, people: People) -> DayRow:
    return DayRow(
        day=each.day,
        working=each.working,
        name=each.name,
        team=each.team,
        person=each.person,
        person_name=people.name(each.person) if each.person else "",
        official=each.official,
        entered_by=each.entered_by,
    )
