"""Sums agree with their calls after any writes, and with what the live board shows of the same calls."""

from __future__ import annotations

import asyncio
import random
import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from monitor.domain import Call, Direction, Outcome, Phase, Segment
from monitor.metrics.board import Board
from monitor.metrics.plan import SitePlan
from monitor.metrics.tally import seconds
from monitor.store.rollups import Sums
from monitor.store.store import Store
from tests.metrics.test_board import SETTINGS, ZONE, at, dial, open_states

PLAN = SitePlan(SETTINGS)
TABLES = ("parts", "rollups", "agent_days")
DAY = "2026-11-23"


def inbound(agent: str | None, started_at: float, serial: int, talk: float) -> Call:
    """A finished inbound call; nobody's, and missed, without talk."""
    answered_at = started_at + 4 if talk else None
    ended_at = started_at + 4 + talk
    return Call(
        id=f"main/in{int(started_at)}.{serial}/0",
        pbx="main",
        direction=Direction.INBOUND,
        agent=agent if talk else None,
        number="13900139000",
        trunk="trunk-b",
        phase=Phase.ENDED,
        started_at=started_at,
        answered_at=answered_at,
        ended_at=ended_at,
        ring_seconds=4.0,
        talk_seconds=talk,
        outcome=Outcome.ANSWERED if talk else Outcome.NO_ANSWER,
        segments=(Segment(agent=agent, started_at=answered_at, ended_at=ended_at),)
        if talk and agent and answered_at
        else (),
    )


def handed_on(call: Call, colleague: str) -> Call:
    """The same dial, but a colleague talks after the agent; it stays one dial."""
    if call.answered_at is None or call.ended_at is None or colleague == call.agent:
        return call
    middle = (call.answered_at + call.ended_at) / 2
    return msgspec.structs.replace(
        call,
        segments=(
            Segment(agent=str(call.agent), started_at=call.answered_at, ended_at=middle),
            Segment(agent=colleague, started_at=middle, ended_at=call.ended_at),
        ),
    )


