"""A real call of a real Asterisk on the board of ``dialwatch run``, while it goes on."""

from __future__ import annotations

import asyncio
import json
import signal
import time
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect

from monitor.web.guard import COOKIE

from .lab.lab import Lab
from .lab.stage import SCENARIOS
from .product import Dialwatch

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def _note(board: ClientConnection, seen: dict[tuple[str, str], float]) -> None:
    """When each agent was first told in each state."""
    async for text in board:
        message = json.loads(text)
        for agent in message.get("changes", {}).get("agents", []):
            seen.setdefault((agent["extension"], agent["state"]), time.time())


async def test_a_real_call_is_on_the_board_while_it_goes_on(lab: Lab, tmp_path: Path) -> None:
    """Rings 1 s, talks 3 s: it is told to talk before the far end hears the end; how long it took is printed."""
    dialwatch = Dialwatch(tmp_path)
    dialwatch.start()
    try:
        await dialwatch.listening(lab)
        await dialwatch.logged_in("real")
        seen: dict[tuple[str, str], float] = {}
        async with connect(
            dialwatch.url.replace("http", "ws") + "/ws/board",
            origin=dialwatch.url,  # type: ignore[arg-type]
            additional_headers={"Cookie": f"{COOKIE}=real"},
            proxy=None,
        ) as board:
            noting = asyncio.create_task(_note(board, seen))
            (expected,), stage = await lab.play(SCENARIOS["out_answered"])
            noting.cancel()
    finally:
        await dialwatch.end(signal.SIGTERM)
    (far,) = [leg for legs in stage.legs().values() for leg in legs if leg.target == expected.remote]
    told = seen[str(expected.agent), "talking"]
    assert far.answered_at is not None
    assert far.ended_at is not None
    assert far.answered_at < told < far.ended_at
    assert (str(expected.agent), "ringing") in seen
    print(f"told to talk {told - far.answered_at:.3f} s after the phone answered")
