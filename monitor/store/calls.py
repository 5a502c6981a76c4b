"""Calls in and out of the tables: values to rows, filters to SQL."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, and_, false, func, not_, or_, select

from monitor.domain import Brief, Call, Direction, LegRole, Outcome, brief
from monitor.store.schema import CallRow, SegmentRow

#: Columns whose text a PBX or a caller chose. PostgreSQL takes neither NUL nor what is too long.
_FROM_OUTSIDE = ("agent", "number", "trunk", "queue")
_LENGTHS: dict[str, int] = {name: CallRow.__table__.c[name].type.length for name in _FROM_OUTSIDE}  # type: ignore[attr-defined]
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Call)
_briefs = msgspec.msgpack.Decoder(list[Brief])


class Part(StrEnum):
    """What agents have to do with a call to be meant: they dialled it, they talked in it, or either."""

    ANY = "any"
    DIALLED = "dialled"
    TALKED = "talked"


class Seat(msgspec.Struct, frozen=True):
    """Calls of an extension that began in ``[start, end)`` (``None``: no end)."""

    pbx: str
    extension: str
    start: float = 0.0
    end: float | None = None


class CallFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which calls: begun in ``[start, end)``, by agents (``8001`` or ``main/8001``), and so on.

    ``others`` turns ``agents`` round: everybody but them. ``part`` says what the agents did in the call.
    ``dial`` and ``connect`` are ``Call.is_dial`` and ``Call.is_connect``, so that a figure finds its calls.
    ``numbers`` are whole numbers as written, ``ids`` calls by name; of either an empty tuple means all.
    ``seats`` are whose calls may be seen at all; ``None`` is everybody's.
    ``trunk`` carried the call (``trunk-a`` or ``main/trunk-a``); ``seized`` was seized for it, perhaps in
    vain; ``seizing`` still is.
    """

    start: float | None = None
    end: float | None = None
    agents: tuple[str, ...] = ()
    others: bool = False
    part: Part = Part.ANY
    number: str | None = None
    numbers: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    seats: tuple[Seat, ...] | None = None
    direction: Direction | str | None = None
    outcome: Outcome | str | None = None
    trunk: str | None = None
    talk_min: float | None = None
    talk_max: float | None = None
    live: bool | None = None
    dial: bool | None = None
    connect: bool | None = None
    complete: bool | None = None
    seized: str | None = None
    seizing: str | None = None


class Page(msgspec.Struct, frozen=True):
    """Some calls, newest first, and where the next page begins (``None``: nowhere)."""

    calls: list[Call]
    next: str | None


def row_of(call: Call) -> dict[str, Any]:
    """The row of a call. What is longer than its column is cut there, and whole in ``body``."""
    short = brief(call)
    row: dict[str, Any] = {
        "id": call.id,
        "pbx": call.pbx,
        "direction": call.direction,
        "agent": call.agent,
        "number": call.number,
        "trunk": call.trunk,
        "queue": call.queue,
        "outcome": call.outcome,
        "phase": call.phase,
        "started_at": call.started_at,
        "answered_at": call.answered_at,
        "ended_at": call.ended_at,
        "ring_seconds": call.ring_seconds,
        "talk_seconds": call.talk_seconds,
        "hold_seconds": call.hold_seconds,
        "hangup_cause": call.hangup_cause,
        "hangup_by": call.hangup_by,
        "complete": call.complete,
        "seized": seized(call),
        "body": _encoder.encode(call),
        "brief": _encoder.encode(short) if short is not None else None,
    }
    for name in _FROM_OUTSIDE:
        text = row[name]
        if text is not None and (len(text) > _LENGTHS[name] or "\0" in text):
            row[name] = text.replace("\0", "")[: _LENGTHS[name]]
    return row


def segment_rows(call: Call) -> list[dict[str, Any]]:
    """The rows of a call's stretches of talk."""
    return [
        {
            "call_id": call.id,
            "position": position,
            "agent": segment.agent,
            "started_at": segment.started_at,
            "ended_at": segment.ended_at,
        }
        for position, segment in enumerate(call.segments)
    ]


def call_of(body: bytes) -> Call:
    """The call of a stored body."""
    return _decoder.decode(body)


def briefs_of(stored: Sequence[bytes]) -> list[Brief]:
    """Many stored briefs, decoded as the one array they make together: twice as fast as one by one."""
    return _briefs.decode(b"".join((b"\xdd", len(stored).to_bytes(4, "big"), *stored)))


def seized(call: Call) -> str:
    """The trunks that a dial seized, as they are searched: ``/trunk-a//trunk-b/+trunk-b+``, the last going on."""
    if call.direction is not Direction.OUTBOUND:
        return ""
    return "".join(
        f"/{leg.endpoint}/" + (f"+{leg.endpoint}+" if leg.ended_at is None and not call.ended else "")
        for leg in call.legs
        if leg.role is LegRole.FAR
    )


#: ``Call.is_dial`` and ``Call.is_connect`` in SQL.
OUTBOUND = CallRow.direction == Direction.OUTBOUND
IS_DIAL = and_(OUTBOUND, func.coalesce(CallRow.outcome, "") != Outcome.AGENT_UNANSWERED)
IS_CONNECT = and_(OUTBOUND, CallRow.answered_at.is_not(None))


