"""What a PBX says exists right now: the list actions sent after each (re)connect → one value.

Rows come from ``CoreShowChannels``, ``Status``, ``BridgeList`` + ``BridgeInfo`` and ``DeviceStateList``
(AMI.md 3.1); any subset will do. None of them tells when a call was answered, except ``Status`` asked
with ``Variables: CDR(answer,u)``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import msgspec

from monitor.pbx import events as ev
from monitor.pbx.channels import RINGING, UP


class ChannelRow(msgspec.Struct, frozen=True, kw_only=True):
    """A channel that exists; ``created_at`` and ``answered_at`` in epoch seconds of the PBX."""

    uniqueid: str
    channel: str
    linkedid: str
    state: int
    exten: str
    caller_number: str | None
    caller_name: str | None
    application: str
    data: str
    bridge_id: str | None
    dialled: str | None
    created_at: float
    answered_at: float | None


class DeviceRow(msgspec.Struct, frozen=True):
    """State of a device such as ``PJSIP/8001``."""

    device: str
    state: str


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Channels, in order of creation, and the states of devices; ``bridges`` that exist, where listed.

    ``whole``: every channel is listed. Without it only those in a bridge could be (``BridgeList`` and
    ``BridgeInfo`` are all that a user without write classes may ask), or none.
    """

    channels: tuple[ChannelRow, ...] = ()
    devices: tuple[DeviceRow, ...] = ()
    holding_bridges: frozenset[str] = frozenset()
    bridges: frozenset[str] | None = None
    whole: bool = True


class SnapshotBuilder:
    """Gathers list items, in any order and from several lists, into one ``Snapshot``."""

    def __init__(self) -> None:
        self._channels: dict[str, dict[str, str]] = {}
        self._devices: dict[str, str] = {}
        self._holding: set[str] = set()
        self._bridges: set[str] = set()

    def add(self, row: Mapping[str, str]) -> None:
        """Take one list item, as its headers."""
        event = row.get("Event", "")
        if event == "DeviceStateChange":
            self._devices[row.get("Device", "")] = row.get("State", "")
        elif event == "BridgeListItem":
            self._bridges.add(row.get("BridgeUniqueid", ""))
            if row.get("BridgeTechnology") == "holding_bridge":
                self._holding.add(row.get("BridgeUniqueid", ""))
        elif event in ("CoreShowChannel", "Status", "BridgeInfoChannel") and row.get("Uniqueid"):
            known = self._channels.setdefault(row["Uniqueid"], {})
            for key, value in row.items():
                if value or key not in known:
                    known[key] = value
            bridge = row.get("BridgeId") or row.get("BridgeID") or row.get("BridgeUniqueid")
            if bridge:
                known["_bridge"] = bridge

    def build(self, *, whole: bool = True, bridges: bool = False) -> Snapshot:
        """The snapshot of all rows taken so far.

        ``whole`` if a list of all channels was among them, ``bridges`` if one of all bridges was.
        """
        rows = [_channel_row(uniqueid, row) for uniqueid, row in self._channels.items()]
        rows.sort(key=_creation)
        devices = tuple(DeviceRow(device, state) for device, state in sorted(self._devices.items()))
        return Snapshot(
            channels=tuple(rows),
            devices=devices,
            holding_bridges=frozenset(self._holding),
            bridges=frozenset(self._bridges) if bridges else None,
            whole=whole,
        )


# An Originate may name a channel anything (``crm-4711``): nine digits and more are an epoch, fewer are not.
_EPOCH = re.compile(r"(?:^|-)(\d{9,})\.\d+$")


def created_at(uniqueid: str) -> float:
    """Creation time inside a Uniqueid, ``[systemname-]<epoch>.<counter>``; 0 where there is none."""
    found = _EPOCH.search(uniqueid)
    return float(found[1]) if found else 0.0


def _creation(row: ChannelRow) -> tuple[float, int]:
    counter = row.uniqueid.rpartition(".")[2]
    return row.created_at, int(counter) if counter.isdecimal() else 0


