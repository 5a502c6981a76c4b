"""Voice quality from RTCP report blocks: loss, jitter, round trip, and the E-model's MOS.

Only what was reported counts: no report, no figure. Traps closed here (AMI.md 5.3): loss is a signed
24-bit number printed as unsigned, a round trip may be stored before it was checked, a dead stream
reports no loss, counters start anew with every SSRC.
"""

from __future__ import annotations

import math
from statistics import median

from monitor.domain import VoiceQuality

#: RTP clock of G.711, G.722 and G.729 (RFC 3551); the codec is not in the event.
CLOCK_HZ = 8000
MAX_RTT_SECONDS = 5.0
#: A sequence this little behind the last report's is late or sent twice; further back, the sender began anew.
LATE_PACKETS = 3000
#: ITU-T G.113: equipment impairment and robustness of G.711 with packet loss concealment.
G711_IE, G711_BPL = 0.0, 25.1
#: Packetisation, jitter buffer and codec beside half the round trip.
LOCAL_DELAY_MS = 30.0

_SIGN, _WRAP = 1 << 23, 1 << 24


def e_model_r(
    loss_percent: float, one_way_ms: float, *, ie: float = G711_IE, bpl: float = G711_BPL, burst: float = 1.0
) -> float:
    """Rating factor R, 0 to 93.2 (ITU-T G.107, narrow band; METRICS.md gives the formula)."""
    delay = 0.0
    if one_way_ms > 100:
        x = math.log2(one_way_ms / 100)
        delay = 25 * ((1 + x**6) ** (1 / 6) - 3 * (1 + (x / 3) ** 6) ** (1 / 6) + 2)
    effective = ie if loss_percent <= 0 else ie + (95 - ie) * loss_percent / (loss_percent / burst + bpl)
    return max(0.0, 93.2 - delay - effective)


def mos(r: float) -> float:
    """Mean opinion score of a rating factor, 1 to 4.5 (ITU-T G.107 annex B)."""
    return min(4.5, max(1.0, 1 + 0.035 * r + 7e-6 * r * (r - 60) * (100 - r)))


class _Direction:
    """What one side of one leg tells about the stream it hears. Counters start anew with every SSRC."""

    __slots__ = ("expected", "jitter", "last", "lost", "reports")

    def __init__(self) -> None:
        self.expected = 0
        self.lost = 0
        self.jitter = 0.0
        self.reports = 0
        #: SSRC heard → extended sequence and cumulative loss of its last report.
        self.last: dict[str, tuple[int, int]] = {}

    def add(self, source_ssrc: str, sequence: int, lost: int, jitter: float) -> None:
        before = self.last.get(source_ssrc)
        if before is not None and 0 <= before[0] - sequence < LATE_PACKETS:
            return
        self.reports += 1
        self.jitter += jitter
        self.last[source_ssrc] = (sequence, lost)
        if before is None:
            return
        # What was lost before the first report can't be told: nobody says with which number a stream began.
        expected, gone = sequence - before[0], lost - before[1]
        if abs(gone) <= expected:
            self.expected += expected
            self.lost += gone

    def loss(self) -> float:
        """Share of the packets that did not arrive; duplicates may count against them, so never below 0."""
        return max(0, self.lost) / self.expected


class VoiceAccumulator:
    """Gathers the report blocks of one call; ``result`` is its worst direction."""

    __slots__ = ("_directions", "_reports", "_rtts")

    def __init__(self) -> None:
        self._directions: dict[tuple[str, bool], _Direction] = {}
        self._rtts: dict[str, list[float]] = {}
        self._reports = 0

    def add(
        self,
        *,
        received: bool,
        ssrc: str,
        source_ssrc: str,
        fraction_lost: int,
        cumulative_lost: int,
        highest_sequence: int,
        sequence_cycles: int,
        jitter: float,
        rtt: float | None,
        sent_packets: int | None,
        leg: str,
    ) -> None:
        """Take a report block: ``jitter`` in RTP clock units, ``rtt`` in seconds (0: not known yet)."""
        self._reports += 1
        lost = cumulative_lost - _WRAP if cumulative_lost >= _SIGN else cumulative_lost
        sequence = sequence_cycles * 65536 + highest_sequence
        self._directions.setdefault((leg, received), _Direction()).add(source_ssrc, sequence, lost, jitter)
        if rtt is not None and 0 < rtt <= MAX_RTT_SECONDS:
            self._rtts.setdefault(leg, []).append(rtt)

    def result(self) -> VoiceQuality | None:
        """Figures of the worst direction; ``None`` where no direction has two reports of one stream."""
        told = [each for each in self._directions.values() if each.expected]
        if not told:
            return None
        loss = 100.0 * max(each.loss() for each in told)
        jitter = max(each.jitter / each.reports for each in told) / CLOCK_HZ * 1000
        # The median: one report answered out of time tells a round trip that never was.
        rtt = max((1000 * median(trips) for trips in self._rtts.values()), default=None)
        one_way = (rtt or 0.0) / 2 + LOCAL_DELAY_MS + 2 * jitter
        return VoiceQuality(
            mos=round(mos(e_model_r(loss, one_way)), 2),
            loss_percent=round(loss, 2),
            jitter_ms=round(jitter, 1),
            rtt_ms=round(rtt, 1) if rtt is not None else None,
            reports=self._reports,
        )
