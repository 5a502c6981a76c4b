"""Sums per agent, day, half-day and hour, kept in the transaction of the calls they come from.

When a batch of calls is written, the parts of those calls are replaced (``parts.Part``, as the site's plan
counts them), and the sums of just the agents and hours that were touched, before or now, are made anew from
the parts. Only an agent's time line of a day, which takes a look at all the day's calls, is marked as stale instead, and
measured when it is asked for. A store that writes calls without a plan marks the sums as unknown instead; ``rebuild`` makes all
of them anew.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from monitor.domain import Call
from monitor.parts import DayPlan, Part, Plan
from monitor.store import recount
from monitor.store.calls import call_of
from monitor.store.engine import transaction
from monitor.store.rollup_schema import AgentDayRow, FirstDialRow, PartRow, RollupRow, RollupStateRow
from monitor.store.schema import CallRow

_SLICE = 500
REBUILD_SLICE = 500
"""Calls looked at in one transaction of a rebuild: short, because the live writer waits meanwhile."""
REBUILD_AGENTS = 50
"""Agents whose day is summed in one transaction of a rebuild."""

Touched = set[tuple[str, str, float]]
"""PBX, agent and begin of calls whose parts have changed."""

SUMS = tuple(recount.SUMS)
_KEY = ("day", "pbx", "agent")
_INNER = ("stale", "gaps")


class Sums(msgspec.Struct, frozen=True):
    """A table of sums: names of its columns, and its rows."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


class FirstDial(msgspec.Struct, frozen=True):
    """An agent's first dial of a shift."""

    day: str
    shift: str
    pbx: str
    agent: str
    at: float
    call_id: str


async def keep(connection: AsyncConnection, plan: Plan | None, calls: Sequence[Call]) -> None:
    """Bring the sums in line with calls that have just been written; without a plan, say they are unknown."""
    if plan is None:
        await connection.execute(delete(RollupStateRow))
        return
    ids = [call.id for call in calls]
    known: dict[str, list[dict[str, Any]]] = {}
    for start in range(0, len(ids), _SLICE):
        rows = await connection.execute(
            select(PartRow.__table__).where(PartRow.call_id.in_(ids[start : start + _SLICE]))
        )
        for row in rows:
            known.setdefault(row.call_id, []).append(dict(row._mapping))
    fresh = {call.id: [_row(call, part) for part in plan.parts(call)] for call in calls}
    changed = [each for each, rows in fresh.items() if not _same(known.get(each, []), rows)]
    if not changed:
        return
    await _replace(connection, {each: fresh[each] for each in changed}, [*known.keys() & set(changed)])
    touched: Touched = set()
    moved: Touched = set()
    for each in changed:
        before, after = known.get(each, []), fresh[each]
        touched |= {_place(row) for row in (*before, *after)}
        moved |= {_place(row) for row in before if row["dial"]} ^ {
            _place(row) for row in after if row["dial"]
        }
    await _recount(connection, plan, touched, moved)


def _row(call: Call, part: Part) -> dict[str, Any]:
    values = msgspec.structs.asdict(part)
    flags = {name: int(value) for name, value in values.items() if isinstance(value, bool)}
    return {**values, **flags, "pbx": call.pbx, "call_id": call.id, "call_started_at": call.started_at}


def _place(row: dict[str, Any]) -> tuple[str, str, float]:
    return row["pbx"], row["agent"], row["call_started_at"]


def _same(old: list[dict[str, Any]], new: list[dict[str, Any]]) -> bool:
    return len(old) == len(new) and all(row in old for row in new)


async def _replace(
    connection: AsyncConnection, fresh: Mapping[str, list[dict[str, Any]]], stale: Sequence[str]
) -> None:
    for start in range(0, len(stale), _SLICE):
        await connection.execute(delete(PartRow).where(PartRow.call_id.in_(stale[start : start + _SLICE])))
    await connection.execute(insert(PartRow), [row for rows in fresh.values() for row in rows])


