"""Captures: what a PBX sent, byte for byte, and beside it when each piece arrived.

A capture is two files: the raw bytes (``X.ami``, or ``X.ami.gz``) and the index (``X.ami.idx``, or
``.idx.gz``). The index has a line ``offset TAB length TAB epoch`` for each read and marks, ``# connect
EPOCH OFFSET``, likewise ``eof`` (the PBX closed), ``drop`` (we did) and ``stop`` (the capture ends).

Only received bytes are written, so no password is ever in one; telephone numbers are, and both files are
readable by their owner alone.
"""

from __future__ import annotations

import gzip
import os
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Literal, Self, cast

import msgspec

from monitor.errors import CaptureError

Kind = Literal["connect", "data", "eof", "drop", "stop"]
MARKS: frozenset[str] = frozenset(("connect", "eof", "drop", "stop"))

#: Bytes read at a time where there is no index.
_BLOCK = 1 << 16
#: Compressed output is flushed after so many bytes, so that little is lost if we are killed.
_FLUSH_EVERY = 1 << 18
#: What a connection begins with; a value cannot look so, it holds no line end.
_GREETING = re.compile(rb"Asterisk Call Manager/[0-9.]+\r\n(?=(?:Response|Event): |$)")
_LONGEST_GREETING = 64
_LONGEST_LINE = 200


class Piece(msgspec.Struct, frozen=True):
    """One read of a capture, or a mark; ``at`` in epoch seconds, ``None`` where there is no index."""

    kind: Kind
    at: float | None
    data: bytes = b""


class CaptureWriter:
    """Writes a capture; compressed if the name ends in ``.gz``. ``size`` is the number of raw bytes.

    Raises ``CaptureError`` where the files cannot be written or hold something already.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.size = 0
        self._unflushed = 0
        self._raw = _create(path)
        try:
            self._index = _create(_index_names(path)[0])
        except CaptureError:
            self._raw.close()
            raise

    def mark(self, kind: Kind, at: float) -> None:
        """Note a connect, eof, drop or stop at ``at`` (epoch seconds)."""
        self._put(b"", f"# {kind} {at:.6f} {self.size}\n")
        self.flush()

    def data(self, data: bytes, at: float) -> None:
        """Append what one read brought."""
        self._put(data, f"{self.size}\t{len(data)}\t{at:.6f}\n")
        self.size += len(data)
        self._unflushed += len(data)
        if self._unflushed >= _FLUSH_EVERY:
            self.flush()

    def close(self) -> None:
        """End both files properly; without this a compressed capture counts as cut off."""
        try:
            try:
                self._raw.close()
            finally:
                self._index.close()
        except OSError as error:
            raise CaptureError(
                f"{self.path}: cannot be completed ({error.strerror}); is the disk full?"
            ) from None

    def discard(self) -> None:
        """Close and remove both files: there was nothing worth keeping."""
        self.close()
        for path in (self.path, _index_names(self.path)[0]):
            path.unlink(missing_ok=True)

    def _put(self, data: bytes, line: str) -> None:
        try:
            self._raw.write(data)
            self._index.write(line.encode("ascii"))
        except OSError as error:
            raise CaptureError(
                f"{self.path}: cannot be written ({error.strerror}); is the disk full?"
            ) from None

    def flush(self) -> None:
        """Give what there is to the system, so that it survives our being killed."""
        self._unflushed = 0
        try:
            self._raw.flush()
            self._index.flush()
        except OSError as error:
            raise CaptureError(
                f"{self.path}: cannot be written ({error.strerror}); is the disk full?"
            ) from None


def _create(path: Path) -> IO[bytes]:
    try:
        if path.exists() and path.stat().st_size:
            raise CaptureError(f"{path}: exists already; give another name or remove it")
        plain = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
    except OSError as error:
        raise CaptureError(
            f"{path}: cannot be created ({error.strerror}); choose a folder that can be written"
        ) from None
    if path.suffix == ".gz":
        return cast("IO[bytes]", _Gzip(plain))
    return plain


class _Gzip(gzip.GzipFile):
    """A gzip writer that closes the file below it, too."""

    def __init__(self, below: IO[bytes]) -> None:
        super().__init__(fileobj=below, mode="wb", compresslevel=4, mtime=0)
        self._below = below

    def close(self) -> None:
        super().close()
        self._below.close()


def read_capture(path: Path) -> Iterator[Piece]:
    """The marks and reads of a capture, in order; without an index one piece per block, without times.

    Raises ``CaptureError`` with one clear message where a file is missing, damaged or cut off.
    """
    if not path.is_file():
        raise CaptureError(f"{path}: there is no such capture")
    for index in _index_names(path):
        if index.is_file():
            return _read_with_index(path, index)
    return _read_without_index(path)


def _index_names(path: Path) -> list[Path]:
    """Where the index of a capture may be: first where its writer puts it."""
    compressed = path.suffix == ".gz"
    base = path.with_suffix("") if compressed else path
    names = [base.with_name(f"{base.name}.idx.gz"), base.with_name(f"{base.name}.idx")]
    return names if compressed else names[::-1]


class _Source:
    """A file of a capture, compressed or not, whose faults come as ``CaptureError``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._taken = 0
        try:
            file = gzip.open(path) if path.suffix == ".gz" else path.open("rb")  # noqa: SIM115 - closed in __exit__
            self._file = cast("IO[bytes]", file)
        except OSError as error:
            raise CaptureError(f"{path}: cannot be read ({error.strerror})") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def take(self, length: int) -> bytes:
        """The next ``length`` bytes, fewer at the end."""
        with self._faults():
            data = self._file.read(length)
        self._taken += len(data)
        return data

    def line(self) -> bytes:
        """The next line, empty at the end."""
        with self._faults():
            return self._file.readline(_LONGEST_LINE)

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except EOFError:
            mend = f"gzip -dc {self._path.name} saves what is whole"
            raise CaptureError(
                f"{self._path}: cut off after {self._taken} bytes or a little more; {mend}"
            ) from None
        except (gzip.BadGzipFile, zlib.error) as error:
            raise CaptureError(f"{self._path}: damaged after {self._taken} bytes ({error})") from None
        except OSError as error:
            raise CaptureError(f"{self._path}: cannot be read ({error.strerror})") from None


