"""The ledger: the calls of one PBX in the making, which of them to read again, and when to forget them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from monitor.domain import Call, Direction
from monitor.pbx.channels import Channel, Floor
from monitor.pbx.interpret import interpret
from monitor.pbx.numbers import Numbering
from monitor.pbx.record import CallRecord

#: How long after its end a call may still be corrected by an event that was under way.
GRACE_SECONDS = 5.0


class Ledger:
    """Opens call records under ids of their own, tells those that changed, lets go of those that are over.

    ``now`` is the time of the newest event, in epoch seconds. ``dirty`` are the records, in order, that a
    fact may have changed since the last ``take``.
    """

    def __init__(self, pbx: str, numbering: Numbering) -> None:
        self.numbering = numbering
        self.floor = Floor(numbering)
        self.now = 0.0
        self.dirty: dict[CallRecord, None] = {}
        self._pbx = pbx
        self._ending: deque[tuple[float, CallRecord]] = deque()
        self._gone: deque[tuple[float, Channel]] = deque()
        self._serials: dict[str, int] = {}

    # ------------------------------------------------------------------ opening

    def open(self, direction: Direction, root: Channel, caller: Channel, at: float) -> CallRecord:
        """A new call of this root, its first dial issued by ``caller``."""
        serial = max(root.next_dial, self._serials.get(root.uniqueid, 0))
        record = CallRecord(f"{self._pbx}/{root.uniqueid}/{serial}", direction, root, caller, at)
        root.next_dial = serial + 1
        self.dirty[record] = None
        return record

    def open_inbound(self, root: Channel) -> CallRecord:
        """A new call from outside; its trunk channel is its root and its far leg."""
        record = self.open(Direction.INBOUND, root, root, root.created_at)
        record.number = root.caller_number
        record.dialed = root.exten or None
        record.far.append(root)
        return record

    def stored(self, call_id: str) -> None:
        """A call of an earlier run: no other may take its id."""
        root, _, serial = call_id.removeprefix(f"{self._pbx}/").rpartition("/")
        self._serials[root] = max(self._serials.get(root, 0), int(serial) + 1 if serial.isdecimal() else 1)

    def is_stored(self, root: Channel) -> bool:
        """Whether an earlier run has stored a call of this root."""
        return root.uniqueid in self._serials

    def forget_stored(self, present: Iterable[str]) -> None:
        """Roots of stored calls that are not ``present`` (uniqueids) make no further call."""
        self._serials = {root: self._serials[root] for root in present if root in self._serials}

    # ------------------------------------------------------------------ changes

    def touch(self, channel: Channel) -> None:
        """Mark every call that a change of this channel may change."""
        if channel.unseen_from is not None and not channel.lost:
            self.heard_again(channel)
        for record in channel.calls:
            self.dirty[record] = None
        for other in self.floor.neighbours(channel) if channel.stays else ():
            for record in other.calls:
                self.dirty[record] = None

    def heard_again(self, channel: Channel) -> None:
        """A channel that was in doubt lives, or has told its end."""
        channel.unseen_from = None
        for record in channel.calls:
            if all(other.unseen_from is None for other in record.channels()):
                record.notes.discard("uncertain")

    def take(self) -> list[Call]:
        """Calls whose meaning changed since the last ``take``."""
        changes: list[Call] = []
        if self.dirty:
            dirty, self.dirty = self.dirty, {}
            for record in dirty:
                call = interpret(record, self.floor, self._pbx)
                if call != record.latest:
                    if call.ended and (record.latest is None or not record.latest.ended):
                        self._ending.append((self.now + GRACE_SECONDS, record))
                    record.latest = call
                    changes.append(call)
        self._let_go()
        return changes

    # ------------------------------------------------------------------ letting go

    def over(self, channel: Channel, at: float) -> None:
        """The channel is over; it is remembered a little longer, for events that were under way."""
        self._gone.append((at + GRACE_SECONDS, channel))

    def _let_go(self) -> None:
        while self._ending and self._ending[0][0] <= self.now:
            record = self._ending.popleft()[1]
            for channel in record.channels():
                if record in channel.calls:
                    channel.calls.remove(record)
                    if not channel.alive and not channel.calls:
                        self._gone.append((self.now, channel))
        while self._gone and self._gone[0][0] <= self.now:
            channel = self._gone.popleft()[1]
            if not channel.calls and channel.uniqueid in self.floor.channels:
                self.floor.release(channel)
