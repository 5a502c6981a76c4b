"""The demo: the whole product on a simulated floor, and its stored calls as they really were."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import date, datetime, time
from pathlib import Path

import httpx2
import pytest

from monitor.demo import Demo, DemoClock, Options, demo, demo_settings
from monitor.domain import Call
from monitor.errors import ConfigError, EnvironmentFault
from monitor.pbx.recordings import RecordingState, locate
from monitor.pbx.simulator.centre import TrueCall
from monitor.store.store import Store
from tests.pbx.simulator.truth import by_root, faults

SPEED = 120.0
#: A call rings when its history passes into the live floor, and is answered later.
DAY = date(2026, 11, 25)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def show(folder: Path, look: Callable[[Demo], Awaitable[None]]) -> Demo:
    """Run the demo until ``look`` has seen enough."""
    options = Options(speed=SPEED, agents=12, start=time(9, 20), port=free_port(), data_dir=folder, day=DAY)
    stop = asyncio.Event()
    seen: list[Demo] = []
    async with asyncio.timeout(60), asyncio.TaskGroup() as group:

        async def watch(running: Demo) -> None:
            try:
                await look(running)
            finally:
                stop.set()

        async def ready(running: Demo) -> None:
            seen.append(running)
            group.create_task(watch(running))

        await demo(options, ready=ready, stop=stop)
    return seen[0]


async def stored(folder: Path) -> dict[str, list[Call]]:
    store = await Store.open(demo_settings(Options(), folder).store.database_url)
    try:
        whole = [await store.call(light.id) for light in await store.calls_between(0.0, 4e9)]
        return by_root(call for call in whole if call is not None)
    finally:
        await store.close()


async def over(running: Demo, more: int) -> list[TrueCall]:
    """Calls that have ended, ``more`` of them since the demo began; waits until their ends are stored."""
    while (
        len(ended := [true for true in running.centre.truth if _is_over(running, true)])
        < running.history + more
    ):
        await asyncio.sleep(0.02)
    for true in ended:
        while (call := await running.store.call(f"main/{true.uniqueid}/0")) is None or not call.ended:
            await asyncio.sleep(0.02)
    return ended


def _is_over(running: Demo, true: TrueCall) -> bool:
    """A busy tone may outlast the far end: the last channel has to be gone."""
    channels = running.centre.exchange.channels.values()
    return true.ended_at is not None and all(channel.linkedid != true.uniqueid for channel in channels)


async def test_what_the_demo_stores_is_what_happened_on_its_floor(tmp_path: Path) -> None:
    ended: list[TrueCall] = []

    async def look(running: Demo) -> None:
        ended.extend(await over(running, more=40))

    running = await show(tmp_path, look)
    told = await stored(tmp_path)
    assert running.history > 50
    assert [root for root, calls in told.items() if len(calls) != 1] == []
    assert [fault for true in ended for fault in faults(true, told[true.uniqueid][0])] == []


async def test_recordings_are_found_where_the_calls_say(tmp_path: Path) -> None:
    async def glance(running: Demo) -> None:
        pass

    running = await show(tmp_path, glance)
    states: Counter[RecordingState] = Counter()
    for (call,) in (await stored(tmp_path)).values():
        if call.recording is not None and call.ended:
            day = datetime.fromtimestamp(call.started_at, running.centre.zone).date()
            states[locate(tmp_path / "monitor", call.recording, day).state] += 1
    assert set(states) == {RecordingState.PRESENT}
    assert states[RecordingState.PRESENT] > 10


async def test_its_login_opens_a_board_that_is_alive(tmp_path: Path) -> None:
    async def look(running: Demo) -> None:
        ours = {"Origin": running.url, "X-Dialwatch": "1"}
        async with httpx2.AsyncClient(base_url=running.url, headers=ours, trust_env=False) as client:
            login = {"username": "demo", "password": running.logins["demo"]}
            assert (await client.post("/api/login", json=login)).status_code == 204
            board = (await client.get("/api/board")).json()["board"]
            assert len(board["agents"]) == 12
            assert board["site"]["figures"]["dials"] >= 50
            states: Counter[str] = Counter()
            while len({"talking", "ringing", "idle"} & states.keys()) < 3:
                board = (await client.get("/api/board")).json()["board"]
                states += Counter(agent["state"] for agent in board["agents"])
                await asyncio.sleep(0.02)

    await show(tmp_path, look)


def test_the_shipped_people_come_first(tmp_path: Path) -> None:
    few = demo_settings(Options(agents=5), tmp_path)
    assert [agent.extension for team in few.teams for agent in team.agents] == [
        str(8001 + n) for n in range(5)
    ]
    many = demo_settings(Options(agents=300), tmp_path)
    assert sum(len(team.agents) for team in many.teams) == 300
    assert many.teams[0] == demo_settings(Options(), tmp_path).teams[0]
    assert len({team.id for team in many.teams}) == len({team.name for team in many.teams}) == len(many.teams)


def test_waiting_times_of_the_link_do_not_shrink_with_the_speed(tmp_path: Path) -> None:
    slow, fast = (demo_settings(Options(speed=speed), tmp_path).pbx[0] for speed in (1.0, 60.0))
    assert fast.silence_seconds == 60 * slow.silence_seconds
    assert fast.secret is not None
    assert fast.secret.get_secret_value() not in repr(fast)


def test_the_clock_stands_until_it_begins() -> None:
    clock = DemoClock(1000.0, 5000.0)
    assert (clock.now(), clock.monotonic()) == (5000.0, 0.0)
    clock.begin()
    first = clock.now()
    clock.begin()
    assert 5000.0 <= first <= clock.now()


async def test_a_taken_port_is_told_before_anything_else(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(EnvironmentFault, match="--port"):
            await demo(Options(port=other.getsockname()[1], data_dir=tmp_path / "unused"))
    assert not (tmp_path / "unused").exists()


@pytest.mark.parametrize(
    "options", [Options(agents=0), Options(agents=5000), Options(speed=0.0), Options(speed=1e9)]
)
async def test_options_out_of_range_are_told(options: Options) -> None:
    with pytest.raises(ConfigError, match="write a number"):
        await demo(options)