def _read_with_index(path: Path, index: Path) -> Iterator[Piece]:
    with _Source(path) as raw, _Source(index) as lines:
        offset = number = 0
        at: float | None = None
        while line := lines.line():
            number += 1
            kind, at, expected, length = _index_line(line, f"{index} line {number}")
            if expected != offset:
                raise CaptureError(
                    f"{index} line {number}: offset {expected} instead of {offset}; not this capture's index"
                )
            data = raw.take(length)
            offset += len(data)
            if len(data) < length:
                raise CaptureError(f"{path}: cut off after {offset} bytes; its index tells of more")
            yield Piece(kind, at, data)
        # A capture that was killed may have written data whose line never reached the index.
        while data := raw.take(_BLOCK):
            yield Piece("data", at, data)


def _index_line(line: bytes, where: str) -> tuple[Kind, float, int, int]:
    """Kind, time, offset and length of an index line."""
    words = line.decode("ascii", "replace").split()
    try:
        if words[0] == "#":
            if words[1] not in MARKS:
                raise ValueError
            return cast("Kind", words[1]), float(words[2]), int(words[3]), 0
        if int(words[1]) < 0:
            raise ValueError
        return "data", float(words[2]), int(words[0]), int(words[1])
    except (ValueError, IndexError):
        raise CaptureError(f"{where}: neither offset, length and time nor a mark") from None


def _read_without_index(path: Path) -> Iterator[Piece]:
    """The bytes, with a connect mark before each greeting."""
    held = b""
    with _Source(path) as raw:
        while True:
            block = raw.take(_BLOCK)
            held += block
            # A greeting may be cut by the block's end, so the last bytes wait for the next block.
            safe = len(held) - _LONGEST_GREETING if block else len(held)
            done = 0
            for found in _GREETING.finditer(held):
                if found.start() < safe:
                    if found.start() > done:
                        yield Piece("data", None, held[done : found.start()])
                    yield Piece("connect", None)
                    done = found.start()
            if safe > done:
                yield Piece("data", None, held[done:safe])
                done = safe
            held = held[done:]
            if not block:
                return
