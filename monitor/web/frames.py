"""WebSocket frames made once and sent to everybody.

A server's frames are not masked (RFC 6455 5.1), so the bytes of one message are the same for every
client; the same holds for a compressed message when no context is carried from one to the next
(RFC 7692 7.1.1.1, ``server_no_context_takeover``). So a board of any size is encoded once, compressed
once, and the very same bytes go to a thousand sockets.
"""

from __future__ import annotations

import struct
import zlib
from typing import Final

TEXT: Final = 0x81
"""First byte of an unfragmented text frame."""
COMPRESSED_TEXT: Final = 0xC1
"""The same with RSV1: the payload is deflated."""
PING: Final = b"\x89\x00"
WINDOW_BITS: Final = 15
"""Deflate window of compressed frames; a client that asks for less gets plain ones."""
_WORTH_COMPRESSING_BYTES: Final = 256


def frame(first_byte: int, payload: bytes) -> bytes:
    """One unmasked frame around ``payload``."""
    length = len(payload)
    if length < 126:
        head = struct.pack("!BB", first_byte, length)
    elif length < 65536:
        head = struct.pack("!BBH", first_byte, 126, length)
    else:
        head = struct.pack("!BBQ", first_byte, 127, length)
    return head + payload


class Prepared:
    """One text message, framed once; deflated at most once, and only when somebody wants it so."""

    __slots__ = ("_deflated", "payload", "plain")

    def __init__(self, payload: bytes) -> None:
        self.payload = payload
        self.plain = frame(TEXT, payload)
        self._deflated: bytes | None = None

    @property
    def deflated(self) -> bytes:
        """The frame for clients that negotiated permessage-deflate; plain where deflate saves nothing."""
        if self._deflated is None:
            self._deflated = self._deflate() if len(self.payload) >= _WORTH_COMPRESSING_BYTES else self.plain
        return self._deflated

    def _deflate(self) -> bytes:
        deflater = zlib.compressobj(level=6, wbits=-WINDOW_BITS)
        data = deflater.compress(self.payload) + deflater.flush(zlib.Z_SYNC_FLUSH)
        # RFC 7692 7.2.1: the empty block that a sync flush ends with is not sent.
        return frame(COMPRESSED_TEXT, data[:-4])
