"""The values of the check: days entered by hand, seats, absences, and what was found. Nothing here does I/O.

A person is known by the id that the store gave (``people.id``); while the store has not told the roster yet,
a configured seat stands for a person of its own, by a negative id. Days are the site's calendar days in ISO
form, instants are epoch seconds.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Protocol

import msgspec

from monitor.domain import Outage, Value


class StateDay(msgspec.Struct, frozen=True):
    """A day that the state has arranged: a holiday, or (``working``) a make-up workday."""

    working: bool
    name: str


class OwnDay(Value, frozen=True, kw_only=True):
    """A day entered by hand, for a person, a team, or (with neither) the site.

    ``official`` marks the state's own arrangement, entered because the library does not know it yet.
    """

    day: date
    working: bool
    name: str = ""
    team: str = ""
    person: int = 0
    official: bool = False
    entered_by: str = ""
    entered_at: float = 0.0


class AbsenceKind(StrEnum):
    """Why somebody need not dial."""

    LEAVE = "leave"
    TRAINING = "training"
    FIELD_WORK = "field_work"
    EXCEPTION = "exception"


class Absence(Value, frozen=True, kw_only=True):
    """Somebody need not dial in ``[starts_at, ends_at)``; ``source`` is the id in the system it came from.

    ``withdrawn_at`` is set where it was taken back: it stays to be seen, and no longer counts.
    """

    id: int = 0
    person: int
    kind: AbsenceKind
    starts_at: float
    ends_at: float
    reason: str = ""
    granted_by: str = ""
    granted_at: float = 0.0
    source: str | None = None
    withdrawn_at: float | None = None

    def holds(self, at: float) -> bool:
        """Whether it is in force at an instant."""
        return self.withdrawn_at is None and self.starts_at <= at < self.ends_at


class WorkingDays(Value, frozen=True, kw_only=True):
    """When a person works: on ``weekdays`` (0 Monday to 6 Sunday), or by a ``rota`` of so many days on, so many off."""

    weekdays: tuple[int, ...] | None = None
    rota: tuple[int, ...] = ()
    rota_from: date | None = None

    @property
    def cycle(self) -> tuple[bool, ...]:
        """The rota day by day, true for work."""
        return tuple(place % 2 == 0 for place, days in enumerate(self.rota) for _ in range(days))


class Overtime(Value, frozen=True, kw_only=True):
    """加班: a person, a team or (with neither) the site works in ``[starts_at, ends_at)`` beside the shifts.

    Nobody is late in it unless it has a deadline, ``dial_by_at``. ``withdrawn_at``: it was taken back.
    """

    id: int = 0
    team: str = ""
    person: int = 0
    starts_at: float
    ends_at: float
    dial_by_at: float | None = None
    reason: str = ""
    entered_by: str = ""
    entered_at: float = 0.0
    withdrawn_at: float | None = None


class Seat(Protocol):
    """A person on an extension in a team, valid in ``[valid_from, valid_to)`` (the store's assignment)."""

    @property
    def person_id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def pbx(self) -> str: ...
    @property
    def extension(self) -> str: ...
    @property
    def team(self) -> str: ...
    @property
    def valid_from(self) -> float: ...
    @property
    def valid_to(self) -> float | None: ...
    @property
    def lead(self) -> bool: ...
    @property
    def hired_on(self) -> date | None: ...
    @property
    def newcomer_until(self) -> date | None: ...
    @property
    def working(self) -> Any: ...


def is_newcomer(seat: Seat, day: date, days: int) -> bool:
    """Whether a person counts as new on a day: marked by hand until a day, else within ``days`` of the hire date."""
    if seat.newcomer_until is not None:
        return day < seat.newcomer_until and (seat.hired_on is None or seat.hired_on <= day)
    return seat.hired_on is not None and seat.hired_on <= day < seat.hired_on + timedelta(days=days)


class Finding(Value, frozen=True, kw_only=True):
    """The verdict on a person and shift, with all it rests on.

    ``agent`` is the seat at the deadline (``pbx/extension``). The dial looked for begins in
    ``[counts_from, ends_at)``; ``gaps`` are the periods of it in which the seat's PBX was not heard, ``outages`` those in
    which its phone or the trunks were down (open: up to the dial or the end). ``why`` says
    what made the day a day off (``weekly``, ``rota``, ``holiday``, ``own``, ``shift``), ``why_name`` its name.
    """

    person: int
    agent: str
    team: str
    day: str
    shift: str
    verdict: str
    minutes: int | None = None
    tier: str | None = None
    counts_from: float
    starts_at: float
    dial_by_at: float
    ends_at: float
    first_dial_at: float | None = None
    call_id: str | None = None
    on_inbound: bool = False
    gaps: tuple[tuple[float, float], ...] = ()
    outages: tuple[Outage, ...] = ()
    absence: Absence | None = None
    why: str | None = None
    why_name: str = ""

    @property
    def key(self) -> tuple[int, str, str]:
        """Person, day and shift: of each there is one verdict at a time."""
        return self.person, self.day, self.shift
