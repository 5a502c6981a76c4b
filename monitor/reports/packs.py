"""The tables of the meetings' packs and of the appraisal: goals, who is off, the best, in and out, the split, the forecast."""

from __future__ import annotations

from collections.abc import Sequence

from monitor.duty import AbsenceKind
from monitor.metrics.decided import BY
from monitor.metrics.sheet import Appraised, Line, Report
from monitor.reports.columns import Of, Say, Value, fill, name_of
from monitor.reports.tables import Head, Row, Section

GOALS = (
    ("dials", "dials", Of.COUNT),
    ("connects", "connects", Of.COUNT),
    ("effective_connects", "effective_connects", Of.COUNT),
    ("talk_minutes", "talk_minutes", Of.DECIMAL),
    ("connect_rate", "connect_rate", Of.SHARE),
)
_OF = {"connect_rate": Of.SHARE, "talk_seconds": Of.SECONDS}


def _sums(report: Report) -> list[Line]:
    return [report.site] if report.team else [*report.teams, report.site]


def agenda(report: Report, say: Say) -> list[Section]:
    """Today's targets by team, and who is off."""
    plan = report.agenda
    if plan is None:
        return []
    goals = [name for name, _, _ in GOALS if any(getattr(g.targets, name) is not None for g in plan.goals)]
    heads = (
        Head("team", say("report.team"), Of.TEXT),
        Head("people", say("report.expected"), Of.COUNT),
        *(Head(name, say(f"metric.{name}"), of) for name, _, of in GOALS if name in goals),
    )
    rows: list[Row] = [
        (each.label or say("team.unassigned"), each.people, *(getattr(each.targets, n) for n in goals))
        for each in plan.goals
    ]
    if rows and not report.team:
        rows.append((say("report.total"), plan.expected, *(getattr(plan.total, n) for n in goals)))
    whole = 0 if report.team or not plan.goals else 1
    title = fill(say("report.goals_of"), day=plan.day)
    off_heads = (
        Head("extension", say("report.extension"), Of.TEXT),
        Head("name", say("report.name"), Of.TEXT),
        Head("team", say("report.team"), Of.TEXT),
        Head("why", say("report.off_why"), Of.TEXT),
        Head("part", say("report.off_part"), Of.TEXT),
    )
    names = report.team_names
    off: list[Row] = [
        (
            each.extension,
            each.name,
            names.get(each.team, each.team),
            off_words(each.why, each.why_name, say),
            say("report.off_half" if each.part else "report.off_whole"),
        )
        for each in plan.off
    ]
    return [
        Section("goals", title, heads, rows, whole),
        Section("off", fill(say("report.off"), day=plan.day), off_heads, off),
    ]


def off_words(why: str, name: str, say: Say) -> str:
    """Why somebody is off, as the page has it."""
    words = say(f"absence.{why}" if why in frozenset(AbsenceKind) else f"dayoff.{why}")
    return f"{words} · {name}" if name else words


def best(report: Report, say: Say) -> Section:
    """The best few by each figure."""
    heads = (
        Head("metric", say("report.best_by"), Of.TEXT),
        Head("rank", say("report.rank"), Of.COUNT),
        Head("name", say("report.name"), Of.TEXT),
        Head("team", say("report.team"), Of.TEXT),
        Head("value", say("report.value"), Of.TEXT),
    )
    rows: list[Row] = []
    for each in report.best:
        value = (
            f"{each.value:.1%}"
            if each.metric == "connect_rate"
            else f"{each.value / 3600:.1f} h"
            if each.metric == "talk_seconds"
            else f"{each.value:,.0f}"
        )
        team = report.team_names.get(each.team) or say("team.unassigned")
        rows.append((say(f"metric.{each.metric}"), each.rank, each.label, team, value))
    return Section("best", say("report.best"), heads, rows)


def attained(report: Report, say: Say) -> Section:
    """The targets of the day: met or not, by team."""
    shown = [
        name for name, _, _ in GOALS if any(line.attainment.get(name) is not None for line in _sums(report))
    ]
    heads = (
        Head("team", say("report.team"), Of.TEXT),
        *(
            head
            for name in shown
            for head in (
                Head(
                    f"attainment.{name}",
                    fill(say("report.attainment_of"), metric=say(f"metric.{name}")),
                    Of.SHARE,
                ),
                Head(f"met.{name}", say("report.met_head"), Of.TEXT),
            )
        ),
    )
    open_words = say("report.not_yet" if report.running else "report.unmet")
    rows: list[Row] = []
    for line in _sums(report):
        cells: list[Value] = [name_of(line, say)]
        for name in shown:
            share = line.attainment.get(name)
            cells += [share, None if share is None else say("report.met") if share >= 1 else open_words]
        rows.append(tuple(cells))
    return Section(
        "attained", say("report.targets_met"), heads, rows if shown else [], 0 if report.team else 1
    )


