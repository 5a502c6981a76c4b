"""The archive on both engines: kept once, never changed, removed in time."""

from __future__ import annotations

import msgspec
from sqlalchemy import select

from monitor.notices import Delivery, DeliveryState, Sent, What
from monitor.store.archive import Kept
from monitor.store.schema import SentFileRow
from monitor.store.store import Store

FILE = Kept(b"%PDF \x00\xff", b"[]")


def sent(key: str = "daily@2026-11-23", at: float = 1000.0, **different: object) -> Sent:
    facts: dict[str, object] = {
        "key": key, "name": "daily", "kind": "daily", "first": "2026-11-23", "last": "2026-11-23", "day": "2026-11-23",
        "language": "zh-CN", "title": "外呼日报", "body": "- 外呼 3", "due_at": at, "made_at": at, "running": True,
        "file_name": "a.pdf", "media_type": "application/pdf", "size": 7, "sha256": "a" * 64, "fingerprint": "b" * 64,
    }  # fmt: skip
    return Sent(**(facts | different))  # type: ignore[arg-type]


def messages(number: int) -> list[Delivery]:
    return [
        Delivery(id=f"d{number}", channel="leads", what=What.REPORT, title="t", body="b", created_at=1.0, report=number, attach=True)
    ]  # fmt: skip


async def test_a_report_is_kept_once_with_its_messages(store: Store) -> None:
    first = await store.archive.keep(sent(), FILE, messages)
    assert first is not None
    assert await store.archive.keep(sent(title="another", at=2000.0), Kept(b"x", b"y"), messages) is None
    assert await store.archive.one(first.id) == first == msgspec.structs.replace(sent(), id=first.id)
    assert await store.archive.kept(first.id) == FILE
    assert await store.alerts.unfinished() == messages(first.id)
    assert await store.alerts.of_reports([first.id]) == messages(first.id)
    assert await store.archive.known(["daily@2026-11-23", "daily@2026-11-24"]) == {"daily@2026-11-23"}
    assert await store.archive.one(first.id + 9) is None
    assert await store.archive.kept(first.id + 9) is None


async def test_a_page_is_newest_first_and_of_some_teams(store: Store) -> None:
    made = [
        await store.archive.keep(sent(f"k{number}", team=f"t{number % 2}"), FILE, lambda _: [])
        for number in range(4)
    ]
    ids = [each.id for each in made if each is not None]
    assert [each.id for each in await store.archive.page(limit=2)] == ids[:1:-1]
    assert [each.id for each in await store.archive.page(limit=9, before=ids[2])] == ids[1::-1]
    assert [each.id for each in await store.archive.page(limit=9, teams=["t1"])] == [ids[3], ids[1]]


async def test_a_plan_counts_from_when_it_was_first_seen_and_anew_when_it_changes(store: Store) -> None:
    assert await store.archive.since("daily", "18:00", 100.0) == 100.0
    assert await store.archive.since("daily", "18:00", 200.0) == 100.0
    assert await store.archive.since("daily", "17:30", 300.0) == 300.0
    assert await store.archive.since("daily", "17:30", 400.0) == 300.0
    assert await store.archive.since("weekly", "18:00", 400.0) == 400.0


async def test_the_one_not_compared_for_longest_comes_first(store: Store) -> None:
    old, one, other = [
        await store.archive.keep(sent(key, at), FILE, lambda _: [])
        for key, at in (("old", 10.0), ("one", 1000.0), ("other", 1100.0))
    ]
    assert old is not None and one is not None and other is not None
    first = await store.archive.to_check(500.0, 5000.0)
    assert first is not None and first.id == one.id
    await store.archive.checked(one.id, 6000.0, 4)
    second = await store.archive.to_check(500.0, 5000.0)
    assert second is not None and second.id == other.id
    await store.archive.checked(other.id, 6001.0, 0)
    assert await store.archive.to_check(500.0, 5000.0) is None
    looked = await store.archive.one(one.id)
    assert looked is not None and (looked.checked_at, looked.changes) == (6000.0, 4)
    assert await store.archive.kept(one.id) == FILE


async def test_what_is_too_old_or_too_much_goes_with_its_file_and_messages(store: Store) -> None:
    kept = [
        await store.archive.keep(sent(f"k{number}", 1000.0 + number, size=100), FILE, messages)
        for number in range(5)
    ]
    ids = [each.id for each in kept if each is not None]
    assert await store.archive.forget(1001.0, 300) == 2
    assert [each.id for each in await store.archive.page(limit=9)] == ids[:1:-1]
    assert await store.archive.kept(ids[0]) is None
    assert [each.report for each in await store.alerts.unfinished()] == ids[2:]
    async with store._engine.begin() as connection:
        assert len((await connection.execute(select(SentFileRow.report_id))).all()) == 3


async def test_who_got_a_report_is_known_as_long_as_the_report(store: Store) -> None:
    made = await store.archive.keep(sent(), FILE, messages)
    assert made is not None
    over = msgspec.structs.replace(messages(made.id)[0], state=DeliveryState.SENT, done_at=5.0)
    await store.alerts.put([], [over])
    await store.alerts.forget(1e9)
    assert await store.alerts.of_reports([made.id]) == [over]
