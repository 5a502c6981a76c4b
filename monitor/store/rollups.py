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
from sqlalchemy import BigInteger, cast, delete, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from monitor.domain import Call
from monitor.parts import DayPlan, Part, Plan
from monitor.store import recount
from monitor.store.calls import call_of
from monitor.store.engine import transaction
from monitor.store.rollup_schema import AgentDayRow, PartRow, RollupRow, RollupStateRow
from monitor.store.schema import CallRow

_SLICE = 500
REBUILD_SLICE = 500
"""Calls looked at in one transaction of a rebuild: short, because the live writer waits meanwhile."""
REBUILD_AGENTS = 50
"""Agents whose day is summed in one transaction of a rebuild."""
MEASURED = 200
"""Time lines measured in one transaction."""

Hours = Sequence[Sequence[tuple[float, float]]]
"""Working hours of a day, in order; between two of the outer ones a gap is parted."""

Touched = set[tuple[str, str, float]]
"""PBX, agent and begin of calls whose parts have changed."""

SUMS = tuple(recount.SUMS)
_PART_SUMS = ", ".join(f"SUM({what}) AS {name}" for name, what in recount.SUMS.items())
_KEY = ("day", "pbx", "agent")


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of an agent's hour, ``[start, end)``, to be summed by itself."""

    pbx: str
    agent: str
    day: str
    hour: int
    start: float
    end: float


