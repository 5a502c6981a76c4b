"""Many calls at a time against the real Asterisk, each held against SIPp's own log."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from monitor.domain import Call, GapReason

from .compare import differences
from .lab import load
from .lab.ami import PORT, Driver
from .lab.lab import Lab
from .lab.sipp import Phone
from .relay import Relay
from .watch import Watch, pbx

pytestmark = pytest.mark.asyncio(loop_scope="session")


def _told(watch: Watch) -> dict[str, list[Call]]:
    """The load's calls by number."""
    told: dict[str, list[Call]] = {}
    for call in watch.calls.values():
        if (call.number or "").startswith(load.BEGIN):
            told.setdefault(call.number or "", []).append(call)
    return told


async def _finish(callers: list[Phone], far: Phone, watch: Watch) -> None:
    for caller in callers:
        await caller.done(90)
    await asyncio.sleep(1)
    await far.stop()
    await watch.settled()


async def test_each_of_six_hundred_calls_is_told_right(lab: Lab) -> None:
    """20 calls a second for 20 s, with a burst of 200 at 100 a second in the middle: a mix of outcomes."""
    steady, burst = load.pairs(400), load.pairs(200)
    far = await load.far_end(lab)
    async with Watch(pbx()) as watch:
        callers = [await lab.sipp.load(load.CALLER, steady, 20)]
        await asyncio.sleep(8)
        callers.append(await lab.sipp.load(load.CALLER, burst, 100))
        await _finish(callers, far, watch)
    expected = load.expected(steady + burst, far.legs())
    told = _told(watch)
    wrong = [what for number, truth in expected.items() for what in differences([truth], told.pop(number, []))]
    wrong += [f"never reached the far end, yet told: {number}" for number in told]
    outcomes = Counter(truth.outcome for truth in expected.values())
    assert not wrong, f"{len(wrong)} wrong of {len(expected)} {dict(outcomes)}:\n" + "\n".join(wrong[:20])
    assert len(expected) == 600, f"only {len(expected)} of 600 calls reached the far end: {dict(outcomes)}"
    assert len(outcomes) == 4, outcomes
    assert watch.links[-1].lost_events == 0
    assert watch.listener.failures == 0


async def test_a_cut_link_and_a_restart_under_load(lab: Lab) -> None:
    """The link is away for 2 s, later Asterisk restarts, while 15 calls a second come: nothing twice, nothing false."""
    pairs = load.pairs(300)
    relay = await Relay.open(PORT)
    far = await load.far_end(lab)
    async with Watch(pbx(port=relay.port)) as watch:
        callers = [await lab.sipp.load(load.CALLER, pairs[:225], 15)]
        await asyncio.sleep(5)
        await relay.drop(2)
        await asyncio.sleep(4)
        await lab.driver.action("Command", Command="core restart now")
        await asyncio.sleep(1)
        await lab.asterisk.wait_booted()
        lab.driver = await Driver.login()
        await watch.up()
        callers.append(await lab.sipp.load(load.CALLER, pairs[225:], 15))
        await _finish(callers, far, watch)
    relay.close()
    expected = load.expected(pairs, far.legs())
    told = _told(watch)
    gaps = sorted(watch.gaps.values(), key=lambda gap: gap.started_at)
    assert [gap.reason for gap in gaps] == [GapReason.LINK_LOST, GapReason.PBX_RESTART], gaps
    assert all(gap.ended_at is not None for gap in gaps)
    wrong: list[str] = []
    for number, truth in expected.items():
        calls = told.pop(number, [])
        leg = next(leg for leg in far.legs() if leg.target == number) if not calls else None
        if leg is not None:
            begin, end = leg.invited_at or 0.0, leg.ended_at or leg.final_at or 0.0
            if not any((gap.ended_at or 0) > begin - 0.5 and gap.started_at < end + 0.5 for gap in gaps):
                wrong.append(f"missing though no gap touched it: {truth}")
        elif len(calls) > 1:
            wrong.append(f"told {len(calls)} times: {number}")
        elif calls[0].complete:
            wrong += differences([truth], calls)
        elif calls[0].talk_seconds > truth.talk_s + 0.5 or calls[0].agent != truth.agent:
            wrong.append(f"{calls[0]} was {truth}")
    assert not wrong, f"{len(wrong)} wrong of {len(expected)}:\n" + "\n".join(wrong[:20])
    assert not told, f"not calls of the phones: {list(told)[:5]}"
    assert all(call.ended for call in watch.calls.values())
    cut = sum(not call.complete for call in watch.calls.values())
    assert 0 < cut < 150, f"{cut} calls incomplete"
