"""A person's figures of today in a team, on whatever extension; those of an extension nobody has stand alone."""

from __future__ import annotations

from monitor.metrics.idle import Line, TimeLine
from monitor.metrics.tally import Tally


class Workday:
    """Sums and time line; ``tile`` is the agent id of the tile that shows them now, if one does."""

    __slots__ = ("line", "tally", "team", "tile", "time_line")

    def __init__(self, team: str, tile: str | None = None) -> None:
        self.team = team
        self.tile = tile
        self.tally = Tally()
        self.time_line = TimeLine("")
        self.line = Line()
