"""Prepared frames are what ``websockets`` itself would send, and what it understands."""

from __future__ import annotations

import zlib

import pytest
from websockets.frames import Frame, Opcode

from monitor.web.frames import COMPRESSED_TEXT, PING, TEXT, Prepared, frame


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65535, 65536])
def test_a_frame_is_the_one_websockets_makes(length: int) -> None:
    payload = b"x" * length
    assert frame(TEXT, payload) == Frame(Opcode.TEXT, payload).serialize(mask=False)


def test_a_ping_is_the_one_websockets_makes() -> None:
    assert Frame(Opcode.PING, b"").serialize(mask=False) == PING


def test_deflated_is_the_payload_compressed_without_context() -> None:
    payload = '{"type":"snapshot","名":"张伟"}'.encode() * 40
    message = Prepared(payload)
    assert message.deflated[0] == COMPRESSED_TEXT
    assert message.deflated is message.deflated
    start = 2 if message.deflated[1] < 126 else 4
    inflated = zlib.decompressobj(-15).decompress(message.deflated[start:] + b"\0\0\xff\xff")
    assert inflated == payload


def test_what_is_short_is_not_compressed() -> None:
    message = Prepared(b"{}")
    assert message.deflated == message.plain == b"\x81\x02{}"
