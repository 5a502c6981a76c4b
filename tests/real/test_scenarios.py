"""Every scenario of the lab, heard by Dialwatch as it happens, and held against the phones call by call.

They run side by side with phones and numbers of their own (see ``Scenario.lane``): agents on a floor
call at the same time too. Those that break the link or Asterisk itself run alone at the end.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field

import pytest
import pytest_asyncio

from monitor.domain import Call

from .compare import differences
from .lab.ami import PORT
from .lab.lab import Lab
from .lab.stage import ALONE, SCENARIOS, Expected, Scenario
from .relay import Relay
from .watch import Watch, pbx

AT_A_TIME = 12


@dataclass
class Played:
    """What a scenario did, and what was heard of it."""

    expected: list[Expected] = field(default_factory=list)
    told: list[Call] = field(default_factory=list)
    failed: str = ""


def _concerned(call: Call, extensions: set[str], numbers: set[str]) -> bool:
    """Whether a call is of a scenario that used these extensions and numbers."""
    agents = {call.agent, *(segment.agent for segment in call.segments)}
    known = " ".join(filter(None, (call.number, call.dialed)))
    return not extensions.isdisjoint(agents) or any(number in known for number in numbers)


def _but_announcements(calls: Iterable[Call]) -> list[Call]:
    """Without *97, a call to Asterisk itself: it may be listed, as what it is (AMI.md 2.5 no 36)."""
    return [call for call in calls if not (call.direction == "internal" and call.number == "*97")]


async def _play(
    lab: Lab, scenario: Scenario, watch: Watch, relay: Relay | None, played: dict[str, Played]
) -> None:
    result = played[scenario.name] = Played()
    known = set(watch.calls)
    try:
        result.expected, stage = await lab.play(scenario, relay)
        await asyncio.sleep(0.5)
    except (AssertionError, TimeoutError, OSError, RuntimeError, StopIteration) as error:
        result.failed = f"the lab itself failed: {error!r}"
        return
    new = [call for id_, call in watch.calls.items() if id_ not in known]
    told = [
        call for call in new if scenario.lane == ALONE or _concerned(call, stage.extensions, stage.numbers)
    ]
    result.told = _but_announcements(sorted(told, key=lambda call: call.started_at))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def played(lab: Lab) -> AsyncIterator[dict[str, Played]]:
    """All scenarios, played once."""
    played: dict[str, Played] = {}
    lanes: dict[str, list[Scenario]] = {}
    for scenario in SCENARIOS.values():
        lanes.setdefault(scenario.lane or scenario.name, []).append(scenario)
    last = lanes.pop(ALONE, [])
    gate = asyncio.Semaphore(AT_A_TIME)

    async def play_lane(lane: list[Scenario], watch: Watch) -> None:
        for scenario in lane:
            async with gate:
                await _play(lab, scenario, watch, None, played)

    async with Watch(pbx()) as watch, asyncio.TaskGroup() as group:
        # The longest lanes first, so that none of them is left alone at the end.
        for lane in sorted(lanes.values(), key=len, reverse=True):
            group.create_task(play_lane(lane, watch))
    for scenario in last:
        relay = await Relay.open(PORT)
        try:
            async with Watch(pbx(port=relay.port)) as watch:
                await _play(lab, scenario, watch, relay, played)
        except Exception as error:  # noqa: BLE001 - it is this scenario's failure, not that of all others
            played[scenario.name] = Played(failed=f"the listener failed: {error!r}")
        relay.close()
    yield played


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("name", SCENARIOS)
async def test_calls_are_told_as_they_were(name: str, played: dict[str, Played]) -> None:
    """Each call once: direction, agent, number, outcome, trunk, who hung up, ring, talk per agent, hold."""
    result = played[name]
    assert not result.failed, result.failed
    wrong = differences(result.expected, result.told)
    assert not wrong, f"{SCENARIOS[name].about}\n" + "\n".join(wrong)
