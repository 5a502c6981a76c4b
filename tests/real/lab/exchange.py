"""The carrier behind both trunks: hands an INVITE to the far end that waits for its number.

Asterisk knows one address per trunk, but scenarios run side by side and each has far ends of its own.
The exchange only passes datagrams on; after the answer the far end and Asterisk speak directly.
"""

from __future__ import annotations

import asyncio
import re
from functools import partial
from typing import cast

TRUNK_PORTS = {"trunk-a": 5071, "trunk-b": 5072}
_URI = re.compile(rb"^(?:INVITE|CANCEL|ACK) sip:([^@]+)@")
_VIA = re.compile(rb"^Via: SIP/2\.0/UDP 127\.0\.0\.1:(\d+)", re.M)
Address = tuple[str, int]


class Exchange:
    """Numbers (as they are sent to the trunk) and the port where their far end listens."""

    def __init__(self) -> None:
        self._ports: dict[tuple[str, str | None], int] = {}
        self._begins: dict[str, int] = {}
        self._lines: list[asyncio.DatagramTransport] = []

    async def open(self) -> None:
        """Listen on the trunks' ports."""
        loop = asyncio.get_running_loop()
        for trunk, port in TRUNK_PORTS.items():
            line = _Line(self, trunk)
            transport, _ = await loop.create_datagram_endpoint(
                partial(_same, line), local_addr=("127.0.0.1", port)
            )
            self._lines.append(transport)

    def close(self) -> None:
        """Stop listening."""
        for line in self._lines:
            line.close()

    def connect(self, number: str, port: int, trunk: str | None = None) -> None:
        """From now on ``number`` is answered at ``port``, through ``trunk`` or through any."""
        self._ports[number, trunk] = port

    def connect_all(self, begin: str, port: int) -> None:
        """Numbers that begin so, and have no far end of their own, are answered at ``port``."""
        self._begins[begin] = port

    def port(self, number: str, trunk: str) -> int | None:
        """Where ``number`` is answered; None for a number nobody has."""
        own = self._ports.get((number, trunk)) or self._ports.get((number, None))
        return own or next((port for begin, port in self._begins.items() if number.startswith(begin)), None)


class _Line(asyncio.DatagramProtocol):
    def __init__(self, exchange: Exchange, trunk: str) -> None:
        self._exchange = exchange
        self._trunk = trunk
        self._asterisk: Address = ("127.0.0.1", 5060)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: Address) -> None:
        if addr[1] != self._asterisk[1]:
            self._transport.sendto(data, self._asterisk)
            return
        if data.startswith(b"SIP/2.0") and (via := _VIA.search(data)):
            # The answer to a far end's BYE comes back the way the BYE came.
            self._transport.sendto(data, ("127.0.0.1", int(via[1])))
            return
        uri = _URI.match(data)
        if uri is None:
            return  # OPTIONS and the like: nobody qualifies these trunks
        port = self._exchange.port(uri[1].decode("ascii", "replace"), self._trunk)
        if port is not None:
            self._transport.sendto(data, ("127.0.0.1", port))
        elif data.startswith(b"INVITE"):
            self._transport.sendto(_not_found(data), addr)


def _same(line: _Line) -> _Line:
    return line


def _not_found(invite: bytes) -> bytes:
    heads = [line for line in invite.split(b"\r\n") if re.match(rb"(Via|From|To|Call-ID|CSeq):", line, re.I)]
    heads = [line + b";tag=nobody" if line.lower().startswith(b"to:") else line for line in heads]
    return b"\r\n".join([b"SIP/2.0 404 Not Found", *heads, b"Content-Length: 0", b"", b""])
