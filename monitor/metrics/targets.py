"""Targets of a day: each agent's own, and their sums for a team and the site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from monitor.metrics import frames

_SUMMED = ("dials", "connects", "effective_connects", "talk_minutes")

Each = Mapping[str, float | None]
"""What is asked of every agent of a team, by the target's name."""


class TargetsOf(Protocol):
    """A day's targets for each agent."""

    connect_rate: float | None
    dials: int | None
    connects: int | None
    effective_connects: int | None
    talk_minutes: float | None


def merged(site: TargetsOf, team: TargetsOf) -> Each:
    """A team's own targets, and the site's where it has none."""
    found: dict[str, float | None] = {}
    for name in ("connect_rate", *_SUMMED):
        own = getattr(team, name)
        found[name] = own if own is not None else getattr(site, name)
    return found


def times(each: Each | None, agents: int) -> frames.Targets:
    """The targets of so many agents; a rate is no sum."""
    if each is None:
        return frames.Targets()
    summed = {name: None if each[name] is None else (each[name] or 0) * agents for name in _SUMMED}
    return frames.Targets(connect_rate=each["connect_rate"], **summed)


def total(teams: Sequence[frames.Targets], connect_rate: float | None) -> frames.Targets:
    """The site's: its own rate, and the sum of its teams."""
    found = frames.Targets(connect_rate=connect_rate)
    for name in _SUMMED:
        known = [value for each in teams if (value := getattr(each, name)) is not None]
        setattr(found, name, sum(known) if known else None)
    return found
