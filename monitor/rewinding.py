"""回放: the board at any past moment, from what is stored.

A day's calls are kept in brief once they were asked for, a few boards stand where somebody looked last: the next
moment, and each frame of a play, takes them on from there. Counting is done beside the event loop, for one who
asks at a time; who waits behind too many others is refused.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta

import msgspec

from monitor import attendance
from monitor.alerts.desk import shown_alerts
from monitor.alerts.words import Writer
from monitor.config import Settings
from monitor.domain import Call, ExtensionStatus
from monitor.errors import DialwatchError
from monitor.metrics import frames, shifts
from monitor.metrics.board import Board
from monitor.metrics.past import Around, Member, PastBoard, PastCalls, Team
from monitor.metrics.posts import Duty
from monitor.metrics.roster import UNASSIGNED
from monitor.metrics.targets import Goals
from monitor.notices import Alert
from monitor.store.people import Roster
from monitor.store.store import Store

MOST_DAYS = 2
"""So many days of calls are kept, and so many calls, but for the day that is asked for."""
MOST_CALLS = 400_000
MOST_BOARDS = 3
KEPT_SECONDS = 300.0
"""A day is read anew after so long: calls may have been put right since."""
FRESH_SECONDS = 15.0
"""Of today, calls of the last while may not have been stored when it was read."""
PIECE = 1800.0
"""So many seconds of a day are read at once."""
LONG_SECONDS = 4 * 3600.0
"""A call that goes on into the day has begun so long before it at most."""
MOST_WAITING = 8


class BusyError(DialwatchError):
    """Too many are looking back just now."""


class Moment(msgspec.Struct, frozen=True):
    """A board at an instant (epoch seconds)."""

    at: float
    board: frames.Board


class Step(msgspec.Struct, frozen=True):
    """What had changed by an instant since the one before; ``None``: nothing."""

    at: float
    changes: frames.Changes | None


class _Day:
    """A day of calls, and when it was read: by our clock, and up to which instant of the floor's."""

    def __init__(self, day: date, calls: PastCalls, read_at: float) -> None:
        self.day = day
        self.calls = calls
        self.read_at = read_at
        self.read_until = calls.start


