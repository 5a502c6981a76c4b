"""What today asks of everybody who has a tile, and who of them is new: made once for each change of the plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from monitor.duty import is_newcomer
from monitor.metrics import frames, targets
from monitor.metrics.posts import Duty
from monitor.metrics.roster import Roster
from monitor.metrics.targets import Goals


class Asked:
    """The day's targets by tile, and by tile the dials that are asked of it, where any are.

    ``newcomers`` and ``leads`` are tiles.
    """

    def __init__(self) -> None:
        self.targets: Mapping[str, frames.Targets] = {}
        self.newcomers: frozenset[str] = frozenset()
        self.leads: frozenset[str] = frozenset()
        self.dials: Mapping[str, float] = {}

    @classmethod
    def of(cls, roster: Roster, goals: Goals, duty: Duty, day: date, newcomer_days: int) -> Asked:
        """What a day asks of the seats of a roster."""
        made = cls()
        made.targets = {
            tile: targets.day_target(goals, duty, seat.person_id, seat.team, day)
            for tile, seat in roster.people.items()
        }
        made.newcomers = frozenset(
            tile for tile, seat in roster.people.items() if is_newcomer(seat, day, newcomer_days)
        )
        made.leads = frozenset(tile for tile, seat in roster.people.items() if seat.lead)
        made.dials = {tile: each.dials for tile, each in made.targets.items() if each.dials is not None}
        return made

    def together(self, tiles: Iterable[str]) -> frames.Targets:
        """The targets of several tiles; a rate that is asked of all alike is theirs, else there is none."""
        mine = [self.targets[tile] for tile in tiles if tile in self.targets]
        return targets.total(mine, targets.common_rate(mine))
