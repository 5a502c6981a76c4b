"""What is rewound is what was shown: a simulated morning lived through, then looked back at from the store."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import time, timedelta
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio

from monitor import attendance
from monitor.config import Settings
from monitor.domain import Call, Change, Gap, GapReason
from monitor.duty import Absence, AbsenceKind
from monitor.metrics import frames
from monitor.metrics.asof import call_at
from monitor.metrics.board import Board
from monitor.metrics.plan import SitePlan
from monitor.pbx.simulator.people import seats
from monitor.rewinding import MOST_WAITING, BusyError, Rewind
from monitor.store.store import Store
from tests.metrics.test_deltas import Follower, shown
from tests.pbx.simulator.day import Day

AGENTS = 16
#: What a look sees has happened before it: no event has the very instant of a look.
MOMENT = 0.0001


def made() -> Settings:
    people = [{"extension": each.extension, "name": each.name} for each in seats(AGENTS)]
    return Settings.model_validate(
        {
            "site": {"name": "测试", "targets": {"dials": 120, "connect_rate": 0.4}},
            "shift": [
                {"id": "morning", "name": "上午", "start": "09:00", "end": "12:00", "dial_by": "09:10"},
                {"id": "afternoon", "name": "下午", "start": "13:30", "end": "17:30", "dial_by": "13:50"},
            ],
            "team": [
                {"id": "t1", "name": "朝阳组", "agents": people[:8]},
                {"id": "t2", "name": "远航组", "agents": people[8:14]},
            ],
            "pbx": [
                {
                    "name": "main",
                    "host": "127.0.0.1",
                    "username": "x",
                    "agents": ["PJSIP/80[0-9][0-9]"],
                    "trunks": ["PJSIP/trunk-*"],
                    "dial_prefix": "9",
                }
            ],
        }
    )


SETTINGS = made()


class Lived(Day):
    """A simulated day on a live board, whose snapshots are kept, and in the store."""

    def __init__(self, store: Store) -> None:
        super().__init__(AGENTS, seed=7)
        self.store = store
        self.board = Board(SETTINGS)
        self.told: list[Change] = []
        self.gap = Gap(pbx="main", started_at=0.0, reason=GapReason.LINK_LOST)
        self.seen: dict[float, frames.Board] = {}

    def _keep(self) -> None:
        for change in self.pipeline.take():
            self.tell(change)
            if isinstance(change, Call):
                self.calls[change.id] = change

    def tell(self, change: Change) -> None:
        self.board.apply(change, self.schedule.now)
        self.told.append(change)

    async def look(self, at: time) -> None:
        """Play up to a time, keep what the board shows, and store what was told meanwhile."""
        self.play(self.at(at))
        moment = self.schedule.now + MOMENT
        before = self.day - timedelta(days=1)
        self.board.learn(await attendance.duty_for(self.store, SETTINGS, before, self.day), moment)
        self.seen[moment] = self.board.snapshot(moment)
        await self.store.write(self.told)
        self.told.clear()

    def cut(self) -> None:
        """The link is lost."""
        self.play(self.schedule.now + 1)
        begun = self.schedule.now
        self.pipeline.disconnected(begun)
        self.gap = msgspec.structs.replace(self.gap, started_at=begun)
        self.tell(self.gap)

    def unheard(self, until: time) -> None:
        """Time passes, nobody listens."""
        self.schedule.run_until(self.at(until))
        self._messages.clear()

    def back(self) -> None:
        """The link is back."""
        self.unheard(clock("9:46:20"))
        now = self.schedule.now
        cut = self.pipeline.resync(self.picture(), now)
        self._keep()
        self.tell(msgspec.structs.replace(self.gap, ended_at=now, calls_cut=cut))


def clock(text: str) -> time:
    hour, minute, *second = map(int, text.split(":"))
    return time(hour, minute, *second)


def minutes(first: str, last: str, step: int) -> Iterator[time]:
    begin, end = clock(first), clock(last)
    at = begin.hour * 3600 + begin.minute * 60
    while at <= end.hour * 3600 + end.minute * 60:
        yield time(at // 3600, at % 3600 // 60, at % 60)
        at += step


async def lived(folder: Path) -> Lived:
    store = await Store.open(f"sqlite:///{folder}/dialwatch.db", SitePlan(SETTINGS))
    await store.upgrade()
    await store.sync_roster(SETTINGS, 0.0)
    await store.discipline.begin_check("main", 0.0)
    day = Lived(store)
    people = {each.extension: each.person_id for each in (await store.roster()).assignments}
    nine = day.at(clock("9:00"))

    async def away(extension: str, granted: float) -> int:
        leave = Absence(
            person=people[extension],
            kind=AbsenceKind.LEAVE,
            starts_at=nine,
            ends_at=nine + 3600,
            granted_by="王",
            granted_at=granted,
        )
        return (await store.discipline.add_absences([leave]))[0]

    await away("8001", nine - 7200)
    for at in minutes("8:45", "9:36", 73):
        await day.look(at)
    await away("8002", day.schedule.now + 1)  # known from now on only: before it the verdict was another
    for at in minutes("9:36", "9:44", 17):
        await day.look(at)
    day.cut()
    for text in ("9:45", "9:46"):
        day.unheard(clock(text))
        moment = day.schedule.now + MOMENT
        day.seen[moment] = day.board.snapshot(moment)
    day.back()
    for at in minutes("9:47", "10:20", 97):
        await day.look(at)
    return day


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def day(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    return await lived(tmp_path_factory.mktemp("day"))


def looking(day: Lived) -> Rewind:
    return Rewind(day.store, SETTINGS, lambda: day.schedule.now + 1)


def same(past: frames.Board, live: frames.Board) -> bool:
    """Equal but for what is not stored: how a link is (its lag, its words)."""
    return msgspec.structs.replace(past, links=[]) == msgspec.structs.replace(live, links=[])


@pytest.mark.asyncio(loop_scope="module")
async def test_the_board_of_then_is_the_board_that_was_shown(day: Lived) -> None:
    rewind = looking(day)
    moments = sorted(day.seen)
    assert len(moments) > 80
    # Some way forward and back, so that boards are taken on and made anew.
    for at in [*moments[::2], *moments[::-3], *moments[1::5]]:
        past = (await rewind.at(at)).board
        assert same(past, day.seen[at]), at
    down = (await rewind.at(day.gap.started_at + 5)).board
    assert [(link.pbx, link.state, link.since) for link in down.links] == [
        ("main", "down", day.gap.started_at)
    ]


@pytest.mark.asyncio(loop_scope="module")
async def test_what_was_granted_later_was_not_known_then(day: Lived) -> None:
    rewind = looking(day)
    known_from = min(
        at for at, board in day.seen.items() if board.deadlines[0].excused == ["main/8001", "main/8002"]
    )
    before = max(at for at in day.seen if at < known_from)
    assert (await rewind.at(before)).board.deadlines[0].excused == ["main/8001"]
    assert (await rewind.at(known_from)).board.deadlines[0].excused == ["main/8001", "main/8002"]


@pytest.mark.asyncio(loop_scope="module")
async def test_frames_lead_to_the_board_of_each_instant(day: Lived) -> None:
    start = day.at(clock("9:30"))
    moment, steps = await looking(day).play(start, 60.0, 12)
    page = Follower(moment.board)
    assert [step.at for step in steps] == [start + 60 * number for number in range(1, 13)]
    for step in steps:
        page.take(step.changes)
        fresh = (await looking(day).at(step.at)).board
        assert shown(page.parts) == shown(msgspec.structs.asdict(fresh)), step.at


@pytest.mark.asyncio(loop_scope="module")
async def test_who_sees_some_teams_sees_them_alone(day: Lived) -> None:
    teams = frozenset({"t2"})
    rewind, other = looking(day), looking(day)
    start = day.at(clock("9:20"))
    moment, steps = await rewind.play(start, 120.0, 10, teams)
    page = Follower(moment.board)
    for step in steps:
        page.take(step.changes)
        whole, fresh = (await other.at(step.at)).board, (await looking(day).at(step.at, teams)).board
        assert shown(page.parts) == shown(msgspec.structs.asdict(fresh)), step.at
        assert [team.id for team in fresh.teams] == ["t2"]
        assert fresh.teams == [team for team in whole.teams if team.id == "t2"]
        assert fresh.agents == [agent for agent in whole.agents if agent.team == "t2"]
        assert fresh.site.figures.dials == fresh.teams[0].figures.dials


@pytest.mark.asyncio(loop_scope="module")
async def test_a_play_stops_at_now(day: Lived) -> None:
    now = day.schedule.now + 1
    _, steps = await looking(day).play(now - 90, 60.0, 12)
    assert [step.at for step in steps] == [now - 30]


@pytest.mark.asyncio(loop_scope="module")
async def test_a_day_without_calls_is_an_empty_floor(day: Lived) -> None:
    board = (await looking(day).at(day.at(clock("9:30")) - 7 * 86400)).board
    assert board.site.date == "2026-11-16"
    assert board.site.figures.dials == 0
    assert {agent.state for agent in board.agents} == {"not_seen"}


@pytest.mark.asyncio(loop_scope="module")
async def test_who_sat_there_then_sits_there(day: Lived, tmp_path: Path) -> None:
    store = await Store.open(f"sqlite:///{tmp_path}/dialwatch.db")
    await store.upgrade()
    await store.sync_roster(SETTINGS, 0.0)
    first, second = SETTINGS.teams
    moved = first.agents[0]
    changed = SETTINGS.model_copy(
        update={
            "teams": (
                first.model_copy(update={"agents": first.agents[1:]}),
                second.model_copy(update={"agents": (*second.agents, moved)}),
            )
        }
    )
    ten = day.at(clock("10:00"))
    await store.sync_roster(changed, ten)
    rewind = Rewind(store, changed, lambda: ten + 3600)
    team = {
        at: next(a.team for a in (await rewind.at(at)).board.agents if a.extension == moved.extension)
        for at in (ten - 60, ten + 60)
    }
    assert team == {ten - 60: "t1", ten + 60: "t2"}
    await store.close()


@pytest.mark.asyncio(loop_scope="module")
async def test_calls_that_come_in_meanwhile_are_seen(day: Lived, tmp_path: Path) -> None:
    """Of a day that goes on more is read when somebody looks further, and calls that were open then end."""
    store = await Store.open(f"sqlite:///{tmp_path}/dialwatch.db")
    await store.upgrade()
    await store.sync_roster(SETTINGS, 0.0)
    await store.discipline.begin_check("main", 0.0)
    moments = sorted(day.seen)
    calls = list(day.calls.values())
    rewind = Rewind(store, SETTINGS, lambda: reached + 60)
    for at in moments[10:-40:9]:
        reached = at
        begun = [as_stored for call in calls if (as_stored := call_at(call, at + 60)) is not None]
        await store.write(begun)
        past = (await rewind.at(at)).board
        assert past.site.figures == day.seen[at].site.figures, at
    await store.close()


@pytest.mark.asyncio(loop_scope="module")
async def test_too_many_at_once_are_refused(day: Lived) -> None:
    rewind = looking(day)
    at = sorted(day.seen)[5]
    asked = [asyncio.ensure_future(rewind.at(at)) for _ in range(MOST_WAITING + 1)]
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(isinstance(each, BusyError) for each in found) == 1
    assert same((await rewind.at(at)).board, day.seen[at])
