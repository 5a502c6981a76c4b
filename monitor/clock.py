"""Where time comes from: passed in everywhere, so that tests and the demo can bring their own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from typing import Protocol, TypeVar

Result = TypeVar("Result")


class Clock(Protocol):
    """What the time is, and how to wait."""

    def now(self) -> float:
        """UTC seconds since the epoch; may step when the machine's clock is set."""

    def monotonic(self) -> float:
        """Seconds since some moment; never steps. For lengths and deadlines."""

    async def sleep(self, seconds: float) -> None:
        """Wait ``seconds`` of this clock."""


class SystemClock:
    """The machine's own time."""

    def now(self) -> float:
        """UTC seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds since some moment; never steps."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait ``seconds``."""
        await asyncio.sleep(seconds)


class FastClock:
    """Time that begins at ``start`` (epoch seconds; default now) and runs ``speed`` times as fast."""

    def __init__(self, speed: float = 1.0, start: float | None = None) -> None:
        if speed <= 0:
            raise ValueError(f"speed must be above 0, not {speed}")
        self.speed = speed
        self._began = time.monotonic()
        self._start = time.time() if start is None else start

    def now(self) -> float:
        """Epoch seconds of the simulated time."""
        return self._start + self.monotonic()

    def monotonic(self) -> float:
        """Simulated seconds since this clock was made."""
        return (time.monotonic() - self._began) * self.speed

    async def sleep(self, seconds: float) -> None:
        """Wait ``seconds`` of simulated time."""
        await asyncio.sleep(seconds / self.speed)


def timer(clock: Clock) -> Clock:
    """The clock to hold real sockets to: the seconds of a fast clock are too short for a network."""
    return SystemClock() if isinstance(clock, FastClock) else clock


async def within(clock: Clock, seconds: float, waiting: Awaitable[Result]) -> Result:
    """Result of ``waiting``; raises ``TimeoutError``, and cancels it, after ``seconds`` of ``clock``."""
    work = asyncio.ensure_future(waiting)
    alarm = asyncio.ensure_future(clock.sleep(seconds))
    try:
        await asyncio.wait((work, alarm), return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            raise TimeoutError(f"nothing within {seconds:g} s")
        return work.result()
    finally:
        for task in (work, alarm):
            task.cancel()
        # A cancelled task still has to run to its end; its outcome is of no interest any more.
        await asyncio.gather(work, alarm, return_exceptions=True)
