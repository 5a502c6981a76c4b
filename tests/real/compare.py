"""Holds the calls Dialwatch tells against what the phones really did."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from monitor.domain import Call

from .lab.stage import Expected

# SIP message on the wire against AMI event read by us, on a machine busy with both.
SLACK_SECONDS = 0.5


def differences(
    expected: Sequence[Expected], told: Sequence[Call], slack: float = SLACK_SECONDS
) -> list[str]:
    """What is wrong with the told calls, in words; empty when each is there once and right.

    Lengths may differ by ``slack`` seconds.
    """
    wrong: list[str] = []
    left = list(told)
    for truth in (truth for truth in expected if truth.heard):
        call = _find(truth, left)
        if call is None:
            wrong.append(f"missing: {truth}")
            continue
        left.remove(call)
        wrong += [
            f"{call.id} ({truth.direction} {truth.agent} {truth.remote}): {what}"
            for what in _compare(truth, call, slack)
        ]
    wrong += [
        f"not a call of the phones: {c.id} {c.direction} agent={c.agent} number={c.number} outcome={c.outcome}"
        for c in left
    ]
    return wrong


def _find(truth: Expected, calls: Iterable[Call]) -> Call | None:
    """The call of the same direction to the same number; of several, the first (both sides are in order)."""
    same = [call for call in calls if call.direction == truth.direction and call.number == truth.remote]
    by_agent = [call for call in same if call.agent == truth.agent]
    return next(iter(by_agent or same), None)


def _compare(truth: Expected, call: Call, slack: float) -> list[str]:
    wrong: list[str] = []

    def same(what: str, is_: object, should: object) -> None:
        if is_ != should:
            wrong.append(f"{what} is {is_}, was {should}")

    def near(what: str, is_: float, should: float) -> None:
        if abs(is_ - should) > slack:
            wrong.append(f"{what} is {is_:.2f} s, was {should:.2f} s")

    same("agent", call.agent, truth.agent)
    same("outcome", call.outcome, truth.outcome)
    same("trunk", call.trunk, truth.trunk)
    if truth.click_to_dial is not None:
        same("click_to_dial", call.click_to_dial, truth.click_to_dial)
    if truth.complete is not None:
        same("complete", call.complete, truth.complete)
    if not truth.complete:
        # Nobody saw its end: it may be told shorter than it was, never longer.
        if call.talk_seconds > truth.talk_s + slack:
            wrong.append(f"talk is {call.talk_seconds:.2f} s, was {truth.talk_s:.2f} s")
        return wrong
    near("ring", call.ring_seconds, truth.ring_s)
    if truth.hangup_by != "unknown":
        same("hangup_by", call.hangup_by, truth.hangup_by)
    if truth.hold_s is not None:
        near("hold", call.hold_seconds, truth.hold_s)
    if truth.direction != "internal":
        talks = dict.fromkeys(truth.talk_by_agent, 0.0)
        for segment in call.segments:
            if segment.ended_at is None:
                wrong.append(f"talk of {segment.agent} has no end")
                continue
            talks[segment.agent] = talks.get(segment.agent, 0.0) + segment.ended_at - segment.started_at
        for agent, seconds in talks.items():
            near(f"talk of {agent}", seconds, truth.talk_by_agent.get(agent, 0.0))
    near("talk", call.talk_seconds, truth.talk_s)
    if call.ended_at is not None and call.talk_seconds > call.ended_at - call.started_at + 1e-6:
        wrong.append(f"talk {call.talk_seconds} is longer than the call")
    return wrong
