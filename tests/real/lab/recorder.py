"""Records one AMI session, byte for byte, with the arrival time of every read.

It shares nothing with the product's own capture on purpose: the captures in tests/traces judge it.
"""

from __future__ import annotations

import asyncio
import gzip
import time
from collections.abc import Iterable
from pathlib import Path

from . import ami


class Recorder:
    """A login as ``user`` whose bytes are kept; see ``start``."""

    def __init__(
        self, user: str = "everything", *, reconnect: bool = False, on_connect: Iterable[str] = ()
    ) -> None:
        self._user = user
        self._reconnect = reconnect
        self._on_connect = tuple(on_connect)
        self._data = bytearray()
        self._index: list[str] = []
        self._task: asyncio.Task[None] | None = None
        self._away = asyncio.Event()
        self._back = asyncio.Event()

    async def start(self) -> None:
        """Log in and begin; returns when the login is answered."""
        self._task = asyncio.get_running_loop().create_task(self._run())
        for _ in range(200):
            if b"FullyBooted" in self._data:
                return
            await asyncio.sleep(0.01)
        raise TimeoutError("the recorder did not log in")

    async def drop(self, seconds: float) -> None:
        """Close our side, stay away so long, come back."""
        self._back.clear()
        self._away.set()
        await asyncio.sleep(seconds)
        self._back.set()

    async def stop(self) -> None:
        """End the recording."""
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._mark("stop")

    def write(self, base: Path) -> None:
        """Write ``base.ami.gz`` and ``base.ami.idx.gz``."""
        for suffix, content in (
            (".ami.gz", bytes(self._data)),
            (".ami.idx.gz", "".join(self._index).encode()),
        ):
            Path(f"{base}{suffix}").write_bytes(gzip.compress(content, 9, mtime=0))

    @property
    def data(self) -> bytes:
        """All bytes so far."""
        return bytes(self._data)

    def _mark(self, what: str) -> None:
        self._index.append(f"# {what} {time.time():.6f} {len(self._data)}\n")

    async def _run(self) -> None:
        while True:
            try:
                reader, writer = await asyncio.open_connection(ami.HOST, ami.PORT, limit=1 << 22)
            except OSError:
                if not self._reconnect:
                    raise
                await asyncio.sleep(0.1)
                continue
            self._mark("connect")
            for number, action in enumerate(
                (f"Login\nUsername: {self._user}\nSecret: lab-{self._user}", *self._on_connect)
            ):
                lines = f"Action: {action}\nActionID: lab-{number}\n\n"
                writer.write(lines.replace("\n", "\r\n").encode())
            dropped = await self._read(reader)
            writer.close()
            self._mark("drop" if dropped else "eof")
            if dropped:
                await self._back.wait()
                self._away.clear()
            elif not self._reconnect:
                return
            else:
                await asyncio.sleep(0.1)

    async def _read(self, reader: asyncio.StreamReader) -> bool:
        """Read until the end; returns whether the end was ours."""
        away: asyncio.Future[bool] = asyncio.ensure_future(self._away.wait())
        read: asyncio.Future[bytes] | None = None
        try:
            while True:
                read = asyncio.ensure_future(reader.read(1 << 18))
                await asyncio.wait((read, away), return_when=asyncio.FIRST_COMPLETED)
                if not read.done():
                    return True
                try:
                    chunk = read.result()
                except OSError:
                    return False
                if not chunk:
                    return False
                self._index.append(f"{len(self._data)}\t{len(chunk)}\t{time.time():.6f}\n")
                self._data += chunk
        finally:
            away.cancel()
            if read is not None:
                read.cancel()
