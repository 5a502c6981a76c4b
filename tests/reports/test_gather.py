"""Reports from a real store: equal to the live board, each figure with whoever had the extension, compared, grouped."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import msgspec
import pytest

from monitor.domain import Call, Gap, GapReason
from monitor.metrics.board import Board
from monitor.metrics.periods import Kind
from monitor.metrics.plan import SitePlan
from monitor.metrics.rates import wilson
from monitor.metrics.sheet import Line, Report
from monitor.reports.gather import Wanted, gather
from monitor.store.store import Store
from tests.metrics.test_board import SETTINGS, at, dial
from tests.store.test_rollups import handed_on, inbound, some_calls

MONDAY = date(2026, 11, 23)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A planned SQLite store with the shipped roster."""
    opened = await Store.open(f"sqlite:///{tmp_path}/reports.db", SitePlan(SETTINGS))
    await opened.upgrade()
    await opened.sync_roster(SETTINGS, at("0:00", 1))
    await opened.rollups.rebuild()
    yield opened
    await opened.close()


async def daily(store: Store, now: float, day: date = MONDAY, **more: str) -> Report:
    return await gather(store, SETTINGS, Wanted(kind=Kind.DAILY, day=day, **more), now)  # type: ignore[arg-type]


def line(report: Report, extension: str) -> Line:
    return next(each for each in report.agents if each.extension == extension)


