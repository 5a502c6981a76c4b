"""Bench 6: the watch over a month of calls in an SQLite file, and the live watch over a day.

``python -m bench watch [--calls 1000000] [--agents 300] [--days 26] [--url postgresql://…]``

Calls are generated with set-based SQL, with bodies as large as real ones. Each figure is the least of ``--runs``, in wall and CPU
time of this process; memory is its peak while it is worked out.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import tempfile
import time
import tracemalloc
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path

import msgspec
from sqlalchemy import text

from bench.reports import site
from bench.table import table
from monitor import watching
from monitor.config import Settings
from monitor.config_guard import Cap
from monitor.contacts import Contact
from monitor.domain import Call, Direction, Leg, LegRole, Outcome
from monitor.metrics import shifts
from monitor.metrics.harassment import Watch
from monitor.store.store import Store

FIRST_DAY = date(2026, 10, 1)
FIRST_EXTENSION = 8000
BODY_BYTES = 1400
COLUMNS = (
    *("id", "pbx", "direction", "agent", "number", "trunk", "outcome", "phase", "started_at", "answered_at"),
    *("ended_at", "ring_seconds", "talk_seconds", "hold_seconds", "hangup_by", "complete", "seized", "body"),
)


def made(
    settings: Settings, calls: int, agents: int, days: int, day: int, dice: random.Random
) -> list[dict[str, object]]:
    """A day's calls: one in eight numbers was dialled before, one call in twenty comes from outside and is missed."""
    begin, _ = shifts.day_bounds(date.fromordinal(FIRST_DAY.toordinal() + day), settings.site.timezone)
    body = os.urandom(BODY_BYTES)
    rows = []
    for n in range(calls // days):
        number = dice.randrange(calls // 8) if dice.random() < 0.125 else calls + day * calls // days + n
        talk = dice.lognormvariate(3.6, 0.9) if dice.random() < 0.3 else 0.0
        missed = dice.random() < 0.05
        at = begin + 9 * 3600 + dice.random() * 8 * 3600
        rows.append(
            {
                "id": f"main/{day}.{n}/0",
                "pbx": "main",
                "direction": "inbound" if missed else "outbound",
                "agent": None if missed else str(FIRST_EXTENSION + dice.randrange(agents)),
                "number": f"1{3_000_000_000 + number}",
                "trunk": "trunk-a",
                "outcome": "cancelled" if missed else "answered" if talk else "no_answer",
                "phase": "ended",
                "started_at": at,
                "answered_at": at + 8 if talk and not missed else None,
                "ended_at": at + 8 + talk,
                "ring_seconds": 8.0,
                "talk_seconds": 0.0 if missed else talk,
                "hold_seconds": 0.0,
                "hangup_by": "remote",
                "complete": True,
                "seized": "",
                "body": body,
            }
        )
        if missed:  # of these the body is read
            leg = Leg(
                uniqueid="l", channel="PJSIP/8001-1", role=LegRole.AGENT, endpoint="8001", started_at=at
            )
            facts = {name: rows[-1][name] for name in COLUMNS if name not in ("seized", "body")}
            rows[-1]["body"] = msgspec.msgpack.encode(msgspec.convert({**facts, "legs": (leg,)}, Call))
    return rows


async def least(runs: int, work: Callable[[], Awaitable[list[object]]]) -> tuple[float, float, float, int]:
    """Least wall and CPU seconds, peak MiB, and how many cases."""
    await work()
    best_wall = best_cpu = float("inf")
    found: list[object] = []
    for _ in range(runs):
        wall, cpu = time.perf_counter(), time.process_time()
        found = await work()
        best_wall = min(best_wall, time.perf_counter() - wall)
        best_cpu = min(best_cpu, time.process_time() - cpu)
    tracemalloc.start()
    await work()
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    return best_wall, best_cpu, peak, len(found)


def live(settings: Settings, dials: int) -> tuple[float, float]:
    """Microseconds a change costs the live watch, and MiB that a day of dials keeps."""
    dice = random.Random(1)
    zone = settings.site.timezone
    begin, _ = shifts.day_bounds(FIRST_DAY, zone)
    told = [
        Contact(
            f"main/{n}/0", "main", Direction.OUTBOUND, str(8000 + n % 300), f"138{dice.randrange(dials):08}", None,
            begin + 9 * 3600 + n * 28800 / dials, None, None, 0.0, 0.0, Outcome.NO_ANSWER, True,
        )
        for n in range(dials)
    ]  # fmt: skip
    watch = Watch(settings.guard, zone)
    cpu = time.process_time()
    for call in told:
        watch.put(call)
        watch.put(call)
    spent = (time.process_time() - cpu) / (2 * dials)
    tracemalloc.start()
    kept = Watch(settings.guard, zone)
    for call in told:
        kept.put(call)
    peak = tracemalloc.get_traced_memory()[0] / 2**20
    tracemalloc.stop()
    return spent * 1e6, peak


async def run(arguments: argparse.Namespace) -> None:
    """Fill a store, look, print."""
    settings = site(arguments.agents)
    caps = (Cap(most=5, minutes=1440), Cap(most=3, minutes=5))
    settings = settings.model_copy(update={"guard": settings.guard.model_copy(update={"caps": caps})})
    dice = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        store = await Store.open(arguments.url or f"sqlite:///{Path(folder)}/bench.db")
        await store.upgrade()
        names, places = ", ".join(COLUMNS), ", ".join(f":{each}" for each in COLUMNS)
        for day in range(arguments.days):
            rows = made(settings, arguments.calls, arguments.agents, arguments.days, day, dice)
            async with store._engine.begin() as connection:
                await connection.execute(text(f"INSERT INTO calls ({names}) VALUES ({places})"), rows)
        async with store._engine.begin() as connection:
            await connection.execute(text("ANALYZE"))
        first, _ = shifts.day_bounds(FIRST_DAY, settings.site.timezone)
        spans = {
            "a day": (first + 86400, first + 2 * 86400),
            "the month": (first, first + arguments.days * 86400),
        }

        async def missed(start: float, end: float) -> list[object]:
            return list((await watching.missed_inbound(store, settings, start, end)).cases)

        looks: dict[str, Callable[[float, float], Awaitable[list[object]]]] = {
            "missed": missed,
            "breaches": lambda start, end: watching.breaches(store, settings, start, end),  # type: ignore[dict-item, return-value]
            "private": lambda start, end: watching.private_calls(store, settings, start, end),  # type: ignore[dict-item, return-value]
            "questions": lambda start, end: watching.questions(store, settings, start, end),  # type: ignore[dict-item, return-value]
        }
        lines = []
        for span, (start, end) in spans.items():
            for name, look in looks.items():
                wall, cpu, peak, count = await least(
                    arguments.runs, lambda look=look, s=start, e=end: look(s, e)
                )  # type: ignore[misc]
                lines.append([name, span, f"{count:,}", f"{wall:.2f} s", f"{cpu:.2f} s", f"{peak:.0f} MiB"])
        await store.close()
    print(table(["look", "over", "cases", "wall", "CPU", "peak"], lines))
    spent, kept = live(settings, arguments.calls // arguments.days)
    print(
        f"live: {spent:.1f} µs CPU a change, {kept:.0f} MiB for a day of {arguments.calls // arguments.days:,} dials"
    )


def main(arguments: list[str]) -> None:
    """``python -m bench watch``."""
    parser = argparse.ArgumentParser(prog="python -m bench watch", description=__doc__)
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--agents", type=int, default=300)
    parser.add_argument("--days", type=int, default=26)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--url", default="")
    asyncio.run(run(parser.parse_args(arguments)))