AGENTS = st.sampled_from(["8001", "8002", "8009", "7777"])
MOMENTS = st.one_of(
    st.integers(0, 10 * 3600).map(lambda s: at("8:30") + s),
    st.integers(0, 3600).map(lambda s: at("23:30") + s),
)
TALKS = st.one_of(st.just(0.0), st.integers(1, 900).map(float))
CALLS = st.one_of(
    st.builds(
        dial, AGENTS, MOMENTS, serial=st.integers(0, 9), ring=st.integers(0, 60).map(float), talk=TALKS
    ),
    st.builds(inbound, AGENTS, MOMENTS, st.integers(0, 9), TALKS),
    st.builds(handed_on, st.builds(dial, AGENTS, MOMENTS, serial=st.integers(10, 19), talk=TALKS), AGENTS),
)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An up-to-date, empty SQLite database to copy."""
    path = tmp_path_factory.mktemp("rollups") / "empty.db"

    async def make() -> None:
        store = await Store.open(f"sqlite:///{path}")
        await store.upgrade()
        await store.close()

    asyncio.run(make())
    return path


async def tables(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    async with store._engine.begin() as connection:
        return {
            name: sorted(tuple(row) for row in await connection.execute(text(f"SELECT * FROM {name}")))
            for name in TABLES
        }


def rounded(found: dict[str, list[tuple[Any, ...]]]) -> dict[str, list[tuple[Any, ...]]]:
    """Sums of seconds in another order of addition may differ in the last bit."""
    return {
        name: [tuple(round(v, 3) if isinstance(v, float) else v for v in row) for row in rows]
        for name, rows in found.items()
    }


def by_agent(sums: Sums) -> dict[str, dict[str, Any]]:
    return {row[1]: dict(zip(sums.columns, row, strict=True)) for row in sums.rows}


async def agrees_with_the_board(store: Store, calls: Sequence[Call], day: int = 23) -> None:
    now = at("23:59:59", day)
    board = Board(SETTINGS)
    for call in calls:
        board.apply(call, now)
    shown = board.snapshot(now)
    date = f"2026-11-{day}"
    kept = by_agent(await store.rollups.figures(date, date, ("pbx", "agent")))
    lines = by_agent(
        Sums((s := await store.rollups.lines(date, date)).columns[1:], [row[1:] for row in s.rows])
    )
    for agent in shown.agents:
        row = kept.get(agent.extension)
        f = agent.figures
        if row is None:
            assert (f.dials, f.inbound, f.talk_seconds) == (0, 0, 0.0)
            continue
        assert (row["dials"], row["finished"], row["connects"]) == (f.dials, f.finished, f.connects)
        assert (row["effective"], row["inbound"]) == (f.effective_connects, f.inbound)
        assert row["internal"] == f.internal
        assert row["incomplete"] == f.incomplete
        assert seconds(row["talk_micros"]) == f.talk_seconds
        assert seconds(row["ring_micros"]) == f.ring_seconds
        assert {o.value: row[o.value] for o in Outcome if row[o.value]} == f.outcomes
        line = lines.get(agent.extension)
        assert round(line["longest_idle_seconds"] if line else 0.0, 1) == agent.longest_idle_seconds
        assert (line["last_ended_at"] if line else None) == agent.last_call_ended_at
    assert sum(row["dials"] for row in kept.values()) == shown.site.figures.dials
    assert sum(row["inbound"] for row in kept.values()) == shown.site.figures.inbound
    hours = await store.rollups.figures(date, date, ("hour",))
    per_hour = {row[0]: (row[2], row[3], row[4]) for row in hours.rows if row[2]}
    assert per_hour == {
        datetime.fromtimestamp(b.start, ZONE).hour: (b.dials, b.finished, b.connects)
        for b in shown.hours
        if b.dials
    }


@given(found=st.lists(CALLS, max_size=14), chance=st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_sums_agree_with_the_calls_after_any_writes(empty: Path, found: list[Call], chance: Any) -> None:
    final = {call.id: call for call in found}
    changes = [
        msgspec.structs.replace(state, started_at=state.started_at + chance.choice((0, 0, 0, 3600)))
        for call in final.values()
        for state in open_states(call)[:-1]
    ]
    changes += [state for call in final.values() for state in open_states(call)]
    chance.shuffle(changes)
    changes += list(final.values())

    async def play() -> None:
        path = empty.with_name("one.db")
        for stale in path.parent.glob("one.db*"):
            stale.unlink()
        shutil.copy(empty, path)
        store = await Store.open(f"sqlite:///{path}", PLAN)
        try:
            place = 0
            while place < len(changes):
                size = chance.randint(1, 8)
                await store.write(changes[place : place + size])
                place += size
            stored = await store.calls_between(0, 4e9)
            for day in (23, 24):
                await agrees_with_the_board(store, stored, day)
            kept = await tables(store)
            assert not await store.rollups.current()
            assert await store.rollups.rebuild() == len(final)
            assert await store.rollups.current()
            assert rounded(await tables(store)) == rounded(kept)
        finally:
            await store.close()

    asyncio.run(play())


def some_calls(count: int = 60, seed: int = 3) -> list[Call]:
    chance = random.Random(seed)
    return [
        dial(
            chance.choice(("8001", "8002", "8009")),
            at("8:40") + chance.randint(0, 9 * 3600),
            serial=i,
            ring=float(chance.randint(1, 40)),
            talk=float(chance.choice((0, 0, 12, 45, 300))),
        )
        for i in range(count)
    ] + [inbound("8002", at("9:05") + i * 700, i, chance.choice((0.0, 60.0))) for i in range(6)]


@pytest.fixture
def planned(store: Store) -> Store:
    """The store of each engine, with the site's plan."""
    return Store(store._engine.url.render_as_string(hide_password=False), PLAN)


async def test_both_engines_keep_and_make_the_same_sums(planned: Store) -> None:
    calls = some_calls()
    for start in range(0, len(calls), 7):
        batch = calls[start : start + 7]
        await planned.write([state for call in batch for state in open_states(call)[:2]])
        await planned.write(batch)
    await agrees_with_the_board(planned, calls)
    kept = await tables(planned)
    said: list[str] = []
    assert await planned.rollups.rebuild(said.append) == len(calls)
    assert rounded(await tables(planned)) == rounded(kept)
    assert DAY in said
    day = PLAN.day(at("12:00"))
    trunks = await planned.rollups.trunks(day, day)
    assert [(row[1], row[2]) for row in trunks.rows] == [("trunk-a", 60)]
    few = await planned.rollups.trunks(day, day, [("main", "8001")])
    assert few.rows[0][2] == sum(call.agent == "8001" for call in calls)
    await planned.close()


async def test_writing_the_same_again_changes_no_sum(planned: Store) -> None:
    calls = some_calls(20)
    await planned.write(calls)
    before = await tables(planned)
    await planned.write(calls)
    assert await tables(planned) == before
    await planned.close()


async def test_only_agents_asked_for_are_summed(planned: Store) -> None:
    await planned.write(some_calls())
    some = await planned.rollups.figures(DAY, DAY, agents=[("main", "8001"), ("other", "8002")])
    assert {row[1] for row in some.rows} == {"8001"}
    assert (await planned.rollups.figures(DAY, DAY, agents=[])).rows == []
    await planned.close()


