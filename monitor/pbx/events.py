"""One AMI message → one frozen typed event, only what the tracker uses; raw dicts stop here.

The event's name is looked at before anything is decoded: in a real stream more than four of five
messages are ``VarSet``, ``Newexten`` and the like, and cost a dictionary look-up each.

``at`` is the PBX's own ``Timestamp`` where it sends one (``timestampevents = yes``), else the time of
arrival. Asterisk writes ``<unknown>`` for an absent party and escapes names C style
(main/manager_channels.c, ast_escape_c_alloc); both are undone here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import msgspec

from monitor.pbx.wire import Headers, event_name


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


def _number(text: str | None) -> int | None:
    try:
        return int(text) if text else None
    except ValueError:
        return None


def _count(text: str | None) -> int:
    return _number(text) or 0


def _decimal(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


def _new_channel(h: Headers, at: float) -> NewChannel:
    return NewChannel(
        at,
        h["Uniqueid"],
        h["Channel"],
        (h.get("Linkedid") or ""),
        _count(h.get("ChannelState")),
        (h.get("Exten") or ""),
        known(h.get("CallerIDNum")),
        person_name(h.get("CallerIDName") or ""),
    )


def _new_state(h: Headers, at: float) -> NewState:
    return NewState(at, h["Uniqueid"], h["Channel"], (h.get("Linkedid") or ""), _count(h.get("ChannelState")))


def _hangup_requested(h: Headers, at: float) -> HangupRequested:
    return HangupRequested(at, h["Uniqueid"], _number(h.get("Cause")))


def _hung_up(h: Headers, at: float) -> HungUp:
    return HungUp(at, h["Uniqueid"], _number(h.get("Cause")), known(h.get("TechCause")))


def _renamed(h: Headers, at: float) -> Renamed:
    return Renamed(at, h["Uniqueid"], h["Newname"])


def _dial_begun(h: Headers, at: float) -> DialBegun:
    return DialBegun(
        at,
        known(h.get("Uniqueid")),
        (h.get("Channel") or ""),
        h["DestUniqueid"],
        h["DestChannel"],
        (h.get("DestLinkedid") or ""),
        (h.get("DialString") or ""),
    )


def _dial_progress(h: Headers, at: float) -> DialProgress:
    return DialProgress(at, h["DestUniqueid"], h["DestChannel"], (h.get("DialStatus") or ""))


def _dial_ended(h: Headers, at: float) -> DialEnded:
    return DialEnded(
        at, h["DestUniqueid"], h["DestChannel"], (h.get("DialStatus") or ""), known(h.get("Forward"))
    )


def _bridge_entered(h: Headers, at: float) -> BridgeEntered:
    holding = h.get("BridgeTechnology") == "holding_bridge"
    return BridgeEntered(
        at, h["Uniqueid"], h["Channel"], (h.get("Linkedid") or ""), h["BridgeUniqueid"], holding
    )


def _bridge_left(h: Headers, at: float) -> BridgeLeft:
    return BridgeLeft(at, h["Uniqueid"], h["BridgeUniqueid"])


def _hold(h: Headers, at: float) -> Held:
    return Held(at, h["Uniqueid"], True)


def _unhold(h: Headers, at: float) -> Held:
    return Held(at, h["Uniqueid"], False)


def _failed(h: Headers) -> bool:
    return (h.get("Result") or "Success") != "Success"


def _blind_transfer(h: Headers, at: float) -> Transferred:
    return Transferred(
        at,
        "blind",
        h.get("TransfererUniqueid"),
        h.get("TransfereeUniqueid"),
        known(h.get("Extension")),
        _failed(h),
    )


def _attended_transfer(h: Headers, at: float) -> Transferred:
    return Transferred(
        at,
        "attended",
        h.get("OrigTransfererUniqueid"),
        h.get("TransfereeUniqueid"),
        known(h.get("SecondTransfererConnectedLineNum")),
        _failed(h),
    )


def _parked(h: Headers, at: float) -> Transferred:
    return Transferred(at, "parked", None, h.get("ParkeeUniqueid"), known(h.get("ParkingSpace")), False)


def _unparked(h: Headers, at: float) -> Transferred:
    return Transferred(at, "unparked", h.get("RetrieverUniqueid"), h.get("ParkeeUniqueid"), None, False)


def _picked_up(h: Headers, at: float) -> Transferred:
    return Transferred(at, "pickup", h.get("Uniqueid"), h.get("TargetUniqueid"), None, False)


def _originate_ended(h: Headers, at: float) -> OriginateEnded:
    return OriginateEnded(
        at,
        (h.get("Channel") or ""),
        known(h.get("Uniqueid")),
        (h.get("Exten") or ""),
        h.get("Response") == "Success",
    )


def _recording_named(h: Headers, at: float) -> RecordingNamed | None:
    path = h.get("Value") or ""
    return RecordingNamed(at, h["Uniqueid"], unescape(path)) if path else None


def _queue_joined(h: Headers, at: float) -> QueueJoined:
    return QueueJoined(at, h["Uniqueid"], (h.get("Queue") or ""))


def _rtcp(received: bool) -> Callable[[Headers, float], RtcpReport | None]:
    def decode(h: Headers, at: float) -> RtcpReport | None:
        uniqueid = h.get("Uniqueid")
        if uniqueid is None or _count(h.get("ReportCount")) < 1:
            return None
        return RtcpReport(
            at,
            uniqueid,
            received,
            (h.get("SSRC") or ""),
            (h.get("Report0SourceSSRC") or ""),
            _count(h.get("Report0FractionLost")),
            _count(h.get("Report0CumulativeLost")),
            _count(h.get("Report0HighestSequence")),
            _count(h.get("Report0SequenceNumberCycles")),
            _decimal(h.get("Report0IAJitter")) or 0.0,
            _decimal(h.get("RTT")),
            _number(h.get("SentPackets")),
        )

    return decode


def _device_state(h: Headers, at: float) -> DeviceState:
    return DeviceState(at, h["Device"], (h.get("State") or ""))


def _booted(h: Headers, at: float) -> Booted:
    return Booted(at, _decimal(h.get("Uptime")))


def _shutting_down(h: Headers, at: float) -> ShuttingDown:
    return ShuttingDown(at, h.get("Restart") == "True")


_DECODERS: dict[bytes, Callable[[Headers, float], AnyEvent | None]] = {
    b"Newchannel": _new_channel,
    b"Newstate": _new_state,
    b"HangupRequest": _hangup_requested,
    b"Hangup": _hung_up,
    b"Rename": _renamed,
    b"DialBegin": _dial_begun,
    b"DialState": _dial_progress,
    b"DialEnd": _dial_ended,
    b"BridgeEnter": _bridge_entered,
    b"BridgeLeave": _bridge_left,
    b"Hold": _hold,
    b"Unhold": _unhold,
    b"BlindTransfer": _blind_transfer,
    b"AttendedTransfer": _attended_transfer,
    b"ParkedCall": _parked,
    b"UnParkedCall": _unparked,
    b"Pickup": _picked_up,
    b"OriginateResponse": _originate_ended,
    b"VarSet": _recording_named,
    b"QueueCallerJoin": _queue_joined,
    b"RTCPReceived": _rtcp(True),
    b"RTCPSent": _rtcp(False),
    b"DeviceStateChange": _device_state,
    b"FullyBooted": _booted,
    b"Shutdown": _shutting_down,
}

#: Names of the events that the pipeline uses; every other one may be thrown away unread.
WANTED: frozenset[bytes] = frozenset(_DECODERS)

_RECORDING = b"\r\nVariable: MIXMONITOR_FILENAME\r\n"

# Per event, on which line each header stood last: a cache that is checked at each use.
_LAYOUTS: dict[bytes, dict[str, int]] = {name: {} for name in WANTED}

# The first letters of a name already tell most messages apart; a slice and a set look-up each.
_HEADS = frozenset(name[:4] for name in WANTED)


def wanted(messages: Iterable[bytes]) -> list[bytes]:
    """The messages that the pipeline can use; looks at their first bytes and decodes nothing."""
    return [
        message
        for message in messages
        if message[7:11] in _HEADS
        and (message[7:11] != b"VarS" or message.find(b"MIXMONITOR_FILENAME", 200) > 0)
    ]


def decode_event(message: bytes, arrived_at: float, fallback: str = "gb18030") -> AnyEvent | None:
    """The typed event of a message, or ``None`` for one we have no use for.

    Raises ``KeyError`` where a message lacks what identifies it (its channel, its bridge): the caller
    counts such a message and goes on.
    """
    name = event_name(message) or b""
    decoder = _DECODERS.get(name)
    if decoder is None or (decoder is _recording_named and _RECORDING not in message):
        return None
    found = Headers(message, _LAYOUTS[name], fallback)
    # The manager writes the time stamp among the first lines, before the event's own headers.
    stamp = found.get("Timestamp") if message.find(b"\nTimestamp: ", 0, 120) > 0 else None
    return decoder(found, (_decimal(stamp) or arrived_at) if stamp else arrived_at)
