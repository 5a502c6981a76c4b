"""Lists of numbers: the same on both engines."""

from __future__ import annotations

import msgspec

from monitor.contacts import Listed
from monitor.store.discipline import Audited
from monitor.store.store import Store


def listed(key: str, since: float = 1.0, **more: object) -> Listed:
    facts = {
        "list": "do_not_call",
        "key": key,
        "hint": key[-2:],
        "since": since,
        "reason": "投诉",
        "entered_by": "wang",
    }
    return Listed(**(facts | {"entered_at": since} | more))  # type: ignore[arg-type]


def audit(at: float = 5.0, why: str = "") -> Audited:
    return Audited(at, "wang", "number_listed", "list/do_not_call", why)


def without_id(found: list[Listed]) -> list[Listed]:
    return [msgspec.structs.replace(each, id=0) for each in found]


async def test_numbers_are_entered_once_and_changed_with_what_they_were_kept(store: Store) -> None:
    one, two = listed("13800001111"), listed("13900002222", until=9.0)
    await store.numbers.put([one, two], audit())
    await store.numbers.put([one], audit(6.0))
    assert without_id(await store.numbers.entries("do_not_call")) == [two, one]
    later = listed("13800001111", 2.0, until=8.0)
    await store.numbers.put([later], audit(7.0))
    entries = without_id(await store.numbers.entries("do_not_call"))
    assert entries == [later, two, msgspec.structs.replace(one, removed_at=7.0)]
    assert without_id(await store.numbers.page("do_not_call")) == [later, two]
    assert await store.numbers.count("do_not_call") == 2
    assert await store.numbers.entries("campaign") == []
    assert len(await store.discipline.audited("list/do_not_call")) == 3


async def test_a_list_in_pages_and_by_key(store: Store) -> None:
    await store.numbers.put([listed(f"1380000{n:04}") for n in range(5)], audit())
    page = await store.numbers.page("do_not_call", limit=2)
    assert [each.key[-1] for each in page] == ["4", "3"]
    rest = await store.numbers.page("do_not_call", before=page[-1].id, limit=9)
    assert [each.key[-1] for each in rest] == ["2", "1", "0"]
    assert [each.key for each in await store.numbers.page("do_not_call", keys=["13800000002", "x"])] == [
        "13800000002"
    ]
    assert set(await store.numbers.standing("do_not_call", ["13800000001", "x"])) == {"13800000001"}


async def test_what_is_taken_off_stays_known(store: Store) -> None:
    await store.numbers.put([listed("13800001111")], audit())
    (entry,) = await store.numbers.page("do_not_call")
    assert await store.numbers.remove(entry.id, audit(8.0, "误录"))
    assert not await store.numbers.remove(entry.id, audit(9.0))
    assert await store.numbers.page("do_not_call") == []
    (kept,) = await store.numbers.entries("do_not_call")
    assert (kept.removed_at, kept.holds(7.9), kept.holds(8.0)) == (8.0, True, False)
    await store.numbers.put([listed("13800001111", 10.0)], audit(10.0))
    assert len(await store.numbers.entries("do_not_call")) == 2
    await store.numbers.put([], audit())
