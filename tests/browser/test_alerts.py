"""The alerts in a real browser: the rules in force, a sound that is remembered, a banner that leads to the page."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from monitor.metrics.frames import Alert
from tests.browser.conftest import Product, Visit

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="session")]


async def test_the_page_tells_every_rule_and_that_nothing_is_sent_yet(visit: Visit) -> None:
    async with visit() as visitor:
        page = await visitor.open("/board/")
        await page.get_by_role("link", name="告警", exact=True).click()
        await page.wait_for_selector(".alerts")
        rows = await page.locator(".alerts section").nth(1).locator("tbody tr").all_inner_texts()
        assert len(rows) == 7
        assert "空闲满 20 分钟" in rows[1] and "仅看板显示" in rows[1]
        await expect(page.locator(".alerts")).to_contain_text("还没有通道")
        await page.get_by_role("button", name="English").click()
        await expect(page.locator(".alerts")).to_contain_text("No channels yet")
        await expect(page.locator(".alerts")).to_contain_text("connect rate under the team's target")
        conditions = await page.locator('td[data-label="When"]').all_inner_texts()
        assert conditions[0] == "at the dial-by time"
        assert conditions[-1] == "a dial breaks a cap, the hours or the do-not-call list"
        assert await page.evaluate("window.violations") == []
        assert not visitor.complaints


async def test_the_sound_is_off_at_first_and_remembered(visit: Visit) -> None:
    async with visit("en") as visitor:
        page = await visitor.open("/board/")
        await page.get_by_role("button", name="Alert sound is off").click()
        switch = page.get_by_role("button", name="Alert sound is on")
        await expect(switch).to_have_attribute("aria-pressed", "true")
        await page.reload()
        await expect(switch).to_have_attribute("aria-pressed", "true")
        assert await page.evaluate("window.violations") == []
        assert not visitor.complaints


async def test_an_alert_is_a_banner_on_the_board_and_leads_to_its_page(
    visit: Visit, product: Product
) -> None:
    async with visit("en") as visitor:
        page = await visitor.open("/board/")
        await page.wait_for_selector(".tile")
        text = {"zh-CN": "磁盘空间不足", "en": "Disk space is short: the very disk"}
        product.floor.show_alerts([Alert(id="x", kind="disk_short", since=0.0, text=text)])
        banner = page.locator(".notice.act", has_text="the very disk")
        await expect(banner).to_be_visible()
        await banner.locator("a").click()
        await page.wait_for_selector(".alerts")
