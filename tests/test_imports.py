"""Leave and calendar days as people hand them in: DingTalk's exports in CSV and Excel, wrong rows, the same file twice."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from datetime import date, datetime
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
from openpyxl import Workbook

from monitor.duty import Absence, AbsenceKind
from monitor.errors import SheetError
from monitor.imports import LeaveImport, read_days, read_leave
from monitor.store.staff import Move
from monitor.store.store import Store
from tests.metrics.test_board import at
from tests.test_attendance import made

TEAMS = [
    {
        "id": "t1",
        "name": "朝阳组",
        "agents": [{"extension": "8001", "name": "张伟"}, {"extension": "8002", "name": "王芳"}],
    },
    {
        "id": "t2",
        "name": "远航组",
        "agents": [{"extension": "8003", "name": "王芳"}, {"extension": "8004", "name": "李娜"}],
    },
]
SETTINGS = made(team=TEAMS)
HEAD = "审批编号,审批状态,审批结果,发起人姓名,发起人部门,请假类型,开始时间,结束时间,时长,请假事由"
WHOLE = "20261120001,完成,同意,张伟,电销中心-朝阳组,年假,2026-11-23,2026-11-24,2,回老家"
NOW = at("12:00")


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(f"sqlite:///{tmp_path}/dialwatch.db")
    await opened.upgrade()
    await opened.sync_roster(SETTINGS, 0.0)
    yield opened
    await opened.close()


def table(*rows: str, head: str = HEAD) -> bytes:
    return "\r\n".join([head, *rows]).encode("utf-8-sig")


def row(start: str, end: str, *, who: str = "张伟,朝阳组", length: str = "", kind: str = "事假") -> str:
    return f",完成,同意,{who},{kind},{start},{end},{length},有事"


async def leave(store: Store, data: bytes) -> LeaveImport:
    return await read_leave(store, SETTINGS, data, who="wang", now=NOW)


async def one(store: Store, data: bytes) -> Absence:
    found = await leave(store, data)
    assert not found.bad
    ((_, absence),) = found.changes
    return absence


def excel(rows: list[list[object]]) -> bytes:
    book = Workbook()
    for each in rows:
        book.active.append(each)  # type: ignore[union-attr]
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
async def test_an_export_in_any_of_the_encodings_people_have(store: Store, encoding: str) -> None:
    absence = await one(store, f"{HEAD}\n{WHOLE}\n".encode(encoding))
    assert absence.kind is AbsenceKind.LEAVE
    assert absence.reason == "年假：回老家"
    assert (absence.starts_at, absence.ends_at) == (at("0:00"), at("0:00", 25))
    assert absence.source == "20261120001"


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-11-23 上午", "2026-11-23 上午", ("0:00", "12:00")),
        ("2026-11-23 下午", "2026-11-23 下午", ("12:00", "24")),
        ("2026-11-23 上午", "2026-11-23 下午", ("0:00", "24")),
        ("2026/11/23 09:30", "2026/11/23 11:00", ("9:30", "11:00")),
        ("2026年11月23日", "2026年11月23日", ("0:00", "24")),
        ("2026-11-23 09:00:00", "2026-11-23 24:00", ("9:00", "24")),
    ],
)
async def test_whole_days_half_days_and_hours(
    store: Store, start: str, end: str, expected: tuple[str, str]
) -> None:
    absence = await one(store, table(row(start, end)))
    ends = at("0:00", 24) if expected[1] == "24" else at(expected[1])
    assert (absence.starts_at, absence.ends_at) == (at(expected[0]), ends)


async def test_an_excel_export_with_a_title_above_its_head_and_dates_as_dates(store: Store) -> None:
    data = excel(
        [
            ["请假审批单导出"],
            HEAD.split(","),
            ["a1", "完成", "同意", "李娜", "远航组", "调休", datetime(2026, 11, 23), datetime(2026, 11, 23), 1, ""],
            ["a2", "完成", "同意", "张伟", "朝阳组", "病假", datetime(2026, 11, 23, 9), datetime(2026, 11, 23, 11, 30), 2.5, "发烧"],
        ]
    )  # fmt: skip
    found = await leave(store, data)
    assert not found.bad
    assert [(line, each.starts_at, each.ends_at) for line, each in found.changes] == [
        (3, at("0:00"), at("0:00", 24)),
        (4, at("9:00"), at("11:30")),
    ]


@pytest.mark.parametrize(
    ("bad", "problem", "value"),
    [
        (row("2026-11-23", "2026-11-23", who="赵六,朝阳组"), "name_unknown", "赵六"),
        (row("2026-11-23", "2026-11-23", who="王芳,"), "name_twice", "王芳: 8002, 8003"),
        (row("2026-11-23", "2026-11-23", who=","), "nobody", ""),
        (row("明天", "2026-11-23"), "no_time", "明天"),
        (row("2026-02-30", "2026-11-23"), "no_time", "2026-02-30"),
        (row("2026-11-23", ""), "missing", "结束时间"),
        (row("2026-11-23 下午", "2026-11-23 上午"), "ends_first", "2026-11-23 上午"),
        (row("2026-01-01", "2028-01-01"), "too_many_days", "400"),
        (row("2026-11-23", "2026-11-23", length="0.5"), "which_half", "0.5"),
    ],
)
async def test_a_wrong_row_is_named_and_the_right_ones_are_understood(
    store: Store, bad: str, problem: str, value: str
) -> None:
    found = await leave(store, table(WHOLE, bad))
    assert [line for line, _ in found.changes] == [2]
    (wrong,) = found.bad
    assert (wrong.line, wrong.problem, wrong.value) == (3, problem, value)


async def test_two_of_one_name_are_told_apart_by_their_team_or_extension(store: Store) -> None:
    people = {seat.extension: seat.person_id for seat in (await store.roster()).assignments}
    by_team = await one(store, table(row("2026-11-23", "2026-11-23", who="王芳,销售部/远航组")))
    assert by_team.person == people["8003"]
    by_extension = await one(store, table("8002,2026-11-23,2026-11-23", head="分机,开始时间,结束时间"))
    assert by_extension.person == people["8002"]
    found = await leave(store, table("8002,李娜,2026-11-23,2026-11-23", head="分机,姓名,开始时间,结束时间"))
    assert found.bad[0].problem == "not_theirs"


async def test_who_has_a_staff_number_is_known_by_it(store: Store) -> None:
    roster = await store.roster()
    moves = [
        Move(
            person=each.person_id,
            facts=msgspec.structs.replace(each.facts, number=f"A{each.extension}"),
            agent=each.agent,
            team=each.team,
            valid_from=0.0,
        )
        for each in roster.assignments
        if each.extension != "8004"
    ]
    await store.staff.move(moves, "wang", NOW, {})
    people = {each.extension: each.person_id for each in (await store.roster()).assignments}
    head = "审批编号,发起人工号,发起人姓名,请假类型,开始时间,结束时间"
    rows = (
        "a1,A8003,王芳,事假,2026-11-23,2026-11-23",  # of two of this name
        "a2,A8001,,事假,2026-11-23,2026-11-23",
        "a3,D77,李娜,事假,2026-11-23,2026-11-23",  # her number was never entered
        "a4,A8001,李娜,事假,2026-11-24,2026-11-24",
        "a5,D78,,事假,2026-11-24,2026-11-24",
    )
    found = await leave(store, table(*rows, head=head))
    assert [each.person for _, each in found.changes] == [people["8003"], people["8001"], people["8004"]]
    assert [(bad.line, bad.problem, bad.value) for bad in found.bad] == [
        (5, "not_theirs", "A8001 张伟"),
        (6, "name_unknown", "D78"),
    ]


async def test_kinds(store: Store) -> None:
    head = "姓名,类型,开始时间,结束时间"
    for word, kind in (
        ("外出", "field_work"),
        ("出差", "field_work"),
        ("新人培训", "training"),
        ("婚假", "leave"),
    ):
        assert (await one(store, table(f"张伟,{word},2026-11-23,2026-11-23", head=head))).kind == kind
    unknown = await leave(store, table("张伟,团建,2026-11-23,2026-11-23", head=head))
    assert unknown.bad[0].problem == "kind_unknown"
    # What a column of leave kinds holds is leave, whatever the site calls it.
    as_leave = await one(
        store, table("张伟,爱心日,2026-11-23,2026-11-23", head="姓名,请假类型,开始时间,结束时间")
    )
    assert as_leave.kind is AbsenceKind.LEAVE


async def test_twice_the_same_file_changes_nothing(store: Store) -> None:
    data = table(WHOLE, row("2026-11-25 上午", "2026-11-25 上午"))
    first = await leave(store, data)
    await store.discipline.add_absences([each for _, each in first.changes])
    again = await leave(store, data)
    assert (again.changes, again.known) == ([], 2)
    longer = WHOLE.replace("2026-11-24", "2026-11-25")
    (change,) = (await leave(store, table(longer))).changes
    await store.discipline.add_absences([change[1]])
    kept = await store.discipline.absences(at("0:00"), at("0:00", 30))
    assert [(each.source, each.ends_at) for each in kept if each.source == "20261120001"] == [
        ("20261120001", at("0:00", 26))
    ]


async def test_what_was_not_granted_is_left_out_and_what_was_taken_back_is_withdrawn(store: Store) -> None:
    refused = WHOLE.replace("完成,同意", "完成,拒绝")
    pending = WHOLE.replace("完成,同意", "审批中,").replace("0001", "0002")
    found = await leave(store, table(refused, pending))
    assert (found.changes, len(found.not_granted)) == ([], 2)
    await store.discipline.add_absences([each for _, each in (await leave(store, table(WHOLE))).changes])
    ((_, gone),) = (await leave(store, table(WHOLE.replace("完成,同意", "已撤销,")))).changes
    await store.discipline.add_absences([gone])
    assert await store.discipline.absences(at("0:00"), at("0:00", 30)) == []
    (kept,) = await store.discipline.absences(at("0:00"), at("0:00", 30), withdrawn=True)
    assert kept.withdrawn_at == NOW


async def test_a_day_after_which_there_is_none_is_a_wrong_row(store: Store) -> None:
    found = await leave(store, table(row("2026-11-23", "9999-12-31")))
    assert [(bad.problem, bad.value) for bad in found.bad] == [("no_time", "9999-12-31")]


async def test_what_was_taken_back_by_hand_stays_so_when_the_file_comes_again(store: Store) -> None:
    (kept,) = await store.discipline.add_absences([await one(store, table(WHOLE))])
    await store.discipline.withdraw_absence(kept, "lead", NOW + 60, "在岗")
    again = await leave(store, table(WHOLE))
    assert (again.changes, again.known) == ([], 1)
    moved = await leave(store, table(WHOLE.replace("2026-11-24", "2026-11-25")))
    assert len(moved.changes) == 1  # it says something new


async def test_the_same_approval_twice_in_a_file_is_named(store: Store) -> None:
    found = await leave(store, table(WHOLE, WHOLE))
    assert (found.bad[0].line, found.bad[0].problem, found.bad[0].value) == (3, "twice", "2")


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (b"a,b\n1,2\n", "no_head"),
        (b"PK\x03\x04 not really", "not_excel"),
        (b"\xd0\xcf\x11\xe0 old", "old_excel"),
        (b"\x00\x01\x02", "not_a_table"),
        (b"\xff\xff\xff", "not_text"),
        (b"x" * (6 << 20), "too_large"),
        (b"", "no_head"),
    ],
)
async def test_a_file_that_is_no_such_table(store: Store, data: bytes, key: str) -> None:
    with pytest.raises(SheetError) as caught:
        await leave(store, data)
    assert caught.value.key == key


async def test_calendar_days_for_all_a_team_or_a_person(store: Store) -> None:
    head = "日期,类型,名称,班组,姓名"
    data = table(
        "2027-02-14,班,春节调休,,", "2027-02-15,休,团建,远航组,", "2027-02-16,上班,,,李娜", head=head
    )
    found = await read_days(store, SETTINGS, data, official=False, who="wang", now=NOW)
    people = {seat.extension: seat.person_id for seat in (await store.roster()).assignments}
    assert [(each.day, each.working, each.team, each.person) for each in found.days] == [
        (date(2027, 2, 14), True, "", 0),
        (date(2027, 2, 15), False, "t2", 0),
        (date(2027, 2, 16), True, "", people["8004"]),
    ]
    official = await read_days(store, SETTINGS, data, official=True, who="wang", now=NOW)
    assert [each.problem for each in official.bad] == ["official_is_for_all"] * 2
    assert official.days[0].official


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        ("2027-13-01,休,", "no_day"),
        ("昨天,休,", "no_day"),
        ("2027-01-01,也许,", "day_kind_unknown"),
        ("2027-01-02,休,火箭组", "team_unknown"),
        ("2027-01-03,休,", "twice"),
    ],
)
async def test_a_wrong_calendar_row_is_named(store: Store, bad: str, problem: str) -> None:
    data = table("2027-01-03,休,", bad, head="日期,类型,班组")
    found = await read_days(store, SETTINGS, data, official=False, who="wang", now=NOW)
    assert [(each.line, each.problem) for each in found.bad] == [(3, problem)]
