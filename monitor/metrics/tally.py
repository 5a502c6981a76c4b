"""What one call adds to the figures, and sums of it that can be taken back.

A call changes many times while it goes on and may be corrected after its end. The board keeps what each
call of today has contributed, takes it out and puts the new contribution in: O(1) per change. Seconds are
summed as whole microseconds, so that taking back leaves nothing behind and the order of calls is no matter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

import msgspec

from monitor.domain import Brief, BriefLeg, BriefSegment, Call, Direction, Leg, LegRole, Outcome, Segment
from monitor.metrics import frames
from monitor.metrics.rates import share

#: Q.850 causes that the callee, not the network, decided: busy, no answer, rejected, unspecified. A normal clearing (16) of
#: what was not answered is the agent's.
_CALLEE_CAUSES = frozenset((17, 18, 19, 21, 31))
_CLEARED = 16

MICRO = 1_000_000


class Seizure(msgspec.Struct, frozen=True, gc=False):
    """One outbound leg on a trunk: whether it was answered, served by the network, is still going on.

    ``given_up``: the agent let go before the network had said anything: neither served nor failed.
    """

    trunk: str
    answered: bool
    effective: bool
    active: bool
    given_up: bool = False


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


def contribution(call: Call | Brief, effective_seconds: float) -> Contribution:
    """What a call adds as it stands. Talk counts in outbound dials only (METRICS: talk time)."""
    outbound = call.direction is Direction.OUTBOUND
    talk: dict[str, int] = {}
    if outbound:
        for segment in call.segments:
            talk[segment.agent] = talk.get(segment.agent, 0) + segment_micros(segment)
    return Contribution(
        pbx=call.pbx,
        direction=call.direction,
        started_at=call.started_at,
        agent=call.agent,
        stints=stints(call),
        dial=call.is_dial,
        finished=call.is_dial and call.ended,
        connect=call.is_connect,
        effective=call.is_connect and call.talk_seconds >= effective_seconds,
        outcome=call.outcome if outbound else None,
        ring_micros=micros(call.ring_seconds) if call.is_dial else 0,
        talk_micros=tuple(talk.items()),
        seizures=seizures(call) if outbound else (),
        complete=call.complete,
    )


def concerned(part: Contribution | Brief, agents: Collection[str]) -> bool:
    """Whether a call adds anything to one of these agents (``pbx/extension``)."""
    named = {part.agent}
    if isinstance(part, Brief):
        named |= {segment.agent for segment in part.segments}
    else:
        named |= {each.agent for each in part.stints}
    return any(f"{part.pbx}/{agent}" in agents for agent in named)


def micros(seconds: float) -> int:
    """Seconds as whole microseconds, which add up to the same in any order."""
    return round(seconds * MICRO)


def segment_micros(segment: Segment | BriefSegment) -> int:
    """How long a stretch of talk was; one that goes on counts when it is over."""
    ended_at = segment.ended_at
    return (
        micros(ended_at - segment.started_at) if ended_at is not None and ended_at > segment.started_at else 0
    )


def stints(call: Call | Brief) -> tuple[Stint, ...]:
    """The parts of whoever made, answered or took over the call; a phone that only rang has none."""
    agents = dict.fromkeys((call.agent,) if call.agent is not None else ())
    agents.update(dict.fromkeys(segment.agent for segment in call.segments))
    return tuple(stint(call, agent) for agent in agents)


def stint(call: Call | Brief, agent: str) -> Stint:
    """An agent's part in a call."""
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


def seizures(call: Call | Brief) -> tuple[Seizure, ...]:
    """What the trunks made of an outbound call."""
    return tuple(seizure(leg, over=call.ended) for leg in call.legs if leg.role is LegRole.FAR)


def seizure(leg: Leg | BriefLeg, *, over: bool) -> Seizure:
    """What a trunk made of an outbound leg; ``over`` says that its call is, whatever the leg says.

    ITU-T E.425: NER leaves out what customers do. Ringing that nobody answered was delivered, however it ended; a
    seizure let go before any sign of the far end tells nothing of the network.
    """
    answered, rang = leg.answered_at is not None, leg.ringing_at is not None
    let_go = leg.dial_status == "CANCEL" or (leg.dial_status is None and leg.cause == _CLEARED)
    effective = (
        answered or leg.cause in _CALLEE_CAUSES or (rang and (let_go or leg.dial_status == "NOANSWER"))
    )
    return Seizure(
        leg.endpoint,
        answered and leg.dial_status in (None, "ANSWER"),
        effective,
        leg.ended_at is None and not over,
        let_go and not effective,
    )


class Tally:
    """Running sums; taken ``times`` -1 a contribution is taken back."""

    __slots__ = (
        "connects",
        "dials",
        "effective",
        "finished",
        "finished_connects",
        "finished_talk_micros",
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
        self.finished_talk_micros = 0
        self.ring_micros = 0
        self.inbound = 0
        self.internal = 0
        self.incomplete = 0
        self.outcomes: Counter[str] = Counter()

    def count(self, part: Contribution, times: int) -> None:
        """Count a call, or so many alike, where its dialler is counted; their seconds stand apart."""
        if part.direction is Direction.INBOUND:
            self.inbound += times
        elif part.direction is Direction.INTERNAL:
            self.internal += times
        if part.dial:
            self.dials += times
            if part.finished:
                self.finished += times
                self.finished_connects += times * part.connect
        if part.connect:
            self.connects += times
            self.effective += times * part.effective
        if not part.complete:
            self.incomplete += times
        if part.outcome is not None:
            self.outcomes[part.outcome] += times

    def talk(self, micros: int, *, finished: bool) -> None:
        """Add talk; that of a dial in progress is in no average."""
        self.talk_micros += micros
        if finished:
            self.finished_talk_micros += micros

    def figures(self) -> frames.Figures:
        """The sums and their rates; dials in progress are in no rate."""
        return frames.Figures(
            dials=self.dials,
            finished=self.finished,
            connects=self.connects,
            connect_rate=share(self.finished_connects, self.finished),
            effective_connects=self.effective,
            talk_seconds=seconds(self.talk_micros),
            average_talk_seconds=share(seconds(self.finished_talk_micros), self.finished_connects),
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
        "given_up",
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
        self.answered = self.answered_finished = self.effective_finished = self.given_up = 0

    def add(self, seizure: Seizure, times: int) -> None:
        """Count a seizure so many times; -1 takes it back."""
        self.seizures += times
        self.answered += times * seizure.answered
        if seizure.active:
            self.active += times
        else:
            self.answered_finished += times * seizure.answered
            self.effective_finished += times * seizure.effective
            self.given_up += times * seizure.given_up

    def frame(self) -> frames.Trunk:
        """As shown; ASR and NER over finished seizures (ITU-T E.411, E.425)."""
        finished = self.seizures - self.active
        told = finished - self.given_up
        return frames.Trunk(
            id=self.id,
            name=self.name,
            pbx=self.pbx,
            seizures=self.seizures,
            answered=self.answered,
            asr=share(self.answered_finished, finished),
            ner=share(self.effective_finished, told),
            active=self.active,
            failed=told - self.effective_finished,
        )


def seconds(micros: int) -> float:
    """Summed microseconds as seconds, to the millisecond."""
    return round(micros / MICRO, 3)
