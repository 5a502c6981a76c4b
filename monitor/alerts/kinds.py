"""What each kind of rule looks at: pure functions from values and a time to what is seen of each cause.

Nobody is accused on data that the monitor does not have: where it was blind nothing is seen (``UNKNOWN``),
and at a deadline the blind team's message names nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, Protocol

import msgspec

from monitor.masking import masked
from monitor.metrics import frames
from monitor.metrics.cases import Found
from monitor.metrics.recent import Recent
from monitor.notices import Alert

SETTLE_SECONDS = 2.0
"""Events of a dial begun just before a deadline are heard by then."""
LATEST_SECONDS = 600.0
"""Who was not looked at for so long after a deadline is told nothing any more: the board shows it."""
RATE_MARGIN = 0.02
"""A rate has to get so much better than its threshold before it is told as mended."""
DISK_MARGIN = 1.1
GIB = 1 << 30
BREACH_SECONDS = 600.0
"""So long after its last dial a breach stands; then it is in the watch's list only."""
TRUNK_SECONDS = 1800.0
"""Seizures of longer ago say nothing of a trunk as it is now."""


class Rule(Protocol):
    """One ``[[alert]]`` (``config_alerts.Alert``)."""

    @property
    def id(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def teams(self) -> tuple[str, ...]: ...
    @property
    def idle_minutes(self) -> float: ...
    @property
    def window_minutes(self) -> float: ...
    @property
    def least_dials(self) -> int: ...
    @property
    def rate(self) -> float | None: ...
    @property
    def after_seconds(self) -> float: ...
    @property
    def seizures(self) -> int: ...
    @property
    def ner(self) -> float: ...
    @property
    def free_gb(self) -> float: ...


class Disk(msgspec.Struct, frozen=True):
    """What is left of a disk."""

    path: str
    free_bytes: int


class Values(msgspec.Struct, frozen=True, kw_only=True):
    """All that rules look at; ``recent`` and ``disks`` are ``None`` where they were not looked at this time.

    Before ``known_from`` nothing is known of the floor. ``breaches`` are today's, newest first.
    """

    board: frames.Board
    breaches: Sequence[Found] = ()
    known_from: float = float("-inf")
    recent: Recent | None = None
    disks: Sequence[Disk] | None = None


class State(Enum):
    """How it stands with a cause."""

    WRONG = "wrong"
    FINE = "fine"
    UNKNOWN = "unknown"


class Sight(msgspec.Struct, frozen=True):
    """What was seen of one cause."""

    cause: str
    state: State
    facts: dict[str, Any] = {}


Active = Mapping[str, Alert]
Look = Callable[[Rule, Values, float, Active], Iterable[Sight] | None]
"""``None``: it can't be told now. A cause that is not in the answer is no cause any more."""


def not_begun(rule: Rule, values: Values, now: float, active: Active) -> list[Sight]:
    """Per team and deadline: who had not begun. Once told, it is mended when all of them have."""
    found = []
    agents = {agent.id: agent for agent in values.board.agents}
    for deadline in values.board.deadlines:
        if not deadline.late_at + SETTLE_SECONDS <= now:
            continue
        for team in _teams(rule, values):
            cause = f"not_begun/{rule.id}/{team.id}/{deadline.shift}/{deadline.dial_by_at:.0f}"
            sight = None
            if cause in active:
                sight = _begun_since(cause, active[cause], deadline, agents, now)
            elif values.known_from <= deadline.counts_from and now < min(
                deadline.ends_at, deadline.late_at + LATEST_SECONDS
            ):
                sight = _missing(cause, team, deadline, agents, values)
            if sight is not None:
                found.append(sight)
    return found


def _missing(
    cause: str,
    team: frames.Team,
    deadline: frames.Deadline,
    agents: Mapping[str, frames.Agent],
    values: Values,
) -> Sight | None:
    late = [agents[key] for key in deadline.late if key in agents and agents[key].team == team.id]
    undecided = [key for key in deadline.indeterminate if key in agents and agents[key].team == team.id]
    if not (late or undecided):
        return None
    blind = [
        gap
        for gap in values.board.gaps
        if gap.from_ < deadline.dial_by_at
        and (gap.to is None or gap.to > deadline.counts_from)
        and gap.pbx in {agents[key].pbx for key in undecided}
    ]
    facts = {
        "team": team.name,
        "team_id": team.id,
        "counts_from": deadline.counts_from,
        "shift": deadline.name,
        "by": deadline.dial_by_at,
        "agents": [agent.id for agent in late],
        "names": [agent.name for agent in late],
        "on_inbound": [
            agent.name for agent in late if any(first.on_inbound for first in _of(deadline, agent))
        ],
        "undecided": len(undecided),
        "pbx": sorted({agents[key].pbx for key in undecided}),
        "blind_from": min((gap.from_ for gap in blind), default=None),
    }
    return Sight(cause, State.WRONG, facts)


def _of(deadline: frames.Deadline, agent: frames.Agent) -> list[frames.FirstDial]:
    """Of a night there may be two on the board: the one that goes on since yesterday, and the next."""
    key = (deadline.shift, deadline.day)
    return [first for first in agent.first_dials if (first.shift, first.day) == key]


def _begun_since(
    cause: str, alert: Alert, deadline: frames.Deadline, agents: Mapping[str, frames.Agent], now: float
) -> Sight | None:
    still = [
        agents[key].name
        for key in alert.facts["agents"]
        if key in agents
        and any(first.at is None and first.verdict != "excused" for first in _of(deadline, agents[key]))
    ]
    if not alert.facts["agents"]:
        # It was only that nothing could be told: that is over with the shift, and nobody has to hear of it.
        return Sight(cause, State.WRONG) if now < deadline.ends_at else None
    if still and now < deadline.ends_at:
        return Sight(cause, State.WRONG)
    return Sight(cause, State.FINE, {"still": still})


def idle(rule: Rule, values: Values, now: float, active: Active) -> list[Sight]:
    """Per agent: the gap since the last call, as the board counts it, has become so long inside a shift."""
    shifts = {each.shift: each for each in values.board.deadlines if each.starts_at <= now < each.ends_at}
    wanted = {team.id for team in _teams(rule, values)}
    found = []
    for agent in values.board.agents:
        mine = [
            shifts[first.shift].starts_at
            for first in agent.first_dials
            if first.shift in shifts and first.verdict != "off"
        ]
        if agent.team not in wanted or not mine or agent.last_call_ended_at is None:
            continue
        cause = f"idle/{rule.id}/{agent.id}"
        if agent.call is not None:
            found.append(Sight(cause, State.FINE, {"at": now}))
        elif agent.idle_since is None or agent.state == "unreachable":  # the gap stands still
            found.append(Sight(cause, State.UNKNOWN))
        else:
            heard = [gap.to for gap in values.board.gaps if gap.pbx == agent.pbx and gap.to is not None]
            since, seconds = max(agent.last_call_ended_at, *mine, *heard), now - agent.idle_since
            facts = {
                "agent": agent.name,
                "agent_id": agent.id,
                "extension": agent.extension,
                "team_id": agent.team,
                "since": since,
                "minutes": seconds / 60,
            }
            if seconds >= rule.idle_minutes * 60:
                found.append(Sight(cause, State.WRONG, facts))
            else:
                found.append(Sight(cause, State.FINE, {"at": now}))
    return found


def connect_rate(rule: Rule, values: Values, now: float, active: Active) -> list[Sight] | None:
    """Per team: connects ÷ finished dials, of those begun in the window, under the threshold, with enough of them."""
    if values.recent is None:
        return None
    if not any(each.starts_at <= now < each.ends_at for each in values.board.deadlines):
        return []
    since = now - rule.window_minutes * 60
    found = []
    for team in _teams(rule, values):
        threshold = rule.rate if rule.rate is not None else team.targets.connect_rate
        if threshold is None:
            continue
        cause = f"connect_rate/{rule.id}/{team.id}"
        finished, connects = values.recent.dials(team.id, since)
        if finished < rule.least_dials or any(gap.to is None or gap.to > since for gap in values.board.gaps):
            found.append(Sight(cause, State.UNKNOWN))
            continue
        rate = connects / finished
        margin = RATE_MARGIN if cause in active else 0.0
        facts = {
            "team": team.name,
            "team_id": team.id,
            "rate": rate,
            "threshold": threshold,
            "dials": finished,
            "minutes": rule.window_minutes,
        }
        found.append(Sight(cause, _state(rate < min(1.0, threshold + margin)), facts))
    return found


def link_down(rule: Rule, values: Values, now: float, active: Active) -> list[Sight] | None:
    """Per PBX: not heard for so long. It counts from when the PBX was last heard."""
    if not values.board.links:
        return None
    begun = {gap.pbx: gap.from_ for gap in values.board.gaps if gap.to is None}
    found = []
    for link in values.board.links:
        cause = f"link_down/{rule.id}/{link.pbx}"
        since = begun.get(link.pbx, link.since)
        if link.state == "up":
            found.append(Sight(cause, State.FINE, {"back": now}))
        elif link.state == "connecting" or now - since < rule.after_seconds:
            found.append(Sight(cause, State.UNKNOWN))
        else:
            facts = {"pbx": link.pbx, "since": since, "reason": link.reason}
            found.append(Sight(cause, State.WRONG, facts))
    return found


def trunk_failing(rule: Rule, values: Values, now: float, active: Active) -> list[Sight] | None:
    """Per trunk: NER of its last seizures under the threshold, with enough of them lately."""
    if values.recent is None:
        return None
    found = []
    for trunk in sorted({*values.recent.trunks, *(alert.facts["trunk"] for alert in active.values())}):
        cause = f"trunk_failing/{rule.id}/{trunk}"
        count, effective = values.recent.seizures(trunk, rule.seizures)
        if count < rule.seizures:
            found.append(Sight(cause, State.UNKNOWN))
            continue
        ner = effective / count
        margin = RATE_MARGIN if cause in active else 0.0
        facts = {"trunk": trunk, "ner": ner, "threshold": rule.ner, "seizures": count}
        found.append(Sight(cause, _state(ner < min(1.0, rule.ner + margin)), facts))
    return found


def disk_short(rule: Rule, values: Values, now: float, active: Active) -> list[Sight] | None:
    """Per disk: less is free than wanted."""
    if values.disks is None:
        return None
    found = []
    for disk in values.disks:
        cause = f"disk_short/{rule.id}/{disk.path}"
        free_gb = disk.free_bytes / GIB
        margin = DISK_MARGIN if cause in active else 1.0
        facts = {"path": disk.path, "free_gb": free_gb, "threshold": rule.free_gb}
        found.append(Sight(cause, _state(free_gb < rule.free_gb * margin), facts))
    return found


def breach(rule: Rule, values: Values, now: float, active: Active) -> list[Sight]:
    """Per breach of the harassment guard: it stands for a while after its last dial, and is told once."""
    names = {agent.id: agent.name for agent in values.board.agents}
    found = []
    for each in values.breaches:
        if now - each.last_at > BREACH_SECONDS:
            break
        diallers = dict.fromkeys(call.dialler for call in each.calls)
        facts = {
            **each.figures,
            "rule": each.rule,
            "number": masked(each.number),
            "names": [names.get(agent, agent.partition("/")[2]) for agent in diallers],
            "today": len(values.breaches),
        }
        found.append(Sight(f"breach/{rule.id}/{each.id}", State.WRONG, facts))
    return found


def _state(wrong: bool) -> State:
    return State.WRONG if wrong else State.FINE


def _teams(rule: Rule, values: Values) -> list[frames.Team]:
    """The teams a rule looks at; who stands in none is nobody's."""
    return [team for team in values.board.teams if team.name and (not rule.teams or team.id in rule.teams)]


LOOKS: Mapping[str, Look] = {
    "not_begun": not_begun,
    "idle": idle,
    "connect_rate": connect_rate,
    "link_down": link_down,
    "trunk_failing": trunk_failing,
    "disk_short": disk_short,
    "breach": breach,
}
