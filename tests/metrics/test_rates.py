"""Rates against values worked out by hand or by definition."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.metrics import rates


def test_nothing_to_divide_by_is_undefined() -> None:
    assert (rates.share(0, 0), rates.share(3, 4), rates.wilson(0, 0)) == (None, 0.75, None)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    # Agresti and Coull 1998, and the closed forms z²/(n+z²) at 0 and n/(n+z²) at n.
    [
        (0, 10, 0.0, 0.277533),
        (10, 10, 0.722467, 1.0),
        (5, 10, 0.236593, 0.763407),
        (180, 300, 0.543650, 0.653812),
    ],
)
def test_wilson_interval(successes: int, trials: int, low: float, high: float) -> None:
    assert rates.wilson(successes, trials) == pytest.approx((low, high), abs=2e-4)


@given(st.integers(1, 5000).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials))))
def test_wilson_bounds_solve_the_score_equation(pair: tuple[int, int]) -> None:
    successes, trials = pair
    found = rates.wilson(successes, trials)
    assert found is not None
    for bound in found:
        score = abs(successes / trials - bound)
        assert score == pytest.approx(rates.Z95 * (bound * (1 - bound) / trials) ** 0.5, abs=1e-7)


@given(st.lists(st.integers(0, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), max_size=20))
def test_prior_is_the_common_mean_with_a_weight_in_bounds(samples: list[tuple[int, int]]) -> None:
    mean, weight = rates.prior(samples)
    total = sum(finished for _, finished in samples)
    assert mean == (sum(connects for connects, _ in samples) / total if total else 0.0)
    assert 10 <= weight <= 200


@given(st.integers(0, 100), st.integers(0, 100), st.floats(0, 1), st.floats(10, 200))
def test_a_shrunken_rate_lies_between_the_raw_rate_and_the_mean(
    connects: int, missed: int, mean: float, weight: float
) -> None:
    finished = connects + missed
    raw = connects / finished if finished else mean
    value = rates.shrunken(connects, finished, mean, weight)
    assert min(raw, mean) - 1e-9 <= value <= max(raw, mean) + 1e-9


def test_equal_values_share_a_rank_and_the_next_is_skipped() -> None:
    assert rates.order([("b", 0.5), ("a", 0.5), ("c", 0.7), ("d", 0.1)]) == [
        (1, "c"),
        (2, "a"),
        (2, "b"),
        (4, "d"),
    ]


def test_pace_is_value_over_what_was_due_by_now() -> None:
    assert rates.pace(60, 200, 0.25) == 1.2
    assert [rates.pace(5, None, 0.5), rates.pace(5, 0, 0.5), rates.pace(5, 10, 0.0)] == [None] * 3
