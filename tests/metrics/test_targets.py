"""Targets of a team and the site."""

from __future__ import annotations

from monitor.config import Targets
from monitor.metrics import frames, targets


def test_a_teams_own_targets_go_before_the_sites() -> None:
    found = targets.merged(Targets(connect_rate=0.3, dials=200), Targets(dials=0, talk_minutes=90))
    assert found == {
        "connect_rate": 0.3,
        "dials": 0,
        "connects": None,
        "effective_connects": None,
        "talk_minutes": 90,
    }


def test_counts_are_summed_over_agents_and_a_rate_is_not() -> None:
    each = targets.merged(Targets(connect_rate=0.3, dials=200, talk_minutes=1.5), Targets())
    assert targets.times(each, 8) == frames.Targets(connect_rate=0.3, dials=1600, talk_minutes=12.0)
    assert targets.times(None, 8) == frames.Targets()


def test_the_sites_are_its_teams_together_where_any_has_one() -> None:
    teams = [
        frames.Targets(dials=100, connect_rate=0.9),
        frames.Targets(dials=50, connects=7),
        frames.Targets(),
    ]
    assert targets.total(teams, 0.25) == frames.Targets(connect_rate=0.25, dials=150, connects=7)
    assert targets.total([], None) == frames.Targets()
