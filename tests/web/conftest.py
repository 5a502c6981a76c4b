"""Fixtures of the web tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.web.house import House, house


@pytest_asyncio.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    """The web side with nobody logged in."""
    async with house(tmp_path) as found:
        yield found


@pytest_asyncio.fixture
async def inside(home: House) -> House:
    """The same, with a session in the client's cookie."""
    await home.log_in()
    return home