class Sums(msgspec.Struct, frozen=True):
    """A table of sums: names of its columns, and its rows."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


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
    touched = {_place(row) for each in changed for row in (*known.get(each, []), *fresh[each])}
    await _recount(connection, plan, touched)


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


async def _recount(connection: AsyncConnection, plan: Plan, touched: Touched) -> None:
    """Make anew what the calls at these places are in."""
    cells: dict[tuple[str, str, float], dict[str, Any]] = {}
    days: dict[tuple[str, str, str], dict[str, Any]] = {}
    for pbx, agent, at in touched:
        day = plan.day(at)
        cell = day.cell(at)
        cells[pbx, agent, cell.start] = {**_bounds(pbx, agent, day.day, cell), "hour": cell.hour}
        days[pbx, agent, day.day] = {"day": day.day, "pbx": pbx, "agent": agent}
    await _count_cells(connection, list(cells.values()))
    await connection.execute(recount.MARK_DAY, list(days.values()))


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


async def _measure_days(
    connection: AsyncConnection, days: Sequence[tuple[str, str, DayPlan, Hours]], long_gap: float
) -> None:
    """Days with equally many stretches of working hours share a statement."""
    by_hours: dict[tuple[int, ...], list[dict[str, Any]]] = {}
    for pbx, agent, day, hours in days:
        values = {"day": day.day, "pbx": pbx, "agent": agent, "start": day.start, "end": day.end}
        values |= {"hours": _written(hours), "long_gap": long_gap}
        for i, (begin, to) in enumerate(stretch for part in hours for stretch in part):
            values |= {f"from{i}": begin, f"to{i}": to}
        by_hours.setdefault(tuple(map(len, hours)), []).append(values)
    for shape, rows in by_hours.items():
        await connection.execute(recount.FORGET_DAY, rows)
        await connection.execute(recount.measure_day(shape, connection.dialect.name), rows)


def _whole(day: DayPlan) -> Hours:
    return [day.hours] if day.hours else []


def _written(hours: Hours) -> str:
    return msgspec.json.encode(hours).decode()


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
            *(_sum(name).label(name) for name in SUMS),
        ).where(RollupRow.day >= first, RollupRow.day <= last)
        # In the order of the table's key nothing has to be sorted for the sums; the few rows are sorted here.
        grouped = sorted(by, key=lambda name: _KEY.index(name) if name in _KEY else len(_KEY))
        query = _only(query, RollupRow, agents).group_by(*(getattr(RollupRow, name) for name in grouped))
        rows = sorted(await self._all(query), key=lambda row: row[: len(by)])
        return Sums(
            (*by, "start", *SUMS), [(*row[: len(by) + 1], *map(int, row[len(by) + 1 :])) for row in rows]
        )

    async def cells(self, first: str, last: str, agents: Collection[tuple[str, str]]) -> Sums:
        """The sums of some agents as they are kept, hour by hour, cut where a shift begins or ends."""
        keys = ("pbx", "agent", "day", "hour", "start")
        query = select(*(getattr(RollupRow, name) for name in (*keys, *SUMS))).where(
            RollupRow.day >= first, RollupRow.day <= last
        )
        rows = await self._all(_only(query, RollupRow, agents).order_by(RollupRow.start, RollupRow.agent))
        return Sums((*keys, *SUMS), [tuple(row) for row in rows])

    async def spans(self, wanted: Sequence[Span]) -> list[tuple[Any, ...]]:
        """As rows of ``cells``, but of stretches of hours, counted from their calls."""
        found: list[tuple[Any, ...]] = []
        async with transaction(self._engine) as connection:
            for each in wanted:
                values = msgspec.structs.asdict(each)
                row = (await connection.execute(recount.SUM_SPAN, values)).one()
                if row[0] is not None:
                    found.append((each.pbx, each.agent, each.day, each.hour, each.start, *map(int, row)))
        return found

    async def stretches(self, day: DayPlan, agents: Collection[tuple[str, str]]) -> Sequence[Any]:
        """From when to when each call of a day kept one of these agents busy: PBX, agent, begin and id of the call."""
        columns = ("pbx", "agent", "call_started_at", "call_id", "started_at", "ended_at")
        query = select(*(getattr(PartRow, name) for name in columns)).where(
            PartRow.call_started_at >= day.start,
            PartRow.call_started_at < day.end,
            PartRow.started_at.is_not(None),
        )
        return await self._all(_only(query, PartRow, agents))

    async def lines(
        self, first: str, last: str, hours: Mapping[tuple[str, str, str], Hours] | None = None
    ) -> Sums:
        """The agents' time lines of the days ``first`` to ``last``: idle gaps, time on calls, last end, long gaps,
        working hours.

        ``hours`` are the working hours by PBX, agent and day, where they are others than the plan's. Those of which a
        call has changed since, or that were measured in other hours, are measured now, and kept.
        """
        columns = [column for column in AgentDayRow.__table__.columns if column.name != "stale"]
        within = (AgentDayRow.day >= first, AgentDayRow.day <= last)
        rows = await self._all(select(AgentDayRow.stale, *columns).where(*within))
        plan, wanted = self._plan, hours or {}
        if plan is not None:
            of = {text: plan.of(date.fromisoformat(text)) for text in {row.day for row in rows}}
            plain = {text: _written(_whole(day)) for text, day in of.items()}
            old = []
            for row in rows:
                mine = wanted.get((row.pbx, row.agent, row.day))
                if row.stale or row.hours != (plain[row.day] if mine is None else _written(mine)):
                    day = of[row.day]
                    old.append((row.pbx, row.agent, day, _whole(day) if mine is None else mine))
            for start in range(0, len(old), MEASURED):
                async with transaction(self._engine) as connection:
                    await _measure_days(connection, old[start : start + MEASURED], plan.long_gap_seconds)
            if old:
                rows = await self._all(select(AgentDayRow.stale, *columns).where(*within))
        return Sums(tuple(column.name for column in columns), [tuple(row)[1:] for row in rows])

    async def until(
        self,
        day: DayPlan,
        at: float,
        by: Sequence[str] = ("pbx", "agent", "day"),
        agents: Collection[tuple[str, str]] | None = None,
    ) -> Sums:
        """As ``figures`` of one day, of the calls that began before an instant of it."""
        if at >= day.end:
            return await self.figures(day.day, day.day, by, agents)
        cell = day.cell(at)
        keys = [getattr(RollupRow, name) for name in by]
        whole = select(
            *keys,
            func.min(RollupRow.start).label("start"),
            *(_sum(name).label(name) for name in SUMS),
        ).where(RollupRow.day == day.day, RollupRow.start < cell.start)
        found: dict[tuple[Any, ...], list[Any]] = {}
        for row in await self._all(_only(whole, RollupRow, agents).group_by(*keys)):
            found[tuple(row[: len(by)])] = [row.start, *map(int, row[len(by) + 1 :])]
        # The hour that is cut is counted from its calls, agent by agent along the key of the parts.
        query = text(
            f"SELECT pbx, agent, {_PART_SUMS} FROM"
            " (SELECT pbx AS of_pbx, agent AS of_agent FROM rollups WHERE day = :day AND start = :start) AS seen"
            " JOIN parts ON pbx = of_pbx AND agent = of_agent"
            " AND call_started_at >= :start AND call_started_at < :at GROUP BY pbx, agent"
        )
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(query, {"day": day.day, "start": cell.start, "at": at})).all()
        for row in rows:
            if agents is not None and (row.pbx, row.agent) not in agents:
                continue
            known = {"pbx": row.pbx, "agent": row.agent, "day": day.day}
            mine = found.setdefault(tuple(known[name] for name in by), [cell.start, *[0] * len(SUMS)])
            mine[1:] = [had + int(more) for had, more in zip(mine[1:], row[2:], strict=True)]
        return Sums((*by, "start", *SUMS), [(*key, *values) for key, values in sorted(found.items())])

    async def first_day(self, pbx: str) -> str | None:
        """The first day on which a call of a PBX is stored."""
        async with transaction(self._engine) as connection:
            return await connection.scalar(select(func.min(RollupRow.day)).where(RollupRow.pbx == pbx))

    async def trunks(
        self, first: DayPlan, last: DayPlan, agents: Collection[tuple[str, str]] | None = None
    ) -> Sums:
        """Sums by the trunk that carried the call, over the calls of the days ``first`` to ``last``.

        Counted from every call, agent by agent along the key of the parts: about a second for a million of them.
        """
        whose = select(RollupRow.pbx.label("of_pbx"), RollupRow.agent.label("of_agent")).distinct()
        seen = _only(whose.where(RollupRow.day >= first.day, RollupRow.day <= last.day), RollupRow, agents)
        found, part = seen.subquery(), PartRow.__table__
        query = (
            select(part.c.pbx, func.coalesce(part.c.trunk, text("''")).label("trunk"), text(_PART_SUMS))
            .select_from(
                found.join(part, (part.c.pbx == found.c.of_pbx) & (part.c.agent == found.c.of_agent))
            )
            .where(
                part.c.direction == "outbound",
                part.c.call_started_at >= first.start,
                part.c.call_started_at < last.end,
            )
            .group_by(part.c.pbx, func.coalesce(part.c.trunk, text("''")))
        )
        rows = sorted(await self._all(query), key=lambda row: row[:2])
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
            for table in (RollupStateRow, RollupRow, AgentDayRow):
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
                await self._recount_day(plan, day, agents[start : start + REBUILD_AGENTS])
            if told is not None:
                told(day.day)
            day = plan.day(day.start - 1)

    async def _recount_day(self, plan: Plan, day: DayPlan, agents: Sequence[tuple[str, str]]) -> None:
        cells = [
            {**_bounds(pbx, agent, day.day, cell), "hour": cell.hour}
            for pbx, agent in agents
            for cell in day.cells
        ]
        async with transaction(self._engine) as connection:
            await _count_cells(connection, cells)
            days = [(pbx, agent, day, _whole(day)) for pbx, agent in agents]
            await _measure_days(connection, days, plan.long_gap_seconds)


def _sum(name: str) -> Any:
    """A summed column as a plain integer: PostgreSQL gives big ones as decimals, which cost more to read."""
    return cast(func.sum(getattr(RollupRow, name)), BigInteger)


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
