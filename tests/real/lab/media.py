"""A far end's RTP and RTCP: echoes a stream and reports on it, with loss, jitter and delay on demand."""

from __future__ import annotations

import asyncio
import random
import struct
import time
from dataclasses import dataclass

NTP_EPOCH = 2208988800
PACKET_SECONDS = 0.02
REPORT_SECONDS = 3.0
SILENCE_SECONDS = 1.5
Address = tuple[str, int]


@dataclass(frozen=True)
class Impairment:
    """What the path does to the voice."""

    loss: float = 0.0
    jitter_ms: float = 0.0
    rtt_ms: float = 0.0


class Media:
    """One RTP port (even) with its RTCP port. Begins to send when the first packet comes."""

    def __init__(self, port: int, impairment: Impairment) -> None:
        self.port = port
        self._impairment = impairment
        self._random = random.Random(port)
        self._tasks: set[asyncio.Task[None]] = set()
        self._received = self._highest = self._first = self._last_report = 0
        self._peer_ssrc = 0
        self._heard = 0.0
        self._last_sr: tuple[int, float] | None = None
        self._rtp: asyncio.DatagramTransport
        self._rtcp: asyncio.DatagramTransport

    @classmethod
    async def open(cls, port: int, impairment: Impairment | None = None) -> Media:
        """Bind ``port`` and ``port + 1``."""
        media = cls(port, impairment or Impairment())
        loop = asyncio.get_running_loop()
        media._rtp, _ = await loop.create_datagram_endpoint(
            lambda: _Rtp(media), local_addr=("127.0.0.1", port)
        )
        media._rtcp, _ = await loop.create_datagram_endpoint(
            lambda: _Rtcp(media), local_addr=("127.0.0.1", port + 1)
        )
        return media

    def close(self) -> None:
        """Stop sending and free the ports."""
        for task in self._tasks:
            task.cancel()
        self._rtp.close()
        self._rtcp.close()

    def voice(self, data: bytes, peer: Address) -> None:
        """A packet of voice has come."""
        if len(data) < 12 or data[0] >> 6 != 2:
            return
        sequence, _, ssrc = struct.unpack("!HII", data[2:12])
        if ssrc != self._peer_ssrc:
            self._peer_ssrc, self._first, self._highest, self._received = ssrc, sequence, sequence, 0
        self._received += 1
        self._highest = max(self._highest, sequence)
        begins = time.monotonic() - self._heard > SILENCE_SECONDS
        self._heard = time.monotonic()
        if begins:
            for task in self._tasks:
                task.cancel()
            task = asyncio.get_running_loop().create_task(self._speak(peer))
            self._tasks = {task}

    def report(self, data: bytes) -> None:
        """A sender report has come; its time is echoed in ours, so that Asterisk can tell the round trip."""
        if len(data) >= 28 and data[1] == 200:
            high, low = struct.unpack("!II", data[8:16])
            self._last_sr = ((high & 0xFFFF) << 16 | low >> 16, time.monotonic())

    async def _speak(self, peer: Address) -> None:
        ssrc, sequence, timestamp = self._random.getrandbits(32), self._random.randrange(30000), 0
        sent, next_report = 0, time.monotonic() + REPORT_SECONDS
        due = time.monotonic()
        while time.monotonic() - self._heard < SILENCE_SECONDS:
            sequence, timestamp, sent, due = sequence + 1, timestamp + 160, sent + 1, due + PACKET_SECONDS
            if self._random.random() >= self._impairment.loss:
                packet = struct.pack("!BBHII", 0x80, 8, sequence & 0xFFFF, timestamp, ssrc) + b"\xd5" * 160
                delay = self._random.random() * self._impairment.jitter_ms / 1000
                asyncio.get_running_loop().call_later(delay, self._send, packet, peer)
            if time.monotonic() >= next_report:
                next_report += REPORT_SECONDS
                self._rtcp.sendto(self._sender_report(ssrc, timestamp, sent), (peer[0], peer[1] + 1))
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    def _send(self, packet: bytes, peer: Address) -> None:
        if not self._rtp.is_closing():
            self._rtp.sendto(packet, peer)

    def _sender_report(self, ssrc: int, timestamp: int, sent: int) -> bytes:
        now = time.time() + NTP_EPOCH
        expected = self._highest - self._first + 1
        lost = max(0, expected - self._received) + int(expected * self._impairment.loss)
        new_expected, self._last_report = expected - self._last_report, expected
        fraction = int(256 * self._impairment.loss) if new_expected > 0 else 0
        last_sr, delay = 0, 0
        if self._last_sr is not None:
            # A shorter delay since their report makes the round trip look longer by as much.
            waited = time.monotonic() - self._last_sr[1] - self._impairment.rtt_ms / 1000
            last_sr, delay = self._last_sr[0], int(max(0.0, waited) * 65536)
        jitter = int(self._impairment.jitter_ms * 8 / 2)
        head = struct.pack("!BBHI", 0x81, 200, 12, ssrc)
        head += struct.pack("!IIIII", int(now), int(now % 1 * 2**32), timestamp, sent, sent * 160)
        block = struct.pack(
            "!IIIIII",
            self._peer_ssrc,
            fraction << 24 | lost & 0xFFFFFF,
            self._highest,
            jitter,
            last_sr,
            delay,
        )
        name = b"far@lab"
        source = struct.pack("!IBB", ssrc, 1, len(name)) + name + b"\0"
        source += b"\0" * (-len(source) % 4)
        return head + block + struct.pack("!BBH", 0x81, 202, len(source) // 4) + source


class _Rtp(asyncio.DatagramProtocol):
    def __init__(self, media: Media) -> None:
        self._media = media

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self._media.voice(data, addr)


class _Rtcp(asyncio.DatagramProtocol):
    def __init__(self, media: Media) -> None:
        self._media = media

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self._media.report(data)
