"""Outbound calls summed by the begin of the number, for reports grouped by number block or province.

The database groups, and reads nothing but an index that has all it needs (``ix_calls_watch``): about a second for a million
calls, and never a row per call.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, and_, case, false, func, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from monitor.store.calls import IS_CONNECT, IS_DIAL, OUTBOUND
from monitor.store.engine import transaction
from monitor.store.schema import CallRow

KEY_DIGITS = 7
COLUMNS = ("key", "dials", "finished", "connects", "finished_connects", "effective", "talk_micros")


async def by_number(
    engine: AsyncEngine,
    start: float,
    end: float,
    effective_seconds: float,
    country_code: str,
    trunk_prefix: str,
    agents: Collection[tuple[str, str]] | None = None,
) -> list[tuple[Any, ...]]:
    """Sums (``COLUMNS``) of the dials begun in ``[start, end)``, by the national number's first seven digits.

    Raises ``StoreError``.
    """
    over = CallRow.ended_at.is_not(None)
    key = _key(country_code, trunk_prefix).label("key")

    def count(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.sum(case((condition, 1), else_=0))

    talk = func.sum(case((IS_CONNECT, func.round(CallRow.talk_seconds * 1_000_000)), else_=0))
    query = select(
        key,
        count(IS_DIAL),
        count(and_(IS_DIAL, over)),
        count(IS_CONNECT),
        count(and_(IS_CONNECT, over)),
        count(and_(IS_CONNECT, CallRow.talk_seconds >= effective_seconds)),
        talk,
    ).where(OUTBOUND, CallRow.started_at >= start, CallRow.started_at < end)
    if agents is not None:
        query = query.where(_by(agents))
    async with transaction(engine) as connection:
        rows = (await connection.execute(query.group_by("key"))).all()
    return sorted((row[0] or "", *map(int, row[1:])) for row in rows)


def _key(country_code: str, trunk_prefix: str) -> ColumnElement[str]:
    """The first digits as ``contacts.Numbering`` writes a number: without country code and prefix; abroad with ``+``."""
    number: ColumnElement[Any] = CallRow.__table__.c.number

    def national(cut: int) -> ColumnElement[str]:
        rest = func.substr(number, cut + 1)
        if not trunk_prefix:
            return func.substr(rest, 1, KEY_DIGITS)
        begun = rest.like(f"{trunk_prefix}%")
        return case(
            (begun, func.substr(rest, len(trunk_prefix) + 1, KEY_DIGITS)),
            else_=func.substr(rest, 1, KEY_DIGITS),
        )

    return case(
        (number.like(f"+{country_code}%"), national(1 + len(country_code))),
        (number.like(f"00{country_code}%"), national(2 + len(country_code))),
        (number.like("+%"), func.substr(number, 1, KEY_DIGITS)),
        (number.like("00%"), literal("+").concat(func.substr(number, 3, KEY_DIGITS - 1))),
        (
            # Carriers show mobile callers as 8613…: no national number is so long.
            and_(literal(country_code == "86"), number.like("861%"), func.length(number) == 13),
            func.substr(number, 3, KEY_DIGITS),
        ),
        else_=national(0),
    )


def _by(agents: Collection[tuple[str, str]]) -> ColumnElement[bool]:
    by_pbx: dict[str, list[str]] = {}
    for pbx, agent in sorted(agents):
        by_pbx.setdefault(pbx, []).append(agent)
    return or_(
        false(), *(and_(CallRow.pbx == pbx, CallRow.agent.in_(names)) for pbx, names in by_pbx.items())
    )