def _channel_row(uniqueid: str, row: Mapping[str, str]) -> ChannelRow:
    answered = row.get("CDR(answer,u)") or ""
    state = row.get("ChannelState", "")
    try:
        answered_at = float(answered) or None
    except ValueError:
        answered_at = None
    return ChannelRow(
        uniqueid=uniqueid,
        channel=row.get("Channel", ""),
        linkedid=row.get("Linkedid", ""),
        state=int(state) if state.isdecimal() else 0,
        exten=row.get("Exten", ""),
        caller_number=ev.known(row.get("CallerIDNum")),
        caller_name=ev.person_name(row.get("CallerIDName", "")),
        application=row.get("Application", ""),
        data=row.get("ApplicationData") or row.get("Data", ""),
        bridge_id=row.get("_bridge"),
        dialled=ev.known(row.get("DNID")),
        created_at=created_at(uniqueid),
        answered_at=answered_at,
    )


_DIALLED = ("AppDial", "AppDial2", "AppQueue")
_DIALLING = ("Dial", "Queue")


def events_of(snapshot: Snapshot, at: float, known: frozenset[str]) -> Iterator[ev.AnyEvent]:
    """The events that would have told of this snapshot's channels; those ``known`` only get their bridge.

    A channel whose application is AppDial was dialled: by the one channel of its Linkedid (or its
    bridge) that runs Dial or Queue, where there is one. ``BridgeInfo`` does not tell applications: there a
    channel was dialled by the older one of its Linkedid in its bridge.
    """
    callers = {row.uniqueid: _caller_of(row, snapshot) for row in snapshot.channels if _may_be_dialled(row)}
    for row in snapshot.channels:
        if row.uniqueid not in known:
            dialled = row.application in _DIALLED or callers.get(row.uniqueid) is not None
            yield ev.NewChannel(
                row.created_at or at,
                row.uniqueid,
                row.channel,
                row.linkedid,
                0 if dialled or row.state in (0, RINGING) else 4,  # Down or Ringing: it is we who call it
                row.dialled or row.exten,
                row.caller_number,
                row.caller_name,
            )
    for row in snapshot.channels:
        if row.uniqueid not in known and row.uniqueid in callers:
            caller = callers[row.uniqueid]
            begun = row.created_at or at
            if caller is not None:
                string = _dial_string(caller.data, row.channel)
                yield ev.DialBegun(
                    begun, caller.uniqueid, caller.channel, row.uniqueid, row.channel, row.linkedid, string
                )
            elif (
                row.application and row.linkedid == row.uniqueid
            ):  # nobody's leg: an Originate rings this phone
                yield ev.DialBegun(begun, None, "", row.uniqueid, row.channel, row.linkedid, "")
    for row in snapshot.channels:
        answered = row.answered_at or at
        if row.uniqueid not in known and row.state:
            since = answered if row.state == UP else at
            yield ev.NewState(since, row.uniqueid, row.channel, row.linkedid, row.state)
        if row.bridge_id:
            since = answered if row.uniqueid not in known else at
            holding = row.bridge_id in snapshot.holding_bridges
            yield ev.BridgeEntered(since, row.uniqueid, row.channel, row.linkedid, row.bridge_id, holding)


def _may_be_dialled(row: ChannelRow) -> bool:
    return row.application in _DIALLED or (not row.application and row.linkedid != row.uniqueid)


def _caller_of(dialled: ChannelRow, snapshot: Snapshot) -> ChannelRow | None:
    if not dialled.application:
        older = [
            row
            for row in snapshot.channels
            if row.bridge_id is not None
            and row.bridge_id == dialled.bridge_id
            and row.linkedid == dialled.linkedid
            and _creation(row) < _creation(dialled)
        ]
        return older[0] if older else None
    candidates = [
        row
        for row in snapshot.channels
        if row.linkedid == dialled.linkedid
        and row.application in _DIALLING
        and row.channel.removesuffix(";2") != dialled.channel.removesuffix(";1")  # not its own other half
    ]
    device = dialled.channel.rsplit("-", 1)[0].partition("/")[2]
    named = [row for row in candidates if device and device in row.data]
    bridged = [row for row in candidates if row.bridge_id is not None and row.bridge_id == dialled.bridge_id]
    for found in (named, bridged, candidates):
        if len(found) == 1:
            return found[0]
    return named[0] if named else None


def _dial_string(data: str, channel: str) -> str:
    """The dial string of a running Dial(): of its first argument the part that names this channel."""
    endpoint = channel.rsplit("-", 1)[0].partition("/")[2]
    for part in data.split(",", 1)[0].split("&"):
        if endpoint and endpoint in part:
            return part.partition("/")[2]
    return ""
