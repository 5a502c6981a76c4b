"""One AMI message → one typed event, only what the tracker uses.

The event's name is looked at before anything is decoded: in a real stream more than four of five
messages are ``VarSet``, ``Newexten`` and the like, and cost a slice and a look-up each.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import compress
from math import isfinite
from operator import itemgetter

from monitor.pbx import events as ev
from monitor.pbx.layout import Reader
from monitor.pbx.wire import EVENT, LINE_END, MESSAGE_END

#: A message's time stamp, then the headers that its ``Reader`` names; ``""`` for one that is not there.
Values = tuple[str, ...]
Make = Callable[[float, Values], ev.AnyEvent | None]


#: No cause or counter that we use is larger; what is would not fit into the database's columns.
_MOST = 2**31 - 1


def _number(text: str) -> int | None:
    try:
        number = int(text) if text else None
    except ValueError:
        return None
    return number if number is not None and -_MOST <= number <= _MOST else None


def _count(text: str) -> int:
    return _number(text) or 0


def decimal(text: str) -> float | None:
    """A finite number as the manager writes it; ``None`` for anything else."""
    try:
        number = float(text) if text else None
    except ValueError:
        return None
    return number if number is not None and isfinite(number) else None


def _new_channel(at: float, values: Values) -> ev.NewChannel:
    _, uniqueid, channel, linkedid, state, exten, number, name = values
    return ev.NewChannel(
        at, uniqueid, channel, linkedid, _count(state), exten, ev.known(number), ev.person_name(name)
    )


def _new_state(at: float, values: Values) -> ev.NewState:
    _, uniqueid, channel, linkedid, state = values
    return ev.NewState(at, uniqueid, channel, linkedid, _count(state))


def _hangup_requested(at: float, values: Values) -> ev.HangupRequested:
    _, uniqueid, cause = values
    return ev.HangupRequested(at, uniqueid, _number(cause))


def _hung_up(at: float, values: Values) -> ev.HungUp:
    _, uniqueid, cause, tech_cause = values
    return ev.HungUp(at, uniqueid, _number(cause), ev.known(tech_cause))


def _renamed(at: float, values: Values) -> ev.Renamed:
    _, uniqueid, name = values
    return ev.Renamed(at, uniqueid, name)


def _dial_begun(at: float, values: Values) -> ev.DialBegun:
    _, dest, dest_channel, caller, caller_channel, dest_linkedid, dial_string = values
    return ev.DialBegun(at, ev.known(caller), caller_channel, dest, dest_channel, dest_linkedid, dial_string)


def _dial_progress(at: float, values: Values) -> ev.DialProgress:
    _, dest, dest_channel, status = values
    return ev.DialProgress(at, dest, dest_channel, status)


def _dial_ended(at: float, values: Values) -> ev.DialEnded:
    _, dest, dest_channel, status, forward = values
    return ev.DialEnded(at, dest, dest_channel, status, ev.known(forward))


def _bridge_entered(at: float, values: Values) -> ev.BridgeEntered:
    _, uniqueid, channel, bridge, linkedid, technology = values
    return ev.BridgeEntered(at, uniqueid, channel, linkedid, bridge, technology == "holding_bridge")


def _bridge_left(at: float, values: Values) -> ev.BridgeLeft:
    _, uniqueid, bridge = values
    return ev.BridgeLeft(at, uniqueid, bridge)


def _hold(at: float, values: Values) -> ev.Held:
    return ev.Held(at, values[1], True)


def _unhold(at: float, values: Values) -> ev.Held:
    return ev.Held(at, values[1], False)


def _transferred(kind: str) -> Make:
    def make(at: float, values: Values) -> ev.Transferred:
        _, by, other, to, result = values
        return ev.Transferred(
            at, kind, by or None, other or None, ev.known(to), result not in ("", "Success")
        )

    return make


def _handed(kind: str) -> Make:
    def make(at: float, values: Values) -> ev.Transferred:
        _, by, other = values
        return ev.Transferred(at, kind, by or None, other or None, None, False)

    return make


def _parked(at: float, values: Values) -> ev.Transferred:
    _, parkee, space = values
    return ev.Transferred(at, "parked", None, parkee or None, ev.known(space), False)


def _originate_ended(at: float, values: Values) -> ev.OriginateEnded:
    _, channel, uniqueid, exten, response = values
    return ev.OriginateEnded(at, channel, ev.known(uniqueid), exten, response == "Success")


def _recording_named(at: float, values: Values) -> ev.RecordingNamed | None:
    _, uniqueid, path = values
    return ev.RecordingNamed(at, uniqueid, ev.unescape(path)) if path else None


def _queue_joined(at: float, values: Values) -> ev.QueueJoined:
    _, uniqueid, queue = values
    return ev.QueueJoined(at, uniqueid, queue)


def _rtcp(received: bool) -> Make:
    def make(at: float, values: Values) -> ev.RtcpReport | None:
        _, uniqueid, reports, ssrc, source, fraction, lost, highest, cycles, jitter, rtt, packets = values
        if not uniqueid or _count(reports) < 1:
            return None
        return ev.RtcpReport(
            at,
            uniqueid,
            received,
            ssrc,
            source,
            _count(fraction),
            _count(lost),
            _count(highest),
            _count(cycles),
            decimal(jitter) or 0.0,
            decimal(rtt),
            _number(packets),
        )

    return make


def _device_state(at: float, values: Values) -> ev.DeviceState:
    _, device, state = values
    return ev.DeviceState(at, device, state)


def _booted(at: float, values: Values) -> ev.Booted:
    return ev.Booted(at, decimal(values[1]))


def _shutting_down(at: float, values: Values) -> ev.ShuttingDown:
    return ev.ShuttingDown(at, values[1] == "True")


_DIALLED = ("DestUniqueid", "DestChannel")
_RTCP = (
    "Uniqueid",
    "ReportCount",
    "SSRC",
    "Report0SourceSSRC",
    "Report0FractionLost",
    "Report0CumulativeLost",
    "Report0HighestSequence",
    "Report0SequenceNumberCycles",
    "Report0IAJitter",
    "RTT",
    "SentPackets",
)

# Per event: the headers it cannot do without, those it may have, and what they make.
_KINDS: dict[bytes, tuple[Reader, Make]] = {
    name: (Reader(required, optional), make)
    for name, required, optional, make in (
        (
            b"Newchannel",
            ("Uniqueid", "Channel"),
            ("Linkedid", "ChannelState", "Exten", "CallerIDNum", "CallerIDName"),
            _new_channel,
        ),
        (b"Newstate", ("Uniqueid", "Channel"), ("Linkedid", "ChannelState"), _new_state),
        (b"HangupRequest", ("Uniqueid",), ("Cause",), _hangup_requested),
        (b"Hangup", ("Uniqueid",), ("Cause", "TechCause"), _hung_up),
        (b"Rename", ("Uniqueid", "Newname"), (), _renamed),
        (b"DialBegin", _DIALLED, ("Uniqueid", "Channel", "DestLinkedid", "DialString"), _dial_begun),
        (b"DialState", _DIALLED, ("DialStatus",), _dial_progress),
        (b"DialEnd", _DIALLED, ("DialStatus", "Forward"), _dial_ended),
        (
            b"BridgeEnter",
            ("Uniqueid", "Channel", "BridgeUniqueid"),
            ("Linkedid", "BridgeTechnology"),
            _bridge_entered,
        ),
        (b"BridgeLeave", ("Uniqueid", "BridgeUniqueid"), (), _bridge_left),
        (b"Hold", ("Uniqueid",), (), _hold),
        (b"Unhold", ("Uniqueid",), (), _unhold),
        (
            b"BlindTransfer",
            (),
            ("TransfererUniqueid", "TransfereeUniqueid", "Extension", "Result"),
            _transferred("blind"),
        ),
        (
            b"AttendedTransfer",
            (),
            (
                "OrigTransfererUniqueid",
                "TransfereeUniqueid",
                "SecondTransfererConnectedLineNum",
                "Result",
            ),
            _transferred("attended"),
        ),
        (b"ParkedCall", (), ("ParkeeUniqueid", "ParkingSpace"), _parked),
        (b"UnParkedCall", (), ("RetrieverUniqueid", "ParkeeUniqueid"), _handed("unparked")),
        (b"Pickup", (), ("Uniqueid", "TargetUniqueid"), _handed("pickup")),
        (b"OriginateResponse", (), ("Channel", "Uniqueid", "Exten", "Response"), _originate_ended),
        (b"VarSet", ("Uniqueid",), ("Value",), _recording_named),
        (b"QueueCallerJoin", ("Uniqueid",), ("Queue",), _queue_joined),
        (b"RTCPReceived", (), _RTCP, _rtcp(True)),
        (b"RTCPSent", (), _RTCP, _rtcp(False)),
        (b"DeviceStateChange", ("Device",), ("State",), _device_state),
        (b"FullyBooted", (), ("Uptime",), _booted),
        (b"Shutdown", (), ("Restart",), _shutting_down),
    )
}

_RECORDING = b"\r\nVariable: MIXMONITOR_FILENAME\r\n"

# Letters 8 to 11 of a message, the first four of an event's name, already tell most apart; they stand two
# later where an empty line too many stuck to the message before. VarSet, more than half of a stream, is
# wanted for one variable only and is found by that.
_NAMES = [name for name in _KINDS if name != b"VarSet"]
_HEADS = frozenset(name[:4] for name in _NAMES) | frozenset(b": " + name[:2] for name in _NAMES)
_head = itemgetter(slice(7, 11))
_is_head = _HEADS.__contains__


def wanted(whole: bytes) -> list[bytes]:
    """The messages in a piece of a stream that the pipeline can use; decodes nothing."""
    found: list[bytes] = []
    begin = 0
    named = whole.find(_RECORDING)
    while named >= 0:
        end = whole.find(MESSAGE_END, named)
        end = end if end >= 0 else len(whole)
        messages = whole[begin:end].split(MESSAGE_END)
        recording = messages.pop()
        found += _told_by_heads(messages)
        found.append(recording.lstrip(LINE_END))
        begin = end + len(MESSAGE_END)
        named = whole.find(_RECORDING, begin)
    found += _told_by_heads((whole[begin:] if begin else whole).split(MESSAGE_END))
    return found


def _told_by_heads(messages: list[bytes]) -> list[bytes]:
    return [
        message if message[0] != 13 else message.lstrip(LINE_END)
        for message in compress(messages, map(_is_head, map(_head, messages)))
    ]


def decode_event(message: bytes, arrived_at: float, fallback: str = "gb18030") -> ev.AnyEvent | None:
    """The typed event of a message, or ``None`` for one we have no use for.

    Raises ``KeyError`` where a message lacks what identifies it (its channel, its bridge): the caller
    counts such a message and goes on.
    """
    end = message.find(b"\r", 7)
    kind = _KINDS.get(message[7:end] if end >= 0 else message[7:])
    if kind is None or message[:7] != EVENT:
        return None
    reader, make = kind
    if make is _recording_named and _RECORDING not in message:
        return None
    values = reader.read(message, fallback)
    stamped = values[0]
    return make((decimal(stamped) or arrived_at) if stamped else arrived_at, values)


def stamp(message: bytes) -> float | None:
    """The PBX's own time of a message, epoch seconds; ``None`` where it sends none."""
    # The manager writes it among the first lines, before the event's own headers.
    begin = message.find(b"\nTimestamp: ", 0, 120) + 12
    if begin < 12:
        return None
    return decimal(message[begin : message.find(b"\r", begin)].decode("ascii", "replace"))
