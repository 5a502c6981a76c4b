"""When each agent on the board is expected to work today, kept up to date; what follows from it at an instant."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from monitor.metrics.agent import AgentDay
from monitor.metrics.expected import Downtime, Period, expected_on, parted, seconds, starts_on
from monitor.metrics.idle import overlap
from monitor.metrics.posts import Duty, Span
from monitor.metrics.shifts import joined, without

Hours = tuple[Period, ...]


class Expected(msgspec.Struct, frozen=True, gc=False):
    """An agent's day: scheduled without breaks and absences, what is left of it without outages, when shifts begin.

    ``parted`` is what is left, parted where the PBX was not heard.
    """

    scheduled: Hours = ()
    left: Hours = ()
    starts: tuple[float, ...] = ()
    parted: tuple[Hours, ...] = ()

    @property
    def edges(self) -> list[float]:
        """Where either begins or ends."""
        return sorted({at for period in (*self.scheduled, *self.left) for at in period})


_NOTHING = Expected()


class Expectation:
    """By agent; those alike share one value, so that a large floor is looked through in some steps."""

    __slots__ = ("_alike", "_edges", "_of", "_places")

    def __init__(self) -> None:
        self._of: dict[str, Expected] = {}
        self._alike: dict[Expected, set[str]] = {}
        self._edges: dict[Expected, list[float]] = {}
        self._places: dict[Expected, int] = {}

    def clear(self) -> None:
        """Begin a day."""
        self._of, self._alike, self._edges, self._places = {}, {}, {}, {}

    def learn(
        self, duty: Duty, downtime: Downtime, day: tuple[float, float], agents: Iterable[AgentDay]
    ) -> None:
        """Make out these agents' hours of a day anew; their idle gaps are cut to them."""
        none = Downtime()
        for agent in agents:
            left = tuple(expected_on(duty, agent.id, *day, downtime))
            scheduled = tuple(expected_on(duty, agent.id, *day, none)) if downtime else left
            unheard = downtime.unheard([Span(agent.id, *day)])
            pieces = tuple(map(tuple, parted(left, unheard)))
            agent.time_line.work(pieces)
            self._put(agent.id, Expected(scheduled, left, tuple(starts_on(duty, agent.id, *day)), pieces))

    def _put(self, agent: str, found: Expected) -> None:
        before = self._of.get(agent)
        if before == found:
            return
        if before is not None:
            alike = self._alike[before]
            alike.discard(agent)
            if not alike:
                del self._alike[before], self._edges[before]
                self._places.pop(before, None)
        self._of[agent] = found
        if found not in self._alike:
            self._alike[found], self._edges[found] = set(), found.edges
        self._alike[found].add(agent)

    def turned(self, now: float) -> set[str]:
        """Who has come to a begin or an end of the scheduled or expected time since this was last asked."""
        found: set[str] = set()
        for each, agents in self._alike.items():
            place = bisect_right(self._edges[each], now)
            if self._places.get(each) != place:
                self._places[each] = place
                found |= agents
        return found

    def share(self, agents: Iterable[str], now: float) -> float | None:
        """Share of the scheduled time of all these agents that has passed, outages left out; ``None`` without any."""
        wanted = set(agents)
        passed = whole = 0.0
        for each, alike in self._alike.items():
            if each.scheduled and (count := len(alike & wanted)):
                whole += count * seconds(each.scheduled)
                passed += count * seconds(each.left, now)
        return passed / whole if whole > 0 else None

    def weighted(self, of: Mapping[str, float], now: float) -> float:
        """What is asked of each agent times the share of the own scheduled time that has passed, outages left out."""
        found = 0.0
        for each, alike in self._alike.items():
            whole = seconds(each.scheduled)
            if whole > 0:
                found += sum(of.get(agent, 0.0) for agent in alike) * seconds(each.left, now) / whole
        return found

    def idle_since(self, agent: AgentDay, now: float) -> float | None:
        """Now minus the gap since the agent's last call inside this shift, as far as it is expected time.

        ``None`` while it does not grow.
        """
        reach = agent.line.reach
        if reach is None or reach > now:
            return None
        of = self._of.get(agent.id, _NOTHING)
        here = next(((part, begin) for part in of.parted for begin, to in part if begin <= now < to), None)
        if here is None:
            return None
        part, begin = here
        reach = max([reach, *(at for at in of.starts if at <= now)])
        return max(begin, reach) - overlap(reach, begin, part)

    def lost(self, agent: str, now: float) -> tuple[float, float | None]:
        """Seconds of the scheduled time lost by outages that are over, and since when it is being lost now."""
        of = self._of.get(agent, _NOTHING)
        if of.scheduled == of.left:
            return 0.0, None
        past, since = 0.0, None
        for begin, to in _taken(of):
            if to <= now:
                past += to - begin
            elif begin <= now:
                since = begin
        return past, since


def _taken(of: Expected) -> Sequence[Period]:
    return joined(without(of.scheduled, of.left))
