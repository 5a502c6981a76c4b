"""Some teams of the board: their tiles are the board's own, their totals what their agents did and nothing else."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain import Call, Change, Direction, Gap, LegRole, Outcome, Phase, brief
from monitor.metrics import frames
from monitor.metrics.board import RANKING_SECONDS, Board
from tests.metrics.floor_calls import calls
from tests.metrics.test_board import SETTINGS, at, dial
from tests.metrics.test_deltas import Follower, changes, moments, shown

ONE = frozenset({"t1"})
TWO = frozenset({"t1", "t3"})
NOW = at("13:30")


def agents_of(teams: frozenset[str]) -> set[str]:
    return {agent.extension for team in SETTINGS.teams if team.id in teams for agent in team.agents}


def plainly(told: list[Call], teams: frozenset[str]) -> dict[str, object]:
    """The totals of some teams, counted a second way: every call looked at, nothing taken back."""
    mine = agents_of(teams)
    dials = [
        call
        for call in told
        if call.direction is Direction.OUTBOUND
        and call.agent in mine
        and call.outcome is not Outcome.AGENT_UNANSWERED
    ]
    connects = [
        call
        for call in told
        if call.direction is Direction.OUTBOUND and call.agent in mine and call.answered_at is not None
    ]
    talk = sum(
        segment.ended_at - segment.started_at
        for call in told
        if call.direction is Direction.OUTBOUND
        for segment in call.segments
        if segment.agent in mine and segment.ended_at is not None
    )
    seized = Counter(
        leg.endpoint
        for call in told
        if call.direction is Direction.OUTBOUND and call.agent in mine
        for leg in call.legs
        if leg.role is LegRole.FAR
    )
    return {
        "dials": len(dials),
        "finished": sum(call.ended_at is not None for call in dials),
        "connects": len(connects),
        "effective": sum(call.talk_seconds >= SETTINGS.site.effective_seconds for call in connects),
        "talk": talk,
        "ring": sum(call.ring_seconds for call in dials),
        "inbound": sum(call.direction is Direction.INBOUND and call.agent in mine for call in told),
        "internal": sum(call.direction is Direction.INTERNAL and call.agent in mine for call in told),
        "incomplete": sum(not call.complete and call.agent in mine for call in told),
        "by hour": len(dials),
        "trunks": dict(seized),
    }


def of_board(board: frames.Board) -> dict[str, object]:
    figures = board.site.figures
    return {
        "dials": figures.dials,
        "finished": figures.finished,
        "connects": figures.connects,
        "effective": figures.effective_connects,
        "talk": figures.talk_seconds,
        "ring": figures.ring_seconds,
        "inbound": figures.inbound,
        "internal": figures.internal,
        "incomplete": figures.incomplete,
        "by hour": sum(hour.dials for hour in board.hours),
        "trunks": {trunk.name: trunk.seizures for trunk in board.trunks},
    }


morning = st.lists(calls(at("8:40"), at("13:00")), max_size=25, unique_by=lambda call: call.id)


@given(first=morning, second=morning, loaded=st.booleans(), teams=st.sampled_from([ONE, TWO]))
@settings(max_examples=60, deadline=None)
def test_totals_are_those_of_the_teams_agents(
    first: list[Call], second: list[Call], loaded: bool, teams: frozenset[str]
) -> None:
    board = Board(SETTINGS)
    for call in first:
        board.apply(call, NOW)
    board.snapshot(NOW, teams)  # from now on it is kept, before it was counted at once
    if loaded:
        board.load([short for call in second if (short := brief(call)) is not None], NOW)
        for call in second:
            if brief(call) is None:
                board.apply(call, NOW)
    else:
        for call in second:
            board.apply(msgspec.structs.replace(call, complete=not call.complete), NOW)
            board.apply(call, NOW)
    last = {call.id: call for call in [*first, *second]}
    assert of_board(board.snapshot(NOW, teams)) == plainly(list(last.values()), teams)


@given(told=morning)
@settings(max_examples=30, deadline=None)
def test_tiles_and_teams_are_the_boards_own_and_of_no_others(told: list[Call]) -> None:
    board = Board(SETTINGS)
    for call in told:
        board.apply(call, NOW)
    whole, part = board.snapshot(NOW), board.snapshot(NOW, ONE)
    assert part.agents == [agent for agent in whole.agents if agent.team == "t1"]
    assert part.teams == [team for team in whole.teams if team.id == "t1"]
    assert (part.links, part.gaps) == (whole.links, whole.gaps)
    mine = {agent.id for agent in part.agents}
    assert {rank.id for rank in part.ranking} == {rank.id for rank in whole.ranking} & mine
    for few, all_of_them in zip(part.deadlines, whole.deadlines, strict=True):
        assert set(few.not_begun) == set(all_of_them.not_begun) & mine
        assert few.expected == sum(agent.team == "t1" for agent in whole.agents)
        assert few.begun == few.expected - len(few.not_begun)
    assert part.site.agents_total == len(agents_of(ONE))
    assert part.site.states == part.teams[0].states
    assert part.site.targets == part.teams[0].targets


@given(steps=st.lists(st.tuples(moments, st.lists(changes, max_size=4)), max_size=8))
@settings(max_examples=60, deadline=None)
def test_deltas_of_a_part_lead_to_its_snapshot(steps: list[tuple[float, list[Change]]]) -> None:
    board = Board(SETTINGS)
    page = Follower(board.snapshot(at("8:40"), ONE))
    reached = at("8:40")
    for moment, told in sorted(steps, key=lambda step: step[0]):
        now = max(moment, reached)
        reached = now + RANKING_SECONDS
        for change in told:
            if not (isinstance(change, Call | Gap) and change.started_at > now):
                board.apply(change, now)
        for instant in (now, reached):
            board.tick(instant)
            board.delta(instant)
            page.take(board.delta_of(ONE, instant))
        fresh = msgspec.structs.asdict(board.snapshot(reached, ONE))
        assert shown(page.parts) == shown(fresh)


@pytest.mark.parametrize("watched", [False, True], ids=["begun after", "begun before"])
def test_the_last_hour_goes_on_over_midnight(watched: bool) -> None:
    board, after = Board(SETTINGS), at("0:10", 24)
    board.apply(dial("8001", at("23:40")), at("23:50"))
    if watched:
        board.snapshot(at("23:50"), ONE)
    board.tick(after)
    # One is told late, and of one more is heard after midnight what became of it; t2's are none of theirs.
    for extension in ("8002", "8009"):
        board.apply(dial(extension, at("23:50"), serial=2), after)
    part = board.snapshot(after, ONE)
    assert sum(slot.dials for slot in part.last_hour) == 2
    assert part.site.figures.dials == 0


def test_what_others_do_is_no_news() -> None:
    board = Board(SETTINGS)
    board.snapshot(NOW, ONE)
    board.delta(NOW)
    board.delta_of(ONE, NOW)
    board.apply(dial("8009", at("13:00")), NOW)
    assert board.delta(NOW) is not None
    assert board.delta_of(ONE, NOW) is None


def test_alerts_are_those_of_the_teams() -> None:
    board = Board(SETTINGS)
    found = [
        frames.Alert(id=str(team), kind="idle", team=team, since=0.0, text={}) for team in ("t1", "t2", None)
    ]
    board.alerts(found)
    assert [alert.team for alert in board.snapshot(NOW, TWO).alerts] == ["t1"]
    assert board.snapshot(NOW).alerts == found


def test_nobodys_part_is_empty() -> None:
    board = Board(SETTINGS)
    empty = board.snapshot(NOW, frozenset())
    assert (empty.agents, empty.teams, empty.site.agents_total) == ([], [], 0)
    assert all(deadline.expected == 0 for deadline in empty.deadlines)


def test_the_last_hour_of_some_teams_goes_on_over_midnight() -> None:
    mine = min(agents_of(ONE))
    other = min({agent.extension for team in SETTINGS.teams for agent in team.agents} - agents_of(ONE))
    watched, fresh = Board(SETTINGS), Board(SETTINGS)
    watched.snapshot(at("23:30"), ONE)
    late = dial(mine, at("23:58"), talk=200)
    going_on = msgspec.structs.replace(
        late, ended_at=None, outcome=None, phase=Phase.TALKING, talk_seconds=0.0, segments=()
    )
    for board in (watched, fresh):
        board.apply(dial(mine, at("23:40"), talk=40), at("23:45"))
        board.apply(dial(other, at("23:41"), talk=40), at("23:45"))
        board.apply(going_on, at("23:59"))
        board.tick(at("0:01", 24))
        board.apply(late, at("0:02", 24))
    for board in (watched, fresh):
        shown = [each for each in board.snapshot(at("0:10", 24), ONE).last_hour if each.dials]
        assert [(each.start, each.finished, each.talk_seconds) for each in shown] == [
            (at("23:40"), 1, 40.0),
            (at("23:55"), 1, 200.0),
        ]
