"""Bench 7: a moment of a past day with many calls, from the store to the bytes that a page gets.

``python -m bench rewind [--calls 100000] [--agents 300] [--runs 5]``

CPU seconds of this process (all its threads), the least and the middle of the runs: reading the day (the first
moment asked for), a moment some minutes later, one before it (counted anew), and a frame of a play. Beside it the
longest time for which the event loop had no turn.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from bench.scene import settings
from bench.startup import day_of_calls
from bench.table import table
from monitor.metrics import shifts
from monitor.rewinding import Rewind
from monitor.store.store import Store

BATCH = 2000


async def filled(folder: Path, calls: int, agents: int) -> Store:
    """A store with a day of calls up to now."""
    made = settings(folder, agents, 1)
    store = await Store.open(made.store.database_url)
    await store.upgrade()
    await store.sync_roster(made, 0.0)
    batch = []
    for call in day_of_calls(calls, agents):
        batch.append(call)
        if len(batch) == BATCH:
            await store.write(batch)
            batch = []
    await store.write(batch)
    return store


async def longest_pause(stop: asyncio.Event) -> float:
    """The longest time for which the loop gave no turn, while it is watched."""
    longest = 0.0
    while not stop.is_set():
        begun = time.perf_counter()
        await asyncio.sleep(0.001)
        longest = max(longest, time.perf_counter() - begun - 0.001)
    return longest


async def timed(work: Callable[[], Awaitable[object]]) -> tuple[float, float, float, int]:
    """CPU seconds, seconds, longest pause of the loop, bytes of the answer."""
    stop = asyncio.Event()
    watching = asyncio.ensure_future(longest_pause(stop))
    await asyncio.sleep(0)
    cpu, wall = time.process_time(), time.perf_counter()
    found = await work()
    spent, passed = time.process_time() - cpu, time.perf_counter() - wall
    stop.set()
    return spent, passed, await watching, len(msgspec.json.encode(found))


async def bench(calls: int, agents: int, runs: int) -> str:
    """The table."""
    with tempfile.TemporaryDirectory() as folder:
        store = await filled(Path(folder), calls, agents)
        made = settings(Path(folder), agents, 1)
        now = time.time()
        start, _ = shifts.day_bounds(shifts.day_of(now, made.site.timezone), made.site.timezone)
        middle, late = start + (now - start) * 0.5, start + (now - start) * 0.95
        found: dict[str, list[tuple[float, float, float, int]]] = {}
        for _ in range(runs):
            rewind = Rewind(store, made, time.time)
            for name, work in {
                "first moment of the day": lambda rewind=rewind: rewind.at(late),
                "another, later": lambda rewind=rewind: rewind.at(late + 60),
                "another, before": lambda rewind=rewind: rewind.at(middle),
                "12 frames of a minute": lambda rewind=rewind: rewind.play(middle, 60.0, 12),
            }.items():
                found.setdefault(name, []).append(await timed(work))
        await store.close()
    rows = []
    for name, times in found.items():
        cpu, wall, pause, size = zip(*times, strict=True)
        rows.append(
            (
                name,
                f"{min(cpu) * 1000:.0f}",
                f"{statistics.median(cpu) * 1000:.0f}",
                f"{min(wall) * 1000:.0f}",
                f"{min(pause) * 1000:.0f}",
                f"{size[0] / 1024:.0f}",
            )
        )
    return table(("", "CPU ms, least", "median", "ms, least", "loop waits ms", "KiB"), rows)


def main(arguments: list[str]) -> None:
    """Run it."""
    parser = argparse.ArgumentParser(prog="bench rewind")
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--agents", type=int, default=300)
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args(arguments)
    print(f"{asked.calls:,} calls, {asked.agents} agents, {asked.runs} runs")
    print(asyncio.run(bench(asked.calls, asked.agents, asked.runs)))
