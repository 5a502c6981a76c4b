"""Hypothesis strategies: calls of every kind around a day at the site, and the values they had on their way."""

from __future__ import annotations

import msgspec
from hypothesis import strategies as st

from monitor.domain import Call, Direction, HangupBy, Leg, LegRole, Outcome, Phase, Segment
from tests.metrics.test_board import at

EXTENSIONS = ["8001", "8002", "8009", "8024", "7777"]
ENDS = [each for each in Outcome if each is not Outcome.ANSWERED]
#: Quarters of a second: every sum and difference of them is exact in a float.
lengths = st.integers(0, 1600).map(lambda quarters: quarters / 4)


@st.composite
def calls(draw: st.DrawFn, earliest: float = at("0:00"), latest: float = at("23:59:59")) -> Call:
    """A call of any kind, over or not, begun between two instants."""
    direction = draw(st.sampled_from([Direction.OUTBOUND] * 4 + [Direction.INBOUND, Direction.INTERNAL]))
    agent: str | None = draw(st.sampled_from(EXTENSIONS))
    started_at = earliest + draw(st.integers(0, int(latest - earliest) * 4)) / 4
    now = started_at
    legs: list[Leg] = [
        Leg(uniqueid="r", channel="PJSIP/a-1", role=LegRole.ROOT, endpoint=str(agent), started_at=now)
    ]
    if direction is Direction.INBOUND:
        for rung in draw(st.lists(st.sampled_from(EXTENSIONS), max_size=2, unique=True)):
            legs.append(_leg(draw, LegRole.AGENT, rung, now, None, None))
        agent = draw(st.sampled_from([agent, None]))
    ring = draw(lengths)
    over = draw(st.sampled_from([True, True, True, False]))
    answered_at = now + ring if agent is not None and draw(st.booleans()) else None
    now += ring
    segments: list[Segment] = []
    if answered_at is not None:
        talkers = draw(st.lists(st.sampled_from([agent, *EXTENSIONS]), min_size=0, max_size=2))
        for talker in [agent, *talkers] if draw(st.booleans()) else [agent]:
            begun = now
            now += draw(lengths)
            segments.append(Segment(agent=str(talker), started_at=begun, ended_at=now))
            now += draw(st.sampled_from([0.0, 5.0]))
        if not over and draw(st.booleans()):
            segments[-1] = msgspec.structs.replace(segments[-1], ended_at=None)
    ended_at = now + draw(st.sampled_from([0.0, 3.0])) if over else None
    if direction is Direction.OUTBOUND:
        for trunk in draw(st.lists(st.sampled_from(["trunk-a", "trunk-b"]), min_size=0, max_size=2)):
            legs.append(_leg(draw, LegRole.FAR, trunk, started_at, answered_at, ended_at))
    outcome = None
    if over:
        outcome = Outcome.ANSWERED if answered_at is not None else draw(st.sampled_from(ENDS))
    return Call(
        id=f"main/{started_at}/{draw(st.integers(0, 10**6))}",
        pbx="main",
        direction=direction,
        agent=agent,
        number="13800138000",
        trunk="trunk-a" if direction is Direction.OUTBOUND else None,
        phase=Phase.ENDED if over else Phase.TALKING if answered_at is not None else Phase.DIALING,
        started_at=started_at,
        answered_at=answered_at,
        ended_at=ended_at,
        ring_seconds=ring,
        talk_seconds=sum(each.ended_at - each.started_at for each in segments if each.ended_at is not None),
        outcome=outcome,
        hangup_by=HangupBy.REMOTE if over else HangupBy.UNKNOWN,
        segments=tuple(segments),
        legs=tuple(legs),
        complete=draw(st.sampled_from([True, True, True, False])),
    )


def _leg(
    draw: st.DrawFn,
    role: LegRole,
    endpoint: str,
    begun: float,
    answered_at: float | None,
    ended_at: float | None,
) -> Leg:
    return Leg(
        uniqueid=f"{begun}.{endpoint}",
        channel=f"PJSIP/{endpoint}-1",
        role=role,
        endpoint=endpoint,
        started_at=begun,
        ringing_at=draw(st.sampled_from([None, begun + 1])),
        answered_at=answered_at,
        ended_at=ended_at,
        dial_status=draw(st.sampled_from([None, "ANSWER", "NOANSWER", "CONGESTION", "BUSY"])),
        cause=draw(st.sampled_from([None, 16, 17, 34, 1])),
    )


def on_its_way(call: Call) -> list[Call]:
    """The values a call had until it was what it is."""
    begun = msgspec.structs.replace(
        call,
        phase=Phase.DIALING,
        answered_at=None,
        ended_at=None,
        outcome=None,
        segments=(),
        talk_seconds=0.0,
        ring_seconds=0.0,
        legs=call.legs[:1],
        complete=True,
    )
    cut = msgspec.structs.replace(call, talk_seconds=0.0, complete=False, legs=call.legs[:2])
    return [begun, cut, call]


def by_id(found: list[Call]) -> dict[str, Call]:
    """The last of each."""
    return {call.id: call for call in found}
