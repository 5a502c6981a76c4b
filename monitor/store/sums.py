"""What calls come to, summed by the database: the board's figures for any filter, over any time.

Where agents are asked for, only their own part is summed, as on their tiles: dials that they dialled, seconds
in which they talked. A test holds these sums equal to the board's own over the same calls.
"""

from __future__ import annotations

import msgspec
from sqlalchemy import BigInteger, ColumnElement, and_, case, cast, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.store.calls import IS_CONNECT, IS_DIAL, OUTBOUND, CallFilter, among, conditions, whose
from monitor.store.schema import CallRow, SegmentRow


class Sums(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of the calls of a filter; talk in whole microseconds, of closed stretches in outbound calls.

    ``seizures`` are those of the trunk asked for: a call may seize one twice. 0 without one.
    """

    calls: int
    live: int
    dials: int
    finished: int
    connects: int
    finished_connects: int
    effective: int
    incomplete: int
    seizures: int
    talk_micros: int
    finished_talk_micros: int


async def sums(connection: AsyncConnection, wanted: CallFilter, effective_seconds: float) -> Sums:
    """Sum the calls of a filter."""
    where = conditions(wanted)
    in_part = bool(wanted.agents) or wanted.others or wanted.seats is not None
    theirs = whose(wanted, among(CallRow.__table__.c.agent)) if in_part else literal(True)
    over = CallRow.ended_at.is_not(None)
    dial, connect = and_(IS_DIAL, theirs), and_(IS_CONNECT, theirs)
    counted = {
        "live": CallRow.ended_at.is_(None),
        "dials": dial,
        "finished": and_(dial, over),
        "connects": connect,
        "finished_connects": and_(connect, over),
        "effective": and_(connect, CallRow.talk_seconds >= effective_seconds),
        "incomplete": CallRow.complete.is_(False),
    }
    columns = [_count(condition).label(name) for name, condition in counted.items()]
    query = select(func.count().label("calls"), *columns, _seizures(wanted).label("seizures"))
    row = (await connection.execute(query.select_from(CallRow).where(*where))).one()
    spent = SegmentRow.ended_at - SegmentRow.started_at
    micros = cast(func.round(case((spent > 0, spent), else_=0.0) * 1_000_000), BigInteger)
    finished = case((and_(IS_DIAL, over), micros), else_=0)
    talk = select(func.sum(micros), func.sum(finished)).select_from(CallRow)
    talk = talk.join(SegmentRow, SegmentRow.call_id == CallRow.id)
    if in_part:
        where = [*where, whose(wanted, among(SegmentRow.__table__.c.agent))]
    all_talk, finished_talk = (await connection.execute(talk.where(OUTBOUND, *where))).one()
    return Sums(
        talk_micros=int(all_talk or 0),
        finished_talk_micros=int(finished_talk or 0),
        **{name: int(value or 0) for name, value in row._mapping.items()},
    )


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def _seizures(wanted: CallFilter) -> ColumnElement[int]:
    if not wanted.seized:
        return literal(0)
    name = f"/{wanted.seized.rpartition('/')[2]}/"
    without = func.length(func.replace(CallRow.seized, name, ""))
    return func.sum((func.length(CallRow.seized) - without) / len(name))
