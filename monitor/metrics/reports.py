"""Daily, weekly, monthly reports and ranges: the stored sums shaped by pandas into a report's lines.

What comes in are sums per agent and day, never calls: a month of ten million calls is some thousands of rows.
An extension's figures belong to whoever had it on that day.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import msgspec
import pandas as pd

from monitor.domain import Gap, Outcome
from monitor.metrics import frames, rates, shifts, staff, targets
from monitor.metrics.board import BoardSettings
from monitor.metrics.day import HOUR_SECONDS
from monitor.metrics.periods import COMPARED, Kind, Period
from monitor.metrics.plan import SitePlan
from monitor.metrics.posts import Duty
from monitor.metrics.roster import UNASSIGNED
from monitor.metrics.sheet import SITE, Before, HeatRow, Hour, Line, Report, Shift, Trend
from monitor.metrics.tally import MICRO, seconds
from monitor.parts import NOBODY

COUNTS: tuple[str, ...] = (
    "dials",
    "finished",
    "connects",
    "finished_connects",
    "effective",
    "talk_micros",
    "ring_micros",
    "inbound",
    "internal",
    "missed",
    "incomplete",
    *(each.value for each in Outcome),
)
"""Columns of the sums that are added up."""

GROUPS = ("agent", "team", "day", "weekday", "hour", "trunk", "outcome")
"""What a range can be grouped by."""


class Source(msgspec.Struct, kw_only=True):
    """What a report is made from, in the store's columns.

    ``figures``: by PBX, agent and day, and by hour where an extension changed hands; ``hours``: by hour, and by PBX,
    agent and day where the report needs them; ``lines``: the time lines; ``earlier``: by day (and PBX and agent, for a
    team's report), of the periods compared with; ``trunks``: by PBX and trunk, for that group only. ``first_days``: by PBX, the first
    day with a call; before it nothing was heard, so nobody is judged. ``duty``: who was to work, and who is excused.
    """

    figures: pd.DataFrame
    hours: pd.DataFrame
    lines: pd.DataFrame
    earlier: pd.DataFrame
    trunks: pd.DataFrame | None
    first: staff.First
    seats: Sequence[staff.Seat]
    who: staff.Who
    teams: Mapping[str, str]
    gaps: Sequence[Gap]
    on_inbound: Collection[tuple[str, str, str, str]]
    current: bool
    first_days: Mapping[str, str]
    duty: Duty


def frame(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> pd.DataFrame:
    """A table of sums as a frame."""
    return pd.DataFrame.from_records(list(rows), columns=list(columns))


def report(
    settings: BoardSettings,
    plan: SitePlan,
    period: Period,
    source: Source,
    now: float,
    team: str = "",
    group: str = "",
) -> Report:
    """The report of a period; of one team only if ``team`` is given. ``group``: one of ``GROUPS``, for a range."""
    days = list(period.days())
    start, end = plan.of(days[0]).start, plan.of(days[-1]).end
    heard = {pbx: plan.of(date.fromisoformat(day)).start for pbx, day in source.first_days.items()}
    blind: dict[str, list[shifts.Blind]] = {pbx: [(0.0, at)] for pbx, at in heard.items()}
    for gap in source.gaps:
        blind.setdefault(gap.pbx, []).append(
            (gap.started_at, gap.ended_at if gap.ended_at is not None else now)
        )
    blind = {pbx: shifts.joined(spans) for pbx, spans in blind.items()}
    each = {t.id: targets.merged(settings.site.targets, t.targets) for t in settings.teams}
    people = staff.members(source.seats, days, plan, now, each, heard)
    staff.check(
        people,
        days,
        plan,
        source.who,
        source.first,
        blind,
        lambda *of: of in source.on_inbound,
        now,
        source.duty,
    )
    figures = _with_people(source.figures, source, team)
    hours = _with_people(source.hours, source, team)
    lines = _of_people(source.lines, figures)
    agents = _agent_lines(figures, lines, people, team)
    if period.kind is not Kind.DAILY:
        for line in agents:
            line.first_dials = [
                check
                for check in line.first_dials
                if check.verdict not in (shifts.Verdict.ON_TIME, shifts.Verdict.OFF)
            ]
    teams = _team_lines(settings, source, agents, figures)
    site = _whole(SITE, settings.site.name, agents, figures)
    if not team:
        site.missed = int(source.figures["missed"].sum())
    span = _hour_span(plan, days, hours)
    found = Report(
        kind=period.kind,
        group=group,
        first=period.first.isoformat(),
        last=period.last.isoformat(),
        start=start,
        end=end,
        made_at=now,
        heard_from=min(source.first_days.values(), default=""),
        running=now < end,
        site_name=settings.site.name,
        timezone=str(settings.site.timezone),
        team=team,
        team_name=source.teams.get(team, team),
        effective_seconds=settings.site.effective_seconds,
        site=site,
        teams=teams,
        agents=agents,
        groups=[],
        team_names={line.key: line.label for line in teams},
        shifts=[Shift(id=s.id, name=s.name) for s in settings.shifts],
        hour_span=list(span),
        hours=_hours(hours, span),
        heat=_heat(hours, span, agents, days, by_agent=period.kind is Kind.DAILY),
        trend=_trend(figures, plan, days, now) if len(days) > 1 else [],
        before=_before(period, _with_people(source.earlier, source, team)),
        gaps=[
            frames.BlindPeriod(
                pbx=gap.pbx, from_=gap.started_at, to=gap.ended_at, reason=gap.reason, calls_cut=gap.calls_cut
            )
            for gap in source.gaps
        ],
        remarks=[],
    )
    found.remarks = _remarks(found, source)
    found.groups = _groups(found, figures, source)
    return found


def _remarks(found: Report, source: Source) -> list[str]:
    said = {
        "sums_unknown": not source.current,
        "running": found.running,
        "unheard": found.first < found.heard_from,
        "gaps": bool(found.gaps),
        "incomplete": found.site.figures.incomplete > 0,
    }
    return [key for key, holds in said.items() if holds]


# ---------------------------------------------------------------------- lines


def _with_people(table: pd.DataFrame, source: Source, team: str) -> pd.DataFrame:
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


def _of_people(lines: pd.DataFrame, figures: pd.DataFrame) -> pd.DataFrame:
    """Time lines with the person of each; a day on which an extension changed hands is its first holder's."""
    keys = ["pbx", "agent", "day"]
    holders = figures.sort_values("start").drop_duplicates(keys)
    return lines.merge(holders[[*keys, "person"]], on=keys)


def _figures(sums: Mapping[str, Any]) -> frames.Figures:
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


_NOTHING: dict[str, int] = dict.fromkeys(COUNTS, 0)


def _line(key: str, label: str, sums: Mapping[str, Any], **more: Any) -> Line:
    line = Line(key=key, label=label, figures=_figures(sums), **more)
    interval = rates.wilson(int(sums["finished_connects"]), int(sums["finished"]))
    if interval is not None:
        line.low, line.high = interval
    hours = (line.scheduled_seconds or 0.0) / 3600
    line.dials_per_hour = rates.share(line.figures.dials, hours)
    if line.busy_seconds is not None:
        line.utilisation = rates.share(line.busy_seconds, line.scheduled_seconds or 0.0)
    line.attainment = attainment(line.figures, line.targets)
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


def _agent_lines(
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
            _line(
                key,
                member.name if member is not None else str(name),
                sums.get(key, _NOTHING),
                extension=", ".join(sorted(place.partition("/")[2] for place in places)),
                team=member.team if member is not None else str(of),
                agents=sorted(places),
                people=1,
                longest_idle_seconds=round(time["longest"], 1) if time else None,
                idle_seconds=round(time["idle"], 1) if time else None,
                busy_seconds=round(time["busy"], 1) if time else 0.0,
                scheduled_seconds=round(member.scheduled_seconds, 1) if member is not None else 0.0,
                targets=member.targets if member is not None else frames.Targets(),
                first_dials=checks,
                verdicts=_counted(check.verdict for check in checks),
                late_minutes=sum(check.late_minutes or 0 for check in checks),
            )
        )
    return sorted(found, key=lambda line: (line.extension, line.key))


def _counted(verdicts: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for verdict in verdicts:
        found[str(verdict)] = found.get(str(verdict), 0) + 1
    return found


def _team_lines(
    settings: BoardSettings, source: Source, agents: Sequence[Line], figures: pd.DataFrame
) -> list[Line]:
    """The teams in the configured order, then those of the past."""
    of = {line.team for line in agents}
    order = [t.id for t in settings.teams if t.id in of]
    order += sorted(of - set(order))
    names = {t.id: t.name for t in settings.teams} | dict(source.teams)
    return [
        _whole(
            team,
            names.get(team, ""),
            [line for line in agents if line.team == team],
            figures[figures["team"] == team],
        )
        for team in order
    ]


def _whole(key: str, label: str, lines: Sequence[Line], figures: pd.DataFrame) -> Line:
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
    return _line(
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
        targets=asked,
        verdicts=verdicts,
        late_minutes=sum(line.late_minutes for line in lines),
    )


# ---------------------------------------------------------------------- by time


def _hour_span(plan: SitePlan, days: Sequence[date], hours: pd.DataFrame) -> range:
    """The hours of a day from the first to the last with a shift or a dial."""
    marks = {int(hour) for hour in hours.loc[hours["dials"] > 0, "hour"].unique()}
    for day in {each.weekday(): each for each in days}.values():
        made = plan.of(day)
        marks |= {int((at - made.start) // HOUR_SECONDS) for a, b in made.hours for at in (a, b - 1)}
    return range(min(marks), max(marks) + 1) if marks else range(0)


def _hours(hours: pd.DataFrame, span: range) -> list[Hour]:
    sums = hours.groupby("hour")[list(COUNTS)].sum().reindex(list(span), fill_value=0)
    return [
        Hour(
            hour=int(hour),
            dials=int(row["dials"]),
            finished=int(row["finished"]),
            connects=int(row["connects"]),
            connect_rate=rates.share(int(row["finished_connects"]), int(row["finished"])),
            talk_seconds=seconds(int(row["talk_micros"])),
        )
        for hour, row in sums.to_dict("index").items()
    ]


def _heat(
    hours: pd.DataFrame, span: range, agents: Sequence[Line], days: Sequence[date], *, by_agent: bool
) -> list[HeatRow]:
    index = "person" if by_agent else "day"
    labels = (
        {line.key: line.label for line in agents}
        if by_agent
        else {d.isoformat(): d.isoformat() for d in days}
    )
    tables = {
        name: hours.pivot_table(index=index, columns="hour", values=name, aggfunc="sum", fill_value=0)
        .reindex(index=list(labels), columns=list(span), fill_value=0)
        .astype(int)
        for name in ("dials", "connects")
    }
    return [
        HeatRow(
            key=key,
            label=label,
            dials=[int(v) for v in tables["dials"].loc[key]],
            connects=[int(v) for v in tables["connects"].loc[key]],
        )
        for key, label in labels.items()
    ]


def _trend(figures: pd.DataFrame, plan: SitePlan, days: Sequence[date], now: float) -> list[Trend]:
    names = [day.isoformat() for day in days if plan.of(day).start <= now]
    sums = figures.groupby("day")[list(COUNTS)].sum().reindex(names, fill_value=0).to_dict("index")
    found = []
    for day, row in sums.items():
        of, bounds = _figures(row), plan.of(date.fromisoformat(str(day)))
        found.append(
            Trend(
                day=str(day),
                start=bounds.start,
                end=bounds.end,
                dials=of.dials,
                finished=of.finished,
                connects=of.connects,
                connect_rate=of.connect_rate,
                effective_connects=of.effective_connects,
                talk_seconds=of.talk_seconds,
            )
        )
    return found


def _before(period: Period, earlier: pd.DataFrame) -> list[Before]:
    """The period before, and the mean of the last four that had any call."""
    by_day = earlier.groupby("day")[list(COUNTS)].sum()
    periods = [period.before(number) for number in range(1, COMPARED + 1)]
    sums = [
        by_day.loc[(by_day.index >= each.first.isoformat()) & (by_day.index <= each.last.isoformat())].sum()
        for each in periods
    ]
    found = []
    if sums[0]["dials"]:
        found.append(_compared("last", periods[:1], sums[:1]))
    known = [(p, s) for p, s in zip(periods, sums, strict=True) if s["dials"]]
    if len(known) > 1:
        found.append(_compared("mean", [p for p, _ in known], [s for _, s in known]))
    return found


def _compared(kind: str, periods: Sequence[Period], sums: Sequence[Any]) -> Before:
    count = len(periods)
    total = {name: float(sum(each[name] for each in sums)) for name in COUNTS}
    return Before(
        kind=kind,
        first=periods[-1].first.isoformat(),
        last=periods[0].last.isoformat(),
        periods=count,
        dials=total["dials"] / count,
        connects=total["connects"] / count,
        connect_rate=rates.share(total["finished_connects"], total["finished"]),
        effective_connects=total["effective"] / count,
        talk_seconds=total["talk_micros"] / MICRO / count,
        average_talk_seconds=rates.share(total["talk_micros"] / MICRO, total["finished_connects"]),
    )


def earlier_days(period: Period) -> tuple[date, date]:
    """The first and last day of all periods compared with."""
    return period.before(COMPARED).first, max(period.before().last, period.first - timedelta(days=1))


# ---------------------------------------------------------------------- groups of a range


def _groups(found: Report, figures: pd.DataFrame, source: Source) -> list[Line]:
    if found.group in ("", "agent", "team"):
        return []
    if found.group == "outcome":
        return [
            _line(key, key, {**_NOTHING, key: count}) for key, count in found.site.figures.outcomes.items()
        ]
    if found.group == "trunk":
        table = source.trunks if source.trunks is not None else frame(("pbx", "trunk", *COUNTS), ())
        sums = {f"{r['pbx']}/{r['trunk']}": r for r in table.to_dict("records")}
        return [_line(str(key), str(row["trunk"]), row) for key, row in sums.items()]
    if found.group == "weekday":
        figures = figures.assign(weekday=[date.fromisoformat(day).weekday() for day in figures["day"]])
    table = figures if found.group != "hour" else _with_people(source.hours, source, found.team)
    grouped = table.groupby(found.group)[list(COUNTS)].sum().to_dict("index")
    return [
        _line(str(key), str(key), {str(k): v for k, v in row.items()}) for key, row in sorted(grouped.items())
    ]
