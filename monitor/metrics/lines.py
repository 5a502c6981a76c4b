"""A report's lines: a person, a team, the site, each with its figures summed from the tables of sums."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import pandas as pd

from monitor.domain import Outcome
from monitor.metrics import frames, rates, staff
from monitor.metrics.decided import decided
from monitor.metrics.idle_gaps import LongGap, long_gaps, written_gaps
from monitor.metrics.sheet import SITE, IdleGap, Line
from monitor.metrics.tally import seconds
from monitor.parts import NOBODY

COUNTS: tuple[str, ...] = (
    "dials",
    "finished",
    "connects",
    "finished_connects",
    "effective",
    "talk_micros",
    "ring_micros",
    "cancelled_ring_micros",
    "inbound",
    "internal",
    "missed",
    "incomplete",
    *(each.value for each in Outcome),
)
"""Columns of the sums that are added up."""

GAPS_KEPT = 5
"""So many of a person's long idle gaps of a day are named."""


def figures_of(sums: Mapping[str, Any]) -> frames.Figures:
    """Figures and their rates from summed columns (``COUNTS``)."""
    finished, connects = int(sums["finished"]), int(sums["finished_connects"])
    talk = seconds(int(sums["talk_micros"]))
    return frames.Figures(
        dials=int(sums["dials"]),
        finished=finished,
        connects=int(sums["connects"]),
        connect_rate=rates.share(connects, finished),
        effective_connects=int(sums["effective"]),
        talk_seconds=talk,
        average_talk_seconds=rates.share(talk, connects),
        ring_seconds=seconds(int(sums["ring_micros"])),
        inbound=int(sums["inbound"]),
        internal=int(sums["internal"]),
        outcomes={key: int(sums[key]) for key in sorted(each.value for each in Outcome) if sums[key]},
        incomplete=int(sums["incomplete"]),
    )


NOTHING: dict[str, int] = dict.fromkeys(COUNTS, 0)


def line_of(key: str, label: str, sums: Mapping[str, Any], **more: Any) -> Line:
    """A line from its sums; ``more`` are fields of ``Line``."""
    line = Line(key=key, label=label, figures=figures_of(sums), **more)
    interval = rates.wilson(int(sums["finished_connects"]), int(sums["finished"]))
    if interval is not None:
        line.low, line.high = interval
    hours = (line.scheduled_seconds or 0.0) / 3600
    line.dials_per_hour = rates.share(line.figures.dials, hours)
    if line.busy_seconds is not None:
        line.utilisation = rates.share(line.busy_seconds, line.scheduled_seconds or 0.0)
    line.attainment = attainment(line.figures, line.targets)
    line.decided = decided(line.figures.outcomes, seconds(int(sums["cancelled_ring_micros"])))
    return line


def attainment(figures: frames.Figures, asked: frames.Targets) -> dict[str, float | None]:
    """Value ÷ target; ``None`` where there is no target, or no value."""
    values = {
        "dials": figures.dials,
        "connects": figures.connects,
        "effective_connects": figures.effective_connects,
        "talk_minutes": figures.talk_seconds / 60,
        "connect_rate": figures.connect_rate,
    }
    found = {}
    for name, value in values.items():
        target = getattr(asked, name)
        found[name] = None if value is None or target is None else rates.share(value, target)
    return found


def agent_lines(
    figures: pd.DataFrame, lines: pd.DataFrame, people: Mapping[str, staff.Member], team: str
) -> list[Line]:
    """A line for everybody who was to work or made a call, in order of extension."""
    seen = figures[figures["agent"] != NOBODY]
    sums = seen.groupby("person")[list(COUNTS)].sum().to_dict("index")
    times = lines.groupby("person").agg(
        longest=("longest_idle_seconds", "max"), idle=("idle_seconds", "sum"), busy=("busy_seconds", "sum")
    )
    idle = times.to_dict("index")
    facts = {
        person: (name, of, {f"{pbx}/{agent}" for pbx, agent in zip(g["pbx"], g["agent"], strict=True)})
        for (person, name, of), g in seen.groupby(["person", "name", "team"])
    }
    found = []
    for key in dict.fromkeys((*people, *facts)):
        member = people.get(key)
        if member is not None and team and member.team != team:
            continue
        name, of, places = facts.get(key, (None, None, set[str]()))
        places = places | ({f"{pbx}/{agent}" for pbx, agent in member.seats} if member is not None else set())
        time = idle.get(key)
        checks = member.checks if member is not None else []
        found.append(
            line_of(
                key,
                member.name if member is not None else str(name),
                sums.get(key, NOTHING),
                extension=", ".join(sorted(place.partition("/")[2] for place in places)),
                team=member.team if member is not None else str(of),
                agents=sorted(places),
                newcomer=member.newcomer if member is not None else False,
                lead=member.lead if member is not None else False,
                people=1,
                longest_idle_seconds=round(time["longest"], 1) if time else None,
                idle_seconds=round(time["idle"], 1) if time else None,
                busy_seconds=round(time["busy"], 1) if time else 0.0,
                scheduled_seconds=round(member.scheduled_seconds, 1) if member is not None else 0.0,
                lost_seconds=round(member.lost_seconds, 1) if member is not None else 0.0,
                targets=member.targets if member is not None else frames.Targets(),
                first_dials=checks,
                verdicts=_counted(check.verdict for check in checks),
                late_minutes=sum(check.late_minutes or 0 for check in checks),
            )
        )
    return sorted(found, key=lambda line: (line.extension, line.key))


