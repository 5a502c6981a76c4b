"""Whose tiles there are."""

from __future__ import annotations

from monitor.domain import ExtensionStatus
from monitor.metrics.board import Board
from monitor.metrics.posts import configured_seats
from monitor.metrics.roster import UNASSIGNED, Roster
from tests.metrics.test_board import SETTINGS, at, dial, open_states, row


def roster() -> Roster:
    found = Roster()
    found.seat(SETTINGS.teams, configured_seats(SETTINGS), at("0:00"), at("0:00", 24), at("9:00"))
    return found


def phone(extension: str, reachable: bool) -> ExtensionStatus:
    return ExtensionStatus(pbx="main", extension=extension, reachable=reachable, at=at("9:00"))


def test_unknown_extension_is_not_lost() -> None:
    board = Board(SETTINGS)
    board.apply(dial("8099", at("10:00")), at("10:01"))
    found = row(board, at("10:01"), "8099")
    assert (found.team, found.figures.dials) == (UNASSIGNED, 1)


def test_a_phone_in_no_team_is_nobody_s_tile_until_it_calls_and_its_state_is_known_then() -> None:
    floor = roster()
    assert floor.phone(phone("8099", reachable=False)) is None
    assert "main/8099" not in floor.agents
    stranger = floor.stranger("main", "8099")
    assert (stranger.reachable, stranger.reachable_since) == (False, at("9:00"))
    assert floor.phone(phone("8099", reachable=True)) is stranger


def test_the_team_of_those_in_none_is_shown_only_while_one_of_them_has_calls() -> None:
    floor = roster()
    stranger = floor.stranger("main", "8099")
    teams = list(floor.teams)
    assert (floor.team_ids(), len(floor.shown())) == (teams, 24)
    stranger.follow(open_states(dial("8099", at("10:00")))[0])
    assert (floor.team_ids(), floor.shown()[-1]) == ([*teams, UNASSIGNED], stranger)


def test_strangers_without_a_call_are_forgotten_and_the_rostered_never() -> None:
    floor = roster()
    floor.stranger("main", "8099")
    floor.forget_strangers()
    assert floor.agents == floor.rostered
    assert floor.members[UNASSIGNED] == []
