"""The link to one PBX: connect, log in, see what exists, listen; and for ever again when it breaks.

The reader (``protocol.py``) only fills the inbox. Here a consumer empties it into the pipeline, a watch
notices a peer that has fallen silent, and every period in which the PBX was not heard becomes a ``Gap``:
told when it begins, and told again under the same id when a new picture of the PBX has closed it.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from typing import NoReturn, Protocol

import msgspec

from monitor.clock import Clock, timer
from monitor.domain import Change, Gap, GapReason, LinkState, LinkStatus
from monitor.errors import LinkError
from monitor.pbx import resync
from monitor.pbx.backoff import Backoff
from monitor.pbx.decoding import decimal, wanted
from monitor.pbx.inbox import Inbox
from monitor.pbx.session import LinkSettings, LoginRefusedError, Session
from monitor.pbx.snapshot import Snapshot
from monitor.pbx.wire import event_name

log = logging.getLogger(__name__)

#: The least between two statuses that differ in lag alone.
STATUS_SECONDS = 5.0
#: Events of so many seconds are followed before their changes are told: under load most calls change
#: several times in it, and only the last value counts.
GATHER_SECONDS = 0.005
#: A wrong password is a matter for people: tries grow rarer up to this.
REFUSED_MOST_SECONDS = 3600.0

OVERFLOWN = "events were lost: they came faster than they could be followed"
LIMITED = "the PBX user may not run {}: after a reconnect the calls going on are only partly known"


class ListenerSettings(LinkSettings, Protocol):
    """The part of a PBX's settings that the listener needs; all lengths in seconds."""

    @property
    def queue_messages(self) -> int: ...
    @property
    def silence_seconds(self) -> float: ...
    @property
    def ping_seconds(self) -> float: ...
    @property
    def reconnect_min_seconds(self) -> float: ...
    @property
    def reconnect_max_seconds(self) -> float: ...
    @property
    def refused_min_seconds(self) -> float: ...


class Follower(Protocol):
    """What becomes of the messages: the part of ``Pipeline`` used here."""

    @property
    def lag_seconds(self) -> float | None: ...
    def connected(self, at: float) -> None: ...
    def disconnected(self, at: float) -> None: ...
    def stamped(self, stamp: float, at: float) -> None: ...
    def received(self, messages: Sequence[bytes], at: float) -> None: ...
    def resync(self, snapshot: Snapshot, at: float, restarted: bool) -> int: ...
    def take(self) -> Sequence[Change]: ...


