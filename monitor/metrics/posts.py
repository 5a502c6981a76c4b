"""Who has to dial in which shift: seats, calendar and absences put together.

A person is on duty in a shift when the person holds a seat at its deadline, the seat's team works the shift, and
the calendar makes the day a workday. Shifts may name weekdays; on a workday that is none by the weekly pattern (a
make-up workday, a rota's, one entered by hand) they count too where they name the day, else all of the team's do.
Whoever has an absence in force at the deadline is excused, whatever else the person did. Overtime is working time
of whom it was entered for, whatever the calendar says; it is a shift of its own where it has a deadline.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import msgspec

from monitor.duty import Absence, AbsenceKind, Overtime, OwnDay, Seat, StateDay
from monitor.metrics import shifts
from monitor.metrics.calendar import Calendar, Day, DayKind, Pattern

OVERTIME = "overtime/"
"""Begin of the shift id of overtime that has a deadline; what follows is its number."""

EARLY_SECONDS = 900.0
"""A dial so long before overtime begins counts as begun, as with a shift without ``counts_from``."""

AWAY = (AbsenceKind.LEAVE, AbsenceKind.TRAINING, AbsenceKind.FIELD_WORK)
"""Absences in which nobody is asked for figures; an exception only excuses a late start."""


class Span(msgspec.Struct, frozen=True):
    """A person had an extension (``pbx/extension``) in ``[start, end)``."""

    agent: str
    start: float
    end: float


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """A person in a shift: on duty or not, and why; ``absence`` excuses. ``agent`` is the seat at the deadline.

    ``stayed`` says that the person had no other, from ``counts_from`` to the end; ``unwatched`` is when the check
    did not watch the seat's PBX yet.
    """

    person: int
    agent: str
    team: str
    day: Day
    on_shift: bool
    absence: Absence | None
    spans: tuple[Span, ...]
    stayed: bool
    unwatched: tuple[tuple[float, float], ...]

    @property
    def scheduled(self) -> bool:
        """Whether the person has to work the shift, excused or not."""
        return self.day.working and self.on_shift

    @property
    def why(self) -> str | None:
        """What makes it a day off; ``shift``: the person works other shifts."""
        if self.scheduled:
            return None
        return "shift" if self.day.working else self.day.kind.value

    @property
    def reason(self) -> str | None:
        """What made it a day off, else the kind of absence that excuses."""
        return self.why or (self.absence.kind if self.absence is not None else None)

    @property
    def expected(self) -> bool:
        """Whether the person has to dial by the deadline."""
        return self.scheduled and self.absence is None


class Duty:
    """The plan of a site: built from what is known now, to be asked for any day.

    ``watched`` is from when on each PBX is watched (one that is missing never was; ``None``: all, always).
    ``known`` is what it was made of beside the settings, to see whether another says anything new.
    """

    def __init__(
        self,
        plan: Iterable[shifts.ShiftTimes],
        zone: ZoneInfo,
        seats: Iterable[Seat],
        *,
        calendar: Calendar | None = None,
        team_shifts: Mapping[str, Sequence[str]] | None = None,
        absences: Iterable[Absence] = (),
        overtime: Iterable[Overtime] = (),
        watched: Mapping[str, float] | None = None,
    ) -> None:
        self.known: object = None
        self._watched = watched
        self.zone = zone
        self.calendar = calendar if calendar is not None else Calendar()
        self.seats = tuple(seats)
        self._shifts = {shift.id: shift for shift in plan}
        self._team_shifts = {team: frozenset(names) for team, names in (team_shifts or {}).items() if names}
        self._absences: dict[int, list[Absence]] = {}
        for each in sorted(absences, key=lambda each: (each.starts_at, each.id)):
            if each.withdrawn_at is None:
                self._absences.setdefault(each.person, []).append(each)
        self.overtime = tuple(each for each in overtime if each.withdrawn_at is None)
        self._windows: dict[date, list[shifts.Window]] = {}
        self._posts: dict[tuple[date, str], dict[int, Post]] = {}
        self._days: dict[tuple[date, str, int], Day] = {}
        # Most people of a team have the same hours: they are worked out once.
        self._hours: dict[tuple[tuple[date, str], ...], list[tuple[float, float]]] = {}
        self._of_person: dict[int, list[Seat]] = {}
        self._on_extension: dict[str, list[Seat]] = {}
        for seat in self.seats:
            self._of_person.setdefault(seat.person_id, []).append(seat)
            self._on_extension.setdefault(agent_id(seat), []).append(seat)

    def windows(self, day: date) -> list[shifts.Window]:
        """The shifts that begin on a day and that somebody has to work, in order."""
        known = self._windows.get(day)
        if known is None:
            every = [shifts.window(day, shift, self.zone) for shift in self._shifts.values()]
            every += [
                _overtime_window(each, day)
                for each in self.overtime
                if each.dial_by_at is not None and shifts.day_of(each.starts_at, self.zone) == day
            ]
            found = [window for window in every if self._worked(window)]
            known = self._windows[day] = sorted(found, key=lambda window: window.starts_at)
        return known

    def windows_touching(self, day: date) -> list[shifts.Window]:
        """The shifts of a day, and before them those of the day before that go on past midnight."""
        midnight, _ = shifts.day_bounds(day, self.zone)
        before = date.fromordinal(day.toordinal() - 1)
        return [*(each for each in self.windows(before) if each.ends_at > midnight), *self.windows(day)]

    def _worked(self, window: shifts.Window) -> bool:
        if not self.seats:
            return not window.shift.startswith(OVERTIME) and self._on_shift(
                window, "", self.calendar.day(window.day)
            )
        return any(post.scheduled for post in self.posts(window).values())

    def posts(self, window: shifts.Window) -> dict[int, Post]:
        """Everybody who holds a seat at the deadline, by person."""
        place = (window.day, window.shift)
        found = self._posts.get(place)
        if found is None:
            found = self._posts[place] = {}
            extra = self._overtime_of(window)
            for seat in self.seats:
                if extra is not None and not _concerns(extra, seat):
                    continue
                if seat.person_id not in found and _holds(seat, window.dial_by_at):
                    found[seat.person_id] = self._post(seat, window)
        return found

    def _post(self, seat: Seat, window: shifts.Window) -> Post:
        person = seat.person_id
        extra = self._overtime_of(window)
        day = self._day(window.day, seat.team, person)
        if extra is not None:
            day = Day(True, DayKind.OWN, extra.reason)
        spans = tuple(self.spans(person, window.counts_from, window.ends_at))
        excusing = (each for each in self._absences.get(person, ()) if each.holds(window.dial_by_at))
        return Post(
            person=person,
            agent=agent_id(seat),
            team=seat.team,
            day=day,
            on_shift=extra is not None or self._on_shift(window, seat.team, day),
            absence=next(excusing, None),
            spans=spans,
            unwatched=tuple(self._unwatched(spans)),
            stayed=[(s.start, s.end) for s in spans] == [(window.counts_from, window.ends_at)],
        )

    def _day(self, day: date, team: str, person: int) -> Day:
        key = (day, team, person)
        found = self._days.get(key)
        if found is None:
            found = self._days[key] = self.calendar.day(day, team, person)
        return found

    def _hours_of(self, windows: Sequence[shifts.Window]) -> list[tuple[float, float]]:
        """All the hours of shifts, without their breaks."""
        key = tuple((each.day, each.shift) for each in windows)
        found = self._hours.get(key)
        if found is None:
            found = self._hours[key] = shifts.hours(windows, float("-inf"), float("inf"))
        return found

    def _hours_between(
        self, windows: Sequence[shifts.Window], start: float, end: float
    ) -> list[tuple[float, float]]:
        clipped = ((max(start, begin), min(end, to)) for begin, to in self._hours_of(windows))
        return [(begin, to) for begin, to in clipped if begin < to]

    def _unwatched(self, spans: Iterable[Span]) -> Iterator[tuple[float, float]]:
        for span in spans if self._watched is not None else ():
            begun = (self._watched or {}).get(span.agent.partition("/")[0], span.end)
            if begun > span.start:
                yield span.start, min(span.end, begun)

    def _on_shift(self, window: shifts.Window, team: str, day: Day) -> bool:
        mine = self._team_shifts.get(team, self._shifts.keys())
        if not day.working or window.shift not in mine:
            return False
        weekday = window.day.weekday()
        if weekday in self._shifts[window.shift].days:
            return True
        return day.kind is not DayKind.WEEKLY and all(weekday not in self._shifts[each].days for each in mine)

    def _overtime_of(self, window: shifts.Window) -> Overtime | None:
        if not window.shift.startswith(OVERTIME):
            return None
        number = int(window.shift.removeprefix(OVERTIME))
        return next(each for each in self.overtime if each.id == number)

    def spans(self, person: int, start: float, end: float) -> list[Span]:
        """The extensions of a person in a stretch of time."""
        found = []
        for seat in self._of_person.get(person, ()):
            begin = max(start, seat.valid_from)
            until = end if seat.valid_to is None else min(end, seat.valid_to)
            if begin < until:
                found.append(Span(agent_id(seat), begin, until))
        return found

    def holder(self, agent: str, at: float) -> int | None:
        """Who has an extension at an instant."""
        return next((s.person_id for s in self._on_extension.get(agent, ()) if _holds(s, at)), None)

    def holders(self, agent: str, start: float, end: float) -> list[tuple[int, float, float]]:
        """Who has an extension in a stretch of time: person, from, to."""
        found = []
        for seat in self._on_extension.get(agent, ()):
            begin = max(start, seat.valid_from)
            until = end if seat.valid_to is None else min(end, seat.valid_to)
            if begin < until:
                found.append((seat.person_id, begin, until))
        return found

    def absences(self, person: int, start: float, end: float) -> list[Absence]:
        """A person's absences that touch a stretch of time, in order; withdrawn ones are left out."""
        mine = self._absences.get(person, ())
        return [each for each in mine if each.starts_at < end and each.ends_at > start]

    def hours(self, person: int, start: float, end: float) -> list[tuple[float, float]]:
        """When a person has to work between two instants: the shifts, without breaks and absences."""
        found = self.worked(person, start, end)
        away = [(each.starts_at, each.ends_at) for each in self.absences(person, start, end)]
        extra = self._extra_hours(self._of_person.get(person, ()), start, end)
        whole = self._hours_between(found, start, end)
        return shifts.without(shifts.joined(whole + extra) if extra else whole, away)

    def worked(self, person: int | None, start: float, end: float) -> list[shifts.Window]:
        """The shifts of the days between two instants, and of the day before, that a person (``None``: anybody) works."""
        first, last = shifts.day_of(start, self.zone), shifts.day_of(end, self.zone)
        found: list[shifts.Window] = []
        for number in range(first.toordinal() - 1, last.toordinal() + 1):
            for window in self.windows(date.fromordinal(number)):
                post = self.posts(window).get(person) if person is not None else None
                if person is None or (post is not None and post.scheduled):
                    found.append(window)
        return found

    def _extra_hours(self, seats: Iterable[Seat], start: float, end: float) -> list[tuple[float, float]]:
        """The overtime of whoever holds one of these seats, between two instants."""
        return [
            (begin, until)
            for each in self.overtime
            for seat in seats
            if _concerns(each, seat)
            and (begin := max(start, each.starts_at, seat.valid_from))
            < (until := min(end, each.ends_at, float("inf") if seat.valid_to is None else seat.valid_to))
        ]

    def site_hours(self, start: float, end: float) -> list[tuple[float, float]]:
        """When anybody has to work between two instants: shifts without breaks, and overtime."""
        worked = self._hours_between(self.worked(None, start, end), start, end)
        return shifts.joined(worked + self._extra_hours(self.seats, start, end))

    def asked(self, person: int, team: str, day: date) -> tuple[float, float, float]:
        """The time of a team's shifts of a day by a person's calendar, how much of it the person had a seat in the
        team, and what leave, training and field work leave of that; in seconds.

        Overtime is left out: nothing more is asked for because somebody works longer.
        """
        here = self._day(day, team, person)
        if not self._shifts:
            start, end = shifts.day_bounds(day, self.zone)
            held = here.working and any(
                seat.team == team
                and seat.valid_from < end
                and (seat.valid_to is None or seat.valid_to > start)
                for seat in self._of_person.get(person, ())
            )
            return float(here.working), float(held), float(held)
        windows = [each for each in self.windows(day) if not each.shift.startswith(OVERTIME)]
        theirs = [each for each in windows if self._on_shift(each, team, here)]
        mine = []
        for window in theirs:
            post = self.posts(window).get(person)
            if post is not None and post.scheduled and post.team == team:
                mine.append(window)
        if not mine:
            return _length(self._hours_of(theirs)), 0.0, 0.0
        held_hours = self._hours_of(mine)
        away = [
            (each.starts_at, each.ends_at)
            for each in self.absences(person, held_hours[0][0], held_hours[-1][1])
            if each.kind in AWAY
        ]
        return (
            _length(self._hours_of(theirs)),
            _length(held_hours),
            _length(shifts.without(held_hours, away)),
        )


