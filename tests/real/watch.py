"""The product's own listener, pipeline and store on the lab's Asterisk, and what they said."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Self

from pydantic import SecretStr

from monitor.clock import SystemClock
from monitor.config import Pbx
from monitor.domain import Call, Change, Gap, LinkState, LinkStatus
from monitor.pbx.link import Listener
from monitor.pbx.pipeline import Pipeline
from monitor.store.store import Store
from monitor.store.writer import Writer

from .lab import ami

AGENTS = ("PJSIP/80[0-9][0-9]",)
TRUNKS = ("PJSIP/trunk-*",)


def pbx(user: str = "dialwatch", *, port: int = ami.PORT, secret: str | None = None, **more: object) -> Pbx:
    """Settings of the lab's PBX for one of its AMI users."""
    fields: dict[str, object] = {
        "name": "lab", "host": ami.HOST, "port": port, "username": user, "agents": AGENTS, "trunks": TRUNKS,
        "dial_prefix": "9", "secret_env": "LAB_SECRET", "reconnect_min_seconds": 0.2, "reconnect_max_seconds": 1.0,
        "secret": SecretStr(secret or f"lab-{user}"), **more,
    }  # fmt: skip
    return Pbx.model_validate(fields)


class Watch:
    """A listener at work. ``async with Watch(pbx()) as watch``: inside, the link is up."""

    def __init__(self, settings: Pbx, folder: Path | None = None, *, up_seconds: float = 20) -> None:
        """With a ``folder`` what is heard is stored too, in a database there; see ``stored``."""
        self.settings = settings
        self._folder = folder
        self._up_seconds = up_seconds
        self._store: Store | None = None
        self._writer: Writer | None = None
        self._writing: asyncio.Task[None] | None = None
        self.calls: dict[str, Call] = {}
        self.gaps: dict[str, Gap] = {}
        self.links: list[LinkStatus] = []
        self.pipeline = Pipeline(settings)
        self.listener = Listener(settings, self.pipeline, self._take, clock=SystemClock())
        self._task: asyncio.Task[None] | None = None
        self._up = asyncio.Event()

    async def __aenter__(self) -> Self:
        if self._folder is not None:
            self._store = await Store.open(f"sqlite:///{self._folder / 'calls.db'}")
            await self._store.upgrade()
            self._writer = Writer(self._store, self._folder / "outbox", 1 << 26)
            self._writing = asyncio.get_running_loop().create_task(self._writer.run())
        self._task = asyncio.get_running_loop().create_task(self.listener.run())
        try:
            await self.up(self._up_seconds)
        except AssertionError:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in filter(None, (self._task, self._writing)):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        if self._store is not None:
            await self._store.close()

    async def up(self, seconds: float = 20) -> None:
        """Wait until the link is up; an AssertionError says what it said instead."""
        try:
            await asyncio.wait_for(self._up.wait(), seconds)
        except TimeoutError:
            raise AssertionError(f"the link did not come up: {self.links[-3:]}") from None

    async def settled(self, seconds: float = 10) -> None:
        """Wait until no call goes on any more; those that do are left for the test to complain about."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while any(not call.ended for call in self.calls.values()):
                    await asyncio.sleep(0.05)

    async def stored(self) -> list[Call]:
        """All calls as the database has them."""
        assert self._store is not None and self._writer is not None, "only with a folder"
        await self._writer.flush()
        return await self._store.calls_between(0, 1e12)

    def _take(self, changes: list[Change]) -> None:
        if self._writer is not None:
            self._writer.put(changes)
        for change in changes:
            match change:
                case Call():
                    self.calls[change.id] = change
                case Gap():
                    self.gaps[change.id] = change
                case LinkStatus():
                    self.links.append(change)
                    (self._up.set if change.state is LinkState.UP else self._up.clear)()
