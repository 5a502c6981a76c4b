"""A day loaded at once is the day applied call by call, and goes on alike."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain import Brief, Call, brief
from monitor.metrics.board import Board
from tests.metrics.floor_calls import by_id, calls, on_its_way
from tests.metrics.test_board import SETTINGS, at, dial

NOW = at("18:00")
YESTERDAY = calls(at("22:00", 22), at("23:59:59", 22))
TOMORROW = calls(at("0:00", 24), at("0:04", 24))


def loaded(found: list[Call], slices: int) -> Board:
    """A board as a start makes it: what is over in brief, in some slices; the rest applied."""
    board = Board(SETTINGS)
    briefs = [each for call in found if (each := brief(call)) is not None]
    size = max(1, -(-len(briefs) // slices))
    for first in range(0, len(briefs), size):
        board.load(briefs[first : first + size], NOW)
    for call in found:
        if not call.ended:
            board.apply(call, NOW)
    return board


def applied(found: list[Call]) -> Board:
    board = Board(SETTINGS)
    for call in found:
        board.apply(call, NOW)
    return board


@given(
    found=st.lists(st.one_of(calls(), calls(), YESTERDAY, TOMORROW), max_size=25),
    slices=st.integers(1, 3),
    later=st.data(),
)
@settings(max_examples=150, deadline=None)
def test_loading_is_applying(found: list[Call], slices: int, later: st.DataObject) -> None:
    known = list(by_id(found).values())
    one, other = loaded(known, slices), applied(known)
    assert one.snapshot(NOW) == other.snapshot(NOW)
    if not known:
        return
    touched = later.draw(st.lists(st.sampled_from(known), max_size=8))
    changes = [later.draw(st.sampled_from(on_its_way(call))) for call in touched] + later.draw(
        st.lists(calls(), max_size=3)
    )
    for change in changes:
        one.apply(change, NOW)
        other.apply(change, NOW)
    assert one.snapshot(NOW) == other.snapshot(NOW)
    tomorrow = at("0:10", 24)
    assert one.snapshot(tomorrow) == other.snapshot(tomorrow)


@given(found=st.lists(calls(), max_size=15), chance=st.data())
@settings(max_examples=60, deadline=None)
def test_loading_what_is_known_already_changes_nothing(found: list[Call], chance: st.DataObject) -> None:
    known = list(by_id(found).values())
    early = chance.draw(st.lists(st.sampled_from(known), max_size=5)) if known else []
    board = applied(early)
    briefs = [each for call in known if (each := brief(call)) is not None]
    board.load(briefs, NOW)
    board.load(briefs, NOW)
    for call in known:
        board.apply(call, NOW)
    assert board.snapshot(NOW) == applied(known).snapshot(NOW)


def test_only_a_call_that_is_over_has_a_brief() -> None:
    call = dial("8001", at("10:00"), talk=40)
    assert [brief(each) for each in on_its_way(call)][0] is None
    short = brief(call)
    assert isinstance(short, Brief)
    assert (short.ended, short.is_dial, short.is_connect) == (call.ended, call.is_dial, call.is_connect)
