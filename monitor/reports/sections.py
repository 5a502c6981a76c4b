"""A report cut into titled tables, in the words of a language: what CSV, Excel, PDF and the terminal all write."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from monitor.metrics.periods import Kind
from monitor.metrics.sheet import Line, Report
from monitor.reports import packs
from monitor.reports.columns import Column, Of, Say, Value, figure_columns, fill, name_of, people_columns
from monitor.reports.tables import Head, Section

GAPS_SHOWN = 30
"""So many gaps of a period are written out; the number of all is always said."""


def title(report: Report, say: Say) -> str:
    """What the report is, and of whom."""
    whose = report.team_name if report.team else report.site_name
    return f"{whose} {say(f'report.kind.{report.kind}')}"


def span(report: Report, say: Say) -> str:
    """Its days; of a morning meeting's brief also the meeting's."""
    if report.agenda is not None:
        figures = f"{report.first} {say(f'weekday.{date.fromisoformat(report.first).weekday()}')}"
        return fill(say("report.brief_span"), day=report.agenda.day, figures=figures)
    if report.first == report.last:
        return f"{report.first} {say(f'weekday.{date.fromisoformat(report.first).weekday()}')}"
    return f"{report.first} – {report.last}"


def made(report: Report, say: Say) -> str:
    """When it was made."""
    return fill(say("report.made_at"), time=f"{local(report.made_at, report):%Y-%m-%d %H:%M}")


def local(at: float, report: Report) -> datetime:
    """An instant in the site's time."""
    return datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(report.timezone))


def remarks(report: Report, say: Say) -> list[str]:
    """What is to be known before a figure is believed: gaps, days not over, sums being made."""
    found = packs.notes(report, say)
    found += [
        fill(
            say(f"report.remark.{key}"),
            n=len(report.gaps),
            calls=report.site.figures.incomplete,
            day=report.heard_from,
            time=report.compared_until,
            minutes=round((report.site.lost_seconds or 0.0) / 60),
        )
        for key in report.remarks
    ]
    pattern = "%m-%d %H:%M" if report.first != report.last else "%H:%M"
    for gap in report.gaps[:GAPS_SHOWN]:
        until = gap.to if gap.to is not None else report.made_at
        begin, end = (local(at, report).strftime(pattern) for at in (gap.from_, until))
        found.append(
            fill(
                say("gap.text"),
                pbx=gap.pbx,
                **{"from": begin, "to": end},
                reason=say(f"gap.{gap.reason}"),
                cut=gap.calls_cut,
            )
        )
    for each in report.outages[:GAPS_SHOWN]:
        until = each.to if each.to is not None else report.made_at
        begin, end = (local(at, report).strftime(pattern) for at in (each.from_, until))
        words = {"pbx": each.pbx, "trunks": each.subject, "from": begin, "to": end}
        found.append(fill(say("outage.over"), **words))
    return found


def sections(report: Report, say: Say) -> list[Section]:
    """All tables of the report that have something to say; the first is its main one."""
    found: list[Section]
    if report.kind == Kind.BRIEF:
        found = [*packs.agenda(report, say), packs.best(report, say), people(report, say)]
    elif report.kind == Kind.EVENING:
        found = [
            packs.attained(report, say),
            packs.traffic(report, say),
            packs.forecast(report, say),
            people(report, say),
            _hours(report, say),
            packs.decided(report, say),
        ]
    elif report.kind == Kind.APPRAISAL:
        found = [packs.appraisal(report, say), people(report, say), _trend(report, say)]
    else:
        found = [_groups(report, say)] if report.groups else []
        found += [people(report, say), packs.forecast(report, say), _idle(report, say)]
        found += [_hours(report, say), _heat(report, say)]
        found += [_trend(report, say), packs.best(report, say)]
        found += [packs.traffic(report, say), packs.decided(report, say)]
    if report.kind != Kind.APPRAISAL:
        found += [_outcomes(report, say), _before(report, say)]
    return [each for each in found if each.rows]


