"""Blindness: calls taken up, doubted and cut off after times in which nobody listened.

A gap of the link, a restart of ours (the store gives back what was open) and one of the PBX end alike:
what is remembered is held against what the PBX says exists, and nothing is claimed that nobody saw.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from monitor.domain import Call, Direction
from monitor.pbx import events as ev
from monitor.pbx.channels import Channel
from monitor.pbx.dials import Dials
from monitor.pbx.ledger import Ledger
from monitor.pbx.record import CallRecord
from monitor.pbx.restore import find_forks, restore_record, settle_base
from monitor.pbx.snapshot import ChannelRow, Snapshot, events_of

#: How long a channel is given the benefit of the doubt that a resync could not see. What is in no bridge
#: rings or waits: a SIP call may ring 3 minutes (RFC 3261 timer C), and what waits longer makes events.
UNSEEN_SECONDS = 180.0

#: Hang-ups this close before a Shutdown are the PBX's doing: ``core restart now`` ends every call first.
SHUTDOWN_SECONDS = 3.0


class Blindness:
    """Mends the calls of one PBX after a gap.

    ``apply`` takes the events that would have told of what a snapshot shows.
    """

    def __init__(self, ledger: Ledger, dials: Dials, apply: Callable[[ev.AnyEvent], None]) -> None:
        self._ledger = ledger
        self._floor = ledger.floor
        self._dials = dials
        self._apply = apply
        self._unseen: deque[tuple[float, Channel]] = deque()

    def restore(self, calls: Iterable[Call]) -> None:
        """Take up the stored calls that were open when we ourselves stopped.

        Give the ended ones of the last hours too: their roots may still be up and dial again, and that
        dial must not take the id of the one before.
        """
        for call in calls:
            self._ledger.stored(call.id)
            record = restore_record(call, self._floor)
            if record is not None:
                find_forks(record, self._ledger.numbering)
                self._ledger.dirty[record] = None

    def resync(self, snapshot: Snapshot, at: float, *, blind_from: float | None, restarted: bool) -> int:
        """Hold what is remembered against what the PBX says exists; returns how many calls were cut off."""
        self._ledger.now = max(self._ledger.now, at)
        last_seen = blind_from if blind_from is not None else at
        present = frozenset(row.uniqueid for row in snapshot.channels)
        cut = 0
        if snapshot.whole or restarted:
            survivors = frozenset() if restarted else present
            cut = self._cut(last_seen, restarted=restarted, present=survivors, before=at)
        else:
            self._doubt(snapshot, last_seen, at)
        new = [row for row in snapshot.channels if row.uniqueid not in self._floor.channels]
        for row in snapshot.channels:
            channel = self._floor.get(row.uniqueid)
            if channel is not None:
                self._still_there(channel, row, last_seen)
        for event in events_of(snapshot, at, known=present - {row.uniqueid for row in new}):
            self._apply(event)
        if new:
            self._dials.retry(final=True)
        if snapshot.whole or restarted:
            self._ledger.forget_stored(present)
        for row in new:
            channel = self._floor.get(row.uniqueid)
            if channel is not None:
                self._seen_late(channel, row)
        for record in {r: None for c in self._floor.channels.values() for r in c.calls if r.base is not None}:
            settle_base(record, self._floor, last_seen, at)
            self._ledger.dirty[record] = None
        return cut

    def _still_there(self, channel: Channel, row: ChannelRow, last_seen: float) -> None:
        """A channel from before the gap is up."""
        if channel.unseen_from is not None:
            self._ledger.heard_again(channel)
        for stay in channel.stays:
            if stay.end is None and stay.bridge.id != row.bridge_id:
                stay.end = last_seen
        for record in channel.calls:
            record.notes.add("gap")
            if row.bridge_id and row.answered_at is None and not record.talked(self._floor):
                record.notes |= {"answer_time_unknown", "incomplete"}
            self._ledger.dirty[record] = None

    def _seen_late(self, channel: Channel, row: ChannelRow) -> None:
        """A channel that came up while nobody listened."""
        channel.late = True
        for record in channel.calls:
            record.notes.add("seen_late")
            if row.bridge_id and row.answered_at is None:
                record.notes |= {"answer_time_unknown", "incomplete"}
            self._ledger.dirty[record] = None

    def _cut(
        self, at: float, *, restarted: bool, present: frozenset[str] = frozenset(), before: float
    ) -> int:
        """End the calls whose channels are not ``present`` any more; nobody saw how. Returns how many.

        ``at`` is the last moment they were known to be up. Channels created after ``before`` are newer
        than the list of those present and stay.
        """
        gone = [
            channel
            for channel in self._floor.channels.values()
            if channel.alive and channel.uniqueid not in present and channel.created_at <= before
        ]
        return self._cut_off(gone, at, restarted=restarted)

    def _cut_off(self, channels: Iterable[Channel], at: float, *, restarted: bool = False) -> int:
        """These channels ended unseen, last known to be up ``at`` or when they became uncertain."""
        touched: dict[CallRecord, None] = {}
        for channel in channels:
            seen = at if channel.unseen_from is None else min(at, channel.unseen_from)
            channel.unseen_from = None
            channel.hungup_at = max(seen, channel.created_at)
            channel.lost = True
            self._ledger.over(channel, self._ledger.now)
            touched.update((record, None) for record in channel.calls)
            self._ledger.touch(channel)
        cut = 0
        for record in touched:
            if record.latest is not None and record.latest.ended:
                continue
            fars = record.far if record.direction is not Direction.INTERNAL else [record.root]
            if not any(leg.alive for leg in fars) or (
                not record.root.alive and not record.talked(self._floor)
            ):
                ends = [
                    leg.hungup_at for leg in (*fars, record.root) if leg.lost and leg.hungup_at is not None
                ]
                record.cut_at = max(ends, default=at)
                record.cut_by_restart = restarted
                record.notes.discard("uncertain")
                record.notes.add("pbx_restart" if restarted else "ended_unseen")
                cut += 1
            else:
                record.notes |= {"gap", "incomplete"}
            self._ledger.dirty[record] = None
        return cut

    def _doubt(self, snapshot: Snapshot, last_seen: float, before: float) -> None:
        """Channels that a list of bridges does not show may be in none, or gone: they wait to be heard of.

        Whatever is heard of one proves it alive (``Ledger.touch``); else it ends ``UNSEEN_SECONDS`` from now.
        """
        present = {row.uniqueid for row in snapshot.channels}
        looked_into = {row.bridge_id for row in snapshot.channels}
        for channel in self._floor.channels.values():
            if channel.alive and channel.uniqueid not in present and channel.created_at <= before:
                if channel.unseen_from is None:
                    channel.unseen_from = last_seen
                    self._unseen.append((self._ledger.now + UNSEEN_SECONDS, channel))
                for stay in channel.stays:
                    bridge = stay.bridge.id
                    left = bridge in looked_into or (
                        snapshot.bridges is not None and bridge not in snapshot.bridges
                    )
                    if stay.end is None and left:
                        stay.end = last_seen
                for record in channel.calls:
                    record.notes |= {"gap", "uncertain"}
                    self._ledger.dirty[record] = None

    def give_up(self, until: float) -> None:
        """End, as unknown, what was silent for as long as a channel may be that exists, up to ``until``."""
        gone: list[Channel] = []
        while self._unseen and self._unseen[0][0] <= until:
            channel = self._unseen.popleft()[1]
            if channel.alive and channel.unseen_from is not None:
                gone.append(channel)
        if gone:
            self._cut_off(gone, self._ledger.now)

    def leave_open(self, at: float) -> None:
        """The capture ends here: what is still open stays as it is, marked incomplete."""
        for channel in self._floor.channels.values():
            for record in channel.calls:
                if record.latest is not None and not record.latest.ended:
                    record.cut_at = at
                    record.notes.add("capture_ended")
                    self._ledger.dirty[record] = None

    def booted(self, event: ev.Booted) -> None:
        """Channels older than the PBX's own start died with its former life."""
        if event.uptime is not None:
            # Uptime comes in whole seconds, rounded down.
            boot = event.at - event.uptime - 1.0
            older = [c for c in self._floor.channels.values() if c.alive and c.created_at < boot]
            if older:
                present = frozenset(self._floor.channels) - {channel.uniqueid for channel in older}
                self._cut(boot, restarted=True, present=present, before=event.at)

    def shutting_down(self, event: ev.ShuttingDown) -> None:
        """The PBX stops: what ends about now ends by its doing, unless somebody asked for it."""
        for channel in self._floor.channels.values():
            for record in channel.calls:
                call = record.latest
                fresh = call is None or not call.ended or (call.ended_at or 0) >= event.at - SHUTDOWN_SECONDS
                asked = any(c.requested_at is not None for c in record.channels())
                if fresh and not asked:
                    record.stopped_with_pbx = True
                    self._ledger.dirty[record] = None
