"""One extension on the floor: what it does now, and its day."""

from __future__ import annotations

from enum import StrEnum

from monitor.domain import Call, Direction, LegRole, Phase
from monitor.masking import masked
from monitor.metrics.frames import CallNow
from monitor.metrics.tally import Contribution, Tally


class State(StrEnum):
    """What an agent's phone is doing."""

    IDLE = "idle"
    DIALING = "dialing"
    RINGING = "ringing"
    TALKING = "talking"
    ON_HOLD = "on_hold"
    WRAP_UP = "wrap_up"
    NOT_SEEN = "not_seen"
    UNREACHABLE = "unreachable"


#: With two calls at a time the one on top of this list is what the agent is doing.
_WEIGHT = {State.TALKING: 4, State.ON_HOLD: 3, State.DIALING: 2, State.RINGING: 1}


def doing(call: Call, extension: str) -> tuple[State, float] | None:
    """What a call that goes on makes of an extension, and since when; ``None`` if it has no part in it now."""
    if call.ended:
        return None
    for segment in reversed(call.segments):
        if segment.agent == extension and segment.ended_at is None:
            for hold in reversed(call.holds):
                if hold.agent == extension and hold.ended_at is None:
                    return State.ON_HOLD, hold.started_at
            return State.TALKING, segment.started_at
    if call.answered_at is None and call.agent == extension and call.direction is not Direction.INBOUND:
        if call.phase is Phase.RINGING and call.ringing_at is not None:
            return State.RINGING, call.ringing_at
        return State.DIALING, call.started_at
    for leg in call.legs:
        rung = leg.role is LegRole.AGENT or (leg.role is LegRole.FAR and call.direction is Direction.INTERNAL)
        if rung and leg.endpoint == extension and leg.ended_at is None and leg.answered_at is None:
            return State.RINGING, leg.ringing_at if leg.ringing_at is not None else leg.started_at
    return None


class AgentDay:
    """An extension's state and its figures of today."""

    __slots__ = (
        "_spans",
        "_stale",
        "extension",
        "id",
        "last_ended_at",
        "longest_idle",
        "name",
        "now",
        "pbx",
        "reachable",
        "reachable_since",
        "talked_until",
        "tally",
        "team",
    )

    def __init__(self, pbx: str, extension: str, name: str, team: str) -> None:
        self.id = f"{pbx}/{extension}"
        self.pbx = pbx
        self.extension = extension
        self.name = name
        self.team = team
        self.reachable: bool | None = None
        self.reachable_since: float | None = None
        self.now: dict[str, Call] = {}
        self.new_day()

    def new_day(self) -> None:
        """Forget yesterday; calls that are going on stay on the tile."""
        self.tally = Tally()
        self.longest_idle = 0.0
        self.last_ended_at: float | None = None
        self.talked_until: float | None = None
        self._spans: dict[str, tuple[float, float | None, bool, Direction]] = {}
        self._stale = False

    def follow(self, call: Call) -> None:
        """Keep a call while it goes on."""
        if doing(call, self.extension) is not None:
            self.now[call.id] = call
        else:
            self.now.pop(call.id, None)

    def put(self, call_id: str, part: Contribution | None) -> None:
        """The begin and end of a call of today, of any direction; ``None`` takes it away."""
        if part is None:
            self._spans.pop(call_id, None)
        else:
            talked = any(agent == self.extension for agent, seconds in part.talk if seconds > 0)
            self._spans[call_id] = (part.started_at, part.ended_at, talked, part.direction)
        self._stale = True

    def refresh(self, inside: list[tuple[float, float]]) -> None:
        """Bring last end and longest idle gap up to date; ``inside`` are the shifts of the day."""
        if not self._stale:
            return
        self._stale = False
        self.longest_idle, reach = 0.0, None
        self.talked_until = None
        for start, end, talked, _ in sorted(self._spans.values(), key=lambda span: span[0]):
            if reach is not None and start > reach:
                gap = sum(max(0.0, min(start, b) - max(reach, a)) for a, b in inside)
                self.longest_idle = max(self.longest_idle, gap)
            if end is None:
                reach = float("inf")
            else:
                reach = end if reach is None else max(reach, end)
                if talked:
                    self.talked_until = max(self.talked_until or 0.0, end)
        ends = [end for _, end, _, _ in self._spans.values() if end is not None]
        self.last_ended_at = max(ends, default=None)

    def inbound_over(self, at: float) -> bool:
        """Whether an inbound call was going on at an instant."""
        return any(
            direction is Direction.INBOUND and start <= at and (end is None or end >= at)
            for start, end, _, direction in self._spans.values()
        )

    def state(self, now: float, wrap_up_seconds: float) -> tuple[State, float | None, CallNow | None]:
        """What the agent does, since when, and with whom (masked)."""
        best: tuple[int, State, float, Call] | None = None
        for call in self.now.values():
            found = doing(call, self.extension)
            if found is not None and (best is None or _WEIGHT[found[0]] > best[0]):
                best = (_WEIGHT[found[0]], found[0], found[1], call)
        if best is not None:
            call = best[3]
            internal = call.direction is Direction.INTERNAL
            other = call.agent if internal and call.agent != self.extension else call.number
            return (
                best[1],
                best[2],
                CallNow(
                    id=call.id,
                    direction=call.direction,
                    number=other if internal else masked(other),
                    started_at=call.started_at,
                    answered_at=call.answered_at,
                ),
            )
        if self.reachable is False:
            return State.UNREACHABLE, self.reachable_since, None
        if self.last_ended_at is None:
            return State.NOT_SEEN, None, None
        if (
            self.talked_until is not None
            and self.talked_until == self.last_ended_at
            and now < self.talked_until + wrap_up_seconds
        ):
            return State.WRAP_UP, self.talked_until, None
        return State.IDLE, self.last_ended_at, None
