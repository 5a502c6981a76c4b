"""A bounded file of batches that could not be stored yet; it survives our own end.

A record is its length, its CRC-32 and the MessagePack of a batch. A torn tail (we were killed while
writing it) is cut off when the file is opened. A batch is flushed to disk before it counts as kept.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import structlog

from monitor.domain import Call, Change, ExtensionStatus, Gap, Outage

log = structlog.get_logger(__name__)

_HEADER = struct.Struct("<II")
_KINDS: dict[str, type] = {"call": Call, "gap": Gap, "extension": ExtensionStatus, "outage": Outage}


class _Item(msgspec.Struct, frozen=True, array_like=True):
    kind: str
    body: msgspec.Raw


_items = msgspec.msgpack.Decoder(list[_Item])


def _encode(changes: Sequence[Change]) -> bytes:
    names = {kind: name for name, kind in _KINDS.items()}
    items = [
        _Item(names[type(change)], msgspec.Raw(msgspec.msgpack.encode(change)))
        for change in changes
        if type(change) in names
    ]
    return msgspec.msgpack.encode(items)


def _decode(data: bytes) -> list[Change]:
    return [msgspec.msgpack.decode(item.body, type=_KINDS[item.kind]) for item in _items.decode(data)]


class Outbox:
    """The file. Raises ``OSError`` where the disk does not take it."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        self._path = path
        self._max = max_bytes
        self._read = 0
        self.size = 0
        if path.exists():
            self._cut_torn_tail()

    def append(self, changes: Sequence[Change]) -> bool:
        """Keep a batch; false if the bound does not allow it."""
        body = _encode(changes)
        record = _HEADER.pack(len(body), zlib.crc32(body)) + body
        if self.size + len(record) > self._max:
            return False
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path.touch()
        # Unbuffered, and at the place we know: a buffer would write the rest of a record that the disk
        # refused when the file is closed, and whatever comes after such a piece could not be read again.
        with self._path.open("r+b", buffering=0) as file:
            file.seek(self.size)
            rest = memoryview(record)
            try:
                while rest:
                    rest = rest[file.write(rest) :]
                os.fsync(file.fileno())
            except OSError:
                os.truncate(self._path, self.size)
                raise
        self.size += len(record)
        return True

    @property
    def empty(self) -> bool:
        """Whether nothing waits."""
        return self.size <= self._read

    def first(self) -> list[Change] | None:
        """The oldest batch that has not been marked ``done``."""
        for _, changes in self._records(self._read):
            return changes
        return None

    def done(self) -> None:
        """The oldest batch is stored; when the last one is, the file goes.

        A file that cannot be read on from here (damaged, or taken away) is set aside, so that nobody
        waits for it for ever.
        """
        before = self._read
        for end, _ in self._records(self._read):
            self._read = end
            break
        if self._read == before and not self.empty:
            log.error("outbox_unreadable", file=str(self._path), bytes=self.size - before)
            if self._path.exists():
                self._path.replace(self._path.with_name(self._path.name + ".unreadable"))
            self._read = self.size = 0
        elif self.empty and self._path.exists():
            self._path.unlink()
            self._read = self.size = 0

    def _records(self, offset: int) -> Iterator[tuple[int, list[Change]]]:
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(offset)
            while header := file.read(_HEADER.size):
                if len(header) < _HEADER.size:
                    return
                length, check = _HEADER.unpack(header)
                body = file.read(length)
                if len(body) < length or zlib.crc32(body) != check:
                    return
                yield file.tell(), _decode(body)

    def _cut_torn_tail(self) -> None:
        end = max((end for end, _ in self._records(0)), default=0)
        if end < self._path.stat().st_size:
            os.truncate(self._path, end)
        self.size = end
        if end == 0:
            self._path.unlink()
