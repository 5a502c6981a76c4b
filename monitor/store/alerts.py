"""The alerts' part of the store: what wanted a person, and what was sent of it to whom."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Row, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from monitor.notices import OPEN, Alert, Delivery, DeliveryState, Owes, What
from monitor.store.engine import insert_for, transaction
from monitor.store.schema import AlertRow, Base, DeliveryRow


class AlertStore:
    """Every method may raise ``StoreError``, as the store's own do. Writing anything twice changes nothing."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._insert = insert_for(engine)

    async def put(self, alerts: Sequence[Alert], deliveries: Sequence[Delivery]) -> None:
        """Store alerts and deliveries as they stand, in one transaction; the later value of each wins."""
        async with transaction(self._engine) as connection:
            if alerts:
                rows = [
                    msgspec.structs.asdict(each)
                    | {"id": each.id, "facts": msgspec.msgpack.encode(each.facts)}
                    for each in alerts
                ]
                await connection.execute(upsert(self._insert, AlertRow), rows)
            await put_deliveries(connection, self._insert, deliveries)

    async def alerts(self, since: float) -> list[Alert]:
        """Alerts raised at or after ``since``, and whichever is not over or not all told, oldest first."""
        query = (
            select(AlertRow.__table__)
            .where(
                or_(
                    AlertRow.raised_at >= since,
                    AlertRow.cleared_at.is_(None),
                    AlertRow.owes != Owes.NOTHING.value,
                )
            )
            .order_by(AlertRow.raised_at, AlertRow.id)
        )
        async with transaction(self._engine) as connection:
            return [_alert(row) for row in await connection.execute(query)]

    async def active(self) -> list[Alert]:
        """Alerts that are not over, oldest first."""
        query = select(AlertRow.__table__).where(AlertRow.cleared_at.is_(None)).order_by(AlertRow.raised_at)
        async with transaction(self._engine) as connection:
            return [_alert(row) for row in await connection.execute(query)]

    async def standing(self, start: float, end: float) -> list[Alert]:
        """Alerts that stood at some instant of ``[start, end]``, oldest first."""
        query = (
            select(AlertRow.__table__)
            .where(AlertRow.raised_at <= end, or_(AlertRow.cleared_at.is_(None), AlertRow.cleared_at > start))
            .order_by(AlertRow.raised_at)
        )
        async with transaction(self._engine) as connection:
            return [_alert(row) for row in await connection.execute(query)]

    async def unfinished(self) -> list[Delivery]:
        """Deliveries that are not over, oldest first."""
        query = (
            select(DeliveryRow.__table__)
            .where(DeliveryRow.state.in_([state.value for state in OPEN]))
            .order_by(DeliveryRow.created_at, DeliveryRow.id)
        )
        async with transaction(self._engine) as connection:
            return [_delivery(row) for row in await connection.execute(query)]

    async def deliveries(self, *, channel: str | None = None, limit: int = 200) -> list[Delivery]:
        """The newest deliveries, newest first; of one channel if asked."""
        query = select(DeliveryRow.__table__)
        if channel is not None:
            query = query.where(DeliveryRow.channel == channel)
        query = query.order_by(DeliveryRow.created_at.desc(), DeliveryRow.id.desc()).limit(limit)
        async with transaction(self._engine) as connection:
            return [_delivery(row) for row in await connection.execute(query)]

    async def of_reports(self, reports: Sequence[int]) -> list[Delivery]:
        """What became of these reports' messages, oldest first."""
        query = (
            select(DeliveryRow.__table__)
            .where(DeliveryRow.report.in_(reports))
            .order_by(DeliveryRow.created_at, DeliveryRow.channel)
        )
        async with transaction(self._engine) as connection:
            return [_delivery(row) for row in await connection.execute(query)]

    async def forget(self, before: float) -> None:
        """Remove what was over before an instant; who got a report is known as long as the report."""
        async with transaction(self._engine) as connection:
            await connection.execute(delete(AlertRow).where(AlertRow.cleared_at < before))
            await connection.execute(
                delete(DeliveryRow).where(DeliveryRow.done_at < before, DeliveryRow.report.is_(None))
            )


def upsert(insert: Callable[..., Any], table: type[Base]) -> Any:
    """An insert of which the later value wins, by ``id``."""
    statement = insert(table)
    columns = [column.name for column in table.__table__.columns if column.name != "id"]
    return statement.on_conflict_do_update(
        index_elements=["id"], set_={name: statement.excluded[name] for name in columns}
    )


async def put_deliveries(
    connection: AsyncConnection, insert: Callable[..., Any], deliveries: Sequence[Delivery]
) -> None:
    """Store deliveries as they stand."""
    if deliveries:
        rows = [msgspec.structs.asdict(each) for each in deliveries]
        await connection.execute(upsert(insert, DeliveryRow), rows)


def _alert(row: Row[Any]) -> Alert:
    return Alert(
        cause=row.cause,
        rule=row.rule,
        kind=row.kind,
        raised_at=row.raised_at,
        cleared_at=row.cleared_at,
        told=row.told,
        owes=Owes(row.owes),
        facts=msgspec.msgpack.decode(row.facts),
    )


def _delivery(row: Row[Any]) -> Delivery:
    return Delivery(
        id=row.id,
        channel=row.channel,
        what=What(row.what),
        title=row.title,
        body=row.body,
        created_at=row.created_at,
        alert=row.alert,
        state=DeliveryState(row.state),
        tries=row.tries,
        next_at=row.next_at,
        done_at=row.done_at,
        last_error=row.last_error,
        report=row.report,
        attach=row.attach,
    )
