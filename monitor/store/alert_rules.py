"""Alert rules of the page, and how rules of the file are muted; each change with who made it."""

from __future__ import annotations

import msgspec
from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from monitor.notices import StoredRule
from monitor.store.discipline import Audited
from monitor.store.engine import insert_for, transaction
from monitor.store.schema import AlertRuleRow, AuditRow


class AlertRuleStore:
    """Every method may raise ``StoreError``, as the store's own do."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._insert = insert_for(engine)

    async def rules(self) -> list[StoredRule]:
        """All of them, by id."""
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(select(AlertRuleRow.__table__).order_by(AlertRuleRow.id))).all()
        return [
            StoredRule(**{name: getattr(row, name) for name in StoredRule.__struct_fields__}) for row in rows
        ]

    async def put(self, rule: StoredRule, audited: Audited) -> None:
        """Store a rule, and who did it; a later one of the same id replaces it."""
        values = msgspec.structs.asdict(rule)
        statement = self._insert(AlertRuleRow).values(values)
        others = {name: statement.excluded[name] for name in values if name != "id"}
        async with transaction(self._engine) as connection:
            await connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=others))
            await connection.execute(insert(AuditRow).values(msgspec.structs.asdict(audited)))

    async def remove(self, rule: str, audited: Audited) -> None:
        """Take one away, and write down who did it."""
        async with transaction(self._engine) as connection:
            await connection.execute(delete(AlertRuleRow).where(AlertRuleRow.id == rule))
            await connection.execute(insert(AuditRow).values(msgspec.structs.asdict(audited)))
