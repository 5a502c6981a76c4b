"""The watch's part of the store: calls by their number, in brief, and never more of them than are asked for.

Every query goes by an index: by number and begin, or by direction and begin, where the index holds all that is
read and no call's body is touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from monitor.contacts import Contact, Missed, missed_of
from monitor.domain import Direction, Outcome
from monitor.store.calls import IS_CONNECT, IS_DIAL, call_of
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


class Dialled(msgspec.Struct, frozen=True, gc=False):
    """A number as it was written, and one extension's dials to it: how many, the first and last, long connects."""

    number: str
    pbx: str
    agent: str | None
    dials: int
    first_at: float
    last_at: float
    long: int


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

    async def dialled(self, start: float, end: float, long_seconds: float) -> list[Dialled]:
        """Every number with its dials begun in ``[start, end)``, by extension; long are connects of so many seconds."""
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(dialled_query(start, end, long_seconds))).all()
        return [Dialled(*row) for row in rows]

    async def dials(self, spans: Iterable[tuple[float, float]]) -> list[Contact]:
        """Dials begun in any of the stretches ``[start, end)``, in order."""
        found: list[Contact] = []
        for start, end in spans:
            found += await self._contacts(*_begun(Direction.OUTBOUND, start, end), IS_DIAL)
        return sorted(found, key=lambda each: (each.started_at, each.id))

    async def dials_of(self, agents: Iterable[str], start: float, end: float) -> list[Contact]:
        """Dials of some extensions (``pbx/extension``) begun in ``[start, end)``."""
        found: list[Contact] = []
        for each in sorted(set(agents)):
            pbx, _, extension = each.partition("/")
            theirs = and_(CallRow.agent == extension, CallRow.pbx == pbx, IS_DIAL)
            found += await self._contacts(theirs, CallRow.started_at >= start, CallRow.started_at < end)
        return found

    async def connects(
        self, agents: Iterable[str], start: float, end: float, talk: tuple[float, float]
    ) -> list[Contact]:
        """Their connects with talk time in ``[least, below)``."""
        dials = await self.dials_of(agents, start, end)
        return [each for each in dials if each.is_connect and talk[0] <= each.talk_seconds < talk[1]]

    async def talk_bands(
        self, start: float, end: float, bands: Sequence[tuple[float, float]]
    ) -> dict[str, tuple[int, ...]]:
        """By extension: how many connects had talk time in each of the bands ``[least, below)``."""
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(bands_query(start, end, bands))).all()
        return {f"{row[0]}/{row[1]}": tuple(int(count) for count in row[2:]) for row in rows}

    async def quick_cancels(self, start: float, end: float, seconds: float) -> dict[str, int]:
        """By extension: how many dials it gave up within so many seconds."""
        query = (
            select(CallRow.pbx, CallRow.agent, func.count())
            .where(
                *_begun(Direction.OUTBOUND, start, end),
                CallRow.outcome == Outcome.CANCELLED,
                CallRow.ended_at - CallRow.started_at <= seconds,
                CallRow.agent.is_not(None),
            )
            .group_by(CallRow.pbx, CallRow.agent)
        )
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(query)).all()
        return {f"{pbx}/{agent}": count for pbx, agent, count in rows}

    async def long_inbound(self, start: float, end: float, seconds: float) -> list[Contact]:
        """Inbound calls begun in ``[start, end)`` that talked longer than so many seconds, not through a queue."""
        long = and_(CallRow.talk_seconds > seconds, CallRow.queue.is_(None))
        return await self._contacts(*_begun(Direction.INBOUND, start, end), long)

    async def _contacts(self, *where: ColumnElement[bool]) -> list[Contact]:
        async with transaction(self._engine) as connection:
            rows = (await connection.execute(select(*_COLUMNS).where(*where))).all()
        return [_contact(row) for row in rows]


def dialled_query(start: float, end: float, long_seconds: float) -> Select[*tuple[Any, ...]]:
    """Numbers with their dials, by extension: read from the index alone."""
    long = case((and_(IS_CONNECT, CallRow.talk_seconds >= long_seconds), 1), else_=0)
    of = (CallRow.number, CallRow.pbx, CallRow.agent)
    begun = CallRow.started_at
    return (
        select(*of, func.count(), func.min(begun), func.max(begun), func.sum(long))
        .where(
            *_begun(Direction.OUTBOUND, start, end),
            IS_DIAL,
            CallRow.number.is_not(None),
        )
        .group_by(*of)
    )


def bands_query(start: float, end: float, bands: Sequence[tuple[float, float]]) -> Select[*tuple[Any, ...]]:
    """Connects that were heard whole, by extension and talk time: read from the index alone."""
    talk = CallRow.talk_seconds
    counts = [func.sum(case((and_(talk >= least, talk < below), 1), else_=0)) for least, below in bands]
    return (
        select(CallRow.pbx, CallRow.agent, *counts)
        .where(
            *_begun(Direction.OUTBOUND, start, end),
            IS_CONNECT,
            CallRow.agent.is_not(None),
            CallRow.ended_at.is_not(None),
            CallRow.complete.is_(True),
            talk >= bands[0][0],
            talk < bands[-1][1],
        )
        .group_by(CallRow.pbx, CallRow.agent)
    )


def _begun(direction: Direction, start: float, end: float) -> tuple[ColumnElement[bool], ...]:
    return CallRow.direction == direction, CallRow.started_at >= start, CallRow.started_at < end


def _contact(row: Sequence[Any]) -> Contact:
    facts = list(row)
    facts[2] = Direction(facts[2])
    facts[11] = None if facts[11] is None else Outcome(facts[11])
    return Contact(*facts)
