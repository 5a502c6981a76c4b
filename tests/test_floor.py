"""The floor and its store: a restart shows the board that was there, whenever it comes."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.config import Settings, Shift
from monitor.config_guard import GuardSettings
from monitor.contacts import DO_NOT_CALL, Listed
from monitor.domain import (
    Call,
    Change,
    Direction,
    ExtensionStatus,
    Gap,
    GapReason,
    Leg,
    LegRole,
    Outage,
    OutageCause,
    Phase,
    Segment,
)
from monitor.floor import Floor
from monitor.metrics import frames
from monitor.store.discipline import Audited
from monitor.store.store import Store
from monitor.store.writer import Writer
from tests.clock import FakeClock
from tests.metrics.floor_calls import by_id, calls, on_its_way
from tests.metrics.test_board import SETTINGS, at, dial, open_states

NIGHT = SETTINGS.model_copy(
    update={
        "shifts": (
            Shift.model_validate(
                {"id": "night", "name": "夜班", "start": "22:00", "end": "06:00", "dial_by": "22:10"}
            ),
        )
    }
)


async def floor_of(folder: Path, now: float, site: Settings = SETTINGS) -> Floor:
    store = await Store.open(f"sqlite:///{folder}/dialwatch.db")
    await store.upgrade()
    return Floor(site, FakeClock(now), store, Writer(store, folder / "outbox", 1 << 20))


async def restarted(folder: Path, now: float, site: Settings = SETTINGS) -> Floor:
    floor = await floor_of(folder, now, site)
    await floor.rebuild()
    return floor


async def lived(
    folder: Path, changes: list[tuple[float, Change]], now: float, site: Settings = SETTINGS
) -> Floor:
    """A floor that heard every change when it happened, and has stored all of it."""
    floor = await floor_of(folder, changes[0][0] if changes else now, site)
    await floor.rebuild()
    clock = floor.clock
    assert isinstance(clock, FakeClock)
    for when, change in changes:
        clock.step(when - clock.now())
        floor.publish([change])
        floor.tick(when)
    await floor.writer.flush()
    clock.step(now - clock.now())
    return floor


async def same_board(
    folder: Path, changes: list[tuple[float, Change]], now: float, site: Settings = SETTINGS
) -> frames.Board:
    before = await lived(folder, changes, now, site)
    await before.store.discipline.begin_check("main", 0.0)
    await before.refresh_duty()
    after = await restarted(folder, now, site)
    try:
        shown, again = before.snapshot(now), after.snapshot(now)
        assert again == shown
        assert after.trunks() == before.trunks()
        assert [line.calls for line in after.links()] == [line.calls for line in before.links()]
    finally:
        await before.store.close()
        await after.store.close()
    assert isinstance(again, frames.Board)
    return again


@given(found=st.lists(calls(at("8:00"), at("15:00")), max_size=12), chance=st.data())
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_restart_at_three_shows_the_same_board(
    found: list[Call], chance: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    told: list[tuple[float, Change]] = []
    for call in by_id(found).values():
        values = on_its_way(call)[chance.draw(st.integers(0, 2)) :]
        told += [(call.started_at + number, value) for number, value in enumerate(values)]
    told.append((at("9:04"), Gap(pbx="main", started_at=at("9:04"), reason=GapReason.LINK_LOST)))
    told.append(
        (at("9:06"), Gap(pbx="main", started_at=at("9:04"), ended_at=at("9:06"), reason=GapReason.LINK_LOST))
    )
    down = Outage(pbx="main", cause=OutageCause.EXTENSION, subject="8003", started_at=at("14:00"))
    trunks = Outage(pbx="main", cause=OutageCause.TRUNKS, subject="trunk-a", started_at=at("10:00"))
    told.append((at("14:00"), ExtensionStatus(pbx="main", extension="8003", reachable=False, at=at("14:00"))))
    told += [(at("14:00"), down), (at("10:00"), trunks)]
    told.append((at("10:30"), msgspec.structs.replace(trunks, ended_at=at("10:30"))))
    told.sort(key=lambda each: each[0])
    await same_board(tmp_path_factory.mktemp("floor"), told, at("15:00") + 7)


async def test_a_restart_after_midnight_keeps_the_evidence_of_the_night_shift(tmp_path: Path) -> None:
    inbound = Call(
        id="main/9/0",
        pbx="main",
        direction=Direction.INBOUND,
        agent="8002",
        phase=Phase.ENDED,
        started_at=at("22:05"),
        answered_at=at("22:06"),
        ended_at=at("22:20"),
        segments=(Segment(agent="8002", started_at=at("22:06"), ended_at=at("22:20")),),
        legs=(
            Leg(
                uniqueid="9",
                channel="PJSIP/8002-1",
                role=LegRole.AGENT,
                endpoint="8002",
                started_at=at("22:05"),
                ended_at=at("22:20"),
            ),
        ),
    )
    begun = dial("8001", at("22:04"), talk=30)
    gap = Gap(pbx="main", started_at=at("23:50"), ended_at=at("23:55"), reason=GapReason.LINK_LOST)
    told: list[tuple[float, Change]] = [
        (at("22:05"), begun),
        (at("22:20"), inbound),
        (at("23:55"), gap),
        (at("0:20", 24), dial("8001", at("0:15", 24), talk=60)),
    ]
    shown = await same_board(tmp_path, told, at("0:30", 24), NIGHT)
    by_extension = {agent.extension: agent.first_dials[0] for agent in shown.agents}
    assert (by_extension["8001"].verdict, by_extension["8001"].call_id) == ("on_time", begun.id)
    assert (by_extension["8002"].verdict, by_extension["8002"].on_inbound) == ("late", True)
    assert shown.site.figures.dials == 1


async def test_a_call_that_goes_on_over_midnight_is_on_its_tile_after_a_restart(tmp_path: Path) -> None:
    talking = open_states(dial("8001", at("23:58"), talk=600))[1]
    shown = await same_board(tmp_path, [(at("23:58:10"), talking)], at("0:03", 24))
    (tile,) = [agent for agent in shown.agents if agent.extension == "8001"]
    assert (tile.state, tile.figures.dials) == ("talking", 0)
    assert tile.call is not None
    assert tile.call.id == talking.id


async def test_what_listeners_tell_meanwhile_is_newer_than_what_is_stored(tmp_path: Path) -> None:
    going_on, over = open_states(dial("8001", at("14:00"), talk=60))[1:]
    old = dial("8002", at("14:10"), talk=10)
    corrected = msgspec.structs.replace(old, complete=False)
    before = await lived(tmp_path, [(at("14:00"), going_on), (at("14:11"), old)], at("14:30"))
    await before.store.close()
    floor = await floor_of(tmp_path, at("14:30"))
    floor.publish([over, corrected])
    floor.writer.put([going_on, old])  # whatever the store says of them, it was told before
    await floor.rebuild()
    shown = floor.snapshot(at("14:30"))
    assert isinstance(shown, frames.Board)
    assert (shown.site.figures.finished, shown.site.figures.incomplete) == (2, 1)
    assert floor.links()[0].calls == 0
    await floor.store.close()


@pytest.mark.parametrize("known", [True, False])
async def test_a_listener_looks_again_for_open_calls_of_a_run_before_it(tmp_path: Path, known: bool) -> None:
    left = open_states(dial("8001", at("14:00"), talk=60))[1]
    before = await lived(tmp_path, [(at("14:00"), left)], at("14:01"))
    await before.store.close()
    floor = await floor_of(tmp_path, at("14:30"))
    floor.make_listener(floor.lines[0])
    floor.publish([left] if known else [])
    await floor.rebuild()
    assert floor.lines[0].again.is_set() is not known
    assert floor.links()[0].calls == 1
    await floor.store.close()


# ---------------------------------------------------------------- the harassment guard

GUARDED = SETTINGS.model_copy(
    update={"guard": GuardSettings.model_validate({"caps": [{"most": 2, "minutes": 1440}]})}
)


def cap_cases(floor: Floor) -> list[tuple[str, int]]:
    return [(each.rule, len(each.calls)) for each in floor.breaches(floor.clock.now())]


async def test_a_breach_is_there_with_the_dial_that_makes_it_and_after_a_restart(tmp_path: Path) -> None:
    yesterday = dial("8001", at("18:00", 22), number="13800001111")
    told = [
        yesterday,
        dial("8002", at("9:00"), number="013800001111"),
        dial("8003", at("9:01"), number="13800001111"),
    ]
    floor = await lived(tmp_path, [(each.started_at, each) for each in told[:2]], at("9:00:30"), GUARDED)
    assert cap_cases(floor) == []
    floor.publish(told[2:])
    assert cap_cases(floor) == [("cap", 3)]
    await floor.writer.flush()
    await floor.store.close()
    again = await restarted(tmp_path, at("9:02"), GUARDED)
    assert cap_cases(again) == [("cap", 3)]
    await again.store.close()


async def test_a_list_that_has_changed_holds_at_once_for_calls_that_are_known(tmp_path: Path) -> None:
    floor = await lived(tmp_path, [(at("9:00"), dial("8001", at("9:00"), number="13800001111"))], at("9:01"))
    entry = Listed(list=DO_NOT_CALL, key="13800001111", hint="x", since=at("8:00"))
    await floor.store.numbers.put(
        [entry], Audited(at("9:01"), "wang", "number_listed", "list/do_not_call", "")
    )
    await floor.refresh_watch()
    assert cap_cases(floor) == [("do_not_call", 1)]
    clock = floor.clock
    assert isinstance(clock, FakeClock)
    clock.step(3 * 86400)
    assert cap_cases(floor) == []
    await floor.refresh_watch()
    assert floor.watch.breaches(0.0, float("inf")) == []  # nothing of it is kept
    await floor.store.close()
