"""A real uvicorn on loopback for the web tests, and what a browser would send."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import uvicorn

T = TypeVar("T")


@asynccontextmanager
async def served(app: Any, ws: Any, **options: Any) -> AsyncIterator[str]:
    """Serve ``app`` and the WebSocket class on a free port of loopback; gives ``127.0.0.1:port``."""
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, ws=ws, log_config=None, lifespan="off", **options)
    server = uvicorn.Server(config)
    async with asyncio.TaskGroup() as group:
        group.create_task(server._serve([sock]))
        await until(lambda: server.started)
        try:
            yield f"127.0.0.1:{sock.getsockname()[1]}"
        finally:
            server.should_exit = server.force_exit = True


async def until(holds: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait for something that another task brings about; fails after ``seconds``."""
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.005)


async def within(waiting: Awaitable[T], seconds: float = 10.0) -> T:
    """A wait with a deadline."""
    async with asyncio.timeout(seconds):
        return await waiting
