"""The watch's part of the store: calls by their number, in brief, and never more of them than are asked for.

Every query goes by an index: by number and begin, or by direction and begin, where the index holds all that is
read and no call's body is touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncEngine

from monitor.contacts import Contact, Missed, missed_of
from monitor.domain import Direction, Outcome
from monitor.store.calls import call_of
from monitor.store.engine import transaction
from monitor.store.schema import CallRow

#: Numbers are asked for in slices: a statement has some 32,000 parameters at most.
SLICE = 5000
_COLUMNS = (
    CallRow.id,
    CallRow.pbx,
    CallRow.direction,
    CallRow.agent,
    CallRow.number,
    CallRow.queue,
    CallRow.started_at,
    CallRow.answered_at,
    CallRow.ended_at,
    CallRow.ring_seconds,
    CallRow.talk_seconds,
    CallRow.outcome,
    CallRow.complete,
)


class WatchStore:
    """Every method may raise ``StoreError``, as the store's own do."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def missed(self, start: float, end: float) -> list[Missed]:
        """Inbound calls begun in ``[start, end)`` that ended without an answer, with the phones that rang."""
        query = (
            select(CallRow.body)
            .where(
                *_begun(Direction.INBOUND, start, end),
                CallRow.answered_at.is_(None),
                CallRow.ended_at.is_not(None),
            )
            .order_by(CallRow.started_at, CallRow.id)
        )
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        return [found for (body,) in rows if (found := missed_of(call_of(body))) is not None]

    async def queued(self, start: float, end: float) -> list[tuple[str, str, float]]:
        """Calls of queues that somebody answered: the queue (``pbx/name``), who did (``pbx/extension``), when."""
        query = select(CallRow.pbx, CallRow.queue, CallRow.agent, CallRow.started_at).where(
            *_begun(Direction.INBOUND, start, end), CallRow.queue.is_not(None), CallRow.agent.is_not(None)
        )
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        return [(f"{pbx}/{queue}", f"{pbx}/{agent}", at) for pbx, queue, agent, at in rows]

    async def with_numbers(self, numbers: Iterable[str], start: float, end: float) -> list[Contact]:
        """Calls of any direction with one of these numbers, as written, begun in ``[start, end)``; in order."""
        wanted = sorted(set(numbers))
        found: list[Contact] = []
        for first in range(0, len(wanted), SLICE):
            some = CallRow.number.in_(wanted[first : first + SLICE])
            found += await self._contacts(some, CallRow.started_at >= start, CallRow.started_at < end)
        return sorted(found, key=lambda each: (each.started_at, each.id))

    async def _contacts(self, *where: ColumnElement[bool]) -> list[Contact]:
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(select(*_COLUMNS).where(*where))).all()
        return [_contact(row) for row in rows]


def _begun(direction: Direction, start: float, end: float) -> tuple[ColumnElement[bool], ...]:
    return CallRow.direction == direction, CallRow.started_at >= start, CallRow.started_at < end


def _contact(row: Sequence[Any]) -> Contact:
    facts = list(row)
    facts[2] = Direction(facts[2])
    facts[11] = None if facts[11] is None else Outcome(facts[11])
    return Contact(*facts)
