"""Each role in a real browser: only the pages it may open are offered, and nothing that it may not do is drawn."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Product, Visit

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="session")]

NAV = {
    "demo": {"board", "calls", "reports", "watch", "alerts", "ledger", "users"},
    "lead": {"board", "calls", "reports", "watch", "ledger"},
    "qa": {"board", "calls", "reports"},
    "agent": {"calls", "ledger"},
    "tv": {"board"},
}
FIRST = {"demo": "/board/", "lead": "/board/", "qa": "/board/", "agent": "/agent/", "tv": "/board/"}


@pytest.mark.parametrize("name", NAV)
async def test_the_bar_offers_what_can_be_opened(product: Product, visit: Visit, name: str) -> None:
    async with visit(logged_in=False) as visitor:
        await visitor.context.request.post(
            "/api/login",
            data={"username": name, "password": product.password},
            headers={"X-Dialwatch": "1", "Origin": product.url},
        )
        page = await visitor.open("/")
        await page.wait_for_selector(".bar nav a")
        assert page.url.startswith(product.url + FIRST[name])
        offered = await page.eval_on_selector_all(
            ".bar nav a", "links => links.map((each) => each.getAttribute('href').split('/')[1])"
        )
        # Other pages may join the bar; of these, what the role may open is there and nothing else.
        assert set(offered) & NAV["demo"] == NAV[name]
        closed = await page.evaluate(
            """async (names) => {
              const me = await (await fetch("/api/me")).json();
              const links = [...document.querySelectorAll("a[href^='/']")].map((a) => a.getAttribute("href").split("/")[1]);
              return links.filter((folder) => names.includes(folder) && !me.pages.includes(folder));
            }""",
            sorted(NAV["demo"]),
        )
        assert closed == []
        assert visitor.complaints == []


async def test_what_a_role_may_not_do_is_not_drawn(product: Product, visit: Visit) -> None:
    forms = {}
    for name in ("demo", "lead", "agent"):
        async with visit(logged_in=False) as visitor:
            await visitor.context.request.post(
                "/api/login",
                data={"username": name, "password": product.password},
                headers={"X-Dialwatch": "1", "Origin": product.url},
            )
            page = await visitor.open("/leave/")
            await page.wait_for_selector("table")
            forms[name] = (
                await page.locator("form").count(),
                await page.locator("input[type=file]").count(),
            )
    assert forms == {"demo": (1, 1), "lead": (1, 0), "agent": (0, 0)}
