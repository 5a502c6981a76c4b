"""Many calls at a time against the real Asterisk, each held against SIPp's own log."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest
import pytest_asyncio

from monitor.domain import Call, GapReason

from .compare import differences
from .lab import load
from .lab.ami import PORT, Driver
from .lab.lab import Lab
from .lab.sipp import Phone
from .relay import Relay
from .watch import Watch, pbx

# The far end's log has the moment it spoke; a PBX in a burst of 100 calls a second hears it later.
SLACK_SECONDS = 1.5
pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def busy_lab(lab: Lab) -> AsyncIterator[Lab]:
    """The lab with time stamps on: under load, arrival says when our machine had time to read."""
    await lab.timestamps(on=True)
    yield lab
    await lab.timestamps(on=False)


def _by_number(calls: Iterable[Call]) -> dict[str, list[Call]]:
    """The load's calls by number."""
    told: dict[str, list[Call]] = {}
    for call in calls:
        if (call.number or "").startswith(load.BEGIN):
            told.setdefault(call.number or "", []).append(call)
    return told


async def _finish(callers: list[Phone], far: Phone, watch: Watch) -> None:
    for caller in callers:
        await caller.done(90)
    await asyncio.sleep(1)
    await far.stop()
    await watch.settled()


async def test_each_of_six_hundred_calls_is_stored_right(busy_lab: Lab, tmp_path: Path) -> None:
    """20 calls a second for 20 s, with a burst of 200 at 100 a second in the middle: a mix of outcomes."""
    lab = busy_lab
    steady, burst = load.pairs(400), load.pairs(200)
    far = await load.far_end(lab)
    async with Watch(pbx(), tmp_path) as watch:
        callers = [await lab.sipp.load(load.CALLER, steady, 20)]
        await asyncio.sleep(8)
        callers.append(await lab.sipp.load(load.CALLER, burst, 100))
        await _finish(callers, far, watch)
        told = _by_number(await watch.stored())
    expected = load.expected(steady + burst, far.legs())
    wrong = [
        what
        for number, truth in expected.items()
        for what in differences([truth], told.pop(number, []), SLACK_SECONDS)
    ]
    wrong += [f"never reached the far end, yet stored: {number}" for number in told]
    outcomes = Counter(truth.outcome for truth in expected.values())
    assert not wrong, f"{len(wrong)} wrong of {len(expected)} {dict(outcomes)}:\n" + "\n".join(wrong[:20])
    assert len(expected) == 600, f"only {len(expected)} of 600 calls reached the far end: {dict(outcomes)}"
    assert len(outcomes) == 4, outcomes
    assert watch.links[-1].lost_events == 0
    assert watch.listener.failures == 0


async def test_a_cut_link_and_a_restart_under_load(busy_lab: Lab, tmp_path: Path) -> None:
    """The link is away for 2 s, later Asterisk restarts, while 15 calls a second come: nothing twice, nothing false."""
    lab = busy_lab
    pairs = load.pairs(300)
    relay = await Relay.open(PORT)
    far = await load.far_end(lab)
    async with Watch(pbx(port=relay.port), tmp_path) as watch:
        callers = [await lab.sipp.load(load.CALLER, pairs[:225], 15)]
        await asyncio.sleep(5)
        await relay.drop(2)
        await asyncio.sleep(4)
        restarted_at = time.time()
        with contextlib.suppress(ConnectionError):
            await lab.driver.command("core restart now")
        await asyncio.sleep(1)
        await lab.asterisk.wait_booted()
        lab.driver = await Driver.login()
        await watch.up()
        callers.append(await lab.sipp.load(load.CALLER, pairs[225:], 15))
        await _finish(callers, far, watch)
        told = _by_number(await watch.stored())
    relay.close()
    expected = load.expected(pairs, far.legs())
    gaps = sorted(watch.gaps.values(), key=lambda gap: gap.started_at)
    assert [gap.reason for gap in gaps] == [GapReason.LINK_LOST, GapReason.PBX_RESTART], gaps
    assert all(gap.ended_at is not None for gap in gaps)
    wrong: list[str] = []
    legs = {leg.target: leg for leg in far.legs()}
    for number, truth in expected.items():
        calls = told.pop(number, [])
        begin = legs[number].invited_at or 0.0
        end = legs[number].ended_at or legs[number].final_at or begin
        # After a refusal the agent hears an announcement; a restart hangs up a moment before the link goes.
        blind = [
            (min(gap.started_at, restarted_at) if gap is gaps[1] else gap.started_at, gap.ended_at or 0.0)
            for gap in gaps
        ]
        touched = any(until > begin - 0.5 and since < end + 2.5 for since, until in blind)
        if len(calls) != 1:
            # A call wholly inside a gap leaves no trace on AMI; any other must be there.
            if calls or not touched:
                wrong.append(f"told {len(calls)} times: {truth}")
        elif not touched:
            wrong += differences([truth], calls, SLACK_SECONDS)
        elif calls[0].talk_seconds > truth.talk_s + SLACK_SECONDS or calls[0].agent != truth.agent:
            wrong.append(f"{calls[0]} was {truth}")
    assert not wrong, f"{len(wrong)} wrong of {len(expected)}:\n" + "\n".join(wrong[:20])
    assert not told, f"not calls of the phones: {list(told)[:5]}"
    assert all(call.ended for call in watch.calls.values())
    cut = sum(not call.complete for call in watch.calls.values())
    assert 0 < cut < 150, f"{cut} calls incomplete"
