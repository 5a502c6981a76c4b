"""What the JSON of the HTTP side looks like: the shapes, as OpenAPI shows them. Instants are epoch seconds."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from monitor.access import May
from monitor.domain import Direction, HangupBy, LegRole, Outcome, Phase


class Model(BaseModel):
    """Base: nothing unknown is taken in silence."""

    model_config = ConfigDict(extra="forbid")


class Fault(Model):
    """Why a request was refused, as a stable key (``docs/reference/http.md``); ``field`` where one is to blame."""

    error: str
    field: str | None = None
    wait_seconds: float | None = None


class Credentials(Model):
    """A login."""

    username: str = Field(min_length=1, max_length=64)
    password: str = Field(min_length=1, max_length=256)


class SetUp(Credentials):
    """The first login, with the token of the one-time link."""

    token: str = Field(min_length=1, max_length=128)


class Me(Model):
    """Who is logged in; ``teams`` is ``None`` for the whole site, ``now`` the floor's time.

    ``may`` are rights (``docs/topics/access.md``), ``pages`` the pages that can be opened.
    """

    username: str
    role: str
    language: Literal["zh-CN", "en"]
    may: list[May]
    pages: list[str]
    teams: list[str] | None
    person: int | None
    whole_numbers: bool
    site: str
    timezone: str
    now: float


class CallRow(Model):
    """One call in a list. ``number`` is masked; ``agent_name`` and ``team`` are those of the call's time."""

    id: str
    pbx: str
    direction: Direction
    agent: str | None
    agent_name: str | None
    team: str | None
    number: str | None
    name: str | None
    trunk: str | None
    queue: str | None
    started_at: float
    ringing_at: float | None
    answered_at: float | None
    ended_at: float | None
    ring_seconds: float
    talk_seconds: float
    hold_seconds: float
    outcome: Outcome | None
    phase: Phase
    hangup_cause: int | None
    hangup_by: HangupBy
    has_recording: bool
    complete: bool
    click_to_dial: bool
    notes: tuple[str, ...]


class CallPage(Model):
    """A page of calls, newest first; ``next`` is the ``after`` of the page that follows, if any."""

    calls: list[CallRow]
    next: str | None


class CallSums(Model):
    """What the calls of a filter come to; agents' and teams' own part where they are asked for.

    ``seizures`` are those of the trunk in ``seized``; a rate or an average of nothing is ``null``.
    """

    calls: int
    live: int
    dials: int
    finished: int
    connects: int
    connect_rate: float | None
    effective_connects: int
    talk_seconds: float
    average_talk_seconds: float | None
    incomplete: int
    seizures: int


class Stretch(Model):
    """A segment or a hold: who, from when, until when (``null``: still)."""

    agent: str
    agent_name: str | None
    started_at: float
    ended_at: float | None


class TransferRow(Model):
    """A hand-over inside the call."""

    kind: str
    at: float
    by: str | None
    to: str | None


class LegRow(Model):
    """One channel of the call."""

    uniqueid: str
    channel: str
    role: LegRole
    endpoint: str
    number: str | None
    started_at: float
    ringing_at: float | None
    answered_at: float | None
    ended_at: float | None
    dial_status: str | None
    cause: int | None
    tech_cause: str | None
    requested_hangup_at: float | None


class Voice(Model):
    """Voice quality from RTCP; ``mos`` is an estimate."""

    mos: float | None
    loss_percent: float | None
    jitter_ms: float | None
    rtt_ms: float | None
    reports: int


class GapRow(Model):
    """A period in which the PBX was not heard and which touches the call."""

    pbx: str
    started_at: float
    ended_at: float | None
    reason: str
    calls_cut: int


class RecordingRow(Model):
    """What there is of the call's recording, and where to hear it."""

    state: Literal["none", "present", "missing", "empty"]
    duration_seconds: float | None
    url: str | None
    why: str


class CallDetail(CallRow):
    """One call with its whole story."""

    dialed: str | None
    linkedid: str | None
    segments: list[Stretch]
    holds: list[Stretch]
    transfers: list[TransferRow]
    legs: list[LegRow]
    voice: Voice | None
    gaps: list[GapRow]
    recording: RecordingRow


class AgentChoice(Model):
    """An agent to filter by."""

    id: str
    extension: str
    name: str
    team: str


class Choice(Model):
    """A team or a trunk to filter by."""

    id: str
    name: str


class Filters(Model):
    """What the calls can be filtered by."""

    agents: list[AgentChoice]
    teams: list[Choice]
    trunks: list[Choice]
    outcomes: list[str]
    directions: list[str]


class Ready(Model):
    """Whether everything works, and what does not."""

    ready: bool
    faults: list[str]


class Definition(Model):
    """What a number means, in both languages."""

    key: str
    unit: str
    zh: str
    en: str
    formula: str
    formula_zh: str
    source: str


class Explanation(Model):
    """What a number means and rests on; ``value`` is ``null`` where calls alone do not give it."""

    definition: Definition
    effective_seconds: float
    calls: int
    value: float | None
    gaps: list[GapRow]


class AlertRow(Model):
    """Something that wants a person now; ``text`` by language."""

    id: str
    kind: str
    since: float
    text: dict[str, str]


class RuleRow(Model):
    """A rule; ``values`` are its thresholds, by their names in ``config.toml``; no ``teams`` (ids): all.

    ``from_file``: it stands in ``config.toml``, so here it can only be muted and switched off. ``off``: it is not looked at; until
    ``muted_until`` nothing is sent of it. ``fault``: why it can't hold (``shadowed``: the file has a rule of this id).
    """

    id: str
    kind: str
    channels: list[str]
    teams: list[str]
    recovery: bool
    quiet: list[str] | None
    values: dict[str, float | None]
    from_file: bool
    off: bool
    muted_until: float | None
    changed_by: str
    changed_at: float | None
    fault: str


class RuleKind(Model):
    """A kind of rule: its thresholds with their defaults, and whether it looks at teams."""

    kind: str
    values: dict[str, float | None]
    teams: bool


class RuleWanted(Model):
    """A rule to be entered or changed: its keys as in ``config.toml``; ``id`` names it."""

    id: str = Field(min_length=1, max_length=64)
    rule: dict[str, Any] = Field(max_length=20)


class RuleNamed(Model):
    """A rule by its id."""

    id: str = Field(min_length=1, max_length=64)


class RuleMuted(RuleNamed):
    """Until when nothing is to be sent of it; ``None``: it is sent again."""

    until: float | None


class RuleSwitched(RuleNamed):
    """Whether it is looked at."""

    off: bool


class ChannelRow(Model):
    """A channel; ``url`` is masked, ``fault`` is why nothing can be sent on it at all."""

    name: str
    url: str
    language: Literal["zh-CN", "en"]
    per_minute: int
    waiting: int
    fault: str


class AlertsState(Model):
    """What stands, what is watched, and where to it is told."""

    timezone: str
    now: float
    may_set: bool
    active: list[AlertRow]
    rules: list[RuleRow]
    kinds: list[RuleKind]
    teams: dict[str, str]
    channels: list[ChannelRow]


class DeliveryRow(Model):
    """A message to a channel, and how far it is."""

    id: str
    channel: str
    what: str
    title: str
    body: str
    state: str
    tries: int
    created_at: float
    next_at: float | None
    done_at: float | None
    last_error: str
