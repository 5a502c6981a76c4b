"""The calls that were told, held against what really happened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from monitor.domain import Call, LegRole, Outcome
from monitor.pbx.simulator.centre import TrueCall


def by_root(calls: Iterable[Call]) -> dict[str, list[Call]]:
    """Calls by the uniqueid of their root channel."""
    found: dict[str, list[Call]] = defaultdict(list)
    for call in calls:
        found[call.id.split("/")[1]].append(call)
    return found


def faults(true: TrueCall, call: Call) -> list[str]:
    """What the pipeline has wrong about a call."""
    wrong = []

    def same(what: str, expected: object, got: object) -> None:
        if expected != got:
            wrong.append(f"{what}: really {expected}, told {got}")

    def near(what: str, expected: float | None, got: float | None, within: float = 0.1) -> None:
        if (expected is None) != (got is None) or abs((expected or 0.0) - (got or 0.0)) > within:
            wrong.append(f"{what}: really {expected}, told {got}")

    for name in ("direction", "agent", "number", "trunk", "queue", "click_to_dial", "outcome"):
        same(name, getattr(true, name), getattr(call, name))
    # A phone that rang before we came and was never picked up: its uniqueid tells the second, no more.
    rang = true.outcome is Outcome.AGENT_UNANSWERED
    near("started_at", true.started_at, call.started_at, 1.0 if rang else 0.1)
    for name in ("ringing_at", "answered_at", "ended_at", "hold_seconds"):
        near(name, getattr(true, name), getattr(call, name))
    if sum(leg.role is LegRole.FAR for leg in call.legs) < 2:
        same("hangup_by", true.hangup_by, call.hangup_by)
    talk: dict[str, float] = defaultdict(float)
    for segment in call.segments:
        talk[segment.agent] += (segment.ended_at or 0.0) - segment.started_at
    same("agents", set(true.talk), set(talk))
    for agent, seconds in true.talk.items():
        near(f"talk of {agent}", seconds, talk[agent])
    if true.outcome is Outcome.ANSWERED:
        same("recording", True, call.recording is not None and call.recording.endswith(true.recording or "-"))
    same("complete", True, call.complete)
    return [f"{true.uniqueid} {each}" for each in wrong]
