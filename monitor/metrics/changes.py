"""What has changed on the board since somebody was last told."""

from __future__ import annotations

from collections.abc import Iterable

PARTS = frozenset(
    ("site", "deadlines", "ranking", "links", "gaps", "outages", "hours", "last_hour", "alerts")
)
"""The parts of a board that are told whole."""


class Changed:
    """Ids of agents, teams and trunks, and names of other parts."""

    __slots__ = ("agents", "parts", "teams", "trunks")

    def __init__(
        self,
        agents: Iterable[str] = (),
        teams: Iterable[str] = (),
        trunks: Iterable[str] = (),
        parts: Iterable[str] = (),
    ) -> None:
        self.agents = set(agents)
        self.teams = set(teams)
        self.trunks = set(trunks)
        self.parts = set(parts)
