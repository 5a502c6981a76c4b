"""Lists of numbers in the store: do-not-call, the campaign's, our own. Nothing is erased: what is taken off stays to be seen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, and_, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from monitor.contacts import Listed
from monitor.store.discipline import Audited, write_audit
from monitor.store.engine import transaction
from monitor.store.schema import NumberRow

SLICE = 5000


class NumberStore:
    """Every method may raise ``StoreError``, as the store's own do."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def entries(self, name: str) -> list[Listed]:
        """All entries of a list, those taken off too."""
        return await self._read(NumberRow.list == name)

    async def page(
        self, name: str, *, keys: Sequence[str] = (), before: int | None = None, limit: int = 200
    ) -> list[Listed]:
        """Entries of a list that stand, the last entered first; ``keys`` only those, ``before`` an id."""
        where = and_(NumberRow.list == name, NumberRow.removed_at.is_(None))
        if keys:
            where = and_(where, NumberRow.key.in_(keys))
        if before is not None:
            where = and_(where, NumberRow.id < before)
        return await self._read(where, limit)

    async def count(self, name: str) -> int:
        """How many stand on a list."""
        query = select(func.count()).where(NumberRow.list == name, NumberRow.removed_at.is_(None))
        async with transaction(self._engine) as connection:
            return int(await connection.scalar(query) or 0)

    async def standing(self, name: str, keys: Iterable[str]) -> dict[str, Listed]:
        """Which of these keys stand on a list, with their entries."""
        async with transaction(self._engine) as connection:
            return await _standing(connection, name, keys)

    async def put(self, entries: Sequence[Listed], audit: Audited) -> None:
        """Enter numbers of one list in one transaction; a number that stands on it gets the new dates and reason.

        What it was before is followed by what it is: the old entry is taken off. ``entries`` have each key once.
        """
        if not entries:
            return
        async with transaction(self._engine) as connection:
            known = await _standing(connection, entries[0].list, [each.key for each in entries])
            changed = [each for each in entries if each.key not in known or not same(known[each.key], each)]
            old = [known[each.key].id for each in changed if each.key in known]
            for first in range(0, len(old), SLICE):
                await connection.execute(
                    update(NumberRow)
                    .where(NumberRow.id.in_(old[first : first + SLICE]))
                    .values(removed_at=audit.at)
                )
            if changed:
                rows = [
                    {name: getattr(each, name) for name in each.__struct_fields__ if name != "id"}
                    for each in changed
                ]
                await connection.execute(insert(NumberRow), rows)
            await write_audit(connection, audit)

    async def remove(self, entry: int, audit: Audited) -> bool:
        """Take an entry off its list; false if there is none, or it was taken off before."""
        async with transaction(self._engine) as connection:
            changed = await connection.execute(
                update(NumberRow)
                .where(NumberRow.id == entry, NumberRow.removed_at.is_(None))
                .values(removed_at=audit.at)
            )
            if changed.rowcount:
                await write_audit(connection, audit)
        return changed.rowcount > 0

    async def _read(self, where: ColumnElement[bool], limit: int | None = None) -> list[Listed]:
        query = select(NumberRow.__table__).where(where).order_by(NumberRow.id.desc()).limit(limit)
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        return [Listed(**row._mapping) for row in rows]


def same(one: Listed, other: Listed) -> bool:
    """Whether two entries of a number say the same."""
    return (one.since, one.until, one.reason) == (other.since, other.until, other.reason)


async def _standing(connection: AsyncConnection, name: str, keys: Iterable[str]) -> dict[str, Listed]:
    wanted = sorted(set(keys))
    found: dict[str, Listed] = {}
    for first in range(0, len(wanted), SLICE):
        query = select(NumberRow.__table__).where(
            NumberRow.list == name,
            NumberRow.removed_at.is_(None),
            NumberRow.key.in_(wanted[first : first + SLICE]),
        )
        for row in await connection.execute(query):
            found[row.key] = Listed(**row._mapping)
    return found
