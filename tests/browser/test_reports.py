"""The reports page in a real browser: figures open their calls and explain themselves, the address keeps it all."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import AGENTS, Visit

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="session")]


def query(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


async def test_a_day_is_shown_with_everybody_and_totals(visit: Visit) -> None:
    async with visit() as visitor:
        page = await visitor.open("/reports/")
        await expect(page.locator(".people tbody tr")).to_have_count(AGENTS)
        await expect(page.locator(".people tfoot tr").last).to_contain_text("合计")
        await expect(page.locator("h1")).to_contain_text("外呼日报")
        await page.get_by_role("button", name="English").click()
        await expect(page.locator("h1")).to_contain_text("Daily dialing report")
        assert not visitor.complaints


async def test_a_figure_opens_the_very_calls_behind_it(visit: Visit) -> None:
    async with visit() as visitor:
        page = await visitor.open("/reports/?date=2000-01-03")
        await page.get_by_role("button", name="今天").click()
        await page.wait_for_selector(".people tbody tr a")
        row = page.locator(".people tbody tr").first
        extension = await row.locator("td").first.inner_text()
        await row.locator("a[href*='dial=true']").first.click()
        await page.wait_for_selector("tbody tr")
        assert query(page)["agent"] == [f"main/{extension}"]
        # A call that was transferred to somebody is not a dial of theirs.
        assert query(page)["part"] == ["dialled"]
        assert not visitor.complaints


async def test_what_a_figure_opens_has_no_other_calls(visit: Visit) -> None:
    async with visit() as visitor:
        page = await visitor.open("/reports/")
        await page.wait_for_selector(".people tbody tr a")
        links = await page.evaluate(
            "[...new Set([...document.querySelectorAll('main a[href^=\"/calls/?\"]')].map((a) => a.getAttribute('href')))]"
        )
        counted = {"dials": "dial=true", "connects": "connect=true"}
        for figure, mark in counted.items():
            mine = [link for link in links if mark in link and "talk_min" not in link]
            assert len(mine) > AGENTS / 2
            for link in mine:
                answer = await visitor.context.request.get(f"/api/calls/sums?{urlsplit(link).query}")
                sums = await answer.json()
                assert sums["calls"] == sums[figure], link


async def test_a_first_dial_opens_its_call(visit: Visit) -> None:
    async with visit() as visitor:
        page = await visitor.open("/reports/")
        await page.locator(".people tbody a[href^='/calls/main/']").first.click()
        await page.wait_for_selector(".timeline")
        assert not visitor.complaints


async def test_order_and_team_stay_in_the_address(visit: Visit) -> None:
    async with visit() as visitor:
        page = await visitor.open("/reports/")
        await page.locator("th button.plain", has_text="外呼量").first.click()
        assert query(page)["sort"] == ["-dials"]
        await page.reload()
        await expect(page.locator("th[aria-sort=descending]")).to_contain_text("外呼量")
        await page.locator(".people tfoot button.plain").first.click()
        await expect(page.locator(".people tfoot tr")).to_have_count(1)
        team = query(page)["team"]
        await page.locator(".tabs button", has_text="周报").click()
        await expect(page.locator("h1")).to_contain_text("外呼周报")
        assert (query(page)["team"], query(page)["kind"]) == (team, ["weekly"])


async def test_a_number_explains_itself_in_the_pages_language(visit: Visit) -> None:
    async with visit() as visitor:
        page = await visitor.open("/reports/")
        await page.get_by_role("button", name="解释：接通率").first.click()
        panel = page.locator(".explanation")
        await expect(panel).to_contain_text("接通量 ÷ 已结束外呼")
        await page.get_by_role("button", name="English").click()
        await expect(panel).to_contain_text("connects ÷ finished dials")
        await page.keyboard.press("Escape")
        await expect(panel).to_have_count(0)


async def test_downloads_are_what_is_shown(visit: Visit) -> None:
    async with visit("en") as visitor:
        page = await visitor.open("/reports/?kind=weekly")
        await page.wait_for_selector(".people tbody tr")
        async with page.expect_download() as downloading:
            await page.get_by_role("link", name="Excel").click()
        assert (await downloading.value).suggested_filename.startswith("dialwatch-weekly-")


async def test_on_paper_there_are_no_controls(visit: Visit) -> None:
    async with visit() as visitor:
        page = await visitor.open("/reports/")
        await page.wait_for_selector(".people tbody tr")
        await page.emulate_media(media="print")
        await expect(page.locator(".filters")).to_be_hidden()
        await expect(page.locator(".people tbody tr").first).to_be_visible()
