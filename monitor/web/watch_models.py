"""The shapes of the watch's pages: missed inbound, breaches, private calls, questions, the lists of numbers."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from monitor.domain import Direction, Outcome
from monitor.web.discipline_models import BadRow
from monitor.web.models import Model
from monitor.web.words import Language

DAY_SECONDS = 86400.0
MOST_DAYS = 31


class Stretch(BaseModel):
    """A stretch of time ``[from, to)`` of at most 31 days (and an hour, where clocks change), and teams."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    start: float = Field(alias="from", description="begun at or after")
    end: float = Field(alias="to", description="begun before")
    team: list[str] = Field([], max_length=100, description="team id; may be repeated")


class StretchFile(Stretch):
    """The same, for a file."""

    language: Language | None = None


class Who(Model):
    """An extension with whoever had it then, and the team."""

    agent: str
    extension: str
    name: str | None
    team: str | None
    team_name: str | None


class AfterRow(Model):
    """A later call with the same number: a dial to it, or the caller's own next one."""

    call_id: str
    direction: Direction
    started_at: float
    who: Who | None


class MissedRow(Model):
    """A missed call and what became of it; ``seconds`` from its end to the begin of ``back``.

    ``callable`` is false where no number was shown. ``teams`` are those whose phones rang, else the queue's.
    """

    call_id: str
    started_at: float
    ended_at: float | None
    number: str | None
    queue: str | None
    rang: list[Who]
    teams: list[str]
    team_names: list[str]
    back: AfterRow | None
    reached: AfterRow | None
    seconds: float | None
    callable: bool


class MissedSums(Model):
    """Counts of missed calls; seconds until the call back are of those called back."""

    team: str | None
    team_name: str | None
    missed: int
    called_back: int
    reached: int
    open: int
    no_number: int
    median_seconds: float | None
    longest_seconds: float | None


class MissedPage(Model):
    """Missed inbound: of the site (or of the teams asked for), by team, and call by call, newest first."""

    horizon_days: int
    site: MissedSums
    teams: list[MissedSums]
    rows: list[MissedRow]


class CaseCall(Model):
    """A call that a case rests on; ``marked`` if it broke the rule."""

    call_id: str
    started_at: float
    direction: Direction
    outcome: Outcome | None
    talk_seconds: float
    who: Who | None
    marked: bool


class CaseRow(Model):
    """A case of a rule: whom it is about, its calls (the last ones), and the figures that say why.

    ``link`` is the filter of the calls page that shows exactly its calls.
    """

    id: str
    rule: str
    number: str | None
    agents: list[Who]
    teams: list[str]
    first_at: float
    last_at: float
    count: int
    calls: list[CaseCall]
    figures: dict[str, float | int | str | None]
    link: str


class CasePage(Model):
    """Cases, newest first: ``total`` there are. ``off`` are rules that the site has not set.

    ``no_secret``: the lists' secret is not there, numbers kept as hashes are not recognised.
    """

    total: int
    cases: list[CaseRow]
    off: list[str]
    no_secret: bool


ListName = Literal["do_not_call", "campaign", "own"]


class NumberRow(Model):
    """A number on a list; ``hint`` is what may be seen of it."""

    id: int
    hint: str
    since: float
    until: float | None
    reason: str
    entered_by: str
    entered_at: float


class NumberPage(Model):
    """A list: how many stand on it, and some of them, the last entered first. ``next`` is the page's ``before``."""

    count: int
    rows: list[NumberRow]
    next: int | None
    hashed: bool
    no_secret: bool


class NumberQuestion(Model):
    """Numbers looked for; not in an address, where they would be logged."""

    list: ListName
    number: str = Field("", max_length=40)
    before: int | None = None


class NewNumber(Model):
    """A number to enter; from now on where ``since`` is left away, for good without ``until``."""

    list: ListName
    number: str = Field(min_length=3, max_length=40)
    since: float | None = None
    until: float | None = None
    reason: str = Field("", max_length=500)


class NumberPreview(Model):
    """What a file of numbers comes to: ``lines`` are those of ``changes``."""

    changes: list[NumberRow]
    total: int
    lines: list[int]
    known: int
    bad: list[BadRow]
    written: bool
