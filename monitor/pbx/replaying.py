"""A capture through the same pipeline as a live link: the connections of a capture, one after another.

On a reconnect a live link buffers events until it has asked the PBX what exists, and applies that
first (AMI.md 3.1). A capture shows the same in its bytes: the answers to the list actions that the
capturing program sent. Events up to the end of those lists are held back here just as they are live.

Without an index nobody knows when a message came. Its ``Timestamp`` says it then, where it has one; where
there is none either, the order of the bytes is all there is: messages get a time each that only counts
them, so that the calls come out as they were, and every time is taken out of the calls again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

import msgspec

from monitor.domain import Call, Hold, Leg, Segment, Transfer
from monitor.pbx.decoding import stamp, wanted
from monitor.pbx.pipeline import Pipeline
from monitor.pbx.resync import Process, has_restarted
from monitor.pbx.snapshot import ChannelRow, Snapshot, SnapshotBuilder
from monitor.pbx.wire import Framer, decode, event_name, headers

#: The lists that tell of every channel there is, and those that tell of some or of other things.
_WHOLE_ENDS = frozenset((b"CoreShowChannelsComplete", b"StatusComplete"))
_LIST_ENDS = _WHOLE_ENDS | {b"BridgeListComplete", b"BridgeInfoComplete", b"DeviceStateListComplete"}
_LIST_ITEMS = frozenset(
    (b"CoreShowChannel", b"Status", b"BridgeListItem", b"BridgeInfoChannel", b"DeviceStateChange")
)

#: The lists are asked for right after the login; one that ends later than this was somebody's other wish.
_LISTS_SECONDS = 30.0

#: Note of a call out of a capture that tells no times at all.
NO_TIMES = "no_times"

#: What a message without any time counts: some two dozen make a ``SWAP_SECONDS`` (interpret.py), some
#: hundreds the time in which a finished call may be corrected.
_TICK_SECONDS = 0.02


class Piece(Protocol):
    """One entry of a capture: a mark, or the bytes of one read."""

    @property
    def kind(self) -> str:
        """``connect``, ``data``, ``eof``, ``drop`` or ``stop``."""

    @property
    def at(self) -> float | None:
        """When, in epoch seconds; ``None`` in a capture without index."""

    @property
    def data(self) -> bytes:
        """The bytes, empty for a mark."""


class _Clock:
    """When a message came, for a capture whose index may be missing."""

    def __init__(self) -> None:
        self.now = 1.0
        self.known = False

    def read(self, piece: Piece, messages: list[bytes]) -> Iterator[tuple[float, list[bytes]]]:
        """The messages of a piece with the time of each, as few lists as that takes."""
        if piece.at is not None:
            self.now, self.known = piece.at, True
            yield self.now, messages
            return
        for message in messages:
            told = stamp(message)
            if told is not None:
                self.now, self.known = max(self.now, told), True
            elif not self.known and wanted(message):
                self.now += _TICK_SECONDS
            yield self.now, [message]

    def mark(self, piece: Piece) -> float:
        """When a mark was made."""
        if piece.at is not None:
            self.now, self.known = piece.at, True
        return self.now


class _Connection:
    def __init__(self, at: float) -> None:
        self.at = at
        self.reads: list[tuple[float, list[bytes]]] = []
        self.ended_at: float | None = None
        self.stopped = False


class _Before:
    """What the connections so far told of the PBX's own life."""

    def __init__(self) -> None:
        self.heard_at = 0.0
        self.process: Process | None = None


def replay(pieces: Iterable[Piece], pipeline: Pipeline) -> list[Call]:
    """All calls of a capture, in order of start; those still going on at its end are incomplete.

    Of a capture without times they have none: every instant and length is 0 or ``None``, and ``notes``
    has ``NO_TIMES``.
    """
    calls: dict[str, Call] = {}
    clock, before = _Clock(), _Before()
    last_at = 0.0
    for number, connection in enumerate(_connections(pieces, clock)):
        last_at = _play(connection, pipeline, calls, clock, before, reconnected=number > 0)
        before.heard_at = last_at
        if connection.ended_at is not None:
            last_at = connection.ended_at
            if not connection.stopped:
                pipeline.disconnected(last_at)
    pipeline.finish(last_at)
    _collect(pipeline, calls)
    found = sorted(calls.values(), key=lambda call: (call.started_at, call.id))
    return found if clock.known else [_without_times(call) for call in found]


