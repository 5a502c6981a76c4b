"""Calls by their number: the same on both engines, and by an index."""

from __future__ import annotations

from pathlib import Path

import msgspec
from sqlalchemy import select, text

from monitor.contacts import contact_of, missed_of
from monitor.domain import Call, Direction, Leg, LegRole, Outcome
from monitor.store.schema import CallRow
from monitor.store.store import Store
from monitor.store.watch import bands_query, dialled_query
from tests.metrics.test_board import at, dial
from tests.test_attendance import inbound


def lost(when: str, number: str = "13900002222", queue: str | None = None, *rang: str) -> Call:
    """A missed inbound call."""
    begun = at(when)
    legs = tuple(
        Leg(
            uniqueid=f"{begun}.{each}",
            channel=f"PJSIP/{each}-1",
            role=LegRole.AGENT,
            endpoint=each,
            started_at=begun,
        )
        for each in rang
    )
    return msgspec.structs.replace(
        inbound("8001", begun, begun + 20),
        id=f"main/{begun}.lost/0",
        agent=None,
        number=number,
        queue=queue,
        answered_at=None,
        outcome=Outcome.CANCELLED,
        segments=(),
        legs=legs,
        talk_seconds=0.0,
    )


async def test_missed_calls_with_the_phones_that_rang(store: Store) -> None:
    one, two = lost("9:00", "13900002222", None, "8001", "8002"), lost("9:30", "13900003333", "600")
    taken = msgspec.structs.replace(inbound("8003", at("9:10"), at("9:12")), answered_at=at("9:11"))
    others = [taken, dial("8001", at("9:11")), lost("10:00")]
    await store.write([two, one, *others])
    found = await store.watch.missed(at("8:00"), at("10:00"))
    assert found == [missed_of(one), missed_of(two)]
    assert found[0].rang == ("main/8001", "main/8002")


async def test_queues_with_who_answers_them(store: Store) -> None:
    answered = msgspec.structs.replace(inbound("8003", at("9:10"), at("9:12")), queue="600")
    await store.write([answered, lost("9:00", "1", "600"), dial("8001", at("9:11"))])
    assert await store.watch.queued(at("8:00"), at("10:00")) == [("main/600", "main/8003", at("9:10"))]


async def test_calls_by_number_as_written(store: Store) -> None:
    calls = [
        dial("8001", at("9:00"), number="13900002222", talk=5),
        dial("8002", at("9:01"), number="013900002222", serial=1),
        dial("8003", at("9:02"), number="13900009999", serial=2),
        lost("9:03"),
        dial("8001", at("12:00"), number="13900002222"),
    ]
    await store.write(calls)
    wanted = ["13900002222", "013900002222", "+8613900002222"]
    found = await store.watch.with_numbers(wanted, at("8:00"), at("12:00"))
    assert found == [contact_of(calls[0]), contact_of(calls[1]), contact_of(calls[3])]
    assert found[0].direction is Direction.OUTBOUND
    assert await store.watch.with_numbers([], at("8:00"), at("12:00")) == []


# ---------------------------------------------------------------- many calls at once


def a_morning() -> list[Call]:
    """Dials of every kind."""
    agent_unanswered = dial(
        "8001", at("9:30"), outcome=Outcome.AGENT_UNANSWERED, number="13900000001", serial=7
    )
    return [
        dial("8001", at("9:00"), number="13900000001", talk=130, serial=1),
        dial("8001", at("9:10"), number="13900000001", talk=32, serial=2),
        dial("8002", at("9:20"), number="13900000001", outcome=Outcome.CANCELLED, ring=3, serial=3),
        dial("8001", at("9:25"), number="013900000001", talk=27, serial=4),
        dial("8002", at("9:26"), number="13900000002", talk=31, serial=5),
        msgspec.structs.replace(
            dial("8002", at("9:27"), number="13900000003", talk=31, serial=6), complete=False
        ),
        agent_unanswered,
        msgspec.structs.replace(dial("8002", at("9:28"), number="13900000004", serial=8), agent=None),
        msgspec.structs.replace(dial("8002", at("9:28"), serial=9), number=None),
        dial("8003", at("11:00"), number="13900000005", serial=10),
        inbound("8003", at("9:10"), at("9:12")),
    ]


