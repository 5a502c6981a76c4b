"""A report from the store: what it needs is read, and pandas shapes it in a thread, off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import date, timedelta

import msgspec
import pandas as pd

from monitor import attendance
from monitor.config import Settings
from monitor.metrics import reports, shifts
from monitor.metrics.periods import Kind, Period, period_of
from monitor.metrics.plan import SitePlan
from monitor.metrics.sheet import Report
from monitor.store.rollups import Sums
from monitor.store.store import Store


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


async def gather(store: Store, settings: Settings, wanted: Wanted, now: float) -> Report:
    """The report. Raises ``StoreError`` where the store can't be read."""
    plan = SitePlan(settings)
    period = wanted.period
    first, last = period.first.isoformat(), period.last.isoformat()
    start, end = plan.of(period.first).start, plan.of(period.last).end
    roster = await store.roster()
    of_team = {(a.pbx, a.extension) for a in roster.assignments if a.team == wanted.team}
    only: Collection[tuple[str, str]] | None = of_team if wanted.team else None
    sums = store.rollups
    begun, ended = (day.isoformat() for day in reports.earlier_days(period))
    figures = await sums.figures(first, last, agents=only)
    handed = {
        (a.pbx, a.extension)
        for a in roster.assignments
        if start < a.valid_from < end or (a.valid_to is not None and start < a.valid_to < end)
    }
    fine = await sums.figures(first, last, ("pbx", "agent", "day", "hour", "shift"), handed)
    hours = await sums.figures(first, last, _hour_keys(wanted), only)
    lines = await sums.lines(first, last)
    fine_enough = ("pbx", "agent", "day") if wanted.team else ("day",)
    earlier = await sums.figures(begun, ended, fine_enough, only)
    firsts = await sums.first_dials(first, last)
    trunks = await sums.trunks(start, end, only) if wanted.group == "trunk" else None
    gaps = await store.gaps(start, min(end, now))
    inbound: set[tuple[str, str, str, str]] = set()
    if wanted.kind is Kind.DAILY:
        everybody = {(a.pbx, a.extension) for a in roster.assignments}
        inbound = await _on_inbound(store, plan, period.first, now, of_team if wanted.team else everybody)
    current = await sums.current()
    duty = await attendance.duty_for(store, settings, period.first, period.last)
    tomorrow = (today(settings, now) + timedelta(days=1)).isoformat()
    first_days = {pbx.name: await sums.first_day(pbx.name) or tomorrow for pbx in settings.pbx}

    def shape() -> Report:
        source = reports.Source(
            figures=_finer(figures, fine, handed),
            hours=reports.frame(hours.columns, hours.rows),
            lines=reports.frame(lines.columns, lines.rows),
            earlier=reports.frame(earlier.columns, earlier.rows),
            trunks=None if trunks is None else reports.frame(trunks.columns, trunks.rows),
            first={(f.day, f.shift, f.pbx, f.agent): (f.at, f.call_id) for f in firsts},
            seats=roster.assignments,
            who=roster.who,
            teams=roster.teams,
            gaps=gaps,
            on_inbound=inbound,
            current=current,
            first_days=first_days,
            duty=duty,
        )
        return reports.report(settings, plan, period, source, now, wanted.team, wanted.group)

    return await asyncio.to_thread(shape)


def _hour_keys(wanted: Wanted) -> tuple[str, ...]:
    """Only as fine as the report shows: a daily one each agent's hours, the others each day's."""
    if wanted.kind is Kind.DAILY:
        return ("pbx", "agent", "hour")
    return ("pbx", "agent", "day", "hour") if wanted.team else ("day", "hour")


def _finer(figures: Sums, fine: Sums, handed: Collection[tuple[str, str]]) -> pd.DataFrame:
    """The days of extensions that changed hands by hour instead, so that each hour goes to who had it."""
    whole = reports.frame(figures.columns, [row for row in figures.rows if (row[0], row[1]) not in handed])
    if not fine.rows:
        return whole
    parts = reports.frame(fine.columns, fine.rows).drop(columns=["hour", "shift"])
    return pd.concat([whole, parts], ignore_index=True) if len(whole) else parts


async def _on_inbound(
    store: Store, plan: SitePlan, day: date, now: float, agents: Collection[tuple[str, str]]
) -> set[tuple[str, str, str, str]]:
    """Who was on an inbound call at a deadline that is over."""
    found: set[tuple[str, str, str, str]] = set()
    for window in plan.windows(day):
        if window.dial_by_at <= now:
            since = min(plan.of(day).start, window.counts_from)
            at = await store.rollups.on_inbound(window.dial_by_at, since, agents)
            found |= {(day.isoformat(), window.shift, pbx, agent) for pbx, agent in at}
    return found
