"""What one call adds to the figures, and sums of it that can be taken back.

A call changes many times while it goes on and may be corrected after its end. The board keeps what each
call of today has contributed, takes it out and puts the new contribution in: O(1) per change. Seconds are
summed as whole microseconds, so that taking back leaves nothing behind and the order of calls is no matter.
"""

from __future__ import annotations

from collections import Counter

import msgspec

from monitor.domain import Call, Direction, LegRole, Outcome
from monitor.metrics import frames
from monitor.metrics.rates import share

#: Q.850 causes that the callee, not the network, decided: normal, busy, no answer, rejected, cleared.
_CALLEE_CAUSES = frozenset((16, 17, 18, 19, 21, 31))

MICRO = 1_000_000


class Seizure(msgspec.Struct, frozen=True, gc=False):
    """One outbound leg on a trunk: whether it was answered, served by the network, is still going on."""

    trunk: str
    answered: bool
    effective: bool
    active: bool


class Stint(msgspec.Struct, frozen=True, gc=False):
    """An agent's part in a call, of whatever direction: from when to when it kept the agent busy.

    Who hands a call on is free from then on, however long others talk; ``ended_at`` is ``None`` while it lasts.
    """

    agent: str
    started_at: float
    ended_at: float | None
    talked: bool


class Contribution(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one call adds; small, because one is kept for every call of the day."""

    pbx: str
    direction: Direction
    started_at: float
    agent: str | None
    stints: tuple[Stint, ...]
    dial: bool
    finished: bool
    connect: bool
    effective: bool
    outcome: Outcome | None
    ring_micros: int
    talk_micros: tuple[tuple[str, int], ...]
    seizures: tuple[Seizure, ...]
    complete: bool


def contribution(call: Call, effective_seconds: float) -> Contribution:
    """What a call adds as it stands. Talk counts in outbound dials only (METRICS: talk time)."""
    outbound = call.direction is Direction.OUTBOUND
    talk: dict[str, int] = {}
    if outbound:
        for segment in call.segments:
            ended_at = segment.ended_at if segment.ended_at is not None else segment.started_at
            micros = _micros(max(0.0, ended_at - segment.started_at))
            talk[segment.agent] = talk.get(segment.agent, 0) + micros
    return Contribution(
        pbx=call.pbx,
        direction=call.direction,
        started_at=call.started_at,
        agent=call.agent,
        stints=_stints(call),
        dial=call.is_dial,
        finished=call.is_dial and call.ended,
        connect=call.is_connect,
        effective=call.is_connect and call.talk_seconds >= effective_seconds,
        outcome=call.outcome if outbound else None,
        ring_micros=_micros(call.ring_seconds) if call.is_dial else 0,
        talk_micros=tuple(talk.items()),
        seizures=_seizures(call) if outbound else (),
        complete=call.complete,
    )


def _micros(seconds: float) -> int:
    return round(seconds * MICRO)


def _stints(call: Call) -> tuple[Stint, ...]:
    """The parts of whoever made, answered or took over the call; a phone that only rang has none."""
    agents = dict.fromkeys((call.agent,) if call.agent is not None else ())
    agents.update(dict.fromkeys(segment.agent for segment in call.segments))
    return tuple(_stint(call, agent) for agent in agents)


def _stint(call: Call, agent: str) -> Stint:
    segments = [segment for segment in call.segments if segment.agent == agent]
    if agent == call.agent and call.direction is not Direction.INBOUND:
        started_at = call.started_at
    else:
        rung = [leg.started_at for leg in call.legs if leg.role is LegRole.AGENT and leg.endpoint == agent]
        begun = [segment.started_at for segment in segments]
        started_at = min([*rung, *begun], default=call.started_at)
    ended_at = call.ended_at
    if segments and segments[-1].ended_at is not None:
        ended_at = segments[-1].ended_at
    return Stint(agent, started_at, ended_at, bool(segments))


def _seizures(call: Call) -> tuple[Seizure, ...]:
    return tuple(
        Seizure(
            leg.endpoint,
            leg.answered_at is not None and leg.dial_status in (None, "ANSWER"),
            leg.answered_at is not None
            or leg.cause in _CALLEE_CAUSES
            or (leg.ringing_at is not None and leg.dial_status in ("NOANSWER", "CANCEL")),
            leg.ended_at is None and not call.ended,
        )
        for leg in call.legs
        if leg.role is LegRole.FAR
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
        "ring_micros",
        "talk_micros",
    )

    def __init__(self) -> None:
        self.dials = 0
        self.finished = 0
        self.connects = 0
        self.finished_connects = 0
        self.effective = 0
        self.talk_micros = 0
        self.ring_micros = 0
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
        self.ring_micros += sign * part.ring_micros
        self.incomplete += sign * (not part.complete)
        if part.outcome is not None:
            self.outcomes[part.outcome] += sign

    def figures(self) -> frames.Figures:
        """The sums and their rates; dials in progress are in no rate."""
        return frames.Figures(
            dials=self.dials,
            finished=self.finished,
            connects=self.connects,
            connect_rate=share(self.finished_connects, self.finished),
            effective_connects=self.effective,
            talk_seconds=seconds(self.talk_micros),
            average_talk_seconds=share(seconds(self.talk_micros), self.finished_connects),
            ring_seconds=seconds(self.ring_micros),
            inbound=self.inbound,
            internal=self.internal,
            outcomes={outcome: count for outcome, count in sorted(self.outcomes.items()) if count},
            incomplete=self.incomplete,
        )


class TrunkDay:
    """Seizures of one trunk today."""

    __slots__ = (
        "active",
        "answered",
        "answered_finished",
        "effective_finished",
        "id",
        "name",
        "pbx",
        "seizures",
    )

    def __init__(self, pbx: str, name: str) -> None:
        self.id, self.pbx, self.name = f"{pbx}/{name}", pbx, name
        self.clear()

    def clear(self) -> None:
        """Begin a day."""
        self.seizures = self.active = 0
        self.answered = self.answered_finished = self.effective_finished = 0

    def add(self, seizure: Seizure, sign: int) -> None:
        """Count a seizure, or take it back."""
        self.seizures += sign
        self.answered += sign * seizure.answered
        if seizure.active:
            self.active += sign
        else:
            self.answered_finished += sign * seizure.answered
            self.effective_finished += sign * seizure.effective

    def frame(self) -> frames.Trunk:
        """As shown; ASR and NER over finished seizures (ITU-T E.411, E.425)."""
        finished = self.seizures - self.active
        return frames.Trunk(
            id=self.id,
            name=self.name,
            pbx=self.pbx,
            seizures=self.seizures,
            answered=self.answered,
            asr=share(self.answered_finished, finished),
            ner=share(self.effective_finished, finished),
            active=self.active,
            failed=finished - self.effective_finished,
        )


def seconds(micros: int) -> float:
    """Summed microseconds as seconds, to the millisecond."""
    return round(micros / MICRO, 3)
