"""What the tracker is told: frozen typed events; raw headers stop before them (``decoding.py``).

``at`` is the PBX's own ``Timestamp`` where it sends one (``timestampevents = yes``), else the time of
arrival. Asterisk writes ``<unknown>`` for an absent party and escapes names C style
(main/manager_channels.c, ast_escape_c_alloc); both are undone here.
"""

from __future__ import annotations

import re

import msgspec


class Event(msgspec.Struct, frozen=True, gc=False):
    """Base of all typed events; ``at`` in epoch seconds."""

    at: float


class NewChannel(Event, frozen=True, gc=False):
    """A channel was created. ``state`` 4 (Ring) means that it called us, 0 (Down) that we call it."""

    uniqueid: str
    channel: str
    linkedid: str
    state: int
    exten: str
    caller_number: str | None
    caller_name: str | None


class NewState(Event, frozen=True, gc=False):
    """A channel changed state: 4 Ring, 5 Ringing, 6 Up, 7 Busy (include/asterisk/channelstate.h)."""

    uniqueid: str
    channel: str
    linkedid: str
    state: int


class HangupRequested(Event, frozen=True, gc=False):
    """The far side of a channel asked for its end."""

    uniqueid: str
    cause: int | None


class HungUp(Event, frozen=True, gc=False):
    """A channel ended; ``cause`` is Q.850, ``tech_cause`` the SIP code (20.17, 22.7, 23.1 and later)."""

    uniqueid: str
    cause: int | None
    tech_cause: str | None


class Renamed(Event, frozen=True, gc=False):
    """A masquerade gave a channel another name."""

    uniqueid: str
    channel: str


class DialBegun(Event, frozen=True, gc=False):
    """A dial began; an Originate has no caller (all its caller headers are missing)."""

    caller: str | None
    caller_channel: str
    dest: str
    dest_channel: str
    dest_linkedid: str
    dial_string: str


class DialProgress(Event, frozen=True, gc=False):
    """DialState: RINGING, PROGRESS, PROCEEDING of a dialled channel."""

    dest: str
    dest_channel: str
    status: str


class DialEnded(Event, frozen=True, gc=False):
    """A dial ended with a DialStatus; ``forward`` where the callee sent the call elsewhere (302)."""

    dest: str
    dest_channel: str
    status: str
    forward: str | None


class BridgeEntered(Event, frozen=True, gc=False):
    """A channel joined a bridge; in a holding bridge (parking) nobody talks."""

    uniqueid: str
    channel: str
    linkedid: str
    bridge: str
    holding: bool


class BridgeLeft(Event, frozen=True, gc=False):
    """A channel left a bridge."""

    uniqueid: str
    bridge: str


class Held(Event, frozen=True, gc=False):
    """A channel put its partner on hold (``on``) or took it back."""

    uniqueid: str
    on: bool


class Transferred(Event, frozen=True, gc=False):
    """A transfer, parking or pickup, as Asterisk announced it. ``failed`` where it did not work."""

    kind: str
    uniqueid: str | None
    other: str | None
    to: str | None
    failed: bool


class OriginateEnded(Event, frozen=True, gc=False):
    """Answer to an asynchronous Originate; the only place that tells whom a refused click-to-dial was for."""

    channel: str
    uniqueid: str | None
    exten: str
    success: bool


class RecordingNamed(Event, frozen=True, gc=False):
    """VarSet MIXMONITOR_FILENAME: the recording's full path on the PBX."""

    uniqueid: str
    path: str


class QueueJoined(Event, frozen=True, gc=False):
    """A caller entered a queue."""

    uniqueid: str
    queue: str


class RtcpReport(Event, frozen=True, gc=False):
    """First report block of an RTCP packet; ``received``: what the far end heard of us."""

    uniqueid: str
    received: bool
    ssrc: str
    source_ssrc: str
    fraction_lost: int
    cumulative_lost: int
    highest_sequence: int
    sequence_cycles: int
    jitter: float
    rtt: float | None
    sent_packets: int | None


class DeviceState(Event, frozen=True, gc=False):
    """State of a device such as ``PJSIP/8001``: NOT_INUSE, INUSE, RINGING, UNAVAILABLE …"""

    device: str
    state: str


class Booted(Event, frozen=True, gc=False):
    """FullyBooted: ``uptime`` in whole seconds."""

    uptime: float | None


class ShuttingDown(Event, frozen=True, gc=False):
    """The PBX goes down by command; the hang-ups before it were not the parties' doing."""

    restart: bool


AnyEvent = (
    NewChannel
    | NewState
    | HangupRequested
    | HungUp
    | Renamed
    | DialBegun
    | DialProgress
    | DialEnded
    | BridgeEntered
    | BridgeLeft
    | Held
    | Transferred
    | OriginateEnded
    | RecordingNamed
    | QueueJoined
    | RtcpReport
    | DeviceState
    | Booted
    | ShuttingDown
)

_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


def unescape(text: str) -> str:
    """Undo one layer of C-style escapes."""
    if "\\" not in text:
        return text
    return _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), text)


def person_name(text: str) -> str | None:
    r"""A display name for people, or ``None``.

    Two layers come off: the AMI's C escapes, then the quoted pairs of the SIP display name, which
    PJSIP passes on as they stood on the wire (``O\"Brien``).
    """
    if not text or text == "<unknown>":
        return None
    name = unescape(text)
    return re.sub(r"\\([\"\\])", r"\1", name).strip() or None


def known(text: str | None) -> str | None:
    """``None`` for Asterisk's ways of saying nothing."""
    return None if not text or text == "<unknown>" else text
