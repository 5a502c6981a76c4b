"""The roster from a table: heads in two languages, every wrong row by name, twice the same file changes nothing."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from monitor.config_duty import RosterSettings
from monitor.duty import WorkingDays
from monitor.rostering import RosterImport, read_people, write_people
from monitor.staffing import staffed
from monitor.store.store import Store
from tests.metrics.test_board import SETTINGS, at

STORED = SETTINGS.model_copy(update={"roster": RosterSettings(source="store"), "teams": SETTINGS.teams[:1]})
NOW = at("11:00")
FIRST = """坐席名单
工号,姓名,分机号,班组,组长,入职日期,上班日
A001,张伟,8001,朝阳组,是,2020/3/1,周一至周五
A002,王芳,8002,朝阳组,,2026-11-16,
A003,李娜,8003,远航组,否,,6+1 2026-11-02
"""


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(f"sqlite:///{tmp_path}/dialwatch.db")
    await opened.upgrade()
    yield opened
    await opened.close()


async def taken(store: Store, text: str | bytes, **more: object) -> RosterImport:
    data = text if isinstance(text, bytes) else text.encode()
    found = await read_people(store, STORED, data, now=NOW, **more)  # type: ignore[arg-type]
    if not found.bad:
        await write_people(store, STORED, found, "test", NOW)
    return found


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
async def test_a_first_table_holds_for_all_time(store: Store, encoding: str) -> None:
    found = await taken(store, FIRST.encode(encoding))
    assert [(c.what, c.line) for c in found.changes] == [("new", 3), ("new", 4), ("new", 5)]
    roster = await store.roster()
    assert [(e.extension, e.name, e.team, e.lead, e.number, e.valid_from) for e in roster.at(1.0)] == [
        ("8001", "张伟", "t1", True, "A001", 0.0),
        ("8002", "王芳", "t1", False, "A002", 0.0),
        ("8003", "李娜", "t2", False, "A003", 0.0),
    ]
    assert roster.teams == {"t1": "朝阳组", "t2": "远航组"}
    assert roster.at(1.0)[1].hired_on == date(2026, 11, 16)
    assert roster.at(1.0)[0].working == WorkingDays(weekdays=(0, 1, 2, 3, 4))
    assert roster.at(1.0)[2].working == WorkingDays(rota=(6, 1), rota_from=date(2026, 11, 2))


async def test_twice_the_same_table_changes_nothing(store: Store) -> None:
    await taken(store, FIRST)
    before = (await store.roster()).assignments
    again = await taken(store, FIRST)
    assert (again.changes, again.known, again.bad) == ([], 3, [])
    assert (await store.roster()).assignments == before


async def test_excel_with_english_heads(store: Store) -> None:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Name", "Extension", "Team", "Hire date", "Valid from", "Newcomer"])
    sheet.append(["Ann", 8001, "sales", date(2026, 11, 20), date(2026, 11, 20), "2027-01-01"])
    packed = io.BytesIO()
    book.save(packed)
    (change,) = (await taken(store, packed.getvalue())).changes
    assert (change.move.agent, change.move.team, change.move.valid_from) == (
        "main/8001",
        "sales",
        at("0:00", 20),
    )
    assert change.move.facts.hired_on == date(2026, 11, 20)
    assert change.move.facts.newcomer_until == date(2027, 1, 1)


async def test_people_change_seats_from_a_date_on_and_one_leaves(store: Store) -> None:
    await taken(store, FIRST)
    swap = (
        "姓名,分机,班组,生效日期,离职日期\n"
        "张伟,8002,朝阳组,2026-11-23 12:00,\n王芳,8001,远航组,2026-11-23 12:00,\n李娜,8003,,,2026-11-22\n"
    )
    found = await taken(store, swap)
    assert [c.what for c in found.changes] == ["moves", "moves", "leaves"]
    roster = await store.roster()
    noon = at("12:00")
    assert [(e.extension, e.name, e.team) for e in roster.at(noon - 1)] == [
        ("8001", "张伟", "t1"),
        ("8002", "王芳", "t1"),
    ]
    assert [(e.extension, e.name, e.team, e.number) for e in roster.at(noon)] == [
        ("8001", "王芳", "t2", "A002"),
        ("8002", "张伟", "t1", "A001"),
    ]
    assert [e.name for e in roster.at(at("23:59", 22))] == ["张伟", "王芳", "李娜"]
    assert (await taken(store, swap)).changes == []


async def test_who_leaves_on_the_last_of_all_days_stays(store: Store) -> None:
    await taken(store, FIRST)
    found = await taken(store, "姓名,工号,分机,离职日期\n张伟,A001,8001,9999-12-31\n")
    assert [change for change in found.changes if change.what == "leaves"] == []
    assert not found.bad


async def test_who_is_not_in_a_complete_table_leaves(store: Store) -> None:
    await taken(store, FIRST)
    found = await taken(store, "姓名,分机\n张伟,8001\n王芳,8002\n", complete=True)
    assert [(c.what, c.line, c.move.facts.name) for c in found.changes] == [
        ("moves", 2, "张伟"),
        ("leaves", 0, "李娜"),
    ]
    assert [e.extension for e in (await store.roster()).at(NOW)] == ["8001", "8002"]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("1-5", (0, 1, 2, 3, 4)),
        ("周一、周三到周五", (0, 2, 3, 4)),
        ("Mon-Fri", (0, 1, 2, 3, 4)),
        ("Monday to Wednesday and Sat", (0, 1, 2, 5)),
    ],
)
async def test_working_days_as_people_write_them(store: Store, text: str, days: tuple[int, ...]) -> None:
    await taken(store, f"name,extension,team,working days\nAnn,8001,sales,{text}\n")
    (ann,) = (await store.roster()).assignments
    assert ann.working == WorkingDays(weekdays=days)


@pytest.mark.parametrize(
    ("row", "problem", "value"),
    [
        (",8009,朝阳组,,,", "missing_name", ""),
        ("赵敏,,朝阳组,,,", "missing_extension", ""),
        ("赵敏,8009,,,,", "missing_team", ""),
        ("赵敏,80 09,朝阳组,,,", "extension_odd", "80 09"),
        ("赵敏,other/8009,朝阳组,,,", "pbx_unknown", "other"),
        ("赵敏,8009,朝阳组,也许,,", "yes_or_no", "也许"),
        ("赵敏,8009,朝阳组,,2026-13-01,", "no_day", "2026-13-01"),
        ("赵敏,8009,朝阳组,,,每天", "working_odd", "每天"),
        ("赵敏,8009,朝阳组,,,400+1 2026-11-02", "working_odd", "400+1 2026-11-02"),
        ("赵敏,8001,朝阳组,,,", "twice", "2"),
        ("张伟,8009,朝阳组,,,", "name_twice", "张伟: 8001, 8004"),
    ],
)
async def test_a_wrong_row_is_named_and_nothing_is_written(
    store: Store, row: str, problem: str, value: str
) -> None:
    await taken(store, "姓名,分机,班组,工号\n张伟,8001,朝阳组,A1\n张伟,8004,朝阳组,A2\n")
    before = (await store.roster()).assignments
    good = "王芳,8001,朝阳组,,,"
    found = await taken(store, f"姓名,分机,班组,组长,入职日期,上班日\n{good}\n{row}\n")
    assert [(bad.line, bad.problem, bad.value) for bad in found.bad] == [(3, problem, value)]
    assert (await store.roster()).assignments == before


async def test_two_of_one_name_are_told_apart_by_staff_number_or_extension(store: Store) -> None:
    await taken(store, "姓名,分机,班组,工号\n张伟,8001,朝阳组,A1\n张伟,8004,朝阳组,A2\n")
    found = await taken(store, "姓名,分机,工号\n张伟,8009,A2\n")
    assert [(c.what, c.before and c.before.extension, c.move.agent) for c in found.changes] == [
        ("moves", "8004", "main/8009")
    ]


async def test_the_settings_follow_the_roster_where_it_is_the_source(store: Store) -> None:
    await taken(store, FIRST)
    roster = await store.roster()
    teams = staffed(STORED, roster, NOW).teams
    assert [(t.id, t.name, [a.extension for a in t.agents]) for t in teams] == [
        ("t1", "朝阳组", ["8001", "8002"]),
        ("t2", "远航组", ["8003"]),
    ]
    assert teams[0].targets == STORED.teams[0].targets
    by_config = STORED.model_copy(update={"roster": RosterSettings(source="config")})
    assert staffed(by_config, roster, NOW) is by_config
