"""Reports from a real store: equal to the live board, each figure with whoever had the extension, compared, grouped."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import msgspec
import pytest

from monitor.attendance import settle, standing
from monitor.domain import Call, Gap, GapReason
from monitor.duty import Absence, AbsenceKind, OwnDay
from monitor.metrics.board import Board
from monitor.metrics.ledger import accounts
from monitor.metrics.periods import Kind
from monitor.metrics.plan import SitePlan
from monitor.metrics.rates import wilson
from monitor.metrics.sheet import Line, Report
from monitor.reports.gather import Wanted, gather
from monitor.store.staff import Target
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
    await opened.discipline.begin_check("main", at("0:00", 1))
    await opened.rollups.rebuild()
    yield opened
    await opened.close()


async def checked(store: Store, first: date, last: date, now: float) -> None:
    """The check has decided these days, as the running program does."""
    for number in range((last - first).days + 1):
        await settle(store, SETTINGS, [first + timedelta(days=number)], now)


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
    assert report.remarks == ["running", "gaps", "outages"]
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


async def test_an_extension_that_changes_hands_in_mid_hour_is_parted_to_the_second(store: Store) -> None:
    """张伟 and the first of the next team change seats at 10:17: calls and idle gaps go with the people."""
    one, two = SETTINGS.teams[0], SETTINGS.teams[1]
    mine, other = one.agents[0], two.agents[0]

    def named(agent: object, name: str) -> object:
        return agent.model_copy(update={"name": name})  # type: ignore[attr-defined]

    moved = (
        one.model_copy(update={"agents": (named(mine, other.name), *one.agents[1:])}),
        two.model_copy(update={"agents": (named(other, mine.name), *two.agents[1:])}),
        *SETTINGS.teams[2:],
    )
    await store.sync_roster(SETTINGS.model_copy(update={"teams": moved}), at("10:17"))
    before, after = mine.extension, other.extension
    await store.write([dial(before, at("10:05")), dial(before, at("10:16:59")), dial(before, at("10:17"))])
    await store.write([dial(after, at("10:18"), serial=1), dial(after, at("10:30"), serial=2)])
    report = await daily(store, at("18:00"))
    of = {(line.label, line.team): line for line in report.agents}
    assert of[mine.name, one.id].figures.dials == 2
    assert of[mine.name, two.id].figures.dials == 2
    assert of[other.name, one.id].figures.dials == 1
    # From 10:05:05 to 10:16:59 in the first team; the gap over the move, 10:17:04 to 10:18, and the next in the second.
    assert of[mine.name, one.id].longest_idle_seconds == 714
    assert of[mine.name, two.id].idle_seconds == 56 + 715
    assert of[other.name, one.id].idle_seconds == 0


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
    await checked(store, MONDAY, date(2026, 11, 25), at("18:00", 25))
    report = await gather(store, SETTINGS, Wanted(kind=kind, day=MONDAY), at("18:00", 25))
    assert report.site.figures.dials == 6
    assert line(report, "8001").verdicts == {"on_time": 3, "not_started": 3}
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
    assert line(report, "8002").verdicts == {"not_started": 2}
    assert line(report, "8002").scheduled_seconds == 7 * 3600
    assert report.remarks == ["running", "unheard"]
    assert report.heard_from == "2026-11-24"


async def test_a_longer_report_is_the_ledger(store: Store) -> None:
    """Holiday, make-up workday, leave of a half-day and an excused case: as the ledger has them."""
    days = [
        OwnDay(day=date(2026, 11, 24), working=False, name="年会", entered_by="t", entered_at=1.0),
        OwnDay(day=date(2026, 11, 28), working=False, name="周六", entered_by="t", entered_at=1.0),
    ]
    await store.discipline.put_own_days(days)
    person = {a.extension: a.person_id for a in (await store.roster()).assignments}
    away = [("8002", AbsenceKind.LEAVE, "0:00", "13:00"), ("8003", AbsenceKind.EXCEPTION, "8:45", "12:00")]
    await store.discipline.add_absences(
        [
            Absence(
                person=person[who],
                kind=kind,
                starts_at=at(begin, 25),
                ends_at=at(end, 25),
                granted_by="t",
                granted_at=1.0,
            )
            for who, kind, begin, end in away
        ]
    )
    for day in (23, 24, 25, 26):
        for who, clock in (("8001", "9:05"), ("8002", "9:20"), ("8003", "10:40"), ("8001", "13:45")):
            await store.write([dial(who, at(clock, day), talk=40), dial(who, at("15:00", day))])
    now = at("18:00", 26)
    await checked(store, MONDAY, date(2026, 11, 26), now)
    report = await gather(store, SETTINGS, Wanted(kind=Kind.WEEKLY, day=MONDAY), now)
    ledger = {
        each.person: each
        for each in accounts(
            await standing(store, SETTINGS, MONDAY, date(2026, 11, 29), now), SETTINGS.discipline
        )
    }
    assert len(ledger) == len(report.agents) == 24
    for mine in report.agents:
        account = ledger[int(mine.key.partition("/")[0])]
        counted = {key: n for key, n in mine.verdicts.items() if key not in ("off", "pending")}
        assert counted == {
            key: n
            for key in ("on_time", "late", "not_started", "indeterminate", "excused")
            if (n := getattr(account, key))
        }
        assert mine.late_minutes == sum(e.finding.minutes or 0 for e in account.entries)
    # Monday, Wednesday and Thursday, seven hours each; the holiday is nobody's, the leave is taken off.
    assert line(report, "8001").scheduled_seconds == 3 * 7 * 3600
    assert line(report, "8002").scheduled_seconds == 3 * 7 * 3600 - 3 * 3600
    # Targets hold on the days to be worked, also those still to come: Friday and Sunday.
    assert line(report, "8001").targets.dials == 5 * 160
    # A day's calls last 45 s from 9:05, 13:45 and 15:00; what lies between them in 9:00-12:00 and 13:30-17:30 is idle.
    morning, noon, afternoon = 2 * 3600 + 54 * 60 + 15, 15 * 60, 74 * 60 + 15
    mine = line(report, "8001")
    assert mine.longest_idle_seconds == morning + noon
    assert mine.idle_seconds == 3 * (morning + noon + afternoon)


async def test_a_period_that_goes_on_is_compared_up_to_the_same_moment(store: Store) -> None:
    for day in (16, 17, 18, 19):
        await store.write([dial("8001", at(clock, day)) for clock in ("9:30", "14:40", "15:10", "16:00")])
    await store.write([dial("8001", at("9:30", 23)), dial("8001", at("9:30", 24))])
    now = at("15:00", 24)
    week = await gather(store, SETTINGS, Wanted(kind=Kind.WEEKLY, day=MONDAY), now)
    (last,) = week.before
    # All of Monday, and of Tuesday what had begun by three.
    assert (last.first, last.last, last.dials) == ("2026-11-16", "2026-11-17", 4 + 2)
    assert week.compared_until == "15:00"
    mine = await gather(store, SETTINGS, Wanted(kind=Kind.WEEKLY, day=MONDAY, team="t1"), now)
    assert [each.dials for each in mine.before] == [6]
    over = await gather(store, SETTINGS, Wanted(kind=Kind.WEEKLY, day=MONDAY), at("9:00", 30))
    assert ([each.dials for each in over.before], over.compared_until) == ([16], "")
    (day,) = (await daily(store, now, date(2026, 11, 24))).before
    assert day.dials == 2


async def test_an_empty_store_has_an_empty_report(store: Store) -> None:
    for kind in (Kind.DAILY, Kind.WEEKLY, Kind.MONTHLY):
        report = await gather(store, SETTINGS, Wanted(kind=kind, day=MONDAY), at("18:00"))
        assert report.site.figures.dials == 0
        assert report.before == []


async def test_an_hour_in_which_an_extension_changes_hands_is_cut_there(store: Store) -> None:
    """Figures of each add up to the extension's, whatever the minute; the heat map's too."""
    first = SETTINGS.teams[0]
    renamed = first.model_copy(
        update={"agents": (first.agents[0].model_copy(update={"name": "新人"}), *first.agents[1:])}
    )
    later = SETTINGS.model_copy(update={"teams": (renamed, *SETTINGS.teams[1:])})
    await store.sync_roster(later, at("10:17"))
    told = [dial("8001", at("10:00") + i * 240, serial=i, talk=60.0 * (i % 2)) for i in range(12)]
    await store.write(told)
    report = await daily(store, at("18:00"))
    of = {each.label: each for each in report.agents if each.extension == "8001"}
    before = [call for call in told if call.started_at < at("10:17")]
    assert of["张伟"].figures.dials == len(before) == 5
    assert of["新人"].figures.dials == len(told) - len(before)
    assert of["张伟"].figures.talk_seconds + of["新人"].figures.talk_seconds == 6 * 60
    heat = {row.label: sum(row.dials) for row in report.heat}
    assert (heat["张伟"], heat["新人"]) == (5, 7)


async def test_a_months_own_target_and_an_own_days_target(store: Store) -> None:
    zhang = (await store.roster()).who("main", "8001", at("9:00"))
    assert zhang is not None
    person = zhang.person_id
    await store.staff.put_target(Target(person=person, period="day", valid_from=date(2026, 11, 20), dials=50))
    await store.staff.put_target(Target(team="t1", period="month", valid_from=date(2026, 11, 1), dials=900))
    await store.write([dial("8001", at("10:00") + i * 60, serial=i) for i in range(9)])
    mine = line(await daily(store, at("18:00")), "8001")
    assert (mine.targets.dials, mine.attainment["dials"]) == (50, 9 / 50)
    wanted = Wanted(kind=Kind.MONTHLY, day=date(2026, 11, 23))
    month = line(await gather(store, SETTINGS, wanted, at("18:00")), "8001")
    assert (month.targets.dials, month.attainment["dials"]) == (900, 0.01)
    october = Wanted(kind=Kind.MONTHLY, day=date(2026, 10, 23))
    assert (
        line(await gather(store, SETTINGS, october, at("18:00")), "8001").targets.dials == 160 * 24
    )  # 31 days, 7 of them holidays