def conditions(wanted: CallFilter) -> list[ColumnElement[bool]]:
    """A filter as SQL."""
    found: list[ColumnElement[bool]] = []
    plain = ((CallRow.direction, wanted.direction), (CallRow.outcome, wanted.outcome))
    found += [column == value for column, value in plain if value]
    yes_or_no = (
        (CallRow.ended_at.is_(None), wanted.live),
        (IS_DIAL, wanted.dial),
        (IS_CONNECT, wanted.connect),
        (CallRow.complete.is_(True), wanted.complete),
    )
    found += [condition if value else not_(condition) for condition, value in yes_or_no if value is not None]
    if wanted.start is not None:
        found.append(CallRow.started_at >= wanted.start)
    if wanted.end is not None:
        found.append(CallRow.started_at < wanted.end)
    for trunk, of_name in (
        (wanted.trunk, lambda name: CallRow.trunk == name),
        (wanted.seized, lambda name: CallRow.seized.contains(f"/{name}/", autoescape=True)),
        (wanted.seizing, lambda name: CallRow.seized.contains(f"+{name}+", autoescape=True)),
    ):
        if trunk:
            pbx, _, name = trunk.rpartition("/")
            found += [of_name(name), *([CallRow.pbx == pbx] if pbx else [])]
    if wanted.agents or wanted.part is not Part.ANY or wanted.seats is not None:
        found.append(_of_agents(wanted))
    if wanted.number:
        found.append(CallRow.number.contains(wanted.number, autoescape=True))
    if wanted.numbers:
        found.append(CallRow.number.in_(wanted.numbers))
    if wanted.ids:
        found.append(CallRow.id.in_(wanted.ids))
    if wanted.talk_min is not None:
        found.append(CallRow.talk_seconds >= wanted.talk_min)
    if wanted.talk_max is not None:
        found.append(CallRow.talk_seconds <= wanted.talk_max)
    return found


Those = Callable[[Sequence[str], bool], ColumnElement[bool]]
"""``those(extensions, others)``: the calls of extensions, or of anybody but them."""


def whose(wanted: CallFilter, those: Those) -> ColumnElement[bool]:
    """The calls of the agents wanted, of anybody where none is named: an extension means one at its own PBX."""
    extensions: dict[str, list[str]] = {}
    for each in wanted.agents:
        pbx, _, extension = each.rpartition("/")
        extensions.setdefault(pbx, []).append(extension)
    others = wanted.others or not extensions
    found = [
        and_(CallRow.pbx == pbx, those(named, others)) if pbx else those(named, others)
        for pbx, named in extensions.items()
    ]
    if others:
        found.append(and_(CallRow.pbx.not_in(list(extensions)), those((), True)))
    return or_(*found) if wanted.seats is None else and_(or_(*found), _seated(wanted.seats, those))


def _seated(seats: Sequence[Seat], those: Those) -> ColumnElement[bool]:
    always: dict[str, list[str]] = {}
    found: list[ColumnElement[bool]] = []
    for seat in seats:
        if seat.start <= 0 and seat.end is None:
            always.setdefault(seat.pbx, []).append(seat.extension)
            continue
        when = [CallRow.pbx == seat.pbx, CallRow.started_at >= seat.start]
        when += [] if seat.end is None else [CallRow.started_at < seat.end]
        found.append(and_(*when, those((seat.extension,), False)))
    found += [and_(CallRow.pbx == pbx, those(extensions, False)) for pbx, extensions in always.items()]
    return or_(false(), *found)


def among(agent: ColumnElement[Any]) -> Those:
    """``those`` by a column that names an extension."""
    return lambda extensions, others: (
        and_(agent.is_not(None), agent.not_in(extensions)) if others else agent.in_(extensions)
    )


def _of_agents(wanted: CallFilter) -> ColumnElement[bool]:
    """Calls that agents made or talked in: a transferred call is its second agent's too."""
    segment = SegmentRow.__table__.alias()

    def spoke(extensions: Sequence[str], others: bool) -> ColumnElement[bool]:
        # Without a word of the call in it: it is looked up once, not for each call.
        found = select(segment.c.call_id).where(among(segment.c.agent)(extensions, others))
        if wanted.start is not None:
            found = found.where(segment.c.started_at >= wanted.start)
        return CallRow.id.in_(found)

    dialled = whose(wanted, among(CallRow.__table__.c.agent))
    talked = whose(wanted, spoke)
    return {Part.ANY: or_(dialled, talked), Part.DIALLED: dialled, Part.TALKED: talked}[wanted.part]


def cursor_of(call: Call) -> str:
    """Where the page after this call begins."""
    return base64.urlsafe_b64encode(_encoder.encode((call.started_at, call.id))).decode().rstrip("=")


def after_cursor(cursor: str) -> ColumnElement[bool]:
    """The calls behind a cursor. Raises ``ValueError`` for one that is none of ours."""
    try:
        packed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        started_at, call_id = msgspec.msgpack.decode(packed, type=tuple[float, str])
    except (binascii.Error, msgspec.MsgspecError) as error:
        raise ValueError("no such page") from error
    return or_(CallRow.started_at < started_at, and_(CallRow.started_at == started_at, CallRow.id < call_id))
