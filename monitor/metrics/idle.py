"""An agent's calls of today on a time line: the longest idle gap, the last end, the wrap-up.

A gap runs from the end of one call to the begin of the next, inside the hours in which the agent was expected to work
(METRICS: idle gap). A time in which the PBX was not heard may have hidden a call, so it parts a gap in two.
Changes concern the newest calls: what lies before them is folded up once and not looked at again, so a
day of hundreds of calls costs no more than a short one. A change far back folds anew.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate

from monitor.domain import Brief
from monitor.metrics.tally import Stint, stint

_UNFOLDED = 8

Hours = Sequence[Sequence[tuple[float, float]]]
"""Working hours as ``(from, to)`` in epoch seconds; between two of the outer ones a gap is parted."""


class Line:
    """What a run of stints, in order of begin, comes to."""

    __slots__ = ("last_ended_at", "longest_idle", "reach", "talked_until")

    def __init__(self, before: Line | None = None) -> None:
        self.reach: float | None = before.reach if before is not None else None
        self.longest_idle: float = before.longest_idle if before is not None else 0.0
        self.last_ended_at: float | None = before.last_ended_at if before is not None else None
        self.talked_until: float | None = before.talked_until if before is not None else None

    def add(self, stint: Stint, hours: Hours) -> None:
        """Go on with the next stint."""
        if self.reach is not None and stint.started_at - self.reach > self.longest_idle:
            self.longest_idle = max(self.longest_idle, idle(self.reach, stint.started_at, hours))
        end = stint.ended_at
        if end is None:
            self.reach = float("inf")
            return
        if self.reach is None or end > self.reach:
            self.reach = end
        if self.last_ended_at is None or end > self.last_ended_at:
            self.last_ended_at = end
        if stint.talked and (self.talked_until is None or end > self.talked_until):
            self.talked_until = end

    def add_over(
        self, begins: Sequence[float], ends: Sequence[float], talked: Iterable[float], hours: Hours
    ) -> None:
        """Go on with many stints that are over; ``talked`` has the ends of those with talk."""
        if self.reach is None:
            reaches, later = list(accumulate(ends, max)), begins[1:]
        else:
            reaches, later = list(accumulate(ends, max, initial=self.reach)), begins
        longest = self.longest_idle
        for reach, begin in zip(reaches, later, strict=False):
            if begin - reach > longest:
                longest = max(longest, idle(reach, begin, hours))
        self.longest_idle, self.reach = longest, reaches[-1]
        self.last_ended_at = max(ends if self.last_ended_at is None else (self.last_ended_at, *ends))
        before = () if self.talked_until is None else (self.talked_until,)
        self.talked_until = max((*before, *talked), default=None)


class TimeLine:
    """The stints of one agent today, by call; those loaded at once are made out when they are looked at."""

    __slots__ = ("_agent", "_folded", "_hours", "_loaded", "_order", "_past", "_stints")

    def __init__(self, agent: str, hours: Hours = ()) -> None:
        self._agent = agent
        self._hours = hours
        self._stints: dict[str, Stint | Brief] = {}
        self._loaded: list[Brief] = []
        self._order: list[tuple[float, str]] = []
        self._past = Line()
        self._folded = 0

    def __len__(self) -> int:
        return len(self._order)

    def work(self, hours: Hours) -> None:
        """Other working hours: they are known better now."""
        if hours != self._hours:
            self._hours = hours
            self._past, self._folded = Line(), 0

    def put(self, call_id: str, part: Stint | None) -> None:
        """The agent's part in a call as it is now; ``None`` takes it away."""
        if self._loaded:
            self._enter()
        old = self._stints.get(call_id)
        if old is not None and part is not None and old.started_at == part.started_at:
            self._stints[call_id] = part
            if self._folded:
                self._unfold(bisect_left(self._order, (old.started_at, call_id)))
            return
        if old is not None:
            place = bisect_left(self._order, (old.started_at, call_id))
            del self._order[place], self._stints[call_id]
            self._unfold(place)
        if part is not None:
            self._stints[call_id] = part
            entry = (part.started_at, call_id)
            place = bisect_left(self._order, entry)
            self._order.insert(place, entry)
            self._unfold(place)

    def load(
        self,
        order: Sequence[tuple[float, str]],
        calls: Sequence[Brief],
        ends: Sequence[float],
        talked: Iterable[float],
    ) -> None:
        """Take many calls that are over, none of them known, in order of begin: each is one stint of the agent.

        A stint's begin is the call's (``order`` has it with the id), its end stands in ``ends``; ``talked`` has
        the ends of those with talk.
        """
        self._loaded += calls
        order = sorted(order)
        follows = not self._order or self._order[-1] < order[0]
        if follows:
            self.read(all_settled=True)
            self._past.add_over([begin for begin, _ in order], ends, talked, self._hours)
        self._order += order
        if follows:
            self._folded = len(self._order)
        else:
            self._order.sort()
            self._unfold(0)

    def read(self, *, all_settled: bool = False) -> Line:
        """What the stints come to now; ``all_settled`` folds up the newest, too."""
        settled = len(self._order) if all_settled else max(self._folded, len(self._order) - _UNFOLDED)
        for _, call_id in self._order[self._folded : settled]:
            self._past.add(self._stint(call_id), self._hours)
        self._folded = settled
        line = Line(self._past)
        for _, call_id in self._order[settled:]:
            line.add(self._stint(call_id), self._hours)
        return line

    def _stint(self, call_id: str) -> Stint:
        if self._loaded:
            self._enter()
        found = self._stints[call_id]
        if not isinstance(found, Stint):
            found = self._stints[call_id] = stint(found, found.agent or self._agent)
        return found

    def _enter(self) -> None:
        """Enter the calls that were loaded, now that a single one is asked for."""
        self._stints.update((call.id, call) for call in self._loaded)
        self._loaded.clear()

    def _unfold(self, place: int) -> None:
        if place < self._folded:
            self._past = Line()
            self._folded = 0


def idle(start: float, end: float, hours: Hours) -> float:
    """How long the gap between two calls is; of one that is parted the longer part."""
    return max((overlap(start, end, each) for each in hours), default=0.0)


def overlap(start: float, end: float, hours: Sequence[tuple[float, float]]) -> float:
    """Seconds of a stretch that lie inside the hours."""
    return sum(max(0.0, min(end, to) - max(start, begin)) for begin, to in hours)
