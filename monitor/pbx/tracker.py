"""The call state machine, sans-IO: typed events in, calls out.

Theory
------
*Track first, interpret later.* Events only add facts to channels (``channels.py``); what a call is gets
read from the facts of its channels whenever one of them changed (``interpret.py``). Nothing depends on
the order of events of different channels, a repeated event adds nothing, and a fact that comes after
the end still corrects the call for a few seconds.

*One call = one root × one dialled destination.* A dial is attributed to its root: the channel that
issued it, followed back through Local pairs to a real channel or to the pair that an Originate made.

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

An originated agent leg that is never answered is an attempt, ``agent_unanswered``, not a dial.

*Time* is the ``at`` of events; the tracker has no clock. *Memory*: a call and its channels are let go
``GRACE_SECONDS`` of event time after their end.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from math import inf

from monitor.domain import Call, Direction, ExtensionStatus, Transfer
from monitor.pbx import events as ev
from monitor.pbx.channels import RING, RINGING, UP, Channel, Floor
from monitor.pbx.interpret import SWAP_SECONDS, interpret
from monitor.pbx.numbers import Kind, Numbering, NumberPlan, same_destination
from monitor.pbx.record import CallRecord, VoiceMeter
from monitor.pbx.restore import restore_record, settle_base
from monitor.pbx.snapshot import Snapshot, events_of

#: How long after its end a call may still be corrected by an event that was under way.
GRACE_SECONDS = 5.0

#: How long a channel is given the benefit of the doubt that a resync could not see. What is in no bridge
#: rings or waits: a SIP call may ring 3 minutes (RFC 3261 timer C), and what waits longer makes events.
UNSEEN_SECONDS = 180.0

#: Hang-ups this close before a Shutdown are the PBX's doing: ``core restart now`` ends every call first.
SHUTDOWN_SECONDS = 3.0

_REACHABLE = {
    "NOT_INUSE": True,
    "INUSE": True,
    "BUSY": True,
    "RINGING": True,
    "RINGINUSE": True,
    "ONHOLD": True,
    "UNAVAILABLE": False,
}


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
        self._floor = Floor(self._numbering)
        self._dirty: dict[CallRecord, None] = {}
        self._ending: deque[tuple[float, CallRecord]] = deque()
        self._gone: deque[tuple[float, Channel]] = deque()
        self._unseen: deque[tuple[float, Channel]] = deque()
        self._unrooted: list[ev.DialBegun] = []
        self._refusals: deque[ev.OriginateEnded] = deque(maxlen=64)
        self._reachable: dict[str, bool] = {}
        self._serials: dict[str, int] = {}
        self._changes: list[Call | ExtensionStatus] = []
        self._order = 0
        self._now = 0.0
        self._handlers = {
            ev.NewChannel: self._new_channel,
            ev.NewState: self._new_state,
            ev.HangupRequested: self._hangup_requested,
            ev.HungUp: self._hung_up,
            ev.Renamed: self._renamed,
            ev.DialBegun: self._dial_begun,
            ev.DialProgress: self._dial_progress,
            ev.DialEnded: self._dial_ended,
            ev.BridgeEntered: self._bridge_entered,
            ev.BridgeLeft: self._bridge_left,
            ev.Held: self._held,
            ev.Transferred: self._transferred,
            ev.OriginateEnded: self._originate_ended,
            ev.RecordingNamed: self._recording_named,
            ev.QueueJoined: self._queue_joined,
            ev.RtcpReport: self._rtcp,
            ev.DeviceState: self._device_state,
            ev.Booted: self._booted,
            ev.ShuttingDown: self._shutting_down,
        }

    # ------------------------------------------------------------------ in and out

    def apply(self, event: ev.AnyEvent) -> None:
        """Take one event."""
        if event.at > self._now:
            self._now = event.at
        self._order += 1
        self._handlers[type(event)](event)  # type: ignore[operator]

    def take(self) -> list[Call | ExtensionStatus]:
        """Calls whose meaning changed since the last ``take``, and extensions whose reachability did."""
        if self._unseen and self._unseen[0][0] <= self._now:
            self._give_up_unseen(self._now)
        changes, self._changes = self._changes, []
        if self._unrooted:
            self._retry_unrooted()
        if self._dirty:
            dirty, self._dirty = self._dirty, {}
            for record in dirty:
                call = interpret(record, self._floor, self._pbx)
                if call != record.latest:
                    if call.ended and (record.latest is None or not record.latest.ended):
                        self._ending.append((self._now + GRACE_SECONDS, record))
                    record.latest = call
                    changes.append(call)
        self._let_go()
        return changes

    def open_calls(self) -> list[Call]:
        """Calls that are going on, as last taken."""
        latest = {
            record.id: record.latest for channel in self._floor.channels.values() for record in channel.calls
        }
        return [call for call in latest.values() if call is not None and not call.ended]

    @property
    def remembered(self) -> int:
        """How many channels are kept in memory; bounded by the calls that are going on."""
        return len(self._floor.channels)

    # ------------------------------------------------------------------ blindness

    def restore(self, calls: Iterable[Call]) -> None:
        """Take up the stored calls that were open when we ourselves stopped.

        Give the ended ones of the last hours too: their roots may still be up and dial again, and that
        dial must not take the id of the one before.
        """
        for call in calls:
            root, _, serial = call.id.removeprefix(f"{self._pbx}/").rpartition("/")
            self._serials[root] = max(
                self._serials.get(root, 0), int(serial) + 1 if serial.isdecimal() else 1
            )
            record = restore_record(call, self._floor)
            if record is not None:
                self._find_forks(record)
                self._dirty[record] = None

    def _find_forks(self, record: CallRecord) -> None:
        """Which of a stored call's legs were dialled beside the first, to other numbers."""
        if (
            record.direction is not Direction.OUTBOUND
            or record.number is None
            or record.root.kind is Kind.TRUNK
        ):
            return
        answered_at = record.base.answered_at if record.base is not None else None
        for leg in record.far:
            if answered_at is not None and (leg.dialed_at or 0.0) >= answered_at:
                continue  # a transfer of the customer
            number = self._numbering.dialled(leg.dial_string, record.dialed or "", leg.endpoint)
            if number and not leg.forwarded and not same_destination(number, record.number):
                record.forked[leg.uniqueid] = number

    def cut(self, at: float, *, restarted: bool, present: frozenset[str] = frozenset(), before: float) -> int:
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
            self._gone.append((self._now + GRACE_SECONDS, channel))
            touched.update((record, None) for record in channel.calls)
            self._touch(channel)
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
            self._dirty[record] = None
        return cut

    def _doubt(self, snapshot: Snapshot, last_seen: float, before: float) -> None:
        """Channels that a list of bridges does not show may be in none, or gone: they wait to be heard of.

        Whatever is heard of one proves it alive (``_touch``); else it ends ``UNSEEN_SECONDS`` from now.
        """
        present = {row.uniqueid for row in snapshot.channels}
        looked_into = {row.bridge_id for row in snapshot.channels}
        for channel in self._floor.channels.values():
            if channel.alive and channel.uniqueid not in present and channel.created_at <= before:
                if channel.unseen_from is None:
                    channel.unseen_from = last_seen
                    self._unseen.append((self._now + UNSEEN_SECONDS, channel))
                for stay in channel.stays:
                    bridge = stay.bridge.id
                    left = bridge in looked_into or (
                        snapshot.bridges is not None and bridge not in snapshot.bridges
                    )
                    if stay.end is None and left:
                        stay.end = last_seen
                for record in channel.calls:
                    record.notes |= {"gap", "uncertain"}
                    self._dirty[record] = None

    def _give_up_unseen(self, until: float) -> None:
        """Of these nothing was heard in all the time that a channel may be silent."""
        gone: list[Channel] = []
        while self._unseen and self._unseen[0][0] <= until:
            channel = self._unseen.popleft()[1]
            if channel.alive and channel.unseen_from is not None:
                gone.append(channel)
        self._cut_off(gone, self._now)

    def _heard_again(self, channel: Channel) -> None:
        """A channel that was in doubt lives, or has told its end."""
        channel.unseen_from = None
        for record in channel.calls:
            if all(other.unseen_from is None for other in record.channels()):
                record.notes.discard("uncertain")

    def resync(self, snapshot: Snapshot, at: float, *, blind_from: float | None, restarted: bool) -> int:
        """Hold what is remembered against what the PBX says exists; returns how many calls were cut off."""
        self._now = max(self._now, at)
        last_seen = blind_from if blind_from is not None else at
        present = frozenset() if restarted else frozenset(row.uniqueid for row in snapshot.channels)
        cut = 0
        if snapshot.whole or restarted:
            cut = self.cut(last_seen, restarted=restarted, present=present, before=at)
        else:
            self._doubt(snapshot, last_seen, at)
        by_id = {row.uniqueid: row for row in snapshot.channels}
        for row in snapshot.channels:
            channel = self._floor.get(row.uniqueid)
            if channel is None:
                continue
            if channel.unseen_from is not None:
                self._heard_again(channel)
            for stay in channel.stays:
                if stay.end is None and stay.bridge.id != row.bridge_id:
                    stay.end = last_seen
            for record in channel.calls:
                record.notes.add("gap")
                if row.bridge_id and row.answered_at is None and not record.talked(self._floor):
                    record.notes |= {"answer_time_unknown", "incomplete"}
                self._dirty[record] = None
        new = [row for row in snapshot.channels if row.uniqueid not in self._floor.channels]
        for event in events_of(snapshot, at, known=frozenset(by_id) - {row.uniqueid for row in new}):
            self.apply(event)
        if new:
            self._retry_unrooted(final=True)
        if snapshot.whole or restarted:
            self._serials = {root: serial for root, serial in self._serials.items() if root in by_id}
        for row in new:
            channel = self._floor.get(row.uniqueid)
            if channel is None:
                continue
            channel.late = True
            for record in channel.calls:
                record.notes.add("seen_late")
                if row.bridge_id and row.answered_at is None:
                    record.notes |= {"answer_time_unknown", "incomplete"}
                self._dirty[record] = None
        for record in {r: None for c in self._floor.channels.values() for r in c.calls if r.base is not None}:
            settle_base(record, self._floor, last_seen, at)
            self._dirty[record] = None
        for state in snapshot.devices:
            self.apply(ev.DeviceState(at, state.device, state.state))
        return cut

    def finish(self, at: float) -> None:
        """The capture ends here: open calls are left as they are, marked incomplete."""
        self._now = max(self._now, at)
        self._retry_unrooted(final=True)
        self._give_up_unseen(inf)
        self._changes += self.take()
        for channel in self._floor.channels.values():
            for record in channel.calls:
                if record.latest is not None and not record.latest.ended:
                    record.cut_at = at
                    record.notes.add("capture_ended")
                    self._dirty[record] = None

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
            self._inbound(channel)
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
        self._gone.append((event.at + GRACE_SECONDS, channel))
        if channel.originated and channel.up_at is None:
            self._agent_unanswered(channel)
        elif not channel.calls and channel.kind is Kind.AGENT:
            self._dialled_nothing(channel)
        self._touch(channel)

    def _renamed(self, event: ev.Renamed) -> None:
        channel = self._floor.get(event.uniqueid)
        if channel is not None:
            self._floor.rename(channel, event.channel)
            self._touch(channel)

    def _touch(self, channel: Channel) -> None:
        """Mark every call that a change of this channel may change."""
        if channel.unseen_from is not None and not channel.lost:
            self._heard_again(channel)
        for record in channel.calls:
            self._dirty[record] = None
        for other in self._floor.neighbours(channel) if channel.stays else ():
            for record in other.calls:
                self._dirty[record] = None

    # ------------------------------------------------------------------ dials

    def _dial_begun(self, event: ev.DialBegun) -> None:
        dest = self._floor.channel(event.dest, event.dest_channel, event.dest_linkedid, event.at)
        if dest is None or (dest.dialed_at is not None and dest.dialed_at == event.at):
            return
        if dest.dialed_at is None:
            dest.dialed_at = event.at
        dest.dial_string = event.dial_string or dest.dial_string
        if event.caller is None:
            dest.originated = True
            if dest.kind is Kind.TRUNK:
                self._originated_trunk(dest, event)
        else:
            caller = self._floor.channel(event.caller, event.caller_channel, event.dest_linkedid, event.at)
            if caller is None:
                return
            dest.dialed_by = caller
            if dest.kind is not Kind.LOCAL and not self._attribute(caller, dest, event):
                self._unrooted.append(event)
        self._touch(dest)

    def _retry_unrooted(self, *, final: bool = False) -> None:
        """Dials inside a Local pair whose own dial had not been heard of yet."""
        waiting, self._unrooted = self._unrooted, []
        for event in waiting:
            caller, dest = self._floor.get(event.caller), self._floor.get(event.dest)
            if caller is None or dest is None:
                continue
            late = final or not dest.alive or event.at + GRACE_SECONDS < self._now
            if not self._attribute(caller, dest, event, guess=late):
                self._unrooted.append(event)

    def _root(self, channel: Channel, guess: bool) -> Channel | None:
        """The channel a dial is attributed to; ``None`` while a Local pair's own dial is unheard of."""
        for _ in range(16):  # chains of Local channels are short; a loop would be a broken stream
            if channel.kind is not Kind.LOCAL:
                return channel
            if channel.name.endswith(";2"):
                partner = self._floor.partner(channel)
                if partner is None:
                    return channel if guess else None
                channel = partner
            if channel.dialed_by is not None:
                channel = channel.dialed_by
            elif channel.originated:
                return channel
            elif (transferer := self._transferer(channel)) is not None:
                return transferer
            else:
                return channel if guess else None
        return channel

    def _transferer(self, half: Channel) -> Channel | None:
        """The agent whose attended transfer made a Local pair: Asterisk announces no dial of it.

        The pair takes over the agent's Linkedid; one made by an Originate has its own.
        """
        if half.linkedid in ("", half.uniqueid):
            return None
        agents = [
            channel
            for channel in self._floor.channels.values()
            if channel.linkedid == half.linkedid
            and channel.kind is Kind.AGENT
            and channel.alive
            and channel.up_at is not None
            and channel.up_at <= half.created_at
        ]
        return max(agents, key=lambda channel: channel.holds[-1][0] if channel.holds else 0.0, default=None)

    def _attribute(self, caller: Channel, dest: Channel, event: ev.DialBegun, guess: bool = False) -> bool:
        """Give a dial to its call, a new one if need be; false while its root is not known yet."""
        root = self._root(caller, guess)
        if root is None:
            return False
        if root.kind is Kind.TRUNK:
            self._leg_of_customer(root, dest)
        elif dest.kind is Kind.TRUNK:
            self._towards_trunk(root, caller, dest, event)
        elif dest.kind is Kind.AGENT or root.kind in (Kind.AGENT, Kind.LOCAL):
            self._towards_phone(root, caller, dest, event)
        return True

    def _leg_of_customer(self, root: Channel, dest: Channel) -> None:
        record = next((r for r in root.calls if root in r.far), None)
        if record is None:
            record = self._inbound(root)
        if dest.kind is Kind.AGENT:
            record.add_agent(dest)
        else:
            record.add_far(dest)
            if record.direction is Direction.INBOUND:
                record.notes.add("forwarded")

    def _towards_trunk(self, root: Channel, caller: Channel, dest: Channel, event: ev.DialBegun) -> None:
        if root.kind is Kind.OTHER:
            return
        exten = _asked_for(root)
        number = self._numbering.dialled(event.dial_string, exten, dest.endpoint)
        record = self._open_attempt(root, caller, number)
        if record is None:
            record = self._record(Direction.OUTBOUND, root, caller, event.at)
            if self._numbering.is_service(number):
                record.direction = Direction.INTERNAL
                record.notes.add("service_number")
            record.number = number or None  # a list of bridges tells no dial string
            record.dialed = exten or record.number
            self._adopt_agents(record, root)
        if number != record.number and any(not leg.failed for leg in record.far):
            record.forked[dest.uniqueid] = number
        record.add_far(dest)

    def _towards_phone(self, root: Channel, caller: Channel, dest: Channel, event: ev.DialBegun) -> None:
        if root.kind is Kind.LOCAL:
            calling = next((r for r in root.calls if r.direction is Direction.OUTBOUND), None)
            if calling is not None:
                calling.add_agent(dest)  # a dialler: the customer first, then whoever is free
                return
            if caller is not root and dest.kind is Kind.AGENT:
                dest.originated = True  # the agent's phone of a click-to-dial through a Local pair
                dest.dialed_by = caller
                return
        record = self._open_attempt(root, caller, None)
        if record is None:
            exten = _asked_for(root)
            record = self._record(Direction.INTERNAL, root, caller, event.at)
            consulting = any(r is not record and r.talked(self._floor) for r in root.calls)
            record.number = dest.endpoint if consulting or not exten else exten
            record.group = not self._numbering.is_extension(record.number)
            record.dialed = record.number
            self._adopt_agents(record, root)
        record.add_far(dest)

    def _open_attempt(self, root: Channel, caller: Channel, number: str | None) -> CallRecord | None:
        """The call that a further dial of this root belongs to: fail-over, fork, forward; or none.

        ``number`` is the outside number dialled, ``None`` for a dial to a phone.
        """
        record = next((r for r in reversed(root.calls) if r.root is root and not r.refused), None)
        if record is None or not record.far or record.cut_at is not None or record.talked(self._floor):
            return None
        going_on = [leg for leg in record.far if not leg.failed]
        if going_on:
            return record
        if any(leg.forwarded for leg in record.far):
            return record
        consulting = any(r is not record and r.talked(self._floor) for r in root.calls if r.root is root)
        if consulting and record.caller is not caller:
            return None
        if record.direction is Direction.OUTBOUND:
            if number is None:
                return None
            return record if same_destination(number, record.number or "") else None
        return record

    def _adopt_agents(self, record: CallRecord, root: Channel) -> None:
        """An Originate's call belongs to the agent whose phone was rung for it."""
        if root.kind is Kind.LOCAL:
            partner = self._floor.partner(root)
            for channel in self._floor.channels.values():
                if (
                    channel.dialed_by in (root, partner)
                    and channel.dialed_by is not None
                    and channel.originated
                ):
                    record.add_agent(channel)
        record.click_to_dial = root.originated or root.kind is Kind.LOCAL

    def _originated_trunk(self, dest: Channel, event: ev.DialBegun) -> None:
        if any(dest in record.far for record in dest.calls):
            return
        record = self._record(Direction.OUTBOUND, dest, dest, event.at)
        record.number = self._numbering.dialled(event.dial_string, "", dest.endpoint)
        record.dialed = record.number
        record.name = None
        record.click_to_dial = True
        record.add_far(dest)

    def _inbound(self, root: Channel) -> CallRecord:
        record = self._record(Direction.INBOUND, root, root, root.created_at)
        record.number = root.caller_number
        record.dialed = root.exten or None
        record.far.append(root)
        return record

    def _record(self, direction: Direction, root: Channel, caller: Channel, at: float) -> CallRecord:
        serial = max(root.next_dial, self._serials.get(root.uniqueid, 0))
        record = CallRecord(f"{self._pbx}/{root.uniqueid}/{serial}", direction, root, caller, at)
        root.next_dial = serial + 1
        self._dirty[record] = None
        return record

    def _dial_progress(self, event: ev.DialProgress) -> None:
        dest = self._floor.channel(event.dest, event.dest_channel, "", event.at)
        if dest is not None and event.status in ("RINGING", "PROGRESS"):
            if dest.ringing_at is None or event.at < dest.ringing_at:
                dest.ringing_at = event.at
            self._touch(dest)

    def _dial_ended(self, event: ev.DialEnded) -> None:
        dest = self._floor.get(event.dest)
        if dest is None:
            return
        if event.status == "ANSWER" and dest.up_at is None:
            dest.up_at = event.at
        dest.dial_status = event.status
        dest.dial_ended_at = event.at
        dest.forwarded = dest.forwarded or event.forward is not None
        self._touch(dest)

    # ------------------------------------------------------------------ attempts without a dial

    def _agent_unanswered(self, channel: Channel) -> None:
        """An originated agent's phone ended without having been picked up."""
        agent = channel
        if channel.kind is Kind.LOCAL:
            partner = self._floor.partner(channel)
            rung = [
                c for c in self._floor.channels.values() if c.dialed_by is not None and c.dialed_by is partner
            ]
            agent = next((c for c in rung if c.kind is Kind.AGENT), channel)
        if agent.kind is not Kind.AGENT or agent.up_at is not None or channel.calls or agent.calls:
            return
        if channel.kind is Kind.AGENT and channel.dialed_by is not None:
            return  # the phone behind a Local pair: told when the pair ends
        record = self._record(Direction.OUTBOUND, channel, channel, channel.dialed_at or channel.created_at)
        record.refused = True
        record.click_to_dial = True
        if agent is not channel:
            record.add_agent(agent)
        for refusal in list(self._refusals):
            self._name_refused(record, refusal)

    def _originate_ended(self, event: ev.OriginateEnded) -> None:
        channel = self._floor.get(event.uniqueid)
        if channel is not None:
            channel.outside_exten = channel.outside_exten or event.exten
        if event.success:
            return
        self._refusals.append(event)
        for found in list(self._floor.channels.values()):
            for record in found.calls:
                if record.refused and record.number is None:
                    self._name_refused(record, event)

    def _name_refused(self, record: CallRecord, refusal: ev.OriginateEnded) -> None:
        """The number of a click-to-dial that the agent did not take, from the answer to the Originate."""
        wanted = refusal.channel.removesuffix("/n")
        if record.number is None and record.root.name.startswith(wanted + "-") and refusal.exten:
            record.number = self._numbering.outside(refusal.exten) or refusal.exten
            record.dialed = refusal.exten
            self._dirty[record] = None
            if refusal in self._refusals:
                self._refusals.remove(refusal)

    def _dialled_nothing(self, channel: Channel) -> None:
        """An agent dialled an outside number and no dial came of it: the trunk is gone, or the agent was."""
        exten = _asked_for(channel)
        number = self._numbering.outside(exten) if exten else None
        if number is None or channel.stays or channel.lost:
            return
        if channel.late and channel.uniqueid in self._serials:
            return  # what it dialled before we saw it is stored already
        record = self._record(Direction.OUTBOUND, channel, channel, channel.created_at)
        record.number = number
        record.dialed = exten
        record.notes.add("no_trunk_leg")
        if channel.late:  # it may have dialled while we did not look
            record.notes |= {"seen_late", "incomplete"}
        if self._numbering.is_service(number):
            record.direction = Direction.INTERNAL
            record.notes.add("service_number")

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
                self._dirty[record] = None

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
            self._dirty[record] = None

    # ------------------------------------------------------------------ devices and the PBX itself

    def _device_state(self, event: ev.DeviceState) -> None:
        reachable = _REACHABLE.get(event.state)
        if reachable is None:
            return
        party = self._numbering.party(event.device + "-")
        if party.kind is Kind.AGENT and self._reachable.get(party.endpoint) is not reachable:
            self._reachable[party.endpoint] = reachable
            self._changes.append(
                ExtensionStatus(pbx=self._pbx, extension=party.endpoint, reachable=reachable, at=event.at)
            )

    def _booted(self, event: ev.Booted) -> None:
        """Channels older than the PBX's own start died with its former life."""
        if event.uptime is not None:
            # Uptime comes in whole seconds, rounded down.
            boot = event.at - event.uptime - 1.0
            older = [c for c in self._floor.channels.values() if c.alive and c.created_at < boot]
            if older:
                present = frozenset(self._floor.channels) - {channel.uniqueid for channel in older}
                self.cut(boot, restarted=True, present=present, before=event.at)

    def _shutting_down(self, event: ev.ShuttingDown) -> None:
        for channel in self._floor.channels.values():
            for record in channel.calls:
                call = record.latest
                fresh = call is None or not call.ended or (call.ended_at or 0) >= event.at - SHUTDOWN_SECONDS
                asked = any(c.requested_at is not None for c in record.channels())
                if fresh and not asked:
                    record.stopped_with_pbx = True
                    self._dirty[record] = None

    # ------------------------------------------------------------------ letting go

    def _let_go(self) -> None:
        while self._ending and self._ending[0][0] <= self._now:
            record = self._ending.popleft()[1]
            for channel in record.channels():
                if record in channel.calls:
                    channel.calls.remove(record)
                    if not channel.alive and not channel.calls:
                        self._gone.append((self._now, channel))
        while self._gone and self._gone[0][0] <= self._now:
            channel = self._gone.popleft()[1]
            if not channel.calls and channel.uniqueid in self._floor.channels:
                self._floor.release(channel)


def _told_before(transfer: Transfer, record: CallRecord) -> bool:
    """Whether it is on the call already, perhaps from another connection that heard it a moment earlier."""
    return any(
        (told.kind, told.by, told.to) == (transfer.kind, transfer.by, transfer.to)
        and abs(told.at - transfer.at) < SWAP_SECONDS
        for told in record.transfers
    )


def _asked_for(root: Channel) -> str:
    """What was dialled on a channel: by its phone, or in the answer to the Originate that rang the phone."""
    called_us = root.incoming and root.kind is not Kind.LOCAL
    return root.outside_exten or (root.exten if called_us else "")
