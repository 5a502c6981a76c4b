"""The call state machine, sans-IO: typed events in, calls out.

Theory
------
*Track first, interpret later.* Events only add facts to channels (``channels.py``); what a call is gets
read from the facts of its channels whenever one of them changed (``interpret.py``). Nothing depends on
the order of events of different channels, a repeated event adds nothing, and a fact that comes after
the end still corrects the call for a few seconds.

*One call = one root × one dialled destination.* A dial is attributed to its root: the channel that
issued it, followed back through Local pairs to a real channel or to the pair that an Originate made
(``dials.py``).

========================  =====================================================================
root of the dial          what the dial is
========================  =====================================================================
agent → trunk             outbound call; fail-over, forks and forwards of one dialplan run are its legs
agent → agent             internal call (consultations too); going on by a trunk it stays internal
customer's leg → anybody  a leg of the customer's call: transfer, queue member, forward. Never a new call
incoming trunk → anybody  a leg of the inbound call
originated Local pair     the half that rings the agent first makes it a click-to-dial of that agent
originated trunk          outbound call of whoever is bridged with it, of nobody until then
========================  =====================================================================

An originated agent leg that is never answered is an attempt, ``agent_unanswered``, not a dial
(``attempts.py``).

*What nobody saw is not claimed.* After a gap the facts are held against what the PBX says exists
(``blindness.py``): what goes on is counted on, what is gone ended unseen, and the call says so.

*Time* is the ``at`` of events; the tracker has no clock. *Memory*: a call and its channels are let go
``GRACE_SECONDS`` of event time after their end (``ledger.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import inf

from monitor.domain import Call, ExtensionStatus, Outage, Transfer
from monitor.pbx import events as ev
from monitor.pbx.attempts import Attempts
from monitor.pbx.blindness import Blindness
from monitor.pbx.channels import RING, RINGING, UP
from monitor.pbx.dials import Dials
from monitor.pbx.interpret import SWAP_SECONDS
from monitor.pbx.ledger import Ledger
from monitor.pbx.numbers import Kind, Numbering, NumberPlan
from monitor.pbx.reach import Reach
from monitor.pbx.record import CallRecord, VoiceMeter
from monitor.pbx.snapshot import Snapshot


class Tracker:
    """Follows the calls of one PBX. ``apply`` events, then ``take`` what changed."""

    def __init__(
        self,
        pbx: str,
        plan: NumberPlan,
        emergency_numbers: tuple[str, ...] = (),
        voice: Callable[[], VoiceMeter] | None = None,
    ) -> None:
        self._pbx = pbx
        self._voice = voice
        self._numbering = Numbering(plan, emergency_numbers)
        self._ledger = Ledger(pbx, self._numbering)
        self._floor = self._ledger.floor
        self._touch = self._ledger.touch
        self._dials = Dials(self._ledger)
        self._attempts = Attempts(self._ledger)
        self._blindness = Blindness(self._ledger, self._dials, self.apply)
        self._reach = Reach(pbx, self._numbering, plan.trunks)
        self._changes: list[Call | ExtensionStatus | Outage] = []
        self._order = 0
        self._handlers = {
            ev.NewChannel: self._new_channel,
            ev.NewState: self._new_state,
            ev.HangupRequested: self._hangup_requested,
            ev.HungUp: self._hung_up,
            ev.Renamed: self._renamed,
            ev.DialBegun: self._dials.begun,
            ev.DialProgress: self._dials.progress,
            ev.DialEnded: self._dials.ended,
            ev.BridgeEntered: self._bridge_entered,
            ev.BridgeLeft: self._bridge_left,
            ev.Held: self._held,
            ev.Transferred: self._transferred,
            ev.OriginateEnded: self._attempts.originate_ended,
            ev.RecordingNamed: self._recording_named,
            ev.QueueJoined: self._queue_joined,
            ev.RtcpReport: self._rtcp,
            ev.DeviceState: self._reach.changed,
            ev.Booted: self._blindness.booted,
            ev.ShuttingDown: self._blindness.shutting_down,
        }

    # ------------------------------------------------------------------ in and out

    def apply(self, event: ev.AnyEvent) -> None:
        """Take one event."""
        if event.at > self._ledger.now:
            self._ledger.now = event.at
        self._order += 1
        self._handlers[type(event)](event)  # type: ignore[operator]

    def take(self) -> list[Call | ExtensionStatus | Outage]:
        """Calls whose meaning changed since the last ``take``, and what can be reached where that did."""
        self._blindness.give_up(self._ledger.now)
        self._dials.retry()
        changes, self._changes = self._changes, []
        changes += self._reach.take()
        changes += self._ledger.take()
        return changes

    def restore(
        self, calls: Iterable[Call], outages: Iterable[Outage] = (), last_seen: float | None = None
    ) -> None:
        """Take up the stored calls and outages that were open when we ourselves stopped, ``last_seen`` at work.

        Give the ended calls of the last hours too: their roots may still be up and dial again, and that
        dial must not take the id of the one before.
        """
        self._blindness.restore(calls)
        self._reach.restore(outages, last_seen)

    def resync(self, snapshot: Snapshot, at: float, *, blind_from: float | None, restarted: bool) -> int:
        """Hold what is remembered against what the PBX says exists; returns how many calls were cut off.

        ``blind_from`` is the last moment the PBX was heard, ``None`` if it was heard all along;
        ``restarted`` if it has been started since.
        """
        cut = self._blindness.resync(snapshot, at, blind_from=blind_from, restarted=restarted)
        self._reach.picture(snapshot.devices, at, blind_from if blind_from is not None else at)
        return cut

    def finish(self, at: float) -> None:
        """The capture ends here: open calls are left as they are, marked incomplete."""
        self._ledger.now = max(self._ledger.now, at)
        self._dials.retry(final=True)
        self._blindness.give_up(inf)
        self._changes = self.take()
        self._blindness.leave_open(at)

    @property
    def remembered(self) -> int:
        """How many channels are kept in memory; bounded by the calls that are going on."""
        return len(self._floor.channels)

    # ------------------------------------------------------------------ channels

    def _new_channel(self, event: ev.NewChannel) -> None:
        channel = self._floor.channel(event.uniqueid, event.channel, event.linkedid, event.at)
        if channel is None or channel.exten:
            return
        channel.created_at = event.at
        channel.incoming = event.state == RING
        channel.exten = event.exten
        channel.linkedid = event.linkedid
        channel.caller_number = event.caller_number
        channel.caller_name = event.caller_name
        if (
            channel.incoming
            and channel.kind is Kind.TRUNK
            and channel.dialed_at is None
            and not channel.calls
        ):
            self._ledger.open_inbound(channel)
        for record in channel.calls:
            if record.root is channel:
                record.name = record.name or event.caller_name
        self._touch(channel)

    def _new_state(self, event: ev.NewState) -> None:
        channel = self._floor.channel(event.uniqueid, event.channel, event.linkedid, event.at)
        if channel is None:
            return
        if event.state == UP:
            if channel.up_at is None:
                channel.up_at = event.at
                self._touch(channel)
        elif event.state == RINGING and channel.ringing_at is None:
            channel.ringing_at = event.at
            self._touch(channel)

    def _hangup_requested(self, event: ev.HangupRequested) -> None:
        channel = self._floor.get(event.uniqueid)
        if channel is not None and channel.requested_at is None:
            channel.requested_at = event.at
            channel.requested_order = self._order
            self._touch(channel)

    def _hung_up(self, event: ev.HungUp) -> None:
        channel = self._floor.get(event.uniqueid)
        if channel is None or not channel.alive:
            return
        channel.hungup_at = event.at
        channel.cause = event.cause
        channel.tech_cause = event.tech_cause
        self._ledger.over(channel, event.at)
        self._attempts.hung_up(channel)
        self._touch(channel)

    def _renamed(self, event: ev.Renamed) -> None:
        channel = self._floor.get(event.uniqueid)
        if channel is not None:
            self._floor.rename(channel, event.channel)
            self._touch(channel)

    # ------------------------------------------------------------------ talking

    def _bridge_entered(self, event: ev.BridgeEntered) -> None:
        channel = self._floor.channel(event.uniqueid, event.channel, event.linkedid, event.at)
        if channel is not None:
            self._floor.enter(channel, event.bridge, event.holding, event.at)
            self._touch(channel)

    def _bridge_left(self, event: ev.BridgeLeft) -> None:
        channel = self._floor.get(event.uniqueid)
        if channel is not None:
            self._floor.leave(channel, event.bridge, event.at)
            self._touch(channel)

    def _held(self, event: ev.Held) -> None:
        channel = self._floor.get(event.uniqueid)
        if channel is not None:
            channel.hold(event.on, event.at)
            self._touch(channel)

    def _transferred(self, event: ev.Transferred) -> None:
        by, other = self._floor.get(event.uniqueid), self._floor.get(event.other)
        customer = other if other is not None else by
        if event.failed or customer is None:
            return
        transfer = Transfer(
            kind=event.kind,
            at=event.at,
            by=by.endpoint if by is not None else None,
            to=event.to,
        )
        for record in customer.calls:
            if (customer in record.far or customer is record.root) and not _told_before(transfer, record):
                record.transfers.append(transfer)
                self._ledger.dirty[record] = None

    def _recording_named(self, event: ev.RecordingNamed) -> None:
        channel = self._floor.get(event.uniqueid)
        if channel is not None and channel.recording is None:
            channel.recording = event.path
            self._touch(channel)

    def _queue_joined(self, event: ev.QueueJoined) -> None:
        channel = self._floor.get(event.uniqueid)
        if channel is not None:
            channel.queue = event.queue
            self._touch(channel)

    def _rtcp(self, event: ev.RtcpReport) -> None:
        channel = self._floor.get(event.uniqueid)
        if channel is None or self._voice is None:
            return
        for record in channel.calls:
            if record.voice is None:
                record.voice = self._voice()
            record.voice.add(
                leg=event.uniqueid,
                received=event.received,
                ssrc=event.ssrc,
                source_ssrc=event.source_ssrc,
                fraction_lost=event.fraction_lost,
                cumulative_lost=event.cumulative_lost,
                highest_sequence=event.highest_sequence,
                sequence_cycles=event.sequence_cycles,
                jitter=event.jitter,
                rtt=event.rtt,
                sent_packets=event.sent_packets,
            )
            self._ledger.dirty[record] = None


def _told_before(transfer: Transfer, record: CallRecord) -> bool:
    """Whether it is on the call already, perhaps from another connection that heard it a moment earlier."""
    return any(
        (told.kind, told.by, told.to) == (transfer.kind, transfer.by, transfer.to)
        and abs(told.at - transfer.at) < SWAP_SECONDS
        for told in record.transfers
    )
