"""Delays double up to a bound, jitter only lengthens them, a good link begins anew."""

from __future__ import annotations

import pytest

from monitor.pbx.backoff import JITTER, Backoff


def test_delays_double_up_to_the_most() -> None:
    backoff = Backoff(1, 60, chance=lambda: 0.0)
    assert [backoff.next() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]


def test_reset_begins_anew() -> None:
    backoff = Backoff(1, 60, chance=lambda: 0.0)
    backoff.next()
    backoff.next()
    backoff.reset()
    assert backoff.next() == 1


def test_jitter_lengthens_and_never_shortens() -> None:
    assert Backoff(60, 3600, chance=lambda: 1.0).next() == 60 * (1 + JITTER)
    for _ in range(100):
        assert 60 <= Backoff(60, 3600).next() <= 60 * (1 + JITTER)


@pytest.mark.parametrize(("least", "most"), [(0, 1), (-1, 1), (2, 1)])
def test_delays_that_make_no_sense(least: float, most: float) -> None:
    with pytest.raises(ValueError, match="delays"):
        Backoff(least, most)
