"""``dialwatch capture``: all that a PBX sends, into a file that ``dialwatch replay`` reads.

After each login the same lists are asked for as on a live link, so that a replay can take up calls that
were going on when the connection was made.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO

from monitor.clock import Clock, SystemClock, timer
from monitor.config import Pbx, Settings
from monitor.errors import CaptureError, ConfigError, LinkError
from monitor.pbx import resync
from monitor.pbx.backoff import Backoff
from monitor.pbx.capture_file import CaptureWriter, Kind, Piece, read_capture
from monitor.pbx.session import Session

__all__ = ["CaptureWriter", "Piece", "Recording", "read_capture", "run"]

PROGRESS_SECONDS = 10.0


class Recording:
    """A capture under way: connects for ever, writes what it hears, until ``stop`` is called.

    The first connection must succeed: nobody wants to wait for a mistyped host.
    """

    def __init__(self, pbx: Pbx, writer: CaptureWriter, clock: Clock, tell: Callable[[str], None]) -> None:
        self._pbx = pbx
        self._writer = writer
        self._clock = clock
        self._timer = timer(clock)
        self._tell = tell
        self._stopped = asyncio.Event()
        self._connected = False
        self._marked = False
        self._failure: CaptureError | None = None
        self._told = self._timer.monotonic()

    @property
    def size(self) -> int:
        """Bytes received so far."""
        return self._writer.size

    def stop(self) -> None:
        """End the capture as soon as may be; its files will be whole."""
        self._stopped.set()

    async def run(self) -> None:
        """Record until stopped.

        Raises ``LinkError`` where the first connection fails, ``CaptureError`` where writing does.
        """
        work = asyncio.ensure_future(self._connections())
        stopped = asyncio.ensure_future(self._stopped.wait())
        try:
            await asyncio.wait((work, stopped), return_when=asyncio.FIRST_COMPLETED)
        finally:
            work.cancel()
            stopped.cancel()
            ended, _ = await asyncio.gather(work, stopped, return_exceptions=True)
        if self._failure is not None:
            raise self._failure
        if isinstance(ended, Exception):
            raise ended
        self._mark("stop")

    async def _connections(self) -> None:
        backoff = Backoff(self._pbx.reconnect_min_seconds, self._pbx.reconnect_max_seconds)
        while True:
            try:
                await self._connection()
            except LinkError as error:
                if not self._connected:
                    raise
                delay = backoff.next()
                self._tell(f"{error}; next try in {delay:.0f} s")
                await self._timer.sleep(delay)
            else:
                backoff.reset()

    async def _connection(self) -> None:
        """One connection; returns when it was good and has ended."""
        pbx = self._pbx
        self._marked = False
        session = await Session.open(pbx, self._clock, tap=self._take)
        try:
            await session.login()
            self._connected = True
            self._tell(f"connected to {pbx.name} at {pbx.host}:{pbx.port}")
            watch = asyncio.ensure_future(session.watch(pbx.ping_seconds, pbx.silence_seconds, self._tick))
            try:
                await resync.look(session)
                await asyncio.wait((watch, session.protocol.lost), return_when=asyncio.FIRST_COMPLETED)
                if watch.done():
                    watch.result()
            finally:
                watch.cancel()
            self._tell("the PBX closed the connection")
        finally:
            if self._marked and not self._stopped.is_set():
                self._mark("eof" if session.protocol.lost.done() else "drop")
            session.close()

    def _take(self, data: bytes) -> None:
        """Called from the reader: nothing may be raised there."""
        if self._stopped.is_set():
            return
        try:
            if not self._marked:
                self._marked = True
                self._writer.mark("connect", self._clock.now())
            self._writer.data(data, self._clock.now())
        except CaptureError as error:
            self._fail(error)

    def _fail(self, error: CaptureError) -> None:
        self._failure = error
        self.stop()

    def _mark(self, kind: Kind) -> None:
        self._writer.mark(kind, self._clock.now())

    def _tick(self) -> None:
        try:
            self._writer.flush()
        except CaptureError as error:
            self._fail(error)
        if self._timer.monotonic() - self._told >= PROGRESS_SECONDS:
            self._told = self._timer.monotonic()
            self._tell(f"{self.size:,} bytes")


def run(
    settings: Settings,
    pbx_name: str | None,
    out: Path,
    *,
    seconds: float | None = None,
    clock: Clock | None = None,
    progress: IO[str] | None = None,
) -> None:
    """Capture a PBX into ``out`` until SIGINT or SIGTERM, or for ``seconds``; words go to stderr.

    ``pbx_name`` may be ``None`` where there is only one. Raises ``ConfigError``, ``LinkError`` or
    ``CaptureError``.
    """
    pbx = _choose(settings, pbx_name)
    clock = clock if clock is not None else SystemClock()
    words = progress if progress is not None else sys.stderr
    asyncio.run(_run(pbx, out, seconds, clock, lambda text: print(text, file=words, flush=True)))


async def _run(pbx: Pbx, out: Path, seconds: float | None, clock: Clock, tell: Callable[[str], None]) -> None:
    writer = CaptureWriter(out)
    try:
        recording = Recording(pbx, writer, clock, tell)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, recording.stop)
        if seconds is not None:
            loop.call_later(seconds, recording.stop)
        await recording.run()
    except LinkError:
        writer.discard()
        raise
    finally:
        writer.close()
    tell(f"{writer.size:,} bytes in {out}")


def _choose(settings: Settings, name: str | None) -> Pbx:
    names = [pbx.name for pbx in settings.pbx]
    if name is None and len(names) > 1:
        raise ConfigError(f"{settings.path}: several PBXs; choose one with --pbx: {', '.join(names)}")
    for pbx in settings.pbx:
        if name in (None, pbx.name):
            return pbx
    raise ConfigError(f"--pbx: no PBX is called {name!r} in {settings.path}; there are: {', '.join(names)}")
