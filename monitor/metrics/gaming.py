"""刷量识别 and private calls: what looks odd in an agent's calls, as questions, never as verdicts. Pure.

Each rule has its own threshold (``[guard]``) and says its figures. Nothing here weighs one against another: whoever
asks looks at the calls, which may have the best of reasons.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from math import comb
from typing import Protocol
from zoneinfo import ZoneInfo

from monitor.contacts import Contact, Listing, Numbering
from monitor.domain import Direction, Outcome
from monitor.metrics.cases import Figure, Found, newest_first, ordered

OWN_NUMBER, JUST_OVER, CANCEL_RUN, REPEATS = "own_number", "just_over", "cancel_run", "repeats"
PRIVATE_NUMBER, LONG_INBOUND = "private_number", "long_inbound"

CHANCE = 1e-4
"""A cluster is asked about if chance alone would make it less often: among 300 agents once in some thirty looks."""
_LEAST_CHANCE = 1e-12
"""What is less likely than that is said to be so."""
RUN_PAUSE_SECONDS = 600.0
"""Cancelled dials with a longer pause between them are no run."""


class Rules(Protocol):
    """``config_guard.GuardSettings``."""

    @property
    def numbering(self) -> Numbering: ...
    @property
    def private_days(self) -> int: ...
    @property
    def private_connects(self) -> int: ...
    @property
    def private_talk_seconds(self) -> float: ...
    @property
    def long_inbound_seconds(self) -> float: ...
    @property
    def cluster_seconds(self) -> float: ...
    @property
    def cluster_least(self) -> int: ...
    @property
    def cancel_run(self) -> int: ...
    @property
    def cancel_seconds(self) -> float: ...
    @property
    def repeat_dials(self) -> int: ...


def chance(over: int, of: int) -> float:
    """How likely at least ``over`` of ``of`` talk times fall into the middle one of three equal windows.

    Where talk times fall off evenly over the three windows, as they nearly do over so few seconds, a third of them is
    in the middle one.
    """
    # Whole numbers: exact, however many there are.
    return float(Fraction(sum(comb(of, k) << (of - k) for k in range(over, of + 1)), 3**of))


def clusters(below: int, over: int, after: int, rules: Rules) -> bool:
    """Whether so many talk times in the middle window are worth a question."""
    return over >= rules.cluster_least and chance(over, below + over + after) <= CHANCE


def own_numbers(dials: Iterable[Contact], own: Callable[[str], bool], rules: Rules) -> list[Found]:
    """Dials to one's own, colleagues' or internal numbers: a case per extension and number."""
    found = []
    for (agent, number), calls in _by_agent_and_number(dials, rules.numbering).items():
        if own(number):
            talk = round(sum(call.talk_seconds for call in calls))
            found.append(_found(OWN_NUMBER, calls, agent, number, {"dials": len(calls), "talk": talk}))
    return found


def just_over(connects: Iterable[Contact], rules: Rules, effective_seconds: float) -> list[Found]:
    """Talk times of an extension that cluster just over the threshold of an effective connect.

    Compared are three windows of ``cluster_seconds``: below the threshold, just over it, and after that. Calls that
    were not heard whole have no talk time to count.
    """
    width = rules.cluster_seconds
    windows: dict[str, tuple[list[Contact], list[Contact], list[Contact]]] = {}
    for call in ordered(connects):
        place = int((call.talk_seconds - effective_seconds) // width) + 1
        whole = call.agent is not None and call.ended_at is not None and call.complete
        if call.is_connect and whole and 0 <= place <= 2:
            windows.setdefault(call.dialler, ([], [], []))[place].append(call)
    found = []
    for agent, (below, over, after) in windows.items():
        if not clusters(len(below), len(over), len(after), rules):
            continue
        figures: dict[str, Figure] = {
            "from": effective_seconds,
            "to": effective_seconds + width,
            "after_to": effective_seconds + 2 * width,
            "below_from": effective_seconds - width,
            "over": len(over),
            "below": len(below),
            "after": len(after),
            "one_in": round(1 / max(_LEAST_CHANCE, chance(len(over), len(below) + len(over) + len(after)))),
        }
        found.append(_found(JUST_OVER, over, agent, None, figures))
    return found


def cancel_runs(dials: Iterable[Contact], rules: Rules) -> list[Found]:
    """Dials of one extension, one after the other, each given up by the agent within ``cancel_seconds``."""
    by_agent: dict[str, list[Contact]] = {}
    for dial in ordered(dials):
        if dial.is_dial and dial.agent is not None:
            by_agent.setdefault(dial.dialler, []).append(dial)
    found = []
    for agent, mine in by_agent.items():
        run: list[Contact] = []
        for dial in mine:
            quick = _given_up(dial, rules.cancel_seconds)
            if run and not (quick and dial.started_at - run[-1].started_at <= RUN_PAUSE_SECONDS):
                found += _run(run, agent, rules)
                run = []
            if quick:
                run.append(dial)
        found += _run(run, agent, rules)
    return found


def repeats(dials: Iterable[Contact], rules: Rules, zone: ZoneInfo) -> list[Found]:
    """The same number dialled over and over by one extension within a day."""
    found = []
    for (agent, number), calls in _by_agent_and_number(dials, rules.numbering).items():
        days: dict[str, list[Contact]] = {}
        for call in calls:
            days.setdefault(_day(call.started_at, zone), []).append(call)
        for day, mine in days.items():
            if len(mine) >= rules.repeat_dials:
                figures: dict[str, Figure] = {
                    "dials": len(mine),
                    "connects": sum(each.is_connect for each in mine),
                    "day": day,
                }
                found.append(_found(REPEATS, mine, agent, number, figures))
    return found


def private_numbers(dials: Iterable[Contact], rules: Rules, campaign: Listing, zone: ZoneInfo) -> list[Found]:
    """Numbers outside the campaign that one extension calls again and again, and nobody else at all."""
    numbers: dict[str, list[Contact]] = {}
    for dial in ordered(dials):
        if dial.is_dial and dial.number:
            numbers.setdefault(rules.numbering.plain(dial.number), []).append(dial)
    found = []
    for number, calls in numbers.items():
        if len({call.dialler for call in calls}) > 1 or calls[0].agent is None or campaign.ever(number):
            continue
        days = len({_day(call.started_at, zone) for call in calls})
        long = [call for call in calls if call.is_connect and call.talk_seconds >= rules.private_talk_seconds]
        if days < rules.private_days and len(long) < rules.private_connects:
            continue
        figures = {
            "days": days,
            "dials": len(calls),
            "long": len(long),
            "talk": round(sum(call.talk_seconds for call in calls)),
            "seconds": rules.private_talk_seconds,
        }
        found.append(_found(PRIVATE_NUMBER, calls, calls[0].dialler, number, figures))
    return found


def long_inbound(calls: Iterable[Contact], rules: Rules) -> list[Found]:
    """Long inbound calls to one extension, not through a queue: a case per extension and caller."""
    cases: dict[tuple[str, str | None], list[Contact]] = {}
    for call in ordered(calls):
        long = call.answered_at is not None and call.talk_seconds > rules.long_inbound_seconds
        if call.direction is Direction.INBOUND and call.queue is None and call.agent is not None and long:
            number = rules.numbering.plain(call.number) if call.number else None
            cases.setdefault((call.dialler, number), []).append(call)
    return [
        _found(
            LONG_INBOUND,
            mine,
            agent,
            number,
            {
                "calls": len(mine),
                "talk": round(sum(call.talk_seconds for call in mine)),
                "seconds": rules.long_inbound_seconds,
            },
        )
        for (agent, number), mine in cases.items()
    ]


def all_of(*parts: Sequence[Found]) -> list[Found]:
    """Cases of several rules, newest first."""
    return newest_first(each for part in parts for each in part)


def _found(
    rule: str,
    calls: Sequence[Contact],
    agent: str,
    number: str | None,
    figures: Mapping[str, Figure],
) -> Found:
    marked = frozenset(call.id for call in calls)
    return Found(
        rule=rule, agent=agent, number=number, calls=tuple(calls), marked=marked, figures={**figures}
    )


def _run(run: Sequence[Contact], agent: str, rules: Rules) -> list[Found]:
    if len(run) < rules.cancel_run:
        return []
    span = run[-1].started_at - run[0].started_at
    figures = {"dials": len(run), "seconds": rules.cancel_seconds, "span": round(span)}
    return [_found(CANCEL_RUN, run, agent, None, figures)]


def _given_up(dial: Contact, within_seconds: float) -> bool:
    if dial.outcome is not Outcome.CANCELLED or dial.ended_at is None or not dial.complete:
        return False
    return dial.ended_at - dial.started_at <= within_seconds


def _by_agent_and_number(
    dials: Iterable[Contact], numbering: Numbering
) -> dict[tuple[str, str], list[Contact]]:
    found: dict[tuple[str, str], list[Contact]] = {}
    for dial in ordered(dials):
        if dial.is_dial and dial.number and dial.agent is not None:
            found.setdefault((dial.dialler, numbering.plain(dial.number)), []).append(dial)
    return found


def _day(at: float, zone: ZoneInfo) -> str:
    return f"{datetime.fromtimestamp(at, zone):%Y-%m-%d}"
