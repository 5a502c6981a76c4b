"""What a report is made from: the store's sums as frames, and whose each row is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import pandas as pd

from monitor.domain import Gap, Outage
from monitor.duty import Finding, Seat
from monitor.metrics import staff
from monitor.metrics.expected import Period
from monitor.metrics.posts import Duty
from monitor.metrics.roster import UNASSIGNED
from monitor.metrics.targets import Goals
from monitor.parts import NOBODY


class Source(msgspec.Struct, kw_only=True):
    """What a report is made from, in the store's columns.

    ``figures``: by PBX, agent and day, and by hour where an extension changed hands; ``hours``: by hour, and by PBX,
    agent and day where the report needs them; ``lines``: the time lines, ``movers``: those of people on days on which an extension changed
    hands (``moved.COLUMNS``); ``earlier``: by day (and PBX and agent, for a
    team's report), of the periods compared with, as far as this one has got; ``grouped``: by what only calls have (trunk, number).
    ``first_days``: by PBX, the first day with a call; before it nothing was heard. ``findings``: the check's
    verdicts on the period's days, as the ledger has them. ``duty``: who was to work, and who is excused. ``goals``: what
    is asked of whom.
    """

    figures: pd.DataFrame
    hours: pd.DataFrame
    lines: pd.DataFrame
    movers: pd.DataFrame
    earlier: pd.DataFrame
    grouped: pd.DataFrame | None
    seats: Sequence[Seat]
    who: staff.Who
    teams: Mapping[str, str]
    gaps: Sequence[Gap]
    outages: Sequence[Outage]
    current: bool
    first_days: Mapping[str, str]
    findings: Sequence[Finding]
    duty: Duty
    working: Mapping[int, Sequence[Period]]
    lost: Mapping[int, Sequence[Period]]
    goals: Goals
    newcomer_days: int


def frame(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> pd.DataFrame:
    """A table of sums as a frame."""
    return pd.DataFrame.from_records(list(rows), columns=list(columns))


def with_people(table: pd.DataFrame, source: Source, team: str) -> pd.DataFrame:
    """The table with ``person``, ``name`` and ``team`` of each row's time; only one team's if asked for."""
    persons, names, teams = [], [], []
    if "agent" in table:
        for pbx, agent, at in zip(table["pbx"], table["agent"], table["start"], strict=True):
            seat = source.who(pbx, agent, at) if agent != NOBODY else None
            persons.append(staff.key_of(seat) if seat is not None else f"{pbx}/{agent}")
            names.append(seat.name if seat is not None else agent)
            teams.append(seat.team if seat is not None else UNASSIGNED if agent != NOBODY else "")
        table = table.assign(person=persons, name=names, team=teams)
    return table[table["team"] == team] if team else table


def of_people(lines: pd.DataFrame, movers: pd.DataFrame, figures: pd.DataFrame) -> pd.DataFrame:
    """Time lines with the person of each, and those of who moved.

    A day on which nobody who had the extension was to work has no idle time: it is left out.
    """
    keys = ["pbx", "agent", "day"]
    holders = figures.drop_duplicates(keys)
    whole = lines[lines["hours"] != "[]"].merge(holders[[*keys, "person"]], on=keys)
    return pd.concat([whole[movers.columns], movers]) if len(movers) else whole
