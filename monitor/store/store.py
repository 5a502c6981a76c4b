"""The store: one transaction a batch, idempotent upserts, the same on SQLite and PostgreSQL.

Which value of a call wins: the newest written, except that an ended, complete call is never replaced by
an open or incomplete value of itself, such as a cut-off replay tells. Writing anything twice changes
nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from typing import Any

from sqlalchemy import Row, case, delete, insert, select

from monitor.domain import Brief, Call, Change, ExtensionStatus, Gap, GapReason, Outage
from monitor.parts import Plan
from monitor.store import blocks, outages, people, rollups
from monitor.store.alert_rules import AlertRuleStore
from monitor.store.alerts import AlertStore
from monitor.store.archive import ArchiveStore
from monitor.store.calls import (
    CallFilter,
    Page,
    after_cursor,
    briefs_of,
    call_of,
    conditions,
    cursor_of,
    row_of,
    segment_rows,
)
from monitor.store.discipline import DisciplineStore
from monitor.store.engine import make_engine, transaction
from monitor.store.logins import LoginStore
from monitor.store.numbers import NumberStore
from monitor.store.rollups import Rollups
from monitor.store.schema import (
    CallRow,
    ExtensionRow,
    GapRow,
    HeardRow,
    RecordingRow,
    SegmentRow,
)
from monitor.store.staff import StaffStore
from monitor.store.sums import Sums, sums
from monitor.store.upgrade import SchemaStatus, schema_status, upgrade
from monitor.store.watch import WatchStore

#: SQLite allows some 32,000 parameters in a statement; ids are asked for in slices of this many.
SLICE = 500
#: Briefs are decoded so many at a time: some hundredths of a second, in which nobody else gets a turn.
BRIEFS = 25_000


class Store(LoginStore):
    """The database. Every method may raise ``StoreError``, whose message names the place and the mend."""

    def __init__(self, url: str, plan: Plan | None = None) -> None:
        super().__init__(make_engine(url))
        self._url = url
        self._plan = plan
        self.rollups = Rollups(self._engine, plan)
        self.alerts = AlertStore(self._engine)
        self.archive = ArchiveStore(self._engine)
        self.alert_rules = AlertRuleStore(self._engine)
        self.discipline = DisciplineStore(self._engine)
        self.watch = WatchStore(self._engine)
        self.outages = outages.OutageStore(self._engine)
        self.numbers = NumberStore(self._engine)
        self.staff = StaffStore(self._engine)

    @classmethod
    async def open(cls, url: str, plan: Plan | None = None) -> Store:
        """A store for a database URL; connects when it is first used. ``plan`` is how the site counts."""
        return cls(url, plan)

    def again(self) -> Store:
        """The same database with connections of its own, for another event loop; to be closed by who asks."""
        return Store(self._url, self._plan)

    async def by_number(
        self,
        start: float,
        end: float,
        effective_seconds: float,
        country_code: str,
        trunk_prefix: str,
        agents: Collection[tuple[str, str]] | None = None,
    ) -> list[tuple[Any, ...]]:
        """Sums of the dials begun in ``[start, end)`` by the begin of their number (``blocks.COLUMNS``)."""
        return await blocks.by_number(
            self._engine, start, end, effective_seconds, country_code, trunk_prefix, agents
        )

    async def close(self) -> None:
        """Let the connections go."""
        await self._engine.dispose()

    async def upgrade(self) -> None:
        """Bring the schema up to date."""
        await upgrade(self._engine)

    async def schema_status(self) -> SchemaStatus:
        """Which schema the database has, and which this program wants."""
        return await schema_status(self._engine)

    # ------------------------------------------------------------------ changes

    async def write(self, changes: Sequence[Change]) -> None:
        """Store a batch in one transaction; the later value of the same thing wins."""
        calls = {change.id: change for change in changes if isinstance(change, Call)}
        gaps = {change.id: change for change in changes if isinstance(change, Gap)}
        extensions = {
            (change.pbx, change.extension): change
            for change in changes
            if isinstance(change, ExtensionStatus)
        }
        down = {change.id: change for change in changes if isinstance(change, Outage)}
        if not (calls or gaps or extensions or down):
            return
        async with transaction(self._engine) as connection:
            if calls:
                poorer = [call.id for call in calls.values() if not (call.ended and call.complete)]
                for start in range(0, len(poorer), SLICE):
                    whole = await connection.execute(
                        select(CallRow.id).where(
                            CallRow.id.in_(poorer[start : start + SLICE]),
                            CallRow.ended_at.is_not(None),
                            CallRow.complete,
                        )
                    )
                    for (kept,) in whole:
                        del calls[kept]
            if calls:
                written = list(calls.values())
                await connection.execute(self._upsert(CallRow, ["id"]), [row_of(call) for call in written])
                ids = list(calls)
                for start in range(0, len(ids), SLICE):
                    stale = ids[start : start + SLICE]
                    await connection.execute(delete(SegmentRow).where(SegmentRow.call_id.in_(stale)))
                segments = [row for call in written for row in segment_rows(call)]
                if segments:
                    await connection.execute(insert(SegmentRow), segments)
                named = [
                    {"call_id": call.id, "path": call.recording}
                    for call in written
                    if call.recording is not None and call.answered_at is not None
                ]
                if named:
                    await connection.execute(self._upsert(RecordingRow, ["call_id"]), named)
                await rollups.keep(connection, self._plan, written)
            if gaps:
                rows = [
                    {
                        "id": gap.id,
                        "pbx": gap.pbx,
                        "started_at": gap.started_at,
                        "ended_at": gap.ended_at,
                        "reason": gap.reason,
                        "calls_cut": gap.calls_cut,
                    }
                    for gap in gaps.values()
                ]
                await connection.execute(self._upsert(GapRow, ["id"]), rows)
            if down:
                await outages.keep(connection, down.values())
            if extensions:
                await connection.execute(
                    self._upsert(ExtensionRow, ["pbx", "extension"]),
                    [
                        {"pbx": e.pbx, "extension": e.extension, "reachable": e.reachable, "at": e.at}
                        for e in extensions.values()
                    ],
                )

    def _upsert(self, table: type, key: list[str]):  # type: ignore[no-untyped-def]
        statement = self._insert(table)
        columns = [column.name for column in table.__table__.columns if column.name not in key]  # type: ignore[attr-defined]
        return statement.on_conflict_do_update(
            index_elements=key, set_={name: statement.excluded[name] for name in columns}
        )

    # ------------------------------------------------------------------ calls

    async def call(self, call_id: str) -> Call | None:
        """One call with all its parts."""
        async with transaction(self._engine) as connection:
            body = await connection.scalar(select(CallRow.body).where(CallRow.id == call_id))
        return call_of(body) if body is not None else None

    async def calls(self, wanted: CallFilter, *, after: str | None = None, limit: int = 100) -> Page:
        """A page of calls, newest first. Raises ``ValueError`` for an ``after`` that is none of ours."""
        where = conditions(wanted)
        if after:
            where.append(after_cursor(after))
        query = (
            select(CallRow.body)
            .where(*where)
            .order_by(CallRow.started_at.desc(), CallRow.id.desc())
            .limit(limit + 1)
        )
        async with transaction(self._engine) as connection:
            found = [call_of(body) for (body,) in await connection.execute(query)]
        more = len(found) > limit
        return Page(found[:limit], cursor_of(found[limit - 1]) if more else None)

    async def sums(self, wanted: CallFilter, effective_seconds: float) -> Sums:
        """What the calls of a filter come to; effective are connects of at least so many seconds."""
        async with transaction(self._engine) as connection:
            return await sums(connection, wanted, effective_seconds)

    async def calls_between(self, start: float, end: float) -> list[Call]:
        """All calls begun in ``[start, end)``, in order of begin."""
        query = (
            select(CallRow.body)
            .where(CallRow.started_at >= start, CallRow.started_at < end)
            .order_by(CallRow.started_at, CallRow.id)
        )
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        return [call_of(row[0]) for row in rows]

    async def counted_between(
        self, start: float, end: float
    ) -> AsyncIterator[tuple[Sequence[Brief], Sequence[Call]]]:
        """All calls begun in ``[start, end)``, some thousands at a time: in brief those that are over.

        Whole come those that go on, and those stored before there were briefs.
        """
        without = case((CallRow.brief.is_(None), CallRow.body))
        query = (
            select(CallRow.brief, without)
            .where(CallRow.started_at >= start, CallRow.started_at < end)
            .order_by(CallRow.started_at, CallRow.id)
        )
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        for first in range(0, len(rows), BRIEFS):
            yield await asyncio.to_thread(_decoded, rows[first : first + BRIEFS])

    async def calls_of(self, ids: Sequence[str]) -> list[Call]:
        """Calls by their ids, in no order; those that are not stored are left out."""
        found: list[Call] = []
        async with transaction(self._engine) as connection:
            for start in range(0, len(ids), SLICE):
                query = select(CallRow.body).where(CallRow.id.in_(ids[start : start + SLICE]))
                found += [call_of(body) for (body,) in await connection.execute(query)]
        return found

    async def calls_over(self, at: float, begun_from: float) -> list[Call]:
        """Calls that were going on at an instant, of those begun at ``begun_from`` or later, before it."""
        query = select(CallRow.body).where(
            CallRow.started_at >= begun_from,
            CallRow.started_at < at,
            (CallRow.ended_at.is_(None)) | (CallRow.ended_at >= at),
        )
        async with transaction(self._engine) as connection:
            return [call_of(body) for (body,) in await connection.execute(query)]

    async def open_calls(self, pbx: str) -> list[Call]:
        """Calls of a PBX whose end is not stored."""
        async with transaction(self._engine) as connection:
            rows = await connection.execute(
                select(CallRow.body).where(CallRow.pbx == pbx, CallRow.ended_at.is_(None))
            )
            return [call_of(body) for (body,) in rows]

    # ------------------------------------------------------------------ hearing

    async def gaps(self, start: float, end: float) -> list[Gap]:
        """Gaps that touch ``[start, end)``."""
        query = select(GapRow.__table__).where(
            GapRow.started_at < end, (GapRow.ended_at.is_(None)) | (GapRow.ended_at > start)
        )
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(query.order_by(GapRow.started_at))).all()
        return [
            Gap(
                pbx=row.pbx,
                started_at=row.started_at,
                ended_at=row.ended_at,
                reason=GapReason(row.reason),
                calls_cut=row.calls_cut,
            )
            for row in rows
        ]

    async def heard(self, pbx: str, at: float) -> None:
        """A PBX was heard up to this instant."""
        async with transaction(self._engine) as connection:
            await connection.execute(self._upsert(HeardRow, ["pbx"]), {"pbx": pbx, "at": at})

    async def last_heard(self, pbx: str) -> float | None:
        """Up to when a PBX was heard; ``None`` if it never was."""
        async with transaction(self._engine) as connection:
            return await connection.scalar(select(HeardRow.at).where(HeardRow.pbx == pbx))

    async def extensions(self) -> list[ExtensionStatus]:
        """The last word on every extension's reachability."""
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(select(ExtensionRow.__table__))).all()
        return [
            ExtensionStatus(pbx=row.pbx, extension=row.extension, reachable=row.reachable, at=row.at)
            for row in rows
        ]

    # ------------------------------------------------------------------ people

    async def sync_roster(self, settings: people.ConfiguredTeams, at: float) -> None:
        """Make the roster hold from ``at`` what the configuration says."""
        async with transaction(self._engine) as connection:
            await people.sync_roster(connection, settings, at)

    async def roster(self) -> people.Roster:
        """Everybody's extensions and teams over time."""
        async with transaction(self._engine) as connection:
            return await people.read_roster(connection)


def _decoded(rows: Sequence[Row[bytes | None, bytes]]) -> tuple[list[Brief], list[Call]]:
    briefs = briefs_of([brief for brief, _ in rows if brief is not None])
    return briefs, [call_of(body) for brief, body in rows if brief is None]
