"""Delivery: a bounded queue and a thread for each channel, so that one that is down delays nothing else.

What is to be sent is stored before it is tried, and its state before and after each try; so a restart goes
on where it was and sends nothing twice: what was under way when the program ended is ``uncertain`` and left
alone. While the store is away, deliveries go on and what they came to is written when it is back.

Messages go out one by one while the channel's minute allows it; when many wait, they go together.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import deque
from collections.abc import Callable, Container, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol, TypeVar

import msgspec
import structlog

from monitor.alerts.channels import PER_MINUTE, ChannelSettings, RefusedError, masked_url
from monitor.alerts.pace import MOST_PAUSE_SECONDS, Pace, pause_seconds
from monitor.alerts.words import Language, Text, Writer
from monitor.clock import Clock
from monitor.errors import ConfigError, StoreError
from monitor.notices import Alert, Delivery, DeliveryState, What

if TYPE_CHECKING:
    from monitor.alerts.outlet import Outlet

log = structlog.get_logger(__name__)

Result = TypeVar("Result")

MOST_WAITING = 500
"""So many messages wait for a channel; beyond that the oldest are dropped, and the log says so."""
MOST_UNWRITTEN = 2000
GIVE_UP_SECONDS = 6 * 3600.0
"""An alert that old helps nobody any more."""
LEAVE_SECONDS = 4.0
"""So long an end of the program waits for what is being sent."""
BATCH_CHARACTERS = 3000
BATCH_MESSAGES = 20
"""How much goes together into one message."""


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


class ChannelInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A channel as it may be shown; ``fault`` is why nothing can be sent on it at all."""

    name: str
    url: str
    language: Language
    per_minute: int
    fault: str


