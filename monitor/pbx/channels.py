"""Sans-IO record of what exists on a PBX: channels, their stays in bridges, their Local partners.

Facts only, no calls: who was where from when to when. They are kept so that the order in which events
of different channels arrive does not matter (Asterisk promises an order within one channel and within
one bridge, never between them): a stay has a begin and an end in the PBX's time, and who talked with
whom is the overlap of stays, computed whenever it is asked for.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from monitor.pbx.numbers import Kind, Numbering, Party

if TYPE_CHECKING:
    from monitor.pbx.record import CallRecord

#: Uniqueids of channels let go lately, so that a late duplicate of an event does not raise the dead.
REMEMBERED_DEAD = 4096

UP = 6
RING = 4
RINGING = 5


class Bridge:
    """A bridge and every channel that ever had a stay in it and is still remembered."""

    __slots__ = ("channels", "holding", "id")

    def __init__(self, id: str, holding: bool) -> None:
        self.id = id
        self.holding = holding
        self.channels: list[Channel] = []


class Stay:
    """A channel in a bridge from ``start`` to ``end`` (``None``: still there).

    ``entered`` and ``left`` number the bridge's own events: Asterisk keeps their order, and where a whole
    conversation shares one instant it alone tells that two were there together.
    """

    __slots__ = ("bridge", "end", "entered", "left", "start")

    def __init__(self, bridge: Bridge, start: float, entered: int) -> None:
        self.bridge = bridge
        self.start = start
        self.end: float | None = None
        self.entered = entered
        self.left: int | None = None

    def met(self, other: Stay) -> bool:
        """Whether the bridge's events have both there at once, however short."""
        return (other.left is None or self.entered < other.left) and (
            self.left is None or other.entered < self.left
        )


class Channel:
    """One channel, as its events told; attributes are ``None`` or empty until told.

    ``unseen_from``: since a gap that began then nobody knows whether it still exists.
    """

    __slots__ = (
        "caller_name",
        "caller_number",
        "calls",
        "cause",
        "created_at",
        "dial_ended_at",
        "dial_status",
        "dial_string",
        "dialed_at",
        "dialed_by",
        "endpoint",
        "exten",
        "forwarded",
        "holds",
        "hungup_at",
        "incoming",
        "kind",
        "late",
        "linkedid",
        "lost",
        "name",
        "next_dial",
        "originated",
        "outside_exten",
        "queue",
        "recording",
        "requested_at",
        "requested_order",
        "ringing_at",
        "stays",
        "tech_cause",
        "uniqueid",
        "unseen_from",
        "up_at",
    )

    def __init__(self, uniqueid: str, name: str, party: Party, linkedid: str, created_at: float) -> None:
        self.uniqueid = uniqueid
        self.call(name, party)
        self.linkedid = linkedid
        self.created_at = created_at
        self.incoming = False
        self.late = False
        self.exten = ""
        self.outside_exten = ""
        self.caller_number: str | None = None
        self.caller_name: str | None = None
        self.dialed_at: float | None = None
        self.dialed_by: Channel | None = None
        self.originated = False
        self.dial_string = ""
        self.dial_status: str | None = None
        self.dial_ended_at: float | None = None
        self.forwarded = False
        self.ringing_at: float | None = None
        self.up_at: float | None = None
        self.requested_at: float | None = None
        self.requested_order = 0
        self.hungup_at: float | None = None
        self.cause: int | None = None
        self.tech_cause: str | None = None
        self.lost = False
        self.unseen_from: float | None = None
        self.stays: list[Stay] = []
        self.holds: list[tuple[float, float | None]] = []
        self.recording: str | None = None
        self.queue: str | None = None
        self.next_dial = 0
        self.calls: list[CallRecord] = []

    def call(self, name: str, party: Party) -> None:
        """Give it a name: ``kind`` is what stands behind it, ``endpoint`` an agent's extension, a trunk's name."""
        self.name = name
        self.kind = party.kind
        self.endpoint = party.endpoint

    @property
    def alive(self) -> bool:
        """Whether its end has not been seen."""
        return self.hungup_at is None

    @property
    def failed(self) -> bool:
        """Whether a dialled channel is over without ever having been answered."""
        if self.dial_status == "ANSWER":
            return not self.alive
        return self.dial_ended_at is not None or not self.alive

    def hold(self, on: bool, at: float) -> None:
        """Note a Hold or Unhold; an Unhold without a Hold (blind transfer by AMI) is nothing."""
        last = self.holds[-1] if self.holds else None
        if on:
            if last is None or (last[1] is not None and at > last[1]):
                self.holds.append((at, None))
        elif last is not None and last[1] is None:
            self.holds[-1] = (last[0], at)

    def stay_end(self, stay: Stay) -> float | None:
        """When a stay ended: its leave or the hang-up, whichever came first.

        Of a channel nobody knows to be there any more it is only known up to the gap.
        """
        if stay.end is None:
            return self.hungup_at if self.unseen_from is None else self.unseen_from
        if self.hungup_at is None:
            return stay.end
        return min(stay.end, self.hungup_at)


class Overlap:
    """A stretch in which a channel was in one conversation with ``other``; ``end`` ``None``: still is."""

    __slots__ = ("end", "other", "start")

    def __init__(self, other: Channel, start: float, end: float | None) -> None:
        self.other = other
        self.start = start
        self.end = end


