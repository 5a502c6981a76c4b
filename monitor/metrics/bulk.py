"""A day of calls counted at once: what ``Board.apply`` does call by call, done by agent and in few steps.

Only plain calls are counted so: those that are over, made by an agent who alone talked, once at most. Most are;
the others go the way of every change. Sums come from the same contributions (a property test holds the two
ways equal). A plain call's own is made out only when the call changes again.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from operator import attrgetter

from monitor.domain import Brief, BriefLeg, Direction, LegRole, Outcome
from monitor.metrics.day import Day
from monitor.metrics.tally import MICRO, Contribution, Tally, contribution, seizure

_begin = attrgetter("started_at")

Entry = tuple[float, str]
"""Begin and id of a call."""

Kind = tuple[Direction, Outcome | None, bool, bool, bool]
"""What calls have alike that a tally counts alike: of one kind, one contribution serves for all."""

Alike = tuple[str, str, str | None, int | None, bool, bool]
"""What seizures of one trunk have alike that count alike, the PBX first."""


class AgentCalls:
    """An agent's plain calls, in order of begin.

    ``ends`` has each one's end for the agent, ``talked`` the ends of those with talk, ``ring`` and ``talk`` the
    microseconds in dials.
    """

    __slots__ = ("calls", "dials", "ends", "kinds", "order", "ring", "talk", "talked")

    def __init__(self) -> None:
        self.calls: list[Brief] = []
        self.order: list[Entry] = []
        self.dials: list[Entry] = []
        self.kinds: list[Kind] = []
        self.ends: list[float] = []
        self.talked: list[float] = []
        self.ring = self.talk = 0


class Plain:
    """The plain ones of many calls: ``agents`` by PBX and extension; ``others`` are not plain."""

    __slots__ = ("_connects", "_dials", "_legs", "_parts", "_seizures", "_talk", "agents", "others")

    def __init__(self, calls: Iterable[Brief], effective_seconds: float) -> None:
        self.agents: dict[tuple[str, str], AgentCalls] = {}
        self.others: list[Brief] = []
        self._parts: dict[Kind, Contribution] = {}
        self._dials: list[float] = []
        self._connects: list[bool] = []
        self._talk: list[int] = []
        self._seizures: Counter[Alike] = Counter()
        self._legs: dict[Alike, BriefLeg] = {}
        # One look at each call: it is memory, not arithmetic, that takes the time here.
        inbound, outbound, unanswered = Direction.INBOUND, Direction.OUTBOUND, Outcome.AGENT_UNANSWERED
        far, parts, agents = LegRole.FAR, self._parts, self.agents
        seizures, legs = self._seizures, self._legs
        for call in sorted(calls, key=_begin):
            pbx, agent, segments, end, direction = (
                call.pbx,
                call.agent,
                call.segments,
                call.ended_at,
                call.direction,
            )
            outcome = call.outcome
            if agent is None or end is None or direction is inbound or outcome is unanswered:
                self.others.append(call)
                continue
            talk = 0
            if segments:
                segment = segments[0]
                if len(segments) > 1 or segment.agent != agent or segment.ended_at is None:
                    self.others.append(call)
                    continue
                end = segment.ended_at
                if end > segment.started_at:
                    talk = round((end - segment.started_at) * MICRO)
            mine = agents.get((pbx, agent))
            if mine is None:
                mine = agents[pbx, agent] = AgentCalls()
            connect = call.answered_at is not None
            kind = (direction, outcome, connect, call.talk_seconds >= effective_seconds, call.complete)
            if kind not in parts:
                parts[kind] = contribution(call, effective_seconds)
            entry = (call.started_at, call.id)
            mine.calls.append(call)
            mine.order.append(entry)
            mine.kinds.append(kind)
            mine.ends.append(end)
            if segments:
                mine.talked.append(end)
            if direction is outbound:
                mine.dials.append(entry)
                mine.talk += talk
                mine.ring += round(call.ring_seconds * MICRO)
                self._dials.append(call.started_at)
                self._connects.append(connect)
                self._talk.append(talk)
                for leg in call.legs:
                    if leg.role is far:
                        alike = (
                            pbx,
                            leg.endpoint,
                            leg.dial_status,
                            leg.cause,
                            leg.answered_at is None,
                            leg.ringing_at is None,
                        )
                        if alike not in legs:
                            legs[alike] = leg
                        seizures[alike] += 1

    def count(self, mine: AgentCalls, tallies: Sequence[Tally]) -> None:
        """Add an agent's calls to sums: the agent's own, the team's, the site's."""
        for kind, times in Counter(mine.kinds).items():
            for tally in tallies:
                tally.count(self._parts[kind], times)
        for tally in tallies:
            tally.ring_micros += mine.ring
            tally.talk(mine.talk, finished=True)

    def count_day(self, day: Day) -> None:
        """Add all calls to the sums that need no agent: hours, stretches of five minutes, trunks."""
        begins, first = self._dials, 0
        while first < len(begins):
            end = bisect_left(begins, day.same_place_until(begins[first]), first)
            connects, talk = sum(self._connects[first:end]), sum(self._talk[first:end])
            day.count_dials(begins[first], end - first, end - first, connects, talk)
            first = end
        for alike, times in self._seizures.items():
            leg = self._legs[alike]
            day.trunk(alike[0], leg.endpoint).add(seizure(leg, over=True), times)
