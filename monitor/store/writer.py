"""Writes changes behind the listener's back: ``put`` never waits and never fails.

Changes are gathered for a moment, the latest value of each thing only, and written in one transaction.
While the database is locked, full or gone they go to the outbox on disk, in order, and from there to the
database when it is back, also after a restart of ours. Where the outbox's disk is full as well, which is
where SQLite's file usually is, they wait in memory. Only what goes beyond the bounds is lost, and told.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path

import msgspec
import structlog

from monitor.domain import Change, ExtensionStatus, LinkStatus
from monitor.errors import StoreError, ValueRefusedError
from monitor.store.outbox import Outbox
from monitor.store.store import Store

log = structlog.get_logger(__name__)

BATCH = 500
GATHER_SECONDS = 0.1
WRITE_SECONDS = 15.0
#: So many changes wait in memory while the outbox's disk takes nothing (about 2 KB each).
MEMORY_CHANGES = 20_000
RETRY_SECONDS = (0.5, 1.0, 2.0, 5.0)


class WriterHealth(msgspec.Struct, frozen=True, kw_only=True):
    """How writing goes: what waits in memory and on disk, what was lost, the last error and since when."""

    pending: int
    spilled_bytes: int
    lost: int
    last_error: str | None
    since: float | None

    @property
    def state(self) -> str:
        """``ok``, ``spilling`` (all is kept, on disk) or ``losing``."""
        return "losing" if self.lost else "spilling" if self.last_error or self.spilled_bytes else "ok"


class Writer:
    """The one writer of a store."""

    def __init__(
        self, store: Store, outbox: Path, max_outbox_bytes: int, memory_changes: int = MEMORY_CHANGES
    ) -> None:
        self._store = store
        self._memory_changes = memory_changes
        self._outbox = Outbox(outbox, max_outbox_bytes)
        self._pending: dict[tuple[str, ...], Change] = {}
        self._wake = asyncio.Event()
        self._turn = asyncio.Lock()
        self._lost = 0
        self._error: str | None = None
        self._since: float | None = None

    def put(self, changes: Sequence[Change]) -> None:
        """Take changes to be stored; the latest value of each thing counts."""
        for change in changes:
            if isinstance(change, LinkStatus):
                continue
            key = ("e", change.pbx, change.extension) if isinstance(change, ExtensionStatus) else (change.id,)
            self._pending.pop(key, None)
            self._pending[key] = change
        if self._pending:
            self._wake.set()

    def health(self) -> WriterHealth:
        """How writing goes."""
        return WriterHealth(
            pending=len(self._pending),
            spilled_bytes=0 if self._outbox.empty else self._outbox.size,
            lost=self._lost,
            last_error=self._error,
            since=self._since,
        )

    async def run(self) -> None:
        """Write for ever; end it by cancelling, then ``flush``."""
        failures = 0
        while True:
            if self._outbox.empty:
                if not self._pending:
                    await self._wake.wait()
                await asyncio.sleep(GATHER_SECONDS)
            if await self._write_some():
                failures = 0
                continue
            # Nothing may pile up in memory while the database is away.
            pause = RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)]
            failures += 1
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    while True:
                        await self._wake.wait()
                        await asyncio.sleep(GATHER_SECONDS)
                        self._spill()

    async def flush(self) -> None:
        """Write all that waits. Raises ``StoreError`` if the database does not take it: it is in the outbox then."""
        try:
            while self._pending or not self._outbox.empty:
                if not await self._write_some():
                    raise StoreError(self._error or "the database does not answer")
        except BaseException:  # a cancel, too: this may be our last moment
            self._spill()
            raise

    async def _write_some(self) -> bool:
        """One transaction; false if the database did not take it."""
        async with self._turn:
            from_disk = not self._outbox.empty
            batch: list[Change] = []
            try:
                batch = (self._outbox.first() or []) if from_disk else self._take()
                if not batch:
                    if from_disk:
                        self._outbox.done()
                    return True
                async with asyncio.timeout(WRITE_SECONDS):
                    await self._stored(batch)
            except (StoreError, TimeoutError, OSError) as error:
                self._trouble(str(error) or "the database does not answer")
                if not from_disk:
                    self._keep(batch)
                return False
            except asyncio.CancelledError:
                if not from_disk:
                    self.put([change for change in batch if self._key(change) not in self._pending])
                raise
            if from_disk:
                self._outbox.done()
            if self._error is not None and self._outbox.empty:
                log.info("store_back")
                self._error = self._since = None
            return True

    async def _stored(self, batch: Sequence[Change]) -> None:
        """Store a batch; a value that the database never takes must not keep all others waiting behind it."""
        try:
            await self._store.write(batch)
        except ValueRefusedError as error:
            if len(batch) > 1:
                half = len(batch) // 2
                await self._stored(batch[:half])
                await self._stored(batch[half:])
                return
            self._lost += 1
            log.error("change_refused", what=self._key(batch[0]), total=self._lost, why=str(error))

    @staticmethod
    def _key(change: Change) -> tuple[str, ...]:
        return ("e", change.pbx, change.extension) if isinstance(change, ExtensionStatus) else (change.id,)  # type: ignore[union-attr]

    def _take(self) -> list[Change]:
        keys = list(self._pending)[:BATCH]
        batch = [self._pending.pop(key) for key in keys]
        if not self._pending:
            self._wake.clear()
        return batch

    def _spill(self) -> None:
        while self._pending and self._keep(self._take()):
            pass

    def _keep(self, batch: Sequence[Change]) -> bool:
        """Put a batch into the outbox; false if its disk does not take it now and it waits in memory.

        What goes beyond the bound of either is lost, loudly.
        """
        try:
            kept = self._outbox.append(batch)
        except OSError as error:
            self._trouble(f"the outbox cannot be written ({error.strerror or error})")
            # Older than what has come since, and not to be tried again before something does.
            older = {self._key(change): change for change in batch if self._key(change) not in self._pending}
            room = max(0, self._memory_changes - len(self._pending))
            self._lose(len(older) - room)
            self._pending = {**dict(list(older.items())[:room]), **self._pending}
            self._wake.clear()
            return False
        if not kept:
            self._lose(len(batch))
        return True

    def _lose(self, count: int) -> None:
        if count > 0:
            self._lost += count
            log.error("changes_lost", count=count, total=self._lost, why="the outbox or its disk is full")

    def _trouble(self, why: str) -> None:
        if self._error is None:
            log.error("store_down", why=why)
            self._since = asyncio.get_running_loop().time()
        self._error = why
