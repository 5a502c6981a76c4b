"""An AMI stream made comparable: identities by order of creation, one stream for each topic.

Asterisk keeps the order of events within one channel, one bridge, one device, not between them
(AMI.md 1.2): so two runs of the same call agree in each stream, and in the order of its milestones.
"""

from __future__ import annotations

import gzip
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from monitor.pbx.wire import Framer, decode

TRACES = Path(__file__).parents[2] / "traces"

Message = list[tuple[str, str]]

DIALPLAN = {"VarSet", "Newexten"}
BRIDGE = {"BridgeCreate", "BridgeEnter", "BridgeLeave", "BridgeDestroy"}
DIAL = {"DialBegin", "DialState", "DialEnd"}
REPORTS = {"RTCPSent", "RTCPReceived"}
MILESTONES = {*DIAL, *BRIDGE, "Hold", "Unhold", "BlindTransfer", "QueueCallerJoin", "AgentConnect"} - {
    "BridgeDestroy",
    "BridgeLeave",
}

#: Values that two runs of one call need not share. A dialled channel may have begun to ring before its
#: DialBegin is rendered: two captures differ in it.
VOLATILE = {
    "DialBegin": {"DestChannelState", "DestChannelStateDesc"},
    "DialState": {"DestChannelState", "DestChannelStateDesc"},
    "OriginateResponse": {"ActionID"},
    "QueueMemberStatus": {"LoginTime", "LastCall", "CallsTaken"},
}
_STAMPED = re.compile(r"20\d{6}-\d{6}")
_DAY = re.compile(r"/20\d\d/\d\d/\d\d/")
_HANDLE = re.compile(r"0x[0-9a-f]{8,}")


@dataclass
class Streams:
    """The events of a capture or of a script, by topic."""

    channels: dict[str, list[Message]] = field(default_factory=lambda: defaultdict(list))
    dials: dict[str, list[Message]] = field(default_factory=lambda: defaultdict(list))
    bridges: dict[str, list[Message]] = field(default_factory=lambda: defaultdict(list))
    devices: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    dialplan: dict[str, list[Message]] = field(default_factory=lambda: defaultdict(list))
    originates: list[Message] = field(default_factory=list)
    queues: dict[str, list[Message]] = field(default_factory=lambda: defaultdict(list))
    milestones: list[str] = field(default_factory=list)
    report_headers: dict[str, set[tuple[str, ...]]] = field(default_factory=lambda: defaultdict(set))


def capture(name: str) -> list[bytes]:
    """The messages of a capture."""
    return Framer().feed(gzip.decompress((TRACES / f"{name}.ami.gz").read_bytes()))


def streams(messages: Iterable[bytes]) -> Streams:
    """Sort messages into comparable streams; what tells nothing about calls is left out."""
    found = Streams()
    names: dict[str, str] = {}
    for raw in messages:
        message = [
            (key, value) for key, _, value in (line.partition(": ") for line in decode(raw).split("\r\n"))
        ]
        event = message[0][1] if message and message[0][0] == "Event" else ""
        if event not in ("", "TestEvent", "FullyBooted"):
            _sort(event, _named(event, message, names), found)
    return found


def _named(event: str, message: Message, names: dict[str, str]) -> Message:
    values = dict(message)
    if event == "Newchannel":
        serial = len(names) // 2
        names[values["Channel"]] = f"{values['Channel'].rpartition('-')[0]}-{serial}"
        names[values["Uniqueid"]] = f"id-{serial}"
    elif event == "BridgeCreate":
        names[values["BridgeUniqueid"]] = f"bridge-{len(names)}"
    volatile = VOLATILE.get(event, set())
    return [
        (key, "*" if key in volatile else _value(value, names))
        for key, value in message
        if key != "Timestamp"
    ]


def _value(value: str, names: dict[str, str]) -> str:
    if value in names:
        return names[value]
    for old, new in names.items():
        if "." in old and old in value:
            value = value.replace(old, new)
    return _HANDLE.sub("0x*", _DAY.sub("/DAY/", _STAMPED.sub("TIME", value)))


def _sort(event: str, message: Message, found: Streams) -> None:
    values = dict(message)
    uniqueid = values.get("Uniqueid", "")
    # An Originate's own dial has no caller and runs in a thread of its own: its order to others is not fixed.
    if event in MILESTONES and (event not in DIAL or "Channel" in values):
        found.milestones.append(f"{event} {values.get('DialStatus', '')} {values.get('Channel', '')}".strip())
    if event in DIALPLAN:
        found.dialplan[uniqueid].append(message)
    elif event in REPORTS:
        found.report_headers[event].add(tuple(key for key, _ in message))
    elif event in DIAL:
        found.dials[f"{uniqueid}>{values['DestUniqueid']}"].append(message)
    elif event in BRIDGE:
        found.bridges[values["BridgeUniqueid"]].append(message)
    elif event == "DeviceStateChange":
        found.devices[values["Device"]].append(values["State"])
    elif event == "OriginateResponse":
        found.originates.append(message)
    elif event == "QueueMemberStatus":
        found.queues[values["Interface"]].append(message)
    else:
        key = uniqueid or values.get("TransfererUniqueid") or values.get("LocalOneUniqueid") or event
        found.channels[key].append(message)


def is_within(short: list[str], long: list[str]) -> bool:
    """Whether ``short`` comes in ``long`` in the same order, with others in between."""
    rest = iter(long)
    return all(item in rest for item in short)
