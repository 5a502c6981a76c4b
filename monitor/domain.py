"""The plain values everything else speaks in: calls, legs, segments, gaps, link states.

Nothing here does I/O, reads a clock or knows Asterisk's wire format, and nothing of ours is
imported. All instants are UTC seconds since the epoch as ``float`` (``*_at``), all lengths are
seconds (``*_seconds``). Values are frozen; a later state of a call is another value with the same
``id``, so storing or showing one twice is harmless.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Value(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """Base of all domain values: immutable, compared by content."""


class Direction(StrEnum):
    """Which way a call went, seen from the centre."""

    OUTBOUND = "outbound"
    INBOUND = "inbound"
    INTERNAL = "internal"


class Outcome(StrEnum):
    """How a call ended (METRICS: outcome 呼叫结果)."""

    ANSWERED = "answered"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    INVALID_NUMBER = "invalid_number"
    UNREACHABLE = "unreachable"
    CONGESTION = "congestion"
    UNKNOWN = "unknown"
    AGENT_UNANSWERED = "agent_unanswered"


class HangupBy(StrEnum):
    """Which side ended a call."""

    AGENT = "agent"
    REMOTE = "remote"
    SYSTEM = "system"
    UNKNOWN = "unknown"


class Phase(StrEnum):
    """Where a call stands now."""

    DIALING = "dialing"
    RINGING = "ringing"
    TALKING = "talking"
    HELD = "held"
    ENDED = "ended"


class LegRole(StrEnum):
    """What a channel was to its call."""

    ROOT = "root"
    FAR = "far"
    AGENT = "agent"


class Segment(Value, frozen=True, kw_only=True):
    """A stretch in which ``agent`` was in conversation with the far end; open while it lasts."""

    agent: str
    started_at: float
    ended_at: float | None = None


class Hold(Value, frozen=True, kw_only=True):
    """A stretch in which ``agent`` had put the far end on hold."""

    agent: str
    started_at: float
    ended_at: float | None = None


class Leg(Value, frozen=True, kw_only=True):
    """One channel of a call.

    ``cause`` is the Q.850 cause of its hang-up, ``tech_cause`` the SIP code where Asterisk tells it
    (from 20.17, 22.7, 23.1), ``dial_status`` the last DialEnd status, ``requested_hangup_at`` when this
    side asked for the end.
    """

    uniqueid: str
    channel: str
    role: LegRole
    endpoint: str
    number: str | None = None
    started_at: float
    ringing_at: float | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    dial_status: str | None = None
    cause: int | None = None
    tech_cause: str | None = None
    requested_hangup_at: float | None = None


class Transfer(Value, frozen=True, kw_only=True):
    """A hand-over inside a call: ``kind`` is blind, attended, parked, unparked or pickup."""

    kind: str
    at: float
    by: str | None = None
    to: str | None = None


class VoiceQuality(Value, frozen=True, kw_only=True):
    """Voice quality of a call from RTCP: the worst direction of its far leg and agent leg.

    ``mos`` is an E-model estimate (ITU-T G.107), 1 to 4.5; any figure nobody reported is ``None``.
    """

    mos: float | None = None
    loss_percent: float | None = None
    jitter_ms: float | None = None
    rtt_ms: float | None = None
    reports: int = 0


class Counted:
    """What makes a call a dial and a connect, for the whole value and those in brief alike."""

    __slots__ = ()
    direction: Direction
    outcome: Outcome | None
    answered_at: float | None

    @property
    def is_dial(self) -> bool:
        """Whether it counts as a dial: outbound, and somebody outside was really dialled."""
        return self.direction is Direction.OUTBOUND and self.outcome is not Outcome.AGENT_UNANSWERED

    @property
    def is_connect(self) -> bool:
        """Whether it is a dial whose far end answered."""
        return self.direction is Direction.OUTBOUND and self.answered_at is not None


class Call(Counted, Value, frozen=True, kw_only=True):
    """One logical call (AMI.md 2.2): one root channel × one dialled destination.

    ``id`` is ``pbx/uniqueid-of-the-root/number-of-the-dial-on-it``. ``agent`` is the extension that made,
    or first answered, it. ``number`` is the outside number without the dial prefix, for internal calls
    the other extension; ``dialed`` is what was dialled, as it was. ``started_at`` is when dialling began.
    ``talk_seconds``, ``hold_seconds`` and ``ring_seconds`` count closed stretches only, so a value taken
    in mid-call never runs ahead. ``outcome`` is ``None`` while the call goes on. ``complete`` is false
    where the monitor was blind for part of the call; ``notes`` says what is uncertain, as stable keys.
    """

    id: str
    pbx: str
    direction: Direction
    agent: str | None = None
    number: str | None = None
    dialed: str | None = None
    name: str | None = None
    trunk: str | None = None
    queue: str | None = None
    linkedid: str | None = None
    click_to_dial: bool = False
    phase: Phase = Phase.DIALING
    started_at: float
    ringing_at: float | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    ring_seconds: float = 0.0
    talk_seconds: float = 0.0
    hold_seconds: float = 0.0
    outcome: Outcome | None = None
    hangup_cause: int | None = None
    hangup_by: HangupBy = HangupBy.UNKNOWN
    recording: str | None = None
    segments: tuple[Segment, ...] = ()
    holds: tuple[Hold, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    legs: tuple[Leg, ...] = ()
    voice: VoiceQuality | None = None
    complete: bool = True
    notes: tuple[str, ...] = ()

    @property
    def ended(self) -> bool:
        """Whether the call is over."""
        return self.phase is Phase.ENDED

    @property
    def over_at(self) -> float | None:
        """When it was known to be over: a phone that is told why nobody answers keeps its call going on.

        Not before ``ended_at``; ``None`` while it goes on.
        """
        if self.ended_at is None:
            return None
        root, far = self._gone_at(LegRole.ROOT), self._gone_at(LegRole.FAR)
        if self.direction is Direction.OUTBOUND:
            return far if self.answered_at is not None else max(root, far)
        return (
            min(root, far) if self.direction is Direction.INTERNAL and self.answered_at is not None else root
        )

    def _gone_at(self, role: LegRole) -> float:
        """When the last channel of a role was gone, as far as that is told; not before the call's end."""
        ended_at = self.ended_at or 0.0
        return max([ended_at, *(leg.ended_at or 0.0 for leg in self.legs if leg.role is role)])


