"""Days by hand, absences, verdicts with their history, first dials, the audit: the same on both engines."""

from __future__ import annotations

from datetime import date

import msgspec

from monitor.domain import Outcome
from monitor.duty import Absence, AbsenceKind, Finding, OwnDay
from monitor.store.discipline import Audited
from monitor.store.store import Store
from tests.metrics.test_board import SETTINGS, at, dial
from tests.metrics.test_ledger import finding
from tests.test_attendance import inbound

DAY = date(2026, 11, 23)


async def person(store: Store) -> int:
    await store.sync_roster(SETTINGS, 0.0)
    return (await store.roster()).assignments[0].person_id


async def test_days_by_hand_by_scope(store: Store) -> None:
    days = [
        OwnDay(day=DAY, working=False, name="停电", entered_by="wang", entered_at=1.0),
        OwnDay(day=DAY, working=True, team="t1", entered_by="wang", entered_at=1.0),
        OwnDay(day=DAY, working=False, official=True, entered_by="wang", entered_at=1.0),
    ]
    await store.discipline.put_own_days(days)
    again = msgspec.structs.replace(days[0], working=True, name="恢复")
    await store.discipline.put_own_days([again])
    found = await store.discipline.own_days(DAY, DAY)
    assert sorted(found, key=lambda each: (each.team, each.official)) == [again, days[2], days[1]]
    assert await store.discipline.remove_own_day(days[1], "wang", 2.0)
    assert not await store.discipline.remove_own_day(days[1], "wang", 2.0)
    assert len(await store.discipline.own_days(DAY, DAY)) == 2
    assert await store.discipline.own_days(date(2026, 11, 24), date(2027, 1, 1)) == []
    assert [each.what for each in await store.discipline.audited("day/2026-11-23/t1")] == [
        "day_removed",
        "day_on",
    ]


async def test_an_absence_of_a_known_source_takes_its_place(store: Store) -> None:
    who = await person(store)
    away = Absence(
        person=who, kind=AbsenceKind.LEAVE, starts_at=10.0, ends_at=20.0, granted_by="wang", source="a1"
    )
    (first,) = await store.discipline.add_absences([away])
    (second,) = await store.discipline.add_absences([msgspec.structs.replace(away, ends_at=30.0)])
    assert first == second
    (kept,) = await store.discipline.absences(0.0, 15.0)
    assert (kept.id, kept.ends_at) == (first, 30.0)
    assert await store.discipline.absence_sources(["a1", "a2"]) == {"a1": kept}
    assert await store.discipline.absences(30.0, 99.0) == []  # its end is not in it
    assert await store.discipline.absences(0.0, 15.0, person=who + 1) == []
    gone = await store.discipline.withdraw_absence(first, "li", 5.0, "误录")
    assert gone is not None and gone.withdrawn_at == 5.0
    assert await store.discipline.withdraw_absence(first, "li", 6.0) is None
    assert await store.discipline.absences(0.0, 15.0) == []
    assert await store.discipline.absences(0.0, 15.0, withdrawn=True) == [gone]
    newest = (await store.discipline.audited(f"absence/{first}"))[0]
    assert newest == Audited(5.0, "li", "absence_withdrawn", f"absence/{first}", "误录")


async def test_the_latest_verdict_is_in_force_and_all_are_kept(store: Store) -> None:
    gaps = ((1.5, 2.25), (3.0, 4.0))
    late, excused = finding(1, minutes=12, gaps=gaps), finding(1, "excused")
    other = finding(2, "on_time")
    await store.discipline.decide([late, other], 1.0)
    await store.discipline.decide([excused], 2.0)
    days = date(2026, 11, 1), date(2026, 11, 30)
    assert [each.finding for each in await store.discipline.verdicts(*days)] == [excused, other]
    history = await store.discipline.verdict_history(1, late.day, "morning")
    assert [(each.finding, each.decided_at) for each in history] == [(late, 1.0), (excused, 2.0)]
    assert await store.discipline.verdicts(*days, person=2) == []
    assert (await store.discipline.first_decided_day(), await store.discipline.last_decided_day()) == (
        date(2026, 11, 2),
        date(2026, 11, 3),
    )


async def test_first_dials_are_dials_and_the_first(store: Store) -> None:
    calls = [
        dial("8001", at("9:05")),
        dial("8001", at("9:01"), outcome=Outcome.AGENT_UNANSWERED),
        dial("8001", at("9:30")),
        dial("8002", at("9:02"), serial=1),
        dial("8002", at("9:02"), serial=2),
        dial("8003", at("8:00")),
        inbound("8004", at("9:00"), at("9:20")),
    ]
    await store.write(calls)
    found = await store.discipline.first_dials(at("8:45"), at("12:00"))
    assert sorted(found) == sorted(
        (call.id, f"main/{call.agent}", call.started_at) for call in (calls[0], calls[3], calls[4])
    )
    only = await store.discipline.first_dials(at("9:10"), at("12:00"), "main/8001")
    assert only == [(calls[2].id, "main/8001", at("9:30"))]


async def test_inbound_calls_over_an_instant(store: Store) -> None:
    calls = [
        inbound("8001", at("9:05"), at("9:15")),
        inbound("8002", at("9:06"), None),
        inbound("8003", at("9:05"), at("9:09")),
        inbound("8004", at("9:11"), at("9:15")),
        inbound("8005", at("5:00"), at("9:15")),
        dial("8006", at("9:05"), talk=600.0),
    ]
    await store.write(calls)
    found = await store.discipline.inbound_over(at("9:10"), at("5:10"))
    assert sorted(call.agent or "" for call in found) == ["8001", "8002"]


async def test_an_empty_store_has_decided_nothing(store: Store) -> None:
    nothing: list[Finding] = []
    await store.discipline.decide(nothing, 1.0)
    assert await store.discipline.last_decided_day() is None
    assert await store.discipline.audited() == []
