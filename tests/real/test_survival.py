"""kill -9 of Dialwatch itself under load: what was finished and stored stays, nothing is there twice."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from monitor.domain import Call
from monitor.store.store import Store

from .compare import differences
from .lab import load
from .lab.lab import Lab

pytestmark = pytest.mark.asyncio(loop_scope="session")
SLACK_SECONDS = 1.5
CHECKOUT = Path(__file__).resolve().parents[2]

CONFIG = """
[site]
name = "lab"
[[team]]
id = "t"
name = "t"
agents = [{ extension = "8001", name = "一" }]
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

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        (folder / "config.toml").write_text(CONFIG.replace("@PORT@", str(port)), "utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start ``dialwatch run``."""
        environment = {**os.environ, "DIALWATCH_AMI_SECRET": "lab-dialwatch", "PYTHONPATH": str(CHECKOUT)}
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

    def database(self) -> Path:
        """Its SQLite file."""
        return next((self._folder / "data").glob("*.db"))

    async def stored(self) -> list[Call]:
        """All calls it has stored."""
        store = await Store.open(f"sqlite:///{self.database()}")
        try:
            return await store.calls_between(0, 1e12)
        finally:
            await store.close()


async def test_kill_9_under_load_loses_and_doubles_nothing(lab: Lab, tmp_path: Path) -> None:
    """15 calls a second for 22 s; SIGKILL at 10 s, started again at 12 s."""
    pairs = load.pairs(330)
    dialwatch = Dialwatch(tmp_path)
    dialwatch.start()
    await dialwatch.listening(lab)
    far = await load.far_end(lab)
    caller = await lab.sipp.load(load.CALLER, pairs, 15)
    await asyncio.sleep(10)
    killed_at = time.time()
    await dialwatch.end(signal.SIGKILL)
    finished = {call.id: call for call in await dialwatch.stored() if call.ended}
    await asyncio.sleep(2)
    dialwatch.start()
    await dialwatch.listening(lab)
    back_at = time.time()
    await caller.done(60)
    await asyncio.sleep(2)
    await far.stop()
    await dialwatch.end(signal.SIGTERM)
    calls = await dialwatch.stored()

    assert len(finished) > 40, dialwatch.log[-1000:]
    after = {call.id: call for call in calls}
    assert {id_: after.get(id_) for id_ in finished} == finished, (
        "a stored, finished call has changed or is gone"
    )
    told: dict[str, list[Call]] = {}
    for call in calls:
        told.setdefault(call.number or "", []).append(call)
    wrong: list[str] = []
    legs = {leg.target: leg for leg in far.legs()}
    for number, truth in load.expected(pairs, legs.values()).items():
        mine = told.pop(number, [])
        begin = legs[number].invited_at or 0.0
        end = legs[number].ended_at or legs[number].final_at or begin
        # What had ended a second before the kill was written; what began after the return was heard in whole.
        if end < killed_at - 1 or begin > back_at + 0.5:
            wrong += differences([truth], mine, SLACK_SECONDS)
        elif len(mine) > 1 or (not mine and (begin < killed_at - 1 or end > back_at + 1)):
            wrong.append(f"told {len(mine)} times: {truth}")
        elif mine and (not mine[0].ended or mine[0].talk_seconds > truth.talk_s + SLACK_SECONDS):
            wrong.append(f"{mine[0]} was {truth}")
    assert not wrong, f"{len(wrong)} wrong:\n" + "\n".join(wrong[:20])
    assert not told, f"not calls of the phones: {list(told)[:5]}"
    with sqlite3.connect(dialwatch.database()) as database:
        assert database.execute("pragma integrity_check").fetchone() == ("ok",)
