"""The meetings' packs and the appraisal from a real store, against plainly written sums over the same calls."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from statistics import fmean

import pytest

from monitor.attendance import settle
from monitor.domain import Call
from monitor.duty import Absence, AbsenceKind, OwnDay
from monitor.errors import EnvironmentFault
from monitor.metrics import areas
from monitor.metrics.periods import Kind
from monitor.metrics.plan import SitePlan
from monitor.metrics.sheet import Report
from monitor.reports.gather import Wanted, gather, gathered_aside
from monitor.store.store import Store
from tests.metrics.test_board import SETTINGS, at, dial
from tests.reports.test_gather import line
from tests.store.test_rollups import inbound

MONDAY = date(2026, 11, 23)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A planned SQLite store with the shipped roster, watched from the beginning."""
    opened = await Store.open(f"sqlite:///{tmp_path}/packs.db", SitePlan(SETTINGS))
    await opened.upgrade()
    await opened.sync_roster(SETTINGS, at("0:00", 1))
    await opened.discipline.begin_check("main", at("0:00", 1))
    yield opened
    await opened.close()


async def made(store: Store, kind: Kind, now: float, day: date = MONDAY, **more: object) -> Report:
    return await gather(store, SETTINGS, Wanted(kind=kind, day=day, **more), now)  # type: ignore[arg-type]


async def person(store: Store, extension: str) -> int:
    return next(a.person_id for a in (await store.roster()).assignments if a.extension == extension)


async def test_a_brief_has_the_working_day_before_and_who_is_off_today(store: Store) -> None:
    free = OwnDay(day=date(2026, 11, 22), working=False, name="休息", entered_by="t", entered_at=1.0)
    off = OwnDay(
        day=MONDAY,
        working=False,
        name="调休",
        person=await person(store, "8003"),
        entered_by="t",
        entered_at=1.0,
    )
    await store.discipline.put_own_days([free, off])
    away = [
        Absence(
            person=await person(store, who),
            kind=AbsenceKind.LEAVE,
            starts_at=at(begin),
            ends_at=at(end),
            granted_by="t",
            granted_at=1.0,
        )
        for who, begin, end in (("8001", "0:00", "23:59"), ("8002", "13:00", "18:00"))
    ]
    await store.discipline.add_absences(away)
    await store.write([dial("8001", at("10:00", 21), talk=40), dial("8001", at("10:00", 22))])
    report = await made(store, Kind.BRIEF, at("8:50"))
    # Sunday was free: the figures are Saturday's.
    assert (report.kind, report.base, report.first) == ("brief", "daily", "2026-11-21")
    assert report.site.figures.dials == 1
    assert [(each.metric, each.label) for each in report.best] == [
        (metric, line(report, "8001").label)
        for metric in ("dials", "connects", "effective_connects", "talk_seconds")
    ]
    plan = report.agenda
    assert plan is not None
    assert plan.day == "2026-11-23"
    assert [(each.extension, each.why, each.part) for each in plan.off] == [
        ("8001", "leave", False),
        ("8002", "leave", True),
        ("8003", "own", False),
    ]
    assert plan.off[2].why_name == "调休"
    # Who is away in the afternoon is asked for the morning's three hours of seven.
    assert plan.expected == 22
    assert plan.total.dials == pytest.approx((21 + 3 / 7) * 160)
    assert {goal.key: goal.people for goal in plan.goals}["t1"] == 24 - len(
        [a for t in SETTINGS.teams[1:] for a in t.agents]
    ) - 2
    mine = await made(store, Kind.BRIEF, at("8:50"), team="t2")
    assert mine.agenda is not None
    assert (mine.agenda.off, [goal.key for goal in mine.agenda.goals]) == ([], ["t2"])


async def test_an_evening_says_what_came_in_and_whether_targets_were_met(store: Store) -> None:
    calls: list[Call] = [dial("8001", at("9:30") + i * 60, serial=i, talk=35.0 * (i % 2)) for i in range(170)]
    calls += [inbound("8001", at("15:00"), 1, 20.0), inbound("8002", at("15:30"), 2, 0.0)]
    # The missed caller's number is dialled ten minutes after the call had ended.
    calls.append(dial("8009", at("15:30") + 4 + 600, number="13900139000", talk=10))
    await store.write(calls)
    report = await made(store, Kind.EVENING, at("18:00"))
    assert report.kind == "evening"
    assert line(report, "8001").attainment["dials"] == 170 / 160
    back = report.site.callbacks
    assert back is not None
    assert (back.missed, back.called_back, back.reached, back.open) == (1, 1, 1, 0)
    assert back.median_seconds == 600
    split = report.site.decided
    assert split is not None
    assert split.connected == sum(call.is_connect for call in calls)
    assert split.customer == sum(call.is_dial and not call.is_connect for call in calls)


