"""A report's values, the same for page, table, CSV, Excel, PDF and JSON. Rates are shares, times epoch seconds."""

from __future__ import annotations

import msgspec

from monitor.metrics import frames

SITE = "site"


class ShiftCheck(frames.FirstDial, kw_only=True):
    """The verdict on one half-day of one day; ``day`` is the one the shift begins on."""

    day: str


class IdleGap(frames.Frame, kw_only=True, rename={"from_": "from"}):
    """One of a day's long idle gaps; ``seconds`` of it were expected time."""

    from_: float
    to: float
    seconds: float


class Line(frames.Frame, kw_only=True):
    """One row: a person in a team, a team, the site, or a group that was asked for.

    ``agents`` are the extensions (``pbx/extension``) whose calls are behind it. What a kind of row does not
    have is ``None``. ``verdicts`` counts the half-days by verdict; ``late_minutes`` is their sum. ``first_dials`` are all
    of a daily report's, and of a longer one those that were not on time. ``scheduled_seconds`` are the time expected so far;
    ``lost_seconds`` would have been, but for outages. ``idle_gaps`` are a daily report's long ones, the longest first.
    """

    key: str
    label: str
    extension: str = ""
    team: str = ""
    agents: list[str] = msgspec.field(default_factory=list)
    newcomer: bool = False
    lead: bool = False
    people: int = 0
    figures: frames.Figures
    low: float | None = None
    high: float | None = None
    missed: int | None = None
    longest_idle_seconds: float | None = None
    idle_seconds: float | None = None
    busy_seconds: float | None = None
    idle_gaps: list[IdleGap] = msgspec.field(default_factory=list)
    scheduled_seconds: float | None = None
    lost_seconds: float | None = None
    dials_per_hour: float | None = None
    utilisation: float | None = None
    targets: frames.Targets = msgspec.field(default_factory=frames.Targets)
    attainment: dict[str, float | None] = msgspec.field(default_factory=dict)
    first_dials: list[ShiftCheck] = msgspec.field(default_factory=list)
    verdicts: dict[str, int] = msgspec.field(default_factory=dict)
    late_minutes: int = 0


class Hour(frames.Frame, kw_only=True):
    """Dials that began in an hour of the day, counted from its midnight."""

    hour: int
    dials: int
    finished: int
    connects: int
    connect_rate: float | None
    talk_seconds: float


class HeatRow(frames.Frame, kw_only=True):
    """A person (of a daily report) or a day, hour by hour: dials, and connects of them."""

    key: str
    label: str
    dials: list[int]
    connects: list[int]


class Trend(frames.Frame, kw_only=True):
    """One day of a longer period."""

    day: str
    start: float
    end: float
    dials: int
    finished: int
    connects: int
    connect_rate: float | None
    effective_connects: int
    talk_seconds: float


class Before(frames.Frame, kw_only=True):
    """What the report is compared with: ``last`` (the same weekday of last week, the week, the month before) or
    ``mean`` (of up to four such periods with any call; ``periods`` says how many). While the report's own period goes
    on, only as many days, and of the last one only up to the same time of day."""

    kind: str
    first: str
    last: str
    periods: int
    dials: float
    connects: float
    connect_rate: float | None
    effective_connects: float
    talk_seconds: float
    average_talk_seconds: float | None


class Shift(frames.Frame, kw_only=True):
    """A half-day that the report's verdicts are about."""

    id: str
    name: str


class Report(frames.Frame, kw_only=True):
    """A report. ``start`` and ``end`` bound its days; ``running`` while the last of them is not over.

    ``remarks`` are stable keys: ``running``, ``sums_unknown`` (the sums are being made), ``unheard`` (there is no call
    from before the day ``heard_from``), ``gaps``, ``incomplete`` (calls that were not heard to their end),
    ``like_with_like``: what it is compared with ends at the same day and time, ``compared_until`` on the site's clock.
    """

    kind: str
    group: str
    first: str
    last: str
    start: float
    end: float
    made_at: float
    heard_from: str
    running: bool
    site_name: str
    timezone: str
    team: str
    team_name: str
    effective_seconds: float
    site: Line
    teams: list[Line]
    agents: list[Line]
    groups: list[Line]
    team_names: dict[str, str]
    shifts: list[Shift]
    hour_span: list[int]
    hours: list[Hour]
    heat: list[HeatRow]
    trend: list[Trend]
    before: list[Before]
    compared_until: str
    gaps: list[frames.BlindPeriod]
    outages: list[frames.Outage]
    remarks: list[str]
