"""Reports that go out by themselves: a real store, real channels, a clock of our own; once, late where need be, and kept."""

from __future__ import annotations

import asyncio
import base64
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pydantic import SecretStr

from monitor.alerts.desk import Desk
from monitor.clock import Clock
from monitor.config import Settings
from monitor.errors import StoreError
from monitor.metrics.board import Board
from monitor.metrics.plan import SitePlan
from monitor.notices import DeliveryState
from monitor.sending import sender as sending
from monitor.sending.sender import Sender
from monitor.store.store import Store
from monitor.web.pages import dashboard_folder
from monitor.web.words import Words
from tests.alerts import standins
from tests.clock import FakeClock
from tests.web.house import NOON, Quiet, call, settings
from tests.web.serving import until

WORDS = Words.load(dashboard_folder() / "locales")
DAY = 86400.0
EVENING = NOON + 6 * 3600  # Monday 2026-11-23 18:00
DAILY = {"name": "daily", "report": "daily", "at": "18:00", "channels": ["hook", "ding"]}


def site(
    folder: Path, hook: str, *sends: dict[str, Any], public_url: str = "https://watch.example.cn"
) -> Settings:
    urls = {"hook": f"json://{hook}/", "ding": "dingtalk://0a1b2c3d4e5f"}
    parts = {
        "channel": [
            {"name": "hook", "url_env": "X"},
            {"name": "ding", "url_env": "X", "host": f"http://{hook}", "language": "en"},
        ],
        "send": list(sends),
    }
    made = settings(folder, parts, public_url=public_url)
    channels = tuple(each.model_copy(update={"url": SecretStr(urls[each.name])}) for each in made.channels)
    return made.model_copy(update={"channels": channels})


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    made = settings(tmp_path)
    opened = await Store.open(f"sqlite:///{tmp_path}/test.db", SitePlan(made))
    await opened.upgrade()
    await opened.sync_roster(made, NOON - DAY)
    await opened.write([call(1), call(2), call(3, agent="8003")])
    await opened.rollups.rebuild()
    yield opened
    await opened.close()


@asynccontextmanager
async def running(made: Settings, clock: Clock, store: Store) -> AsyncIterator[Sender]:
    """The channels run; the sender is driven by hand."""
    desk = Desk(made, clock, clock, store, Quiet(Board(made)))
    await desk.open()
    lines = asyncio.ensure_future(desk.lines.run())
    await asyncio.sleep(0)
    yield Sender(made, clock, clock, store, desk.lines, WORDS.say)
    lines.cancel()
    await asyncio.gather(lines, return_exceptions=True)
    desk.close()


async def due_at(clock: FakeClock, at: float) -> None:
    await clock.advance(at - clock.now())


async def test_a_report_goes_out_at_its_time_once_and_is_kept_with_its_very_bytes(
    tmp_path: Path, store: Store
) -> None:
    clock = FakeClock(EVENING - 60)
    with standins.http() as server:
        async with running(site(tmp_path, server.address, DAILY), clock, store) as sender:
            await sender.look()
            assert await store.archive.page(limit=9) == []
            await due_at(clock, EVENING + 6)
            for _ in range(3):
                await sender.look()
            await until(lambda: len(server.received) == 2)
        hook = next(body for path, body in server.received if path == "/")
        ding = next(body for path, body in server.received if path != "/")
        async with running(site(tmp_path, server.address, DAILY), clock, store) as again:
            await again.look()
        assert len(server.received) == 2
    (sent,) = await store.archive.page(limit=9)
    assert (sent.key, sent.first, sent.running, sent.by) == ("daily@2026-11-23", "2026-11-23", True, "")
    kept = await store.archive.kept(sent.id)
    assert kept is not None
    (attached,) = hook["attachments"]
    assert base64.b64decode(attached["base64"]) == kept.content
    assert attached["filename"] == sent.file_name == "dialwatch-daily-2026-11-23.xlsx"
    book = openpyxl.load_workbook(io.BytesIO(kept.content))
    assert "测试 外呼日报" in str(book.worksheets[0]["A1"].value)
    text = ding["markdown"]["text"]
    assert text.startswith(
        "### 测试 外呼日报 2026-11-23 周一\n\n- **外呼量** [3](https://watch.example.cn/calls/?from="
    )
    assert "&direction=outbound&explain=dials)" in text
    assert "https://watch.example.cn/reports/?date=2026-11-23" in text
    assert f"[归档与原件](https://watch.example.cn/archive/?id={sent.id})" in text
    assert [each.state for each in await store.alerts.of_reports([sent.id])] == [DeliveryState.SENT] * 2


