"""One real Asterisk for the whole session; see ``lab``."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from .lab.chroot import LabUnavailable
from .lab.lab import Lab
from .require import unavailable


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder is of the real tier, and shares the loop Asterisk's lab lives in."""
    for item in items:
        if item.path.is_relative_to(__file__.rsplit("/", 1)[0]):
            item.add_marker(pytest.mark.real)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def lab() -> AsyncIterator[Lab]:
    """A running Asterisk with phones and trunks, installed when it is not there yet (about 40 s)."""
    try:
        opened = await Lab.open()
    except LabUnavailable as error:
        unavailable(str(error))
    async with opened:
        yield opened
