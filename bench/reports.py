"""Bench 5: the figures of a month, per agent and day, from the stored sums; beside pandas on a part of the calls.

``python -m bench reports [--calls 10000000] [--agents 300] [--days 26] [--sample 200000] [--url postgresql://…]``

The month is generated with set-based SQL straight into ``parts``; its sums are made by the statements that keep them up
to date. Each figure is the least of ``--runs``, in wall and CPU time of this process; memory is what the run adds at
most (``tracemalloc``). Last: what keeping the sums adds to storing a batch.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import tempfile
import time
import tracemalloc
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text

from bench.startup import day_of_calls
from bench.table import table
from monitor.config import Settings
from monitor.metrics import shifts
from monitor.metrics.periods import Kind
from monitor.metrics.plan import SitePlan
from monitor.metrics.sheet import Report
from monitor.reports.gather import Wanted, gather, gathered_aside
from monitor.reports.render import Format, rendered
from monitor.store.store import Store
from monitor.web.pages import dashboard_folder
from monitor.web.words import Words

FIRST_DAY = date(2026, 10, 1)
ZONE = ZoneInfo("Asia/Shanghai")
FIRST_EXTENSION = 8000
PER_TEAM = 12

#: One part a call: answered one in three, spread over nine hours from 8:50 of its day.
FILL = """
INSERT INTO parts (pbx, agent, call_started_at, call_id, direction, trunk, started_at, ended_at, dial, finished,
  connect, effective, missed, incomplete, inbound, internal, outcome, ring_micros, talk_micros)
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < CAST(:per_agent AS INTEGER)),
  t(i, at, step) AS (SELECT i, CAST(:begin AS DOUBLE PRECISION) + i * CAST(:step AS DOUBLE PRECISION),
    CAST(:step AS DOUBLE PRECISION) FROM n)
SELECT 'main', CAST(:agent AS VARCHAR(64)), at, CAST(:prefix AS VARCHAR(64)) || CAST(i AS VARCHAR(9)), 'outbound',
  'trunk-a', at, at + step * 0.8, 1, 1,
  CASE WHEN i % 3 = 0 THEN 1 ELSE 0 END, CASE WHEN i % 6 = 0 THEN 1 ELSE 0 END, 0, 0, 0, 0,
  CASE WHEN i % 3 = 0 THEN 'answered' WHEN i % 3 = 1 THEN 'no_answer' ELSE 'busy' END,
  5000000, CASE WHEN i % 3 = 0 THEN 20000000 + (i % 6) * 10000000 ELSE 0 END
