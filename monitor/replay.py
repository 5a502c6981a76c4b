"""``dialwatch replay``: captures → calls, as JSON lines or a table; needs no PBX and no database."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO
from zoneinfo import ZoneInfo

import msgspec

from monitor.config import Pbx, Settings
from monitor.domain import Call, Outcome
from monitor.errors import ConfigError
from monitor.metrics.voice import VoiceAccumulator
from monitor.pbx.capture import read_capture
from monitor.pbx.pipeline import Pipeline
from monitor.pbx.replaying import NO_TIMES, replay


def calls_of(path: Path, pbx: Pbx, emergency_numbers: tuple[str, ...] = ()) -> list[Call]:
    """The calls of one capture, in order of start.

    Raises ``CaptureError`` where the file cannot be read.
    """
    return replay(read_capture(path), Pipeline(pbx, emergency_numbers, VoiceAccumulator))


def run(
    files: Sequence[Path],
    format: str,
    settings: Settings,
    *,
    pbx: str | None = None,
    out: IO[str] | None = None,
) -> None:
    """Print the calls of each capture on ``out`` (default stdout)."""
    out = out if out is not None else sys.stdout
    chosen = _choose(settings, pbx)
    for path in files:
        calls = calls_of(path, chosen, settings.site.emergency_numbers)
        if not calls:
            mend = f"is it a capture, and do agents and trunks of [[pbx]] {chosen.name} fit it?"
            print(f"{path}: no calls in it; {mend}", file=sys.stderr)
        if not _has_times(calls):
            print(
                f"{path}: no times: the index {path.name}.idx is missing and events carry no Timestamp; "
                "all durations are unknown",
                file=sys.stderr,
            )
        if format == "jsonl":
            for call in calls:
                print(msgspec.json.encode(contract(call, chosen.recordings)).decode(), file=out)
        else:
            _print_table(calls, settings.site.timezone, out)


def _choose(settings: Settings, name: str | None) -> Pbx:
    if name is None:
        return settings.pbx[0]
    for pbx in settings.pbx:
        if pbx.name == name:
            return pbx
    names = ", ".join(pbx.name for pbx in settings.pbx)
    raise ConfigError(f"--pbx: no PBX is called {name!r} in {settings.path}; there are: {names}")


def _has_times(calls: Iterable[Call]) -> bool:
    return all(NO_TIMES not in call.notes for call in calls)


def contract(call: Call, recordings: Path | None = None) -> dict[str, object]:
    """A call as the replay contract's JSON object (docs/reference/replay.md)."""
    voice = call.voice
    timed = NO_TIMES not in call.notes
    return {
        "id": call.id,
        "pbx": call.pbx,
        "direction": call.direction,
        "agent": call.agent,
        "number": call.number,
        "name": call.name,
        "trunk": call.trunk,
        "started_at": _iso(call.started_at),
        "ringing_at": _iso(call.ringing_at),
        "answered_at": _iso(call.answered_at),
        "ended_at": _iso(call.ended_at),
        # Unknown is not 0: a capture without times has no lengths either.
        "ring_seconds": round(call.ring_seconds, 3) if timed else None,
        "talk_seconds": round(call.talk_seconds, 3) if timed else None,
        "hold_seconds": round(call.hold_seconds, 3) if timed else None,
        "outcome": call.outcome if call.outcome is not None else Outcome.UNKNOWN,
        "hangup_cause": call.hangup_cause,
        "hangup_by": call.hangup_by,
        "recording": relative_recording(call.recording, recordings),
        "segments": [
            {"agent": part.agent, "started_at": _iso(part.started_at), "ended_at": _iso(part.ended_at)}
            for part in call.segments
        ],
        "voice": None
        if voice is None
        else {
            "mos": voice.mos,
            "loss_percent": voice.loss_percent,
            "jitter_ms": voice.jitter_ms,
            "rtt_ms": voice.rtt_ms,
        },
        "complete": call.complete,
        "click_to_dial": call.click_to_dial,
        "queue": call.queue,
        "notes": call.notes,
    }


def relative_recording(path: str | None, root: Path | None) -> str | None:
    """A recording's path below the PBX's recordings folder, where it lies in it."""
    if path is None or root is None:
        return path
    prefix = f"{root}".rstrip("/") + "/"
    return path.removeprefix(prefix)


def _iso(at: float | None) -> str | None:
    if at is None or at <= 0:
        return None
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _print_table(calls: Iterable[Call], zone: ZoneInfo, out: IO[str]) -> None:
    columns = ("begin", "direction", "agent", "number", "outcome", "ring", "talk", "hangup", "trunk", "")
    print("{:19}  {:9} {:6} {:20} {:16} {:>6} {:>7} {:8} {:10} {}".format(*columns), file=out)
    for call in calls:
        begin, ring, talk = "-", "-", "-"
        if NO_TIMES not in call.notes:
            begin = datetime.fromtimestamp(call.started_at, zone).strftime("%Y-%m-%d %H:%M:%S")
            ring, talk = f"{call.ring_seconds:.1f}", f"{call.talk_seconds:.1f}"
        print(
            f"{begin:19}  {call.direction:9} {call.agent or '-':6} {call.number or '-':20} "
            f"{call.outcome or 'open':16} {ring:>6} {talk:>7} "
            f"{call.hangup_by:8} {call.trunk or '-':10} {'' if call.complete else 'incomplete'}".rstrip(),
            file=out,
        )
