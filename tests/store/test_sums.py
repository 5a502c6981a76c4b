"""The database's sums equal the board's figures over the same calls: for the site, teams, agents and trunks."""

from __future__ import annotations

import random

import msgspec
import pytest

from monitor.domain import Call, Direction, Leg, LegRole, Outcome, Segment
from monitor.metrics import frames
from monitor.metrics.board import Board
from monitor.metrics.roster import UNASSIGNED
from monitor.store.calls import CallFilter, Part
from monitor.store.store import Store
from monitor.web.rows import call_sums
from tests.metrics.test_board import SETTINGS, at, dial, open_states

NOW = at("17:00")
AGENTS = ("8001", "8002", "8009", "8017", "7777")
EFFECTIVE = SETTINGS.site.effective_seconds


def a_day(count: int = 120) -> list[Call]:
    """Dials of every kind: going on, handed over, failed over to a second trunk, clicked and not picked up."""
    chance = random.Random(7)
    found = []
    for i in range(count):
        talk = chance.choice((0.0, 12.345, EFFECTIVE, 200.001))
        call = dial(chance.choice(AGENTS), at("9:00") + i * 60, serial=i, talk=talk)
        kind = chance.randrange(8)
        if kind == 0:
            call = chance.choice(open_states(call))
        elif kind == 1 and talk:
            first = msgspec.structs.replace(call.segments[0], ended_at=call.segments[0].started_at + 3)
            later = Segment(agent="8002", started_at=first.ended_at or 0.0, ended_at=call.ended_at)
            call = msgspec.structs.replace(call, segments=(first, later))
        elif kind == 2:
            vain = Leg(
                uniqueid=f"{i}.vain",
                channel="PJSIP/trunk-b-1",
                role=LegRole.FAR,
                endpoint="trunk-b",
                started_at=call.started_at,
                ended_at=call.started_at + 1,
                cause=34,
            )
            call = msgspec.structs.replace(call, legs=(vain, vain, *call.legs))
        elif kind == 3 and not talk:
            call = msgspec.structs.replace(call, outcome=Outcome.AGENT_UNANSWERED, legs=())
        elif kind == 4:
            call = msgspec.structs.replace(call, direction=Direction.INBOUND)
        elif kind == 5:
            call = msgspec.structs.replace(call, complete=False)
        found.append(call)
    return found


def figures(sums: object) -> dict[str, object]:
    """The part of sums that the board has too."""
    told = call_sums(sums).model_dump()  # type: ignore[arg-type]
    return {key: told[key] for key in told if key in frames.Figures.__struct_fields__}


def board_figures(shown: frames.Figures) -> dict[str, object]:
    return {key: getattr(shown, key) for key in figures(None)}


@pytest.fixture
async def board(store: Store) -> Board:
    calls = a_day()
    await store.write(calls)
    made = Board(SETTINGS)
    for call in calls:
        made.apply(call, NOW)
    return made


async def test_sums_are_the_boards_figures(store: Store, board: Board) -> None:
    shown = board.snapshot(NOW)
    assert figures(await store.sums(CallFilter(), EFFECTIVE)) == board_figures(shown.site.figures)
    for agent in shown.agents:
        told = await store.sums(CallFilter(agents=(agent.id,)), EFFECTIVE)
        assert figures(told) | {"incomplete": 0} == board_figures(agent.figures) | {"incomplete": 0}
    members = {team.id: tuple(f"main/{each.extension}" for each in team.agents) for team in SETTINGS.teams}
    members[UNASSIGNED] = tuple(agent for team in members.values() for agent in team)
    for team in shown.teams:
        others = team.id == UNASSIGNED
        told = await store.sums(CallFilter(agents=members[team.id], others=others), EFFECTIVE)
        assert figures(told) | {"incomplete": 0} == board_figures(team.figures) | {"incomplete": 0}
    for trunk in shown.trunks:
        assert (await store.sums(CallFilter(seized=trunk.id), EFFECTIVE)).seizures == trunk.seizures


async def test_what_a_figure_counts_is_what_its_filter_finds(store: Store, board: Board) -> None:
    shown = board.snapshot(NOW)
    for agent in shown.agents:
        mine = {"agents": (agent.id,), "part": Part.DIALLED}
        told = agent.figures
        for wanted, counted in (
            (CallFilter(dial=True, **mine), told.dials),
            (CallFilter(dial=True, live=False, **mine), told.finished),
            (CallFilter(connect=True, **mine), told.connects),
            (CallFilter(connect=True, talk_min=EFFECTIVE, **mine), told.effective_connects),
            (CallFilter(complete=False, **mine), told.incomplete),
        ):
            assert (await store.sums(wanted, EFFECTIVE)).calls == counted
    talked = await store.calls(CallFilter(agents=("main/8002",), part=Part.TALKED), limit=500)
    assert talked.calls and all(
        any(segment.agent == "8002" for segment in call.segments) for call in talked.calls
    )
    nobody = CallFilter(agents=("other/8002",), part=Part.TALKED)
    assert (await store.sums(nobody, EFFECTIVE)).calls == 0
