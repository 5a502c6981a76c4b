"""The pages in a real browser, on the real server with a simulated floor."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import AGENTS, Product, Visit

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="session")]

STATES = '[...document.querySelectorAll(".tile")].map((t) => t.className + t.querySelector(".sums").textContent).join()'
UNNAMED = """() => [...document.querySelectorAll("a[href], button, input, select, audio, summary")]
  .filter((each) => each.offsetParent !== null)
  .filter((each) => !(each.getAttribute("aria-label") || each.textContent.trim() || each.title || each.closest("label")?.textContent.trim()
    || (each.labels && each.labels.length) || each.tagName === "AUDIO"))
  .map((each) => each.outerHTML.slice(0, 120))"""
PAGES = {
    "/board/": ".tile",
    "/board/?tv=1": ".wall",
    "/calls/": "tbody tr",
    "/reports/": ".people tbody tr",
    "/alerts/": ".alerts td",
    "/ledger/": ".account",
    "/leave/": ".fields",
    "/calendar/": ".month",
    "/agent/": ".track a",
    "/login": ".card",
    "/setup?token=x": ".card",
}


def query(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


async def test_who_is_not_logged_in_logs_in_and_gets_where_they_wanted(
    visit: Visit, product: Product
) -> None:
    async with visit(logged_in=False) as visitor:
        page = await visitor.open("/calls/?direction=outbound")
        await page.wait_for_selector(".card")
        await page.fill("[name=username]", "demo")
        await page.fill("[name=password]", "not the password")
        await page.click("button.primary")
        await expect(page.locator("[role=alert]")).to_have_text("用户名或密码不正确")
        await page.fill("[name=password]", product.password)
        await page.click("button.primary")
        await page.wait_for_selector("tbody tr")
        assert query(page)["direction"] == ["outbound"]
        assert not visitor.complaints


async def test_the_board_shows_everybody_and_a_tile_changes(visit: Visit) -> None:
    async with visit() as visitor:
        page = await visitor.open("/board/")
        await expect(page.locator(".tile")).to_have_count(AGENTS)
        await expect(page.locator(".figure")).to_have_count(5)
        before = await page.evaluate(STATES)
        await page.wait_for_function(f"(before) => {STATES} !== before", arg=before)
        assert not visitor.complaints


async def test_the_language_is_switched_at_once_and_kept(visit: Visit) -> None:
    async with visit() as visitor:
        page = await visitor.open("/board/")
        await expect(page.locator(".figure").first).to_contain_text("外呼量")
        await page.get_by_role("button", name="English").click()
        await expect(page.locator(".figure").first).to_contain_text("Dials")
        await page.reload()
        await expect(page.locator(".figure").first).to_contain_text("Dials")
        assert await page.evaluate("document.documentElement.lang") == "en"


async def test_a_figure_opens_its_calls_and_filters_stay_in_the_address(visit: Visit) -> None:
    async with visit() as visitor:
        page = await visitor.open("/board/")
        tile = page.locator(".tile").first
        extension = (await tile.locator(".who small").inner_text()).split()[-1]  # after a lead's mark
        await tile.locator(".sums a").nth(0).click()
        await page.wait_for_selector("tbody tr")
        assert query(page)["agent"] == [f"main/{extension}"]
        assert (query(page)["part"], query(page)["dial"]) == (["dialled"], ["true"])
        for row in await page.locator("tbody tr").all_inner_texts():
            assert extension in row
        await page.locator(".filters").get_by_label("结果").select_option("no_answer")
        await expect(page.locator("tbody .o-answered")).to_have_count(0)
        assert query(page)["outcome"] == ["no_answer"]
        await page.reload()
        await page.wait_for_selector("tbody tr .o-no_answer")
        assert await page.locator(".filters").get_by_label("结果").input_value() == "no_answer"
        assert not visitor.complaints


async def test_one_call_tells_its_story(visit: Visit) -> None:
    async with visit("en") as visitor:
        page = await visitor.open("/calls/?outcome=answered&talk_min=20")
        await page.wait_for_selector("tbody tr")
        await page.keyboard.press("j")
        await page.keyboard.press("Enter")
        await expect(page.locator(".timeline .k-talk").first).to_be_visible()
        await expect(page.locator(".story")).to_contain_text("Answered")
        await expect(page.locator(".story li").last).to_contain_text("normal clearing")
        audio = page.locator("audio")
        if await audio.count():
            # Not wait_for_function: that evaluates a string in the page, which the policy forbids.
            length = await audio.evaluate(
                "e => new Promise(known => e.readyState ? known(e.duration)"
                " : e.addEventListener('loadedmetadata', () => known(e.duration)))"
            )
            assert length > 1
        assert not visitor.complaints


async def test_a_call_that_is_not_there_is_said_so(visit: Visit) -> None:
    async with visit() as visitor:
        page = await visitor.open("/calls/main/1.1/0")
        await expect(page.locator(".empty")).to_contain_text("没有这通电话")


@pytest.mark.parametrize("path", list(PAGES))
async def test_nothing_breaks_the_policy_and_everything_has_a_name(visit: Visit, path: str) -> None:
    async with visit(logged_in=path not in ("/login", "/setup?token=x")) as visitor:
        page = await visitor.open(path)
        await page.wait_for_selector(PAGES[path])
        assert await page.evaluate("window.violations") == []
        assert await page.evaluate(UNNAMED) == []
        assert await page.title()
        assert not visitor.complaints


async def test_the_keyboard_reaches_the_tiles_and_their_figures(visit: Visit) -> None:
    async with visit() as visitor:
        page = await visitor.open("/board/")
        await page.wait_for_selector(".tile")
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.className") == "skip"
        tile = page.locator(".tile").first
        await tile.locator(".who").focus()
        await page.keyboard.press("ArrowRight")
        assert await page.evaluate("document.activeElement.closest('.tile') !== null")
        assert "who" not in await page.evaluate("document.activeElement.className")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("path", list(PAGES))
async def test_nothing_is_wider_than_a_phone(visit: Visit, path: str, language: str) -> None:
    async with visit(language, 390, 844, logged_in=path not in ("/login", "/setup?token=x")) as visitor:
        page = await visitor.open(path.replace("?tv=1", ""))
        await page.wait_for_selector(PAGES[path].replace(".wall", ".tile"))
        assert await page.evaluate("document.documentElement.scrollWidth") <= 390
