"""What a report is compared with: the period before, and the mean of the last four."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pandas as pd

from monitor.metrics import rates
from monitor.metrics.lines import COUNTS
from monitor.metrics.periods import COMPARED, Period
from monitor.metrics.plan import SitePlan
from monitor.metrics.sheet import Before
from monitor.metrics.tally import MICRO


def reached(period: Period, plan: SitePlan, now: float) -> tuple[int, float] | None:
    """How far a period has got: whole days that are over, and seconds of the day that is going on.

    ``None`` for one that is over. One that has not begun is at ``(0, 0.0)``.
    """
    if now >= plan.of(period.last).end:
        return None
    begun = plan.of(period.first).start
    if now < begun:
        return 0, 0.0
    today = plan.day(now)
    return (date.fromisoformat(today.day) - period.first).days, now - today.start


def cuts(period: Period, plan: SitePlan, now: float) -> list[tuple[date, float]]:
    """In each earlier period of one that goes on, the day that is compared in part, and until when.

    A month that is too short for it has none: all of it counts.
    """
    so_far = reached(period, plan, now)
    if so_far is None:
        return []
    days, passed = so_far
    found = []
    for each in _earlier(period):
        day = each.first + timedelta(days=days)
        if day <= each.last:
            bounds = plan.of(day)
            found.append((day, min(bounds.start + passed, bounds.end)))
    return found


def whole_days(period: Period, plan: SitePlan, now: float) -> list[tuple[date, date]]:
    """Of each earlier period, first and last of the days compared in whole; none where the last is before the first."""
    so_far = reached(period, plan, now)
    earlier = _earlier(period)
    if so_far is None:
        return [(each.first, each.last) for each in earlier]
    ends = (each.first + timedelta(days=so_far[0] - 1) for each in earlier)
    return [(each.first, min(end, each.last)) for each, end in zip(earlier, ends, strict=True)]


def _earlier(period: Period) -> list[Period]:
    return [period.before(number) for number in range(1, COMPARED + 1)]


def before(period: Period, earlier: pd.DataFrame, plan: SitePlan, now: float) -> list[Before]:
    """The period before, and the mean of the last four that had any call.

    ``earlier`` has no more of them than is to be compared: of a period that goes on, as much as has passed of it.
    """
    by_day = earlier.groupby("day")[list(COUNTS)].sum()
    so_far = reached(period, plan, now)
    periods = _earlier(period)
    if so_far is not None:
        last = (each.first + timedelta(days=so_far[0]) for each in periods)
        periods = [Period(p.kind, p.first, min(p.last, end)) for p, end in zip(periods, last, strict=True)]
    sums = [
        by_day.loc[(by_day.index >= each.first.isoformat()) & (by_day.index <= each.last.isoformat())].sum()
        for each in periods
    ]
    found = []
    if sums[0]["dials"]:
        found.append(_compared("last", periods[:1], sums[:1]))
    known = [(p, s) for p, s in zip(periods, sums, strict=True) if s["dials"]]
    if len(known) > 1:
        found.append(_compared("mean", [p for p, _ in known], [s for _, s in known]))
    return found


def _compared(kind: str, periods: Sequence[Period], sums: Sequence[Any]) -> Before:
    count = len(periods)
    total = {name: float(sum(each[name] for each in sums)) for name in COUNTS}
    return Before(
        kind=kind,
        first=periods[-1].first.isoformat(),
        last=periods[0].last.isoformat(),
        periods=count,
        dials=total["dials"] / count,
        connects=total["connects"] / count,
        connect_rate=rates.share(total["finished_connects"], total["finished"]),
        effective_connects=total["effective"] / count,
        talk_seconds=total["talk_micros"] / MICRO / count,
        average_talk_seconds=rates.share(total["talk_micros"] / MICRO, total["finished_connects"]),
    )
