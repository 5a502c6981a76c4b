"""Changes of the roster from a date on, targets and overtime, on both engines."""

from __future__ import annotations

from datetime import date

import pytest

from monitor.duty import Overtime, WorkingDays
from monitor.store.people import Facts
from monitor.store.staff import Move, Target
from monitor.store.store import Store

ZHANG, WANG, LI = Facts(name="张伟"), Facts(name="王芳"), Facts(name="李娜")


def spans(roster: object, agent: str) -> list[tuple[str, str, float, float | None]]:
    found = [each for each in roster.assignments if each.agent == agent]  # type: ignore[attr-defined]
    return [
        (e.name, e.team, e.valid_from, e.valid_to) for e in sorted(found, key=lambda each: each.valid_from)
    ]


async def test_an_extension_changes_hands_and_the_past_stays(store: Store) -> None:
    (zhang, wang) = await store.staff.move(
        [
            Move(facts=ZHANG, agent="main/8001", team="t1", valid_from=0),
            Move(facts=WANG, agent="main/8002", team="t1", valid_from=0),
        ],
        "import",
        100,
        {"t1": "朝阳组"},
    )
    await store.staff.move(
        [
            Move(person=zhang, facts=ZHANG, agent="main/8002", team="t1", valid_from=500),
            Move(person=wang, facts=WANG, agent="main/8001", team="t2", lead=True, valid_from=500),
        ],
        "wang",
        400,
        {"t2": "远航组"},
    )
    roster = await store.roster()
    assert spans(roster, "main/8001") == [("张伟", "t1", 0, 500), ("王芳", "t2", 500, None)]
    assert spans(roster, "main/8002") == [("王芳", "t1", 0, 500), ("张伟", "t1", 500, None)]
    assert roster.teams == {"t1": "朝阳组", "t2": "远航组"}
    now = roster.who("main", "8001", 500)
    assert now is not None and (now.person_id, now.lead) == (wang, True)
    assert {each.who for each in await store.discipline.audited(f"person/{wang}")} == {"import", "wang"}


async def test_the_same_again_changes_nothing(store: Store) -> None:
    move = Move(facts=ZHANG, agent="main/8001", team="t1", valid_from=0)
    (zhang,) = await store.staff.move([move], "x", 1)
    before = (await store.roster()).assignments
    again = Move(person=zhang, facts=ZHANG, agent="main/8001", team="t1", valid_from=700)
    await store.staff.move([again], "x", 2)
    assert (await store.roster()).assignments == before


async def test_a_later_plan_still_comes(store: Store) -> None:
    (zhang,) = await store.staff.move([Move(facts=ZHANG, agent="main/8001", team="t1", valid_from=0)], "x", 1)
    await store.staff.move(
        [Move(person=zhang, facts=ZHANG, agent="main/8009", team="t2", valid_from=900)], "x", 2
    )
    await store.staff.move([Move(facts=LI, agent="main/8009", team="t2", valid_from=300)], "x", 3)
    roster = await store.roster()
    assert spans(roster, "main/8009") == [("李娜", "t2", 300, 900), ("张伟", "t2", 900, None)]
    assert spans(roster, "main/8001") == [("张伟", "t1", 0, None)] or spans(roster, "main/8001") == [
        ("张伟", "t1", 0, 900)
    ]
    # Nobody sits on two seats at a time.
    assert [each.agent for each in roster.assignments if each.person_id == zhang and each.holds(950)] == [
        "main/8009"
    ]


async def test_who_leaves_has_no_seat_from_then_on_and_no_plan(store: Store) -> None:
    (zhang,) = await store.staff.move([Move(facts=ZHANG, agent="main/8001", team="t1", valid_from=0)], "x", 1)
    await store.staff.move(
        [Move(person=zhang, facts=ZHANG, agent="main/8002", team="t1", valid_from=900)], "x", 2
    )
    await store.staff.move([Move(person=zhang, facts=ZHANG, valid_from=500)], "x", 3)
    roster = await store.roster()
    assert [(e.agent, e.valid_from, e.valid_to) for e in roster.assignments] == [("main/8001", 0, 500)]
    assert roster.at(499)[0].person_id == zhang and roster.at(500) == []


async def test_what_is_known_of_a_person_is_kept(store: Store) -> None:
    facts = Facts(
        name="周婷",
        number="A017",
        hired_on=date(2026, 11, 10),
        newcomer_until=date(2026, 12, 1),
        working=WorkingDays(rota=(6, 1), rota_from=date(2026, 11, 2)),
    )
    await store.staff.move([Move(facts=facts, agent="main/8001", team="t1", valid_from=0)], "x", 1)
    (found,) = (await store.roster()).assignments
    assert found.facts == facts


async def test_targets_hold_from_a_day_on(store: Store) -> None:
    first = Target(period="month", valid_from=date(2026, 10, 1), dials=3000, entered_by="x", entered_at=1)
    second = Target(period="month", valid_from=date(2026, 11, 1), dials=3500, entered_by="x", entered_at=2)
    own = Target(person=7, period="day", valid_from=date(2026, 11, 1), connect_rate=0.4, entered_by="x")
    for each in (first, second, own, second):
        await store.staff.put_target(each)
    assert await store.staff.targets() == [first, second, own]
    assert await store.staff.remove_target(second, "x", 3)
    assert not await store.staff.remove_target(second, "x", 3)
    assert await store.staff.targets() == [first, own]


async def test_overtime_is_entered_and_taken_back(store: Store) -> None:
    made = await store.staff.add_overtime(
        Overtime(team="t1", starts_at=1000, ends_at=2000, dial_by_at=1100, reason="大促", entered_by="x")
    )
    (found,) = await store.staff.overtime(1999, 3000)
    assert (found.id, found.team, found.dial_by_at, found.reason) == (made, "t1", 1100, "大促")
    assert await store.staff.overtime(2000, 3000) == []
    assert await store.staff.withdraw_overtime(made, "y", 5, "取消") is not None
    assert await store.staff.withdraw_overtime(made, "y", 6) is None
    assert await store.staff.overtime(0, 9000) == []
    assert [each.withdrawn_at for each in await store.staff.overtime(0, 9000, withdrawn=True)] == [5]


@pytest.mark.parametrize("source", ["config", "store"])
async def test_the_configuration_fills_an_empty_store_and_then_only_where_it_is_the_source(
    store: Store, source: str
) -> None:
    from tests.metrics.test_board import SETTINGS

    mine = SETTINGS.model_copy(update={"roster": SETTINGS.roster.model_copy(update={"source": source})})
    await store.sync_roster(mine, 10)
    assert len((await store.roster()).assignments) == 24
    await store.sync_roster(mine.model_copy(update={"teams": ()}), 20)
    assert len((await store.roster()).at(30)) == (24 if source == "store" else 0)
