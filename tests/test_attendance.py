"""Verdicts from stored calls against a plainly written reference and against the live board; their history."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from monitor import attendance
from monitor.config import Settings
from monitor.domain import Call, Direction, Gap, GapReason, Outage, OutageCause, Outcome, Phase
from monitor.duty import Absence, AbsenceKind, Finding, OwnDay
from monitor.metrics.board import Board
from monitor.metrics.ledger import accounts
from monitor.store.store import Store
from tests.metrics.test_board import at, dial

DAY = date(2026, 11, 23)
SHIFTS = {"morning": ("8:45", "9:10", "12:00"), "afternoon": ("13:15", "13:50", "17:30")}
STARTS = {"morning": "9:00", "afternoon": "13:30"}
PEOPLE = {"张伟": "8001", "王芳": "8002", "李娜": "8003"}


def made(**more: object) -> Settings:
    agents = [{"extension": extension, "name": name} for name, extension in PEOPLE.items()]
    return Settings.model_validate(
        {
            "site": {"name": "测试"},
            "shift": [
                {"id": "morning", "name": "上午", "start": "09:00", "end": "12:00", "dial_by": "09:10"},
                {"id": "afternoon", "name": "下午", "start": "13:30", "end": "17:30", "dial_by": "13:50"},
            ],
            "discipline": {
                "tiers": [{"name": "一档", "from_minute": 1}, {"name": "二档", "from_minute": 31}]
            },
            "team": [{"id": "t1", "name": "朝阳组", "agents": agents}],
            "pbx": [
                {
                    "name": "main",
                    "host": "127.0.0.1",
                    "username": "x",
                    "agents": ["PJSIP/80*"],
                    "trunks": ["PJSIP/t*"],
                }
            ],
            **more,
        }
    )


SETTINGS = made()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def store(tmp_path_factory: object) -> AsyncIterator[Store]:
    folder: Path = tmp_path_factory.mktemp("store")  # type: ignore[attr-defined]
    opened = await Store.open(f"sqlite:///{folder}/dialwatch.db")
    await opened.upgrade()
    await opened.sync_roster(SETTINGS, 0.0)
    await opened.discipline.begin_check("main", 0.0)
    yield opened
    await opened.close()


async def emptied(store: Store) -> dict[str, int]:
    """Nothing but the roster; gives people's ids by extension."""
    async with store._engine.begin() as connection:
        for table in (
            "segments",
            "recordings",
            "calls",
            "gaps",
            "outages",
            "absences",
            "own_days",
            "verdicts",
        ):
            await connection.execute(text(f"DELETE FROM {table}"))
    return {seat.extension: seat.person_id for seat in (await store.roster()).assignments}


def inbound(extension: str, started_at: float, ended_at: float | None) -> Call:
    return Call(
        id=f"main/in{started_at}/{extension}",
        pbx="main",
        direction=Direction.INBOUND,
        agent=extension,
        phase=Phase.TALKING if ended_at is None else Phase.ENDED,
        started_at=started_at,
        ended_at=ended_at,
        outcome=None if ended_at is None else Outcome.ANSWERED,
    )


moments = st.integers(0, 9 * 3600 + 1800).map(lambda second: at("8:30") + second)
lengths = st.sampled_from([30.0, 300.0, 2400.0, 7200.0])
who = st.sampled_from(sorted(PEOPLE.values()))
DIALS = st.lists(
    st.builds(dial, who, moments, serial=st.integers(0, 10**6)), max_size=7, unique_by=lambda c: c.id
)
ASKED = st.lists(st.tuples(who, moments, lengths), max_size=3)
DOWN = st.lists(
    st.tuples(st.sampled_from([*PEOPLE.values(), "t1"]), moments, st.sampled_from([120.0, 900.0, 7200.0])),
    max_size=3,
)
GAPS = st.lists(st.tuples(moments, lengths), max_size=2)


