"""A real call of a real Asterisk on the board of a real browser, and again after a restart of ours."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.browser.conftest import browser as browser

from .lab.lab import Lab
from .lab.script import Answerer, Talk
from .lab.stage import Expected, Scenario, Stage, leg, outbound
from .product import Dialwatch

pytestmark = pytest.mark.asyncio(loop_scope="session")

#: Notes in the page, on the machine's own clock, when a tile first was in each state.
WATCH = """() => {
  window.seen = {};
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      const state = [...target.classList].find((name) => name.startsWith("s-"));
      if (state && target.classList.contains("tile")) window.seen[state] ??= Date.now() / 1000;
    }
  }).observe(document.body, { subtree: true, attributeFilter: ["class"] });
}"""


async def _a_short_talk(stage: Stage) -> list[Expected]:
    agent, number = stage.agent(), stage.number()
    far = await stage.far(number, Answerer(ring=1))
    await stage.done(await stage.dial(agent, number, Talk(4)), far)
    return [outbound(agent, number, leg(far), "answered", hangup_by="agent")]


async def test_a_tile_changes_with_a_real_call_and_outlives_a_restart(
    lab: Lab, browser: Browser, tmp_path: Path
) -> None:
    """It is seen to ring, and to talk before the far end hears the end; the time it took is printed."""
    dialwatch = Dialwatch(tmp_path)
    dialwatch.start()
    await dialwatch.listening(lab)
    await dialwatch.user("wang", "watch the floor")
    context = await browser.new_context(base_url=dialwatch.url, locale="en")
    context.set_default_timeout(60_000)
    try:
        page = await context.new_page()
        await page.goto("/board/")
        await page.fill("[name=username]", "wang")
        await page.fill("[name=password]", "watch the floor")
        await page.click("button.primary")
        await page.wait_for_selector(".tile")
        await page.evaluate(WATCH)
        (expected,), stage = await lab.play(Scenario("board", "", _a_short_talk))
        (far,) = [leg for legs in stage.legs().values() for leg in legs if leg.target == expected.remote]
        seen = await page.evaluate("window.seen")
        assert far.answered_at is not None
        assert far.ended_at is not None
        assert seen["s-ringing"] < seen["s-talking"] < far.ended_at
        print(f"talking: on the screen {seen['s-talking'] - far.answered_at:.3f} s after the phone answered")

        tile = page.locator(".tile", has_text=str(expected.agent))
        await expect(tile.locator(".sums")).to_contain_text("1", timeout=60_000)
        shown = await tile.locator(".sums").inner_text()
        await dialwatch.end(signal.SIGTERM)
        await expect(page.locator(".notice.is-stale")).to_have_count(1, timeout=60_000)
        dialwatch.start()
        await expect(page.locator(".notice.is-stale")).to_have_count(0, timeout=120_000)
        assert await tile.locator(".sums").inner_text() == shown
    finally:
        await context.close()
        await dialwatch.end(signal.SIGTERM)
