"""What an extension does now, and with whom."""

from __future__ import annotations

import msgspec
import pytest

from monitor.domain import Call, Direction, Hold, Leg, LegRole, Phase, Segment
from monitor.metrics.agent import AgentDay, State, doing
from monitor.metrics.tally import stints
from tests.metrics.test_board import at, dial

START = at("10:00")


def call(direction: Direction = Direction.OUTBOUND, **more: object) -> Call:
    return Call(
        id="main/1/0",
        pbx="main",
        direction=direction,
        agent="8001",
        number="13800138000",
        started_at=START,
        **more,  # type: ignore[arg-type]
    )


def leg(endpoint: str, role: LegRole, **more: object) -> Leg:
    return Leg(
        uniqueid="l",
        channel=f"PJSIP/{endpoint}-1",
        role=role,
        endpoint=endpoint,
        started_at=START + 1,
        **more,
    )  # type: ignore[arg-type]


TALK = (Segment(agent="8001", started_at=START + 9),)


@pytest.mark.parametrize(
    ("going_on", "extension", "expected"),
    [
        (call(), "8001", (State.DIALING, START)),
        (call(phase=Phase.RINGING, ringing_at=START + 3), "8001", (State.RINGING, START + 3)),
        (call(answered_at=START + 9, segments=TALK), "8001", (State.TALKING, START + 9)),
        (
            call(answered_at=START + 9, segments=TALK, holds=(Hold(agent="8001", started_at=START + 20),)),
            "8001",
            (State.ON_HOLD, START + 20),
        ),
        (
            call(
                answered_at=START + 9,
                segments=TALK,
                holds=(Hold(agent="8001", started_at=START + 20, ended_at=START + 30),),
            ),
            "8001",
            (State.TALKING, START + 9),
        ),
        (call(), "8002", None),
        (call(phase=Phase.ENDED, ended_at=START + 1), "8001", None),
        (call(Direction.INBOUND, legs=(leg("8002", LegRole.AGENT),)), "8002", (State.RINGING, START + 1)),
        (
            call(Direction.INBOUND, legs=(leg("8002", LegRole.AGENT, ringing_at=START + 2),)),
            "8002",
            (State.RINGING, START + 2),
        ),
        (call(Direction.INBOUND, legs=(leg("8002", LegRole.AGENT, ended_at=START + 5),)), "8002", None),
        (call(Direction.INTERNAL, legs=(leg("8002", LegRole.FAR),)), "8002", (State.RINGING, START + 1)),
        (call(Direction.OUTBOUND, legs=(leg("8002", LegRole.FAR),)), "8002", None),
    ],
)
def test_what_a_call_makes_of_an_extension(
    going_on: Call, extension: str, expected: tuple[State, float] | None
) -> None:
    assert doing(going_on, extension) == expected


def test_with_two_calls_at_a_time_talk_goes_before_the_rest() -> None:
    tile = AgentDay("main", "8001", "张伟", "t1")
    assert tile.follow(call(answered_at=START + 9, segments=TALK))
    assert tile.follow(msgspec.structs.replace(call(), id="main/2/0"))
    tile.look(START + 20, 20.0)
    assert (tile.state, tile.since) == (State.TALKING, START + 9)
    assert tile.call is not None
    assert (tile.call.id, tile.call.number) == ("main/1/0", "138****8000")
    tile.let_go("main/1/0")
    tile.look(START + 20, 20.0)
    assert tile.state is State.DIALING


@pytest.mark.parametrize("first", [1, 2])
def test_of_two_dials_at_a_time_the_newer_is_shown_whichever_was_told_first(first: int) -> None:
    tile = AgentDay("main", "8001", "张伟", "t1")
    for number in (first, 3 - first):
        tile.follow(msgspec.structs.replace(call(), id=f"main/{number}/0", started_at=START + number))
    tile.look(START + 5, 20.0)
    assert tile.call is not None
    assert (tile.call.id, tile.since) == ("main/2/0", START + 2)


def test_the_called_of_an_internal_call_sees_who_calls() -> None:
    tile = AgentDay("main", "8002", "王芳", "t1")
    tile.follow(call(Direction.INTERNAL, legs=(leg("8002", LegRole.FAR),)))
    tile.look(START + 2, 20.0)
    assert tile.call is not None
    assert tile.call.number == "8001"


def test_after_talk_comes_wrap_up_then_idle_and_after_a_dial_without_talk_idle_at_once() -> None:
    tile = AgentDay("main", "8001", "张伟", "t1")
    talked = dial("8001", START, ring=5, talk=60)
    tile.time_line.put(talked.id, stints(talked)[0])
    seen = []
    for now in (START + 66, START + 84.9, START + 85):
        tile.look(now, 20.0)
        seen.append((tile.state, tile.since))
    assert seen == [(State.WRAP_UP, START + 65)] * 2 + [(State.IDLE, START + 65)]
    silent = dial("8001", START + 66, ring=5)
    tile.time_line.put(silent.id, stints(silent)[0])
    tile.look(START + 72, 20.0)
    assert (tile.state, tile.since) == (State.IDLE, START + 71)


def test_a_phone_that_is_gone_and_one_never_seen() -> None:
    tile = AgentDay("main", "8001", "张伟", "t1")
    assert (tile.state, tile.seen) == (State.NOT_SEEN, False)
    tile.reachable, tile.reachable_since = False, START
    tile.look(START + 1, 20.0)
    assert (tile.state, tile.since) == (State.UNREACHABLE, START)
    tile.follow(call())
    tile.look(START + 1, 20.0)
    assert (tile.state, tile.seen) == (State.DIALING, True)


def test_a_new_day_forgets_the_figures_and_keeps_the_call_that_goes_on() -> None:
    tile = AgentDay("main", "8001", "张伟", "t1")
    over = dial("8001", START)
    tile.time_line.put(over.id, stints(over)[0])
    tile.tally.dials = 1
    tile.follow(call())
    tile.new_day()
    assert (tile.tally.dials, len(tile.time_line), tile.state) == (0, 0, State.DIALING)