async def _recount(connection: AsyncConnection, plan: Plan, touched: Touched, moved: Touched) -> None:
    """Make anew what the calls at these places are in; first dials only where a dial has come, gone or moved."""
    cells: dict[tuple[str, str, float], dict[str, Any]] = {}
    days: dict[tuple[str, str, str], dict[str, Any]] = {}
    checks: dict[tuple[str, str, str, str], dict[str, Any]] = {}
    for pbx, agent, at in touched:
        day = plan.day(at)
        cell = day.cell(at)
        cells[pbx, agent, cell.start] = {**_bounds(pbx, agent, day.day, cell), "hour": cell.hour}
        days[pbx, agent, day.day] = {"day": day.day, "pbx": pbx, "agent": agent}
    for pbx, agent, at in moved:
        for check in plan.checks(at):
            checks[pbx, agent, check.day, check.shift] = _bounds(pbx, agent, check.day, check)
    await _count_cells(connection, list(cells.values()))
    await connection.execute(recount.MARK_DAY, list(days.values()))
    await _find_firsts(connection, list(checks.values()))


def _bounds(pbx: str, agent: str, day: str, span: Any) -> dict[str, Any]:
    return {
        "day": day,
        "pbx": pbx,
        "agent": agent,
        "shift": span.shift,
        "start": span.start,
        "end": span.end,
    }


async def _count_cells(connection: AsyncConnection, cells: list[dict[str, Any]]) -> None:
    if cells:
        await connection.execute(recount.FORGET_CELL, cells)
        await connection.execute(recount.COUNT_CELL, cells)


async def _find_firsts(connection: AsyncConnection, checks: list[dict[str, Any]]) -> None:
    if checks:
        await connection.execute(recount.FORGET_FIRST, checks)
        await connection.execute(recount.FIND_FIRST, checks)


async def _measure_days(connection: AsyncConnection, days: Sequence[tuple[str, str, DayPlan]]) -> None:
    """Days with equally many stretches of working hours share a statement."""
    by_hours: dict[int, list[dict[str, Any]]] = {}
    for pbx, agent, day in days:
        values = {"day": day.day, "pbx": pbx, "agent": agent, "start": day.start, "end": day.end}
        for i, (begin, to) in enumerate(day.hours):
            values |= {f"from{i}": begin, f"to{i}": to}
        by_hours.setdefault(len(day.hours), []).append(values)
    for hours, rows in by_hours.items():
        await connection.execute(recount.FORGET_DAY, rows)
        await connection.execute(recount.measure_day(hours, connection.dialect.name), rows)


