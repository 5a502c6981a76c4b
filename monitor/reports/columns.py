"""The columns of a report's lines, once for every format: head, kind of value, and where it comes from."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import msgspec

from monitor.metrics.periods import Kind
from monitor.metrics.sheet import Line, Report, ShiftCheck

Value = str | int | float | None
Say = Callable[[str], str]
"""The words for a key, in the language of the report."""


class Of(StrEnum):
    """What a value is: how it is written, aligned and formatted."""

    TEXT = "text"
    COUNT = "count"
    DECIMAL = "decimal"
    SHARE = "share"
    SECONDS = "seconds"
    CLOCK = "clock"


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column. ``wide`` ones are left away where there is little room."""

    key: str
    head: str
    of: Of
    value: Callable[[Line], Value]
    wide: bool = False


def fill(words: str, **values: object) -> str:
    """Words with ``{name}`` filled in."""
    for name, value in values.items():
        words = words.replace("{" + name + "}", str(value))
    return words


def verdict_words(check: ShiftCheck, say: Say) -> str:
    """A verdict as people read it; who was on an inbound call over the deadline is marked so."""
    words = fill(say(f"verdict.{check.verdict}"), n=check.late_minutes)
    return (
        f"{words} · {say('report.on_inbound')}" if check.on_inbound and check.verdict != "on_time" else words
    )


def people_columns(report: Report, say: Say) -> list[Column]:
    """Of the lines for persons, and of the sums below them."""
    teams = report.team_names
    found = [
        Column(key="extension", head=say("report.extension"), of=Of.TEXT, value=lambda line: line.extension),
        Column(key="name", head=say("report.name"), of=Of.TEXT, value=lambda line: name_of(line, say)),
        Column(
            key="team",
            head=say("report.team"),
            of=Of.TEXT,
            value=lambda line: (teams.get(line.team) or say("team.unassigned")) if line.agents else "",
        ),
    ]
    if any(line.newcomer for line in report.agents):
        found.append(
            Column(
                key="newcomer",
                head=say("agent.newcomer"),
                of=Of.TEXT,
                value=lambda line: say("agent.newcomer") if line.newcomer else "",
            )
        )
    if report.base == Kind.DAILY:
        for shift in report.shifts:
            found += _half_day(shift.id, shift.name, say)
    else:
        found += [_verdicts(verdict, say) for verdict in ("on_time", "late", "not_started", "indeterminate")]
        found.append(
            Column(
                key="late_minutes",
                head=say("report.late_minutes"),
                of=Of.COUNT,
                value=lambda line: line.late_minutes,
                wide=True,
            )
        )
    return [*found, *figure_columns(say)]


def name_of(line: Line, say: Say) -> str:
    """A line's label; sums and extensions in no team have words of their own."""
    if line.key == "site":
        return say("report.total")
    return line.label or say("team.unassigned")


def _half_day(shift: str, name: str, say: Say) -> list[Column]:
    def check(line: Line) -> ShiftCheck | None:
        return next((each for each in line.first_dials if each.shift == shift), None)

    def at(line: Line) -> Value:
        found = check(line)
        return found.at if found is not None else None

    def verdict(line: Line) -> Value:
        found = check(line)
        return verdict_words(found, say) if found is not None else None

    return [
        Column(key=f"first.{shift}", head=f"{name} {say('metric.first_dial')}", of=Of.CLOCK, value=at),
        Column(key=f"verdict.{shift}", head=f"{name} {say('report.verdict')}", of=Of.TEXT, value=verdict),
    ]


def _verdicts(verdict: str, say: Say) -> Column:
    return Column(
        key=verdict,
        head=say(f"report.{verdict}"),
        of=Of.COUNT,
        value=lambda line: line.verdicts.get(verdict, 0),
        wide=verdict == "on_time",
    )


def figure_columns(say: Say) -> list[Column]:
    """The figures every line has."""

    def metric(key: str, of: Of, value: Callable[[Line], Value], *, wide: bool = False) -> Column:
        return Column(key=key, head=say(f"metric.{key}"), of=of, value=value, wide=wide)

    def missed(line: Line) -> Value:
        return line.callbacks.missed if line.callbacks is not None else line.missed

    def attained(name: str, key: str) -> Column:
        head = fill(say("report.attainment_of"), metric=say(f"metric.{key}"))
        return Column(
            key=f"attainment.{name}",
            head=head,
            of=Of.SHARE,
            value=lambda line: line.attainment.get(name),
            wide=name != "dials",
        )

    return [
        metric("dials", Of.COUNT, lambda line: line.figures.dials),
        attained("dials", "dials"),
        metric("connects", Of.COUNT, lambda line: line.figures.connects),
        metric("connect_rate", Of.SHARE, lambda line: line.figures.connect_rate),
        Column(key="low", head=say("report.low"), of=Of.SHARE, value=lambda line: line.low, wide=True),
        Column(key="high", head=say("report.high"), of=Of.SHARE, value=lambda line: line.high, wide=True),
        metric("effective_connects", Of.COUNT, lambda line: line.figures.effective_connects),
        attained("effective_connects", "effective_connects"),
        metric("talk_seconds", Of.SECONDS, lambda line: line.figures.talk_seconds),
        attained("talk_minutes", "talk_seconds"),
        metric("average_talk_seconds", Of.SECONDS, lambda line: line.figures.average_talk_seconds),
        metric("longest_idle_seconds", Of.SECONDS, lambda line: line.longest_idle_seconds),
        metric("idle_seconds", Of.SECONDS, lambda line: line.idle_seconds, wide=True),
        metric("dials_per_hour", Of.DECIMAL, lambda line: line.dials_per_hour),
        metric("utilisation", Of.SHARE, lambda line: line.utilisation),
        metric("lost_seconds", Of.SECONDS, lambda line: line.lost_seconds, wide=True),
        metric("inbound", Of.COUNT, lambda line: line.figures.inbound, wide=True),
        metric("missed_inbound", Of.COUNT, missed, wide=True),
        metric(
            "called_back",
            Of.COUNT,
            lambda line: line.callbacks.called_back if line.callbacks else None,
            wide=True,
        ),
        Column(
            key="incomplete",
            head=say("report.incomplete_calls"),
            of=Of.COUNT,
            value=lambda line: line.figures.incomplete,
            wide=True,
        ),
    ]
