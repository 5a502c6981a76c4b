"""Every figure of the simulated month's reports, for people, teams and the site, against the plain reference."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest

from monitor.metrics.periods import Kind
from monitor.metrics.sheet import Line, Report

from .lived import Lived
from .reference import Sums, Times
from .world import FIRST, LAST, SITE_TARGETS

pytestmark = pytest.mark.asyncio(loop_scope="package")

Key = tuple[str, str]
"""A person's name and team; of an extension that nobody had, itself and ``""``."""

DAYS = (1, 7, 8, 9, 10, 12, 13, 14, 16, 17, 19, 20, 22, 23, 26, 28)
"""Of October: the holiday, the second PBX's first day, the make-up Saturday, gaps, moves, a night, days by hand."""

REPORTS = [
    *((Kind.DAILY, date(2026, 10, day), date(2026, 10, day)) for day in DAYS),
    (Kind.WEEKLY, date(2026, 10, 12), date(2026, 10, 18)),
    (Kind.WEEKLY, date(2026, 10, 26), date(2026, 11, 1)),
    (Kind.MONTHLY, FIRST, LAST),
]
"""Kind, first and last day."""


def by_key(report: Report) -> dict[Key, Line]:
    """A report's lines of people."""
    found = {}
    for line in report.agents:
        of_somebody = line.key.partition("/")[0].isdigit()
        found[(line.label, line.team) if of_somebody else (line.key, "")] = line
    assert len(found) == len(report.agents)
    return found


def figures(line: Line) -> dict[str, object]:
    """What a line counts."""
    of = line.figures
    return {
        "dials": of.dials,
        "finished": of.finished,
        "connects": of.connects,
        "connect_rate": of.connect_rate,
        "interval": None if line.low is None or line.high is None else (line.low, line.high),
        "effective": of.effective_connects,
        "talk": of.talk_seconds,
        "average_talk": of.average_talk_seconds,
        "ring": of.ring_seconds,
        "inbound": of.inbound,
        "internal": of.internal,
        "incomplete": of.incomplete,
        "outcomes": of.outcomes,
    }


def counted(sums: Sums) -> dict[str, object]:
    """What the reference counts; an interval to the last bits of a float."""
    names = ("dials", "finished", "connects", "connect_rate", "effective", "talk", "average_talk", "ring")
    found: dict[str, object] = {name: getattr(sums, name) for name in names}
    found |= {name: getattr(sums, name) for name in ("inbound", "internal", "incomplete")}
    interval = sums.interval
    found["interval"] = None if interval is None else pytest.approx(interval, rel=1e-12)
    return found | {"outcomes": dict(sums.outcomes)}


def time_of(line: Line) -> dict[str, object]:
    """A line's times and what hangs on them."""
    return {
        "scheduled": line.scheduled_seconds,
        "longest": line.longest_idle_seconds,
        "idle": line.idle_seconds,
        "busy": line.busy_seconds,
        "per_hour": line.dials_per_hour,
        "utilisation": line.utilisation,
        "attainment": line.attainment,
    }


def timed(sums: Sums, times: Times, targets: dict[str, float]) -> dict[str, object]:
    """What they have to be; seconds are shown to tenths."""
    scheduled, busy = round(times.scheduled, 1), round(times.busy, 1)
    asked = {
        name: value * (times.asked if name == "connect_rate" else times.days)
        for name, value in targets.items()
    }
    values = {
        "dials": sums.dials,
        "connects": sums.connects,
        "effective_connects": sums.effective,
        "talk_minutes": sums.talk / 60,
        "connect_rate": sums.connect_rate,
    }
    return {
        "scheduled": scheduled,
        "longest": None if times.longest is None else round(times.longest, 1),
        "idle": None if times.idle is None else round(times.idle, 1),
        "busy": busy,
        "per_hour": sums.dials / (scheduled / 3600) if scheduled else None,
        "utilisation": busy / scheduled if scheduled else None,
        "attainment": {
            name: None if value is None or not asked.get(name) else pytest.approx(value / asked[name])
            for name, value in values.items()
        },
    }


@pytest.mark.parametrize(("kind", "first", "last"), REPORTS, ids=lambda value: str(value))
async def test_figures_and_times_of_each_person(lived: Lived, kind: Kind, first: date, last: date) -> None:
    reference = lived.reference
    sums, times = reference.sums(first, last), reference.times(first, last, lived.site.now)
    lines = by_key(await lived.report(kind, first))
    assert lines.keys() == sums.keys() | times.keys()
    assert {key: figures(line) for key, line in lines.items()} == {
        key: counted(sums.get(key, Sums())) for key in lines
    }
    targets = {team: SITE_TARGETS | rule.targets for team, rule in lived.site.world.teams.items()}
    assert {key: time_of(lines[key]) for key in times} == {
        key: timed(sums.get(key, Sums()), of, targets[key[1]]) for key, of in times.items()
    }