async def test_a_daily_report_is_equal_to_the_live_board(store: Store) -> None:
    calls: list[Call] = [
        *some_calls(),
        dial("7777", at("10:00"), talk=33),
        inbound("8003", at("13:48"), 9, 400.0),
    ]
    calls.append(handed_on(dial("8001", at("11:00"), talk=200), "8009"))
    gap = Gap(pbx="main", started_at=at("9:02"), ended_at=at("9:06"), reason=GapReason.LINK_LOST)
    now = at("18:00")
    await store.write([*calls, gap])
    board = Board(SETTINGS)
    for change in (*calls, gap):
        board.apply(change, now)
    shown = board.snapshot(now)
    report = await daily(store, now)
    assert report.site.figures == shown.site.figures
    assert msgspec.structs.astuple(report.site.targets) == msgspec.structs.astuple(shown.site.targets)
    assert {t.key: t.figures for t in report.teams} == {t.id: t.figures for t in shown.teams}
    assert [each.extension for each in report.agents] == sorted(a.extension for a in shown.agents)
    for agent in shown.agents:
        mine = line(report, agent.extension)
        assert mine.figures == agent.figures
        assert mine.team == agent.team
        assert mine.targets == agent.targets
        assert (mine.longest_idle_seconds or 0.0) == agent.longest_idle_seconds
        assert [
            (f.shift, f.at, f.verdict, f.late_minutes, f.call_id, f.on_inbound) for f in mine.first_dials
        ] == [
            (f.shift, f.at, f.verdict, f.late_minutes, f.call_id, f.on_inbound)
            for f in agent.first_dials
            if f.verdict != "off"
        ]
    assert {h.hour: (h.dials, h.connects) for h in report.hours} == {
        int((b.start - report.start) // 3600): (b.dials, b.connects) for b in shown.hours
    }
    assert report.remarks == ["running", "gaps"]
    assert report.gaps == shown.gaps


async def test_rates_have_intervals_and_shares_of_targets_and_time(store: Store) -> None:
    await store.write([dial("8001", at("9:00") + i * 600, serial=i, talk=60.0 * (i % 2)) for i in range(10)])
    now = at("23:59:59")
    mine = line(await daily(store, now), "8001")
    assert (mine.low, mine.high) == wilson(5, 10)
    assert mine.scheduled_seconds == 7 * 3600
    assert mine.dials_per_hour == 10 / 7
    assert mine.busy_seconds == 5 * 5 + 5 * 65
    assert mine.utilisation == mine.busy_seconds / (7 * 3600)
    assert mine.attainment["dials"] == 10 / 160
    assert mine.attainment["talk_minutes"] == 5 / 90
    assert line(await daily(store, at("10:00")), "8001").scheduled_seconds == 3600
    idle = line(await daily(store, now), "8002")
    assert (idle.figures.dials, idle.figures.connect_rate, idle.low) == (0, None, None)
    assert idle.verdicts == {"not_started": 2}


async def test_figures_belong_to_who_had_the_extension_then(store: Store) -> None:
    first = SETTINGS.teams[0]
    renamed = first.model_copy(
        update={"agents": (first.agents[0].model_copy(update={"name": "新人"}), *first.agents[1:])}
    )
    later = SETTINGS.model_copy(update={"teams": (renamed, *SETTINGS.teams[1:])})
    await store.sync_roster(later, at("12:30"))
    await store.write([dial("8001", at("10:00")), dial("8001", at("11:00")), dial("8001", at("14:00"))])
    report = await daily(store, at("18:00"))
    of = {each.label: each for each in report.agents if each.extension == "8001"}
    assert {name: each.figures.dials for name, each in of.items()} == {"张伟": 2, "新人": 1}
    assert [check.shift for check in of["新人"].first_dials] == ["afternoon"]
    assert of["张伟"].scheduled_seconds == 3 * 3600
    assert report.site.figures.dials == 3
    yesterday = await daily(store, at("18:00"), date(2026, 11, 22))
    assert {each.label for each in yesterday.agents if each.extension == "8001"} == {"张伟"}


async def test_a_team_sees_its_own_people_only(store: Store) -> None:
    await store.write([*some_calls(), inbound("8009", at("9:05"), 1, 0.0)])
    whole, mine = await daily(store, at("18:00")), await daily(store, at("18:00"), team="t2")
    assert [team.key for team in mine.teams] == ["t2"]
    assert mine.team_name == "远航组"
    team = next(each for each in whole.teams if each.key == "t2")
    assert mine.site.figures == team.figures
    assert {each.team for each in mine.agents} == {"t2"}
    assert (whole.site.missed or 0) >= 1
    assert mine.site.missed is None


async def test_a_day_is_compared_with_the_same_weekdays_before(store: Store) -> None:
    await store.write([dial("8001", at("10:00", 23), talk=40)])
    await store.write([dial("8001", at("10:00", 16), serial=i) for i in range(4)])
    await store.write([dial("8001", at("10:00", 9), talk=40), dial("8009", at("11:00", 9))])
    await store.write([dial("8001", at("10:00", 17))])
    last, mean = (await daily(store, at("18:00"))).before
    assert (last.kind, last.first, last.dials, last.connect_rate) == ("last", "2026-11-16", 4, 0.0)
    assert (mean.kind, mean.periods, mean.dials, mean.connect_rate) == ("mean", 2, 3, 1 / 6)
    of_team = (await daily(store, at("18:00"), team="t2")).before
    assert [each.kind for each in of_team] == []


@pytest.mark.parametrize("kind", [Kind.WEEKLY, Kind.MONTHLY])
async def test_longer_reports_add_up_their_days(store: Store, kind: Kind) -> None:
    for day in (23, 24, 25):
        await store.write([dial("8001", at("9:05", day), talk=40), dial("8002", at("9:20", day))])
    report = await gather(store, SETTINGS, Wanted(kind=kind, day=MONDAY), at("18:00", 25))
    assert report.site.figures.dials == 6
    assert line(report, "8001").verdicts == (
        {"on_time": 3, "not_started": 3}
        if kind is Kind.WEEKLY
        else {"indeterminate": 44, "on_time": 3, "not_started": 3}
    )
    assert line(report, "8002").late_minutes >= 30
    assert {check.verdict for check in line(report, "8001").first_dials} == set(
        line(report, "8001").verdicts
    ) - {"on_time"}
    assert [each.dials for each in report.trend if each.dials] == [2, 2, 2]
    assert sum(sum(row.dials) for row in report.heat) == 6
    assert report.site.targets.dials == 24 * 160 * (7 if kind is Kind.WEEKLY else 30)
    assert report.running


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        ("day", {"2026-11-23": 2, "2026-11-24": 1}),
        ("weekday", {"0": 2, "1": 1}),
        ("hour", {"9": 1, "10": 2}),
        ("trunk", {"main/trunk-a": 3}),
        ("outcome", {"answered": 1, "no_answer": 2}),
        ("team", {}),
    ],
)
@pytest.mark.parametrize("team", ["", "t1"])
async def test_a_range_is_grouped(store: Store, group: str, team: str, expected: dict[str, int]) -> None:
    await store.write(
        [dial("8001", at("9:05"), talk=40), dial("8002", at("10:20")), dial("8002", at("10:20", 24))]
    )
    wanted = Wanted(kind=Kind.RANGE, day=MONDAY, last=date(2026, 11, 24), group=group, team=team)
    found = {
        each.key: each.figures for each in (await gather(store, SETTINGS, wanted, at("18:00", 24))).groups
    }
    counts = {key: sum(of.outcomes.values()) if group == "outcome" else of.dials for key, of in found.items()}
    assert counts == expected


async def test_sums_that_are_not_of_now_are_said_so(store: Store, tmp_path: Path) -> None:
    stranger = await Store.open(f"sqlite:///{tmp_path}/reports.db")
    await stranger.write([dial("8001", at("10:00"))])
    await stranger.close()
    assert "sums_unknown" in (await daily(store, at("18:00"))).remarks


async def test_nobody_is_judged_for_days_before_the_first_call(store: Store) -> None:
    await store.write([dial("8001", at("9:05", 24))])
    wanted = Wanted(kind=Kind.WEEKLY, day=MONDAY)
    report = await gather(store, SETTINGS, wanted, at("18:00", 24))
    assert line(report, "8002").verdicts == {"indeterminate": 2, "not_started": 2}
    assert line(report, "8002").scheduled_seconds == 7 * 3600
    assert report.remarks == ["running", "unheard"]
    assert report.heard_from == "2026-11-24"


async def test_an_empty_store_has_an_empty_report(store: Store) -> None:
    for kind in (Kind.DAILY, Kind.WEEKLY, Kind.MONTHLY):
        report = await gather(store, SETTINGS, Wanted(kind=kind, day=MONDAY), at("18:00"))
        assert report.site.figures.dials == 0
        assert report.before == []
