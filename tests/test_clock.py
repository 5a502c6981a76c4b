"""Clocks: the machine's, a fast one, the tests' own, and deadlines by any of them."""

from __future__ import annotations

import asyncio

import pytest

from monitor.clock import FastClock, SystemClock, within
from tests.clock import FakeClock


def test_the_system_clock_goes_forward() -> None:
    clock = SystemClock()
    before = clock.monotonic(), clock.now()
    assert clock.monotonic() >= before[0]
    assert before[1] > 1_700_000_000


async def test_the_system_clock_can_wait() -> None:
    await SystemClock().sleep(0)


def test_a_fast_clock_starts_where_told_and_runs_ahead() -> None:
    clock = FastClock(speed=1e9, start=100.0)
    first = clock.now()
    assert first >= 100.0
    while clock.now() < first + 1000:  # a microsecond of real time
        pass


async def test_a_fast_clock_waits_a_fraction() -> None:
    clock = FastClock(speed=1e6)
    before = clock.now()
    await clock.sleep(1000.0)
    assert clock.now() - before >= 900


@pytest.mark.parametrize("speed", [0, -1])
def test_a_clock_cannot_stand_or_run_back(speed: float) -> None:
    with pytest.raises(ValueError, match="speed"):
        FastClock(speed=speed)


async def test_within_gives_the_result_of_what_is_in_time() -> None:
    clock = FakeClock()
    assert await within(clock, 1, asyncio.sleep(0, "done")) == "done"
    assert clock.sleeping == []


async def test_within_ends_what_is_too_late() -> None:
    clock = FakeClock()
    never: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    waiting = asyncio.ensure_future(within(clock, 5, never))
    await clock.until_sleeping(5)
    await clock.advance(4.9)
    assert not waiting.done()
    await clock.advance(0.2)
    with pytest.raises(TimeoutError, match="5 s"):
        await waiting
    assert never.cancelled()


async def test_within_hands_on_an_error() -> None:
    async def fails() -> None:
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        await within(FakeClock(), 1, fails())


async def test_within_passes_a_cancel_on() -> None:
    clock = FakeClock()
    never: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    waiting = asyncio.ensure_future(within(clock, 5, never))
    await clock.until_sleeping(5)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert never.cancelled()
    assert clock.sleeping == []


async def test_the_fake_clock_wakes_sleepers_in_their_order() -> None:
    clock = FakeClock(start=50.0)
    woken: list[tuple[str, float]] = []

    async def sleeper(name: str, seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((name, clock.now()))

    async with asyncio.TaskGroup() as group:
        group.create_task(sleeper("late", 3))
        group.create_task(sleeper("early", 1))
        await asyncio.sleep(0)
        await clock.advance(10)
    assert woken == [("early", 51.0), ("late", 53.0)]
    clock.step(-20)
    assert clock.now() == 40.0
    assert clock.monotonic() == 10.0
