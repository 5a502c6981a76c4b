"""A channel's line: a bounded queue and a thread of its own, so that one that is down delays nothing else.

Messages go out one by one while the channel's minute allows it; when many wait, they go together. A report goes alone.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol, TypeVar

import msgspec
import structlog

from monitor.alerts.channels import PER_MINUTE, ChannelSettings, Enclosure, RefusedError, masked_url
from monitor.alerts.delivery import Ledger, new_delivery
from monitor.alerts.pace import MOST_PAUSE_SECONDS, Pace, pause_seconds
from monitor.alerts.words import Language, Text, Writer
from monitor.clock import Clock
from monitor.errors import ConfigError, StoreError
from monitor.notices import Delivery, DeliveryState, Sent, What
from monitor.store.archive import Kept

if TYPE_CHECKING:
    from monitor.alerts.outlet import Outlet

log = structlog.get_logger(__name__)

Result = TypeVar("Result")

MOST_WAITING = 500
"""So many messages wait for a channel; beyond that the oldest are dropped, and the log says so."""
GIVE_UP_SECONDS = 6 * 3600.0
"""An alert that old helps nobody any more …"""
GIVE_UP_REPORT_SECONDS = 48 * 3600.0
"""… a report may still be of use."""
LEAVE_SECONDS = 4.0
"""So long an end of the program waits for what is being sent."""
BATCH_CHARACTERS = 3000
BATCH_MESSAGES = 20
"""How much goes together into one message."""


class Files(Protocol):
    """Where the files are that go with messages (``store.archive.ArchiveStore``)."""

    async def one(self, number: int) -> Sent | None:
        """A report that was sent. Raises ``StoreError``."""

    async def kept(self, number: int) -> Kept | None:
        """Its file. Raises ``StoreError``."""


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
        self,
        settings: ChannelSettings,
        writer: Writer,
        language: Language,
        clock: Clock,
        ledger: Ledger,
        files: Files,
    ) -> None:
        self._settings = settings
        self._writer = writer
        self.language: Language = settings.language or language
        self._clock = clock
        self._ledger = ledger
        self._files = files
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
        if batch[0].report is not None or len(self._queue) < self._pace.left(self._clock.monotonic()):
            return batch
        size = len(batch[0].body)
        while self._queue and self._queue[0].report is None and len(batch) < BATCH_MESSAGES:
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

    async def _settle(
        self, batch: list[Delivery], refused: RefusedError | None, *, again: bool = True
    ) -> list[Delivery]:
        now = self._clock.now()
        if refused is None:
            done = [
                msgspec.structs.replace(each, state=DeliveryState.SENT, done_at=now, last_error="")
                for each in batch
            ]
        else:
            done = self._failed(batch, refused, now, again=again)
        await self._ledger.write(deliveries=done)
        return done

    async def _attempt(self, batch: list[Delivery]) -> RefusedError | None:
        text = self._writer.joined([Text(each.title, each.body) for each in batch], self.language)
        outlet = self._outlet
        if outlet is None:
            return RefusedError(self._fault)
        try:
            enclosure = await self._enclosure(batch[0]) if outlet.encloses else None
        except StoreError as error:
            log.warning("report_not_read", why=str(error))
            return RefusedError("the report's file can't be read now")
        markdown = batch[0].report is not None
        self._pace.count(self._clock.monotonic())
        try:
            await self._in_thread(
                lambda: outlet.send(text.title, text.body, markdown=markdown, enclosure=enclosure)
            )
        except RefusedError as error:
            return error
        except Exception as error:
            # Whatever a plugin of Apprise's stumbles over must not end the channel.
            log.exception("channel_failed", channel=self._settings.name)
            return RefusedError(type(error).__name__)
        return None

    async def _enclosure(self, delivery: Delivery) -> Enclosure | None:
        if delivery.report is None or not delivery.attach:
            return None
        sent, kept = await self._files.one(delivery.report), await self._files.kept(delivery.report)
        if sent is None or kept is None or not kept.content:
            return None
        return Enclosure(sent.file_name, sent.media_type, kept.content)

    def _failed(
        self, batch: list[Delivery], refused: RefusedError, now: float, *, again: bool
    ) -> list[Delivery]:
        pause = pause_seconds(max(each.tries for each in batch))
        if refused.wait_seconds is not None:
            self._pace.block(self._clock.monotonic(), refused.wait_seconds)
            pause = max(pause, refused.wait_seconds)
        log.warning("not_delivered", channel=self._settings.name, why=str(refused), again_in_seconds=pause)
        done = []
        for each in batch:
            most = GIVE_UP_SECONDS if each.report is None else GIVE_UP_REPORT_SECONDS
            if self._fault or not again or now - each.created_at >= most:
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
        return await self.once(new_delivery(self._settings.name, What.TEST, text, self._clock.now()))

    async def once(self, made: Delivery) -> Delivery:
        """Send one message now, past whatever waits, and never again; gives what came of it."""
        async with self._turn:
            made = msgspec.structs.replace(made, state=DeliveryState.SENDING, tries=1)
            await self._ledger.write(deliveries=[made])
            (made,) = await self._settle([made], await self._attempt([made]), again=False)
        return made

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
