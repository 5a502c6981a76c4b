"""What some reports need beside the sums of their days: calls by number, the usual day, callbacks, the meeting's day."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pandas as pd

from monitor import attendance
from monitor.config import Settings
from monitor.metrics import areas, forecast
from monitor.metrics.callbacks import Case, summary
from monitor.metrics.day import HOUR_SECONDS
from monitor.metrics.lines import COUNTS, NOTHING
from monitor.metrics.plan import SitePlan
from monitor.metrics.sheet import SITE, Forecast, Report
from monitor.metrics.source import Source, frame, with_people
from monitor.store.blocks import COLUMNS
from monitor.store.store import Store

LOOKED_BACK_DAYS = 14
"""The working day before a meeting lies at most so far back."""
FORECAST = ("dials", "connects", "effective_connects")
_COLUMN = {"dials": "dials", "connects": "connects", "effective_connects": "effective"}

Agents = Collection[tuple[str, str]] | None


async def grouped(
    store: Store, settings: Settings, plan: SitePlan, group: str, first: date, last: date, only: Agents
) -> pd.DataFrame | None:
    """The sums by trunk, number block or province; ``None`` for groups that other sums have.

    Raises ``StoreError``, ``EnvironmentFault`` where provinces are asked for and their data is not installed.
    """
    if group == "trunk":
        trunks = await store.rollups.trunks(plan.of(first), plan.of(last), only)
        return frame(trunks.columns, trunks.rows)
    if group not in ("prefix", "province"):
        return None
    of: Callable[[str], str] = areas.block if group == "prefix" else areas.provinces().of
    rows = await store.by_number(
        plan.of(first).start,
        plan.of(last).end,
        settings.site.effective_seconds,
        settings.guard.country_code,
        settings.guard.trunk_prefix,
        only,
    )
    sums: dict[str, dict[str, int]] = {}
    for key, *values in rows:
        mine = sums.setdefault(of(key), dict(NOTHING))
        for name, value in zip(COLUMNS[1:], values, strict=True):
            mine[name] += value
    found = sorted(sums.items(), key=lambda item: (-item[1]["dials"], item[0]))
    return frame((group, *COUNTS), [(key, *(row[name] for name in COUNTS)) for key, row in found])


async def working_day_before(store: Store, settings: Settings, day: date) -> date:
    """The last day before a meeting's on which anybody had to work; the day before where there was none."""
    first = day - timedelta(days=LOOKED_BACK_DAYS)
    duty = await attendance.duty_for(store, settings, first, day)
    for number in range(1, LOOKED_BACK_DAYS + 1):
        before = day - timedelta(days=number)
        if duty.windows(before):
            return before
    return day - timedelta(days=1)


def put_callbacks(report: Report, cases: Sequence[Case], teams: Sequence[Sequence[str]]) -> None:
    """Missed inbound and the calls back into the lines: of the site, of teams, of who had a phone that rang."""
    rang: dict[str, list[Case]] = {}
    of_team: dict[str, list[Case]] = {}
    for case, theirs in zip(cases, teams, strict=True):
        for agent in case.missed.rang:
            rang.setdefault(agent, []).append(case)
        for team in theirs:
            of_team.setdefault(team, []).append(case)
    for line in report.teams:
        line.callbacks = summary(of_team.get(line.key, []))
    report.site.callbacks = summary(of_team.get(report.team, []) if report.team else cases)
    for line in report.agents:
        mine = {case.missed.call.id: case for agent in line.agents for case in rang.get(agent, ())}
        line.callbacks = summary(list(mine.values()))


async def usual_days(store: Store, plan: SitePlan, today: date, only: Agents) -> list[pd.DataFrame]:
    """The same weekday of the weeks before, by agent and hour; those without a call are left out."""
    found = []
    for week in range(1, forecast.WEEKS + 1):
        day = (today - timedelta(days=7 * week)).isoformat()
        table = await store.rollups.figures(day, day, ("pbx", "agent", "day", "hour"), only)
        if table.rows:
            found.append(frame(table.columns, table.rows))
    return found


def put_forecast(
    report: Report, source: Source, usual: Sequence[pd.DataFrame], begun_at: float | None, now: float
) -> None:
    """What site and teams come to today, from ``begun_at`` (the day's first shift) and an hour on."""
    if begun_at is None or now < begun_at + forecast.LEAST_SECONDS:
        return
    passed = (now - report.start) / HOUR_SECONDS
    days = [with_people(table, source, report.team) for table in usual]
    for line in (report.site, *([] if report.team else report.teams)):
        theirs = [table if line.key == SITE else table[table["team"] == line.key] for table in days]
        for metric in FORECAST:
            past = [_past(table, _COLUMN[metric], passed) for table in theirs]
            value = getattr(line.figures, metric)
            made = forecast.estimate(value, past)
            if made is None:
                continue
            report.forecast.append(
                Forecast(
                    key=line.key,
                    label=line.label,
                    metric=metric,
                    value=value,
                    expected=made.expected,
                    low=made.low,
                    high=made.high,
                    target=getattr(line.targets, metric),
                    days=made.days,
                )
            )


def _past(table: pd.DataFrame, column: str, passed: float) -> forecast.Past:
    by_hour: Mapping[Any, Any] = table.groupby("hour")[column].sum().to_dict()
    hours = [float(by_hour.get(hour, 0)) for hour in range(25)]
    return forecast.at_time(hours, passed), sum(hours)
