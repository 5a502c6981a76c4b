"""``dialwatch run`` as an operator runs it, beside the lab's Asterisk."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from monitor.domain import Call
from monitor.store.store import Store
from monitor.web.security import Passwords, token_hash

from .lab.asterisk import AGENTS
from .lab.lab import Lab

CHECKOUT = Path(__file__).resolve().parents[2]

CONFIG = """
[site]
name = "lab"
[[team]]
id = "t"
name = "t"
agents = [@AGENTS@]
[[pbx]]
name = "lab"
host = "127.0.0.1"
username = "dialwatch"
secret_env = "DIALWATCH_AMI_SECRET"
agents = ["PJSIP/80[0-9][0-9]"]
trunks = ["PJSIP/trunk-*"]
dial_prefix = "9"
[store]
data_dir = "data"
[web]
port = @PORT@
"""


class Dialwatch:
    """The product as an operator runs it, in a folder of its own."""

    def __init__(self, folder: Path, config: str = CONFIG, **environment: str) -> None:
        """In ``folder``, by ``config``: ``@PORT@`` in it is the dashboard's, ``@AGENTS@`` all of the lab's phones."""
        self._folder = folder
        self._environment = environment
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        agents = ", ".join(f'{{ extension = "{each}", name = "{each}" }}' for each in AGENTS)
        settings = config.replace("@PORT@", str(port)).replace("@AGENTS@", agents)
        (folder / "config.toml").write_text(settings, "utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start ``dialwatch run``."""
        environment = {**os.environ, "DIALWATCH_AMI_SECRET": "lab-dialwatch", "PYTHONPATH": str(CHECKOUT)}
        environment |= self._environment
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "monitor.cli", "run", "--config", str(self._folder / "config.toml")],
                cwd=self._folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip

    async def end(self, how: signal.Signals) -> None:
        """Send a signal and wait for the end."""
        assert self._process is not None
        self._process.send_signal(how)
        await asyncio.to_thread(self._process.wait, 20)

    @property
    def log(self) -> str:
        """What it has logged."""
        return (self._folder / "log").read_text("utf-8", "replace")

    async def listening(self, lab: Lab) -> None:
        """Wait until Asterisk shows its AMI session, and it has had time to look around."""
        for _ in range(200):
            if "dialwatch" in await lab.driver.command("manager show connected"):
                await asyncio.sleep(2)
                return
            await asyncio.sleep(0.1)
        raise AssertionError(f"dialwatch run does not listen: {self.log[-1500:]}")

    async def answering(self, seconds: float) -> None:
        """Wait until its dashboard answers."""
        host, port = self.url.removeprefix("http://").split(":")
        async with asyncio.timeout(seconds):
            while True:
                try:
                    _, writer = await asyncio.open_connection(host, int(port))
                except OSError:
                    await asyncio.sleep(0.1)
                    continue
                writer.close()
                return

    def database(self) -> Path:
        """Its SQLite file."""
        return next((self._folder / "data").glob("*.db"))

    async def logged_in(self, token: str) -> None:
        """Make a login, and a session of it with this token."""
        store = await Store.open(f"sqlite:///{self.database()}")
        try:
            await store.create_user("wang", "", "administrator")
            await store.create_session("wang", token_hash(token), time.time() + 600)
        finally:
            await store.close()

    async def user(self, name: str, password: str) -> None:
        """Make a login that a browser can use."""
        store = await Store.open(f"sqlite:///{self.database()}")
        try:
            await store.create_user(name, await Passwords().hashed(password), "administrator")
        finally:
            await store.close()

    async def stored(self) -> list[Call]:
        """All calls it has stored."""
        store = await Store.open(f"sqlite:///{self.database()}")
        try:
            return await store.calls_between(0, 1e12)
        finally:
            await store.close()
