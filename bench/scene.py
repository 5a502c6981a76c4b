"""What the benches of the whole product share: a site of any size, its own process, and a way in."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from monitor.config import Settings
from monitor.web.guard import COOKIE
from monitor.web.security import token_hash

TOKEN = "bench"
FIRST_EXTENSION = 8001


def settings(folder: Path, agents: int, ami_port: int) -> Settings:
    """A site with ``agents`` in teams of eight on one PBX at loopback."""
    extensions = [str(FIRST_EXTENSION + i) for i in range(agents)]
    teams = [
        {
            "id": f"t{first // 8}",
            "name": f"{first // 8}组",
            "agents": [{"extension": each, "name": f"座席{each}"} for each in extensions[first : first + 8]],
        }
        for first in range(0, agents, 8)
    ]
    return Settings.model_validate(
        {
            "path": folder / "config.toml",
            "site": {"name": "bench"},
            "team": teams,
            "pbx": [
                {
                    "name": "main",
                    "host": "127.0.0.1",
                    "port": ami_port,
                    "username": "dialwatch",
                    "secret_env": "BENCH",
                    "auth": "plain",
                    "agents": ["PJSIP/8[0-9][0-9][0-9]"],
                    "trunks": ["PJSIP/trunk-*"],
                    "dial_prefix": "9",
                }
            ],
            "store": {"data_dir": folder},
            "web": {"port": 0},
        }
    )


def _product(pipe: Connection, folder: Path, agents: int, ami_port: int) -> None:
    """The product in its own process; tells its port, stops when told."""
    import uvloop
    from pydantic import SecretStr

    from monitor.service import Running, serve

    made = settings(folder, agents, ami_port)
    secret = {"secret": SecretStr("bench")}
    made = made.model_copy(update={"pbx": tuple(pbx.model_copy(update=secret) for pbx in made.pbx)})

    async def main() -> None:
        stop = asyncio.Event()

        async def ready(running: Running) -> None:
            await let_in(running.store)
            gc.collect()
            gc.freeze()  # as ``service.run`` does
            pipe.send(int(running.url.rpartition(":")[2]))

        async def told() -> None:
            await asyncio.to_thread(pipe.recv)
            pipe.send(time.process_time())
            stop.set()

        waiting = asyncio.ensure_future(told())
        await serve(made, ready=ready, stop=stop)
        await waiting

    uvloop.run(main())


async def let_in(store: Any) -> None:
    """Make a login and a session for ``TOKEN``."""
    if await store.user("bench") is None:
        await store.create_user("bench", "", "administrator")
        await store.create_session("bench", token_hash(TOKEN), time.time() + 86400)


@contextmanager
def product(folder: Path, agents: int, ami_port: int) -> Iterator[tuple[int, list[float]]]:
    """The product running; gives its port, and a list that holds its CPU seconds once it has stopped."""
    near, far = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=_product, args=(far, folder, agents, ami_port)
    )
    process.start()
    cpu: list[float] = []
    try:
        if not near.poll(60):
            raise RuntimeError("the product did not start within 60 s")
        yield near.recv(), cpu
        near.send("stop")
        cpu.append(near.recv())
    finally:
        process.join(20)
        if process.is_alive():
            process.kill()


def board_address(port: int) -> tuple[str, dict[str, Any]]:
    """URL and options for ``websockets.connect``."""
    options = {
        "origin": f"http://127.0.0.1:{port}",
        "additional_headers": {"Cookie": f"{COOKIE}={TOKEN}"},
        "compression": None,
        "max_size": None,
        "proxy": None,
    }
    return f"ws://127.0.0.1:{port}/ws/board", options
