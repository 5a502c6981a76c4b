"""A range grouped: by day, weekday, hour, trunk, number block, province, outcome."""

from __future__ import annotations

from datetime import date

import pandas as pd

from monitor.metrics.lines import COUNTS, NOTHING, line_of
from monitor.metrics.sheet import Line, Report

GROUPS = ("agent", "team", "day", "weekday", "hour", "trunk", "prefix", "province", "outcome")
"""What a range can be grouped by."""


def groups_of(found: Report, table: pd.DataFrame | None) -> list[Line]:
    """The groups asked for; ``table`` has the sums by them (outcomes stand in the report itself)."""
    if found.group in ("", "agent", "team"):
        return []
    if found.group == "outcome":
        return [
            line_of(key, key, {**NOTHING, key: count}) for key, count in found.site.figures.outcomes.items()
        ]
    if table is None:
        return []
    if found.group == "trunk":
        sums = {f"{r['pbx']}/{r['trunk']}": r for r in table.to_dict("records")}
        return [line_of(str(key), str(row["trunk"]), row) for key, row in sums.items()]
    if found.group in ("prefix", "province"):
        rows = table.to_dict("records")
        return [line_of(str(row[found.group]), str(row[found.group]), row) for row in rows]
    if found.group == "weekday":
        table = table.assign(weekday=[date.fromisoformat(day).weekday() for day in table["day"]])
    grouped = table.groupby(found.group)[list(COUNTS)].sum().to_dict("index")
    return [
        line_of(str(key), str(key), {str(k): v for k, v in row.items()})
        for key, row in sorted(grouped.items())
    ]