def _connections(pieces: Iterable[Piece], clock: _Clock) -> Iterator[_Connection]:
    """The capture cut into connections, framed; one connection is held in memory at a time."""
    connection: _Connection | None = None
    framer = Framer()
    for piece in pieces:
        if piece.kind == "connect":
            if connection is not None:
                connection.ended_at = clock.now
                yield connection
            connection, framer = _Connection(clock.mark(piece)), Framer()
        elif piece.kind == "data":
            if connection is None:
                connection = _Connection(clock.mark(piece))
            messages = framer.feed(piece.data)
            if messages:
                connection.reads += clock.read(piece, messages)
        elif connection is not None:
            connection.ended_at = clock.mark(piece)
            connection.stopped = piece.kind == "stop"
            yield connection
            connection = None
    if connection is not None:
        yield connection


def _play(
    connection: _Connection,
    pipeline: Pipeline,
    calls: dict[str, Call],
    clock: _Clock,
    before: _Before,
    *,
    reconnected: bool,
) -> float:
    pipeline.connected(connection.at)
    reads = connection.reads
    at = connection.at
    synced = _lists_end(reads, connection.at)
    if synced or reconnected:
        builder = SnapshotBuilder()
        ended: set[bytes | None] = set()
        for read_at, messages in reads[: max(synced, 1)]:
            for message in messages:
                if (told := stamp(message)) is not None:
                    pipeline.stamped(told, read_at)
                name = event_name(message)
                ended.add(name)
                if name in _LIST_ITEMS and b"\r\nActionID: " in message:
                    builder.add(_row(message))
        process = _process(connection)
        restarted = reconnected and has_restarted(before.process, process, process.heard - before.heard_at)
        before.process = process
        snapshot = builder.build(
            whole=not ended.isdisjoint(_WHOLE_ENDS), bridges=b"BridgeListComplete" in ended
        )
        pipeline.resync(
            snapshot if clock.known else _undated(snapshot),
            reads[synced - 1][0] if synced else connection.at,
            restarted=restarted,
        )
        _collect(pipeline, calls)
    for at, messages in reads:
        pipeline.received(messages, at)
        _collect(pipeline, calls)
    return at


def _row(message: bytes) -> dict[str, str]:
    """Headers of a list item; each channel variable asked for is a ``Variable: name=value`` line of its own."""
    row = headers(message)
    for line in decode(message).split("\r\n"):
        if line.startswith("Variable: "):
            name, _, value = line.removeprefix("Variable: ").partition("=")
            row[name] = value
    return row


def _process(connection: _Connection) -> Process:
    """Since when Asterisk runs, as FullyBooted and the answer to CoreStatus tell it."""
    found: dict[str, str] = {}
    heard = connection.at
    for at, messages in connection.reads:
        if at > connection.at + _LISTS_SECONDS:
            break
        for message in messages:
            if event_name(message) == b"FullyBooted":
                heard = at
            elif b"\r\nCoreStartupDate: " not in message:
                continue
            found = {**headers(message), **found}
    started = " ".join(found[key] for key in ("CoreStartupDate", "CoreStartupTime") if found.get(key))
    uptime = found.get("Uptime", "")
    return Process(heard, float(uptime) if uptime.isdecimal() else None, started or None)


def _lists_end(reads: list[tuple[float, list[bytes]]], connected_at: float) -> int:
    """How many reads it took until the last list answer was complete; 0 where none was asked for."""
    end = 0
    for number, (at, messages) in enumerate(reads, 1):
        if at > connected_at + _LISTS_SECONDS:
            break
        if any(event_name(message) in _LIST_ENDS for message in messages):
            end = number
    return end


def _undated(snapshot: Snapshot) -> Snapshot:
    """The snapshot without the times in it: beside messages that are only counted they would mean nothing."""
    rows: list[ChannelRow] = [
        msgspec.structs.replace(row, created_at=0.0, answered_at=None) for row in snapshot.channels
    ]
    return msgspec.structs.replace(snapshot, channels=tuple(rows))


def _without_times(call: Call) -> Call:
    """The call without any instant or length, for a capture that told none."""
    return msgspec.structs.replace(
        call,
        started_at=0.0,
        ringing_at=None,
        answered_at=None,
        ended_at=None,
        ring_seconds=0.0,
        talk_seconds=0.0,
        hold_seconds=0.0,
        segments=tuple(Segment(agent=part.agent, started_at=0.0) for part in call.segments),
        holds=tuple(Hold(agent=part.agent, started_at=0.0) for part in call.holds),
        transfers=tuple(Transfer(kind=each.kind, at=0.0, by=each.by, to=each.to) for each in call.transfers),
        legs=tuple(_undated_leg(leg) for leg in call.legs),
        notes=tuple(sorted({*call.notes, NO_TIMES})),
    )


def _undated_leg(leg: Leg) -> Leg:
    return msgspec.structs.replace(
        leg, started_at=0.0, ringing_at=None, answered_at=None, ended_at=None, requested_hangup_at=None
    )


def _collect(pipeline: Pipeline, calls: dict[str, Call]) -> None:
    for change in pipeline.take():
        if isinstance(change, Call):
            calls[change.id] = change