def traffic(report: Report, say: Say) -> Section:
    """Outgoing and incoming calls, missed ones and the calls back, by team."""
    heads = (
        Head("team", say("report.team"), Of.TEXT),
        Head("dials", say("metric.dials"), Of.COUNT),
        Head("connects", say("metric.connects"), Of.COUNT),
        Head("inbound", say("metric.inbound"), Of.COUNT),
        Head("missed_inbound", say("metric.missed_inbound"), Of.COUNT),
        Head("called_back", say("metric.called_back"), Of.COUNT),
        Head("not_called_back", say("metric.not_called_back"), Of.COUNT),
        Head("callback_seconds", say("metric.callback_seconds"), Of.SECONDS),
    )
    rows: list[Row] = []
    for line in _sums(report):
        back, f = line.callbacks, line.figures
        rows.append(
            (
                name_of(line, say),
                f.dials,
                f.connects,
                f.inbound,
                None if back is None else back.missed,
                None if back is None else back.called_back,
                None if back is None else back.open,
                None if back is None else back.median_seconds,
            )
        )
    return Section("traffic", say("report.traffic"), heads, rows, 0 if report.team else 1)


def decided(report: Report, say: Say) -> Section:
    """The finished dials by who decided, with shares; by team."""
    heads = (
        Head("team", say("report.team"), Of.TEXT),
        Head("finished", say("metric.finished"), Of.COUNT),
        *(
            head
            for who in BY
            for head in (
                Head(who, say(f"report.decided.{who}"), Of.COUNT),
                Head(f"share.{who}", say("report.share"), Of.SHARE),
            )
        ),
        Head("cancelled_ring", say("report.cancelled_ring"), Of.SECONDS),
    )
    rows: list[Row] = []
    for line in _sums(report):
        split, whole = line.decided, line.figures.finished
        if split is None:
            continue
        cells: list[Value] = [name_of(line, say), whole]
        for who in BY:
            count = getattr(split, who)
            cells += [count, count / whole if whole else None]
        rows.append((*cells, split.cancelled_ring_seconds))
    useful = [row for row in rows if row[1]]
    return Section("decided", say("report.decided"), heads, useful, 0)


def forecast(report: Report, say: Say) -> Section:
    """What today comes to, with its 80 % interval."""
    heads = (
        Head("team", say("report.team"), Of.TEXT),
        Head("metric", say("report.metric"), Of.TEXT),
        Head("value", say("report.so_far"), Of.COUNT),
        Head("expected", say("metric.forecast"), Of.COUNT),
        Head("low", say("report.low80"), Of.COUNT),
        Head("high", say("report.high80"), Of.COUNT),
        Head("target", say("report.target"), Of.COUNT),
        Head("days", say("report.past_days"), Of.COUNT, True),
    )
    rows: list[Row] = [
        (
            say("report.total") if each.key == "site" else each.label or say("team.unassigned"),
            say(f"metric.{each.metric}"),
            each.value,
            round(each.expected),
            round(each.low),
            round(each.high),
            None if each.target is None else round(each.target),
            each.days,
        )
        for each in report.forecast
    ]
    return Section("forecast", say("report.forecast"), heads, rows)


def appraisal(report: Report, say: Say) -> Section:
    """The month by person: results, discipline, quality and the points reached of those that can be."""
    weighing = report.weighing
    if weighing is None:
        return Section("appraisal", say("report.kind.appraisal"), (), [])

    def weighted(key: str, weight: float) -> str:
        return f"{say(f'report.appraisal.{key}')} ({weight:g})"

    heads = (
        Head("extension", say("report.extension"), Of.TEXT),
        Head("name", say("report.name"), Of.TEXT),
        Head("team", say("report.team"), Of.TEXT),
        *(
            Head(
                f"attainment.{name}",
                fill(say("report.attainment_of"), metric=say(f"metric.{name}")),
                Of.SHARE,
            )
            for name in weighing.results_of
        ),
        Head("results", weighted("results", weighing.results), Of.DECIMAL),
        Head("late", say("report.appraisal.late"), Of.COUNT),
        Head("covered", say("report.appraisal.covered"), Of.COUNT, True),
        Head("late_minutes", say("report.late_minutes"), Of.COUNT, True),
        Head("not_started", say("report.not_started"), Of.COUNT),
        Head("discipline", weighted("discipline", weighing.discipline), Of.DECIMAL),
        Head("quality", weighted("quality", weighing.quality), Of.DECIMAL),
        Head("points", say("metric.appraisal"), Of.DECIMAL),
        Head("reachable", say("report.appraisal.reachable"), Of.DECIMAL),
    )

    def row(each: Appraised) -> Row:
        return (
            each.extension,
            each.label,
            report.team_names.get(each.team) or say("team.unassigned"),
            *(each.attainment.get(name) for name in weighing.results_of),
            each.results,
            each.late,
            each.covered,
            each.late_minutes,
            each.not_started,
            each.discipline,
            each.quality,
            each.points,
            each.reachable,
        )

    return Section("appraisal", say("report.kind.appraisal"), heads, [row(e) for e in report.appraisal])


def notes(report: Report, say: Say) -> list[str]:
    """How an appraisal is counted: it stands on the sheet."""
    weighing = report.weighing
    if weighing is None:
        return []
    names: Sequence[str] = [say(f"metric.{name}") for name in weighing.results_of]
    return [
        fill(
            say("report.appraisal.note_results"),
            of=say("report.joint").join(names),
            cap=f"{weighing.cap_percent:g}",
        ),
        fill(
            say("report.appraisal.note_discipline"),
            late=f"{weighing.late_points:g}",
            missing=f"{weighing.not_started_points:g}",
        ),
        fill(say("report.appraisal.note_quality"), weight=f"{weighing.quality:g}"),
    ]
