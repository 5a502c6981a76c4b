"""The statements that make sums from parts, for one agent and one stretch of time each.

Keeping up with a batch of calls and making all sums anew use these same statements: what is kept up to
date can't differ from what would be made anew. SQLite and PostgreSQL both read them.
"""

from __future__ import annotations

from functools import cache
from itertools import accumulate

from sqlalchemy import TextClause, text

from monitor.domain import Outcome

#: Sums of a cell: the column of ``rollups``, and what is summed over ``parts``.
SUMS: dict[str, str] = {
    "dials": "dial",
    "finished": "finished",
    "connects": "connect",
    "finished_connects": "connect * finished",
    "effective": "effective",
    "inbound": "inbound",
    "internal": "internal",
    "missed": "missed",
    "incomplete": "incomplete",
    "ring_micros": "ring_micros",
    "talk_micros": "talk_micros",
    "cancelled_ring_micros": f"CASE WHEN outcome = '{Outcome.CANCELLED.value}' THEN ring_micros ELSE 0 END",
    **{each.value: f"CASE WHEN outcome = '{each.value}' THEN 1 ELSE 0 END" for each in Outcome},
}

_THEIRS = (
    "pbx = :pbx AND agent = :agent AND call_started_at >= CAST(:start AS DOUBLE PRECISION)"
    " AND call_started_at < CAST(:end AS DOUBLE PRECISION)"
)

FORGET_CELL = text(
    "DELETE FROM rollups WHERE day = :day AND pbx = :pbx AND agent = :agent AND start = :start"
)
FORGET_DAY = text("DELETE FROM agent_days WHERE day = :day AND pbx = :pbx AND agent = :agent")
MARK_DAY = text(
    "INSERT INTO agent_days (day, pbx, agent, stale, longest_idle_seconds, idle_seconds, busy_seconds)"
    " VALUES (:day, :pbx, :agent, 1, 0, 0, 0) ON CONFLICT (day, pbx, agent) DO UPDATE SET stale = 1"
)

COUNT_CELL = text(
    f"INSERT INTO rollups (day, pbx, agent, start, hour, shift, {', '.join(SUMS)}) "
    "SELECT CAST(:day AS VARCHAR(10)), pbx, agent, CAST(:start AS DOUBLE PRECISION), CAST(:hour AS INTEGER),"
    f" CAST(:shift AS VARCHAR(64)), {', '.join(f'SUM({what})' for what in SUMS.values())} "
    f"FROM parts WHERE {_THEIRS} GROUP BY pbx, agent"
)

SUM_SPAN = text(f"SELECT {', '.join(f'SUM({what})' for what in SUMS.values())} FROM parts WHERE {_THEIRS}")


@cache
def measure_day(hours: tuple[int, ...], dialect: str) -> TextClause:
    """The time line of a day with so many stretches of working hours, bound as ``from0``, ``to0`` and so on.

    As ``metrics/idle.py`` folds it: a call begins after the furthest end before it, and the stretch between
    is a gap, as far as it lies inside the hours. A call that goes on has no end to count up to. ``hours`` are the
    numbers of stretches in each part of the day: between two parts the PBX was not heard, and a gap is parted. Gaps of at
    least ``long_gap`` seconds are written down.
    """
    greatest, least = ("MAX", "MIN") if dialect == "sqlite" else ("GREATEST", "LEAST")

    joined = "GROUP_CONCAT" if dialect == "sqlite" else "STRING_AGG"
    written = "CAST(ROUND(reach * 1000) AS BIGINT) || '-' || CAST(ROUND(started_at * 1000) AS BIGINT)"

    def inside(begin: str, end: str, places: range) -> str:
        parts = (
            f"{greatest}(0.0, {least}({end}, CAST(:to{i} AS DOUBLE PRECISION))"
            f" - {greatest}({begin}, CAST(:from{i} AS DOUBLE PRECISION)))"
            for i in places
        )
        return " + ".join(parts) if places else "0.0"

    ends = list(accumulate(hours))
    pieces = [inside("reach", "started_at", range(end - n, end)) for n, end in zip(hours, ends, strict=True)]
    longest = pieces[0] if len(pieces) == 1 else f"{greatest}({', '.join(pieces)})" if pieces else "0.0"
    every = range(sum(hours))
    begun = f"{greatest}(started_at, COALESCE(reach, started_at))"
    busy = f"CASE WHEN ended_at > {begun} THEN {inside(begun, 'ended_at', every)} ELSE 0.0 END"
    return text(
        "INSERT INTO agent_days"
        " (day, pbx, agent, stale, longest_idle_seconds, idle_seconds, busy_seconds, last_ended_at, gaps, hours) "
        "SELECT CAST(:day AS VARCHAR(10)), pbx, agent, 0, MAX(longest), SUM(gap), SUM(busy), MAX(ended_at),"
        f" COALESCE({joined}(CASE WHEN longest >= CAST(:long_gap AS DOUBLE PRECISION) THEN {written} END, ','), ''),"
        " CAST(:hours AS TEXT) FROM ("
        f"SELECT pbx, agent, started_at, reach, ended_at, {busy} AS busy,"
        f" CASE WHEN started_at > reach THEN {longest} ELSE 0.0 END AS longest,"
        f" CASE WHEN started_at > reach THEN {inside('reach', 'started_at', every)} ELSE 0.0 END AS gap FROM ("
        "SELECT pbx, agent, started_at, ended_at, MAX(COALESCE(ended_at, 1e18)) OVER ("
        "ORDER BY started_at, call_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reach "
        f"FROM parts WHERE {_THEIRS} AND started_at IS NOT NULL) AS line) AS gaps GROUP BY pbx, agent"
    )
