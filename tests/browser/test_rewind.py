"""回放 in a real browser: by link, by key, played, and never mistakable for what is live."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import AGENTS, Visit

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="session")]

FIGURES = '[...document.querySelectorAll(".figure strong")].map((each) => each.textContent).join()'


async def test_a_moment_that_has_passed_is_shown_played_and_left(visit: Visit) -> None:
    async with visit() as visitor:
        page = await visitor.open("/board/?at=2026-11-24T09:05:00")
        await expect(page.locator(".past")).to_contain_text("这不是实时画面")
        await expect(page.locator(".past-clock")).to_have_text("09:05:00")
        await expect(page.locator(".tile")).to_have_count(AGENTS)
        assert (await page.title()).startswith("↺ 回放")
        assert await page.locator(".tv-button").count() == 0
        then = (await (await page.request.get("/api/board/at?at=1795482300")).json())["board"]
        assert then["site"]["date"] == "2026-11-24"
        shown = (await page.evaluate(FIGURES)).split(",")
        assert shown[0] == str(then["site"]["figures"]["dials"])
        # The calls behind a figure are those begun by then.
        link = await page.locator(".figure").first.get_attribute("href")
        link = link or await page.locator(".figure a").first.get_attribute("href")
        assert "to=1795482300" in str(link)
        await page.keyboard.press("ArrowLeft")
        await expect(page.locator(".past-clock")).to_have_text("09:04:00")
        await expect(page).to_have_url(re.compile(r"\?at=2026-11-24T09:04:00$"))
        await page.keyboard.press(" ")
        await expect(page.locator(".past")).to_contain_text("正在播放")
        await expect(page.locator(".past-clock")).not_to_have_text("09:04:00")
        await page.keyboard.press(" ")
        await page.keyboard.press("Escape")
        await expect(page.locator(".past")).to_have_count(0)
        await expect(page.locator(".tv-button")).to_have_count(1)
        assert page.url.endswith("/board/")
        await page.keyboard.press("r")
        await expect(page.locator(".past")).to_have_count(1)
        assert not visitor.complaints