def add_gaps(agents: Iterable[Line], lines: pd.DataFrame, least_seconds: float) -> None:
    """Give each person the long idle gaps of the day, the longest first."""
    found: dict[str, list[LongGap]] = {}
    rows = lines[lines["gaps"] != ""]
    for person, text, hours in zip(rows["person"], rows["gaps"], rows["hours"], strict=True):
        mine = msgspec.json.decode(hours, type=list[list[tuple[float, float]]])
        found.setdefault(person, []).extend(long_gaps(written_gaps(text), mine, least_seconds))
    for line in agents:
        line.idle_gaps = [
            IdleGap(from_=gap.starts_at, to=gap.ends_at, seconds=round(gap.seconds, 1))
            for gap in sorted(found.get(line.key, ()), key=lambda gap: (-gap.seconds, gap.starts_at))
        ][:GAPS_KEPT]


def _counted(verdicts: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for verdict in verdicts:
        found[str(verdict)] = found.get(str(verdict), 0) + 1
    return found


def team_lines(
    configured: Sequence[str], names: Mapping[str, str], agents: Sequence[Line], figures: pd.DataFrame
) -> list[Line]:
    """The teams in the configured order, then those of the past."""
    of = {line.team for line in agents}
    order = [team for team in configured if team in of]
    order += sorted(of - set(order))
    return [
        whole(
            team,
            names.get(team, ""),
            [line for line in agents if line.team == team],
            figures[figures["team"] == team],
        )
        for team in order
    ]


def whole(key: str, label: str, lines: Sequence[Line], figures: pd.DataFrame) -> Line:
    """What lines come to together; the figures are summed from the table, so nothing is lost in between."""
    asked = frames.Targets()
    for name in staff.SUMMED:
        known = [value for line in lines if (value := getattr(line.targets, name)) is not None]
        setattr(asked, name, sum(known) if known else None)
    rate = {line.targets.connect_rate for line in lines if line.targets.connect_rate is not None}
    asked.connect_rate = rate.pop() if len(rate) == 1 else None
    longest = [line.longest_idle_seconds for line in lines if line.longest_idle_seconds is not None]
    verdicts: dict[str, int] = {}
    for line in lines:
        for verdict, count in line.verdicts.items():
            verdicts[verdict] = verdicts.get(verdict, 0) + count
    made = line_of(
        key,
        label,
        figures[list(COUNTS)].sum().to_dict(),
        team="" if key == SITE else key,
        agents=[],
        people=len(lines),
        longest_idle_seconds=max(longest, default=None),
        idle_seconds=round(sum(line.idle_seconds or 0.0 for line in lines), 1) if lines else None,
        busy_seconds=round(sum(line.busy_seconds or 0.0 for line in lines), 1),
        scheduled_seconds=round(sum(line.scheduled_seconds or 0.0 for line in lines), 1),
        lost_seconds=round(sum(line.lost_seconds or 0.0 for line in lines), 1),
        targets=asked,
        verdicts=verdicts,
        late_minutes=sum(line.late_minutes for line in lines),
    )
    for name in staff.SUMMED:
        # Where only some are asked for something, theirs alone is held against it.
        theirs = [line.figures for line in lines if getattr(line.targets, name) is not None]
        if 0 < len(theirs) < len(lines):
            value = sum(
                of.talk_seconds / 60 if name == "talk_minutes" else getattr(of, name) for of in theirs
            )
            made.attainment[name] = rates.share(value, getattr(asked, name))
    return made