class Listener:
    """Owns the connection to one PBX; ``publish`` gets every change, in order, from the event loop.

    ``last_heard`` (epoch seconds) is when an earlier run of this program last heard the PBX: the time
    since is told as a gap. ``failures`` counts messages that the pipeline could not take.
    """

    def __init__(
        self,
        settings: ListenerSettings,
        pipeline: Follower,
        publish: Callable[[list[Change]], None],
        *,
        clock: Clock,
        last_heard: float | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._settings = settings
        self._pipeline = pipeline
        self._publish = publish
        self._clock = clock
        self._timer = timer(clock)
        self._inbox = Inbox(settings.queue_messages)
        least = settings.reconnect_min_seconds
        self._backoff = Backoff(least, max(least, settings.reconnect_max_seconds), chance)
        least = settings.refused_min_seconds
        self._refused_backoff = Backoff(least, max(least, REFUSED_MOST_SECONDS), chance)
        self._process: resync.Process | None = None
        self._heard_monotonic: float | None = None
        self._end_announced = False
        self._gap: Gap | None = None
        self._begun = clock.now()
        self.last_heard = last_heard
        self.failures = 0
        self.status = LinkStatus(pbx=settings.name, state=LinkState.CONNECTING, since=self._begun)
        self._last_told: LinkStatus | None = None
        self._status_told = self._timer.monotonic()

    async def run(self) -> None:
        """Listen until cancelled."""
        self._tell(LinkState.CONNECTING, f"connecting to {self._settings.host}:{self._settings.port}")
        if self.last_heard is not None:
            self._blind_from(self.last_heard, GapReason.NOT_RUNNING)
        try:
            while True:
                delay = await self._try()
                log.warning(
                    "link_down pbx=%s next_try_seconds=%.1f reason=%s",
                    self._settings.name,
                    delay,
                    self.status.reason,
                )
                await self._timer.sleep(delay)
        finally:
            if self._gap is not None:
                # The next run tells of the time until then as a gap of its own.
                self._publish([msgspec.structs.replace(self._gap, ended_at=self._clock.now())])

    async def _try(self) -> float:
        """Connect, listen while it lasts; returns the seconds to wait before the next try."""
        try:
            await self._connection()
        except LoginRefusedError as error:
            self._blind_from(self.last_heard or self._begun, GapReason.REFUSED)
            delay = self._refused_backoff.next()
            self._tell(LinkState.REFUSED, f"{error}; next try in {delay:.0f} s")
        except LinkError as error:
            self._blind_from(self.last_heard or self._begun, GapReason.LINK_LOST)
            delay = self._backoff.next()
            self._tell(LinkState.DOWN, str(error))
        return delay

    async def _connection(self) -> NoReturn:
        """One connection, from its begin to its end; ends with ``LinkError`` or a cancel."""
        self._inbox.clear()
        session = await Session.open(self._settings, self._clock, inbox=self._inbox, wanted=wanted)
        up_at: float | None = None
        try:
            await session.login()
            self._refused_backoff.reset()
            self._pipeline.connected(self._clock.now())
            reason = await self._look(session)
            up_at = self._timer.monotonic()
            self._tell(LinkState.UP, reason)
            log.info("link_up pbx=%s version=%s", self._settings.name, self.status.version)
            await self._listen(session)
        finally:
            session.close()
            if up_at is not None:
                self._take_leave(session, up_at)

    def _take_leave(self, session: Session, up_at: float) -> None:
        """The connection has ended: what came over it still counts, up to where something was lost."""
        while (read := self._inbox.take()) is not None:
            self._deliver(*read)
        self._collect()
        protocol = session.protocol
        lost_since = self._inbox.lost_since
        self.last_heard = protocol.heard_at if lost_since is None else lost_since
        self._heard_monotonic = protocol.last_byte
        self._end_announced = protocol.shutdown
        # A PBX that accepts us and hangs up at once is left alone longer and longer.
        if self._timer.monotonic() - up_at >= self._settings.reconnect_max_seconds:
            self._backoff.reset()

    async def _listen(self, session: Session) -> NoReturn:
        settings = self._settings
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._consume(session), name=f"consume {settings.name}")
                watch = session.watch(
                    settings.ping_seconds, settings.silence_seconds, lambda: self._tick(session)
                )
                group.create_task(watch, name=f"watch {settings.name}")
                await session.lost()
        except BaseExceptionGroup as errors:
            ours, others = errors.split(LinkError)
            if others is not None or ours is None:
                raise
            raise LinkError(str(ours.exceptions[0])) from None

    async def _consume(self, session: Session) -> None:
        inbox = self._inbox
        while True:
            await inbox.wait()
            while (read := inbox.take()) is not None:
                self._deliver(*read)
                if len(inbox):
                    await asyncio.sleep(0)  # the reader's turn
            self._collect()
            if inbox.lost_since is not None:
                await self._repair(session, inbox.lost_since)
            await asyncio.sleep(GATHER_SECONDS)

    async def _repair(self, session: Session, lost_since: float) -> None:
        """Our own queue was full: from ``lost_since`` to the new picture nothing is known."""
        log.error("events_lost pbx=%s total=%d", self._settings.name, self._inbox.lost)
        self._blind_from(lost_since, GapReason.OVERFLOW)
        self._inbox.reopen()
        self._tell(LinkState.UP, OVERFLOWN)
        self._tell(LinkState.UP, await self._look(session, same_run=True))

    def _tick(self, session: Session) -> None:
        """About once a second: tell the lag now and then."""
        self.last_heard = session.protocol.heard_at
        if self._timer.monotonic() - self._status_told >= STATUS_SECONDS:
            self._tell(self.status.state, self.status.reason)

    async def _look(self, session: Session, *, same_run: bool = False) -> str:
        """Take a new picture of the PBX, hold ours against it, close the gap; returns what limits it.

        ``same_run`` says that the connection was there all the time, so Asterisk cannot have restarted.
        """
        picture = await resync.look(session)
        at = self._clock.now()
        restarted = not same_run and (
            self._end_announced
            or resync.has_restarted(self._process, picture.process, self._blind_seconds(picture.process, at))
        )
        self._process, self._end_announced = picture.process, False
        self.status = msgspec.structs.replace(self.status, version=picture.version)
        limit = LIMITED.format(", ".join(picture.missing)) if picture.missing else ""
        booted = session.protocol.fully_booted or {}
        stamp = decimal(booted.get("Timestamp", ""))
        if not same_run and stamp is not None:
            since = self._timer.monotonic() - session.protocol.booted_heard
            self._pipeline.stamped(stamp, at - since)
        cut = 0
        try:
            cut = self._pipeline.resync(picture.snapshot, at, restarted)
        except Exception:  # a fault of ours must not silence the floor: new calls are still followed
            self.failures += 1
            log.exception("resync_failed pbx=%s", self._settings.name)
            limit = "the calls going on at the reconnect could not be read (see the log)"
        changes = list(self._pipeline.take())
        if self._gap is not None:
            reason = GapReason.PBX_RESTART if restarted else self._gap.reason
            changes.append(msgspec.structs.replace(self._gap, ended_at=at, reason=reason, calls_cut=cut))
            self._gap = None
        if changes:
            self._publish(changes)
        return limit

    def _blind_seconds(self, process: resync.Process, at: float) -> float | None:
        """How long the PBX had not been heard when it told its uptime."""
        if self._heard_monotonic is not None:
            return process.heard - self._heard_monotonic
        if self.last_heard is not None:
            return at - (self._timer.monotonic() - process.heard) - self.last_heard
        return None

    def _blind_from(self, at: float, reason: GapReason) -> None:
        """Nothing is heard since ``at``; a gap that is open already only changes its reason."""
        if self._gap is None:
            self._pipeline.disconnected(at)
            self._gap = Gap(pbx=self._settings.name, started_at=at, reason=reason)
        elif self._gap.reason is reason or self._gap.reason is GapReason.NOT_RUNNING:
            return
        else:
            self._gap = msgspec.structs.replace(self._gap, reason=reason)
        self._publish([self._gap])

    def _deliver(self, messages: Sequence[bytes], at: float) -> None:
        pipeline = self._pipeline
        try:
            pipeline.received(messages, at)
        except Exception:  # found out below which message it was; the others count
            self._deliver_singly(messages, at)

    def _collect(self) -> None:
        """Publish what became of the messages delivered so far."""
        changes = self._pipeline.take()
        if changes:
            self._publish(list(changes))

    def _deliver_singly(self, messages: Sequence[bytes], at: float) -> None:
        """Give each message again, alone: taking one twice changes nothing, and only the bad one is lost."""
        for message in messages:
            try:
                self._pipeline.received([message], at)
            except Exception:
                self.failures += 1
                name = (event_name(message) or b"?").decode("ascii", "replace")
                log.exception("event_failed pbx=%s event=%s", self._settings.name, name)

    def _tell(self, state: LinkState, reason: str) -> None:
        """Publish the status if it differs from the one told last."""
        lag = self._pipeline.lag_seconds if state is LinkState.UP else None
        told = self.status
        self._status_told = self._timer.monotonic()
        self.status = LinkStatus(
            pbx=told.pbx,
            state=state,
            since=told.since if state is told.state else self._clock.now(),
            reason=reason,
            lag_seconds=None if lag is None else round(lag, 1),
            lost_events=self._inbox.lost,
            version=told.version,
        )
        if self.status != self._last_told:
            self._last_told = self.status
            self._publish([self.status])