class ConfiguredSeat(msgspec.Struct, frozen=True, kw_only=True):
    """A seat as configured, while the store has not told who sits there: a person of its own, by a negative id."""

    person_id: int
    name: str
    pbx: str
    extension: str
    team: str
    valid_from: float = 0.0
    valid_to: float | None = None
    lead: bool = False
    hired_on: date | None = None
    newcomer_until: date | None = None
    working: Any = None


class DutySettings(Protocol):
    """The part of the settings that says who works when (``config.Settings``)."""

    @property
    def site(self) -> Any: ...
    @property
    def calendar(self) -> Any: ...
    @property
    def shifts(self) -> Any: ...
    @property
    def teams(self) -> Any: ...


def duty_of(
    settings: DutySettings,
    seats: Iterable[Seat] | None = None,
    *,
    state: Mapping[date, StateDay] | None = None,
    state_years: Iterable[int] | None = None,
    own: Iterable[OwnDay] = (),
    absences: Iterable[Absence] = (),
    overtime: Iterable[Overtime] = (),
    watched: Mapping[str, float] | None = None,
) -> Duty:
    """The plan of a configured site with what is known beside the settings; without ``seats`` the configured ones."""
    held: Sequence[Seat] = configured_seats(settings) if seats is None else tuple(seats)
    by_hand = tuple(own)
    own_patterns = {
        f"{agent.pbx}/{agent.extension}": _pattern(agent.working)
        for team in settings.teams
        for agent in team.agents
        if agent.working is not None
    }
    calendar = Calendar(
        _pattern(settings.calendar),
        teams={team.id: _pattern(team.working) for team in settings.teams if team.working is not None},
        people={
            seat.person_id: own_patterns[agent_id(seat)]
            for seat in held
            if seat.valid_to is None and agent_id(seat) in own_patterns
        }
        | {seat.person_id: _pattern(seat.working) for seat in held if seat.working is not None},
        state=state,
        state_years=state_years,
        own=by_hand,
    )
    away, extra = tuple(absences), tuple(overtime)
    duty = Duty(
        settings.shifts,
        settings.site.timezone,
        held,
        calendar=calendar,
        team_shifts={team.id: team.shifts for team in settings.teams},
        absences=away,
        overtime=extra,
        watched=watched,
    )
    duty.known = (tuple(held), dict(state or {}), by_hand, away, extra, watched)
    return duty


