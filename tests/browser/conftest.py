"""A demo of the product and a headless Chromium that looks at it."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
from collections.abc import AsyncIterator, Callable
from datetime import date, time
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright
from playwright.async_api import Error as BrowserError

from monitor.demo import Demo, Options, demo
from monitor.floor import Floor
from tests.real.require import unavailable

AGENTS = 12
SPEED = 10.0
DAY = date(2026, 11, 24)
"""The same day makes the same calls: somebody is late on it."""

LISTEN_FOR_VIOLATIONS = """
  window.violations = [];
  addEventListener("securitypolicyviolation", (event) => violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""


class Product:
    """Dialwatch on a simulated floor; it can be stopped and started again at the same address."""

    def __init__(
        self, folder: Path, *, speed: float = SPEED, start: time = time(9, 12), agents: int = AGENTS
    ) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.options = Options(
                speed=speed, agents=agents, start=start, day=DAY, port=probe.getsockname()[1], data_dir=folder
            )
        self.url = f"http://127.0.0.1:{self.options.port}"
        self.password = ""
        self.floor: Floor
        self._stop = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Returns when its pages can be opened."""
        up = asyncio.Event()

        async def ready(running: Demo) -> None:
            self.password = running.logins["demo"]
            self.floor = running.floor
            up.set()

        self._stop = asyncio.Event()
        self._task = asyncio.create_task(demo(self.options, ready=ready, stop=self._stop))
        waiting = asyncio.create_task(up.wait())
        async with asyncio.timeout(60):
            await asyncio.wait({waiting, self._task}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if self._task.done():
            await self._task

    async def stop(self) -> None:
        """Returns when it has ended."""
        self._stop.set()
        if self._task is not None:
            async with asyncio.timeout(30):
                await self._task


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def product(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Product]:
    running = Product(tmp_path_factory.mktemp("product"))
    await running.start()
    yield running
    await running.stop()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        unavailable("there is no Chromium (Debian: apt install chromium)")
    async with async_playwright() as playwright:
        try:
            opened = await playwright.chromium.launch(
                executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"]
            )
        except BrowserError as error:
            unavailable(f"Chromium does not start: {error}")
        yield opened
        await opened.close()


class Visitor:
    """A browser of somebody at the product, with what its console complained about."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context = context
        self.url = url
        self.complaints: list[str] = []

    async def open(self, path: str) -> Page:
        """A page of the product; what is wrong on it is noted."""
        page = await self.context.new_page()
        page.on("console", lambda said: self._note(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        await page.goto(path)
        return page

    def _note(self, text: str) -> None:
        # A refused login answers 401, which the browser reports by itself.
        if "401 (Unauthorized)" not in text:
            self.complaints.append(text)


Visit = Callable[..., contextlib.AbstractAsyncContextManager[Visitor]]


@pytest_asyncio.fixture(loop_scope="session")
async def visit(product: Product, browser: Browser) -> Visit:
    """``async with visit(language="en", width=390) as visitor``: logged in unless asked otherwise."""

    @contextlib.asynccontextmanager
    async def visiting(
        language: str = "zh-CN",
        width: int = 1440,
        height: int = 900,
        *,
        logged_in: bool = True,
        theme: str = "light",
    ) -> AsyncIterator[Visitor]:
        context = await browser.new_context(
            base_url=product.url,
            viewport={"width": width, "height": height},
            locale=language,
            color_scheme="dark" if theme == "dark" else "light",
        )
        context.set_default_timeout(30_000)
        await context.add_init_script(LISTEN_FOR_VIOLATIONS)
        if logged_in:
            answer = await context.request.post(
                "/api/login",
                data={"username": "demo", "password": product.password},
                headers={"X-Dialwatch": "1", "Origin": product.url},
            )
            assert answer.status == 204
        try:
            yield Visitor(context, product.url)
        finally:
            await context.close()

    return visiting
