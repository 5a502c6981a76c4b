"""Any number explains itself, by mouse and by key, on the board, over calls, in the ledger and on a person's day."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visit

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="session")]


async def test_a_figure_of_the_board_is_explained(visit: Visit) -> None:
    async with visit() as visitor:
        page = await visitor.open("/board/")
        told = page.locator(".explanation")
        await page.click(".figure .why")
        await expect(told).to_contain_text("重拨算另一次")
        calls = str(await page.locator(".figure a").first.get_attribute("href"))
        await expect(told.locator("a.button")).to_have_attribute("href", calls)
        await page.keyboard.press("Escape")
        await expect(told).to_have_count(0)
        # Pointing: the next figure explains itself, wherever it stands, and is not opened.
        await page.click("text=? 解释")
        await page.click(".tile .sums a >> nth=1")
        await expect(told).to_contain_text("接通量")
        assert page.url.endswith("/board/")
        await page.keyboard.press("Escape")
        await page.focus(".team header a >> nth=2")
        await page.keyboard.press("?")
        await expect(told.locator("h2")).to_have_text("接通率")
        await page.keyboard.press("Escape")
        assert await page.evaluate("document.activeElement.dataset.explain") == "connect_rate"
        assert not visitor.complaints


@pytest.mark.parametrize(
    ("path", "ready", "name"),
    [
        ("/calls/?explain=effective_connects", ".explanation", "有效接通"),
        ("/board/?explain=dials", ".explanation", "外呼量"),
        ("/ledger/", ".account", "开呼检查"),
        ("/agent/", ".track a", "开呼检查"),
    ],
)
async def test_numbers_elsewhere_and_by_link(visit: Visit, path: str, ready: str, name: str) -> None:
    async with visit() as visitor:
        page = await visitor.open(path)
        await page.wait_for_selector(ready)
        if "explain=" not in path:
            await page.click(".why >> nth=0")
        await expect(page.locator(".explanation h2")).to_have_text(name)
        await expect(page.locator(".explanation p").first).not_to_be_empty()
        assert not visitor.complaints
