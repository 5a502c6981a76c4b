"""Leave, training, field work, exceptions: list, enter, take back, import with a preview."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from monitor import attendance
from monitor.duty import Absence
from monitor.errors import SheetError
from monitor.imports import read_leave
from monitor.web.context import AppContext
from monitor.web.discipline import People, absence_row, bad_rows, body, who
from monitor.web.discipline_models import AbsenceRow, LeavePreview, NewAbsence, PersonRow, Reason
from monitor.web.faults import Refusal
from monitor.web.guard import Seen

_MOST_SECONDS = 400 * 86400.0


def router(context: AppContext) -> APIRouter:
    """The absence routes."""
    routes = APIRouter(prefix="/api", tags=["discipline"])
    kept = context.store.discipline

    async def changed(starts_at: float, ends_at: float) -> None:
        await attendance.settle_past(context.store, context.settings, starts_at, ends_at, context.now())
        await context.plan_changed()

    @routes.get("/people")
    async def people(scope: Seen) -> list[PersonRow]:
        """Who sits on which extension in which team, of those whom the login sees."""
        return (await People.load(context, scope)).rows()

    @routes.get("/absences")
    async def absences(
        scope: Seen,
        start: Annotated[float, Query(alias="from")],
        end: Annotated[float, Query(alias="to")],
        person: int | None = None,
    ) -> list[AbsenceRow]:
        """Absences that touch a stretch of time, those taken back too."""
        found = await kept.absences(start, end, person=person, withdrawn=True)
        people = await People.load(context, scope)
        return [
            absence_row(each, people)
            for each in found
            if people.sees(each.person, each.starts_at, each.ends_at)
        ]

    @routes.post("/absences", status_code=201)
    async def enter(wanted: NewAbsence, request: Request, scope: Seen) -> AbsenceRow:
        """Enter an absence."""
        people = await People.load(context, scope)
        people.must_see(wanted.person, wanted.starts_at, wanted.ends_at)
        if not wanted.starts_at < wanted.ends_at <= wanted.starts_at + _MOST_SECONDS:
            raise Refusal(422, "bad_request", field="ends_at")
        absence = Absence(
            person=wanted.person,
            kind=wanted.kind,
            starts_at=wanted.starts_at,
            ends_at=wanted.ends_at,
            reason=wanted.reason,
            granted_by=who(request),
            granted_at=context.now(),
        )
        (made,) = await kept.add_absences([absence])
        await changed(wanted.starts_at, wanted.ends_at)
        found = await kept.absences(wanted.starts_at, wanted.ends_at, person=wanted.person)
        return absence_row(next(each for each in found if each.id == made), people)

    @routes.post("/absences/import")
    async def take(
        request: Request, scope: Seen, write: bool = False, skip_bad: bool = False
    ) -> LeavePreview:
        """A file as the body. Without ``write`` a preview; with it, all rows are taken, or (a wrong one) none.

        A file with somebody whom the login does not see is refused whole; so is one that takes the place of such a
        one's absence, by its approval id.
        """
        try:
            found = await read_leave(
                context.store, context.settings, await body(request), who=who(request), now=context.now()
            )
        except SheetError as error:
            raise Refusal(422, f"import.{error.key}", field=error.value or None) from None
        people = await People.load(context, scope)
        touched = [*(each for _, each in found.changes), *found.replaced]
        if not all(people.sees(each.person, each.starts_at, each.ends_at) for each in touched):
            raise Refusal(403, "not_yours")
        written = write and (skip_bad or not found.bad)
        if written:
            await kept.add_absences([each for _, each in found.changes])
            for each in touched:
                await attendance.settle_past(
                    context.store, context.settings, each.starts_at, each.ends_at, context.now()
                )
            await context.plan_changed()
        return LeavePreview(
            changes=[absence_row(each, people) for _, each in found.changes],
            lines=[line for line, _ in found.changes],
            known=found.known,
            not_granted=bad_rows(found.not_granted),
            bad=bad_rows(found.bad),
            written=written,
        )

    @routes.post("/absences/{absence}/withdraw")
    async def withdraw(absence: int, why: Reason, request: Request, scope: Seen) -> AbsenceRow:
        """Take an absence back; it stays to be seen."""
        people = await People.load(context, scope)
        known = await kept.absence(absence)
        if known is None or not people.sees(known.person, known.starts_at, known.ends_at):
            raise Refusal(404, "not_found")
        found = await kept.withdraw_absence(absence, who(request), context.now(), why.reason)
        if found is None:
            raise Refusal(404, "not_found")
        await changed(found.starts_at, found.ends_at)
        return absence_row(found, people)

    return routes