def reference(
    extension: str,
    shift: str,
    now: float,
    dials: list[Call],
    calls_in: list[Call],
    away: list[tuple[str, float, float]],
    blind: list[tuple[float, float]],
    down: list[tuple[float, float]],
) -> tuple[str, int | None, str | None, float | None, bool]:
    """METRICS.md's definition, step by step: verdict, minutes, tier, first dial, on an inbound call.

    ``down``: from when to when there was nothing to dial on; counted second by second.
    """
    begin, by, end = (at(clock) for clock in SHIFTS[shift])
    mine = sorted(c.started_at for c in dials if c.agent == extension and begin <= c.started_at < end)
    first = mine[0] if mine else None
    on_call = now > by and any(
        c.agent == extension and c.started_at <= by and (c.ended_at is None or c.ended_at >= by)
        for c in calls_in
    )
    if any(e == extension and start <= by < start + length for e, start, length in away):
        return "excused", None, None, first, on_call
    if first is not None and first <= by:
        return "on_time", None, None, first, on_call
    if first is None and now <= by:
        return "pending", None, None, first, on_call
    if any(start <= by and start + length > begin for start, length in blind):
        return "indeterminate", None, None, first, on_call
    seen_until = first if first is not None else min(now, end)
    start = at(STARTS[shift])

    def able(second: float) -> bool:
        return not any(a <= second < b for a, b in down)

    waits, had = start, 0
    while had < by - start and waits < end:
        had += able(waits)
        waits += 1
    put_off = max(by, waits) if had == by - start else math.inf
    if put_off > by and seen_until <= put_off:
        return "excused", None, None, first, on_call
    if any(start <= put_off and start + length > by for start, length in blind):
        return "indeterminate", None, None, first, on_call
    hidden = [start for start, length in blind if start < seen_until and start + length > put_off]
    if first is None and now >= end and not hidden:
        return "not_started", None, None, first, on_call
    late_at = min([seen_until, *hidden])
    lost = sum(not able(start + second) for second in range(int(late_at - start))) if down else 0
    minutes = max(1, math.ceil((late_at - by - lost) / 60))
    return "late", minutes, "二档" if minutes >= 31 else "一档", first, on_call


