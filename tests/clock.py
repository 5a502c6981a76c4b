"""A clock that stands still until a test moves it."""

from __future__ import annotations

import asyncio
import heapq
from itertools import count


class FakeClock:
    """``advance`` moves time on and wakes those whose sleep is over, in their order."""

    def __init__(self, start: float = 1_795_000_000.0) -> None:
        self._start = start
        self._passed = 0.0
        self._step = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = count()
        self._changed = asyncio.Event()

    def now(self) -> float:
        """Epoch seconds, moved by ``advance`` and by ``step``."""
        return self._start + self._passed + self._step

    def monotonic(self) -> float:
        """Seconds moved by ``advance``."""
        return self._passed

    async def sleep(self, seconds: float) -> None:
        """Wait until ``advance`` has moved time on by ``seconds``."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._passed + seconds, next(self._numbers), woken))
        self._changed.set()
        await woken

    def step(self, seconds: float) -> None:
        """Set the wall clock forward or back, as NTP or an administrator would."""
        self._step += seconds

    @property
    def sleeping(self) -> list[float]:
        """How long each sleeper still has to wait, shortest first."""
        return sorted(at - self._passed for at, _, woken in self._sleepers if not woken.done())

    async def advance(self, seconds: float) -> None:
        """Move time on by ``seconds``, waking sleepers at their moments and letting them run."""
        end = self._passed + seconds
        await _settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            at, _, woken = heapq.heappop(self._sleepers)
            if woken.done():
                continue
            self._passed = max(self._passed, at)
            woken.set_result(None)
            await _settle()
        self._passed = end

    async def until_sleeping(self, seconds: float) -> None:
        """Wait until somebody sleeps for at least ``seconds``."""
        while not any(left >= seconds for left in self.sleeping):
            self._changed.clear()
            await self._changed.wait()


async def _settle() -> None:
    """Let every task that can run do so; what waits for a socket stays waiting."""
    for _ in range(20):
        await asyncio.sleep(0)
