"""RTCP reports of a leg: what it heard of the PBX, and what the PBX heard of it, every five seconds."""

from __future__ import annotations

import random

from monitor.pbx.simulator.centre import Centre, Line
from monitor.pbx.simulator.parts import Channel
from monitor.pbx.simulator.schedule import Script

INTERVAL_SECONDS = 5.0
#: While a history is made: the same figures from fewer reports.
QUIET_INTERVAL_SECONDS = 20.0
PACKETS_PER_SECOND = 50
CLOCK_HZ = 8000
_NTP_UNIX = 2_208_988_800


class Stream:
    """One direction: packets sent, and how many of them were lost on the way."""

    def __init__(self, dice: random.Random, line: Line) -> None:
        self.ssrc = f"0x{dice.getrandbits(32):08x}"
        self._dice = dice
        self._line = line
        self._first = dice.randrange(30_000)
        self._lost = 0
        self._owed = 0.0
        self.packets = 0

    def advance(self, seconds: float) -> str:
        """Let time pass; returns the report block lines about it, up to the jitter."""
        expected = int(seconds * PACKETS_PER_SECOND)
        self.packets += expected
        self._owed += expected * self._line.loss_percent / 100 * self._dice.uniform(0.4, 1.6)
        lost = int(self._owed)
        self._owed -= lost
        self._lost += lost
        highest = self._first + self.packets
        jitter = int(self._line.jitter_ms * CLOCK_HZ / 1000 * self._dice.uniform(0.7, 1.3))
        return (
            f"Report0FractionLost: {min(255, 256 * lost // max(1, expected))}\r\n"
            f"Report0CumulativeLost: {self._lost}\r\nReport0HighestSequence: {highest % 65536}\r\n"
            f"Report0SequenceNumberCycles: {highest // 65536}\r\nReport0IAJitter: {jitter}\r\n"
        )


def reports(centre: Centre, channel: Channel) -> Script:
    """Sends the reports of one leg until it ends. A phone on mute still sends RTCP: only the end stops it."""
    x, dice = centre.exchange, centre.random
    line = centre.line_of(channel.device.partition("/")[2])
    ours, theirs = Stream(dice, line), Stream(dice, line)
    here, there = (
        f"127.0.0.1:{dice.randrange(10_001, 20_000, 2)}",
        f"127.0.0.1:{dice.randrange(30_001, 40_000, 2)}",
    )
    quality = max(1.0, 88.1 - 9.0 * line.loss_percent)
    phase = dice.uniform(1.0, 4.0)
    interval = QUIET_INTERVAL_SECONDS if x.quiet else INTERVAL_SECONDS
    heard = False
    while True:
        yield phase
        if not channel.alive:
            return
        block = ours.advance(interval if heard else phase)
        rtt = line.rtt_ms / 1000 * dice.uniform(0.85, 1.25) if heard else 0.0
        x.send(
            "RTCPReceived",
            "reporting",
            channel.fields(),
            _addresses(here, there),
            f"RTT: {rtt:.4f}\r\nMES: {quality:.1f}\r\n",
            _sender(x.now, theirs),
            _block(ours.ssrc, block, x.now, heard=heard),
        )
        yield interval - phase
        if not channel.alive:
            return
        block = theirs.advance(interval)
        x.send(
            "RTCPSent",
            "reporting",
            channel.fields(),
            _addresses(there, here),
            f"MES: {quality:.1f}\r\n",
            _sender(x.now, ours),
            _block(theirs.ssrc, block, x.now, heard=heard),
        )
        heard = True


def summary(centre: Centre, channel: Channel, seconds: float) -> None:
    """RTPAUDIOQOS: the leg's figures at its end; jitter and round trip in seconds there."""
    line = centre.line_of(channel.device.partition("/")[2])
    packets = int(seconds * PACKETS_PER_SECOND)
    lost = int(packets * line.loss_percent / 100)
    jitter = f"{line.jitter_ms / 1000:.6f}"
    dice = centre.random
    centre.exchange.variable(
        channel,
        "RTPAUDIOQOS",
        f"ssrc={dice.getrandbits(32)};themssrc={dice.getrandbits(32)};lp={lost};rxjitter={jitter};"
        f"rxcount={packets - lost};txjitter={jitter};txcount={packets};rlp={lost};"
        f"rtt={line.rtt_ms / 1000:.6f};rxmes=88.087887;txmes=88.087887",
    )


def _addresses(to: str, source: str) -> str:
    return f"To: {to}\r\nFrom: {source}\r\n"


def _sender(now: float, stream: Stream) -> str:
    return (
        f"SSRC: {stream.ssrc}\r\nPT: 200(SR)\r\nReportCount: 1\r\nSentNTP: {now:.6f}\r\n"
        f"SentRTP: {stream.packets * 160}\r\nSentPackets: {stream.packets}\r\n"
        f"SentOctets: {stream.packets * 160}\r\n"
    )


def _block(source: str, block: str, now: float, *, heard: bool) -> str:
    # The middle 32 bits of the NTP time of the last report heard; 0 while there was none (RFC 3550).
    last = int((now + _NTP_UNIX - 2.0) * 65536) & 0xFFFFFFFF if heard else 0
    delay = "1.9980" if heard else "0.0000"
    return f"Report0SourceSSRC: {source}\r\n{block}Report0LSR: {last}\r\nReport0DLSR: {delay}\r\n"
