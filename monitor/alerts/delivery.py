"""What is to be sent, as it is written down: stored before it is tried, and its state before and after each try.

So a restart goes on where it was and sends nothing twice: what was under way when the program ended is
``uncertain`` and left alone. While the store is away, deliveries go on and what they came to is written when it is back.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Container, Sequence
from typing import Protocol

import msgspec
import structlog

from monitor.alerts.words import Text
from monitor.errors import StoreError
from monitor.notices import Alert, Delivery, DeliveryState, What

log = structlog.get_logger(__name__)

MOST_UNWRITTEN = 2000


class DeliveryLog(Protocol):
    """Where deliveries are kept (``store.alerts.AlertStore``)."""

    async def put(self, alerts: Sequence[Alert], deliveries: Sequence[Delivery]) -> None:
        """Store. Raises ``StoreError``."""

    async def unfinished(self) -> list[Delivery]:
        """What is not over. Raises ``StoreError``."""


class Ledger:
    """Writes what happens to the store; keeps it while the store is away."""

    def __init__(self, kept: DeliveryLog) -> None:
        self._kept = kept
        self._alerts: dict[str, Alert] = {}
        self._deliveries: dict[str, Delivery] = {}
        self._turn = asyncio.Lock()

    async def write(self, alerts: Sequence[Alert] = (), deliveries: Sequence[Delivery] = ()) -> bool:
        """Write this and what was kept back before; ``False`` when the store is away."""
        for alert in alerts:
            self._alerts[alert.id] = alert
        for delivery in deliveries:
            self._deliveries[delivery.id] = delivery
        async with self._turn:
            pending_alerts, pending = self._alerts, self._deliveries
            if not (pending_alerts or pending):
                return True
            self._alerts, self._deliveries = {}, {}
            try:
                await self._kept.put(list(pending_alerts.values()), list(pending.values()))
            except StoreError as error:
                log.warning("alerts_not_stored", why=str(error))
                self._alerts = pending_alerts | self._alerts
                self._deliveries = pending | self._deliveries
                for kept in (self._alerts, self._deliveries):
                    while len(kept) > MOST_UNWRITTEN:
                        del kept[next(iter(kept))]
                return False
        return True


def new_delivery(
    channel: str,
    what: What,
    text: Text,
    now: float,
    alert: str | None = None,
    *,
    report: int | None = None,
    attach: bool = False,
) -> Delivery:
    """A message that waits to be sent."""
    return Delivery(
        id=uuid.uuid4().hex,
        channel=channel,
        what=what,
        title=text.title,
        body=text.body,
        created_at=now,
        alert=alert,
        report=report,
        attach=attach,
    )


def taken_up(unfinished: Sequence[Delivery], channels: Container[str], now: float) -> list[Delivery]:
    """Deliveries of an earlier run: those that waited go on, those under way may have arrived."""
    return [_taken_up(each, each.channel in channels, now) for each in unfinished]


def _taken_up(delivery: Delivery, known: bool, now: float) -> Delivery:
    if delivery.state is DeliveryState.SENDING:
        return msgspec.structs.replace(delivery, state=DeliveryState.UNCERTAIN, done_at=now)
    if not known:
        why = "the channel is no longer in config.toml"
        return msgspec.structs.replace(
            delivery, state=DeliveryState.GIVEN_UP, next_at=None, done_at=now, last_error=why
        )
    return delivery
