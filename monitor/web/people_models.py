"""What the routes of people, targets and overtime take and give."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from monitor.web.discipline_models import BadRow

Text = Annotated[str, Field(max_length=128)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128)]
"""More than blanks: a name of nothing in the roster would be no agent that the service can be built from."""
Instant = Annotated[float, Field(ge=0, le=4102444800)]
Asked = Annotated[float, Field(ge=0, le=1e9)]
"""A target's value. JSON may say more than there can be, such as ``1e400``: endless, of which no day's share can be taken."""


class Working(BaseModel):
    """When a person works: weekdays (0 Monday to 6 Sunday), or so many days on, so many off from a day on."""

    model_config = ConfigDict(extra="forbid")

    weekdays: list[Annotated[int, Field(ge=0, le=6)]] | None = None
    rota: list[Annotated[int, Field(ge=1, le=366)]] = Field([], max_length=24)
    rota_from: date | None = None


class SeatRow(BaseModel):
    """A person on a seat; ``valid_to`` is ``null`` while nothing else is planned."""

    person: int
    name: str
    number: str
    agent: str
    extension: str
    team: str
    team_name: str
    lead: bool
    hired_on: date | None
    newcomer: bool
    newcomer_until: date | None
    working: Working | None
    valid_from: float
    valid_to: float | None


class RosterView(BaseModel):
    """Who sits where at an instant; ``planned`` are seats that begin later, ``gone`` those who have none any more."""

    source: Literal["config", "store"]
    newcomer_days: int
    at: float
    teams: dict[str, str]
    seats: list[SeatRow]
    planned: list[SeatRow]
    gone: list[SeatRow]


class Step(BaseModel):
    """Who changed something of a person, and when."""

    at: float
    who: str
    what: str
    why: str


class History(BaseModel):
    """All seats of a person, the first one first, and who entered them."""

    seats: list[SeatRow]
    steps: list[Step]


class NewMove(BaseModel):
    """From ``valid_from`` on a person (0: somebody new) has a seat; without ``extension`` the person leaves."""

    model_config = ConfigDict(extra="forbid")

    person: int = Field(0, ge=0)
    name: Name
    number: str = Field("", max_length=64)
    hired_on: date | None = None
    newcomer_until: date | None = None
    working: Working | None = None
    pbx: str = Field("", max_length=64)
    extension: str = Field("", max_length=64, pattern=r"^[A-Za-z0-9_.+*#-]*$")
    team: str = Field("", max_length=64, pattern=r"^[A-Za-z0-9_.-]*$")
    lead: bool = False
    valid_from: Instant


class TeamName(BaseModel):
    """A team by its id, and its name from now on."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.-]+$")
    name: Name


class MoveRow(BaseModel):
    """What a row of a table does; ``line`` 0: the person is not in a table that is complete."""

    line: int
    what: Literal["new", "moves", "leaves", "facts"]
    name: str
    extension: str
    team_name: str
    before: str
    valid_from: float


class RosterPreview(BaseModel):
    """What a table comes to, and whether it was written."""

    changes: list[MoveRow]
    known: int
    bad: list[BadRow]
    written: bool


class TargetKey(BaseModel):
    """Whose target: a person's, each agent's of a team, or (neither) each one's of the site."""

    model_config = ConfigDict(extra="forbid")

    team: Text = ""
    person: int = Field(0, ge=0)
    period: Literal["day", "week", "month"]
    valid_from: date


class TargetValues(TargetKey):
    """What is asked in a period; without any value the target before ends."""

    connect_rate: float | None = Field(None, ge=0, le=1)
    dials: Asked | None = None
    connects: Asked | None = None
    effective_connects: Asked | None = None
    talk_minutes: Asked | None = None


class TargetRow(TargetValues):
    """A target with names; ``source`` ``config`` holds for all time and is changed in config.toml."""

    name: str = ""
    team_name: str = ""
    entered_by: str = ""
    source: Literal["config", "store"] = "store"


class NewOvertime(BaseModel):
    """Working time beside the shifts, of a person, a team, or (neither) the site."""

    model_config = ConfigDict(extra="forbid")

    team: Text = ""
    person: int = Field(0, ge=0)
    starts_at: Instant
    ends_at: Instant
    dial_by_at: Instant | None = None
    reason: str = Field(min_length=1, max_length=500)


class OvertimeRow(BaseModel):
    """Overtime as it was entered."""

    id: int
    team: str
    team_name: str
    person: int
    name: str
    starts_at: float
    ends_at: float
    dial_by_at: float | None
    reason: str
    entered_by: str
    withdrawn_at: float | None
