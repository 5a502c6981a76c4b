"""Whom the morning meeting praises: the best few by each figure, fair to small samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from monitor.metrics import rates
from monitor.metrics.sheet import Best, Line

SHOWN = 3
LEAST_FINISHED = 30
"""A rate of fewer dials is no one's best."""


def best(agents: Sequence[Line]) -> list[Best]:
    """The first of each figure; by connect rate after its shrunken estimate (METRICS: ranking), the raw rate beside it."""
    mean, weight = rates.prior(
        (each.figures.outcomes.get("answered", 0), each.figures.finished) for each in agents
    )

    def shrunken(line: Line) -> float:
        f = line.figures
        if f.finished < LEAST_FINISHED or f.connect_rate is None:
            return 0.0
        return rates.shrunken(round(f.connect_rate * f.finished), f.finished, mean, weight)

    by: list[tuple[str, Callable[[Line], float], Callable[[Line], float]]] = [
        ("dials", lambda line: line.figures.dials, lambda line: line.figures.dials),
        ("connects", lambda line: line.figures.connects, lambda line: line.figures.connects),
        ("connect_rate", shrunken, lambda line: line.figures.connect_rate or 0.0),
        (
            "effective_connects",
            lambda line: line.figures.effective_connects,
            lambda line: line.figures.effective_connects,
        ),
        ("talk_seconds", lambda line: line.figures.talk_seconds, lambda line: line.figures.talk_seconds),
    ]
    found = []
    for metric, order, shown in by:
        values = [(line.key, order(line)) for line in agents if order(line) > 0]
        lines = {line.key: line for line in agents}
        for rank, key in rates.order(values)[:SHOWN]:
            line = lines[key]
            found.append(
                Best(
                    metric=metric,
                    rank=rank,
                    key=key,
                    label=line.label,
                    extension=line.extension,
                    team=line.team,
                    value=shown(line),
                )
            )
    return found
