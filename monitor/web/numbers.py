"""Lists of numbers: do-not-call, the campaign's, our own. Look, enter, take off, import with a preview."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request

from monitor.contacts import Listed, NumberKeys
from monitor.errors import SheetError
from monitor.import_numbers import cleaned, entry, read_numbers
from monitor.store.discipline import Audited
from monitor.web.context import AppContext
from monitor.web.discipline import bad_rows, body, who
from monitor.web.discipline_models import Reason
from monitor.web.faults import Refusal
from monitor.web.watch_models import (
    ListName,
    NewNumber,
    NumberPage,
    NumberPreview,
    NumberQuestion,
    NumberRow,
)

PAGE: Final = 100
PREVIEW: Final = 200
"""So many rows of a preview are sent; the counts are of all."""


def router(context: AppContext) -> APIRouter:
    """The lists' routes."""
    routes = APIRouter(prefix="/api/numbers", tags=["watch"])
    kept, guard = context.store.numbers, context.settings.guard

    def keys() -> NumberKeys:
        found = guard.keys
        if found is None:
            raise Refusal(503, "no_secret")
        return found

    @routes.post("/list")
    async def look(wanted: NumberQuestion) -> NumberPage:
        """Who stands on a list; ``number`` looks for one, whole."""
        looked: tuple[str, ...] = ()
        if wanted.number.strip():
            number = cleaned(wanted.number)
            if number is None:
                raise Refusal(422, "bad_request", field="number")
            looked = keys().all(guard.numbering.plain(number))
        rows = await kept.page(wanted.list, keys=looked, before=wanted.before, limit=PAGE + 1)
        return NumberPage(
            count=await kept.count(wanted.list),
            rows=[_row(each) for each in rows[:PAGE]],
            next=rows[PAGE - 1].id if len(rows) > PAGE else None,
            hashed=guard.hash_numbers,
            no_secret=guard.keys is None,
        )

    @routes.post("", status_code=201)
    async def enter(wanted: NewNumber, request: Request) -> NumberRow:
        """Enter a number; one that stands there gets the new dates and reason."""
        number, now = cleaned(wanted.number), context.now()
        if number is None:
            raise Refusal(422, "bad_request", field="number")
        since = now if wanted.since is None else wanted.since
        if wanted.until is not None and wanted.until <= since:
            raise Refusal(422, "bad_request", field="until")
        made = entry(
            context.settings,
            keys(),
            number,
            name=wanted.list,
            who=who(request),
            now=now,
            since=since,
            until=wanted.until,
            reason=wanted.reason,
        )
        await kept.put([made], Audited(now, who(request), "number_listed", f"list/{wanted.list}", made.hint))
        await context.lists_changed()
        return _row((await kept.standing(wanted.list, [made.key]))[made.key])

    @routes.post("/import")
    async def take(
        request: Request,
        name: Annotated[ListName, Query(alias="list")],
        write: bool = False,
        skip_bad: bool = False,
    ) -> NumberPreview:
        """A file as the body. Without ``write`` a preview; with it, all rows are taken, or (a wrong one) none."""
        now = context.now()
        try:
            found = await read_numbers(
                context.store,
                context.settings,
                keys(),
                await body(request),
                name=name,
                who=who(request),
                now=now,
            )
        except SheetError as error:
            raise Refusal(422, f"import.{error.key}", field=error.value or None) from None
        written = write and (skip_bad or not found.bad)
        if written:
            changes = [each for _, each in found.changes]
            audit = Audited(now, who(request), "numbers_imported", f"list/{name}", str(len(changes)))
            await kept.put(changes, audit)
            await context.lists_changed()
        return NumberPreview(
            changes=[_row(each) for _, each in found.changes[:PREVIEW]],
            total=len(found.changes),
            lines=[line for line, _ in found.changes[:PREVIEW]],
            known=found.known,
            bad=bad_rows(found.bad),
            written=written,
        )

    @routes.post("/{entry_id}/remove", status_code=204)
    async def remove(entry_id: int, why: Reason, request: Request) -> None:
        """Take a number off its list; that it was on it stays known."""
        audit = Audited(context.now(), who(request), "number_removed", f"number/{entry_id}", why.reason)
        if not await kept.remove(entry_id, audit):
            raise Refusal(404, "not_found")
        await context.lists_changed()

    return routes


def _row(each: Listed) -> NumberRow:
    return NumberRow(
        id=each.id,
        hint=each.hint,
        since=each.since,
        until=each.until,
        reason=each.reason,
        entered_by=each.entered_by,
        entered_at=each.entered_at,
    )