def configured_seats(settings: DutySettings) -> list[ConfiguredSeat]:
    """The seats as configured."""
    placed = [(team.id, agent) for team in settings.teams for agent in team.agents]
    return [
        ConfiguredSeat(
            person_id=-number,
            name=agent.name,
            pbx=agent.pbx,
            extension=agent.extension,
            team=team,
            lead=agent.lead,
            hired_on=agent.hired_on,
            newcomer_until=agent.newcomer_until,
            working=agent.working,
        )
        for number, (team, agent) in enumerate(placed, 1)
    ]


def _pattern(working: Any) -> Pattern:
    """A pattern of the settings (``config_duty.Working``)."""
    weekdays = None if working.weekdays is None else frozenset(working.weekdays)
    return Pattern(weekdays=weekdays, rota=working.cycle, rota_from=working.rota_from)


def agent_id(seat: Seat) -> str:
    """The extension as the board names it."""
    return f"{seat.pbx}/{seat.extension}"


def _overtime_window(each: Overtime, day: date) -> shifts.Window:
    """Overtime that has a deadline, as a shift of its own."""
    by = each.dial_by_at if each.dial_by_at is not None else each.ends_at
    return shifts.Window(
        day=day,
        shift=f"{OVERTIME}{each.id}",
        name=each.reason,
        counts_from=each.starts_at - EARLY_SECONDS,
        starts_at=each.starts_at,
        dial_by_at=by,
        late_at=by,
        ends_at=each.ends_at,
    )


def _concerns(each: Overtime, seat: Seat) -> bool:
    """Whether overtime was entered for who holds a seat."""
    if each.person:
        return each.person == seat.person_id
    return each.team in ("", seat.team)


def _length(periods: Iterable[tuple[float, float]]) -> float:
    return sum(end - start for start, end in periods)


def _holds(seat: Seat, at: float) -> bool:
    return seat.valid_from <= at and (seat.valid_to is None or at < seat.valid_to)
