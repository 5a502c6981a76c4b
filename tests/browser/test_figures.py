"""Every number opens: each figure of the board leads to as many calls as it counts, and its rate and talk to the same sums.

The floor stands still: its clock hardly moves, so what the board shows and what is stored stay the same.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import time

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page

from tests.browser.conftest import Product

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="session")]

SUMS = """async (addresses) => Object.fromEntries(await Promise.all(addresses.map(async (address) => {
  const answer = await fetch("/api/calls/sums?" + address.split("?")[1]);
  return [address, answer.ok ? await answer.json() : {status: answer.status}];
})))"""
LINKS = """async () => {
  const links = await import("/board/links.js");
  const board = (await (await fetch("/api/board")).json()).board;
  const found = [];
  const told = (what, href, key, value) => found.push([what, href, key, value]);
  const figures = (what, each, whose) => {
    told(`${what} dials`, links.figureLink(board, "dials", whose), "calls", each.dials);
    told(`${what} connects`, links.figureLink(board, "connects", whose), "calls", each.connects);
    told(`${what} finished`, links.figureLink(board, "connect_rate", whose), "calls", each.finished);
    told(`${what} connect rate`, links.figureLink(board, "connect_rate", whose), "connect_rate", each.connect_rate);
    told(`${what} effective`, links.figureLink(board, "effective_connects", whose), "calls", each.effective_connects);
    told(`${what} talk`, links.figureLink(board, "talk_seconds", whose), "talk_seconds", each.talk_seconds);
  };
  figures("site", board.site.figures, {});
  for (const team of board.teams) figures(team.name, team.figures, {team: team.id});
  for (const agent of board.agents) figures(agent.name, agent.figures, {agent: agent.id});
  for (const rank of board.ranking) told(`rank ${rank.rank}`, links.figureLink(board, "connect_rate", {agent: rank.id}), "calls", rank.finished);
  for (const [outcome, n] of Object.entries(board.site.figures.outcomes)) told(outcome, links.outcomeLink(board, outcome), "calls", n);
  for (const trunk of board.trunks) {
    told(`${trunk.name} seizures`, links.trunkLink(board, trunk.id, "all"), "seizures", trunk.seizures);
    told(`${trunk.name} active`, links.trunkLink(board, trunk.id, "now"), "calls", trunk.active);
  }
  for (const [width, buckets] of [[3600, board.hours], [300, board.last_hour]])
    for (const bucket of buckets)
      for (const key of ["dials", "connects"]) told(`${bucket.start} ${key}`, links.bucketLink(bucket, width, key), "calls", bucket[key]);
  for (const deadline of board.deadlines)
    for (const agent of deadline.not_begun) told(`not begun ${agent}`, links.begunLink(deadline, agent), "calls", 0);
  return found;
}"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def still(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Product]:
    running = Product(tmp_path_factory.mktemp("still"), speed=0.001, start=time(10, 20), agents=24)
    await running.start()
    yield running
    await running.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def page(still: Product, browser: Browser) -> AsyncIterator[Page]:
    context: BrowserContext = await browser.new_context(base_url=still.url, locale="en")
    await context.request.post(
        "/api/login",
        data={"username": "demo", "password": still.password},
        headers={"X-Dialwatch": "1", "Origin": still.url},
    )
    opened = await context.new_page()
    await opened.goto("/board/")
    await opened.wait_for_selector(".tile")
    yield opened
    await context.close()


async def test_every_figure_leads_to_the_calls_it_counts(page: Page) -> None:
    expected = await page.evaluate(LINKS)
    sums = await page.evaluate(SUMS, sorted({href for _, href, _, _ in expected}))
    wrong = [
        (what, value, sums[href].get(key), href)
        for what, href, key, value in expected
        if sums[href].get(key) != (pytest.approx(value) if isinstance(value, float) else value)
    ]
    assert not wrong, json.dumps(wrong[:5], ensure_ascii=False)
    assert len(expected) > 200


async def test_no_link_of_the_board_is_made_elsewhere(page: Page) -> None:
    """What is clicked on the page is one of the addresses that were counted, a call, or who is on the line."""
    counted = {href for _, href, _, _ in await page.evaluate(LINKS)}
    shown = await page.eval_on_selector_all(
        "main a[href], .names a", "(all) => all.map((each) => each.getAttribute('href'))"
    )
    others = {
        href
        for href in set(shown) - counted
        if not href.startswith(("/calls/main/", "/agent/"))
        and "part=any" not in href
        and "live=true" not in href
    }
    assert not {href for href in others if "seized" not in href}
    assert len(set(shown) & counted) > 100


async def test_a_figure_that_is_clicked_opens_a_page_that_says_the_same(page: Page) -> None:
    for place in range(3):
        figure = page.locator(".figure").nth(place)
        value = await figure.locator("strong").inner_text()
        await figure.click()
        await page.wait_for_selector(".sums[aria-busy=false] dd")
        told = await page.locator(".sums dd").all_inner_texts()
        assert value in [each.split(" ")[0] for each in told]
        rows = page.locator("tbody tr")
        assert await rows.count() >= min(100, int(told[0].split(" ")[0].replace(",", "")))
        await page.go_back()
        await page.wait_for_selector(".figure")
