"""Dialwatch is restarted in the middle of simulated mornings: every call is still told as it really was."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from tests.pbx.simulator.day import MONDAY, Day
from tests.pbx.simulator.truth import by_root, faults

#: Each seed is another floor on another day; a restart every 37 s meets calls of all kinds in all states.
SEEDS = range(8)
RESTART_SECONDS = 37.0


@pytest.mark.parametrize("seed", SEEDS)
def test_restarts_change_nothing_about_any_call(seed: int) -> None:
    day = Day(agents=12, seed=seed, day=MONDAY + timedelta(days=seed))
    end = day.at(time(9, 40))
    day.play(day.at(time(8, 50)))
    while day.schedule.now < end:
        day.play(day.schedule.now + RESTART_SECONDS)
        day.restart()
    told = by_root(day.calls.values())
    gone = [
        true
        for true in day.centre.truth
        if all(channel.linkedid != true.uniqueid for channel in day.exchange.channels.values())
    ]
    assert len(gone) > 80
    assert {root for root, calls in told.items() if len(calls) != 1} == set()
    assert [fault for true in gone for fault in faults(true, told[true.uniqueid][0])] == []
    # Nor about a phone that is down all the time.
    down = [device for device, state in day.exchange.devices.items() if state == "UNAVAILABLE"]
    open_outages = [outage.subject for outage in day.outages.values() if outage.ended_at is None]
    assert sorted(f"PJSIP/{subject}" for subject in open_outages) == sorted(down)
    assert len(day.outages) == len({outage.subject for outage in day.outages.values()})
