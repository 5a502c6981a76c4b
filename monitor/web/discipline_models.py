"""The shapes of the check's pages: people, absences, days by hand, verdicts, the ledger, an agent's day."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from monitor.domain import Direction, Outcome
from monitor.duty import AbsenceKind
from monitor.web.models import Model


class PersonRow(Model):
    """Who has, or last had, an extension."""

    id: int
    name: str
    extension: str
    agent: str
    team: str
    team_name: str | None


class AbsenceRow(Model):
    """Leave, training, field work or an exception; ``withdrawn_at`` where it was taken back."""

    id: int
    person: int
    name: str
    kind: AbsenceKind
    starts_at: float
    ends_at: float
    reason: str
    granted_by: str
    granted_at: float
    source: str | None
    withdrawn_at: float | None


class NewAbsence(Model):
    """An absence to enter."""

    person: int
    kind: AbsenceKind
    starts_at: float = Field(ge=0, le=4102444800)
    ends_at: float = Field(ge=0, le=4102444800)
    reason: str = Field(min_length=1, max_length=500)


class Reason(Model):
    """Why something is done."""

    reason: str = Field(min_length=1, max_length=500)


class BadRow(Model):
    """A row of a file that is not taken: words are ``import.<problem>`` with ``value``."""

    line: int
    row: str
    problem: str
    value: str


class LeavePreview(Model):
    """What a file of leave comes to; ``written`` tells whether it was taken."""

    changes: list[AbsenceRow]
    lines: list[int]
    known: int
    not_granted: list[BadRow]
    bad: list[BadRow]
    written: bool


class DayRow(Model):
    """A day entered by hand, or (``entered_by`` empty) one of the state's from the library."""

    day: date
    working: bool
    name: str = Field("", max_length=128)
    team: str = ""
    person: int = 0
    person_name: str = ""
    official: bool = False
    entered_by: str = ""


class CalendarYear(Model):
    """A year's days by hand and the state's; ``unknown_from`` as on the board."""

    year: int
    country: str
    known: bool
    unknown_from: date | None
    state: list[DayRow]
    own: list[DayRow]


class DayPreview(Model):
    """What a file of days comes to."""

    days: list[DayRow]
    bad: list[BadRow]
    written: bool


class Stretch(Model):
    """From when to when."""

    starts_at: float
    ends_at: float


class DownStretch(Model):
    """A period in which the phone (``extension``) or all trunks of its PBX (``trunks``) were down; ``ends_at`` is
    ``None`` where that went on."""

    cause: str
    subject: str
    starts_at: float
    ends_at: float | None


class VerdictRow(Model):
    """A verdict with its evidence; ``covered`` where the month's grace covers it."""

    person: int
    name: str
    agent: str
    team: str
    team_name: str | None
    day: date
    shift: str
    shift_name: str
    verdict: str
    minutes: int | None
    tier: str | None
    covered: bool
    counts_from: float
    starts_at: float
    dial_by_at: float
    ends_at: float
    first_dial_at: float | None
    call_id: str | None
    on_inbound: bool
    gaps: list[tuple[float, float]]
    outages: list[DownStretch]
    absence: AbsenceRow | None
    why: str | None
    why_name: str
    decided_at: float | None = None


class AccountRow(Model):
    """A person's month."""

    person: int
    name: str
    extension: str
    team: str
    team_name: str | None
    checked: int
    on_time: int
    late: int
    covered: int
    counted: int
    minutes: int
    tiers: dict[str, int]
    not_started: int
    indeterminate: int
    excused: int
    exceptions: int
    cases: list[VerdictRow]


class Ledger(Model):
    """A month's ledger with the rules it was made by."""

    month: str
    grace_count: int
    grace_minutes: int
    tiers: list[str]
    accounts: list[AccountRow]


class Excuse(Reason):
    """A case to be excused."""

    person: int
    day: date
    shift: str = Field(min_length=1, max_length=64)


class GapStretch(Stretch):
    """A period in which a PBX was not heard, and why."""

    pbx: str
    reason: str


class DayCall(Model):
    """A person's call on the line of time; ``starts_at`` and ``ends_at`` are the person's part in it."""

    id: str
    direction: Direction
    outcome: Outcome | None
    number: str | None
    starts_at: float
    answered_at: float | None
    ends_at: float | None
    talk_seconds: float


class AgentDay(Model):
    """One day of a person on one line of time; ``until`` is how far the day has gone.

    Of the scheduled time up to then ``expected_seconds`` are left without outages.
    """

    day: date
    starts_at: float
    ends_at: float
    until: float
    working: bool
    why: str
    why_name: str
    verdicts: list[VerdictRow]
    breaks: list[Stretch]
    absences: list[AbsenceRow]
    calls: list[DayCall]
    idle: list[Stretch]
    gaps: list[GapStretch]
    outages: list[DownStretch]
    scheduled_seconds: float
    expected_seconds: float


class AgentDays(Model):
    """A person's days."""

    person: PersonRow
    idle_minutes: float
    days: list[AgentDay]