@pytest.mark.parametrize("clock", ["8:00", "10:00", "10:20", "13:07:30", "23:59:59"])
async def test_sums_of_a_part_of_a_day_are_those_of_the_calls_begun_by_then(
    planned: Store, clock: str
) -> None:
    calls = some_calls(200)
    await planned.write(calls)
    until, day = at(clock), PLAN.day(at("12:00"))
    found = by_agent(await planned.rollups.until(day, until, ("pbx", "agent")))
    for agent in ("8001", "8002", "8009"):
        mine = [c for c in calls if c.agent == agent and c.is_dial and c.started_at < until]
        row = found.get(agent, {})
        assert row.get("dials", 0) == len(mine)
        assert row.get("connects", 0) == sum(c.is_connect for c in mine)
        assert row.get("talk_micros", 0) == sum(round(c.talk_seconds * 1e6) for c in mine if c.is_connect)
    whole = (await planned.rollups.until(day, until, ("day",))).rows
    assert sum(row[2] for row in whole) == sum(c.is_dial and c.started_at < until for c in calls)
    few = await planned.rollups.until(day, until, ("day",), [("main", "8001")])
    assert sum(row[2] for row in few.rows) == found.get("8001", {}).get("dials", 0)
    await planned.close()


async def test_time_lines_are_measured_in_the_hours_asked_for_and_kept(planned: Store) -> None:
    calls = [dial("8001", at("9:00") + i * 1800, serial=i, talk=60.0) for i in range(6)]
    await planned.write(calls)

    async def line(hours: list[list[tuple[float, float]]] | None) -> dict[str, Any]:
        wanted = None if hours is None else {("main", "8001", DAY): hours}
        found = await planned.rollups.lines(DAY, DAY, wanted)
        return dict(zip(found.columns, found.rows[0], strict=True))

    whole = await line(None)
    busy = calls[0].ended_at - calls[0].started_at if calls[0].ended_at else 0.0
    assert round(whole["idle_seconds"], 3) == round(5 * (1800 - busy), 3)
    part = await line([[(at("9:00"), at("10:00"))]])
    assert round(part["idle_seconds"], 3) == round(2 * (1800 - busy), 3)
    assert part["hours"] == f"[[[{at('9:00')},{at('10:00')}]]]"
    # Ten minutes in which the PBX was not heard part a gap: of neither part more is known.
    parted = await line([[(at("9:05"), at("9:15"))], [(at("9:20"), at("9:30"))]])
    assert (parted["longest_idle_seconds"], parted["idle_seconds"]) == (600, 1200)
    off = await line([])
    assert (off["idle_seconds"], off["longest_idle_seconds"], off["busy_seconds"]) == (0, 0, 0)
    assert await line(None) == whole
    await planned.close()


async def test_a_missed_inbound_call_is_nobodys_and_counted(planned: Store) -> None:
    await planned.write([inbound("8002", at("9:05"), 1, 0.0)])
    (row,) = by_agent(await planned.rollups.figures(DAY, DAY, ("pbx", "agent"))).items()
    assert (row[0], row[1]["inbound"], row[1]["missed"]) == ("", 1, 1)
    await planned.close()


async def test_sums_are_unknown_once_another_plan_or_none_was_at_work(planned: Store, store: Store) -> None:
    await planned.write(some_calls(5))
    await planned.rollups.rebuild()
    assert await planned.rollups.current()
    stricter = SETTINGS.model_copy(
        update={"site": SETTINGS.site.model_copy(update={"effective_seconds": 100})}
    )
    other = Store(planned._engine.url.render_as_string(hide_password=False), SitePlan(stricter))
    assert not await other.rollups.current()
    await other.close()
    await store.write([dial("8001", at("16:00"))])
    assert not await planned.rollups.current()
    assert await planned.rollups.rebuild() == 12
    sums = await planned.rollups.figures(DAY, DAY, ("day",))
    assert sums.rows[0][2] == 6
    await planned.close()


async def test_both_engines_write_down_the_long_gaps(planned: Store) -> None:
    calls = [
        dial("8001", at("9:00"), ring=5.5, talk=0.25),
        dial("8001", at("9:20"), serial=1),
        dial("8001", at("9:30"), serial=2),  # ten minutes: no long one
        dial("8001", at("11:50"), serial=3),
        dial("8001", at("13:40"), serial=4),  # ten and ten minutes about noon
    ]
    await planned.write(calls)
    (row,) = (lines := await planned.rollups.lines(DAY, DAY)).rows
    found = str(row[lines.columns.index("gaps")])
    wanted = [
        (calls[0].ended_at, calls[1].started_at),
        (calls[2].ended_at, calls[3].started_at),
        (calls[3].ended_at, calls[4].started_at),
    ]
    assert sorted(found.split(",")) == [
        f"{round((begin or 0) * 1000)}-{round(end * 1000)}" for begin, end in wanted
    ]
