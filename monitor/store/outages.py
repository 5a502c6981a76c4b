"""Periods in which phones or trunks were down, as they were told."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from monitor.domain import Outage, OutageCause
from monitor.store.engine import insert_for, transaction
from monitor.store.schema import OutageRow


async def keep(connection: AsyncConnection, outages: Iterable[Outage]) -> None:
    """Store outages; a later value of the same one takes its place."""
    statement = insert_for(connection.engine)(OutageRow)
    rows = [
        {
            "id": each.id,
            "pbx": each.pbx,
            "cause": each.cause.value,
            "subject": each.subject,
            "started_at": each.started_at,
            "ended_at": each.ended_at,
        }
        for each in outages
    ]
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["id"], set_={"ended_at": statement.excluded.ended_at}
        ),
        rows,
    )


class OutageStore:
    """Every method may raise ``StoreError``, as the store's own do."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def between(self, start: float, end: float) -> list[Outage]:
        """Those that touch ``[start, end)``, in order of begin; an open one goes on."""
        touching = OutageRow.ended_at.is_(None) | (OutageRow.ended_at > start)
        return await self._all(select(OutageRow.__table__).where(OutageRow.started_at < end, touching))

    async def open(self, pbx: str) -> list[Outage]:
        """Those of a PBX whose end is not stored."""
        return await self._all(
            select(OutageRow.__table__).where(OutageRow.pbx == pbx, OutageRow.ended_at.is_(None))
        )

    async def _all(self, query: Select[tuple[object, ...]]) -> list[Outage]:
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(query.order_by(OutageRow.started_at, OutageRow.id))).all()
        return [
            Outage(
                pbx=row.pbx,
                cause=OutageCause(row.cause),
                subject=row.subject,
                started_at=row.started_at,
                ended_at=row.ended_at,
            )
            for row in rows
        ]
