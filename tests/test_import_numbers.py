"""Tables of numbers as people hand them in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
from openpyxl import Workbook

from monitor.contacts import Listing, NumberKeys
from monitor.errors import SheetError
from monitor.import_numbers import NumberImport, cleaned, read_numbers
from monitor.store.discipline import Audited
from monitor.store.store import Store
from tests.metrics.test_board import SETTINGS, at

NOW = at("12:00")
PLAIN = NumberKeys()
AUDIT = Audited(NOW, "wang", "numbers_imported", "list/do_not_call", "")


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(f"sqlite:///{tmp_path}/dialwatch.db")
    await opened.upgrade()
    yield opened
    await opened.close()


async def taken(store: Store, data: str | bytes, keys: NumberKeys = PLAIN, now: float = NOW) -> NumberImport:
    raw = data.encode() if isinstance(data, str) else data
    return await read_numbers(store, SETTINGS, keys, raw, name="do_not_call", who="wang", now=now)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("138 0000 1111", "13800001111"),
        (" +86-138-0000-1111", "+8613800001111"),
        ("(010) 8888.6666", "01088886666"),
        ("95588", "95588"),
        ("12", None),
        ("1.38E+10", None),
        ("张三", None),
        ("", None),
    ],
)
def test_a_number_as_people_write_it(text: str, number: str | None) -> None:
    assert cleaned(text) == number


async def test_every_wrong_row_is_named_and_its_number_masked(store: Store) -> None:
    found = await taken(
        store,
        "手机号,登记日期,有效期至,原因\n"
        "138 0000 1111,2026-11-01,2026-12-31,投诉\n"
        "+8613800001111,,,再次\n"
        "1.38E+10,,,\n"
        "13900002222,昨天,,\n"
        "13900003333,2026-11-20,2026-11-10,\n"
        "13900004444,,2026-11-20,\n"
        "013900005555,,,\n",
    )
    assert [(line, each.key) for line, each in found.changes] == [(2, "13800001111"), (8, "13900005555")]
    first, last = (each for _, each in found.changes)
    assert (first.since, first.reason, first.hint) == (at("0:00", 1), "投诉", "138****1111")
    assert Listing([first]).entry("13800001111", at("23:59", 30)) == first
    assert first.until is not None and first.until - first.since == 61 * 86400
    assert (last.since, last.until) == (NOW, None)
    assert [(each.line, each.problem) for each in found.bad] == [
        (3, "number_twice"),
        (4, "number_bad"),
        (5, "no_day"),
        (6, "ends_first"),
        (7, "ends_first"),
    ]
    assert "13900002222" not in str(found.bad)


async def test_reading_the_same_file_again_changes_nothing(store: Store) -> None:
    file = "号码,原因\n13800001111,投诉\n13900002222,\n"
    found = await taken(store, file)
    await store.numbers.put([each for _, each in found.changes], AUDIT)
    again = await taken(store, file, now=NOW + 3600)
    assert (again.changes, again.known) == ([], 2)
    other = await taken(store, "号码,原因\n13800001111,改\n", now=NOW + 3600)
    ((_, changed),) = other.changes
    assert (changed.reason, changed.since) == ("改", NOW)


async def test_hashed_numbers_are_found_and_nowhere_to_be_read(store: Store) -> None:
    keys = NumberKeys(b"secret", hashed=True)
    found = await taken(store, "号码\n013800001111\n", keys)
    ((_, each),) = found.changes
    assert "1380000" not in str(msgspec.structs.asdict(each))
    assert each.hint == "…11"
    listing = Listing([each], keys)
    assert listing.ever("13800001111") and listing.entry("13800001111", NOW) == each
    assert not listing.ever("13800001112")
    assert not Listing([each], NumberKeys(b"other")).ever("13800001111")
    plain = (await taken(store, "号码\n13800001111\n")).changes[0][1]
    assert Listing([plain], keys).ever("13800001111")  # entered before the site began to hash


async def test_excel_and_what_is_no_such_table(store: Store, tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["免打扰名单"])
    sheet.append(["客户电话", "登记日期"])
    sheet.append([13800001111, "2026/11/3"])
    book.save(tmp_path / "x.xlsx")
    found = await taken(store, (tmp_path / "x.xlsx").read_bytes())
    assert [(line, each.key, each.since) for line, each in found.changes] == [
        (3, "13800001111", at("0:00", 3))
    ]
    with pytest.raises(SheetError):
        await taken(store, "姓名\n张三\n")