async def test_what_was_due_while_nothing_ran_goes_out_late_and_says_so_and_what_was_before_it_was_set_does_not(
    tmp_path: Path, store: Store
) -> None:
    clock = FakeClock(EVENING + 60)
    with standins.http() as server:
        made = site(tmp_path, server.address, {**DAILY, "channels": ["hook"]})
        async with running(made, clock, store) as sender:
            await sender.look()  # it was set up after today's time: that is not made up for
            assert await store.archive.page(limit=9) == []
        await due_at(clock, EVENING + DAY + 3600)
        async with running(made, clock, store) as sender:
            await sender.look()
            await until(lambda: len(server.bodies) == 1)
        async with running(made, clock, store) as sender:
            await sender.look()
        assert len(server.bodies) == 1
    assert "补发：应于 11-24 18:00 发送，当时程序未在运行。" in server.bodies[0]
    (sent,) = await store.archive.page(limit=9)
    assert (sent.first, sent.due_at) == ("2026-11-24", EVENING + DAY)


async def test_a_crash_between_keeping_and_sending_sends_it_once_after_the_restart(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FakeClock(EVENING - 60)
    with standins.http() as server:
        made = site(tmp_path, server.address, {**DAILY, "channels": ["hook"]})
        async with running(made, clock, store) as sender:
            await sender.look()
            await due_at(clock, EVENING + 6)

            async def crash(_: object) -> None:
                raise StoreError("the machine went off")

            monkeypatch.setattr(sender._lines, "post", crash)
            with pytest.raises(StoreError):
                await sender.look()
        assert server.received == []
        desk = Desk(made, clock, clock, store, Quiet(Board(made)))
        task = asyncio.ensure_future(desk.run())
        await until(lambda: len(server.bodies) == 1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        desk.close()
        async with running(made, clock, store) as sender:
            await sender.look()
    assert len(server.bodies) == 1


async def test_a_day_off_brings_nothing_and_a_report_waits_for_the_sums(tmp_path: Path, store: Store) -> None:
    clock = FakeClock(EVENING - 60)
    with standins.http() as server:
        made = site(
            tmp_path,
            server.address,
            {**DAILY, "channels": ["hook"]},
            {**DAILY, "name": "sundays", "days": [6]},
        )
        other = made.model_copy(update={"site": made.site.model_copy(update={"effective_seconds": 12.0})})
        async with running(made, clock, store) as sender:
            await sender.look()
            waiting = await Store.open(f"sqlite:///{tmp_path}/test.db", SitePlan(other))
            sender._store, ours = waiting, sender._store
            await due_at(clock, EVENING + 6)
            await sender.look()
            assert await store.archive.page(limit=9) == []
            sender._store = ours
            await waiting.close()
            await sender.look()
            assert [each.name for each in await store.archive.page(limit=9)] == ["daily"]


async def test_late_calls_change_what_was_sent_and_the_archive_says_which_figures(
    tmp_path: Path, store: Store
) -> None:
    clock = FakeClock(EVENING - 60)
    with standins.http() as server:
        made = site(tmp_path, server.address, {**DAILY, "of": "last", "at": "08:30"})
        async with running(made, clock, store) as sender:
            await sender.look()
            await due_at(clock, EVENING + 14.5 * 3600 + 6)
            await sender.look()
            (sent,) = await store.archive.page(limit=9)
            before = await store.archive.kept(sent.id)
            assert (sent.first, sent.running) == ("2026-11-23", False)
            assert await sender.compared(sent) == []
            await store.write([call(4)])
            await clock.advance(7 * 3600)
            await sender._tidy()
            (marked,) = await store.archive.page(limit=9)
            assert marked.changes > 0 and marked.checked_at == clock.now()
            found = {
                (each.row, each.column): (each.was, each.now) for each in await sender.compared(sent) or []
            }
            assert await store.archive.kept(sent.id) == before
    assert found["8001 张伟 朝阳组", "外呼量"] == (2, 3)
    assert found["合计", "外呼量"] == (3, 4)
    assert not any(row.startswith("8003") for row, _ in found)


async def test_by_hand_and_again_send_at_once_where_the_channels_do_not_run(
    tmp_path: Path, store: Store
) -> None:
    clock = FakeClock(NOON)
    with standins.http() as server:
        made = site(tmp_path, server.address, DAILY, public_url="")
        desk = Desk(made, clock, clock, store, Quiet(Board(made)))
        await desk.open()
        sender = Sender(made, clock, clock, store, desk.lines, WORDS.say)
        send = sender.planned_by("daily")
        assert send is not None
        sent, deliveries = await sender.send_now(send, "wang")
        assert {each.channel: each.state for each in deliveries} == {
            "hook": DeliveryState.SENT, "ding": DeliveryState.SENT,
        }  # fmt: skip
        assert "未设置 [web] public_url" in server.bodies[0]
        server.answer = (500, {})
        (failed,) = await sender.send_again(sent, ["hook"], "wang")
        assert failed.state is DeliveryState.GIVEN_UP
        server.answer = (200, {"errcode": 0})
        (again,) = await sender.send_again(sent, ["hook"], "wang")
        desk.close()
    assert again.state is DeliveryState.SENT
    first = next(body for path, body in server.received if path == "/")
    assert server.received[-1][1]["attachments"] == first["attachments"]
    assert server.bodies[-1].startswith("【重发】测试 外呼日报")
    assert len(await store.archive.page(limit=9)) == 1
    audited = await store.discipline.audited(f"report/{sent.id}")
    assert [(each.who, each.what) for each in audited] == [
        ("wang", "report_sent_again"), ("wang", "report_sent_again"), ("wang", "report_sent"),
    ]  # fmt: skip


async def test_without_a_font_the_message_goes_out_and_says_that_there_is_no_file(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    from monitor.reports import pdf

    monkeypatch.setattr(pdf, "CHINESE", ())
    clock = FakeClock(EVENING - 60)
    with standins.http() as server:
        made = site(
            tmp_path, server.address, {**DAILY, "channels": ["hook"], "format": "pdf", "language": "en"}
        )
        async with running(made, clock, store) as sender:
            await sender.look()
            await due_at(clock, EVENING + 6)
            await sender.look()
            await until(lambda: len(server.bodies) == 1)
    assert "The file could not be made" in server.bodies[0]
    assert server.received[0][1].get("attachments", []) == []
    (sent,) = await store.archive.page(limit=9)
    assert sent.size == 0


async def test_a_report_that_fails_holds_up_no_other(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FakeClock(EVENING - 60)
    real = sending.rendered

    def rendered(report: Any, *more: Any) -> bytes:
        if report.team:
            raise ZeroDivisionError
        return real(report, *more)

    monkeypatch.setattr(sending, "rendered", rendered)
    with standins.http() as server:
        made = site(tmp_path, server.address, {**DAILY, "name": "broken", "team": "t1"}, DAILY)
        async with running(made, clock, store) as sender:
            await sender.look()
            await due_at(clock, EVENING + 6)
            await sender.look()
            assert [each.name for each in await store.archive.page(limit=9)] == ["daily"]
            monkeypatch.setattr(sending, "rendered", real)
            await sender.look()
            assert len(await store.archive.page(limit=9)) == 1  # not at once again
            await clock.advance(61)
            await sender.look()
            assert [each.name for each in await store.archive.page(limit=9)] == ["broken", "daily"]


async def test_what_is_planned_says_when_it_is_next(tmp_path: Path, store: Store) -> None:
    clock = FakeClock(NOON)
    made = site(
        tmp_path,
        "127.0.0.1:1",
        DAILY,
        {**DAILY, "name": "monthly", "report": "monthly", "month_day": 2, "at": "09:00"},
    )
    async with running(made, clock, store) as sender:
        first, second = await sender.planned()
    assert (first.next_at, second.next_at) == (EVENING, NOON - 3 * 3600 + 9 * DAY)