class Rewind:
    """Looks back. ``now`` is the floor's clock. Every method may raise ``StoreError`` or ``BusyError``."""

    def __init__(self, store: Store, settings: Settings, now: Callable[[], float]) -> None:
        self._store = store
        self._settings = settings
        self._now = now
        self._writer = Writer(settings.site.name, settings.site.timezone)
        self._days: list[_Day] = []
        self._boards: list[PastBoard] = []
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def at(self, at: float, teams: frozenset[str] | None = None) -> Moment:
        """The board at an instant; of ``teams`` alone where they are named."""
        moment, _ = await self.play(at, 1.0, 0, teams)
        return moment

    async def play(
        self, start: float, step_seconds: float, steps: int, teams: frozenset[str] | None = None
    ) -> tuple[Moment, list[Step]]:
        """The board at an instant, and what changed up to each of the next ones; none is later than now."""
        if self._waiting >= MOST_WAITING:
            raise BusyError("too many are looking back just now; ask again in a moment")
        self._waiting += 1
        try:
            async with self._turn:
                return await self._play(start, step_seconds, steps, teams)
        finally:
            self._waiting -= 1

    async def _play(
        self, start: float, step_seconds: float, steps: int, teams: frozenset[str] | None
    ) -> tuple[Moment, list[Step]]:
        now = self._now()
        wanted = [start + number * step_seconds for number in range(steps + 1)]
        instants = [start, *(at for at in wanted[1:] if at <= now)]
        # A play ends at midnight: the next day is another board.
        today = shifts.day_of(start, self._settings.site.timezone)
        _, midnight = shifts.day_bounds(today, self._settings.site.timezone)
        instants = [at for at in instants if at < midnight]
        known = await self._known(today, instants)
        day = await self._day(today, instants[-1], known.duties[0][1])
        gaps = await self._store.gaps(day.calls.start, midnight)
        day.calls.hear(gaps, await self._store.outages.between(day.calls.start, midnight))
        going_on = await asyncio.to_thread(day.calls.going_on, start, instants[-1])
        whole = await self._store.calls_of(going_on)
        by_id = {call.id: call for call in whole}
        return await asyncio.to_thread(self._count, day.calls, instants, by_id, known, teams)

    # ------------------------------------------------------------------ what was known

    async def _known(self, today: date, instants: Sequence[float]) -> _Known:
        """The plan, roster, alerts and phones as they were known in the course of the instants."""
        first, last = instants[0], instants[-1]
        roster = await self._store.roster()
        before = today - timedelta(days=1)
        duty = await attendance.duty_for(self._store, self._settings, before, today, known_at=first)
        duties = [(first, duty)]
        if last > first:
            later = await attendance.duty_for(self._store, self._settings, before, today, known_at=last)
            if later.known != duty.known:
                for at in instants[1:]:
                    between = await attendance.duty_for(
                        self._store, self._settings, before, today, known_at=at
                    )
                    duties.append((at, between))
        return _Known(
            roster=roster,
            goals=await attendance.goals_for(self._store, self._settings, roster),
            duties=duties,
            alerts=await self._store.alerts.standing(first, last),
            phones=await self._store.extensions(),
        )

    async def _day(self, today: date, asked: float, duty: Duty) -> _Day:
        """The day's calls, read anew where they are too old."""
        known = next((each for each in self._days if each.day == today), None)
        now = self._now()
        if known is not None and time.monotonic() - known.read_at > KEPT_SECONDS:
            self._forget(known)
            known = None
        if known is None:
            start, end = shifts.day_bounds(today, self._settings.site.timezone)
            begins = Board(self._settings, duty).begins_at(start)
            known = _Day(today, PastCalls(begins, end), time.monotonic())
            known.calls.put((), await self._store.calls_over(begins, begins - LONG_SECONDS))
            self._days.insert(0, known)
        calls = known.calls
        stale = known.read_until < min(calls.end, now) and asked > known.read_until - FRESH_SECONDS
        if stale or known.read_until == calls.start:
            begun = max(calls.start, known.read_until - 2 * FRESH_SECONDS)
            until = min(calls.end, now + 1)
            while begun < until:  # half an hour at a time, and everybody else's turn between
                async for briefs, whole in self._store.counted_between(begun, min(begun + PIECE, until)):
                    calls.put(briefs, whole)
                begun += PIECE
            known.read_until = min(calls.end, now)
        self._days.remove(known)
        self._days.insert(0, known)
        while len(self._days) > 1 and (
            len(self._days) > MOST_DAYS or sum(len(each.calls) for each in self._days) > MOST_CALLS
        ):
            self._forget(self._days[-1])
        return known

    def _forget(self, day: _Day) -> None:
        self._days.remove(day)
        self._boards = [board for board in self._boards if board.calls is not day.calls]

    # ------------------------------------------------------------------ counting, beside the loop

    def _count(
        self,
        calls: PastCalls,
        instants: Sequence[float],
        whole: dict[str, Call],
        known: _Known,
        teams: frozenset[str] | None,
    ) -> tuple[Moment, list[Step]]:
        was_on = gc.isenabled()
        gc.disable()  # a day of calls looked through again and again by the collector takes as long as counting
        try:
            at = instants[0]
            stands = self._board(calls, at, known.roster)
            board = stands.go(at, whole, self._around(at, known))
            moment, steps = Moment(at, board.snapshot(at, teams)), []
            _changes(board, at, teams)  # told with the board itself
            for at in instants[1:]:
                board = stands.go(at, whole, self._around(at, known))
                steps.append(Step(at, _changes(board, at, teams)))
            return moment, steps
        finally:
            if was_on:
                gc.enable()

    def _board(self, calls: PastCalls, at: float, roster: Roster) -> PastBoard:
        """The board that can go on to an instant, the nearest before it; else a new one."""
        teams = teams_at(roster, self._settings, at)
        fit = [each for each in self._boards if each.calls is calls and each.teams == teams and each.at <= at]
        found = max(fit, key=lambda each: each.at, default=None)
        if found is None:
            found = PastBoard(self._settings, teams, calls)
        else:
            self._boards.remove(found)
        self._boards = [found, *self._boards][:MOST_BOARDS]
        return found

    def _around(self, at: float, known: _Known) -> Around:
        standing = [
            each
            for each in known.alerts
            if each.raised_at <= at and (each.cleared_at is None or each.cleared_at > at)
        ]
        return Around(
            duty=next(duty for since, duty in reversed(known.duties) if since <= at),
            alerts=shown_alerts(standing, self._writer),
            phones=known.phones,
            goals=known.goals,
            pbxs=[pbx.name for pbx in self._settings.pbx],
        )


class _Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored beside the calls; ``duties``: from when on which plan was known."""

    roster: Roster
    goals: Goals
    duties: Sequence[tuple[float, Duty]]
    alerts: Sequence[Alert]
    phones: Sequence[ExtensionStatus]


def _changes(board: Board, at: float, teams: frozenset[str] | None) -> frames.Changes | None:
    whole = board.delta(at)
    return whole if teams is None else board.delta_of(teams, at)


def teams_at(roster: Roster, settings: Settings, at: float) -> tuple[Team, ...]:
    """The teams as they were made up at an instant, in the order of the settings; those not in it after them."""
    if not roster.assignments:
        return tuple(
            Team(
                team.id,
                team.name,
                tuple(Member(each.pbx, each.extension, each.name) for each in team.agents),
                team.targets,
            )
            for team in settings.teams
        )
    configured = {team.id: team for team in settings.teams}
    places = {
        (each.pbx, each.extension): number
        for number, each in enumerate(each for team in settings.teams for each in team.agents)
    }
    members: dict[str, list[Member]] = {team: [] for team in configured}
    for seat in roster.assignments:
        if seat.holds(at) and seat.team != UNASSIGNED:
            members.setdefault(seat.team, []).append(Member(seat.pbx, seat.extension, seat.name))
    found = []
    for team, agents in members.items():
        known = configured.get(team)
        agents.sort(
            key=lambda each: (places.get((each.pbx, each.extension), len(places)), each.pbx, each.extension)
        )
        name = known.name if known is not None else roster.teams.get(team, team)
        targets = known.targets if known is not None else type(settings.site.targets)()
        if known is not None or agents:
            found.append(Team(team, name, tuple(agents), targets))
    return tuple(found)