async def test_a_forecast_carries_the_day_on_as_the_same_weekdays_went(store: Store) -> None:
    usual = {"9:15": 10, "10:15": 20, "14:15": 30, "16:15": 40}
    for week, times in enumerate((1.0, 1.2, 0.8, 1.1), 1):
        for clock, count in usual.items():
            await store.write(
                [
                    dial("8001", at(clock, 23) - week * 7 * 86400 + i * 20, serial=i)
                    for i in range(round(count * times))
                ]
            )
    await store.write([dial("8001", at("9:15") + i * 20, serial=i) for i in range(15)])
    now = at("11:00")
    report = await made(store, Kind.DAILY, now)
    site = next(each for each in report.forecast if (each.key, each.metric) == ("site", "dials"))
    growth = []
    for times in (1.0, 1.2, 0.8, 1.1):
        counts = [round(count * times) for count in usual.values()]
        growth.append(sum(counts) / sum(counts[:2]))
    product = 1.0
    for each in growth:
        product *= each
    assert site.value == 15
    assert site.expected == pytest.approx(15 * product ** (1 / 4))
    assert site.low <= site.expected <= site.high
    assert (site.days, site.target) == (4, 24 * 160)
    team = next(each for each in report.forecast if (each.key, each.metric) == ("t1", "dials"))
    assert team.expected == site.expected
    assert (await made(store, Kind.DAILY, at("9:45"))).forecast == []
    assert (await made(store, Kind.DAILY, at("9:00", 24))).forecast == []
    assert fmean(growth) > 1


async def test_an_appraisal_weighs_the_month_and_has_the_ledgers_cases(store: Store) -> None:
    for day in (23, 24):
        await store.write(
            [dial("8001", at(clock, day)) for clock in ("9:05", "13:45")]
            + [dial("8002", at(clock, day)) for clock in ("9:40", "13:45")]
        )
        await settle(store, SETTINGS, [date(2026, 11, day)], at("18:00", day))
    report = await made(store, Kind.APPRAISAL, at("9:00", 25), date(2026, 11, 24))
    assert (report.first, report.last) == ("2026-11-01", "2026-11-30")
    of = {each.extension: each for each in report.appraisal}
    rules = SETTINGS.appraisal
    assert of["8001"].discipline == 100
    assert (of["8002"].late, of["8002"].discipline) == (2, 100 - 2 * rules.late_points)
    assert (of["8003"].not_started, of["8003"].discipline) == (4, 100 - 4 * rules.not_started_points)
    mine = of["8001"]
    known = [100 * value for name in rules.results_of if (value := mine.attainment[name]) is not None]
    assert mine.results == pytest.approx(fmean(known))
    assert mine.points == pytest.approx((mine.results * rules.results + 100 * rules.discipline) / 100)
    assert (mine.quality, mine.reachable) == (None, rules.results + rules.discipline)


async def test_a_range_is_grouped_by_number_block_and_province(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = ("13800138000", "013800138001", "01066668888", "075512345678", "95588")
    await store.write(
        [dial("8001", at("10:00") + i * 60, serial=i, number=each, talk=40) for i, each in enumerate(numbers)]
    )
    blocks = await made(store, Kind.RANGE, at("18:00"), last=MONDAY, group="prefix")
    assert [(each.label, each.figures.dials) for each in blocks.groups] == [
        ("138", 2),
        ("010", 1),
        ("0755", 1),
        ("95588", 1),
    ]
    assert sum(each.figures.talk_seconds for each in blocks.groups) == blocks.site.figures.talk_seconds
    provinces = await made(store, Kind.RANGE, at("18:00"), last=MONDAY, group="province")
    assert {each.label: each.figures.dials for each in provinces.groups} == {"北京": 3, "广东": 1, "": 1}
    areas.provinces.cache_clear()
    monkeypatch.setitem(__import__("sys").modules, "phone", None)
    with pytest.raises(EnvironmentFault, match=r"dialwatch\[areas\]"):
        await made(store, Kind.RANGE, at("18:00"), last=MONDAY, group="province")
    areas.provinces.cache_clear()


def test_a_report_can_be_made_aside(tmp_path: Path) -> None:
    """In a thread without an event loop, with connections of its own, while the store's own loop is elsewhere."""
    import asyncio

    async def go() -> tuple[Report, Report]:
        opened = await Store.open(f"sqlite:///{tmp_path}/aside.db", SitePlan(SETTINGS))
        await opened.upgrade()
        await opened.sync_roster(SETTINGS, at("0:00", 1))
        await opened.write([dial("8001", at("10:00"), talk=40)])
        wanted = Wanted(kind=Kind.DAILY, day=MONDAY)
        here = await gather(opened, SETTINGS, wanted, at("18:00"))
        there = await asyncio.to_thread(gathered_aside, opened, SETTINGS, wanted, at("18:00"))
        await opened.close()
        return here, there

    here, there = asyncio.run(go())
    assert here == there
