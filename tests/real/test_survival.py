"""kill -9 of Dialwatch itself under load: what was finished and stored stays, nothing is there twice."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import time
from pathlib import Path

import pytest

from monitor.domain import Call

from .compare import differences
from .lab import load
from .lab.lab import Lab
from .product import Dialwatch

pytestmark = pytest.mark.asyncio(loop_scope="session")
SLACK_SECONDS = 1.5


async def test_kill_9_under_load_loses_and_doubles_nothing(lab: Lab, tmp_path: Path) -> None:
    """15 calls a second for 22 s; SIGKILL at 10 s, started again at 12 s."""
    pairs = load.pairs(330)
    dialwatch = Dialwatch(tmp_path)
    dialwatch.start()
    await dialwatch.listening(lab)
    far = await load.far_end(lab)
    caller = await lab.sipp.load(load.CALLER, pairs, 15)
    await asyncio.sleep(10)
    killed_at = time.time()
    await dialwatch.end(signal.SIGKILL)
    finished = {call.id: call for call in await dialwatch.stored() if call.ended}
    await asyncio.sleep(2)
    dialwatch.start()
    await dialwatch.listening(lab)
    back_at = time.time()
    await caller.done(60)
    await asyncio.sleep(2)
    await far.stop()
    await dialwatch.end(signal.SIGTERM)
    calls = await dialwatch.stored()

    assert len(finished) > 40, dialwatch.log[-1000:]
    after = {call.id: call for call in calls}
    assert {id_: after.get(id_) for id_ in finished} == finished, (
        "a stored, finished call has changed or is gone"
    )
    told: dict[str, list[Call]] = {}
    for call in calls:
        told.setdefault(call.number or "", []).append(call)
    wrong: list[str] = []
    legs = {leg.target: leg for leg in far.legs()}
    for number, truth in load.expected(pairs, legs.values()).items():
        mine = told.pop(number, [])
        begin = legs[number].invited_at or 0.0
        end = legs[number].ended_at or legs[number].final_at or begin
        # What had ended a second before the kill was written; what began after the return was heard in whole.
        if end < killed_at - 1 or begin > back_at + 0.5:
            wrong += differences([truth], mine, SLACK_SECONDS)
        elif len(mine) > 1 or (not mine and (begin < killed_at - 1 or end > back_at + 1)):
            wrong.append(f"told {len(mine)} times: {truth}")
        elif mine and (not mine[0].ended or mine[0].talk_seconds > truth.talk_s + SLACK_SECONDS):
            wrong.append(f"{mine[0]} was {truth}")
    assert not wrong, f"{len(wrong)} wrong:\n" + "\n".join(wrong[:20])
    assert not told, f"not calls of the phones: {list(told)[:5]}"
    with sqlite3.connect(dialwatch.database()) as database:
        assert database.execute("pragma integrity_check").fetchone() == ("ok",)
