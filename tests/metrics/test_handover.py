"""An extension that changes hands: figures go to who had it when a call began, and the board's sums stay."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain import Call, brief
from monitor.duty import Seat
from monitor.metrics.board import Board
from monitor.metrics.posts import ConfiguredSeat, duty_of
from monitor.metrics.targets import Goals
from tests.metrics.test_board import SETTINGS, at, dial, open_states, row

NOON = at("12:00")
NAMES = {1: "张伟", 2: "王芳", 3: "李娜"}


def seat(person: int, extension: str, team: str, start: float = 0.0, end: float | None = None) -> Seat:
    return ConfiguredSeat(
        person_id=person,
        name=NAMES[person],
        pbx="main",
        extension=extension,
        team=team,
        valid_from=start,
        valid_to=end,
    )


BEFORE = [seat(1, "8001", "t1"), seat(2, "8002", "t1")]
#: At noon 王芳 moves to 8001 in another team, 李娜 begins on 8002, 张伟 has gone.
AFTER = [
    seat(1, "8001", "t1", 0.0, NOON),
    seat(2, "8002", "t1", 0.0, NOON),
    seat(2, "8001", "t2", NOON),
    seat(3, "8002", "t1", NOON),
]


def learn(board: Board, seats: list[Seat], now: float) -> None:
    board.learn(duty_of(SETTINGS, seats), now, SETTINGS.teams, Goals(SETTINGS, (), seats))


def test_a_tile_shows_who_has_the_extension_now_and_the_teams_keep_what_was() -> None:
    board = Board(SETTINGS, duty_of(SETTINGS, AFTER))
    for index, (extension, clock) in enumerate(
        [("8001", "10:00"), ("8001", "10:10"), ("8002", "10:20"), ("8001", "13:40"), ("8002", "13:45")]
    ):
        board.apply(dial(extension, at(clock), serial=index, talk=30), at(clock) + 60)
    assert (row(board, at("11:00"), "8001").name, row(board, at("14:00"), "8001").name) == ("张伟", "王芳")
    now = at("14:00")
    assert [(row(board, now, e).team, row(board, now, e).figures.dials) for e in ("8001", "8002")] == [
        ("t2", 1),
        ("t1", 1),
    ]
    teams = {team.id: team.figures.dials for team in board.snapshot(now).teams}
    assert (teams["t1"], teams["t2"], board.snapshot(now).site.figures.dials) == (4, 1, 5)


def test_who_changes_the_extension_in_the_same_team_takes_the_own_figures_along() -> None:
    seats = [seat(1, "8001", "t1", 0.0, NOON), seat(1, "8003", "t1", NOON), seat(3, "8001", "t1", NOON)]
    board = Board(SETTINGS, duty_of(SETTINGS, seats))
    board.apply(dial("8001", at("10:00"), talk=30), at("11:00"))
    board.apply(dial("8003", at("13:40"), serial=1), at("13:45"))
    board.apply(dial("8001", at("13:41"), serial=2), at("13:45"))
    now = at("14:00")
    assert (row(board, now, "8003").name, row(board, now, "8003").figures.dials) == ("张伟", 2)
    assert (row(board, now, "8001").name, row(board, now, "8001").figures.dials) == ("李娜", 1)


def test_a_call_over_the_change_is_shown_where_it_is_and_counts_for_who_began_it() -> None:
    board = Board(SETTINGS, duty_of(SETTINGS, AFTER))
    begun, talking, over = open_states(dial("8001", NOON - 60, talk=300))
    board.apply(begun, NOON - 59)
    board.apply(talking, NOON - 50)
    board.tick(NOON + 1)
    board.delta(NOON + 1)
    there = row(board, NOON + 1, "8001")
    assert (there.name, there.state, there.figures.dials) == ("王芳", "talking", 0)
    board.apply(over, NOON + 250)
    assert row(board, NOON + 251, "8001").state != "talking"
    teams = {team.id: team.figures.dials for team in board.snapshot(NOON + 300).teams}
    assert (teams["t1"], teams["t2"]) == (1, 0)


def test_an_extension_without_a_holder_stays_to_be_seen_while_it_calls() -> None:
    board = Board(SETTINGS, duty_of(SETTINGS, [seat(1, "8001", "t1")]))
    board.apply(dial("8001", at("10:00")), at("10:01"))
    learn(board, [seat(1, "8001", "t1", 0.0, NOON)], NOON)
    shown = [(agent.extension, agent.team) for agent in board.snapshot(NOON + 1).agents]
    assert shown == []
    board.apply(dial("8001", at("14:00"), serial=1), at("14:01"))
    (only,) = board.snapshot(at("14:02")).agents
    assert (only.extension, only.team, only.figures.dials) == ("8001", "unassigned", 1)


calls = st.lists(
    st.builds(
        dial,
        st.sampled_from(["8001", "8002", "8003"]),
        st.integers(0, 6 * 3600).map(lambda s: at("9:00") + s),
        serial=st.integers(0, 10**6),
        ring=st.integers(0, 40).map(float),
        talk=st.sampled_from([0.0, 0.0, 20.0, 90.0]),
    ),
    max_size=25,
    unique_by=lambda call: call.id,
)
cuts = st.integers(0, 6 * 3600).map(lambda s: at("9:00") + s)


def counted(board: Board, now: float) -> dict[str, Any]:
    shot = board.snapshot(now)
    return {
        "site": shot.site.figures,
        "teams": {team.id: team.figures for team in shot.teams},
        "agents": {a.id: (a.name, a.team, a.figures, a.longest_idle_seconds) for a in shot.agents},
    }


@given(told=calls, cut=cuts, learned_after=st.integers(0, 25), bulk=st.booleans())
@settings(max_examples=60, deadline=None)
def test_figures_split_at_a_change_of_hands_add_up(
    told: list[Call], cut: float, learned_after: int, bulk: bool
) -> None:
    """Learned before, in between or after the calls, one by one or at once: the same board, and as counted plainly."""
    seats = [
        seat(1, "8001", "t1", 0.0, cut),
        seat(2, "8001", "t2", cut),
        seat(2, "8002", "t2", 0.0, cut),
        seat(3, "8002", "t1", cut),
    ]
    now = at("18:00")
    late = Board(SETTINGS, duty_of(SETTINGS, BEFORE))
    for number, call in enumerate(told):
        if number == learned_after:
            learn(late, seats, now)
        late.apply(call, now)
    learn(late, seats, now)
    early = Board(SETTINGS, duty_of(SETTINGS, seats))
    if bulk:
        early.load([brief(call) for call in told], now)
    else:
        for call in told:
            early.apply(call, now)
    assert counted(late, now) == counted(early, now)

    def holder(call: Call) -> tuple[int, str] | None:
        first = call.started_at < cut
        return {"8001": (1, "t1") if first else (2, "t2"), "8002": (2, "t2") if first else (3, "t1")}.get(
            call.agent or ""
        )

    by_person = Counter(found for call in told if (found := holder(call)) is not None)
    by_team = Counter(team for (_, team), n in by_person.items() for _ in range(n))
    shot = early.snapshot(now)
    tiles = {agent.extension: agent.figures.dials for agent in shot.agents}
    assert tiles.get("8001", 0) == by_person[2, "t2"]
    assert tiles.get("8002", 0) == by_person[3, "t1"]
    assert {t.id: t.figures.dials for t in shot.teams if t.id in ("t1", "t2")} == {
        "t1": by_team["t1"],
        "t2": by_team["t2"],
    }
    assert shot.site.figures.dials == len(told)
