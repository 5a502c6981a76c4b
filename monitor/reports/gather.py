"""A report from the store: what it needs is read, and pandas shapes it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import date, timedelta

import msgspec
import pandas as pd

from monitor import attendance
from monitor.config import Settings
from monitor.metrics import compare, moved, reports, shifts, staff
from monitor.metrics.agenda import agenda
from monitor.metrics.expected import Downtime
from monitor.metrics.periods import Kind, Period, period_of
from monitor.metrics.plan import SitePlan
from monitor.metrics.sheet import Report
from monitor.metrics.source import Source, frame
from monitor.reports import extras, holders
from monitor.staffing import staffed
from monitor.store.rollups import Rollups, Sums
from monitor.store.store import Store
from monitor.watching import missed_inbound


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which report: its kind, a day in it, of a range the last day, one team or all, what to group by."""

    kind: Kind
    day: date
    last: date | None = None
    team: str = ""
    group: str = ""

    @property
    def period(self) -> Period:
        """Its days."""
        return period_of(self.kind, self.day, self.last)


def today(settings: Settings, now: float) -> date:
    """The site's calendar day."""
    return shifts.day_of(now, settings.site.timezone)


def gathered_aside(store: Store, settings: Settings, wanted: Wanted, now: float) -> Report:
    """The report, made by this thread alone: with an event loop and connections of its own.

    Rows become values where they are awaited, so thousands of them would hold up the live board's loop.
    Raises ``StoreError`` where the store can't be read.
    """

    async def made() -> Report:
        mine = store.again()
        try:
            return await gather(mine, settings, wanted, now)
        finally:
            await mine.close()

    return asyncio.run(made())


async def gather(store: Store, settings: Settings, wanted: Wanted, now: float) -> Report:
    """The report. Raises ``StoreError`` where the store can't be read."""
    plan = SitePlan(settings)
    meeting = wanted.day
    if wanted.kind is Kind.BRIEF:
        before = await extras.working_day_before(store, settings, meeting)
        wanted = msgspec.structs.replace(wanted, day=before)
    period = wanted.period
    days = list(period.days())
    first, last = period.first.isoformat(), period.last.isoformat()
    start, end = plan.of(period.first).start, plan.of(period.last).end
    roster = await store.roster()
    staff_then = staffed(settings, roster, min(end, now))
    of_team = {(a.pbx, a.extension) for a in roster.assignments if a.team == wanted.team}
    only: Collection[tuple[str, str]] | None = of_team if wanted.team else None
    sums = store.rollups
    figures = await sums.figures(first, last, agents=only)
    handed = moved.changes(roster.assignments, start, end)
    handed = {place: instants for place, instants in handed.items() if only is None or place in only}
    fine = await holders.cells(sums, plan, first, last, handed)
    hours = await sums.figures(first, last, _hour_keys(wanted), only)
    duty = await attendance.duty_for(store, settings, period.first, period.last)
    gaps = await store.gaps(start, min(end, now))
    outages = await store.outages.between(start, min(end, now))
    downtime = Downtime(outages, gaps, phones=settings.discipline.phone_outages)
    working = staff.hours_of_all(roster.assignments, duty, plan, days, downtime)
    lines = await sums.lines(
        first, last, staff.working_hours(roster.assignments, working, plan, days, downtime)
    )
    of_several, of_movers = await holders.moved_lines(
        sums, plan, moved.changes(roster.assignments, start, end), roster, working, downtime
    )
    tomorrow = (today(settings, now) + timedelta(days=1)).isoformat()
    source = Source(
        figures=holders.finer(figures, fine, handed),
        hours=holders.finer(hours, fine, handed)
        if "agent" in hours.columns
        else frame(hours.columns, hours.rows),
        lines=_without(lines, of_several),
        movers=of_movers,
        earlier=await _earlier(sums, plan, wanted, now, only),
        grouped=await extras.grouped(store, settings, plan, wanted.group, period.first, period.last, only),
        seats=roster.assignments,
        who=roster.who,
        teams=roster.teams,
        gaps=gaps,
        outages=outages,
        current=await sums.current(),
        first_days={pbx.name: await sums.first_day(pbx.name) or tomorrow for pbx in settings.pbx},
        findings=await attendance.standing(store, settings, period.first, period.last, now),
        duty=duty,
        working=working,
        lost=staff.lost_hours(working, duty, plan, days) if downtime else {},
        goals=await attendance.goals_for(store, staff_then, roster),
        newcomer_days=settings.roster.newcomer_days,
    )
    made = reports.report(staff_then, plan, period, source, now, wanted.team, wanted.group, wanted.kind)
    missed = await missed_inbound(store, settings, start, min(end, now), roster)
    extras.put_callbacks(made, missed.cases, missed.team_ids)
    if wanted.kind is Kind.BRIEF:
        of_day = await attendance.duty_for(store, settings, meeting, meeting)
        made.agenda = agenda(of_day, meeting, roster.assignments, source.goals, roster.teams, wanted.team)
    elif wanted.kind.base is Kind.DAILY and start <= now < end:
        usual = await extras.usual_days(store, plan, period.first, only)
        begun_at = min((window.starts_at for window in duty.windows(period.first)), default=None)
        extras.put_forecast(made, source, usual, begun_at, now)
    return made


async def _earlier(
    sums: Rollups, plan: SitePlan, wanted: Wanted, now: float, only: Collection[tuple[str, str]] | None
) -> pd.DataFrame:
    """The sums of what is compared: of a period that goes on, only as much of the earlier ones."""
    by = ("pbx", "agent", "day") if wanted.team else ("day",)
    parts = [
        await sums.figures(begun.isoformat(), ended.isoformat(), by, only)
        for begun, ended in compare.whole_days(wanted.period, plan, now)
    ]
    for day, until in compare.cuts(wanted.period, plan, now):
        parts.append(await sums.until(plan.of(day), until, by, only))
    return frame(parts[0].columns, [row for part in parts for row in part.rows])


def _hour_keys(wanted: Wanted) -> tuple[str, ...]:
    """Only as fine as the report shows: a daily one each agent's hours, the others each day's."""
    if wanted.kind.base is Kind.DAILY:
        return ("pbx", "agent", "hour")
    return ("pbx", "agent", "day", "hour") if wanted.team else ("day", "hour")


def _without(lines: Sums, of_several: Collection[tuple[str, str, str]]) -> pd.DataFrame:
    """The time lines but for those that are several people's."""
    places = [lines.columns.index(name) for name in ("pbx", "agent", "day")]
    return frame(
        lines.columns, [row for row in lines.rows if tuple(row[i] for i in places) not in of_several]
    )
