"""``dialwatch replay``: every capture of a real Asterisk gives the calls that the phones really made."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from monitor.config import load
from monitor.errors import CaptureError, ConfigError
from monitor.replay import run
from tests.pbx import captures

SETTINGS = load(Path(__file__).parents[1] / "config.toml", env={})

#: Lengths in the truth come from SIPp's logs; the capture has the times of arrival.
SLACK_SECONDS = 0.8


def lines(*files: Path, format: str = "jsonl") -> list[dict[str, Any]]:
    out = io.StringIO()
    run(files, format, SETTINGS, out=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def measured(call: dict[str, Any], key: str) -> float | None:
    """A length from SIPp's log, where it has one."""
    log = call.get("measured_far_end") or call.get("measured_agent_end") or {}
    found = log.get(key, call.get(key))
    return None if found is None else float(found)


@pytest.mark.parametrize("name", captures.NAMES)
def test_every_capture_replays_to_its_truth(name: str) -> None:
    told = lines(captures.TRACES / f"{name}.ami.gz")
    truth = captures.truth(name)
    expected = [call for call in truth["calls"] if call.get("heard", True)]
    assert len(told) == len(expected)
    for call in expected:
        direction = call.get("direction", "outbound")
        outcome = call["outcome"]
        # An inbound call that nobody answered has no agent (DESIGN.md), though one phone may have rung.
        agent = None if direction == "inbound" and outcome != "answered" else call.get("agent")
        found = next(
            (
                c
                for c in told
                if (c["direction"], c["agent"], c["number"]) == (direction, agent, call["remote"])
                and c["outcome"] == outcome
            ),
            None,
        )
        assert found is not None, f"missing: {direction} {agent} {call['remote']} {outcome}"
        told.remove(found)
        if call.get("complete", True) is not True:
            assert found["complete"] is not True or call["complete"] is None
            continue  # nobody saw its end
        if call.get("hangup_by", "unknown") != "unknown":
            assert found["hangup_by"] == call["hangup_by"]
        if call.get("trunk"):
            assert found["trunk"] == call["trunk"]
        assert found["complete"]
        if call.get("recording") and "lean" not in name:
            assert found["recording"]
        talk: dict[str, float] = {}
        for part in found["segments"]:
            talk[part["agent"]] = talk.get(part["agent"], 0.0) + _seconds(part)
        for each, seconds in (call.get("talk_by_agent") or {}).items():
            assert talk.get(each, 0.0) == pytest.approx(seconds, abs=SLACK_SECONDS)
        if not call.get("talk_by_agent") and outcome == "answered" and direction == "outbound" and agent:
            assert found["talk_seconds"] == pytest.approx(measured(call, "talk_s"), abs=SLACK_SECONDS)
        if outcome != "answered":
            assert found["talk_seconds"] == 0


def _seconds(part: dict[str, str]) -> float:
    from datetime import datetime

    begin, end = (datetime.fromisoformat(part[key]) for key in ("started_at", "ended_at"))
    return (end - begin).total_seconds()


#: What tells the order of bytes alone, and what does not need the times.
TIMELESS = ("direction", "agent", "number", "outcome", "hangup_by", "trunk", "queue", "click_to_dial")


@pytest.mark.parametrize("name", [n for n in captures.NAMES if n != "out_answered_timestamps"])
def test_without_an_index_the_calls_are_the_same_and_no_time_is_told(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "bare.ami.gz"
    shutil.copy(captures.TRACES / f"{name}.ami.gz", copy)
    bare, whole = lines(copy), lines(captures.TRACES / f"{name}.ami.gz")
    capsys_err = capsys.readouterr().err
    assert sorted(map(_timeless, bare)) == sorted(map(_timeless, whole))
    assert ("no times" in capsys_err) is bool(bare)
    for call in bare:
        times = [call[key] for key in ("started_at", "ringing_at", "answered_at", "ended_at")]
        lengths = [call[key] for key in ("ring_seconds", "talk_seconds", "hold_seconds")]
        assert [*times, *lengths] == [None] * 7
        assert "no_times" in call["notes"]


def _timeless(call: dict[str, Any]) -> list[str]:
    return [str(call[key]) for key in TIMELESS] + [part["agent"] for part in call["segments"]]


def test_a_capture_whose_events_tell_their_times_needs_no_index(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "bare.ami.gz"
    shutil.copy(captures.TRACES / "out_answered_timestamps.ami.gz", copy)
    (bare,), (whole,) = lines(copy), lines(captures.TRACES / "out_answered_timestamps.ami.gz")
    assert bare == whole
    assert capsys.readouterr().err == ""


#: Two stretches of talk of one agent that only time tells apart, and a BYE that only time puts before the end.
TIMED = ("park_timeout", "xfer_blind_returns", "xfer_attended_outside")


@pytest.mark.parametrize("name", [n for n in captures.SHORT if n not in TIMED])
def test_calls_that_came_in_one_read_are_told_by_the_order_in_it(name: str, tmp_path: Path) -> None:
    copy = tmp_path / "one.ami"
    copy.write_bytes(captures.raw(name))
    at = 1_795_444_000
    (tmp_path / "one.ami.idx").write_text(f"# connect {at} 0\n0\t{copy.stat().st_size}\t{at}\n")
    whole = lines(captures.TRACES / f"{name}.ami.gz")
    assert sorted(map(_timeless, lines(copy))) == sorted(map(_timeless, whole))


def test_a_table_for_people(tmp_path: Path) -> None:
    out = io.StringIO()
    run([captures.TRACES / "out_busy.ami.gz"], "table", SETTINGS, out=out)
    head, row = out.getvalue().splitlines()
    assert head.split()[:3] == ["begin", "direction", "agent"]
    assert "13500135000" in row
    assert "busy" in row


def test_what_is_wrong_is_said_in_one_message(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="nowhere"):
        lines(tmp_path / "nowhere.ami")
    with pytest.raises(ConfigError, match="no PBX is called"):
        run([], "jsonl", SETTINGS, pbx="other")
