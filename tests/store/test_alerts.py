"""Alerts and deliveries on both engines: the later value wins, what is over is forgotten in time."""

from __future__ import annotations

import msgspec

from monitor.notices import Alert, Delivery, DeliveryState, Owes, What
from monitor.store.store import Store

NAMES = {"names": ["张伟", "王芳"], "by": 1795396200.0, "undecided": 0}


def alert(cause: str = "link_down/main", at: float = 1000.0, **different: object) -> Alert:
    facts: dict[str, object] = {"cause": cause, "rule": "link", "kind": "link_down", "raised_at": at}
    return Alert(**(facts | different))  # type: ignore[arg-type]


def delivery(number: int, **different: object) -> Delivery:
    facts: dict[str, object] = {
        "id": f"d{number:03}",
        "channel": "leads",
        "what": What.RAISED,
        "title": "开呼检查",
        "body": "朝阳组：张伟",
        "created_at": 1000.0 + number,
    }
    return Delivery(**(facts | different))  # type: ignore[arg-type]


async def test_alerts_read_back_as_they_were_written_and_the_later_value_wins(store: Store) -> None:
    raised = alert("not_begun/t1/morning/1", facts=NAMES, told=True)
    over = msgspec.structs.replace(alert(), cleared_at=1100.0)
    await store.alerts.put([raised, alert()], [])
    await store.alerts.put([over, over], [])
    assert await store.alerts.alerts(0) == [over, raised]
    assert await store.alerts.active() == [raised]


async def test_an_alert_of_long_ago_is_read_while_it_lasts_or_owes_something(store: Store) -> None:
    lasting = alert("a")
    owing = alert("b", cleared_at=1100.0, owes=Owes.CLEARED)
    await store.alerts.put([lasting, owing, alert("c", cleared_at=1100.0)], [])
    assert await store.alerts.alerts(5000.0) == [lasting, owing]


async def test_deliveries_come_newest_first_and_those_not_over_oldest_first(store: Store) -> None:
    sent = delivery(1, state=DeliveryState.SENT, tries=2, done_at=1010.0, last_error="timed out")
    waiting = delivery(2, next_at=1020.0, tries=1)
    sending = delivery(3, state=DeliveryState.SENDING, channel="ops", alert="x@1.000")
    await store.alerts.put([], [sending, waiting, sent])
    assert await store.alerts.deliveries() == [sending, waiting, sent]
    assert await store.alerts.deliveries(channel="ops") == [sending]
    assert await store.alerts.deliveries(limit=1) == [sending]
    assert await store.alerts.unfinished() == [waiting, sending]


async def test_what_was_over_before_an_instant_is_forgotten_and_nothing_else(store: Store) -> None:
    await store.alerts.put(
        [alert("old", cleared_at=1100.0), alert("lasts"), alert("new", cleared_at=3000.0)],
        [delivery(1, state=DeliveryState.SENT, done_at=1100.0), delivery(2)],
    )
    await store.alerts.forget(2000.0)
    assert [each.cause for each in await store.alerts.alerts(0)] == ["lasts", "new"]
    assert await store.alerts.deliveries() == [delivery(2)]
