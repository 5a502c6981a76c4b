"""How this site counts, for the store's sums: each call's parts, and the days cut by hours and shifts.

The parts come from the very contribution that the live board adds up, so board and reports can't differ.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import date
from zoneinfo import ZoneInfo

import msgspec

from monitor.domain import Call, Direction
from monitor.metrics import shifts
from monitor.metrics.board import BoardSettings
from monitor.metrics.day import HOUR_SECONDS
from monitor.metrics.tally import contribution
from monitor.parts import NOBODY, Cell, DayPlan, Part

#: To be raised when the same calls are to give other sums: stored sums are then made anew.
VERSION = 2
_DAYS_KEPT = 64


class SitePlan:
    """``parts.Plan`` of a configured site."""

    def __init__(self, settings: BoardSettings) -> None:
        self._zone: ZoneInfo = settings.site.timezone
        self._effective: float = settings.site.effective_seconds
        self._shifts: Sequence[shifts.ShiftTimes] = tuple(settings.shifts)
        self._days: dict[date, DayPlan] = {}
        self.long_gap_seconds: float = settings.discipline.idle_minutes * 60
        self.key = msgspec.json.encode(
            [
                VERSION,
                str(self._zone),
                self._effective,
                self.long_gap_seconds,
                [
                    [s.id, s.start, s.end, s.dial_by, s.counts_from, sorted(s.days)]
                    + [[pause.start, pause.end] for pause in s.breaks]
                    for s in self._shifts
                ],
            ]
        ).decode()

    def parts(self, call: Call) -> tuple[Part, ...]:
        """What a call adds to each agent; the call's own counts stand with its agent, else with nobody."""
        part = contribution(call, self._effective)
        owner = part.agent if part.agent is not None else NOBODY
        talk = dict(part.talk_micros)
        stints = {stint.agent: stint for stint in part.stints}
        found = []
        for agent in dict.fromkeys((owner, *stints)):
            stint = stints.get(agent)
            own = agent == owner
            found.append(
                Part(
                    agent=agent,
                    direction=part.direction.value,
                    trunk=call.trunk,
                    started_at=stint.started_at if stint else None,
                    ended_at=stint.ended_at if stint else None,
                    dial=own and part.dial,
                    finished=own and part.finished,
                    connect=own and part.connect,
                    effective=own and part.effective,
                    missed=own
                    and part.direction is Direction.INBOUND
                    and call.ended
                    and call.answered_at is None,
                    incomplete=own and not part.complete,
                    inbound=own and part.direction is Direction.INBOUND,
                    internal=own and part.direction is Direction.INTERNAL,
                    outcome=part.outcome.value if own and part.outcome is not None else None,
                    ring_micros=part.ring_micros if own else 0,
                    talk_micros=talk.get(agent, 0),
                )
            )
        return tuple(found)

    def day(self, at: float) -> DayPlan:
        """The site's calendar day of an instant."""
        return self.of(shifts.day_of(at, self._zone))

    def of(self, day: date) -> DayPlan:
        """A calendar day."""
        known = self._days.get(day)
        if known is None:
            if len(self._days) >= _DAYS_KEPT:
                self._days.clear()
            known = self._days[day] = self._made(day)
        return known

    def _made(self, day: date) -> DayPlan:
        start, end = shifts.day_bounds(day, self._zone)
        windows = shifts.windows_touching(day, self._shifts, self._zone)
        marks = {start, end}
        marks |= {start + hour * HOUR_SECONDS for hour in range(int((end - start) // HOUR_SECONDS))}
        for window in windows:
            marks |= {at for at in (window.counts_from, window.starts_at, window.ends_at) if start < at < end}
        edges = sorted(marks)
        return DayPlan(
            day=day.isoformat(),
            start=start,
            end=end,
            cells=tuple(
                Cell(
                    hour=int((begin - start) // HOUR_SECONDS),
                    shift=_shift(windows, begin),
                    start=begin,
                    end=to,
                )
                for begin, to in itertools.pairwise(edges)
            ),
            hours=tuple(shifts.hours(windows, start, end)),
        )


def _shift(windows: Sequence[shifts.Window], at: float) -> str:
    """The shift an instant lies in, else the one it is counted for already, else none."""
    for window in windows:
        if window.starts_at <= at < window.ends_at:
            return window.shift
    for window in windows:
        if window.counts_from <= at < window.starts_at:
            return window.shift
    return ""
