"""The lab as a whole: one Asterisk, its carrier, and the playing of scenarios."""

from __future__ import annotations

import asyncio
import fcntl
import json
import time
from pathlib import Path
from typing import Self

from . import chroot, scenarios
from .ami import Driver
from .asterisk import Asterisk
from .exchange import Exchange
from .recorder import Recorder
from .sipp import Sipp
from .stage import ALONE, SCENARIOS, Expected, Link, Pool, Scenario, Stage

__all__ = ["SCENARIOS", "Lab", "scenarios"]
TAIL_SECONDS = 0.7  # Asterisk's last events after the phones are done


class Lab:
    """A running Asterisk with phones and trunks on loopback. ``async with await Lab.open() as lab``."""

    def __init__(self, path: Path) -> None:
        self.asterisk = Asterisk(path)
        self.sipp = Sipp(path)
        self.exchange = Exchange()
        self.pool = Pool()
        self.driver: Driver
        self._lock = (path / "tmp/lab.lock").open("w")

    @classmethod
    async def open(cls) -> Self:
        """Install what is missing, start everything. Raises LabUnavailable, RuntimeError."""
        path = await asyncio.to_thread(chroot.ensure)
        lab = cls(path)
        # Ports are fixed: a second lab on this machine waits for the first.
        await asyncio.to_thread(fcntl.flock, lab._lock, fcntl.LOCK_EX)
        lab.sipp.prepare()
        await asyncio.to_thread(lab.asterisk.stop_leftover)
        lab.asterisk.configure()
        lab.asterisk.forget_recordings()
        await lab.exchange.open()
        await lab.asterisk.start()
        lab.driver = await Driver.login()
        return lab

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.driver.close()
        await self.asterisk.stop()
        self.exchange.close()
        await asyncio.to_thread(chroot.release, self.asterisk.path)
        self._lock.close()

    async def play(self, scenario: Scenario, link: Link | None = None) -> tuple[list[Expected], Stage]:
        """Play one scenario and return its calls as they really were."""
        stage = Stage(self.asterisk, self.driver, self.sipp, self.exchange, self.pool, link)
        try:
            calls = await scenario.play(stage)
            await asyncio.sleep(TAIL_SECONDS)
        finally:
            if scenario.lane == ALONE:
                self.driver = stage.driver  # a scenario that restarts Asterisk logs in again
            await stage.clear()
        return calls, stage

    async def record(self, scenario: Scenario, folder: Path) -> str:
        """Play it alone and write its capture and truth to ``folder``; returns a line about it."""
        if scenario.timestamps:
            await self.timestamps(on=True)
        recorder = Recorder(scenario.user, reconnect=scenario.reconnect, on_connect=scenario.on_connect)
        await recorder.start()
        begun, self.pool = time.time(), Pool()
        calls: list[Expected] = []
        failed = ""
        try:
            calls, stage = await self.play(scenario, recorder)
        except (AssertionError, TimeoutError, OSError, RuntimeError) as error:
            failed = f" FAILED {error!r}"
        left = await self.driver.channels()
        if left:
            failed += f" channels left over: {left}"
            await self.driver.command("channel request hangup all")
            await asyncio.sleep(1)
        await recorder.stop()
        if scenario.timestamps:
            await self.timestamps(on=False)
        recorder.write(folder / scenario.name)
        truth = {
            "scenario": scenario.name, "about": scenario.about, "asterisk": await self.version(), "timezone": "UTC",
            "start_epoch": round(begun, 3), "end_epoch": round(time.time(), 3),
            "calls": [call.as_json() for call in calls], "call_count": len(calls),
        }  # fmt: skip
        if not failed:
            truth["sip_legs"] = {label: [vars(leg) for leg in legs] for label, legs in stage.legs().items()}
        (folder / f"{scenario.name}.truth.json").write_text(
            json.dumps(truth, indent=1, ensure_ascii=False), "utf-8"
        )
        return f"{scenario.name}: {len(calls)} calls, {recorder.data.count(b'Event: ')} events{failed}"

    async def version(self) -> str:
        """Asterisk's version number."""
        return (await self.driver.command("core show version")).split(" ")[1].split("+")[0]

    async def timestamps(self, *, on: bool) -> None:
        """Have AMI events carry a Timestamp, for sessions that begin from now on, or not."""
        self.asterisk.configure(timestamps=on)
        await self.driver.command("manager reload")
        await asyncio.sleep(0.2)
