"""Dials: which call a dial belongs to, followed back from the dialling channel to its root.

The table of roots and what their dials are stands at the head of ``tracker.py``.
"""

from __future__ import annotations

from monitor.domain import Direction
from monitor.pbx import events as ev
from monitor.pbx.channels import Channel
from monitor.pbx.ledger import GRACE_SECONDS, Ledger
from monitor.pbx.numbers import Kind, same_destination
from monitor.pbx.record import CallRecord


class Dials:
    """Gives each dial of one PBX to its call, a new one if need be."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._floor = ledger.floor
        self._numbering = ledger.numbering
        self._unrooted: list[ev.DialBegun] = []

    def begun(self, event: ev.DialBegun) -> None:
        """A channel was dialled, by another one or by an Originate."""
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
        self._ledger.touch(dest)

    def progress(self, event: ev.DialProgress) -> None:
        """What was dialled rings or sends early media."""
        dest = self._floor.channel(event.dest, event.dest_channel, "", event.at)
        if dest is not None and event.status in ("RINGING", "PROGRESS"):
            if dest.ringing_at is None or event.at < dest.ringing_at:
                dest.ringing_at = event.at
            self._ledger.touch(dest)

    def ended(self, event: ev.DialEnded) -> None:
        """What was dialled answered, or will not any more."""
        dest = self._floor.get(event.dest)
        if dest is None:
            return
        if event.status == "ANSWER" and dest.up_at is None:
            dest.up_at = event.at
        dest.dial_status = event.status
        dest.dial_ended_at = event.at
        dest.forwarded = dest.forwarded or event.forward is not None
        self._ledger.touch(dest)

    def retry(self, *, final: bool = False) -> None:
        """Dials inside a Local pair whose own dial had not been heard of yet.

        ``final``: nothing more will be heard; what is known must do.
        """
        if not self._unrooted:
            return
        waiting, self._unrooted = self._unrooted, []
        for event in waiting:
            caller, dest = self._floor.get(event.caller), self._floor.get(event.dest)
            if caller is None or dest is None:
                continue
            late = final or not dest.alive or event.at + GRACE_SECONDS < self._ledger.now
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
            record = self._ledger.open_inbound(root)
        if dest.kind is Kind.AGENT:
            record.add_agent(dest)
        else:
            record.add_far(dest)
            if record.direction is Direction.INBOUND:
                record.notes.add("forwarded")

    def _towards_trunk(self, root: Channel, caller: Channel, dest: Channel, event: ev.DialBegun) -> None:
        if root.kind is Kind.OTHER:
            return
        exten = asked_for(root)
        number = self._numbering.dialled(event.dial_string, exten, dest.endpoint)
        record = self._open_attempt(root, caller, number)
        if record is None:
            record = self._ledger.open(Direction.OUTBOUND, root, caller, event.at)
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
            exten = asked_for(root)
            record = self._ledger.open(Direction.INTERNAL, root, caller, event.at)
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
        record = self._ledger.open(Direction.OUTBOUND, dest, dest, event.at)
        record.number = self._numbering.dialled(event.dial_string, "", dest.endpoint)
        record.dialed = record.number
        record.name = None
        record.click_to_dial = True
        record.add_far(dest)


def asked_for(root: Channel) -> str:
    """What was dialled on a channel: by its phone, or in the answer to the Originate that rang the phone."""
    called_us = root.incoming and root.kind is not Kind.LOCAL
    return root.outside_exten or (root.exten if called_us else "")