class BriefSegment(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A stretch of talk, in brief (``Segment``)."""

    agent: str
    started_at: float
    ended_at: float | None


class BriefLeg(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A channel that was called, in brief (``Leg``)."""

    role: LegRole
    endpoint: str
    started_at: float
    ringing_at: float | None
    answered_at: float | None
    ended_at: float | None
    dial_status: str | None
    cause: int | None


class Brief(Counted, msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What has to be known of a call that is over to count it; a day of them is read in a moment.

    Names and meanings are ``Call``'s (``over_at`` is missing in those stored before it was kept). Its legs leave out the root, which counts for nothing. The order of
    fields is stored: new ones go to the end, with a default.
    """

    id: str
    pbx: str
    direction: Direction
    agent: str | None
    trunk: str | None
    started_at: float
    answered_at: float | None
    ended_at: float | None
    ring_seconds: float
    talk_seconds: float
    outcome: Outcome | None
    complete: bool
    segments: tuple[BriefSegment, ...]
    legs: tuple[BriefLeg, ...]
    over_at: float | None = None

    @property
    def ended(self) -> bool:
        """Always: a call that goes on has no brief."""
        return True


def brief(call: Call) -> Brief | None:
    """A call in brief; ``None`` while it goes on."""
    if not call.ended:
        return None
    return Brief(
        call.id,
        call.pbx,
        call.direction,
        call.agent,
        call.trunk,
        call.started_at,
        call.answered_at,
        call.ended_at,
        call.ring_seconds,
        call.talk_seconds,
        call.outcome,
        call.complete,
        tuple(BriefSegment(each.agent, each.started_at, each.ended_at) for each in call.segments),
        tuple(
            BriefLeg(
                leg.role,
                leg.endpoint,
                leg.started_at,
                leg.ringing_at,
                leg.answered_at,
                leg.ended_at,
                leg.dial_status,
                leg.cause,
            )
            for leg in call.legs
            if leg.role is not LegRole.ROOT
        ),
        call.over_at,
    )


class LinkState(StrEnum):
    """State of the connection to a PBX."""

    CONNECTING = "connecting"
    UP = "up"
    DOWN = "down"
    REFUSED = "refused"


class LinkStatus(Value, frozen=True, kw_only=True):
    """How the link to a PBX stands: since when, why (for people), and how late its clock and events are.

    ``lag_seconds`` is arrival minus the event's own timestamp, ``None`` where the PBX sends none.
    ``lost_events`` counts events thrown away because our own queue was full.
    """

    pbx: str
    state: LinkState
    since: float
    reason: str = ""
    lag_seconds: float | None = None
    lost_events: int = 0
    version: str | None = None


class GapReason(StrEnum):
    """Why a PBX was not heard for a while."""

    LINK_LOST = "link_lost"
    PBX_RESTART = "pbx_restart"
    NOT_RUNNING = "not_running"
    OVERFLOW = "overflow"
    REFUSED = "refused"


class Gap(Value, frozen=True, kw_only=True):
    """A period in which a PBX was not heard; open while ``ended_at`` is ``None``.

    ``calls_cut`` counts the calls whose end was not seen because of it.
    """

    pbx: str
    started_at: float
    ended_at: float | None = None
    reason: GapReason
    calls_cut: int = 0

    @property
    def id(self) -> str:
        """Stable identity: PBX and begin in milliseconds."""
        return f"{self.pbx}/{int(self.started_at * 1000)}"


class ExtensionStatus(Value, frozen=True, kw_only=True):
    """Whether an agent's phone can be reached, as the PBX's device state tells."""

    pbx: str
    extension: str
    reachable: bool
    at: float


class OutageCause(StrEnum):
    """What was down."""

    PBX = "pbx"
    TRUNKS = "trunks"
    EXTENSION = "extension"


class Outage(Value, frozen=True, kw_only=True):
    """A period in which nobody could dial, and by nobody's fault; open while ``ended_at`` is ``None``.

    ``subject`` is the extension, the names of the trunks (all that the PBX has: while one of them works it is no
    outage), or why the PBX was not heard. ``PBX`` periods are told by ``Gap`` and made from it.
    """

    pbx: str
    cause: OutageCause
    subject: str
    started_at: float
    ended_at: float | None = None

    @property
    def id(self) -> str:
        """Stable identity: PBX, cause, extension, begin in milliseconds."""
        extension = self.subject if self.cause is OutageCause.EXTENSION else ""
        return f"{self.pbx}/{self.cause}/{extension}/{int(self.started_at * 1000)}"


Change = Call | Gap | LinkStatus | ExtensionStatus | Outage
