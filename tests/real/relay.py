"""A TCP relay in front of AMI: the link that tests can cut, stall and mend."""

from __future__ import annotations

import asyncio
import contextlib


class Relay:
    """Listens on a port of its own (``port``) and passes bytes on to ``target``."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._server: asyncio.Server
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._reset = False
        self.port = 0
        self.connections = 0

    @classmethod
    async def open(cls, target: int) -> Relay:
        """Start on a free port of 127.0.0.1."""
        relay = cls(target)
        relay._server = await asyncio.start_server(relay._serve, "127.0.0.1", 0)
        relay.port = relay._server.sockets[0].getsockname()[1]
        return relay

    def close(self) -> None:
        """Stop listening and cut everything."""
        self._server.close()
        self._cut()

    async def drop(self, seconds: float) -> None:
        """Cut every connection with a reset, and refuse all for so long."""
        self._server.close()
        self._cut()
        await asyncio.sleep(seconds)
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    def reset_new(self, *, on: bool) -> None:
        """Accept connections and reset them at once, as a PBX behind an overloaded balancer does."""
        self._reset = on

    def _cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._reset:
            writer.transport.abort()
            return
        try:
            theirs, ours = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        self.connections += 1
        self._writers |= {writer, ours}
        loop = asyncio.get_running_loop()
        for task in (loop.create_task(_pass(reader, ours)), loop.create_task(_pass(theirs, writer))):
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(1 << 16):
            writer.write(chunk)
            await writer.drain()
    writer.close()
