"""The PBX itself: what exists in it, and one AMI event for everything that happens to it.

Each method is one thing that Asterisk does, and sends the event that Asterisk 22 sends for it: same
header names, same order (held against captures by the tests). *When* things happen is up to
``scripts.py``; here is only *what* an event says.
"""

# ruff: noqa: S311 - the dice of a simulation: a seed must give the same day again

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

from monitor.pbx.simulator.parts import BUSY, CAUSE_WORDS, DOWN, RING, RINGING, UNKNOWN, UP, Bridge, Channel
from monitor.pbx.simulator.schedule import Schedule

#: Takes the class of an event (its Privilege) and the whole message.
Sink = Callable[[str, bytes], None]


class Exchange:
    """Channels, bridges and device states of the simulated PBX, in simulated time.

    ``timestamps`` adds the ``Timestamp`` header (``timestampevents = yes``). Two events never have the
    same time, as on a real PBX, where each is rendered after the one before. While ``quiet``, the
    dialplan's noise (Newexten, and VarSet but for the recording's name) is not sent: to make a history fast.
    """

    def __init__(self, schedule: Schedule, seed: int = 1, *, timestamps: bool = True) -> None:
        self.schedule = schedule
        self.booted_at = schedule.now - 3600.0
        self.channels: dict[str, Channel] = {}
        self.bridges: dict[str, Bridge] = {}
        self.devices: dict[str, str] = {}
        self.sinks: list[Sink] = []
        self.processed_calls = 0
        self.quiet = False
        self.sent: Counter[str] = Counter()
        self._by_device: dict[str, list[Channel]] = {}
        self._random = random.Random(seed)
        self._timestamps = timestamps
        self._last_stamp = 0.0
        self._channel_serial = 0
        self._local_serial = 0
        self._unique_serial = 0

    @property
    def now(self) -> float:
        """Simulated time, epoch seconds."""
        return self.schedule.now

    # ------------------------------------------------------------------ events

    def send(self, name: str, kind: str, *lines: str) -> None:
        """Send an event of class ``kind`` with header ``lines``."""
        self.sent[name] += 1
        if not self.sinks:
            return
        stamp = ""
        if self._timestamps:
            self._last_stamp = max(self.now, self._last_stamp + 0.000_08)
            stamp = f"Timestamp: {self._last_stamp:.6f}\r\n"
        text = f"Event: {name}\r\nPrivilege: {kind},all\r\n{stamp}{''.join(lines)}\r\n"
        message = text.encode()
        for sink in self.sinks:
            sink(kind, message)

    # ------------------------------------------------------------------ channels

    def create(
        self,
        device: str,
        *,
        state: int,
        context: str,
        exten: str,
        number: str = UNKNOWN,
        caller: str = UNKNOWN,
        linkedid: str | None = None,
        account: str = "",
        half: str = "",
    ) -> Channel:
        """A new channel; ``half`` is 1 or 2 for the halves of a Local channel."""
        if half != "2":
            self._channel_serial += not half
            self._local_serial += bool(half)
        serial = self._local_serial if half else self._channel_serial
        name = f"{device}-{serial - 1:08x}" + (f";{half}" if half else "")
        uniqueid = f"{int(self.now)}.{self._unique_serial}"
        self._unique_serial += 1
        channel = Channel(
            name=name,
            uniqueid=uniqueid,
            linkedid=linkedid or uniqueid,
            created_at=self.now,
            state=state,
            context=context,
            exten=exten,
            number=number,
            caller=caller,
            account=account,
            dialled=exten if state == RING else "",
        )
        self.channels[uniqueid] = channel
        self._by_device.setdefault(channel.device, []).append(channel)
        if linkedid is None:
            self.processed_calls += 1
        self.send("Newchannel", "call", channel.fields())
        if not half:
            self.settle(channel.device)
        return channel

    def set_state(self, channel: Channel, state: int) -> None:
        """Newstate, and the device state that follows from it."""
        channel.change(state=state)
        if state == UP and channel.answered_at is None:
            channel.answered_at = self.now
        self.send("Newstate", "call", channel.fields())
        if not channel.name.startswith("Local/"):
            self.settle(channel.device)

    def caller_id(self, channel: Channel, number: str, caller: str | None = None) -> None:
        """Set who calls."""
        channel.change(number=number, caller=channel.caller if caller is None else caller)
        presentation = "CID-CallingPres: 0 (Presentation Allowed, Not Screened)\r\n"
        self.send("NewCallerid", "call", channel.fields(), presentation)

    def connected_line(self, channel: Channel, number: str, caller: str) -> None:
        """Set who is at the other end."""
        channel.change(connected_number=number, connected=caller)
        self.send("NewConnectedLine", "call", channel.fields())

    def step(
        self, channel: Channel, application: str, data: str, where: tuple[str, str, int] | None = None
    ) -> None:
        """The dialplan runs an application, at a place (context, extension, priority) or at the next."""
        context, exten, priority = where or (channel.context, channel.exten, channel.priority + 1)
        channel.change(context=context, exten=exten, priority=priority, application=application, data=data)
        if self.quiet:
            return
        lines = f"Extension: {exten}\r\nApplication: {application}\r\nAppData: {data}\r\n"
        self.send("Newexten", "dialplan", channel.fields(), lines)

    def variable(self, channel: Channel, name: str, value: str) -> None:
        """A channel variable is set."""
        if not self.quiet or name == "MIXMONITOR_FILENAME":
            self.send("VarSet", "dialplan", channel.fields(), f"Variable: {name}\r\nValue: {value}\r\n")

    def hangup_request(self, channel: Channel, cause: int | None = None, sip: int | None = None) -> None:
        """The far side of this channel asked for its end."""
        self.send("HangupRequest", "call", channel.fields(), _cause(cause), _tech(sip))

    def soft_hangup(self, channel: Channel, sip: int | None = None) -> None:
        """The PBX itself ends a channel whose dialplan has ended."""
        self.send("SoftHangupRequest", "call", channel.fields(), _cause(16), _tech(sip))

    def hangup(self, channel: Channel, cause: int, sip: int | None = None) -> None:
        """The channel is gone."""
        words = f"Cause: {cause}\r\nCause-txt: {CAUSE_WORDS[cause]}\r\n"
        self.send("Hangup", "call", channel.fields(), words, _tech(sip))
        channel.alive = False
        del self.channels[channel.uniqueid]
        same = self._by_device[channel.device]
        same.remove(channel)
        if not same:
            del self._by_device[channel.device]
        if not channel.name.startswith("Local/"):
            self.settle(channel.device)

    # ------------------------------------------------------------------ dials

    def dial_begin(self, caller: Channel | None, dest: Channel, dial_string: str) -> None:
        """A dial begins; an Originate's has no caller."""
        self._dial("DialBegin", caller, dest, f"DialString: {dial_string}\r\n")

    def dial_state(self, caller: Channel | None, dest: Channel, status: str) -> None:
        """RINGING or PROGRESS."""
        self._dial("DialState", caller, dest, f"DialStatus: {status}\r\n")

    def dial_end(self, caller: Channel | None, dest: Channel, status: str) -> None:
        """A dial ends with a DialStatus."""
        self._dial("DialEnd", caller, dest, f"DialStatus: {status}\r\n")

    def _dial(self, name: str, caller: Channel | None, dest: Channel, line: str) -> None:
        self.send(name, "call", caller.fields() if caller else "", dest.fields("Dest"), line)

    # ------------------------------------------------------------------ bridges

    def new_bridge(self) -> Bridge:
        """An empty bridge."""
        bits = f"{self._random.getrandbits(128):032x}"
        bridge = Bridge("-".join((bits[:8], bits[8:12], bits[12:16], bits[16:20], bits[20:])))
        self.bridges[bridge.uniqueid] = bridge
        self.send("BridgeCreate", "call", bridge.fields())
        return bridge

    def enter(self, bridge: Bridge, channel: Channel) -> None:
        """A channel joins a bridge."""
        bridge.channels.append(channel)
        channel.bridge = bridge
        self.send("BridgeEnter", "call", bridge.fields(), channel.fields())

    def leave(self, channel: Channel) -> None:
        """A channel leaves its bridge."""
        bridge = channel.bridge
        if bridge is None:
            return
        bridge.channels.remove(channel)
        channel.bridge = None
        self.send("BridgeLeave", "call", bridge.fields(), channel.fields())

    def destroy(self, bridge: Bridge) -> None:
        """A bridge ends."""
        del self.bridges[bridge.uniqueid]
        self.send("BridgeDestroy", "call", bridge.fields())

    def hold(self, holder: Channel, other: Channel) -> None:
        """``holder`` puts ``other`` on hold, who hears music."""
        self.send("Hold", "call", holder.fields(), "MusicClass: default\r\n")
        self.music(other, on=True)
        other.held = True
        self.settle(other.device)

    def unhold(self, holder: Channel, other: Channel) -> None:
        """``holder`` takes ``other`` back."""
        self.send("Unhold", "call", holder.fields())
        self.music(other, on=False)
        other.held = False
        self.settle(other.device)

    def music(self, channel: Channel, *, on: bool) -> None:
        """Music on hold starts or stops."""
        if on:
            self.send("MusicOnHoldStart", "call", channel.fields(), "Class: default\r\n")
        else:
            self.send("MusicOnHoldStop", "call", channel.fields())

    # ------------------------------------------------------------------ devices

    def settle(self, device: str) -> None:
        """Work out a device's state from its channels; tell it if it changed."""
        channels = self._by_device.get(device, ())
        talking = [channel for channel in channels if channel.state in (RING, UP)]
        ringing = any(channel.state == RINGING for channel in channels)
        if any(channel.state == BUSY for channel in channels):
            state = "BUSY"
        elif talking and all(channel.held for channel in talking):
            state = "ONHOLD"
        elif talking:
            state = "RINGINUSE" if ringing else "INUSE"
        elif ringing:
            state = "RINGING"
        elif all(channel.state == DOWN for channel in channels):
            state = "NOT_INUSE"
        self.set_device(device, state)

    def set_device(self, device: str, state: str) -> None:
        """Tell the state of a device, if it is another than before."""
        if self.devices.get(device, "NOT_INUSE") != state:
            self.devices[device] = state
            self.send("DeviceStateChange", "call", f"Device: {device}\r\nState: {state}\r\n")

    def channels_of(self, device: str) -> int:
        """How many channels a device has."""
        return len(self._by_device.get(device, ()))


def _cause(cause: int | None) -> str:
    return "" if cause is None else f"Cause: {cause}\r\n"


def _tech(sip: int | None) -> str:
    return "" if sip is None else f"TechCause: {sip}\r\n"