@pytest.mark.parametrize(("kind", "first", "last"), REPORTS, ids=lambda value: str(value))
async def test_verdicts_totals_hours_and_days(lived: Lived, kind: Kind, first: date, last: date) -> None:
    reference, world = lived.reference, lived.site.world
    sums = reference.sums(first, last)
    report = await lived.report(kind, first)
    judged = [each for each in lived.judged if first <= each.day <= last]

    verdicts: dict[Key, Counter[str]] = {key: Counter() for key in by_key(report)}
    for each in judged:
        verdicts[each.name, each.team][each.verdict] += 1
    assert {key: line.verdicts for key, line in by_key(report).items()} == verdicts
    for line in report.agents:
        late = [e for e in judged if (e.name, e.team) == (line.label, line.team) and e.verdict == "late"]
        assert line.late_minutes == sum(each.minutes or 0 for each in late)

    # Teams and the site are the sums of their people; the site has the calls that nobody answered, too.
    for line in report.teams:
        if line.key in world.teams:
            assert figures(line) == counted(together(of for key, of in sums.items() if key[1] == line.key))
            assert line.verdicts == Counter(each.verdict for each in judged if each.team == line.key)
    whole = reference.whole(first, last)
    assert figures(report.site) == counted(whole)
    assert report.site.missed == reference.missed(first, last)
    assert_shares_of_targets(lived, report, first, last)

    assert {hour.hour: (hour.dials, hour.connects) for hour in report.hours if hour.dials} == {
        hour: (dials, whole.connects_by_hour[hour]) for hour, dials in whole.by_hour.items()
    }
    if kind is Kind.DAILY:
        span = report.hour_span
        for line, row in zip(report.agents, report.heat, strict=True):
            mine = sums.get((line.label, line.team), sums.get((line.key, ""), Sums()))
            assert row.dials == [mine.by_hour[hour] for hour in span]
            assert row.connects == [mine.connects_by_hour[hour] for hour in span]
    for day in report.trend:
        mine = reference.whole(date.fromisoformat(day.day), date.fromisoformat(day.day))
        assert (day.dials, day.connects, day.effective_connects, day.talk_seconds) == (
            mine.dials,
            mine.connects,
            mine.effective,
            mine.talk,
        )


def assert_shares_of_targets(lived: Lived, report: Report, first: date, last: date) -> None:
    """A team's and the site's share: of those who are asked for something, what they did by what they are asked."""
    teams = lived.site.world.teams
    sums, times = lived.reference.sums(first, last), lived.reference.times(first, last, lived.site.now)
    for line in (report.site, *(each for each in report.teams if each.key in teams)):
        for target in ("dials", "connects", "effective_connects"):
            of = "effective" if target == "effective_connects" else target
            asked = {
                key: (SITE_TARGETS | teams[key[1]].targets)[target] * time.days
                for key, time in times.items()
                if time.days and target in SITE_TARGETS | teams[key[1]].targets and line.team in ("", key[1])
            }
            whole = sum(asked.values())
            done = sum(getattr(sums.get(key, Sums()), of) for key in asked)
            assert line.attainment[target] == (pytest.approx(done / whole) if whole else None)


@pytest.mark.parametrize("team", ["t00", "t01", "t03", "t05"])
async def test_a_teams_own_report_is_its_part_of_the_sites(lived: Lived, team: str) -> None:
    """Of days on which people came and went, and of the month."""
    for kind, day in (
        (Kind.DAILY, date(2026, 10, 12)),
        (Kind.DAILY, date(2026, 10, 26)),
        (Kind.MONTHLY, FIRST),
    ):
        whole, mine = await lived.report(kind, day), await lived.report(kind, day, team)
        assert by_key(mine) == {key: line for key, line in by_key(whole).items() if key[1] == team}
        (line,) = [each for each in whole.teams if each.key == team]
        assert mine.site.figures == line.figures


@pytest.mark.parametrize("day", [date(2026, 10, 30), date(2026, 10, 14), date(2026, 10, 5)])
async def test_a_day_is_compared_with_the_same_weekday_before(lived: Lived, day: date) -> None:
    reference = lived.reference
    before = [reference.whole(day - timedelta(weeks=n), day - timedelta(weeks=n)) for n in (1, 2, 3, 4)]
    report = await lived.report(Kind.DAILY, day)
    known = [each for each in before if each.dials]
    wanted = {}
    if before[0].dials:
        wanted["last"] = (1, before[0].dials, before[0].connects, before[0].connect_rate)
    if len(known) > 1:
        total = together(known)
        wanted["mean"] = (
            len(known),
            total.dials / len(known),
            total.connects / len(known),
            total.connect_rate,
        )
    assert {b.kind: (b.periods, b.dials, b.connects, b.connect_rate) for b in report.before} == wanted


def together(sums: object) -> Sums:
    found = Sums()
    for each in sums:  # type: ignore[attr-defined]
        found = found.plus(each)
    return found
