"""Daily, weekly, monthly reports and ranges: the stored sums shaped by pandas into a report's lines.

What comes in are sums per agent and day, never calls: a month of ten million calls is some thousands of rows.
An extension's figures belong to whoever had it when a call began.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Protocol

from monitor.domain import OutageCause
from monitor.metrics import compare, frames, shifts, staff, times
from monitor.metrics.appraisal import appraisals
from monitor.metrics.best import best
from monitor.metrics.board import BoardSettings
from monitor.metrics.groups import groups_of
from monitor.metrics.ledger import accounts
from monitor.metrics.lines import add_gaps, agent_lines, team_lines, whole
from monitor.metrics.periods import Kind, Period
from monitor.metrics.plan import SitePlan
from monitor.metrics.sheet import SITE, Report, Shift, Weighing
from monitor.metrics.source import Source, of_people, with_people


class ReportSettings(BoardSettings, Protocol):
    """The part of the settings that reports need (``config.Settings``)."""

    @property
    def discipline(self) -> Any: ...
    @property
    def appraisal(self) -> Any: ...


def report(
    settings: ReportSettings,
    plan: SitePlan,
    period: Period,
    source: Source,
    now: float,
    team: str = "",
    group: str = "",
    kind: Kind | None = None,
) -> Report:
    """The report of a period; of one team only if ``team`` is given. ``group``: one of ``GROUPS``, for a range.

    ``kind`` is what was asked for, where it is more than the period's plain report.
    """
    days = list(period.days())
    start, end = plan.of(days[0]).start, plan.of(days[-1]).end
    heard = {pbx: plan.of(date.fromisoformat(day)).start for pbx, day in source.first_days.items()}
    people = staff.members(
        source.seats, period, source.duty, source.working, source.lost, now, source.goals, heard
    )
    staff.mark(people, source.seats, period.last, source.newcomer_days)
    staff.check(people, source.findings, now)
    figures = with_people(source.figures, source, team)
    hours = with_people(source.hours, source, team)
    lines = of_people(source.lines, source.movers, figures)
    agents = agent_lines(figures, lines, people, team)
    if period.kind is Kind.DAILY:
        add_gaps(agents, lines, plan.long_gap_seconds)
    if period.kind is not Kind.DAILY:
        for line in agents:
            line.first_dials = [
                check
                for check in line.first_dials
                if check.verdict not in (shifts.Verdict.ON_TIME, shifts.Verdict.OFF)
            ]
    teams = team_lines(
        [t.id for t in settings.teams],
        {t.id: t.name for t in settings.teams} | dict(source.teams),
        agents,
        figures,
    )
    site = whole(SITE, settings.site.name, agents, figures)
    if not team:
        site.missed = int(source.figures["missed"].sum())
    span = times.hour_span(plan, days, hours)
    found = Report(
        kind=kind or period.kind,
        base=period.kind,
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
        hours=times.hours_of(hours, span),
        heat=times.heat(hours, span, agents, days, by_agent=period.kind is Kind.DAILY),
        trend=times.trend(figures, plan, days, now) if len(days) > 1 else [],
        before=compare.before(period, with_people(source.earlier, source, team), plan, now),
        compared_until=f"{datetime.fromtimestamp(now, settings.site.timezone):%H:%M}"
        if start <= now < end
        else "",
        gaps=[
            frames.BlindPeriod(
                pbx=gap.pbx, from_=gap.started_at, to=gap.ended_at, reason=gap.reason, calls_cut=gap.calls_cut
            )
            for gap in source.gaps
        ],
        outages=[
            frames.Outage(pbx=each.pbx, subject=each.subject, from_=each.started_at, to=each.ended_at)
            for each in source.outages
            if each.cause is OutageCause.TRUNKS
        ],
        remarks=[],
    )
    found.remarks = _remarks(found, source)
    table = source.grouped if source.grouped is not None else hours if group == "hour" else figures
    found.groups = groups_of(found, table)
    if found.kind in (Kind.BRIEF, Kind.WEEKLY, Kind.MONTHLY):
        found.best = best(agents)
    if found.kind == Kind.APPRAISAL:
        rules = settings.appraisal
        found.weighing = Weighing(
            results=rules.results,
            discipline=rules.discipline,
            quality=rules.quality,
            results_of=list(rules.results_of),
            cap_percent=rules.cap_percent,
            late_points=rules.late_points,
            not_started_points=rules.not_started_points,
        )
        found.appraisal = appraisals(agents, accounts(source.findings, settings.discipline), rules)
    return found


def _remarks(found: Report, source: Source) -> list[str]:
    said = {
        "sums_unknown": not source.current,
        "running": found.running,
        "unheard": found.first < found.heard_from,
        "gaps": bool(found.gaps),
        "outages": bool(found.site.lost_seconds),
        "incomplete": found.site.figures.incomplete > 0,
        "like_with_like": bool(found.before and found.compared_until),
    }
    return [key for key, holds in said.items() if holds]