def people(report: Report, say: Say) -> Section:
    """Everybody, then the teams, then all of them."""
    columns = people_columns(report, say)
    sums = [*report.teams, report.site] if not report.team else [report.site]
    return _section("people", say("report.people"), columns, [*report.agents, *sums], totals=len(sums))


def main(report: Report, say: Say) -> Section:
    """The table that a CSV or a Parquet file has: the groups, the teams or the appraisal asked for, else the people."""
    if report.kind == Kind.APPRAISAL:
        return packs.appraisal(report, say)
    if report.group == "team":
        return _teams(report, say)
    return _groups(report, say) if report.groups else people(report, say)


def _teams(report: Report, say: Say) -> Section:
    """The teams, then all of them, with what a person's line has."""
    team = Column(key="team", head=say("report.team"), of=Of.TEXT, value=lambda line: name_of(line, say))
    persons = ("extension", "name", "team", "newcomer")
    columns = [team, *(each for each in people_columns(report, say) if each.key not in persons)]
    return _section("teams", team.head, columns, [*report.teams, report.site], totals=1)


def _section(
    key: str, words: str, columns: Sequence[Column], lines: Sequence[Line], totals: int = 0
) -> Section:
    heads = tuple(Head(each.key, each.head, each.of, each.wide) for each in columns)
    return Section(key, words, heads, [tuple(each.value(line) for each in columns) for line in lines], totals)


def group_label(report: Report, line: Line, say: Say) -> str:
    """A group's own name in people's words."""
    if report.group == "weekday":
        return say(f"weekday.{line.key}")
    if report.group == "outcome":
        return say(f"outcome.{line.key}")
    if report.group in ("prefix", "province"):
        return line.label or say("report.group.unknown")
    if report.group == "hour":
        return f"{int(line.key):02}:00"
    return line.label or "—"


def _groups(report: Report, say: Say) -> Section:
    label = Column(
        key="group",
        head=say(f"report.group.{report.group}"),
        of=Of.TEXT,
        value=lambda line: name_of(line, say) if line.key == "site" else group_label(report, line, say),
    )
    if report.group == "outcome":
        count = Column(
            key="calls",
            head=say("report.calls"),
            of=Of.COUNT,
            value=lambda line: sum(line.figures.outcomes.values()),
        )
        return _section("groups", label.head, [label, count], report.groups)
    wanted = ("dials", "connects", "connect_rate", "low", "high", "effective_connects", "talk_seconds")
    columns = [each for each in figure_columns(say) if each.key in (*wanted, "average_talk_seconds")]
    return _section("groups", label.head, [label, *columns], [*report.groups, report.site], totals=1)


def _idle(report: Report, say: Say) -> Section:
    """The day's long idle gaps, the longest first."""
    heads = (
        Head("extension", say("report.extension"), Of.TEXT),
        Head("name", say("report.name"), Of.TEXT),
        Head("from", say("report.gap_from"), Of.CLOCK),
        Head("to", say("report.gap_to"), Of.CLOCK),
        Head("seconds", say("report.gap_seconds"), Of.SECONDS),
    )
    gaps = [(line, gap) for line in report.agents for gap in line.idle_gaps]
    rows: list[tuple[Value, ...]] = [
        (line.extension, name_of(line, say), gap.from_, gap.to, gap.seconds)
        for line, gap in sorted(gaps, key=lambda each: (-each[1].seconds, each[1].from_))
    ]
    return Section("idle", say("report.idle_gaps"), heads, rows)


def _hours(report: Report, say: Say) -> Section:
    heads = (
        Head("hour", say("report.group.hour"), Of.TEXT),
        Head("dials", say("metric.dials"), Of.COUNT),
        Head("connects", say("metric.connects"), Of.COUNT),
        Head("connect_rate", say("metric.connect_rate"), Of.SHARE),
        Head("talk_seconds", say("metric.talk_seconds"), Of.SECONDS),
    )
    rows: list[tuple[Value, ...]] = [
        (f"{each.hour:02}:00", each.dials, each.connects, each.connect_rate, each.talk_seconds)
        for each in report.hours
    ]
    return Section("hours", say("report.by_hour"), heads, rows)


