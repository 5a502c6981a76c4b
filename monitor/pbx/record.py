"""A call while it is being followed: which channels are its root, its far legs, its agents' legs.

``interpret`` turns such a record into the ``Call`` it means now. The record only gathers; it can be
read again after every fact, so a late fact changes the call instead of being lost.
"""

from __future__ import annotations

from typing import Protocol

from monitor.domain import Call, Direction, Transfer, VoiceQuality
from monitor.pbx.channels import Channel, Floor
from monitor.pbx.numbers import Kind


class VoiceMeter(Protocol):
    """Whatever turns RTCP report blocks into the voice quality of a call."""

    def add(
        self,
        *,
        received: bool,
        ssrc: str,
        source_ssrc: str,
        fraction_lost: int,
        cumulative_lost: int,
        highest_sequence: int,
        sequence_cycles: int,
        jitter: float,
        rtt: float | None,
        sent_packets: int | None,
        leg: str,
    ) -> None:
        """Take one report block of one leg."""

    def result(self) -> VoiceQuality | None:
        """The call's figures; ``None`` where too little was reported."""


class CallRecord:
    """One logical call in the making.

    ``far`` are the legs towards the other side (trunk legs of an outbound call, the root itself of an
    inbound one, the called phones of an internal one), ``agents`` the legs towards agents, ``kept``
    channels that joined later (picked up, unparked, passed through as Local halves). ``group``: what was
    dialled is no extension but several; who answers it is the other party. ``forked``: the numbers of further legs dialled at once. ``caller`` is the
    channel that issued the first dial: the root, or the Local half that dialled for it.
    """

    __slots__ = (
        "agents",
        "base",
        "caller",
        "click_to_dial",
        "cut_at",
        "cut_by_restart",
        "dialed",
        "direction",
        "far",
        "forked",
        "group",
        "id",
        "kept",
        "latest",
        "name",
        "notes",
        "number",
        "refused",
        "root",
        "started_at",
        "stopped_with_pbx",
        "transfers",
        "voice",
    )

    def __init__(
        self, id: str, direction: Direction, root: Channel, caller: Channel, started_at: float
    ) -> None:
        self.id = id
        self.direction = direction
        self.root = root
        self.caller = caller
        self.started_at = started_at
        self.far: list[Channel] = []
        self.agents: list[Channel] = []
        self.kept: list[Channel] = []
        self.number: str | None = None
        self.dialed: str | None = None
        self.name: str | None = root.caller_name
        self.click_to_dial = False
        self.group = False
        self.forked: dict[str, str] = {}
        self.refused = False
        self.transfers: list[Transfer] = []
        self.voice: VoiceMeter | None = None
        self.cut_at: float | None = None
        self.cut_by_restart = False
        self.stopped_with_pbx = False
        self.notes: set[str] = set()
        self.base: Call | None = None
        self.latest: Call | None = None
        root.calls.append(self)

    def add_far(self, channel: Channel) -> None:
        """A leg towards the other side."""
        if channel not in self.far:
            self.far.append(channel)
            if self not in channel.calls:
                channel.calls.append(self)

    def add_agent(self, channel: Channel) -> None:
        """A leg towards an agent."""
        if channel not in self.agents:
            self.agents.append(channel)
            if self not in channel.calls:
                channel.calls.append(self)

    def keep(self, channel: Channel) -> None:
        """A channel whose stays this call needs although it never dialled or was dialled for it."""
        if self not in channel.calls:
            self.kept.append(channel)
            channel.calls.append(self)

    def channels(self) -> list[Channel]:
        """Every channel that holds on to this record."""
        return [self.root, *self.far, *self.agents, *self.kept]

    def near(self) -> list[Channel]:
        """The agent-side channels that made the call: the root, or the agent's leg of an originated pair.

        Of several phones that a pair rang it is the one that answered.
        """
        if self.root.kind is Kind.LOCAL:
            rung = [
                channel for channel in self.agents if channel.originated and channel.kind is not Kind.LOCAL
            ]
            return [channel for channel in rung if channel.up_at is not None] or rung
        return [self.root]

    def talked(self, floor: Floor) -> bool:
        """Whether the far end has been in conversation with anybody who counts."""
        if self.base is not None and self.base.answered_at is not None:
            return True
        if self.direction is Direction.INTERNAL:
            near = self.near()
            return any(
                overlap.other not in near
                and (overlap.other.kind is not Kind.TRUNK or overlap.other in self.far)
                for channel in near
                for overlap in floor.conversations(channel)
            )
        return any(
            overlap.other.kind is Kind.AGENT or overlap.other in self.far
            for channel in self.far
            for overlap in floor.conversations(channel)
        )