async def test_numbers_with_their_dials_by_extension(store: Store) -> None:
    await store.write(a_morning())
    found = await store.watch.dialled(at("9:00"), at("11:00"), 120.0)
    assert sorted((each.number, each.agent or "", each.dials, each.long) for each in found) == [
        ("013900000001", "8001", 1, 0),
        ("13900000001", "8001", 2, 1),
        ("13900000001", "8002", 1, 0),
        ("13900000002", "8002", 1, 0),
        ("13900000003", "8002", 1, 0),
        ("13900000004", "", 1, 0),
    ]
    (first,) = [each for each in found if each.dials == 2]
    assert (first.pbx, first.first_at, first.last_at) == ("main", at("9:00"), at("9:10"))


async def test_dials_of_stretches_and_of_extensions(store: Store) -> None:
    calls = a_morning()
    await store.write(calls)
    spans = [(at("9:25"), at("9:26:30")), (at("9:00"), at("9:05"))]
    assert await store.watch.dials(spans) == [
        contact_of(calls[0]),
        contact_of(calls[3]),
        contact_of(calls[4]),
    ]
    theirs = await store.watch.dials_of(["main/8001", "main/8003", "other/8002"], at("9:05"), at("12:00"))
    assert {each.id for each in theirs} == {calls[n].id for n in (1, 3, 9)}
    talked = await store.watch.connects(["main/8001"], at("9:00"), at("12:00"), (27.0, 32.0))
    assert [each.talk_seconds for each in talked] == [27.0]


async def test_talk_times_in_bands_and_quick_cancels(store: Store) -> None:
    await store.write(a_morning())
    bands = [(25.0, 30.0), (30.0, 35.0), (35.0, 40.0)]
    found = await store.watch.talk_bands(at("9:00"), at("11:00"), bands)
    assert found == {"main/8001": (1, 1, 0), "main/8002": (0, 1, 0)}
    assert await store.watch.quick_cancels(at("9:00"), at("11:00"), 3.0) == {"main/8002": 1}
    assert await store.watch.quick_cancels(at("9:00"), at("11:00"), 2.5) == {}


async def test_long_inbound_not_through_a_queue(store: Store) -> None:
    long = msgspec.structs.replace(
        inbound("8003", at("9:10"), at("9:20")), answered_at=at("9:11"), talk_seconds=540.0
    )
    queued = msgspec.structs.replace(long, id="main/q/0", queue="600")
    await store.write([long, queued, dial("8001", at("9:00"), talk=900)])
    assert await store.watch.long_inbound(at("9:00"), at("10:00"), 539.0) == [contact_of(long)]
    assert await store.watch.long_inbound(at("9:00"), at("10:00"), 540.0) == []


async def test_no_query_looks_through_the_calls_themselves(tmp_path: Path) -> None:
    store = await Store.open(f"sqlite:///{tmp_path}/dialwatch.db")
    await store.upgrade()
    start, end = at("0:00"), at("23:59")
    by_number = select(CallRow.id).where(CallRow.number.in_(["1", "2"]), CallRow.started_at >= start)
    plans = {}
    for name, query in {
        "dialled": dialled_query(start, end, 120.0),
        "bands": bands_query(start, end, [(25.0, 30.0)]),
        "number": by_number,
    }.items():
        sql = str(query.compile(store._engine.sync_engine, compile_kwargs={"literal_binds": True}))
        async with store._engine.begin() as connection:
            rows = (await connection.execute(text(f"EXPLAIN QUERY PLAN {sql}"))).all()
        plans[name] = " ".join(row[3] for row in rows)
    await store.close()
    assert "COVERING INDEX ix_calls_watch (direction=? AND started_at>?" in plans["dialled"]
    assert "COVERING INDEX ix_calls_watch (direction=? AND started_at>?" in plans["bands"]
    assert "INDEX ix_calls_number (number=? AND started_at>?)" in plans["number"]
