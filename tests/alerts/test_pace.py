"""The pace: never more than so many in any minute, whatever is tried when."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.alerts.pace import MINUTE, Pace, pause_seconds


@given(st.integers(1, 8), st.lists(st.floats(0, 40), max_size=60))
def test_no_minute_has_more_than_it_may(per_minute: int, passing: list[float]) -> None:
    pace, now, sent = Pace(per_minute), 0.0, []
    for passed in passing:
        now += passed
        wait = pace.wait_seconds(now)
        assert (wait == 0) is (pace.left(now) > 0)
        now += wait
        assert pace.left(now) > 0
        pace.count(now)
        sent.append(now)
    for start in sent:
        assert sum(start <= at < start + MINUTE for at in sent) <= per_minute


def test_a_block_lasts_as_long_as_it_was_asked_for() -> None:
    pace = Pace(20)
    pace.block(100.0, 600.0)
    pace.block(100.0, 1.0)
    assert (pace.left(699.0), pace.wait_seconds(699.0)) == (0, 1.0)
    assert (pace.left(700.0), pace.wait_seconds(700.0)) == (20, 0.0)


@pytest.mark.parametrize(("tries", "seconds"), [(1, 5), (2, 10), (3, 20), (7, 320), (8, 600), (10**6, 600)])
def test_pauses_grow_up_to_ten_minutes(tries: int, seconds: float) -> None:
    assert pause_seconds(tries) == seconds
