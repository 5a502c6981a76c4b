"""A report's values, the same for page, table, CSV, Excel, PDF and JSON. Rates are shares, times epoch seconds."""

from __future__ import annotations

import msgspec

from monitor.metrics import frames
from monitor.metrics.callbacks import Summary

SITE = "site"


class ShiftCheck(frames.FirstDial, kw_only=True):
    """The verdict on one half-day of one day; ``day`` is the one the shift begins on."""

    day: str


class IdleGap(frames.Frame, kw_only=True, rename={"from_": "from"}):
    """One of a day's long idle gaps; ``seconds`` of it were expected time."""

    from_: float
    to: float
    seconds: float


class Decided(frames.Frame, kw_only=True):
    """Finished dials by who decided; ``cancelled_ring_seconds``: how long those rang on average that the agent gave up."""

    connected: int
    customer: int
    number: int
    network: int
    agent: int
    unknown: int
    cancelled_ring_seconds: float | None


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
    decided: Decided | None = None
    callbacks: Summary | None = None


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


class Forecast(frames.Frame, kw_only=True):
    """What a team's or the site's figure comes to today, with its 80 % interval; from ``days`` past days."""

    key: str
    label: str
    metric: str
    value: int
    expected: float
    low: float
    high: float
    target: float | None
    days: int


class Best(frames.Frame, kw_only=True):
    """One of the best by a figure; ``rank`` 1 is the first."""

    metric: str
    rank: int
    key: str
    label: str
    extension: str
    team: str
    value: float


class Off(frames.Frame, kw_only=True):
    """Somebody who need not dial on a day, or (``part``) in some of its shifts; ``why`` as of a verdict."""

    person: int
    name: str
    extension: str
    team: str
    why: str
    why_name: str
    part: bool


class Goal(frames.Frame, kw_only=True):
    """What a team is asked on a day: so many people at work, so much together."""

    key: str
    label: str
    people: int
    targets: frames.Targets


class Agenda(frames.Frame, kw_only=True):
    """The day of a morning meeting: people expected, who is off, the targets."""

    day: str
    expected: int
    off: list[Off]
    goals: list[Goal]
    total: frames.Targets


class Weighing(frames.Frame, kw_only=True):
    """How an appraisal weighs, as configured."""

    results: float
    discipline: float
    quality: float
    results_of: list[str]
    cap_percent: float
    late_points: float
    not_started_points: float


class Appraised(frames.Frame, kw_only=True):
    """A person's month: scores of 100, what they come from, ``points`` of the ``reachable`` ones."""

    key: str
    label: str
    extension: str
    team: str
    attainment: dict[str, float | None]
    results: float | None
    checked: int
    late: int
    covered: int
    late_minutes: int
    not_started: int
    discipline: float | None
    quality: float | None
    points: float | None
    reachable: float


class Report(frames.Frame, kw_only=True):
    """A report. ``base`` is whether it is of a day, a week, a month or any days: ``kind`` of the plain ones. ``start`` and ``end`` bound its days; ``running`` while the last of them is not over.

    ``remarks`` are stable keys: ``running``, ``sums_unknown`` (the sums are being made), ``unheard`` (there is no call
    from before the day ``heard_from``), ``gaps``, ``incomplete`` (calls that were not heard to their end),
    ``like_with_like``: what it is compared with ends at the same day and time, ``compared_until`` on the site's clock.
    """

    kind: str
    base: str
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
    forecast: list[Forecast] = msgspec.field(default_factory=list)
    best: list[Best] = msgspec.field(default_factory=list)
    agenda: Agenda | None = None
    weighing: Weighing | None = None
    appraisal: list[Appraised] = msgspec.field(default_factory=list)
