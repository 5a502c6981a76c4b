"""A capture through the same pipeline as a live link: the connections of a capture, one after another.

On a reconnect a live link buffers events until it has asked the PBX what exists, and applies that
first (AMI.md 3.1). A capture shows the same in its bytes: the answers to the list actions that the
capturing program sent. Events up to the end of those lists are held back here just as they are live.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from monitor.domain import Call
from monitor.pbx.pipeline import Pipeline
from monitor.pbx.snapshot import SnapshotBuilder
from monitor.pbx.wire import Framer, decode, event_name, headers

_LIST_ENDS = frozenset((b"CoreShowChannelsComplete", b"StatusComplete"))
_LIST_ITEMS = frozenset(
    (b"CoreShowChannel", b"Status", b"BridgeListItem", b"BridgeInfoChannel", b"DeviceStateChange")
)


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


class _Connection:
    def __init__(self, at: float) -> None:
        self.at = at
        self.reads: list[tuple[float, list[bytes]]] = []
        self.ended_at: float | None = None
        self.stopped = False


def replay(pieces: Iterable[Piece], pipeline: Pipeline) -> list[Call]:
    """All calls of a capture, in order of start; those still going on at its end are incomplete."""
    calls: dict[str, Call] = {}
    last_at = 0.0
    for number, connection in enumerate(_connections(pieces)):
        last_at = _play(connection, pipeline, calls, reconnected=number > 0)
        if connection.ended_at is not None:
            last_at = connection.ended_at
            if not connection.stopped:
                pipeline.disconnected(last_at)
    pipeline.finish(last_at)
    _collect(pipeline, calls)
    return sorted(calls.values(), key=lambda call: (call.started_at, call.id))


def _connections(pieces: Iterable[Piece]) -> Iterator[_Connection]:
    """The capture cut into connections, framed; one connection is held in memory at a time."""
    connection: _Connection | None = None
    framer = Framer()
    at = 0.0
    for piece in pieces:
        at = piece.at if piece.at is not None else at
        if piece.kind == "connect":
            if connection is not None:
                yield connection
            connection, framer = _Connection(at), Framer()
        elif piece.kind == "data":
            if connection is None:
                connection = _Connection(at)
            messages = framer.feed(piece.data)
            if messages:
                connection.reads.append((at, messages))
        elif connection is not None:
            connection.ended_at = at
            connection.stopped = piece.kind == "stop"
            yield connection
            connection = None
    if connection is not None:
        yield connection


def _play(connection: _Connection, pipeline: Pipeline, calls: dict[str, Call], *, reconnected: bool) -> float:
    pipeline.connected(connection.at)
    reads = connection.reads
    at = connection.at
    synced = _lists_end(reads) if reconnected else 0
    if synced:
        builder = SnapshotBuilder()
        for _, messages in reads[:synced]:
            for message in messages:
                if event_name(message) in _LIST_ITEMS and b"\r\nActionID: " in message:
                    builder.add(_row(message))
        pipeline.resync(builder.build(), reads[synced - 1][0])
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


def _lists_end(reads: list[tuple[float, list[bytes]]]) -> int:
    """How many reads it took until the last list answer was complete; 0 where none was asked for."""
    end = 0
    for number, (_, messages) in enumerate(reads, 1):
        if any(event_name(message) in _LIST_ENDS for message in messages):
            end = number
    return end


def _collect(pipeline: Pipeline, calls: dict[str, Call]) -> None:
    for change in pipeline.take():
        if isinstance(change, Call):
            calls[change.id] = change
