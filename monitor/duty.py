"""The values of the check: days entered by hand, seats, absences, and what was found. Nothing here does I/O.

A person is known by the id that the store gave (``people.id``); while the store has not told the roster yet,
a configured seat stands for a person of its own, by a negative id. Days are the site's calendar days in ISO
form, instants are epoch seconds.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Protocol

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
