"""The check's pages in a real browser: from a verdict to the day, an excuse, leave by file, a day by hand."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.conftest import AGENTS, Visit

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="session")]

LEAVE = (
    "审批编号,姓名,请假类型,开始时间,结束时间,请假事由\na1,{name},年假,2031-03-04 上午,2031-03-04 上午,体检\n"
)


async def test_the_ledger_opens_a_case_its_evidence_and_the_day(visit: Visit) -> None:
    async with visit() as visitor:
        page = await visitor.open("/ledger/")
        await expect(page.locator(".account")).to_have_count(AGENTS)
        late = page.locator(".account", has=page.locator("td:nth-child(5) b")).first
        name = (await late.locator("button").inner_text()).removeprefix("▸").strip()
        await late.locator("button").click()
        case = page.locator("tr.cases tbody tr").first
        await expect(case).to_contain_text("截止")
        await case.get_by_role("link", name="日程").click()
        await expect(page.locator("h1")).to_contain_text(name)
        await expect(page.locator(".track.tall > b")).not_to_have_count(0)  # the deadlines
        assert await page.evaluate("window.violations") == []
        assert not visitor.complaints


async def test_a_case_is_excused_with_a_reason(visit: Visit) -> None:
    async with visit() as visitor:
        page = await visitor.open("/ledger/")
        late = page.locator(".account", has=page.locator("td:nth-child(5) b")).last
        await late.locator("button").click()
        await page.get_by_role("button", name="免责…").first.click()
        await page.locator("tr.cases input").fill("系统升级")
        await page.locator("tr.cases button.primary").click()
        await expect(page.locator("tr.cases .v-excused").first).to_be_visible()
        await expect(page.locator("tr.cases td.words").first).to_contain_text("例外批准：系统升级（demo）")
        await page.get_by_role("button", name="变更记录").first.click()
        await expect(page.locator("tr.cases li")).not_to_have_count(0)
        assert not visitor.complaints


async def test_a_file_of_leave_is_shown_before_it_is_written(visit: Visit) -> None:
    async with visit() as visitor:
        page = await visitor.open("/leave/?month=2031-03")
        option = await page.locator("[name=person] option").first.inner_text()
        rows = LEAVE.format(name=option.split(" ")[1])
        wrong = f"{rows}a2,赵六六,年假,明天,,\n"
        file = page.locator("input[type=file]")
        await file.set_input_files(
            {"name": "a.csv", "mimeType": "text/csv", "buffer": wrong.encode("gb18030")}
        )
        await expect(page.locator(".bad")).to_contain_text("“明天” 不是时间")
        await file.set_input_files({"name": "b.csv", "mimeType": "text/csv", "buffer": rows.encode()})
        await page.get_by_role("button", name="确认写入 1 项").click()
        await expect(page.get_by_role("status")).to_have_text("已导入 1 项")
        await expect(page.locator("tbody tr")).to_contain_text("年假：体检")
        assert not visitor.complaints


async def test_a_day_by_hand_is_entered_and_removed(visit: Visit) -> None:
    async with visit("en") as visitor:
        page = await visitor.open("/calendar/?year=2031")
        await page.locator("[name=day]").fill("2031-05-05")
        await page.locator("[name=name]").fill("Outing")
        await page.get_by_role("button", name="Save").click()
        await expect(page.locator(".month .off")).to_have_text("5")
        await page.get_by_role("button", name="Remove").click()
        await expect(page.locator(".month .off")).to_have_count(0)
        assert not visitor.complaints


async def test_a_late_tile_leads_to_the_day(visit: Visit) -> None:
    async with visit() as visitor:
        page = await visitor.open("/board/")
        await page.locator(".deadline details summary").first.click()
        await page.locator(".deadline details .names a").first.click()
        await expect(page.locator("h1")).to_be_visible()
        assert "/agent/?person=" in page.url
        assert not visitor.complaints


async def test_a_persons_own_working_days_are_entered_and_the_audit_is_in_words(visit: Visit) -> None:
    async with visit() as visitor:
        page = await visitor.open("/people/")
        await page.locator("tbody button.plain").last.click()
        await expect(page.get_by_role("heading", name="变更")).to_be_in_viewport()
        await page.get_by_label("上班日").select_option(label="轮休")
        save = page.locator("form").first.get_by_role("button", name="保存")
        await page.locator("[name=rota]").fill("6+1")
        await page.locator("[name=rota_from]").fill("2026-11-02")
        await save.click()
        await expect(page.locator(".ok")).to_be_visible()
        row = page.locator("tbody tr", has=page.locator("button.plain")).last
        await expect(row).to_contain_text("做 6 休 1，自 2026-11-02")
        told = page.locator("tr.muted td.words").last
        await expect(told).to_contain_text("组 2026-11-24 ")
        await expect(page.locator("[name=rota]")).to_have_value("6+1")
        await page.locator("form select").nth(1).select_option("weekdays")
        for day in ("周一", "周三"):
            await page.get_by_label(day).check()
        await save.click()
        await expect(row).to_contain_text("一 三")
        assert not visitor.complaints


async def test_a_box_to_tick_stands_beside_its_words_on_a_phone(visit: Visit) -> None:
    async with visit(width=390) as visitor:
        page = await visitor.open("/people/")
        box = await page.locator("input[name=lead]").bounding_box()
        assert box is not None
        assert box["width"] < 40
