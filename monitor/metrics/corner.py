"""Some teams of the board, for who sees no more: the same tiles and team sums, and totals over these teams alone.

What an agent or a team has is the board's own. Totals, hours and trunks are counted here, from the same
contributions: of a call that two teams had a part in, only the part of these teams.
"""

from __future__ import annotations

import msgspec

from monitor.domain import Brief, Direction
from monitor.metrics import frames
from monitor.metrics.changes import Changed
from monitor.metrics.day import Day
from monitor.metrics.roster import Roster
from monitor.metrics.tally import Contribution, contribution


class Corner:
    """Teams, what they come to, and what has changed since their watchers were last told."""

    def __init__(self, roster: Roster, effective_seconds: float) -> None:
        self.roster = roster
        self.day = Day()
        self.changed = Changed()
        self.ranking: list[frames.Rank] = []
        self.sent: dict[str, object] = {}
        """The parts told whole, as they were last told: much changes on the board that is none of theirs."""
        self._effective_seconds = effective_seconds

    def begin(self, day: Day) -> None:
        """Count a day anew from what each call has added to the whole board's."""
        trunks = self.day.trunks_after()
        self.day = Day(day.start, day.end, day.hours)
        self.day.trunks.update(trunks)
        self.day.teams = day.teams
        for call_id, part in day.before.items():
            self.put_before(call_id, part)
        for each in day.parts.values():
            if self._concerns(each):
                whole = contribution(each, self._effective_seconds) if isinstance(each, Brief) else each
                self.count(whole, 1)

    def count(self, part: Contribution, sign: int) -> None:
        """Count what a call adds here, or take it back."""
        mine = self._of_these(part)
        if mine is not None:
            self.day.count(mine, sign)
            self.changed.trunks |= {f"{part.pbx}/{seizure.trunk}" for seizure in mine.seizures}

    def put_before(self, call_id: str, part: Contribution) -> None:
        """A call of the hour before the day, for the last hour (``Day.put_before``)."""
        self.day.put_before(call_id, self._of_these(part))

    def alerts(self, active: list[frames.Alert]) -> list[frames.Alert]:
        """Those of these teams."""
        return [alert for alert in active if alert.team in self.roster.teams]

    def note(self, changed: Changed) -> None:
        """Keep what has changed on the whole board, as far as it is seen here, until it is told."""
        self.changed.agents |= changed.agents & self.roster.agents.keys()
        self.changed.teams |= changed.teams & self.roster.teams.keys()
        self.changed.parts |= changed.parts

    def news(self, name: str, value: object) -> object | None:
        """A part told whole, unless it is what was told before."""
        if self.sent.get(name) == value:
            return None
        self.sent[name] = value
        return value

    def _concerns(self, part: Contribution | Brief) -> bool:
        if isinstance(part, Brief):
            agents = {part.agent, *(segment.agent for segment in part.segments)}
        else:
            agents = {part.agent, *(extension for extension, _ in part.talk_micros)}
        return any(self._theirs(part, agent) for agent in agents)

    def _theirs(self, part: Contribution | Brief, extension: str | None) -> bool:
        """Whether an extension was in one of these teams when a call began."""
        if extension is None:
            return False
        return self.roster.work(part.pbx, extension, part.started_at).team in self.roster.teams

    def _of_these(self, part: Contribution) -> Contribution | None:
        talk = tuple(each for each in part.talk_micros if self._theirs(part, each[0]))
        if self._theirs(part, part.agent):
            return part if talk == part.talk_micros else msgspec.structs.replace(part, talk_micros=talk)
        if not talk:
            return None
        # Another team's call that was handed to one of these: the talk is theirs, nothing else of it.
        return msgspec.structs.replace(
            part,
            direction=Direction.OUTBOUND,
            agent=None,
            dial=False,
            connect=False,
            effective=False,
            outcome=None,
            ring_micros=0,
            talk_micros=talk,
            seizures=(),
            complete=True,
        )
