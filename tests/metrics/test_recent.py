"""The dials of the last while: the board's own counting, over a window."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain import Call, Outcome, brief
from monitor.metrics.board import Board
from tests.metrics.test_board import SETTINGS, at, calls, dial, open_states


@settings(deadline=None)
@given(st.lists(calls, unique_by=lambda call: call.id, max_size=30), st.integers(0, 30))
def test_over_the_whole_day_it_is_what_the_board_says(found: list[Call], stored: int) -> None:
    board = Board(SETTINGS)
    board.load([made for call in found[:stored] if (made := brief(call))], at("18:00"))
    for call in found[stored:]:
        board.apply(call, at("18:00"))
    recent = board.recent(at("0:00"))
    snapshot = board.snapshot(at("18:00"))
    for team in snapshot.teams:
        figures = team.figures
        finished, connects = recent.dials(team.id, at("0:00"))
        assert (finished, connects) == (
            figures.finished,
            round((figures.connect_rate or 0) * figures.finished),
        )
    assert recent.trunks == [trunk.id for trunk in snapshot.trunks]
    for trunk in snapshot.trunks:
        assert recent.seizures(trunk.id, 10**6) == (trunk.seizures, trunk.seizures - trunk.failed)


def test_only_what_began_in_the_window_counts_and_nothing_that_goes_on() -> None:
    board = Board(SETTINGS)
    for call in (
        dial("8001", at("9:00"), talk=40),
        dial("8001", at("9:30"), serial=1),
        dial("8002", at("9:40"), serial=2, talk=40),
        dial("8009", at("9:45"), serial=3, talk=40),
        open_states(dial("8002", at("9:50"), serial=4, talk=40))[0],
    ):
        board.apply(call, at("10:00"))
    recent = board.recent(at("9:00"))
    assert recent.dials("t1", at("9:30")) == (2, 1)
    assert recent.dials("t2", at("9:30")) == (1, 1)
    assert recent.dials("t3", at("9:30")) == (0, 0)


def test_the_last_seizures_are_those_begun_last() -> None:
    board = Board(SETTINGS)
    for number in range(8):
        call = dial("8001", at("9:00") + 60 * number, serial=number, outcome=Outcome.CONGESTION)
        failed = msgspec.structs.replace(call.legs[0], cause=34, dial_status="CONGESTION")
        served = number < 5
        board.apply(call if served else msgspec.structs.replace(call, legs=(failed,)), at("10:00"))
    recent = board.recent(at("9:00"))
    assert recent.seizures("main/trunk-a", 4) == (4, 1)
    assert recent.seizures("main/trunk-a", 100) == (8, 5)
