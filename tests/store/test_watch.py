"""Calls by their number: the same on both engines, and by an index."""

from __future__ import annotations

import msgspec

from monitor.contacts import contact_of, missed_of
from monitor.domain import Call, Direction, Leg, LegRole, Outcome
from monitor.store.store import Store
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