def _heat(report: Report, say: Say) -> Section:
    first = say("report.name" if report.base == Kind.DAILY else "report.group.day")
    heads = (
        Head("label", first, Of.TEXT),
        *(Head(f"h{hour}", f"{hour:02}:00", Of.COUNT) for hour in report.hour_span),
    )
    rows: list[tuple[Value, ...]] = [(row.label, *row.dials) for row in report.heat if sum(row.dials)]
    return Section("heat", say("report.heat"), heads, rows)


def _trend(report: Report, say: Say) -> Section:
    heads = (
        Head("day", say("report.group.day"), Of.TEXT),
        Head("weekday", say("report.group.weekday"), Of.TEXT),
        Head("dials", say("metric.dials"), Of.COUNT),
        Head("connects", say("metric.connects"), Of.COUNT),
        Head("connect_rate", say("metric.connect_rate"), Of.SHARE),
        Head("effective_connects", say("metric.effective_connects"), Of.COUNT),
        Head("talk_seconds", say("metric.talk_seconds"), Of.SECONDS),
    )
    rows: list[tuple[Value, ...]] = [
        (
            each.day,
            say(f"weekday.{date.fromisoformat(each.day).weekday()}"),
            each.dials,
            each.connects,
            each.connect_rate,
            each.effective_connects,
            each.talk_seconds,
        )
        for each in report.trend
    ]
    return Section("trend", say("report.trend"), heads, rows)


def _outcomes(report: Report, say: Say) -> Section:
    outcomes = report.site.figures.outcomes
    whole = sum(outcomes.values())
    heads = (
        Head("outcome", say("report.group.outcome"), Of.TEXT),
        Head("calls", say("report.calls"), Of.COUNT),
        Head("share", say("report.share"), Of.SHARE),
    )
    ordered = sorted(outcomes.items(), key=lambda item: -item[1])
    rows: list[tuple[Value, ...]] = [(say(f"outcome.{key}"), n, n / whole) for key, n in ordered]
    return Section("outcomes", say("report.outcomes"), heads, rows)


def _before(report: Report, say: Say) -> Section:
    """This period above what it is compared with; nothing where there is nothing to compare."""
    heads = (
        Head("period", say("report.period"), Of.TEXT),
        Head("dials", say("metric.dials"), Of.DECIMAL),
        Head("connects", say("metric.connects"), Of.DECIMAL),
        Head("connect_rate", say("metric.connect_rate"), Of.SHARE),
        Head("effective_connects", say("metric.effective_connects"), Of.DECIMAL),
        Head("talk_seconds", say("metric.talk_seconds"), Of.SECONDS),
        Head("average_talk_seconds", say("metric.average_talk_seconds"), Of.SECONDS),
    )
    if not report.before:
        return Section("before", say("report.before"), heads, [])
    f = report.site.figures
    mine: tuple[Value, ...] = (
        span(report, say),
        f.dials,
        f.connects,
        f.connect_rate,
        f.effective_connects,
        f.talk_seconds,
        f.average_talk_seconds,
    )
    rows: list[tuple[Value, ...]] = [mine]
    for each in report.before:
        days = each.first if each.first == each.last else f"{each.first} – {each.last}"
        words = fill(say(f"report.before.{each.kind}.{report.base}"), n=each.periods)
        rows.append(
            (
                f"{words} {days}" if each.kind == "last" else words,
                each.dials,
                each.connects,
                each.connect_rate,
                each.effective_connects,
                each.talk_seconds,
                each.average_talk_seconds,
            )
        )
    return Section("before", say("report.before"), heads, rows)