class Floor:
    """All channels and bridges of one PBX that are alive or still needed by a call."""

    def __init__(self, numbering: Numbering) -> None:
        self._numbering = numbering
        self.channels: dict[str, Channel] = {}
        self.bridges: dict[str, Bridge] = {}
        self._locals: dict[str, Channel] = {}
        self._moves = 0
        self._dead: OrderedDict[str, None] = OrderedDict()

    def get(self, uniqueid: str | None) -> Channel | None:
        """The channel, if it is known."""
        return self.channels.get(uniqueid) if uniqueid else None

    def channel(self, uniqueid: str, name: str, linkedid: str, at: float) -> Channel | None:
        """The channel, made now if it was not known; ``None`` for one that was let go already."""
        found = self.channels.get(uniqueid)
        if found is None:
            if uniqueid in self._dead:
                return None
            found = Channel(uniqueid, name, self._numbering.party(name), linkedid, at)
            self.channels[uniqueid] = found
            if found.kind is Kind.LOCAL:
                self._locals[name] = found
        return found

    def rename(self, channel: Channel, name: str) -> None:
        """A masquerade gave the channel another name, so perhaps another party."""
        channel.call(name, self._numbering.party(name))

    def partner(self, channel: Channel) -> Channel | None:
        """The other half of a Local channel."""
        name = channel.name
        if name[-2:] == ";1":
            return self._locals.get(name[:-1] + "2")
        if name[-2:] == ";2":
            return self._locals.get(name[:-1] + "1")
        return None

    def enter(self, channel: Channel, bridge_id: str, holding: bool, at: float) -> None:
        """The channel joined a bridge; saying so twice is harmless."""
        bridge = self.bridges.get(bridge_id)
        if bridge is None:
            bridge = self.bridges[bridge_id] = Bridge(bridge_id, holding)
        for stay in channel.stays:
            if stay.bridge is bridge and (stay.start == at or stay.end is None):
                return
        self._moves += 1
        channel.stays.append(Stay(bridge, at, self._moves))
        if channel not in bridge.channels:
            bridge.channels.append(channel)

    def leave(self, channel: Channel, bridge_id: str, at: float) -> None:
        """The channel left a bridge."""
        for stay in reversed(channel.stays):
            if stay.bridge.id == bridge_id:
                if stay.end is None:
                    self._moves += 1
                    stay.end, stay.left = at, self._moves
                return

    def neighbours(self, channel: Channel) -> Iterator[Channel]:
        """Channels in the same bridges, and across Local pairs: whose calls an event here may touch."""
        seen = {channel.uniqueid}
        queue = [channel]
        while queue:
            current = queue.pop()
            partner = self.partner(current) if current.kind is Kind.LOCAL else None
            around = [other for stay in current.stays for other in stay.bridge.channels]
            if partner is not None:
                around.append(partner)
            for other in around:
                if other.uniqueid not in seen:
                    seen.add(other.uniqueid)
                    yield other
                    if other.kind is Kind.LOCAL:
                        queue.append(other)

    def conversations(self, channel: Channel, through: list[Channel] | None = None) -> list[Overlap]:
        """Who was in one conversation with the channel, and when, looked up through Local pairs.

        The Local halves passed on the way are appended to ``through``: they must be kept as long as the
        answer matters.
        """
        found: list[Overlap] = []
        for stay in channel.stays:
            if not stay.bridge.holding:
                seen = {channel.uniqueid}
                self._walk(stay.bridge, stay, stay.start, channel.stay_end(stay), seen, found, through)
        return found

    def _walk(
        self,
        bridge: Bridge,
        own: Stay | None,
        start: float,
        end: float | None,
        seen: set[str],
        found: list[Overlap],
        through: list[Channel] | None,
    ) -> None:
        for other in bridge.channels:
            if other.uniqueid in seen:
                continue
            for stay in other.stays:
                if stay.bridge is not bridge:
                    continue
                begin, finish = max(start, stay.start), _earlier(end, other.stay_end(stay))
                if (
                    finish is not None
                    and finish <= begin
                    and (finish < begin or own is None or not own.met(stay))
                ):
                    continue
                if other.kind is not Kind.LOCAL:
                    found.append(Overlap(other, begin, finish))
                    continue
                partner = self.partner(other)
                if partner is None:
                    continue
                if through is not None:
                    through += (other, partner)
                passed = seen | {other.uniqueid, partner.uniqueid}
                for far in partner.stays:
                    if far.bridge.holding:
                        continue
                    first, last = max(begin, far.start), _earlier(finish, partner.stay_end(far))
                    if last is None or last > first:
                        self._walk(far.bridge, None, first, last, passed, found, through)

    def release(self, channel: Channel) -> None:
        """Forget a channel that is over and that no call needs any more."""
        self.channels.pop(channel.uniqueid, None)
        if self._locals.get(channel.name) is channel:
            del self._locals[channel.name]
        for stay in channel.stays:
            bridge = stay.bridge
            if channel in bridge.channels:
                bridge.channels.remove(channel)
            if not bridge.channels:
                self.bridges.pop(bridge.id, None)
        channel.stays.clear()
        channel.dialed_by = None
        self._dead[channel.uniqueid] = None
        if len(self._dead) > REMEMBERED_DEAD:
            self._dead.popitem(last=False)


def _earlier(one: float | None, other: float | None) -> float | None:
    """The earlier of two ends, where ``None`` means that it has not come."""
    if one is None:
        return other
    return one if other is None else min(one, other)
