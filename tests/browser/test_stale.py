"""The server goes away and comes back: the page says that it is stale, and since when, and resumes by itself."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from monitor import service
from monitor.demo import Options, demo_settings
from monitor.web.security import Passwords
from tests.browser.conftest import AGENTS, Visit

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="session")]


class Service:
    """The product without a PBX, but with a login that stays, as after a restart of the machine's service."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            options = Options(agents=AGENTS, port=probe.getsockname()[1])
        self.settings = demo_settings(options, folder)
        self.url = f"http://127.0.0.1:{options.port}"
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        up = asyncio.Event()

        async def ready(running: service.Running) -> None:
            if await running.store.user("tv") is None:
                await running.store.create_user(
                    "tv", await Passwords().hashed("watch the floor"), "administrator"
                )
            up.set()

        self._stop = asyncio.Event()
        self._task = asyncio.create_task(service.serve(self.settings, ready=ready, stop=self._stop))
        async with asyncio.timeout(30):
            await up.wait()

    async def stop(self) -> None:
        self._stop.set()
        if self._task is not None:
            async with asyncio.timeout(30):
                await self._task


async def test_a_board_survives_a_restart_of_the_server(browser: Browser, tmp_path: Path) -> None:
    server = Service(tmp_path)
    await server.start()
    context = await browser.new_context(base_url=server.url, locale="en")
    try:
        answer = await context.request.post(
            "/api/login",
            data={"username": "tv", "password": "watch the floor"},
            headers={"X-Dialwatch": "1", "Origin": server.url},
        )
        assert answer.status == 204
        page = await context.new_page()
        await page.goto("/board/")
        await expect(page.locator(".tile")).to_have_count(AGENTS)
        await server.stop()
        notice = page.locator(".notice.is-stale")
        await expect(notice).to_contain_text("last heard at", timeout=15_000)
        shown = await page.locator(".time").inner_text()
        await server.start()
        await expect(notice).to_have_count(0, timeout=40_000)
        await expect(page.locator(".tile")).to_have_count(AGENTS)
        await expect(page.locator(".time")).not_to_have_text(shown)
    finally:
        await context.close()
        await server.stop()


async def test_a_session_that_ends_leads_to_the_login(visit: Visit) -> None:
    async with visit() as visitor:
        page = await visitor.open("/board/")
        await page.wait_for_selector(".tile")
        other = await visitor.open("/calls/")
        await other.get_by_role("button", name="退出").click()
        await page.wait_for_selector(".card", timeout=30_000)
        assert "next=%2Fboard%2F" in page.url
