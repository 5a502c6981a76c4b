"""Attempts without a dial: an originated agent who did not pick up, an outside number that no trunk was tried for."""

from __future__ import annotations

from collections import deque

from monitor.domain import Direction
from monitor.pbx import events as ev
from monitor.pbx.channels import Channel
from monitor.pbx.dials import asked_for
from monitor.pbx.ledger import Ledger
from monitor.pbx.numbers import Kind
from monitor.pbx.record import CallRecord

#: Answers to failed Originates that wait for the end of the channel they are about.
REFUSALS = 64


class Attempts:
    """Finds, when a channel ends, the attempt it was although nothing was dialled on it."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._floor = ledger.floor
        self._numbering = ledger.numbering
        self._refusals: deque[ev.OriginateEnded] = deque(maxlen=REFUSALS)

    def hung_up(self, channel: Channel) -> None:
        """A channel is over."""
        if channel.originated and channel.up_at is None:
            self._agent_unanswered(channel)
        elif not channel.calls and channel.kind is Kind.AGENT:
            self._dialled_nothing(channel)

    def _agent_unanswered(self, channel: Channel) -> None:
        """An originated agent's phone ended without having been picked up."""
        agent = channel
        if channel.kind is Kind.LOCAL:
            agent = next((phone for phone in self._rung_by(channel) if phone.kind is Kind.AGENT), channel)
        if agent.kind is not Kind.AGENT or agent.up_at is not None or channel.calls or agent.calls:
            return
        if channel.kind is Kind.AGENT and channel.dialed_by is not None:
            return  # the phone behind a Local pair: told when the pair ends
        record = self._ledger.open(
            Direction.OUTBOUND, channel, channel, channel.dialed_at or channel.created_at
        )
        record.refused = True
        record.click_to_dial = True
        if agent is not channel:
            agent.originated = True
            record.add_agent(agent)
        for refusal in list(self._refusals):
            self._name_refused(record, refusal)

    def _rung_by(self, half: Channel) -> list[Channel]:
        """The phones rung for an Originate's Local pair: those that its other half dialled.

        That half may be gone when a restarted monitor first looks: then nobody is left who is known to have
        dialled them, and what has the pair's Linkedid was dialled for it. A phone that was gone by then too
        (one that refused, milliseconds before its pair ends) is in no list: that attempt is lost.
        """
        other = self._floor.partner(half)
        channels = self._floor.channels.values()
        if other is not None:
            return [phone for phone in channels if phone.dialed_by is other]
        return [
            phone
            for phone in channels
            if phone.late
            and not phone.incoming
            and phone.dialed_by is None
            and phone.linkedid == half.uniqueid
            and phone is not half
        ]

    def originate_ended(self, event: ev.OriginateEnded) -> None:
        """The answer to an Originate: what it was to dial, and whether anybody picked up."""
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
            self._ledger.dirty[record] = None
            if refusal in self._refusals:
                self._refusals.remove(refusal)

    def _dialled_nothing(self, channel: Channel) -> None:
        """An agent dialled an outside number and no dial came of it: the trunk is gone, or the agent was."""
        exten = asked_for(channel)
        number = self._numbering.outside(exten) if exten else None
        if number is None or channel.stays or channel.lost:
            return
        if channel.late and self._ledger.is_stored(channel):
            return  # what it dialled before we saw it is stored already
        record = self._ledger.open(Direction.OUTBOUND, channel, channel, channel.created_at)
        record.number = number
        record.dialed = exten
        record.notes.add("no_trunk_leg")
        if channel.late:  # it may have dialled while we did not look
            record.notes |= {"seen_late", "incomplete"}
        if self._numbering.is_service(number):
            record.direction = Direction.INTERNAL
            record.notes.add("service_number")
