"""A heap of things to come, in simulated time: no clock, no sleep, the same order on every run.

A script is a generator that yields how many seconds it waits for what it does next.
"""

from __future__ import annotations

import heapq
from collections.abc import Generator

Script = Generator[float, None, None]


class Schedule:
    """Runs scripts in order of simulated time; ``now`` is epoch seconds."""

    def __init__(self, start: float) -> None:
        self.now = start
        self._heap: list[tuple[float, int, Script]] = []
        self._serial = 0

    def spawn(self, script: Script, after_seconds: float = 0.0) -> None:
        """Start a script, at once or after a while."""
        self._push(script, self.now + after_seconds)

    def spawn_at(self, script: Script, at: float) -> None:
        """Start a script at an instant; one that has passed means at once."""
        self._push(script, max(at, self.now))

    def next_at(self) -> float | None:
        """When the next thing happens; ``None`` if nothing is left to do."""
        return self._heap[0][0] if self._heap else None

    def run_until(self, at: float) -> None:
        """Do everything that is due up to ``at``; ``now`` is ``at`` afterwards."""
        heap = self._heap
        while heap and heap[0][0] <= at:
            due, _, script = heapq.heappop(heap)
            self.now = max(self.now, due)
            wait = next(script, None)
            if wait is not None:
                self._push(script, self.now + wait)
        self.now = max(self.now, at)

    def _push(self, script: Script, at: float) -> None:
        self._serial += 1
        heapq.heappush(self._heap, (at, self._serial, script))
