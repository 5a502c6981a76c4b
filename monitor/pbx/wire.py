"""Sans-IO framing of the Asterisk manager protocol: bytes in, whole messages out.

A message is a run of ``Key: value`` lines ended by an empty line (CRLF CRLF); the first thing a
server sends is a one-line banner. The framer cuts at message ends only, so a chunk boundary may fall
anywhere, inside a UTF-8 character too: text is decoded per whole message, never per chunk.

Only the first line of a message names its kind. ``Event: `` inside a value is part of that value.
"""

from __future__ import annotations

LINE_END = b"\r\n"
MESSAGE_END = b"\r\n\r\n"
BANNER = b"Asterisk Call Manager"
EVENT = b"Event: "
RESPONSE = b"Response: "

#: A message longer than this is hostile or broken: the longest seen in captures is under 4 KB.
MAX_MESSAGE_BYTES = 1 << 20


class Framer:
    """Cuts one connection's byte stream into messages; make a new one for each connection.

    ``banner`` is the server's greeting once it has come. ``oversize`` counts messages thrown away
    because they were longer than ``max_message`` bytes.
    """

    __slots__ = ("_buffer", "_greeted", "_max", "_skipping", "banner", "oversize")

    def __init__(self, max_message: int = MAX_MESSAGE_BYTES) -> None:
        self._buffer = bytearray()
        self._max = max_message
        self._skipping = False
        self._greeted = False
        self.banner: str | None = None
        self.oversize = 0

    def cut(self, data: bytes) -> bytes:
        """Take the next bytes; return the messages they complete in one piece, with empty lines between them.

        ``split`` takes them apart. One piece is cheaper to look through than a hundred.
        """
        buffer = self._buffer
        # What is kept is joined to the new bytes only where it must be: a long message in small reads would
        # be copied again with each.
        if buffer and (not self._greeted or MESSAGE_END in buffer[-3:] + data[:3]):
            data = bytes(buffer) + data
            buffer.clear()
        if not self._greeted:
            data = self._greet(data)
        last = data.rfind(MESSAGE_END) if self._greeted else -1
        if last < 0:
            buffer += data
            self._bound()
            return b""
        whole, rest = data[:last], data[last + 4 :]
        if whole.endswith(LINE_END):  # several empty lines: the first two line ends of them are the end
            pieces = data.split(MESSAGE_END)
            rest = pieces.pop()
            whole = MESSAGE_END.join(pieces)
        if buffer:
            whole = bytes(buffer) + whole
            buffer.clear()
        if self._skipping:
            whole = whole.partition(MESSAGE_END)[2]
            self._skipping = False
        buffer += rest
        self._bound()
        return whole

    def feed(self, data: bytes) -> list[bytes]:
        """Take the next bytes; return the messages they complete, without their empty line."""
        return split(self.cut(data))

    def _greet(self, data: bytes) -> bytes:
        """Take the banner line off the front; a stream without one (a cut capture) passes unchanged."""
        if data.startswith(BANNER):
            end = data.find(b"\r\n")
            if end < 0:
                return data
            self.banner = data[:end].decode("ascii", "replace")
            data = data[end + 2 :]
        elif BANNER.startswith(data):
            return data
        self._greeted = True
        return data

    def _bound(self) -> None:
        if len(self._buffer) <= self._max:
            return
        if not self._skipping:
            self.oversize += 1
        self._skipping = True
        # The last bytes may be the begin of the empty line that ends the message.
        del self._buffer[:-3]


def split(whole: bytes) -> list[bytes]:
    """The messages of a piece that ``Framer.cut`` gave."""
    # Some events end with an empty line too many (TestEvent MIXMONITOR_END of Asterisk 22 does): it
    # sticks to the front of the next message and would hide its name.
    return [m if m[0] != 13 else m.lstrip(LINE_END) for m in whole.split(MESSAGE_END) if m]


def event_name(message: bytes) -> bytes | None:
    """Name of the event, as bytes and without decoding anything; ``None`` if it is no event."""
    if message[:7] != EVENT:
        return None
    end = message.find(b"\r", 7)
    return message[7:] if end < 0 else message[7:end]


def decode(message: bytes, fallback: str = "gb18030") -> str:
    """Text of a message: UTF-8, and line by line ``fallback`` where a line is not UTF-8.

    Old PBXs send names in the site's legacy encoding. A UTF-8 character that the PBX itself cut off
    at the end of a value is dropped rather than taken for legacy text.
    """
    try:
        return message.decode()
    except UnicodeDecodeError:
        return "\r\n".join(_decode_line(line, fallback) for line in message.split(b"\r\n"))


def _decode_line(line: bytes, fallback: str) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":
            return line.decode(errors="ignore")
        return line.decode(fallback, errors="replace")


def headers(message: bytes, fallback: str = "gb18030") -> dict[str, str]:
    """Headers of a message as text. The first of a repeated header wins; empty ones are kept as ``""``."""
    lines = decode(message, fallback).split("\r\n")
    lines.reverse()
    try:
        return dict([line.split(": ", 1) for line in lines])
    except ValueError:
        return _headers_with_odd_lines(lines)


def _headers_with_odd_lines(reversed_lines: list[str]) -> dict[str, str]:
    """The same for messages with ``Key:`` lines, or lines that are no header at all."""
    found: dict[str, str] = {}
    for line in reversed_lines:
        key, colon, value = line.partition(":")
        if colon:
            found[key] = value.removeprefix(" ")
    return found
