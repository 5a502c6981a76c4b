"""The archive: reports that were sent, with their very bytes. What is kept is never changed, only removed in time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

import msgspec
from sqlalchemy import Row, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from monitor.notices import Delivery, Sent
from monitor.store.alerts import put_deliveries
from monitor.store.engine import insert_for, transaction
from monitor.store.schema import DeliveryRow, SendPlanRow, SentFileRow, SentReportRow

Messages = Callable[[int], Sequence[Delivery]]
"""What is to be sent of a report, once it has an id."""


class Kept(msgspec.Struct, frozen=True):
    """The file that was sent (empty where it could not be made), and the figures in it."""

    content: bytes
    figures: bytes


class ArchiveStore:
    """Every method may raise ``StoreError``, as the store's own do."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._insert = insert_for(engine)

    async def since(self, name: str, plan: str, now: float) -> float:
        """Since when a report is sent by this plan; a new or changed one counts from ``now``."""
        table = SendPlanRow
        async with transaction(self._engine) as connection:
            row = (
                await connection.execute(select(table.plan, table.since).where(table.name == name))
            ).one_or_none()
            if row is not None and row.plan == plan:
                return float(row.since)
            statement = self._insert(table).values(name=name, plan=plan, since=now)
            await connection.execute(
                statement.on_conflict_do_update(index_elements=["name"], set_={"plan": plan, "since": now})
            )
        return now

    async def known(self, keys: Collection[str]) -> set[str]:
        """Which of these are kept already."""
        query = select(SentReportRow.key).where(SentReportRow.key.in_(keys))
        async with transaction(self._engine) as connection:
            return set((await connection.execute(query)).scalars())

    async def keep(self, sent: Sent, kept: Kept, messages: Messages) -> Sent | None:
        """Keep a report with its messages, all or nothing; ``None`` if one of its key was kept before."""
        values = {name: value for name, value in msgspec.structs.asdict(sent).items() if name not in ("id",)}
        statement = (
            self._insert(SentReportRow)
            .values(values)
            .on_conflict_do_nothing(index_elements=["key"])
            .returning(SentReportRow.id)
        )
        async with transaction(self._engine) as connection:
            number = (await connection.execute(statement)).scalar_one_or_none()
            if number is None:
                return None
            await connection.execute(
                insert(SentFileRow).values(report_id=number, content=kept.content, figures=kept.figures)
            )
            await put_deliveries(connection, self._insert, messages(number))
        return msgspec.structs.replace(sent, id=number)

    async def page(
        self, *, limit: int, before: int | None = None, teams: Collection[str] | None = None
    ) -> list[Sent]:
        """What was sent, newest first; of some ``teams`` only, or all (``None``)."""
        query = select(SentReportRow.__table__).order_by(SentReportRow.id.desc()).limit(limit)
        if before is not None:
            query = query.where(SentReportRow.id < before)
        if teams is not None:
            query = query.where(SentReportRow.team.in_(teams))
        async with transaction(self._engine) as connection:
            return [_sent(row) for row in await connection.execute(query)]

    async def one(self, number: int) -> Sent | None:
        """One that was sent."""
        query = select(SentReportRow.__table__).where(SentReportRow.id == number)
        async with transaction(self._engine) as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else _sent(row)

    async def kept(self, number: int) -> Kept | None:
        """Its file and figures."""
        query = select(SentFileRow.content, SentFileRow.figures).where(SentFileRow.report_id == number)
        async with transaction(self._engine) as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else Kept(bytes(row.content), bytes(row.figures))

    async def to_check(self, made_since: float, checked_before: float) -> Sent | None:
        """The one made since then whose figures were not compared for longest, not since ``checked_before``."""
        table = SentReportRow
        query = (
            select(table.__table__)
            .where(
                table.made_at >= made_since,
                or_(table.checked_at.is_(None), table.checked_at < checked_before),
            )
            .order_by(func.coalesce(table.checked_at, table.made_at), table.id)
            .limit(1)
        )
        async with transaction(self._engine) as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else _sent(row)

    async def checked(self, number: int, at: float, changes: int) -> None:
        """Its figures were compared with those of now."""
        statement = update(SentReportRow).where(SentReportRow.id == number)
        async with transaction(self._engine) as connection:
            await connection.execute(statement.values(checked_at=at, changes=changes))

    async def forget(self, before: float, most_bytes: int) -> int:
        """Remove what was made before an instant, and the oldest beyond ``most_bytes`` of files; gives how many."""
        table = SentReportRow
        async with transaction(self._engine) as connection:
            rows = (
                await connection.execute(
                    select(table.id, table.made_at, table.size).order_by(table.id.desc())
                )
            ).all()
            total, gone = 0, []
            for row in rows:
                total += row.size
                if row.made_at < before or total > most_bytes:
                    gone.append(row.id)
            for begin in range(0, len(gone), 500):
                some = gone[begin : begin + 500]
                await connection.execute(delete(DeliveryRow).where(DeliveryRow.report.in_(some)))
                await connection.execute(delete(table).where(table.id.in_(some)))
        return len(gone)


def _sent(row: Row[Any]) -> Sent:
    return Sent(**{name: getattr(row, name) for name in Sent.__struct_fields__})
