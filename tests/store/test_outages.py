"""Outages are stored once, closed later, found by time and by being open: the same on both engines."""

from __future__ import annotations

import msgspec

from monitor.domain import Outage, OutageCause
from monitor.store.store import Store


def outage(cause: OutageCause, subject: str, began: float, ended: float | None = None) -> Outage:
    return Outage(pbx="main", cause=cause, subject=subject, started_at=began, ended_at=ended)


async def test_an_outage_is_open_until_its_end_is_told(store: Store) -> None:
    phone = outage(OutageCause.EXTENSION, "8001", 100.25)
    trunks = outage(OutageCause.TRUNKS, "trunk-a, trunk-b", 150.0)
    await store.write([phone, trunks])
    assert await store.outages.open("main") == [phone, trunks]
    assert await store.outages.open("other") == []
    over = msgspec.structs.replace(phone, ended_at=200.0)
    await store.write([over, over])
    await store.write([over])
    assert await store.outages.open("main") == [trunks]
    assert await store.outages.between(0.0, 1000.0) == [over, trunks]


async def test_those_that_touch_a_stretch_of_time_are_found(store: Store) -> None:
    over = outage(OutageCause.EXTENSION, "8001", 100.0, 200.0)
    other = outage(OutageCause.EXTENSION, "8002", 100.0, 120.0)
    goes_on = outage(OutageCause.TRUNKS, "trunk-a", 300.0)
    await store.write([over, other, goes_on])
    for start, end, found in [
        (0.0, 100.0, []),
        (0.0, 100.5, [over, other]),
        (120.0, 150.0, [over]),
        (200.0, 300.0, []),
        (250.0, 301.0, [goes_on]),
        (900.0, 901.0, [goes_on]),
    ]:
        assert await store.outages.between(start, end) == found, (start, end)
