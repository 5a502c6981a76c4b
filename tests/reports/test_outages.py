"""Outages in a daily report: every figure they touch against a count of minutes, and against the live board."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor import attendance
from monitor.domain import Call, Gap, GapReason, Outage, OutageCause
from monitor.metrics import frames
from monitor.metrics.board import Board
from monitor.metrics.periods import Kind
from monitor.metrics.plan import SitePlan
from monitor.metrics.sheet import Line, Report
from monitor.reports.gather import Wanted, gather
from monitor.reports.sections import sections
from monitor.store.store import Store
from tests.metrics.test_board import SETTINGS, at, dial
from tests.reports.test_gather import MONDAY

MINUTE = 60.0
MIDNIGHT = at("0:00")
AGENTS = ("8001", "8002")

minutes = st.integers(8 * 60, 18 * 60).map(lambda minute: MIDNIGHT + minute * MINUTE)
#: A call of whole minutes: a minute of ringing, then talk.
calls = st.lists(
    st.builds(
        lambda agent, begin, talk: dial(agent, begin, ring=60.0, talk=talk * MINUTE),
        st.sampled_from(AGENTS),
        minutes,
        st.integers(1, 40),
    ),
    max_size=7,
    unique_by=lambda call: call.id,
)
spans = st.tuples(minutes, st.sampled_from([10, 45, 180, None]))
outages = st.lists(
    st.builds(
        lambda subject, span: Outage(
            pbx="main",
            cause=OutageCause.TRUNKS if subject == "trunk-a" else OutageCause.EXTENSION,
            subject=subject,
            started_at=span[0],
            ended_at=None if span[1] is None else span[0] + span[1] * MINUTE,
        ),
        st.sampled_from([*AGENTS, "8009", "trunk-a"]),
        spans,
    ),
    max_size=4,
    unique_by=lambda outage: outage.id,
)
gaps = st.lists(
    st.builds(
        lambda begin, length: Gap(
            pbx="main", started_at=begin, ended_at=begin + length * MINUTE, reason=GapReason.LINK_LOST
        ),
        minutes,
        st.integers(1, 50),
    ),
    max_size=2,
    unique_by=lambda gap: gap.id,
)
nows = st.integers(19 * 60, 23 * 60).map(lambda minute: MIDNIGHT + minute * MINUTE)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An up-to-date SQLite database with the shipped roster, to copy."""
    path = tmp_path_factory.mktemp("outages") / "empty.db"

    async def make() -> None:
        store = await Store.open(f"sqlite:///{path}", SitePlan(SETTINGS))
        await store.upgrade()
        await store.sync_roster(SETTINGS, at("0:00", 1))
        await store.discipline.begin_check("main", at("0:00", 1))
        await store.rollups.rebuild()
        await store.close()

    asyncio.run(make())
    return path


async def both(empty: Path, told: list[Call | Gap | Outage], now: float) -> tuple[Report, frames.Board]:
    """The report from a store, and the board that heard the same."""
    path = empty.with_name("one.db")
    for stale in path.parent.glob("one.db*"):
        stale.unlink()
    shutil.copy(empty, path)
    store = await Store.open(f"sqlite:///{path}", SitePlan(SETTINGS))
    try:
        await store.write(told)
        duty = await attendance.duty_for(store, SETTINGS, MONDAY, MONDAY)
        board = Board(SETTINGS, duty)
        for change in told:
            board.apply(change, now)
        report = await gather(store, SETTINGS, Wanted(kind=Kind.DAILY, day=MONDAY), now)
        return report, board.snapshot(now)
    finally:
        await store.close()


