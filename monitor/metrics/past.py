"""A past day to be looked at: its calls by begin and end, and a board taken through it.

The board is the live one (``board.py``), told what was known then (``asof.py``). Forward it goes by what changed in
between, as time does; an instant before the one it stands at takes a board of its own.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from monitor.domain import Brief, Call, Change, ExtensionStatus, Gap, LinkState, LinkStatus, Outage, brief
from monitor.metrics import frames
from monitor.metrics.asof import call_at, gap_at, outage_at, over_at, phone_at
from monitor.metrics.board import Board, BoardSettings
from monitor.metrics.posts import Duty
from monitor.metrics.targets import Goals


class Member(msgspec.Struct, frozen=True):
    """Somebody on an extension."""

    pbx: str
    extension: str
    name: str


class Team(msgspec.Struct, frozen=True):
    """A team as it was made up then; ``targets`` are a day's (``targets.TargetsOf``)."""

    id: str
    name: str
    agents: tuple[Member, ...]
    targets: Any


class PastSettings:
    """The site's settings with the teams of then."""

    def __init__(self, settings: BoardSettings, teams: Sequence[Team]) -> None:
        self.calendar: Any = settings.calendar
        self.discipline: Any = settings.discipline
        self.roster: Any = settings.roster
        self.site: Any = settings.site
        self.shifts: Any = settings.shifts
        self.teams: Any = tuple(teams)


class PastCalls:
    """The calls of a day: in brief those that are over, by their ids those that go on."""

    def __init__(self, start: float, end: float) -> None:
        self.start, self.end = start, end
        self._gaps: tuple[Gap, ...] = ()
        self.outages: tuple[Outage, ...] = ()
        self._briefs: dict[str, Brief] = {}
        self._open: dict[str, float] = {}
        self._ending: list[tuple[float, str]] = []
        self._begun: list[tuple[float, float, str]] = []
        self._longest = 0.0
        self._sorted = True

    def __len__(self) -> int:
        return len(self._briefs) + len(self._open)

    def put(self, briefs: Iterable[Brief], calls: Iterable[Call]) -> None:
        """Take calls as they are stored: in brief or whole."""
        for each in briefs:
            self._briefs[each.id] = each
            self._open.pop(each.id, None)
        for call in calls:
            short = brief(call)
            if short is None:
                self._open[call.id] = call.started_at
            else:
                self._briefs[call.id] = short
                self._open.pop(call.id, None)
        self._sorted = False

    def hear(self, gaps: Iterable[Gap], outages: Iterable[Outage] = ()) -> None:
        """When the PBXs were not heard, and what was down.

        A call that ended in a gap was known to be over when the gap was.
        """
        self.outages = tuple(outages)
        gaps = tuple(gaps)
        if gaps != self._gaps:
            self._gaps, self._sorted = gaps, False

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """When the PBXs were not heard."""
        return self._gaps

    def _sort(self) -> None:
        if self._sorted:
            return
        overs = [(over_at(each, self._gaps) or 0.0, each) for each in self._briefs.values()]
        self._ending = sorted((over, each.id) for over, each in overs)
        self._longest = max((over - each.started_at for over, each in overs), default=0.0)
        self._begun = sorted((each.started_at, over, each.id) for over, each in overs)
        self._sorted = True

    def ended(self, after: float, until: float) -> list[Brief]:
        """Calls known to be over in ``(after, until]``."""
        self._sort()
        first, last = (bisect_right(self._ending, at, key=lambda each: each[0]) for at in (after, until))
        return [self._briefs[call_id] for _, call_id in self._ending[first:last]]

    def going_on(self, start: float, end: float) -> list[str]:
        """Ids of the calls that went on at some instant of ``[start, end]``."""
        self._sort()
        first = bisect_left(self._begun, (start - self._longest,))
        last = bisect_right(self._begun, end, key=lambda each: each[0])
        found = [call_id for _, over, call_id in self._begun[first:last] if over > start]
        return found + [call_id for call_id, begun in self._open.items() if begun <= end]


class Around(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown at an instant beside the calls: ``phones`` by their last word, ``pbxs`` by name."""

    duty: Duty
    alerts: Sequence[frames.Alert] = ()
    phones: Sequence[ExtensionStatus] = ()
    pbxs: Sequence[str] = ()
    goals: Goals | None = None


class PastBoard:
    """The board of a past day at one instant after the other. ``at`` is where it stands."""

    def __init__(self, settings: BoardSettings, teams: Sequence[Team], calls: PastCalls) -> None:
        self.teams = tuple(teams)
        self.calls = calls
        self.at = float("-inf")
        self._settings = PastSettings(settings, teams)
        self._board: Board | None = None
        self._duty: Duty | None = None
        self._told: dict[str, Change] = {}

    def go(self, at: float, whole: Mapping[str, Call], around: Around) -> Board:
        """Take the board to ``at``, not before where it stands; ``whole`` has every call going on then."""
        board = self._learned(around.duty, around.goals, at)
        calls, gaps = self.calls, self.calls.gaps
        ended = calls.ended(self.at, at)
        if ended:
            board.load(ended, at)
        going_on = [call_at(whole[each], at, gaps) for each in calls.going_on(at, at) if each in whole]
        stands: list[Change | None] = [*going_on, *(gap_at(gap, at) for gap in gaps)]
        stands += [outage_at(each, at) for each in calls.outages]
        stands += [_link(pbx, gaps, at) for pbx in around.pbxs]
        told, self._told = self._told, {}
        for each in stands:
            if each is not None:
                key = f"{type(each).__name__} {each.pbx if isinstance(each, LinkStatus) else each.id}"  # type: ignore[union-attr]
                self._told[key] = each
                if told.get(key) != each:
                    board.apply(each, at)
        words = [*around.phones, *filter(None, (phone_at(each, at) for each in calls.outages))]
        for phone in sorted(words, key=lambda each: each.at):
            if self.at < phone.at <= at:
                board.apply(phone, at)
        board.alerts(around.alerts)
        board.tick(at)
        self.at = at
        return board

    def _learned(self, duty: Duty, goals: Goals | None, at: float) -> Board:
        if self._board is None:
            self._board = Board(self._settings, duty, goals)
        elif self._duty is None or self._duty.known != duty.known:
            self._board.learn(duty, at)
        self._duty = duty
        return self._board


def _link(pbx: str, gaps: Iterable[Gap], at: float) -> LinkStatus:
    """How a PBX was heard, as its gaps tell."""
    mine = [gap for gap in gaps if gap.pbx == pbx and gap.started_at <= at]
    now = next((gap for gap in mine if gap.ended_at is None or gap.ended_at > at), None)
    if now is not None:
        return LinkStatus(pbx=pbx, state=LinkState.DOWN, since=now.started_at, reason=now.reason.value)
    since = max((gap.ended_at for gap in mine if gap.ended_at is not None), default=0.0)
    return LinkStatus(pbx=pbx, state=LinkState.UP, since=since)
