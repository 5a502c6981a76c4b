"""What the check's routes share: people by id, rows from values, months, the files people hand in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from fastapi import Request

from monitor import attendance
from monitor.access import Scope
from monitor.domain import Outage
from monitor.duty import Absence, Finding
from monitor.imports import Bad
from monitor.metrics.posts import OVERTIME
from monitor.metrics.shifts import day_of
from monitor.sheets import MOST_BYTES
from monitor.store.people import Assignment
from monitor.web.context import AppContext
from monitor.web.discipline_models import AbsenceRow, BadRow, DownStretch, PersonRow, VerdictRow
from monitor.web.faults import Refusal
from monitor.web.guard import Session


class People:
    """Everybody there is or was, as they sit or last sat, and whom of them a login sees."""

    def __init__(self, assignments: Sequence[Assignment], context: AppContext, scope: Scope) -> None:
        self._context = context
        self._scope = scope
        self._assignments = assignments
        self._last: dict[int, Assignment] = {}
        now = context.now()
        # A seat that is only planned counts where there is no other.
        for each in sorted(assignments, key=lambda each: (each.valid_from <= now, each.valid_from)):
            self._last[each.person_id] = each
        self.current = {each.person_id for each in assignments if each.holds(now)}

    @classmethod
    async def load(cls, context: AppContext, scope: Scope) -> People:
        """From the roster. Raises ``StoreError``."""
        return cls((await context.store.roster()).assignments, context, scope)

    def sees(self, person: int, start: float | None = None, end: float | None = None) -> bool:
        """Whether the login sees a person of ``[start, end)`` (now): one who sat in its teams then.

        Who sits nowhere any more is with the team that was the last.
        """
        if self._scope.site or person == self._scope.person:
            return True
        start = self._context.now() if start is None else start
        end = start if end is None else end
        return any(
            self._scope.team(each.team)
            and each.valid_from <= end
            and (each.valid_to is None or each.valid_to > start or each is self._last[person])
            for each in self._assignments
            if each.person_id == person
        )

    def must_see(self, person: int, start: float | None = None, end: float | None = None) -> PersonRow:
        """The same, as a row. Raises ``Refusal``: there is nobody of this id that the login sees."""
        if not self.sees(person, start, end):
            raise Refusal(404, "not_found", field="person")
        return self.row(person)

    def team(self, person: int) -> str:
        """Where a person sits or last sat."""
        found = self._last.get(person)
        return "" if found is None else found.team

    def name(self, person: int) -> str:
        """A person's name."""
        found = self._last.get(person)
        return found.name if found is not None else f"#{person}"

    def row(self, person: int) -> PersonRow:
        """A person as rows show one. Raises ``Refusal``: there is nobody of this id."""
        found = self._last.get(person)
        if found is None:
            raise Refusal(404, "not_found", field="person")
        return PersonRow(
            id=person,
            name=found.name,
            extension=found.extension,
            agent=f"{found.pbx}/{found.extension}",
            team=found.team,
            team_name=self._context.directory.team_name(found.team),
        )

    def rows(self) -> list[PersonRow]:
        """Who sits somewhere now and is seen, by team and extension."""
        rows = [self.row(person) for person in self.current if self.sees(person)]
        return sorted(rows, key=lambda row: (row.team, row.extension))


def absence_row(each: Absence, people: People) -> AbsenceRow:
    """An absence with its person's name."""
    return AbsenceRow(
        id=each.id,
        person=each.person,
        name=people.name(each.person),
        kind=each.kind,
        starts_at=each.starts_at,
        ends_at=each.ends_at,
        reason=each.reason,
        granted_by=each.granted_by,
        granted_at=each.granted_at,
        source=each.source,
        withdrawn_at=each.withdrawn_at,
    )


def verdict_row(
    each: Finding,
    people: People,
    context: AppContext,
    *,
    covered: bool = False,
    decided_at: float | None = None,
) -> VerdictRow:
    """A verdict with its evidence."""
    names = {shift.id: shift.name for shift in context.settings.shifts}
    if each.shift.startswith(OVERTIME):
        names[each.shift] = context.words.say(context.settings.site.language, "overtime.shift")
    return VerdictRow(
        person=each.person,
        name=people.name(each.person),
        agent=each.agent,
        team=each.team,
        team_name=context.directory.team_name(each.team),
        day=date.fromisoformat(each.day),
        shift=each.shift,
        shift_name=names.get(each.shift, each.shift),
        verdict=each.verdict,
        minutes=each.minutes,
        tier=each.tier,
        covered=covered,
        counts_from=each.counts_from,
        starts_at=each.starts_at,
        dial_by_at=each.dial_by_at,
        ends_at=each.ends_at,
        first_dial_at=each.first_dial_at,
        call_id=each.call_id,
        on_inbound=each.on_inbound,
        gaps=list(each.gaps),
        outages=[down_stretch(outage) for outage in each.outages],
        absence=None if each.absence is None else absence_row(each.absence, people),
        why=each.why,
        why_name=each.why_name,
        decided_at=decided_at,
    )


def down_stretch(each: Outage) -> DownStretch:
    """An outage of a phone or of the trunks."""
    return DownStretch(
        cause=each.cause, subject=each.subject, starts_at=each.started_at, ends_at=each.ended_at
    )


def bad_rows(rows: Sequence[Bad]) -> list[BadRow]:
    """Rows that are not taken."""
    return [BadRow(line=e.line, row=e.row, problem=e.problem, value=e.value) for e in rows]


def today(context: AppContext) -> date:
    """The site's day."""
    return day_of(context.now(), context.settings.site.timezone)


def month_days(month: str) -> tuple[date, date]:
    """First and last day of a month ``YYYY-MM``. Raises ``Refusal``."""
    try:
        first = datetime.strptime(month, "%Y-%m").date()  # noqa: DTZ007 - a month of the site's calendar
    except ValueError:
        raise Refusal(422, "bad_request", field="month") from None
    return first, (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


async def findings_between(
    context: AppContext, first: date, last: date, person: int | None = None
) -> list[Finding]:
    """Verdicts of past days as stored, those of today as they stand now. Raises ``StoreError``."""
    return await attendance.standing(context.store, context.settings, first, last, context.now(), person)


def who(request: Request) -> str:
    """The login that asks."""
    session: Session = request.state.session
    return session.username


async def body(request: Request) -> bytes:
    """A file handed in as it is. Raises ``Refusal`` where it is too large."""
    data = bytearray()
    async for part in request.stream():
        data += part
        if len(data) > MOST_BYTES:
            raise Refusal(413, "too_large")
    return bytes(data)