class Rollups:
    """The sums, for whoever reads them. Every method may raise ``StoreError``."""

    def __init__(self, engine: AsyncEngine, plan: Plan | None) -> None:
        self._engine = engine
        self._plan = plan

    async def current(self) -> bool:
        """Whether the sums are those of all calls by the plan in force; else ``rebuild`` them."""
        async with transaction(self._engine) as connection:
            made_by = await connection.scalar(select(RollupStateRow.plan))
        return self._plan is not None and made_by == self._plan.key

    async def figures(
        self,
        first: str,
        last: str,
        by: Sequence[str] = ("pbx", "agent", "day"),
        agents: Collection[tuple[str, str]] | None = None,
    ) -> Sums:
        """Sums over the days ``first`` to ``last`` (``YYYY-MM-DD``), grouped by columns of the rollups.

        ``start`` is the begin of the earliest hour in a group, in epoch seconds.
        """
        keys = [getattr(RollupRow, name) for name in by]
        query = select(
            *keys,
            func.min(RollupRow.start).label("start"),
            *(func.sum(getattr(RollupRow, name)).label(name) for name in SUMS),
        ).where(RollupRow.day >= first, RollupRow.day <= last)
        # In the order of the table's key nothing has to be sorted for the sums; the few rows are sorted here.
        grouped = sorted(by, key=lambda name: _KEY.index(name) if name in _KEY else len(_KEY))
        query = _only(query, RollupRow, agents).group_by(*(getattr(RollupRow, name) for name in grouped))
        rows = sorted(await self._all(query), key=lambda row: row[: len(by)])
        return Sums(
            (*by, "start", *SUMS), [(*row[: len(by) + 1], *map(int, row[len(by) + 1 :])) for row in rows]
        )

    async def lines(self, first: str, last: str) -> Sums:
        """The agents' time lines of the days ``first`` to ``last``: idle gaps, time on calls, last end.

        Those of which a call has changed since are measured now, and kept.
        """
        columns = [column for column in AgentDayRow.__table__.columns if column.name not in _INNER]
        within = (AgentDayRow.day >= first, AgentDayRow.day <= last)
        async with transaction(self._engine) as connection:
            keys = select(AgentDayRow.pbx, AgentDayRow.agent, AgentDayRow.day)
            stale = (await connection.execute(keys.where(*within, AgentDayRow.stale == 1))).all()
            if stale and self._plan is not None:
                of = {text: self._plan.of(date.fromisoformat(text)) for text in {row.day for row in stale}}
                await _measure_days(connection, [(row.pbx, row.agent, of[row.day]) for row in stale])
            rows = (await connection.execute(select(*columns).where(*within))).all()
        return Sums(tuple(column.name for column in columns), [tuple(row) for row in rows])

    async def first_dials(self, first: str, last: str) -> list[FirstDial]:
        """The first dials of the shifts that began on the days ``first`` to ``last``."""
        query = select(FirstDialRow.__table__).where(FirstDialRow.day >= first, FirstDialRow.day <= last)
        return [FirstDial(*row) for row in await self._all(query)]

    async def first_day(self, pbx: str) -> str | None:
        """The first day on which a call of a PBX is stored."""
        async with transaction(self._engine) as connection:
            return await connection.scalar(select(func.min(RollupRow.day)).where(RollupRow.pbx == pbx))

    async def on_inbound(
        self, at: float, since: float, agents: Collection[tuple[str, str]]
    ) -> set[tuple[str, str]]:
        """Which of these agents were on an inbound call, begun after ``since``, at an instant."""
        query = select(PartRow.pbx, PartRow.agent).where(
            PartRow.direction == "inbound",
            PartRow.call_started_at >= since,
            PartRow.call_started_at <= at,
            PartRow.started_at <= at,
            PartRow.ended_at.is_(None) | (PartRow.ended_at >= at),
        )
        return {(row.pbx, row.agent) for row in await self._all(_only(query, PartRow, agents))}

    async def trunks(
        self, start: float, end: float, agents: Collection[tuple[str, str]] | None = None
    ) -> Sums:
        """Sums by the trunk that carried the call, over calls begun in ``[start, end)``.

        Counted from every call: about a second for a million of them.
        """
        sums = ", ".join(f"SUM({what}) AS {name}" for name, what in recount.SUMS.items())
        condition = ""
        values: dict[str, Any] = {"start": start, "end": end}
        if agents is not None:
            condition = " AND agent IN :agents AND pbx IN :pbxes"
            values |= {
                "agents": sorted({agent for _, agent in agents}),
                "pbxes": sorted({pbx for pbx, _ in agents}),
            }
        query = text(
            f"SELECT pbx, COALESCE(trunk, '') AS trunk, {sums} FROM parts WHERE direction = 'outbound'"
            f" AND call_started_at >= :start AND call_started_at < :end{condition} GROUP BY 1, 2 ORDER BY 1, 2"
        )
        if agents is not None:
            query = query.bindparams(bindparam("agents", expanding=True), bindparam("pbxes", expanding=True))
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(query, values)).all()
        return Sums(("pbx", "trunk", *SUMS), [(*row[:2], *map(int, row[2:])) for row in rows])

    async def _all(self, query: Any) -> Sequence[Any]:
        async with transaction(self._engine) as connection:
            rows: Sequence[Any] = (await connection.execute(query)).all()
        return rows

    # ------------------------------------------------------------------ making all anew

    async def rebuild(self, told: Callable[[str], None] | None = None) -> int:
        """Make all sums anew by the plan, in short transactions; returns how many calls there were.

        Calls may be written meanwhile. ``told`` gets a line of progress now and then.
        """
        plan = self._plan
        if plan is None:
            raise ValueError("a store without a plan has no sums")
        async with transaction(self._engine) as connection:
            for table in (RollupStateRow, RollupRow, AgentDayRow, FirstDialRow):
                await connection.execute(delete(table))
        count, after, begun, last = 0, (float("-inf"), ""), None, 0.0
        while True:
            found = await self._renew(plan, after)
            if not found:
                break
            count += len(found)
            after = (found[-1].started_at, found[-1].id)
            begun, last = begun if begun is not None else found[0].started_at, found[-1].started_at
            if told is not None and count % (40 * REBUILD_SLICE) == 0:
                told(f"{count} calls")
        if begun is not None:
            await self._recount_all(plan, begun, last, told)
        async with transaction(self._engine) as connection:
            await connection.execute(delete(RollupStateRow))
            await connection.execute(insert(RollupStateRow).values(id=1, plan=plan.key))
        return count

    async def _renew(self, plan: Plan, after: tuple[float, str]) -> list[Call]:
        """The parts of the next calls, made anew."""
        async with transaction(self._engine) as connection:
            # A write first: on SQLite what is read then stays so until it is written back.
            await connection.execute(delete(RollupStateRow))
            query = (
                select(CallRow.body)
                .where(
                    (CallRow.started_at > after[0])
                    | ((CallRow.started_at == after[0]) & (CallRow.id > after[1]))
                )
                .order_by(CallRow.started_at, CallRow.id)
                .limit(REBUILD_SLICE)
                .with_for_update()
            )
            calls = [call_of(body) for (body,) in await connection.execute(query)]
            if calls:
                fresh = {call.id: [_row(call, part) for part in plan.parts(call)] for call in calls}
                await _replace(connection, fresh, list(fresh))
        return calls

    async def _recount_all(
        self, plan: Plan, begun: float, last: float, told: Callable[[str], None] | None
    ) -> None:
        async with transaction(self._engine) as connection:
            agents = [
                (row.pbx, row.agent)
                for row in await connection.execute(select(PartRow.pbx, PartRow.agent).distinct())
            ]
        day = plan.day(last)
        while day.end > begun:
            for start in range(0, len(agents), REBUILD_AGENTS):
                await self._recount_day(day, agents[start : start + REBUILD_AGENTS])
            if told is not None:
                told(day.day)
            day = plan.day(day.start - 1)

    async def _recount_day(self, day: DayPlan, agents: Sequence[tuple[str, str]]) -> None:
        cells = [
            {**_bounds(pbx, agent, day.day, cell), "hour": cell.hour}
            for pbx, agent in agents
            for cell in day.cells
        ]
        checks = [_bounds(pbx, agent, check.day, check) for pbx, agent in agents for check in day.checks]
        async with transaction(self._engine) as connection:
            await _count_cells(connection, cells)
            await _measure_days(connection, [(pbx, agent, day) for pbx, agent in agents])
            await _find_firsts(connection, checks)


def _only(query: Any, table: Any, agents: Collection[tuple[str, str]] | None) -> Any:
    """Only these agents (``(pbx, extension)``); ``None`` for all."""
    if agents is None:
        return query
    by_pbx: dict[str, list[str]] = {}
    for pbx, agent in agents:
        by_pbx.setdefault(pbx, []).append(agent)
    wanted = [(table.pbx == pbx) & table.agent.in_(names) for pbx, names in sorted(by_pbx.items())]
    condition = wanted[0] if wanted else table.pbx.in_([])
    for more in wanted[1:]:
        condition |= more
    return query.where(condition)
