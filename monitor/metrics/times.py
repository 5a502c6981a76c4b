"""A report's figures by time: the hours of a day, the heat map, the days of a longer period."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pandas as pd

from monitor.metrics import rates
from monitor.metrics.day import HOUR_SECONDS
from monitor.metrics.lines import COUNTS, figures_of
from monitor.metrics.plan import SitePlan
from monitor.metrics.sheet import HeatRow, Hour, Line, Trend
from monitor.metrics.tally import seconds


def hour_span(plan: SitePlan, days: Sequence[date], hours: pd.DataFrame) -> range:
    """The hours of a day from the first to the last with a shift or a dial."""
    marks = {int(hour) for hour in hours.loc[hours["dials"] > 0, "hour"].unique()}
    for day in {each.weekday(): each for each in days}.values():
        made = plan.of(day)
        marks |= {int((at - made.start) // HOUR_SECONDS) for a, b in made.hours for at in (a, b - 1)}
    return range(min(marks), max(marks) + 1) if marks else range(0)


def hours_of(hours: pd.DataFrame, span: range) -> list[Hour]:
    sums = hours.groupby("hour")[list(COUNTS)].sum().reindex(list(span), fill_value=0)
    return [
        Hour(
            hour=int(hour),
            dials=int(row["dials"]),
            finished=int(row["finished"]),
            connects=int(row["connects"]),
            connect_rate=rates.share(int(row["finished_connects"]), int(row["finished"])),
            talk_seconds=seconds(int(row["talk_micros"])),
        )
        for hour, row in sums.to_dict("index").items()
    ]


def heat(
    hours: pd.DataFrame, span: range, agents: Sequence[Line], days: Sequence[date], *, by_agent: bool
) -> list[HeatRow]:
    index = "person" if by_agent else "day"
    labels = (
        {line.key: line.label for line in agents}
        if by_agent
        else {d.isoformat(): d.isoformat() for d in days}
    )
    tables = {
        name: hours.pivot_table(index=index, columns="hour", values=name, aggfunc="sum", fill_value=0)
        .reindex(index=list(labels), columns=list(span), fill_value=0)
        .astype(int)
        for name in ("dials", "connects")
    }
    return [
        HeatRow(
            key=key,
            label=label,
            dials=[int(v) for v in tables["dials"].loc[key]],
            connects=[int(v) for v in tables["connects"].loc[key]],
        )
        for key, label in labels.items()
    ]


def trend(figures: pd.DataFrame, plan: SitePlan, days: Sequence[date], now: float) -> list[Trend]:
    names = [day.isoformat() for day in days if plan.of(day).start <= now]
    sums = figures.groupby("day")[list(COUNTS)].sum().reindex(names, fill_value=0).to_dict("index")
    found = []
    for day, row in sums.items():
        of, bounds = figures_of(row), plan.of(date.fromisoformat(str(day)))
        found.append(
            Trend(
                day=str(day),
                start=bounds.start,
                end=bounds.end,
                dials=of.dials,
                finished=of.finished,
                connects=of.connects,
                connect_rate=of.connect_rate,
                effective_connects=of.effective_connects,
                talk_seconds=of.talk_seconds,
            )
        )
    return found
