"""坐席日程: a person's days on one line of time each, with all that a verdict rests on."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request

from monitor import attendance
from monitor.access import Scope
from monitor.domain import Call, Gap
from monitor.duty import Finding
from monitor.masking import masked_number
from monitor.metrics import shifts
from monitor.metrics.expected import Downtime, expected, parted, seconds
from monitor.metrics.idle_gaps import idle_gaps
from monitor.metrics.posts import Duty, Span
from monitor.metrics.tally import stints
from monitor.store.calls import CallFilter
from monitor.web.calls import looked
from monitor.web.context import AppContext
from monitor.web.discipline import People, absence_row, down_stretch, findings_between, verdict_row
from monitor.web.discipline_models import AgentDay, AgentDays, DayCall, GapStretch, Stretch
from monitor.web.guard import Seen

MOST_DAYS = 14
_PAGE = 500


def router(context: AppContext) -> APIRouter:
    """The agent's day."""
    routes = APIRouter(prefix="/api", tags=["discipline"])

    @routes.get("/people/{person}/days")
    async def days(
        person: int,
        request: Request,
        scope: Seen,
        first: Annotated[date, Query(alias="from")],
        days: Annotated[int, Query(ge=1, le=MOST_DAYS)] = 1,
    ) -> AgentDays:
        """One day or several of a person: shifts, breaks, absences, calls, idle gaps, gaps of the link."""
        people = await People.load(context, scope)
        last = first + timedelta(days=days - 1)
        zone = context.settings.site.timezone
        row = people.must_see(person, shifts.day_bounds(first, zone)[0], shifts.day_bounds(last, zone)[1])
        await looked(context, request, f"person/{person}")
        duty = await attendance.duty_for(context.store, context.settings, first, last)
        findings = [
            each
            for each in await findings_between(context, first, last, person)
            if scope.one(each.team, person)
        ]
        found = [
            await _day(context, scope, duty, people, person, first + timedelta(days=number), findings)
            for number in range(days)
        ]
        return AgentDays(person=row, idle_minutes=context.settings.discipline.idle_minutes, days=found)

    return routes


async def _day(
    context: AppContext,
    scope: Scope,
    duty: Duty,
    people: People,
    person: int,
    day: date,
    findings: list[Finding],
) -> AgentDay:
    start, end = shifts.day_bounds(day, duty.zone)
    now = context.now()
    until = max(start, min(now, end))
    spans = duty.spans(person, start, end)
    windows = [
        window
        for window in duty.windows_touching(day)
        if (post := duty.posts(window).get(person)) is not None and post.scheduled
    ]
    plan = duty.calendar.day(day, _team(duty, person, end), person)
    calls = [part for span in spans for part in await _calls(context, scope, span)]
    gaps = await _gaps(context, spans, until)
    blind = [(gap.started_at, gap.ended_at if gap.ended_at is not None else until) for gap in gaps]
    outages = await context.store.outages.between(start, min(end, now))
    named = Downtime(outages)
    downtime = Downtime(outages, gaps, phones=context.settings.discipline.phone_outages)
    hours = expected(duty, person, start, end, downtime)
    parts = parted(hours, downtime.unheard(spans))
    least = context.settings.discipline.idle_minutes * 60
    busy = [(each.starts_at, each.ends_at if each.ends_at is not None else until) for each in calls]
    return AgentDay(
        day=day,
        starts_at=start,
        ends_at=end,
        until=until,
        working=plan.working,
        why=plan.kind.value,
        why_name=plan.name,
        verdicts=[verdict_row(each, people, context) for each in findings if each.day == day.isoformat()],
        breaks=[Stretch(starts_at=begin, ends_at=to) for window in windows for begin, to in window.breaks],
        absences=[absence_row(each, people) for each in duty.absences(person, start, end)],
        calls=calls,
        idle=[Stretch(starts_at=begin, ends_at=to) for begin, to in idle_gaps(busy, parts, least)],
        outages=[
            down_stretch(each)
            for span in spans
            if span.start < until
            for each in named.on(Span(span.agent, span.start, min(span.end, until)))
        ],
        scheduled_seconds=seconds(duty.hours(person, start, end), until),
        expected_seconds=seconds(hours, until),
        gaps=[
            GapStretch(pbx=gap.pbx, reason=gap.reason, starts_at=begin, ends_at=to)
            for gap, (begin, to) in zip(gaps, blind, strict=True)
        ],
    )


def _team(duty: Duty, person: int, at: float) -> str:
    held = [seat for seat in duty.seats if seat.person_id == person and seat.valid_from < at]
    return max(held, key=lambda seat: seat.valid_from).team if held else ""


async def _calls(context: AppContext, scope: Scope, span: Span) -> list[DayCall]:
    """A person's calls on an extension, of those the login sees, in order of begin."""
    found: list[Call] = []
    wanted = CallFilter(
        start=span.start, end=span.end, agents=(span.agent,), seats=context.directory.seats(scope)
    )
    after: str | None = None
    while True:
        page = await context.store.calls(wanted, after=after, limit=_PAGE)
        found += page.calls
        after = page.next
        if after is None:
            break
    extension = span.agent.partition("/")[2]
    return [part for call in reversed(found) for part in _part(call, extension, scope.whole_numbers)]


def _part(call: Call, extension: str, whole: bool) -> list[DayCall]:
    return [
        DayCall(
            id=call.id,
            direction=call.direction,
            outcome=call.outcome,
            number=masked_number(call.number, call.direction, whole=whole),
            starts_at=stint.started_at,
            answered_at=call.answered_at if stint.talked else None,
            ends_at=stint.ended_at,
            talk_seconds=call.talk_seconds,
        )
        for stint in stints(call)
        if stint.agent == extension
    ]


async def _gaps(context: AppContext, spans: list[Span], until: float) -> list[Gap]:
    """When the PBX of the person's extension was not heard."""
    found: dict[str, Gap] = {}
    for span in spans:
        for gap in await context.store.gaps(span.start, min(span.end, until)):
            if gap.pbx == span.agent.partition("/")[0]:
                found[gap.id] = gap
    return list(found.values())
