"""The fair ranking: agents ordered by a connect rate shrunken towards everybody's mean."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from monitor.metrics import frames, rates
from monitor.metrics.agent import AgentDay


def ranking(agents: Iterable[AgentDay], newcomers: Collection[str] = ()) -> list[frames.Rank]:
    """Who has a finished dial, best first; the raw rate and its 95 % interval stand beside the estimate.

    Newcomers are ranked apart, among themselves, and come last.
    """
    every = list(agents)
    return [
        *_ranked((agent for agent in every if agent.id not in newcomers), newcomer=False),
        *_ranked((agent for agent in every if agent.id in newcomers), newcomer=True),
    ]


def _ranked(agents: Iterable[AgentDay], *, newcomer: bool) -> list[frames.Rank]:
    counted = {
        agent.id: (agent.tally.finished_connects, agent.tally.finished)
        for agent in agents
        if agent.tally.finished > 0
    }
    mean, weight = rates.prior(counted.values())
    values = {key: rates.shrunken(*pair, mean, weight) for key, pair in counted.items()}
    found = []
    for rank, key in rates.order(list(values.items())):
        connects, finished = counted[key]
        low, high = rates.wilson(connects, finished) or (0.0, 1.0)
        found.append(
            frames.Rank(
                id=key,
                rank=rank,
                value=round(values[key], 6),
                connect_rate=rates.share(connects, finished),
                low=round(low, 6),
                high=round(high, 6),
                finished=finished,
                newcomer=newcomer,
            )
        )
    return found