@given(
    dials=DIALS,
    calls_in=ASKED,
    away=ASKED,
    blind=GAPS,
    down=DOWN,
    now=st.one_of(moments, st.just(at("23:00"))),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_day_from_stored_calls_is_what_the_reference_and_the_board_say(
    store: Store,
    dials: list[Call],
    calls_in: list[tuple[str, float, float]],
    away: list[tuple[str, float, float]],
    blind: list[tuple[float, float]],
    down: list[tuple[str, float, float]],
    now: float,
) -> None:
    dials = [call for call in dials if call.started_at < now]
    asked = {
        call.id: call
        for call in (
            inbound(extension, start, start + length if start + length < now else None)
            for extension, start, length in calls_in
            if start < now
        )
    }
    gaps = [
        Gap(pbx="main", started_at=start, ended_at=start + length, reason=GapReason.LINK_LOST)
        for start, length in blind
        if start + length < now
    ]

    off = {
        each.id: each
        for each in (
            Outage(
                pbx="main",
                cause=OutageCause.TRUNKS if subject == "t1" else OutageCause.EXTENSION,
                subject=subject,
                started_at=start,
                ended_at=start + length if start + length < now else None,
            )
            for subject, start, length in down
            if start < now
        )
    }

    async def stored() -> tuple[list[Finding], list[Finding]]:
        people = await emptied(store)
        await store.write([*dials, *asked.values(), *gaps, *off.values()])
        await store.discipline.add_absences(
            [
                Absence(
                    person=people[extension], kind=AbsenceKind.LEAVE, starts_at=start, ends_at=start + length
                )
                for extension, start, length in away
            ]
        )
        duty = await attendance.duty_for(store, SETTINGS, DAY, DAY)
        board = Board(SETTINGS, duty)
        board.tick(now)
        for change in (*dials, *asked.values(), *gaps, *off.values()):
            board.apply(change, now)
        return await attendance.findings(store, SETTINGS, DAY, now), board.findings(now)

    found, live = asyncio.get_event_loop_policy().get_event_loop().run_until_complete(stored())
    assert found == live
    shown = {
        (each.agent[-4:], each.shift): (
            each.verdict,
            each.minutes,
            each.tier,
            each.first_dial_at,
            each.on_inbound,
        )
        for each in found
    }
    kept = [
        (gap.started_at, (gap.ended_at or now) - gap.started_at) for gap in {g.id: g for g in gaps}.values()
    ]
    nothing_to_dial_on = {
        extension: [
            (each.started_at, each.ended_at or math.inf)
            for each in off.values()
            if each.subject in (extension, "t1")
        ]
        for extension in PEOPLE.values()
    }
    assert shown == {
        (extension, shift): reference(
            extension, shift, now, dials, list(asked.values()), away, kept, nothing_to_dial_on[extension]
        )
        for extension in PEOPLE.values()
        for shift in SHIFTS
    }


@pytest.mark.asyncio(loop_scope="module")
async def test_a_verdict_that_changes_keeps_its_history(store: Store) -> None:
    people = await emptied(store)
    zhang = people["8001"]

    async def told(now: float) -> list[tuple[str, int | None]]:
        await attendance.settle(store, SETTINGS, [DAY], now)
        history = await store.discipline.verdict_history(zhang, DAY.isoformat(), "morning")
        return [(each.finding.verdict, each.finding.minutes) for each in history]

    assert await told(at("9:05")) == []  # nothing is decided before the deadline
    assert await told(at("9:15")) == [("late", None)]
    assert await told(at("9:20")) == [("late", None)]  # minutes that grow are no news
    await store.write([dial("8001", at("9:22"))])
    assert await told(at("9:25")) == [("late", None), ("late", 12)]
    assert await told(at("18:00")) == [("late", None), ("late", 12)]
    pardon = Absence(
        person=zhang,
        kind=AbsenceKind.EXCEPTION,
        starts_at=at("8:45"),
        ends_at=at("12:00"),
        reason="系统升级",
        granted_by="wang",
        granted_at=at("18:00"),
    )
    (granted,) = await store.discipline.add_absences([pardon])
    assert await told(at("18:01")) == [("late", None), ("late", 12), ("excused", None)]
    (in_force,) = [
        each
        for each in await store.discipline.verdicts(DAY, DAY, person=zhang)
        if each.finding.shift == "morning"
    ]
    assert in_force.finding.absence is not None and in_force.finding.absence.reason == "系统升级"
    assert in_force.finding.first_dial_at == at("9:22")  # what was seen stays evidence
    await store.discipline.withdraw_absence(granted, "wang", at("18:05"))
    assert (await told(at("18:06")))[-1] == ("late", 12)


@pytest.mark.asyncio(loop_scope="module")
async def test_deciding_a_past_day_again_changes_nothing(store: Store) -> None:
    await emptied(store)
    await store.write([dial("8001", at("9:30")), dial("8002", at("9:00"))])
    later = at("23:00", 25)
    assert await attendance.settle(store, SETTINGS, [DAY], later) == 6
    assert await attendance.settle(store, SETTINGS, [DAY], later + 3600) == 0


@pytest.mark.asyncio(loop_scope="module")
async def test_a_day_made_free_afterwards_is_off_for_everybody(store: Store) -> None:
    await emptied(store)
    await attendance.settle(store, SETTINGS, [DAY], at("23:00"))
    await store.discipline.put_own_days([OwnDay(day=DAY, working=False, name="停电")])
    await attendance.settle(store, SETTINGS, [DAY], at("23:30"))
    assert {each.finding.verdict for each in await store.discipline.verdicts(DAY, DAY)} == {"off"}
    assert await attendance.settle(store, SETTINGS, [DAY], at("23:40")) == 0


@pytest.mark.asyncio(loop_scope="module")
async def test_a_gap_makes_it_indeterminate_until_the_calls_are_there(store: Store) -> None:
    people = await emptied(store)
    gap = Gap(pbx="main", started_at=at("9:00"), ended_at=at("9:12"), reason=GapReason.LINK_LOST)
    await store.write([gap])
    await attendance.settle(store, SETTINGS, [DAY], at("23:00"))
    await store.write([dial("8001", at("9:03"))])  # repaired from the PBX's own records
    await attendance.settle(store, SETTINGS, [DAY], at("23:30"))
    history = await store.discipline.verdict_history(people["8001"], DAY.isoformat(), "morning")
    assert [each.finding.verdict for each in history] == ["indeterminate", "on_time"]
    assert history[0].finding.gaps == ((at("9:00"), at("9:12")),)


@pytest.mark.asyncio(loop_scope="module")
async def test_a_phone_that_is_down_excuses_with_the_outage_as_evidence(store: Store) -> None:
    people = await emptied(store)
    phone = Outage(pbx="main", cause=OutageCause.EXTENSION, subject="8001", started_at=at("8:20"))
    await store.write([phone, dial("8002", at("9:00"))])

    async def told(now: float) -> list[tuple[str, int | None]]:
        await attendance.settle(store, SETTINGS, [DAY], now)
        history = await store.discipline.verdict_history(people["8001"], DAY.isoformat(), "morning")
        return [(each.finding.verdict, each.finding.minutes) for each in history]

    assert await told(at("9:12")) == [("excused", None)]
    assert await told(at("9:20")) == [("excused", None)]  # that it goes on is no news
    (zhang,) = await store.discipline.verdicts(DAY, DAY, person=people["8001"])
    (evidence,) = zhang.finding.outages
    assert (evidence.subject, evidence.started_at, evidence.ended_at) == ("8001", at("8:45"), None)
    await store.write([msgspec.structs.replace(phone, ended_at=at("9:30"))])
    assert await told(at("9:39")) == [("excused", None), ("excused", None)]
    await store.write([dial("8001", at("9:44"))])
    assert (await told(at("9:45")))[-1] == ("late", 4)
    (entry,) = accounts([zhang.finding], SETTINGS.discipline)[0].entries
    assert (entry.finding.verdict, entry.covered) == ("excused", False)
    assert accounts([zhang.finding], SETTINGS.discipline)[0].exceptions == 0


@pytest.mark.asyncio(loop_scope="module")
async def test_where_agents_start_their_phones_one_that_is_down_excuses_nobody(store: Store) -> None:
    await emptied(store)
    softphones = made(discipline={"phone_outages": False})
    phone = Outage(pbx="main", cause=OutageCause.EXTENSION, subject="8001", started_at=at("8:20"))
    trunks = Outage(
        pbx="main",
        cause=OutageCause.TRUNKS,
        subject="t1",
        started_at=at("13:30"),
        ended_at=at("17:30"),
    )
    await store.write([phone, trunks])
    found = await attendance.findings(store, softphones, DAY, at("18:00"))
    assert [(each.shift, each.verdict) for each in found if each.agent == "main/8001"] == [
        ("morning", "not_started"),
        ("afternoon", "excused"),
    ]
    board = Board(softphones, await attendance.duty_for(store, softphones, DAY, DAY))
    for outage in (phone, trunks):
        board.apply(outage, at("18:00"))
    assert board.findings(at("18:00")) == found


@pytest.mark.asyncio(loop_scope="module")
async def test_nobody_is_judged_by_the_time_before_the_check_began(tmp_path: Path) -> None:
    """Installed at 9:30 on the first day: the morning is unsure, and so is all of the day before."""
    opened = await Store.open(f"sqlite:///{tmp_path}/first.db")
    await opened.upgrade()
    await opened.sync_roster(SETTINGS, 0.0)

    async def verdicts(day: date) -> set[tuple[str, str]]:
        found = await attendance.findings(opened, SETTINGS, day, at("23:00"))
        return {(each.shift, each.verdict) for each in found}

    never = {("morning", "indeterminate"), ("afternoon", "indeterminate")}
    assert await verdicts(DAY) == never  # no PBX was ever heard
    await opened.discipline.begin_check("main", at("9:30"))
    await opened.discipline.begin_check("main", at("11:00"))  # said again: the first holds
    assert await verdicts(DAY) == {("morning", "indeterminate"), ("afternoon", "not_started")}
    assert await verdicts(date(2026, 11, 22)) == never
    await opened.write([dial("8001", at("9:05"))])  # what was seen all the same counts
    assert ("morning", "on_time") in await verdicts(DAY)
    await opened.close()


@pytest.mark.asyncio(loop_scope="module")
async def test_days_missed_are_decided_after_a_start(store: Store) -> None:
    await emptied(store)
    await attendance.settle(store, SETTINGS, [DAY], at("23:00"))
    days = await attendance.days_to_settle(store, SETTINGS, at("8:00", 27))
    assert days == [date(2026, 11, day) for day in range(23, 28)]


@pytest.mark.asyncio(loop_scope="module")
async def test_who_changes_the_extension_in_mid_shift_has_begun_once(tmp_path: Path) -> None:
    """张伟 dials from 8001 at 9:05, then moves to 8003; whoever follows on 8001 has not begun by that."""
    opened = await Store.open(f"sqlite:///{tmp_path}/moves.db")
    await opened.upgrade()
    await opened.sync_roster(SETTINGS, 0.0)
    await opened.discipline.begin_check("main", 0.0)
    moved = [
        {"extension": "8003", "name": "张伟"},
        {"extension": "8002", "name": "王芳"},
        {"extension": "8001", "name": "李娜"},
    ]
    after = made(team=[{"id": "t1", "name": "朝阳组", "agents": moved}])
    await opened.sync_roster(after, at("10:00"))
    await opened.write([dial("8001", at("9:05")), dial("8001", at("10:30")), dial("8003", at("9:20"))])
    names = {seat.person_id: seat.name for seat in (await opened.roster()).assignments}
    now = at("11:00")
    found = await attendance.findings(opened, after, DAY, now)
    assert {names[each.person]: each.first_dial_at for each in found if each.shift == "morning"} == {
        "张伟": at("9:05"),
        "王芳": None,
        "李娜": at("9:20"),
    }
    board = Board(after, await attendance.duty_for(opened, after, DAY, DAY))
    for call in await opened.calls_between(at("0:00"), now):
        board.apply(call, now)
    assert board.findings(now) == found
    tiles = {agent.extension: agent.first_dials[0].at for agent in board.snapshot(now).agents}
    assert tiles == {"8001": at("9:20"), "8002": None, "8003": at("9:05")}
    await opened.close()
