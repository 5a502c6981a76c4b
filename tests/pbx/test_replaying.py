"""Captures as another PBX would have made them: its names, its ids, its age, its clock."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from monitor.domain import Call
from monitor.pbx.capture_file import Piece, read_capture
from monitor.pbx.pipeline import Pipeline
from monitor.pbx.replaying import replay
from monitor.pbx.wire import Framer
from tests.pbx import captures
from tests.pbx.playbook import Plan

Rewrite = Callable[[bytes, float], bytes]
NAMES = [name for name in captures.NAMES if name != "load"]
CLOCK_AHEAD_SECONDS = 100.0


def pieces(name: str, rewrite: Rewrite | None = None, ahead: float = 0.0) -> Iterator[Piece]:
    """A capture with each of its messages rewritten, received by a clock that is ``ahead`` of the PBX's."""
    framer = Framer()
    for piece in read_capture(captures.TRACES / f"{name}.ami.gz"):
        if piece.kind == "connect":
            framer = Framer()
        at = piece.at or 0.0
        data = piece.data
        if rewrite is not None and data:
            data = b"".join(rewrite(message, at) + b"\r\n\r\n" for message in framer.feed(data))
        yield Piece(piece.kind, at + ahead, data)


def calls(
    name: str, rewrite: Rewrite | None = None, ahead: float = 0.0, plan: Plan | None = None
) -> list[Call]:
    return replay(pieces(name, rewrite, ahead), Pipeline(plan or Plan()))


def told(found: list[Call]) -> list[tuple[object, ...]]:
    """What matters of calls, lengths to a tenth of a second."""
    return sorted(
        (call.direction, call.agent or "", call.number or "", str(call.outcome), call.hangup_by, call.complete,
         *(round(x, 1) for x in (call.ring_seconds, call.talk_seconds, call.hold_seconds)),
         *(segment.agent for segment in call.segments))
        for call in found
    )  # fmt: skip


def other_names(message: bytes, _: float) -> bytes:
    """chan_sip, and trunks with dashes in their names."""
    return message.replace(b"PJSIP/", b"SIP/").replace(b"trunk-a", b"trunk-gz-unicom")


def system_name(message: bytes, _: float) -> bytes:
    """``systemname`` of asterisk.conf stands before each Uniqueid."""
    return re.sub(rb"((?:Uniqueid|Linkedid): )(\d{9,}\.\d+)", rb"\1pbx1-\2", message)


def asterisk_16(message: bytes, _: float) -> bytes:
    """No DialState, no MixMonitorStart, no technology or SIP code."""
    if message.startswith((b"Event: DialState", b"Event: MixMonitor")):
        return b"Event: Nothing"
    return re.sub(rb"\r\n(?:BridgeTechnology|BridgeName|TechCause): [^\r]*", b"", message)


def stamped(message: bytes, at: float) -> bytes:
    """``timestampevents = yes``."""
    head, end, rest = message.partition(b"\r\nPrivilege: ")
    return head + b"\r\nTimestamp: %.6f" % at + end + rest if end else message


@pytest.mark.parametrize("rewrite", [other_names, system_name, asterisk_16])
@pytest.mark.parametrize("name", NAMES)
def test_another_pbx_s_habits_change_nothing(name: str, rewrite: Rewrite) -> None:
    plan = Plan(agents=("SIP/80[0-9][0-9]",)) if rewrite is other_names else Plan()
    assert told(calls(name, rewrite, plan=plan)) == told(calls(name))


@pytest.mark.parametrize("name", NAMES)
def test_a_clock_of_ours_that_is_ahead_changes_no_length(name: str) -> None:
    assert told(calls(name, stamped, ahead=CLOCK_AHEAD_SECONDS)) == told(calls(name))


def test_a_killed_asterisk_is_known_by_its_uptime() -> None:
    cut = [call for call in calls("core_kill") if not call.complete]
    assert [call.hangup_by for call in cut] == ["system", "system"]
    assert all("pbx_restart" in call.notes for call in cut)
