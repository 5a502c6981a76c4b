"""What one call adds to the figures, and sums of it that can be taken back.

A call changes many times while it goes on and may be corrected after its end. The board keeps what each
call of today has contributed, takes it out and puts the new contribution in: O(1) per change.
"""

from __future__ import annotations

from collections import Counter

import msgspec

from monitor.domain import Call, Direction, LegRole, Outcome
from monitor.metrics.frames import Figures
from monitor.metrics.rates import share

#: Q.850 causes that the callee, not the network, decided: normal, busy, no answer, rejected, cleared.
_CALLEE_CAUSES = frozenset((16, 17, 18, 19, 21, 31))


class Seizure(msgspec.Struct, frozen=True):
    """One outbound leg on a trunk: whether it was answered, served by the network, is still going on."""

    trunk: str
    answered: bool
    effective: bool
    active: bool


class Contribution(msgspec.Struct, frozen=True, kw_only=True):
    """What one call adds; small, because one is kept for every call of the day."""

    direction: Direction
    started_at: float
    ended_at: float | None
    agent: str | None
    agents: tuple[str, ...]
    dial: bool
    finished: bool
    connect: bool
    effective: bool
    outcome: Outcome | None
    ring_seconds: float
    talk: tuple[tuple[str, float], ...]
    seizures: tuple[Seizure, ...]
    complete: bool


def contribution(call: Call, effective_seconds: float) -> Contribution:
    """What a call adds as it stands. Talk counts in outbound dials only (METRICS: talk time)."""
    outbound = call.direction is Direction.OUTBOUND
    talk: dict[str, float] = {}
    for segment in call.segments:
        seconds = 0.0 if segment.ended_at is None else max(0.0, segment.ended_at - segment.started_at)
        talk[segment.agent] = talk.get(segment.agent, 0.0) + seconds
    present = dict.fromkeys((call.agent,) if call.agent else ())
    present.update(dict.fromkeys(talk))
    seizures = tuple(
        Seizure(
            leg.endpoint,
            leg.answered_at is not None and leg.dial_status in (None, "ANSWER"),
            leg.answered_at is not None
            or leg.cause in _CALLEE_CAUSES
            or (leg.ringing_at is not None and leg.dial_status in ("NOANSWER", "CANCEL")),
            leg.ended_at is None and not call.ended,
        )
        for leg in call.legs
        if outbound and leg.role is LegRole.FAR
    )
    return Contribution(
        direction=call.direction,
        started_at=call.started_at,
        ended_at=call.ended_at,
        agent=call.agent,
        agents=tuple(name for name in present if name is not None),
        dial=call.is_dial,
        finished=call.is_dial and call.ended,
        connect=call.is_connect,
        effective=call.is_connect and call.talk_seconds >= effective_seconds,
        outcome=call.outcome if outbound else None,
        ring_seconds=call.ring_seconds if call.is_dial else 0.0,
        talk=tuple(talk.items()) if outbound else (),
        seizures=seizures,
        complete=call.complete,
    )


class Tally:
    """Running sums; ``add`` with ``sign`` -1 takes a contribution back."""

    __slots__ = (
        "connects",
        "dials",
        "effective",
        "finished",
        "finished_connects",
        "inbound",
        "incomplete",
        "internal",
        "outcomes",
        "ring_seconds",
        "talk_seconds",
    )

    def __init__(self) -> None:
        self.dials = 0
        self.finished = 0
        self.connects = 0
        self.finished_connects = 0
        self.effective = 0
        self.talk_seconds = 0.0
        self.ring_seconds = 0.0
        self.inbound = 0
        self.internal = 0
        self.incomplete = 0
        self.outcomes: Counter[str] = Counter()

    def add_dial(self, part: Contribution, sign: int) -> None:
        """Count the call itself, where its dialler is counted."""
        if part.direction is Direction.INBOUND:
            self.inbound += sign
        elif part.direction is Direction.INTERNAL:
            self.internal += sign
        self.dials += sign * part.dial
        self.finished += sign * part.finished
        self.connects += sign * part.connect
        self.finished_connects += sign * (part.connect and part.finished)
        self.effective += sign * part.effective
        self.ring_seconds += sign * part.ring_seconds
        self.incomplete += sign * (not part.complete)
        if part.outcome is not None:
            self.outcomes[part.outcome] += sign

    def figures(self) -> Figures:
        """The sums and their rates; dials in progress are in no rate."""
        return Figures(
            dials=self.dials,
            finished=self.finished,
            connects=self.connects,
            connect_rate=share(self.finished_connects, self.finished),
            effective_connects=self.effective,
            talk_seconds=round(self.talk_seconds, 3),
            average_talk_seconds=share(round(self.talk_seconds, 3), self.finished_connects),
            ring_seconds=round(self.ring_seconds, 3),
            inbound=self.inbound,
            internal=self.internal,
            outcomes={outcome: count for outcome, count in sorted(self.outcomes.items()) if count},
            incomplete=self.incomplete,
        )