class Line:
    """One channel: what waits for it, and its thread."""

    def __init__(
        self, settings: ChannelSettings, writer: Writer, language: Language, clock: Clock, ledger: Ledger
    ) -> None:
        self._settings = settings
        self._writer = writer
        self.language: Language = settings.language or language
        self._clock = clock
        self._ledger = ledger
        self._queue: deque[Delivery] = deque()
        self._wake = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, f"channel {settings.name}")
        self._outlet: Outlet | None = None
        self._pace = Pace(settings.per_minute or PER_MINUTE)
        self._fault = ""
        self._turn = asyncio.Lock()

    async def open(self) -> None:
        """Read the URL; a channel with a wrong one says so, and everything else works."""

        def outlet() -> Outlet:
            from monitor.alerts.outlet import Outlet

            return Outlet(self._settings)

        try:
            self._outlet = await self._in_thread(outlet)
            self._pace = Pace(self._outlet.per_minute)
        except ConfigError as error:
            self._fault = str(error)
            log.error("channel_unusable", channel=self._settings.name, why=str(error))

    def close(self) -> None:
        """Let the thread end; what it is sending it may finish."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def info(self) -> ChannelInfo:
        """What it is."""
        url = self._settings.url
        return ChannelInfo(
            name=self._settings.name,
            url=masked_url(url.get_secret_value()) if url is not None else "",
            language=self.language,
            per_minute=self._pace.per_minute,
            fault=self._fault,
        )

    def put(self, delivery: Delivery) -> Delivery | None:
        """Take a message; gives the one that had to be dropped for it, if any."""
        self._queue.append(delivery)
        self._wake.set()
        if len(self._queue) <= MOST_WAITING:
            return None
        dropped = self._queue.popleft()
        return msgspec.structs.replace(
            dropped,
            state=DeliveryState.DROPPED,
            done_at=self._clock.now(),
            last_error=dropped.last_error or "too many were waiting",
        )

    def clear(self) -> None:
        """Forget what waits; the store has it."""
        self._queue.clear()

    async def run(self) -> None:
        """Send what waits, for ever."""
        while True:
            while not self._queue:
                self._wake.clear()
                await self._wake.wait()
            pause = self._pace.wait_seconds(self._clock.monotonic())
            due = self._queue[0].next_at
            if due is not None:
                pause = max(pause, min(due - self._clock.now(), MOST_PAUSE_SECONDS))
            if pause > 0:
                await self._clock.sleep(pause)
                continue
            async with self._turn:
                await self._send(self._taken())

    def _taken(self) -> list[Delivery]:
        """The next message, or the next few together where they would not all fit into the minute."""
        batch = [self._queue.popleft()]
        if len(self._queue) < self._pace.left(self._clock.monotonic()):
            return batch
        size = len(batch[0].body)
        while self._queue and len(batch) < BATCH_MESSAGES:
            size += len(self._queue[0].body)
            if size > BATCH_CHARACTERS:
                break
            batch.append(self._queue.popleft())
        return batch

    async def _send(self, batch: list[Delivery]) -> None:
        """Send and write what came of it; an end of the program waits for that, else it were never known."""
        work = asyncio.ensure_future(self._deliver(batch))
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            await asyncio.wait({work}, timeout=LEAVE_SECONDS)
            work.cancel()
            raise

    async def _deliver(self, batch: list[Delivery]) -> None:
        batch = [
            msgspec.structs.replace(each, state=DeliveryState.SENDING, tries=each.tries + 1, next_at=None)
            for each in batch
        ]
        await self._ledger.write(deliveries=batch)
        await self._settle(batch, await self._attempt(batch))

    async def _settle(self, batch: list[Delivery], refused: RefusedError | None) -> list[Delivery]:
        now = self._clock.now()
        if refused is None:
            done = [
                msgspec.structs.replace(each, state=DeliveryState.SENT, done_at=now, last_error="")
                for each in batch
            ]
        else:
            done = self._failed(batch, refused, now)
        await self._ledger.write(deliveries=done)
        return done

    async def _attempt(self, batch: list[Delivery]) -> RefusedError | None:
        text = self._writer.joined([Text(each.title, each.body) for each in batch], self.language)
        outlet = self._outlet
        if outlet is None:
            return RefusedError(self._fault)
        self._pace.count(self._clock.monotonic())
        try:
            await self._in_thread(lambda: outlet.send(text.title, text.body))
        except RefusedError as error:
            return error
        except Exception as error:
            # Whatever a plugin of Apprise's stumbles over must not end the channel.
            log.exception("channel_failed", channel=self._settings.name)
            return RefusedError(type(error).__name__)
        return None

    def _failed(self, batch: list[Delivery], refused: RefusedError, now: float) -> list[Delivery]:
        pause = pause_seconds(max(each.tries for each in batch))
        if refused.wait_seconds is not None:
            self._pace.block(self._clock.monotonic(), refused.wait_seconds)
            pause = max(pause, refused.wait_seconds)
        log.warning("not_delivered", channel=self._settings.name, why=str(refused), again_in_seconds=pause)
        done = []
        for each in batch:
            if self._fault or each.what is What.TEST or now - each.created_at >= GIVE_UP_SECONDS:
                state, next_at, done_at = DeliveryState.GIVEN_UP, None, now
            else:
                state, next_at, done_at = DeliveryState.WAITING, now + pause, None
            each = msgspec.structs.replace(
                each, state=state, next_at=next_at, done_at=done_at, last_error=str(refused)
            )
            done.append(each)
        self._queue.extendleft(reversed([each for each in done if each.state is DeliveryState.WAITING]))
        return done

    async def test(self) -> Delivery:
        """Send a test message now, past whatever waits, once; gives what came of it."""
        text = self._writer.test(self._settings.name, self.language)
        now = self._clock.now()
        made = new_delivery(self._settings.name, What.TEST, text, now)
        async with self._turn:
            made = msgspec.structs.replace(made, state=DeliveryState.SENDING, tries=1)
            await self._ledger.write(deliveries=[made])
            (made,) = await self._settle([made], await self._attempt([made]))
        return made

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def new_delivery(channel: str, what: What, text: Text, now: float, alert: str | None = None) -> Delivery:
    """A message that waits to be sent."""
    return Delivery(
        id=uuid.uuid4().hex,
        channel=channel,
        what=what,
        title=text.title,
        body=text.body,
        created_at=now,
        alert=alert,
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
