"""Hundreds of calls with a mix of outcomes, and what became of each of them by the phones' own logs.

The last digit of a number decides: 0 to 5 answered, the agent hangs up; 6 answered, the far end hangs up;
7 busy; 8 no such number; 9 rings until the agent gives up.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from .asterisk import AGENTS
from .lab import Lab
from .script import FOREVER, Answerer, Caller, Talk
from .sipp import Leg, Phone
from .stage import Expected, outbound

PORT = 27990
BEGIN = "139"
CHOICES = {
    "012345": Answerer(ring=0.8),
    "6": Answerer(ring=0.8, then=(Talk(1.2),)),
    "7": Answerer(ring=0.2, code=486),
    "8": Answerer(ring=0.1, code=404, provisional=100),
    "9": Answerer(ring=FOREVER),
}
CALLER = Caller("[field0]", "[field1]", (Talk(2),), patience=3.0)
_count = itertools.count(1)


async def far_end(lab: Lab) -> Phone:
    """The far end of all load calls; stop it when the calls are over."""
    lab.exchange.connect_all(BEGIN, PORT)
    return await lab.sipp.answer_many(CHOICES, PORT)


def pairs(calls: int) -> list[tuple[str, str]]:
    """Who dials which number, each number once; agents take turns."""
    agents = itertools.cycle(AGENTS)
    return [(next(agents), f"9{BEGIN}{n:07d}{n * 7 % 10}") for n in itertools.islice(_count, calls)]


def expected(pairs: Iterable[tuple[str, str]], legs: Iterable[Leg]) -> dict[str, Expected]:
    """What the calls were, by number as sent to the trunk, from the far end's log; without those that never came."""
    by_number = {leg.target: leg for leg in legs}
    found: dict[str, Expected] = {}
    for agent, dialled in pairs:
        leg = by_number.get(dialled[1:])
        if leg is not None:
            found[dialled[1:]] = _expected(agent, dialled, leg)
    return found


def _expected(agent: str, dialled: str, leg: Leg) -> Expected:
    if leg.answered_at is not None:
        return outbound(agent, dialled, leg, "answered", hangup_by="remote" if leg.ended_here else "agent")
    if leg.ended_at is not None:
        return outbound(agent, dialled, leg, "cancelled", hangup_by="agent")
    outcome = {486: "busy", 404: "invalid_number"}.get(leg.code or 0, "unknown")
    return outbound(agent, dialled, leg, outcome, hangup_by="remote")
