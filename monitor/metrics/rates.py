"""Rates that can be compared: connect rate with its interval, a ranking fair to small samples, pace."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

#: Normal quantile of a two-sided 95 % interval.
Z95 = 1.959963984540054

#: Weight of the site's mean in a shrunken rate, in dials, where agents' spread cannot be told.
DEFAULT_PRIOR = 40.0


def share(part: float, whole: float) -> float | None:
    """``part ÷ whole``; undefined (``None``) with nothing to divide by."""
    return part / whole if whole > 0 else None


def wilson(successes: int, trials: int, z: float = Z95) -> tuple[float, float] | None:
    """Wilson score interval of a rate (Wilson 1927); ``None`` without a trial."""
    if trials <= 0:
        return None
    rate = successes / trials
    centre = (rate + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z / (1 + z * z / trials) * math.sqrt(rate * (1 - rate) / trials + z * z / (4 * trials * trials))
    return max(0.0, centre - half), min(1.0, centre + half)


def prior(samples: Iterable[tuple[int, int]]) -> tuple[float, float]:
    """Mean and weight of the beta prior of ``(connects, finished)`` pairs, by the method of moments.

    The weight is how many dials the common mean is worth: large where agents hardly differ, small where
    they do; held between 10 and 200 so that neither a few early dials nor a still morning decide.
    """
    known = [(connects, finished) for connects, finished in samples if finished > 0]
    total = sum(finished for _, finished in known)
    if total == 0:
        return 0.0, DEFAULT_PRIOR
    mean = sum(connects for connects, _ in known) / total
    if len(known) < 3 or mean in (0.0, 1.0):
        return mean, DEFAULT_PRIOR
    spread = sum(finished * (connects / finished - mean) ** 2 for connects, finished in known) / total
    noise = mean * (1 - mean) * len(known) / total
    between = spread - noise
    if between <= 0:
        return mean, 200.0
    return mean, min(200.0, max(10.0, mean * (1 - mean) / between - 1))


def shrunken(connects: int, finished: int, mean: float, weight: float) -> float:
    """Beta-binomial posterior mean: 2 of 2 does not beat 180 of 300."""
    return (connects + mean * weight) / (finished + weight)


def order(values: Sequence[tuple[str, float]]) -> list[tuple[int, str]]:
    """Ranks, 1 the best; equal values share a rank, ids keep the order stable."""
    ranked = sorted(values, key=lambda item: (-item[1], item[0]))
    ranks: list[tuple[int, str]] = []
    for position, (key, value) in enumerate(ranked, 1):
        same = position > 1 and math.isclose(value, ranked[position - 2][1], abs_tol=1e-12)
        ranks.append((ranks[-1][0] if same else position, key))
    return ranks


def pace(value: float, target: float | None, elapsed_share: float) -> float | None:
    """Value ÷ (target × share of scheduled time that has passed); ``None`` without target or time."""
    if target is None or target <= 0 or elapsed_share <= 0:
        return None
    return value / (target * elapsed_share)
