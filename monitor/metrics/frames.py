"""The board's values as they go over the wire (docs/reference/websocket.md): one struct per kind of row."""

from __future__ import annotations

from typing import Any

import msgspec


class Frame(msgspec.Struct, kw_only=True):
    """Base of what the board shows."""


class Targets(Frame, kw_only=True):
    """A day's targets, already summed for a team or the site; ``None`` where none is set."""

    connect_rate: float | None = None
    dials: float | None = None
    connects: float | None = None
    effective_connects: float | None = None
    talk_minutes: float | None = None


class Figures(Frame, kw_only=True):
    """Counts and rates of today, as METRICS.md defines them."""

    dials: int
    finished: int
    connects: int
    connect_rate: float | None
    effective_connects: int
    talk_seconds: float
    average_talk_seconds: float | None
    ring_seconds: float
    inbound: int
    internal: int
    outcomes: dict[str, int]
    incomplete: int


class CallNow(Frame, kw_only=True):
    """The call an agent is on; ``number`` is masked."""

    id: str
    direction: str
    number: str | None
    started_at: float
    answered_at: float | None


class FirstDial(Frame, kw_only=True):
    """Verdict on one half-day, with its evidence; ``why`` is the kind of absence, or what made it a day off."""

    shift: str
    day: str
    person: int | None
    at: float | None
    verdict: str
    late_minutes: int | None
    tier: str | None
    why: str | None
    call_id: str | None
    on_inbound: bool


class Agent(Frame, kw_only=True):
    """One extension on the floor.

    ``idle_since``: the gap since the last call, inside this shift, is now minus this (breaks, absences and outages left
    out); ``None`` while it does not grow. Of the scheduled time ``lost_seconds`` are lost by outages that are over, and all since
    ``lost_since`` by one that goes on.
    """

    id: str
    pbx: str
    extension: str
    name: str
    team: str
    state: str
    since: float | None
    call: CallNow | None
    figures: Figures
    targets: Targets
    last_call_ended_at: float | None
    longest_idle_seconds: float
    idle_since: float | None
    lost_seconds: float
    lost_since: float | None
    first_dials: list[FirstDial]
    newcomer: bool = False
    lead: bool = False


class Team(Frame, kw_only=True):
    """A team's sums."""

    id: str
    name: str
    figures: Figures
    targets: Targets
    agents: int
    states: dict[str, int]


class Trunk(Frame, kw_only=True):
    """A trunk's seizures by outbound dials and what the network made of them."""

    id: str
    name: str
    pbx: str
    seizures: int
    answered: int
    asr: float | None
    ner: float | None
    active: int
    failed: int


class Deadline(Frame, kw_only=True):
    """A half-day's check: who has begun; ``late_at`` is ``dial_by_at`` and the shift's grace."""

    shift: str
    day: str
    name: str
    counts_from: float
    starts_at: float
    dial_by_at: float
    late_at: float
    ends_at: float
    state: str
    expected: int
    begun: int
    not_begun: list[str]
    late: list[str]
    indeterminate: list[str]
    excused: list[str]


class Rank(Frame, kw_only=True):
    """A place in the fair ranking; ``value`` is the shrunken connect rate it is ordered by.

    Newcomers have a ranking of their own, after the others'.
    """

    id: str
    rank: int
    value: float
    connect_rate: float | None
    low: float
    high: float
    finished: int
    newcomer: bool = False


class Link(Frame, kw_only=True):
    """How a PBX is heard."""

    pbx: str
    state: str
    since: float
    reason: str
    lag_seconds: float | None
    lost_events: int


class Bucket(Frame, kw_only=True):
    """Dials that began in a stretch of time."""

    start: float
    dials: int
    finished: int
    connects: int
    talk_seconds: float


class Site(Frame, kw_only=True):
    """The centre as a whole. With another ``seated`` there are other seats: rows may be gone."""

    name: str
    timezone: str
    language: str
    date: str
    figures: Figures
    targets: Targets
    pace: float | None
    agents_total: int
    states: dict[str, int]
    effective_seconds: float
    idle_seconds: float
    calendar_unknown_from: str | None
    writer: dict[str, Any]
    seated: int = 0


class BlindPeriod(Frame, kw_only=True, rename={"from_": "from"}):
    """A period in which a PBX was not heard; ``to`` is ``None`` while it lasts."""

    pbx: str
    from_: float
    to: float | None
    reason: str
    calls_cut: int


class Outage(Frame, kw_only=True, rename={"from_": "from"}):
    """A period in which no trunk of a PBX could be reached; ``subject`` names them, ``to`` is ``None`` while it lasts."""

    pbx: str
    subject: str
    from_: float
    to: float | None


class Alert(Frame, kw_only=True):
    """Something that wants a person now; ``text`` by language, ``team`` whose it is (``None``: the site's)."""

    id: str
    kind: str
    team: str | None = None
    since: float
    text: dict[str, str]


class Board(Frame, kw_only=True):
    """A whole board."""

    site: Site
    deadlines: list[Deadline]
    teams: list[Team]
    trunks: list[Trunk]
    agents: list[Agent]
    ranking: list[Rank]
    links: list[Link]
    gaps: list[BlindPeriod]
    outages: list[Outage]
    hours: list[Bucket]
    last_hour: list[Bucket]
    alerts: list[Alert]


class Changes(Frame, kw_only=True, omit_defaults=True):
    """What changed since the last delta: rows of agents, teams and trunks by id, the rest whole."""

    site: Site | None = None
    deadlines: list[Deadline] | None = None
    teams: list[Team] | None = None
    trunks: list[Trunk] | None = None
    agents: list[Agent] | None = None
    ranking: list[Rank] | None = None
    links: list[Link] | None = None
    gaps: list[BlindPeriod] | None = None
    outages: list[Outage] | None = None
    hours: list[Bucket] | None = None
    last_hour: list[Bucket] | None = None
    alerts: list[Alert] | None = None
