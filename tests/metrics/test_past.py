"""A past day taken through its instants is a board made for each of them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain import Brief, Call, ExtensionStatus, Gap, GapReason, LinkState, LinkStatus, brief
from monitor.metrics import frames
from monitor.metrics.asof import call_at, over_at
from monitor.metrics.board import Board
from monitor.metrics.past import Around, Member, PastBoard, PastCalls, Team
from monitor.metrics.posts import duty_of
from tests.metrics.floor_calls import by_id, calls
from tests.metrics.test_board import SETTINGS, at, dial

TEAMS = tuple(
    Team(team.id, team.name, tuple(Member(a.pbx, a.extension, a.name) for a in team.agents), team.targets)
    for team in SETTINGS.teams
)
DUTY = duty_of(SETTINGS)
GAP = Gap(pbx="main", started_at=at("10:00"), ended_at=at("10:20"), reason=GapReason.LINK_LOST, calls_cut=2)
PHONE = ExtensionStatus(pbx="main", extension="8002", reachable=False, at=at("10:30"))
AROUND = Around(duty=DUTY, phones=(PHONE,), pbxs=("main",))
moments = st.lists(st.integers(0, 14400).map(lambda second: at("8:30") + second), min_size=1, max_size=6)


def of(found: Sequence[Call], gaps: Sequence[Gap] = ()) -> PastCalls:
    kept = PastCalls(at("0:00"), at("0:00", 24))
    kept.put([short for call in found if (short := brief(call))], [call for call in found if not call.ended])
    kept.hear(gaps)
    return kept


def plainly(found: Sequence[Call], gaps: Sequence[Gap], moment: float) -> frames.Board:
    """Every call cut and told, one by one, to a board of its own."""
    board = Board(SETTINGS, DUTY)
    for call in found:
        then = call_at(call, moment, gaps)
        if then is not None:
            board.apply(then, moment)
    for gap in gaps:
        if gap.started_at <= moment:
            open_then = gap.ended_at is None or gap.ended_at > moment
            board.apply(
                msgspec.structs.replace(gap, ended_at=None, calls_cut=0) if open_then else gap, moment
            )
    down = gaps and at("10:00") <= moment < at("10:20")
    since = at("10:00") if down else at("10:20") if gaps and moment >= at("10:20") else 0.0
    state = LinkState.DOWN if down else LinkState.UP
    board.apply(LinkStatus(pbx="main", state=state, since=since, reason="link_lost" if down else ""), moment)
    if moment >= PHONE.at:
        board.apply(PHONE, moment)
    return board.snapshot(moment)


@given(
    found=st.lists(calls(at("8:30"), at("12:00")), max_size=20),
    at_moments=moments,
    blind=st.booleans(),
)
@settings(max_examples=120, deadline=None)
def test_each_instant_is_a_board_of_its_own(found: list[Call], at_moments: list[float], blind: bool) -> None:
    known = list(by_id(found).values())
    gaps = [GAP] if blind else []
    past = PastBoard(SETTINGS, TEAMS, of(known, gaps))
    whole = {call.id: call for call in known}
    for moment in sorted(at_moments):
        assert past.go(moment, whole, AROUND).snapshot(moment) == plainly(known, gaps, moment)


@given(found=st.lists(calls(at("8:30"), at("12:00")), max_size=20), start=st.integers(0, 9000))
@settings(max_examples=100, deadline=None)
def test_calls_are_found_by_begin_and_end(found: list[Call], start: int) -> None:
    known = list(by_id(found).values())
    one, other = at("8:30") + start, at("8:30") + start + 600
    kept = of(known)
    over = {call.id: over_at(call) for call in known}
    assert sorted(each.id for each in kept.ended(one, other)) == sorted(
        key for key, ended in over.items() if ended is not None and one < ended <= other
    )
    going_on = {
        call.id
        for call in known
        if call.started_at <= other and ((ended := over[call.id]) is None or ended > one)
    }
    assert set(kept.going_on(one, other)) == going_on


def test_a_call_that_has_ended_since_is_no_longer_open() -> None:
    call = dial("8001", at("9:30"), talk=60)
    open_call = call_at(call, at("9:30:10"))
    assert open_call is not None
    kept = of([open_call])
    assert (len(kept), kept.going_on(at("9:40"), at("9:40"))) == (1, [call.id])
    short = brief(call)
    assert isinstance(short, Brief)
    kept.put([short], [])
    assert (len(kept), kept.going_on(at("9:40"), at("9:40"))) == (1, [])
    assert [each.id for each in kept.ended(at("9:00"), at("9:40"))] == [call.id]
