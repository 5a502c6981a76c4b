"""The whole room: a real board, store and channels, a clock of our own; what arrives, when, and after a restart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from pydantic import SecretStr

from monitor.alerts.desk import Desk
from monitor.config import Settings
from monitor.domain import LinkState
from monitor.errors import StoreError
from monitor.metrics.board import Board
from monitor.metrics.cases import Found
from monitor.metrics.frames import Alert as Shown
from monitor.notices import DeliveryState, StoredRule
from monitor.store.discipline import Audited
from monitor.store.store import Store
from tests.alerts import standins
from tests.alerts.scene import SETTINGS, at, gap, link
from tests.alerts.test_outlet import SECRET, TOKEN
from tests.clock import FakeClock
from tests.metrics.test_board import dial
from tests.web.serving import until, within

ALL = [agent.extension for team in SETTINGS.teams for agent in team.agents]


def site(
    folder: Path, rules: Sequence[dict[str, Any]], channels: dict[str, tuple[str, dict[str, Any]]]
) -> Settings:
    """The shipped site with rules, and channels by name: URL and other keys."""
    made = Settings.model_validate(
        {
            "site": SETTINGS.site,
            "shift": SETTINGS.shifts,
            "team": SETTINGS.teams,
            "pbx": SETTINGS.pbx,
            "store": {"data_dir": folder},
            "alert": list(rules),
            "channel": [{"name": name, "url_env": "X"} | values for name, (_, values) in channels.items()],
        }
    )
    urls = {name: SecretStr(url) for name, (url, _) in channels.items()}
    return made.model_copy(
        update={"channels": tuple(each.model_copy(update={"url": urls[each.name]}) for each in made.channels)}
    )


class Floor:
    """A board that is told by hand."""

    rebuilt = True
    known_from = 0.0

    def __init__(self, clock: FakeClock) -> None:
        self.board = Board(SETTINGS)
        self.clock = clock
        self.snapshot = self.board.snapshot
        self.recent = self.board.recent
        self.shown: list[str] = []

    def breaches(self, now: float) -> list[Found]:
        return []

    def show_alerts(self, active: Sequence[Shown]) -> None:
        self.board.alerts(active)
        self.shown = [each.text["zh-CN"] for each in active]

    def tell(self, *changes: Any) -> None:
        for change in changes:
            self.board.apply(change, self.clock.now())


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(f"sqlite:///{tmp_path}/dialwatch.db")
    await opened.upgrade()
    yield opened
    await opened.close()


@asynccontextmanager
async def running(settings: Settings, floor: Floor, store: Store) -> AsyncIterator[Desk]:
    desk = Desk(settings, floor.clock, floor.clock, store, floor)
    task = asyncio.ensure_future(desk.run())
    waits = asyncio.ensure_future(floor.clock.until_sleeping(0.9))
    await within(asyncio.wait({waits, task}, return_when=asyncio.FIRST_COMPLETED))
    if task.done():
        task.result()
    yield desk
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    desk.close()


async def second(floor: Floor) -> None:
    """One second passes, and the look that it brings has been taken."""
    await floor.clock.advance(1)
    await within(floor.clock.until_sleeping(0.9))


async def test_dingtalk_names_exactly_who_had_not_begun_within_five_seconds_and_once(
    tmp_path: Path, store: Store
) -> None:
    floor = Floor(FakeClock(at("9:09:57")))
    floor.tell(
        link(),
        *[dial(each, at("9:01"), serial=int(each)) for each in ALL if each not in ("8001", "8003", "8020")],
    )
    with standins.http() as server:
        server.check = standins.dingtalk(TOKEN, SECRET)
        robot = (f"dingtalk://{SECRET}@{TOKEN}", {"host": f"http://{server.address}"})
        settings = site(tmp_path, [{"kind": "not_begun", "channels": ["leads"]}], {"leads": robot})
        async with running(settings, floor, store):
            while floor.clock.now() < at("9:10:05"):
                assert bool(floor.shown) is (floor.clock.now() >= at("9:10:02"))
                await second(floor)
            await until(lambda: len(server.bodies) == 2)
        assert sorted(server.bodies) == [
            "【告警】华东电销中心\n朝阳组 上午班：到 09:10 尚未开始外呼 2 人：张伟、李娜",
            "【告警】华东电销中心\n飞虎组 上午班：到 09:10 尚未开始外呼 1 人：林晓",
        ]
        # Each was handed over when the look at 09:10:02 was done: the clock had not reached 09:10:05.
        assert all(at("9:10:02") <= row.created_at < at("9:10:05") for row in await store.alerts.deliveries())
        async with running(settings, floor, store):
            for _ in range(3):
                await second(floor)
        assert len(server.bodies) == 2
        assert [row.state for row in await store.alerts.deliveries()] == [DeliveryState.SENT] * 2
        assert len(floor.shown) == 2


async def test_a_link_down_and_back_reaches_mail_and_webhook_in_their_languages(
    tmp_path: Path, store: Store
) -> None:
    floor = Floor(FakeClock(at("10:00")))
    floor.tell(link())
    with standins.http() as hook, standins.smtp() as mail:
        channels = {
            "hook": (f"json://{hook.address}", {"language": "en"}),
            "mail": (
                f"mailto://127.0.0.1:{mail.port}/?from=dialwatch@example.cn&to=lead@example.cn&mode=insecure",
                {},
            ),
        }
        rules = [{"kind": "link_down", "after_seconds": 2, "channels": ["hook", "mail"]}]
        async with running(site(tmp_path, rules, channels), floor, store):
            floor.tell(gap(at("10:00")), link(LinkState.DOWN, at("10:00"), "connection refused"))
            for _ in range(3):
                await second(floor)
            await until(lambda: len(hook.bodies) == len(mail.received) == 1)
            floor.tell(gap(at("10:00"), floor.clock.now()), link())
            await second(floor)
            await until(lambda: len(hook.bodies) == len(mail.received) == 2)
        assert hook.bodies == [
            "[Alert] 华东电销中心\nPBX main has not been heard since 10:00: connection refused",
            "[Recovered] 华东电销中心\nPBX main is heard again after under 1 min (since 10:00)",
        ]
        assert [message["Subject"] for _, message in mail.received] == [
            "【告警】华东电销中心",
            "【恢复】华东电销中心",
        ]
        assert floor.shown == []
        assert [each.cleared_at is not None for each in await store.alerts.alerts(0)] == [True]


async def test_a_dead_channel_keeps_its_messages_over_a_restart_and_the_other_has_them_at_once(
    tmp_path: Path, store: Store
) -> None:
    floor = Floor(FakeClock(at("10:00")))
    floor.tell(link())
    with standins.http() as dead, standins.http() as well:
        dead.answer = (503, {})
        channels = {"dead": (f"json://{dead.address}", {}), "well": (f"json://{well.address}", {})}
        rules = [{"kind": "link_down", "after_seconds": 0, "channels": ["dead", "well"]}]
        settings = site(tmp_path, rules, channels)
        async with running(settings, floor, store):
            floor.tell(gap(at("10:00")), link(LinkState.DOWN, at("10:00"), "gone"))
            await second(floor)
            await until(lambda: len(well.bodies) == 1)
            await within(floor.clock.until_sleeping(4))
        waiting = {row.channel: row.state.value for row in await store.alerts.deliveries()}
        assert waiting == {"dead": "waiting", "well": "sent"}
        dead.answer = (200, {})
        async with running(settings, floor, store):
            for _ in range(7):
                await second(floor)
            await until(lambda: len(dead.bodies) == 1)
            assert len(well.bodies) == 1


async def test_a_full_disk_shows_on_the_board_without_any_channel(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    floor = Floor(FakeClock(at("10:00")))
    floor.tell(link())
    settings = site(tmp_path, [{"kind": "disk_short", "free_gb": 10**6}], {})
    async with running(settings, floor, store):
        await until(lambda: bool(floor.shown))
        assert str(tmp_path) in floor.shown[0]
        board = floor.board.snapshot(floor.clock.now())
        assert [(each.kind, each.text["zh-CN"]) for each in board.alerts] == [("disk_short", floor.shown[0])]
        delta = floor.board.delta(floor.clock.now())
        assert delta is not None
        assert delta.alerts == board.alerts
        assert floor.board.delta(floor.clock.now()) is None


async def test_before_the_floor_is_known_nobody_is_accused(tmp_path: Path, store: Store) -> None:
    floor = Floor(FakeClock(at("9:10:01")))
    floor.rebuilt = False
    async with running(site(tmp_path, [{"kind": "not_begun"}], {}), floor, store):
        for _ in range(3):
            await second(floor)
        assert floor.shown == []
        floor.rebuilt = True
        await second(floor)
        assert len(floor.shown) == 3


async def test_while_the_store_can_not_be_read_nothing_is_told_twice(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    floor = Floor(FakeClock(at("10:00")))
    floor.tell(gap(at("9:50")), link(LinkState.DOWN, at("9:50"), "gone"))
    real, away = store.alerts.alerts, True

    async def alerts(since: float) -> list[Any]:
        if away:
            raise StoreError("away")
        return await real(since)

    monkeypatch.setattr(store.alerts, "alerts", alerts)
    async with running(site(tmp_path, [{"kind": "link_down"}], {}), floor, store):
        assert floor.shown == []
        away = False
        await floor.clock.advance(5)
        await until(lambda: len(floor.shown) == 1)


async def test_channels_are_tried_without_the_room_running(tmp_path: Path, store: Store) -> None:
    floor = Floor(FakeClock(at("10:00")))
    with standins.http() as server:
        desk = Desk(
            site(tmp_path, [], {"ops": (f"json://{server.address}", {})}),
            floor.clock,
            floor.clock,
            store,
            floor,
        )
        await desk.open()
        tested = await desk.test("ops")
        assert tested is not None
        assert tested.state is DeliveryState.SENT
        assert await desk.test("none") is None
        assert [(each.name, each.url) for each in desk.channels()] == [
            ("ops", f"json://{server.address}/****")
        ]
        assert await store.alerts.deliveries() == [tested]
        desk.close()


async def test_rules_of_the_page_hold_at_once_and_are_muted_and_switched_off_without_a_restart(
    tmp_path: Path, store: Store
) -> None:
    floor = Floor(FakeClock(at("10:00")))
    floor.tell(link())

    async def put(
        body: str = '{"id":"mine","kind":"link_down","after_seconds":0,"channels":["hook"]}', **values: Any
    ) -> None:
        rule = StoredRule(id="mine", body=body, changed_by="wang", changed_at=0.0, **values)
        await store.alert_rules.put(rule, Audited(0.0, "wang", "x", "alert/mine", ""))

    with standins.http() as server:
        settings = site(tmp_path, [], {"hook": (f"json://{server.address}", {})})
        async with running(settings, floor, store) as desk:
            floor.tell(gap(at("10:00")), link(LinkState.DOWN, at("10:00"), "gone"))
            await second(floor)
            assert floor.shown == []
            await put(muted_until=at("10:30"))
            await desk.learn()
            await second(floor)
            assert len(floor.shown) == 1 and server.bodies == []
            await put()  # as another process would: it is read within some seconds
            for _ in range(6):
                await second(floor)
            await until(lambda: len(server.bodies) == 1)
            await put(off=True)
            await desk.learn()
            await second(floor)
            assert floor.shown == [] and len(server.bodies) == 1
            await store.alert_rules.remove("mine", Audited(0.0, "wang", "x", "alert/mine", ""))
            await desk.learn()
            await second(floor)
        assert [each.cleared_at is not None for each in await store.alerts.alerts(0)] == [True]
