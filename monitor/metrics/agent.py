"""One extension on the floor: what it does now, and its day."""

from __future__ import annotations

from enum import StrEnum

from monitor.domain import Call, Direction, LegRole, Phase
from monitor.masking import masked_number
from monitor.metrics.frames import CallNow
from monitor.metrics.idle import Line, TimeLine
from monitor.metrics.tally import Tally
from monitor.metrics.workday import Workday


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
        "_now",
        "call",
        "extension",
        "id",
        "name",
        "pbx",
        "reachable",
        "reachable_since",
        "since",
        "state",
        "team",
        "work",
    )

    def __init__(self, pbx: str, extension: str, name: str, team: str) -> None:
        self.id = f"{pbx}/{extension}"
        self.pbx = pbx
        self.extension = extension
        self.name = name
        self.team = team
        self.reachable: bool | None = None
        self.reachable_since: float | None = None
        self._now: dict[str, Call] = {}
        self.new_day()

    def new_day(self) -> None:
        """Forget yesterday; calls that are going on stay on the tile."""
        self.work = Workday(self.team, self.id)
        self.state, self.since, self.call = self._doing()

    @property
    def tally(self) -> Tally:
        """The sums of whoever has the extension."""
        return self.work.tally

    @property
    def time_line(self) -> TimeLine:
        """The calls of whoever has the extension."""
        return self.work.time_line

    @property
    def line(self) -> Line:
        """What the time line came to when it was last looked at."""
        return self.work.line

    @property
    def seen(self) -> bool:
        """Whether there is anything to tell of today."""
        return bool(self._now) or len(self.time_line) > 0

    def follow(self, call: Call) -> bool:
        """Keep a call while it goes on here; whether it does."""
        if doing(call, self.extension) is not None:
            self._now[call.id] = call
            return True
        self.let_go(call.id)
        return False

    def let_go(self, call_id: str) -> None:
        """A call that is over, or goes on without this agent."""
        self._now.pop(call_id, None)

    def look(self, now: float, wrap_up_seconds: float) -> None:
        """Bring ``state``, ``since``, ``call`` and ``line`` up to date."""
        self.work.line = self.time_line.read()
        self.state, self.since, self.call = self._doing()
        talked_until = self.line.talked_until
        wrapping_up = talked_until is not None and now < talked_until + wrap_up_seconds
        if self.state is State.IDLE and wrapping_up and talked_until == self.line.last_ended_at:
            self.state = State.WRAP_UP

    def _doing(self) -> tuple[State, float | None, CallNow | None]:
        now = [(found, call) for call in self._now.values() if (found := doing(call, self.extension))]
        if now:
            # Of two alike the newer one, whichever was told first: a restart shows the same.
            (state, since), call = max(now, key=lambda each: (_WEIGHT[each[0][0]], each[0][1], each[1].id))
            return state, since, self._with_whom(call)
        if self.reachable is False:
            return State.UNREACHABLE, self.reachable_since, None
        if not len(self.time_line):
            return State.NOT_SEEN, None, None
        return State.IDLE, self.line.last_ended_at, None

    def _with_whom(self, call: Call) -> CallNow:
        called = call.direction is Direction.INTERNAL and call.agent != self.extension
        return CallNow(
            id=call.id,
            direction=call.direction,
            number=masked_number(call.agent if called else call.number, call.direction),
            started_at=call.started_at,
            answered_at=call.answered_at,
        )
