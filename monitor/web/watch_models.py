"""The shapes of the watch's pages: missed inbound, breaches, private calls, questions, the lists of numbers."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from monitor.domain import Direction
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
