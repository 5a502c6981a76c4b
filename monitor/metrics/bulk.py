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

from monitor.domain import Brief, Direction, Outcome
from monitor.metrics.day import Day
from monitor.metrics.tally import MICRO, Contribution, Tally, contribution

_begin = attrgetter("started_at")

Entry = tuple[float, str]
"""Begin and id of a call."""


class AgentCalls:
    """An agent's plain calls, in order of begin.

    ``kinds`` has the number of each one's kind, ``ends`` each one's end for the agent, ``talked`` the ends of those
    with talk, ``ring`` and ``talk`` the microseconds in dials.
    """

    __slots__ = ("calls", "dials", "ends", "kinds", "order", "ring", "talk", "talked")

    def __init__(self) -> None:
        self.calls: list[Brief] = []
        self.order: list[Entry] = []
        self.dials: list[Entry] = []
        self.kinds: list[int] = []
        self.ends: list[float] = []
        self.talked: list[float] = []
        self.ring = self.talk = 0


class Plain:
    """The plain ones of many calls: ``agents`` by PBX and extension; ``others`` are not plain.

    Of calls of one kind all is alike that tallies and trunks count: one contribution serves for all.
    """

    __slots__ = ("_begins", "_connects", "_kinds", "_talk", "agents", "others")

    def __init__(self, calls: Iterable[Brief], effective_seconds: float) -> None:
        self.agents: dict[tuple[str, str], AgentCalls] = {}
        self.others: list[Brief] = []
        self._kinds: list[Contribution] = []
        self._begins: list[float] = []
        self._connects: list[bool] = []
        self._talk: list[int] = []
        # One look at each call: it is memory, not arithmetic, that takes the time here.
        inbound, outbound, unanswered = Direction.INBOUND, Direction.OUTBOUND, Outcome.AGENT_UNANSWERED
        numbers: dict[object, int] = {}
        for call in sorted(calls, key=_begin):
            agent, segments, end, direction = call.agent, call.segments, call.ended_at, call.direction
            pbx, outcome = call.pbx, call.outcome
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
            mine = self.agents.get((pbx, agent))
            if mine is None:
                mine = self.agents[pbx, agent] = AgentCalls()
            connect = call.answered_at is not None
            kind = (
                pbx,
                direction,
                outcome,
                connect,
                call.talk_seconds >= effective_seconds,
                call.complete,
                *[
                    part
                    for leg in call.legs
                    for part in (
                        leg.role,
                        leg.endpoint,
                        leg.dial_status,
                        leg.cause,
                        leg.answered_at is None,
                        leg.ringing_at is None,
                    )
                ],
            )
            number = numbers.get(kind)
            if number is None:
                number = numbers[kind] = len(self._kinds)
                self._kinds.append(contribution(call, effective_seconds))
            entry = (call.started_at, call.id)
            mine.calls.append(call)
            mine.order.append(entry)
            mine.kinds.append(number)
            mine.ends.append(end)
            if segments:
                mine.talked.append(end)
            if direction is outbound:
                mine.dials.append(entry)
                mine.talk += talk
                mine.ring += round(call.ring_seconds * MICRO)
                self._begins.append(call.started_at)
                self._connects.append(connect)
                self._talk.append(talk)

    def count(self, mine: AgentCalls, tallies: Sequence[Tally], day: Day) -> None:
        """Add an agent's calls to sums (the agent's own, the team's, the site's) and to the trunks."""
        for number, times in Counter(mine.kinds).items():
            part = self._kinds[number]
            for tally in tallies:
                tally.count(part, times)
            for seizure in part.seizures:
                day.trunk(part.pbx, seizure.trunk).add(seizure, times)
        for tally in tallies:
            tally.ring_micros += mine.ring
            tally.talk(mine.talk, finished=True)

    def count_times(self, day: Day) -> None:
        """Add all dials to the hours and the stretches of five minutes."""
        begins, first = self._begins, 0
        while first < len(begins):
            end = bisect_left(begins, day.same_place_until(begins[first]), first)
            connects, talk = sum(self._connects[first:end]), sum(self._talk[first:end])
            day.count_dials(begins[first], end - first, end - first, connects, talk)
            first = end
