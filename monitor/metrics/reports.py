"""Daily, weekly, monthly reports and ranges: the stored sums shaped by pandas into a report's lines.

What comes in are sums per agent and day, never calls: a month of ten million calls is some thousands of rows.
An extension's figures belong to whoever had it when a call began.
"""

from __future__ import annotations

from datetime import date, datetime

from monitor.domain import OutageCause
from monitor.metrics import compare, frames, shifts, staff, times
from monitor.metrics.board import BoardSettings
from monitor.metrics.groups import groups_of
from monitor.metrics.lines import add_gaps, agent_lines, team_lines, whole
from monitor.metrics.periods import Kind, Period
from monitor.metrics.plan import SitePlan
from monitor.metrics.sheet import SITE, Report, Shift
from monitor.metrics.source import Source, of_people, with_people


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
    grouped = hours if group == "hour" else source.trunks if group == "trunk" else figures
    found.groups = groups_of(found, grouped)
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
