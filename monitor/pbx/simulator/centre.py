"""What all scripts share: the PBX, the site's facts, and the truth about every call made."""

# ruff: noqa: S311 - the dice of a simulation: a seed must give the same day again

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, tzinfo

from monitor.domain import Direction, HangupBy, Outcome
from monitor.pbx.simulator.exchange import Exchange


@dataclass(frozen=True, slots=True)
class Phone:
    """An agent's phone; without ``name`` it has no caller id of its own."""

    extension: str
    name: str = ""
    account: str = ""

    @property
    def device(self) -> str:
        """Its technology and endpoint."""
        return f"PJSIP/{self.extension}"


@dataclass(frozen=True, slots=True)
class Line:
    """How well a leg carries voice: percent of packets lost, jitter and round trip in milliseconds."""

    loss_percent: float = 0.05
    jitter_ms: float = 2.0
    rtt_ms: float = 22.0


@dataclass(slots=True)
class TrueCall:
    """What really happened: written by the script that makes it happen, never read from events.

    ``talk`` is each agent's time with the far end, in seconds; ``ended_at`` when the far end was gone.
    """

    uniqueid: str
    direction: Direction
    agent: str | None
    number: str
    started_at: float
    trunk: str | None = None
    queue: str | None = None
    click_to_dial: bool = False
    ringing_at: float | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    outcome: Outcome | None = None
    hangup_by: HangupBy = HangupBy.UNKNOWN
    hold_seconds: float = 0.0
    talk: dict[str, float] = field(default_factory=dict)
    transferred_to: str | None = None
    recording: str | None = None

    def end(self, at: float, outcome: Outcome, by: HangupBy) -> None:
        """The call is over."""
        self.ended_at, self.outcome, self.hangup_by = at, outcome, by


def _unrecorded(path: str, seconds: float) -> None:
    """Without a recordings folder nothing is written."""


@dataclass(slots=True)
class Centre:
    """The simulated call centre.

    ``recorded`` is told the path (below the recordings folder) and length of each recording when it
    ends. ``line_of`` gives the voice quality of an endpoint such as ``trunk-b``. ``measured`` are the
    channels whose RTCP reports have begun.
    """

    exchange: Exchange
    zone: tzinfo = UTC
    random: random.Random = field(default_factory=lambda: random.Random(1))
    outgoing_number: str = "02088886666"
    dial_prefix: str = "9"
    recordings: str = "/var/spool/asterisk/monitor/"
    truth: list[TrueCall] = field(default_factory=list)
    recorded: Callable[[str, float], None] = _unrecorded
    measured: set[str] = field(default_factory=set)
    line_of: Callable[[str], Line] = lambda endpoint: Line()

    def begin(
        self, uniqueid: str, direction: Direction, agent: str | None, number: str, trunk: str | None = None
    ) -> TrueCall:
        """A call begins now."""
        call = TrueCall(uniqueid, direction, agent, number, self.exchange.now, trunk)
        self.truth.append(call)
        return call
