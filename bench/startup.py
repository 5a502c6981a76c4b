"""Bench 4: from the start of the process to the first board, with a day of calls stored.

``python -m bench startup [--calls 100000] [--agents 300] [--runs 3]``

``dialwatch run`` is a process of its own, as an operator starts it; "first board" is the whole snapshot at
a WebSocket client that was waiting for it. Beside it: what the imports alone take, which is Python's
and the libraries' and not ours to shorten much.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from websockets.asyncio.client import connect

from bench.scene import FIRST_EXTENSION, board_address, let_in
from bench.table import table
from monitor.domain import Call, Direction, HangupBy, Leg, LegRole, Outcome, Phase, Segment
from monitor.store.store import Store

CONFIG = """
[site]
name = "bench"
[[pbx]]
name = "main"
host = "127.0.0.1"
port = 1
username = "dialwatch"
secret_env = "BENCH_SECRET"
agents = ["PJSIP/8[0-9][0-9][0-9]"]
trunks = ["PJSIP/trunk-*"]
[store]
data_dir = "{folder}"
[web]
port = {port}
[[team]]
id = "t1"
name = "一组"
agents = [{agents}]
"""


def day_of_calls(count: int, agents: int) -> Iterator[Call]:
    """``count`` finished dials since midnight, every second one answered."""
    now = time.time()
    begun = now - (now + 8 * 3600) % 86400
    for i in range(count):
        at = begun + (now - begun) * i / count
        answered = i % 2 == 0
        extension, trunk = str(FIRST_EXTENSION + i % agents), f"trunk-{'ab'[i % 2]}"
        root, far = f"{at:.0f}.{2 * i}", f"{at:.0f}.{2 * i + 1}"
        end = min(at + 50, now)
        yield Call(
            id=f"main/{root}/0",
            pbx="main",
            direction=Direction.OUTBOUND,
            agent=extension,
            number=f"138{i:08}",
            trunk=trunk,
            phase=Phase.ENDED,
            started_at=at,
            answered_at=at + 10 if answered else None,
            ended_at=end,
            ring_seconds=10.0,
            talk_seconds=40.0 if answered else 0.0,
            outcome=Outcome.ANSWERED if answered else Outcome.NO_ANSWER,
            hangup_cause=16,
            hangup_by=HangupBy.AGENT,
            segments=(Segment(agent=extension, started_at=at + 10, ended_at=end),) if answered else (),
            legs=(
                Leg(
                    uniqueid=root,
                    channel=f"PJSIP/{extension}-{i:08x}",
                    role=LegRole.ROOT,
                    endpoint=extension,
                    started_at=at,
                    ended_at=end,
                    cause=16,
                ),
                Leg(
                    uniqueid=far,
                    channel=f"PJSIP/{trunk}-{i:08x}",
                    role=LegRole.FAR,
                    endpoint=trunk,
                    started_at=at,
                    ended_at=end,
                    cause=16,
                ),
            ),
        )


async def fill(folder: Path, count: int, agents: int) -> None:
    """A store with a day of calls, and a login."""
    store = await Store.open(f"sqlite:///{folder / 'dialwatch.db'}")
    await store.upgrade()
    await let_in(store)
    batch: list[Call] = []
    for call in day_of_calls(count, agents):
        batch.append(call)
        if len(batch) == 5000:
            await store.write(batch)
            batch = []
    await store.write(batch)
    await store.close()


async def first_board(port: int) -> int:
    """Wait for the server, connect, and take the first message; gives its size."""
    url, options = board_address(port)
    while True:
        try:
            async with connect(url, **options) as board:
                return len(await board.recv())
        except OSError:
            await asyncio.sleep(0.01)


def cpu_seconds(process: int) -> float:
    """What a process has used so far of all cores; on a busy machine this says more than the clock."""
    fields = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main(arguments: list[str]) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="bench startup", description=__doc__)
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--agents", type=int, default=300)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args(arguments)
    environment = {**os.environ, "BENCH_SECRET": "x"}
    rows: list[tuple[object, ...]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        asyncio.run(fill(folder, options.calls, options.agents))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        config = folder / "config.toml"
        who = ", ".join(
            f'{{extension="{FIRST_EXTENSION + i}", name="座席{i}"}}' for i in range(options.agents)
        )
        config.write_text(CONFIG.format(folder=folder, port=port, agents=who), "utf-8")
        command = [sys.executable, "-m", "monitor.cli", "run", "--config", str(config)]
        boards, cpu, imports, size = [], [], [], 0
        for _ in range(options.runs + 1):
            begun = time.perf_counter()
            subprocess.run([sys.executable, "-c", "import monitor.service, monitor.cli"], check=True)
            imports.append(time.perf_counter() - begun)
            begun = time.perf_counter()
            with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
                size = asyncio.run(first_board(port))
                boards.append(time.perf_counter() - begun)
                cpu.append(cpu_seconds(process.pid))
                process.terminate()
        rows.append(
            (
                options.calls,
                f"{statistics.median(boards[1:]):.2f}",
                f"{min(boards):.2f}",
                f"{boards[0]:.2f}",
                f"{min(cpu):.2f}",
                f"{statistics.median(imports[1:]):.2f}",
                f"{size / 1024:.0f}",
            )
        )
    print(f"{options.agents} agents, median of {options.runs} runs after a first one; goal: 2 s")
    print(
        table(
            (
                "calls stored",
                "first board s",
                "least s",
                "first run s",
                "least CPU s",
                "imports alone s",
                "snapshot KiB",
            ),
            rows,
        )
    )
