"""Names and habits of the simulated agents."""

from __future__ import annotations

from collections import Counter

from monitor.pbx.simulator.people import Habit, Seat, people, seats


def test_known_seats_come_first_and_the_rest_is_made_up_in_teams_of_twelve() -> None:
    known = [Seat("8001", "张伟", "朝阳组"), Seat("8002", "王芳", "朝阳组")]
    found = seats(40, known)
    assert found[:2] == known
    assert [seat.extension for seat in found] == [str(8001 + index) for index in range(40)]
    teams = Counter(seat.team for seat in found[2:])
    assert set(teams.values()) == {12, 2}
    assert "朝阳组" not in teams


def test_three_hundred_agents_have_names_of_their_own() -> None:
    names = [seat.name for seat in seats(300)]
    assert len(set(names)) == 300
    assert all(2 <= len(name) <= 4 for name in names)


def test_a_small_floor_shows_every_habit_and_is_the_same_each_time() -> None:
    found = people(seats(24), seed=1)
    assert {person.habit for person in found} == set(Habit)
    again = people(seats(24), seed=1)
    assert [(each.habit, each.skill) for each in found] == [(each.habit, each.skill) for each in again]