class Plainly:
    """An extension's day, minute by minute."""

    def __init__(self, extension: str, told: list[Call | Gap | Outage]) -> None:
        every = [MIDNIGHT + n * MINUTE for n in range(24 * 60)]
        scheduled = [
            m for m in every if 9 <= (m - MIDNIGHT) / 3600 < 12 or 13.5 <= (m - MIDNIGHT) / 3600 < 17.5
        ]
        blind = [each for each in told if isinstance(each, Gap)]
        down = [
            each
            for each in told
            if isinstance(each, Outage) and (each.subject == extension or each.cause is OutageCause.TRUNKS)
        ]
        self.expected = [
            m
            for m in scheduled
            if not any(
                each.started_at <= m < (each.ended_at or every[-1] + MINUTE) for each in [*blind, *down]
            )
        ]
        self.lost = len(scheduled) - len(self.expected)
        mine = [c for c in told if isinstance(c, Call) and c.agent == extension]
        self.busy = len(
            [m for m in self.expected if any(c.started_at <= m < (c.ended_at or 0) for c in mine)]
        )
        self.idle: list[int] = []
        self.total = 0
        order = sorted(mine, key=lambda call: (call.started_at, call.id))
        for number, call in enumerate(order[1:], 1):
            reach = max(before.ended_at or 0 for before in order[:number])
            between = [m for m in every if reach <= m < call.started_at]
            self.total += len([m for m in between if m in self.expected])
            # A minute that was not heard ends one part of the gap and begins another.
            part = 0
            for m in [*between, None]:
                if m is None or any(each.started_at <= m < (each.ended_at or 0) for each in blind):
                    self.idle.append(part)
                    part = 0
                else:
                    part += m in self.expected


def line(report: Report, extension: str) -> Line:
    return next(each for each in report.agents if each.extension == extension)


@given(dials=calls, off=outages, blind=gaps, now=nows)
@settings(max_examples=30, deadline=None)
def test_every_figure_of_a_day_is_a_count_of_minutes_and_the_boards(
    empty: Path, dials: list[Call], off: list[Outage], blind: list[Gap], now: float
) -> None:
    told: list[Call | Gap | Outage] = [*dials, *off, *blind]
    report, shown = asyncio.run(both(empty, told, now))
    of = {agent.extension: agent for agent in shown.agents}
    for extension in AGENTS:
        mine, plain = line(report, extension), Plainly(extension, told)
        hours = len(plain.expected) / 60
        # Without a call nothing is known to have been heard, and nobody is expected to have worked.
        if dials:
            assert mine.scheduled_seconds == len(plain.expected) * MINUTE
            assert mine.lost_seconds == plain.lost * MINUTE
        dialled = sum(call.agent == extension for call in dials)
        if dials and hours:
            assert mine.dials_per_hour == pytest.approx(dialled / hours)
            assert mine.utilisation == pytest.approx(plain.busy / len(plain.expected))
        if dialled and mine.idle_seconds is not None:
            assert mine.idle_seconds == plain.total * MINUTE
            assert mine.longest_idle_seconds == max(plain.idle, default=0) * MINUTE
            assert mine.longest_idle_seconds == of[extension].longest_idle_seconds
            long = sorted((each for each in plain.idle if each >= 15), reverse=True)[:5]
            assert [gap.seconds for gap in mine.idle_gaps] == [each * MINUTE for each in long]
        lost, since = of[extension].lost_seconds, of[extension].lost_since
        assert since is None
        assert lost == plain.lost * MINUTE
        assert [(f.verdict, f.late_minutes, f.why) for f in mine.first_dials] == [
            (f.verdict, f.late_minutes, f.why) for f in of[extension].first_dials
        ]
    asked = shown.site.targets.dials or 0
    left = sum(len(Plainly(agent.extension, told).expected) for agent in shown.agents)
    share = left / (7 * 60 * len(shown.agents))
    assert shown.site.pace == (pytest.approx(len(dials) / (asked * share)) if share else None)


async def test_outages_are_named_in_every_format(empty: Path) -> None:
    trunks = Outage(
        pbx="main",
        cause=OutageCause.TRUNKS,
        subject="trunk-a, trunk-b",
        started_at=at("10:00"),
        ended_at=at("10:30"),
    )
    dials = [dial("8001", at("9:05")), dial("8001", at("11:00")), dial("8001", at("11:30"), talk=60)]
    report, _ = await both(empty, [*dials, trunks], at("20:00"))
    assert "outages" in report.remarks
    assert [(each.subject, each.from_, each.to) for each in report.outages] == [
        ("trunk-a, trunk-b", at("10:00"), at("10:30"))
    ]
    assert report.site.lost_seconds == 24 * 30 * 60
    (idle,) = [each for each in sections(report, lambda key: key) if each.key == "idle"]
    assert [(row[0], row[2], row[3], row[4]) for row in idle.rows] == [
        ("8001", at("9:05:05"), at("11:00"), 115 * 60 - 5 - 30 * 60),
        ("8001", at("11:00:05"), at("11:30"), 30 * 60 - 5),
    ]
