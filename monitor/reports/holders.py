"""Figures with whoever had the extension when the call began: cells in which an extension changed hands are cut there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

import pandas as pd

from monitor.metrics import moved
from monitor.metrics.expected import Downtime, Period
from monitor.metrics.moved import Place
from monitor.metrics.plan import SitePlan
from monitor.metrics.source import frame
from monitor.store.people import Roster
from monitor.store.rollups import Rollups, Span, Sums

Changes = Mapping[Place, Sequence[float]]
"""By extension, when it changed hands in the period."""


async def cells(sums: Rollups, plan: SitePlan, first: str, last: str, changes: Changes) -> Sums:
    """Sums of the extensions that changed hands, by hour, and where one did in mid-hour before and after."""
    found = await sums.cells(first, last, list(changes))
    kept, cut = [], []
    for row in found.rows:
        pbx, agent, day, hour, start = row[:5]
        end = plan.of(date.fromisoformat(day)).cell(start).end
        instants = [at for at in changes[pbx, agent] if start < at < end]
        if not instants:
            kept.append(row)
        cut += [
            Span(pbx=pbx, agent=agent, day=day, hour=hour, start=begin, end=to)
            for begin, to in (pairwise((start, *instants, end)) if instants else ())
        ]
    return Sums(found.columns, kept + await sums.spans(cut))


def finer(whole: Sums, fine: Sums, changes: Collection[Place]) -> pd.DataFrame:
    """A table by PBX, agent and more, with the rows of the extensions that changed hands from ``cells`` instead."""
    places = {name: whole.columns.index(name) for name in ("pbx", "agent")}
    table = frame(
        whole.columns,
        [row for row in whole.rows if (row[places["pbx"]], row[places["agent"]]) not in changes],
    )
    if not fine.rows:
        return table
    parts = frame(fine.columns, fine.rows)[list(whole.columns)]
    return pd.concat([table, parts], ignore_index=True) if len(table) else parts


async def moved_lines(
    sums: Rollups,
    plan: SitePlan,
    changes: Changes,
    roster: Roster,
    working: Mapping[int, Sequence[Period]],
    downtime: Downtime,
) -> tuple[set[tuple[str, str, str]], pd.DataFrame]:
    """The extensions and days whose time line is several people's, and those people's own lines."""
    by_day: dict[str, set[Place]] = {}
    for place, instants in changes.items():
        for at in instants:
            day = plan.day(at)
            if day.start < at:
                by_day.setdefault(day.day, set()).add(place)
    rows: list[Any] = []
    for text, places in sorted(by_day.items()):
        day = plan.of(date.fromisoformat(text))
        stretches = [moved.Stretch(*row) for row in await sums.stretches(day, places)]
        rows += moved.lines(
            stretches, (day.start, day.end), roster.assignments, roster.who, working, downtime
        )
    return {(*place, text) for text, places in by_day.items() for place in places}, frame(moved.COLUMNS, rows)
