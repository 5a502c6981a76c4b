"""What is said with a report, in both languages; with and without an address of the pages."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from monitor.alerts.words import Text
from monitor.metrics.sheet import Report
from monitor.reports import gather
from monitor.sending.message import Occasion, headline, linked, report_link, written
from tests.sending.test_sender import WORDS
from tests.web.house import NOON, House
from tests.web.test_reports import stocked

PUBLIC = "https://watch.example.cn"


async def report(home: House, kind: str = "daily", team: str = "") -> Report:
    await stocked(home)
    context = home.context
    wanted = gather.Wanted(kind=gather.Kind(kind), day=gather.today(context.settings, NOON), team=team)
    return await gather.gather(context.store, context.settings, wanted, NOON)


def say(language: Any) -> Any:
    return lambda key: WORDS.say(language, key)


async def test_it_has_the_figures_the_verdicts_and_the_remarks(inside: House) -> None:
    made = await report(inside)
    lines = written(made, say("en"), "", Occasion()).splitlines()
    assert headline(made, say("en")) == "测试 Daily dialing report 2026-11-23 Mon"
    assert lines[0] == "- **Dials** 3"
    assert lines[1] == "- **Connects** 3 · **Connect rate** 100.0%"
    assert lines[2].startswith("- **Effective connects** 3 · **") and lines[2].endswith("0:02:00")
    assert lines[3].startswith("- **Begun** on time ")
    assert lines[-1].startswith("([web] public_url is not set")


async def test_its_occasion_comes_first(inside: House) -> None:
    made = await report(inside)
    late = written(made, say("zh-CN"), PUBLIC, Occasion(due_at=NOON - 3600, fault=True)).splitlines()
    assert late[0] == "补发：应于 11-23 11:00 发送，当时程序未在运行。"
    assert late[2].startswith("文件未能生成")


async def test_many_remarks_are_cut_and_counted(inside: House) -> None:
    made = msgspec.structs.replace(await report(inside), remarks=["running"] * 5)
    text = written(made, say("zh-CN"), PUBLIC, Occasion())
    assert text.count("- 时段尚未结束") == 3
    assert "另有 2 条说明" in text


@pytest.mark.parametrize(
    ("kind", "team", "link"),
    [
        ("daily", "", "/reports/?date=2026-11-23"),
        ("monthly", "t1", "/reports/?kind=monthly&date=2026-11-01&team=t1"),
    ],
)
async def test_links_lead_to_the_report_its_calls_and_the_archive(
    inside: House, kind: str, team: str, link: str
) -> None:
    made = await report(inside, kind, team)
    assert report_link(made, PUBLIC) == PUBLIC + link
    text = written(made, say("en"), PUBLIC, Occasion())
    assert f"({PUBLIC}{link})" in text
    assert (
        "&team=t1&explain=connect_rate)" in text or "&team=t1&live=false&explain=connect_rate)" in text
    ) is bool(team)
    told = linked(Text("Report", text), 7, say("en"), PUBLIC, again=True)
    assert told.title == "[Again] Report"
    assert told.body.endswith(f"[Archive and original]({PUBLIC}/archive/?id=7)")
    assert linked(Text("Report", "x"), 7, say("en"), "").body == "x"
