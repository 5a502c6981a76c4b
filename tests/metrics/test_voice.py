"""Loss, jitter, round trip and MOS from RTCP report blocks, and the traps in them (AMI.md 5.3)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from monitor.domain import VoiceQuality
from monitor.metrics.voice import VoiceAccumulator, e_model_r, mos
from monitor.pbx.capture_file import read_capture
from monitor.pbx.wire import Framer, headers

TRACES = Path(__file__).parents[1] / "traces"


def quality(*blocks: dict[str, Any]) -> VoiceQuality | None:
    gathered = VoiceAccumulator()
    for block in blocks:
        gathered.add(
            **{
                "received": True,
                "ssrc": "0x1",
                "source_ssrc": "0x2",
                "fraction_lost": 0,
                "cumulative_lost": 0,
                "highest_sequence": 0,
                "sequence_cycles": 0,
                "jitter": 0.0,
                "rtt": None,
                "sent_packets": None,
                "leg": "a",
                **block,
            }
        )
    return gathered.result()


def figures(*blocks: dict[str, Any]) -> VoiceQuality:
    found = quality(*blocks)
    assert found is not None
    return found


def block(sequence: int, lost: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "highest_sequence": sequence % 65536,
        "sequence_cycles": sequence // 65536,
        "cumulative_lost": lost % (1 << 24),
        **more,
    }


def test_the_e_model_gives_the_check_value_of_its_definition() -> None:
    r = e_model_r(3.0, 150.0)
    assert (round(r, 1), round(mos(r), 2)) == (82.9, 4.13)


@pytest.mark.parametrize(("loss", "delay", "r"), [(0.0, 0.0, 93.2), (0.0, 100.0, 93.2), (100.0, 9000.0, 0.0)])
def test_the_rating_stays_in_its_range(loss: float, delay: float, r: float) -> None:
    assert e_model_r(loss, delay) == pytest.approx(r)


@pytest.mark.parametrize(("r", "score"), [(0.0, 1.0), (6.0, 1.0), (93.2, 4.41), (100.0, 4.5)])
def test_mos_stays_between_1_and_4_5(r: float, score: float) -> None:
    assert mos(r) == pytest.approx(score, abs=0.01)


def test_no_score_from_fewer_than_two_reports_of_a_stream() -> None:
    assert quality() is None
    assert quality(block(500)) is None
    assert quality(block(500), block(900, leg="b"), block(700, received=False)) is None


def test_loss_is_what_was_lost_of_what_was_sent_between_the_reports() -> None:
    found = figures(block(1000, 7), block(1250, 17), block(1500, 27))
    assert found.loss_percent == 4.0
    assert found.reports == 3


def test_loss_is_a_signed_number_printed_as_unsigned() -> None:
    assert figures(block(1000), block(1250, -2)).loss_percent == 0.0
    assert figures(block(1000, -2), block(1250, 8)).loss_percent == 4.0


def test_the_sequence_runs_over_65535() -> None:
    assert figures(block(65_500), block(65_750, 10)).loss_percent == 4.0


def test_a_new_ssrc_starts_anew_and_adds_to_its_direction() -> None:
    found = figures(
        block(1000, 50),
        block(1250, 55),
        block(40_000, 0, source_ssrc="0x9"),
        block(40_250, 5, source_ssrc="0x9"),
    )
    assert found.loss_percent == 2.0


def test_a_sender_that_begins_anew_under_its_old_ssrc_is_no_loss() -> None:
    assert figures(block(50_000, 90), block(50_250, 90), block(100, 0), block(350, 0)).loss_percent == 0.0


def test_a_late_and_a_repeated_report_change_nothing() -> None:
    once = figures(block(1000), block(1250, 5), block(1500, 10))
    again = figures(block(1000), block(1500, 10), block(1250, 5), block(1500, 10))
    assert (once.loss_percent, again.loss_percent) == (2.0, 2.0)


def test_the_worst_direction_is_shown() -> None:
    found = figures(
        block(0, jitter=16.0),
        block(250, 5, jitter=16.0),
        block(0, received=False),
        block(250, 0, received=False),
    )
    assert (found.loss_percent, found.jitter_ms) == (2.0, 2.0)


def test_round_trips_that_cannot_be_are_dropped() -> None:
    trips = (0.0, -0.1, 65_535.99, 5.01, 0.12, None, 0.14)
    assert figures(*(block(n * 250, rtt=trip) for n, trip in enumerate(trips))).rtt_ms == 130.0
    unknown = figures(block(0, rtt=0.0), block(250))
    assert unknown.rtt_ms is None
    assert unknown.mos == 4.41


def test_the_round_trip_is_the_farther_legs() -> None:
    near = [block(n * 250, rtt=0.002, leg="agent") for n in range(3)]
    far = [block(n * 250, rtt=0.12) for n in range(3)]
    assert figures(*near, *far).rtt_ms == 120.0


def test_a_real_call_with_5_percent_loss_120_ms_round_trip_and_10_ms_jitter() -> None:
    """The capture's truth says what its far end injected."""
    gathered, framer = VoiceAccumulator(), Framer()
    for mark in read_capture(TRACES / "out_rtcp_quality.ami.gz"):
        for message in framer.feed(mark.data):
            row = headers(message)
            if not row.get("Event", "").startswith("RTCP") or "Report0SourceSSRC" not in row:
                continue
            gathered.add(
                received=row["Event"] == "RTCPReceived",
                ssrc=row["SSRC"],
                source_ssrc=row["Report0SourceSSRC"],
                fraction_lost=int(row["Report0FractionLost"]),
                cumulative_lost=int(row["Report0CumulativeLost"]),
                highest_sequence=int(row["Report0HighestSequence"]),
                sequence_cycles=int(row["Report0SequenceNumberCycles"]),
                jitter=float(row["Report0IAJitter"]),
                rtt=float(row["RTT"]) if "RTT" in row else None,
                sent_packets=None,
                leg=row["Uniqueid"],
            )
    found = gathered.result()
    assert found is not None
    assert found.loss_percent is not None
    assert 5.0 <= found.loss_percent <= 6.0  # 5 % by chance: 14 of 250 in each interval
    assert found.jitter_ms == pytest.approx(10.0, abs=1.0)
    assert found.rtt_ms == pytest.approx(120.0, abs=2.0)
    assert found.mos is not None
    assert 3.6 < found.mos < 4.1