FROM t
"""


def site(agents: int) -> Settings:
    """A centre of so many agents in teams of twelve, with the shifts of the shipped configuration."""
    teams = [
        {
            "id": f"t{number}",
            "name": f"{number}组",
            "agents": [
                {"extension": str(FIRST_EXTENSION + i), "name": f"坐席{i}"}
                for i in range(agents)
                if i // PER_TEAM == number
            ],
        }
        for number in range((agents - 1) // PER_TEAM + 1)
    ]
    half = {"morning": ("09:00", "12:00", "09:10"), "afternoon": ("13:30", "17:30", "13:50")}
    return Settings.model_validate(
        {
            "site": {"name": "bench", "targets": {"dials": 160, "connects": 48}},
            "shift": [
                {"id": key, "name": key, "start": start, "end": end, "dial_by": by}
                for key, (start, end, by) in half.items()
            ],
            "team": teams,
            "pbx": [
                {
                    "name": "main",
                    "host": "127.0.0.1",
                    "username": "d",
                    "agents": ["PJSIP/8[0-9][0-9][0-9]"],
                    "trunks": ["PJSIP/trunk-*"],
                }
            ],
        }
    )


async def fill(store: Store, plan: SitePlan, calls: int, agents: int, days: int) -> None:
    """The month's parts, and their sums."""
    per_agent = max(1, calls // (agents * days))
    rows = []
    for number in range(days):
        start, _ = shifts.day_bounds(FIRST_DAY + timedelta(days=number), ZONE)
        begin, step = start + 8 * 3600 + 50 * 60, 9 * 3600 / per_agent
        rows += [
            {
                "agent": str(FIRST_EXTENSION + i),
                "prefix": f"main/{number}.{FIRST_EXTENSION + i}.",
                "begin": begin + i % 60,
                "step": step,
                "per_agent": per_agent,
            }
            for i in range(agents)
        ]
    async with store._engine.begin() as connection:
        if store._engine.dialect.name == "sqlite":
            await connection.execute(text("PRAGMA foreign_keys=OFF"))
            await connection.execute(text("PRAGMA synchronous=OFF"))
        else:
            await connection.execute(text("ALTER TABLE parts DROP CONSTRAINT IF EXISTS parts_call_id_fkey"))
        for row in rows:
            await connection.execute(text(FILL), row)
    first, _ = shifts.day_bounds(FIRST_DAY, ZONE)
    await store.rollups._recount_all(plan, first, first + days * 86400 - 1, None)


async def measured(runs: int, work: Callable[[], Awaitable[Any]]) -> tuple[float, float, float]:
    """Least wall and CPU milliseconds of some runs, and the most memory one adds, in MiB."""
    walls, cpus = [], []
    await work()  # imports, connections, caches of statements
    for _ in range(runs):
        wall, cpu = time.perf_counter(), time.process_time()
        await work()
        walls.append((time.perf_counter() - wall) * 1000)
        cpus.append((time.process_time() - cpu) * 1000)
    tracemalloc.start()
    await work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return min(walls), min(cpus), peak / (1 << 20)


async def longest_pause(work: Callable[[], Any]) -> float:
    """How long an event loop does not get its turn at most while a thread makes a report, in milliseconds."""
    task = asyncio.ensure_future(asyncio.to_thread(work))
    longest = 0.0
    while not task.done():
        begun = time.perf_counter()
        await asyncio.sleep(0.001)
        longest = max(longest, time.perf_counter() - begun - 0.001)
    await task
    return longest * 1000


async def by_pandas(store: Store, sample: int) -> tuple[float, int]:
    """Plain pandas over the rows of some calls: seconds, and the rows' memory in MiB."""
    import pandas as pd

    query = text(
        "SELECT pbx, agent, call_started_at, dial, finished, connect, effective, talk_micros, outcome"
        f" FROM parts LIMIT {sample}"
    )
    begun = time.perf_counter()
    async with store._engine.begin() as connection:
        rows = (await connection.execute(query)).all()
    frame = pd.DataFrame.from_records(rows, columns=list(rows[0]._mapping))
    at = pd.to_datetime(frame["call_started_at"], unit="s", utc=True).dt.tz_convert("Asia/Shanghai")
    frame["day"] = at.dt.date
    sums = frame.groupby(["pbx", "agent", "day"])[
        ["dial", "finished", "connect", "effective", "talk_micros"]
    ].sum()
    assert len(sums)
    return time.perf_counter() - begun, int(frame.memory_usage(deep=True).sum()) >> 20


async def cost_of_writing(folder: Path, settings: Settings, runs: int) -> tuple[float, float]:
    """CPU microseconds to store a call in batches of 50 changes, with and without the sums."""
    found = []
    for plan in (SitePlan(settings), None):
        best = float("inf")
        for run in range(runs):
            store = await Store.open(f"sqlite:///{folder / f'write-{plan is None}-{run}.db'}", plan)
            await store.upgrade()
            calls = list(day_of_calls(2000, 100))
            begun = time.process_time()
            for place in range(0, len(calls), 50):
                await store.write(calls[place : place + 50])
            best = min(best, (time.process_time() - begun) / len(calls) * 1e6)
            await store.close()
        found.append(best)
    return found[0], found[1]


async def bench(options: argparse.Namespace, folder: Path) -> None:
    """All of it."""
    settings = site(options.agents)
    plan = SitePlan(settings)
    store = await Store.open(options.url or f"sqlite:///{folder / 'month.db'}", plan)
    await store.upgrade()
    await store.sync_roster(settings, 0.0)
    begun = time.perf_counter()
    await fill(store, plan, options.calls, options.agents, options.days)
    print(
        f"{options.calls:,} calls of {options.agents} agents on {options.days} days made in {time.perf_counter() - begun:.0f} s"
    )
    first, last = FIRST_DAY, FIRST_DAY + timedelta(days=options.days - 1)
    now = shifts.day_bounds(last, ZONE)[1] + 3600

    async def figures() -> None:
        assert (await store.rollups.figures(first.isoformat(), last.isoformat())).rows

    async def one_day() -> None:
        assert (await store.rollups.figures(last.isoformat(), last.isoformat())).rows

    def report(kind: Kind) -> Callable[[], Awaitable[Any]]:
        return lambda: gather(store, settings, Wanted(kind=kind, day=last), now)

    rows: list[tuple[object, ...]] = []
    for name, goal, work in (
        ("figures of the month, per agent and day", "200 ms, 100 MiB", figures),
        ("figures of one day", "50 ms", one_day),
        ("daily report, whole", "", report(Kind.DAILY)),
        ("monthly report, whole", "", report(Kind.MONTHLY)),
    ):
        wall, cpu, peak = await measured(options.runs, work)
        rows.append((name, f"{wall:.0f} ms", f"{cpu:.0f} ms", f"{peak:.0f} MiB", goal))
    words = Words.load(dashboard_folder() / "locales")
    for kind in (Kind.DAILY, Kind.MONTHLY):
        wanted = Wanted(kind=kind, day=last)
        made = await gather(store, settings, wanted, now)

        def as_pdf(made: Report = made) -> bytes:
            return rendered(made, Format.PDF, lambda key: words.say("zh-CN", key), "zh-CN")

        def aside(wanted: Wanted = wanted) -> Report:
            return gathered_aside(store, settings, wanted, now)

        for what, thread in (("made", aside), ("set as PDF", as_pdf)):
            pauses = [await longest_pause(thread) for _ in range(options.runs)]
            rows.append(
                (f"{kind} report {what}: the loop's longest pause", f"{min(pauses):.0f} ms", "", "", "")
            )
    seconds, mib = await by_pandas(store, options.sample)
    rows.append((f"pandas over {options.sample:,} calls", f"{seconds * 1000:.0f} ms", "", f"{mib} MiB", ""))
    print(table(("what", "wall", "CPU", "memory", "goal"), rows))
    await store.close()
    kept, plain = await cost_of_writing(folder, settings, options.runs)
    print(f"storing a call: {kept:.0f} µs of CPU with the sums, {plain:.0f} without")
    print(f"most memory of the process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MiB")


def main(arguments: list[str]) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="bench reports", description=__doc__)
    parser.add_argument("--calls", type=int, default=10_000_000)
    parser.add_argument("--agents", type=int, default=300)
    parser.add_argument("--days", type=int, default=26)
    parser.add_argument("--sample", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--url", help="an empty database to fill instead of SQLite in a temporary folder")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(bench(options, Path(name)))


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
