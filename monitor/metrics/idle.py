"""An agent's calls of today on a time line: the longest idle gap, the last end, the wrap-up.

A gap runs from the end of one call to the begin of the next, inside the shifts' hours (METRICS: idle gap).
Changes concern the newest calls: what lies before them is folded up once and not looked at again, so a
day of hundreds of calls costs no more than a short one. A change far back folds anew.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence

from monitor.metrics.tally import Stint

_UNFOLDED = 8

Hours = Sequence[tuple[float, float]]
"""Working hours as ``(from, to)`` in epoch seconds."""


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
            self.longest_idle = max(self.longest_idle, overlap(self.reach, stint.started_at, hours))
        end = stint.ended_at
        self.reach = max(self.reach or 0.0, end if end is not None else float("inf"))
        if end is not None:
            self.last_ended_at = max(self.last_ended_at or 0.0, end)
            if stint.talked:
                self.talked_until = max(self.talked_until or 0.0, end)


class TimeLine:
    """The stints of one agent today, by call."""

    __slots__ = ("_folded", "_hours", "_order", "_past", "_stints")

    def __init__(self, hours: Hours = ()) -> None:
        self._hours = hours
        self._stints: dict[str, Stint] = {}
        self._order: list[tuple[float, str]] = []
        self._past = Line()
        self._folded = 0

    def __len__(self) -> int:
        return len(self._stints)

    def put(self, call_id: str, stint: Stint | None) -> None:
        """The agent's part in a call as it is now; ``None`` takes it away."""
        old = self._stints.get(call_id)
        if old is not None and stint is not None and old.started_at == stint.started_at:
            self._stints[call_id] = stint
            self._unfold(bisect_left(self._order, (old.started_at, call_id)))
            return
        if old is not None:
            place = bisect_left(self._order, (old.started_at, call_id))
            del self._order[place], self._stints[call_id]
            self._unfold(place)
        if stint is not None:
            self._stints[call_id] = stint
            insort(self._order, (stint.started_at, call_id))
            self._unfold(bisect_left(self._order, (stint.started_at, call_id)))

    def read(self) -> Line:
        """What the stints come to now."""
        settled = max(self._folded, len(self._order) - _UNFOLDED)
        for _, call_id in self._order[self._folded : settled]:
            self._past.add(self._stints[call_id], self._hours)
        self._folded = settled
        line = Line(self._past)
        for _, call_id in self._order[settled:]:
            line.add(self._stints[call_id], self._hours)
        return line

    def _unfold(self, place: int) -> None:
        if place < self._folded:
            self._past = Line()
            self._folded = 0


def overlap(start: float, end: float, hours: Hours) -> float:
    """Seconds of a stretch that lie inside the hours."""
    return sum(max(0.0, min(end, to) - max(start, begin)) for begin, to in hours)
