"""The whole web side on loopback over a real SQLite store, with pages of its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
from websockets.asyncio.client import connect

from monitor.alerts.desk import Desk
from monitor.clock import SystemClock
from monitor.config import Settings
from monitor.domain import Call, Direction, HangupBy, LinkState, Outcome, Phase, Segment
from monitor.metrics.board import Board
from monitor.metrics.plan import SitePlan
from monitor.rewinding import Rewind
from monitor.sending.sender import Sender
from monitor.service import StoredSessions
from monitor.store.store import Store
from monitor.store.writer import WriterHealth
from monitor.web.app import create_app
from monitor.web.connection import connection_class
from monitor.web.context import AppContext, LinkFigures
from monitor.web.directory import Directory
from monitor.web.guard import COOKIE, Guard
from monitor.web.hub import Hub
from monitor.web.security import Passwords, Throttle, token_hash
from monitor.web.words import Words
from tests.web.serving import served

NOON = 1795406400.0  # 2026-11-23 12:00:00 in Shanghai
PASSWORD = "一二三四五六七八"
IMPORT_MAP = '{"imports":{"preact":"/vendor/preact.mjs"}}'


def settings(folder: Path, parts: Mapping[str, object] | None = None, **web: object) -> Settings:
    """Two teams, three agents, one PBX with recordings below ``folder``; and other ``parts``."""
    return Settings.model_validate(
        {
            "path": folder / "config.toml",
            "site": {"name": "测试"},
            "shift": [
                {"id": "morning", "name": "上午班", "start": "09:00", "end": "12:00", "dial_by": "09:10"}
            ],
            "team": [
                {
                    "id": "t1",
                    "name": "朝阳组",
                    "agents": [{"extension": "8001", "name": "张伟"}, {"extension": "8002", "name": "王芳"}],
                },
                {"id": "t2", "name": "远航组", "agents": [{"extension": "8003", "name": "李娜"}]},
            ],
            "pbx": [
                {
                    "name": "main",
                    "host": "127.0.0.1",
                    "port": 1,
                    "username": "dialwatch",
                    "secret_env": "NOT_SET",
                    "agents": ["PJSIP/80[0-9][0-9]"],
                    "trunks": ["PJSIP/trunk-a"],
                    "recordings": folder / "monitor",
                }
            ],
            "store": {"data_dir": folder},
            "web": web,
            **(parts or {}),
        }
    )


def call(index: int = 0, /, **different: object) -> Call:
    """A finished, answered dial; the higher ``index``, the later."""
    at = NOON - 3600 + index * 60
    facts: dict[str, object] = {
        "id": f"main/{at:.0f}.{index}/0",
        "pbx": "main",
        "direction": Direction.OUTBOUND,
        "agent": "8001",
        "number": f"1380000{index:04}",
        "dialed": f"91380000{index:04}",
        "name": f"客户 1380000{index:04}",
        "trunk": "trunk-a",
        "phase": Phase.ENDED,
        "started_at": at,
        "answered_at": at + 5,
        "ended_at": at + 45,
        "ring_seconds": 5.0,
        "talk_seconds": 40.0,
        "outcome": Outcome.ANSWERED,
        "hangup_by": HangupBy.REMOTE,
        "segments": (
            Segment(agent=str(different.get("agent", "8001")), started_at=at + 5, ended_at=at + 45),
        ),
    }
    return Call(**(facts | different))  # type: ignore[arg-type]


@dataclass
class House:
    """What a test has in hand."""

    address: str
    context: AppContext
    board: Board
    pages: Path
    client: httpx2.AsyncClient
    links: list[LinkFigures] = field(default_factory=list)

    @property
    def store(self) -> Store:
        return self.context.store

    @property
    def ours(self) -> dict[str, str]:
        """Headers of a request that a page of ours makes."""
        return {"Origin": f"http://{self.address}", "X-Dialwatch": "1"}

    async def user(self, name: str = "wang") -> None:
        await self.store.create_user(name, await self.context.passwords.hashed(PASSWORD), "administrator")

    async def log_in(
        self,
        name: str = "wang",
        role: str = "administrator",
        teams: Sequence[str] = (),
        person: int | None = None,
    ) -> str:
        """Make a session for ``name`` and use it from now on; gives the token."""
        await self.store.create_user(name, "", role, teams, person)
        token = f"token of {name}".replace(" ", "-")
        await self.store.create_session(name, token_hash(token), time.time() + 600)
        self.client.headers["Cookie"] = f"{COOKIE}={token}"
        return token

    def socket(self, token: str) -> connect:
        """A board's WebSocket with the session of ``token``."""
        return connect(
            f"ws://{self.address}/ws/board",
            origin=f"http://{self.address}",  # type: ignore[arg-type]
            additional_headers={"Cookie": f"{COOKIE}={token}"},
            proxy=None,
        )


class Noon(SystemClock):
    """A clock that stands at noon."""

    def now(self) -> float:
        return NOON


class Quiet:
    """A floor whose board nothing is told of."""

    rebuilt = True
    known_from = float("-inf")

    def __init__(self, board: Board) -> None:
        self.snapshot = board.snapshot
        self.recent = board.recent
        self.show_alerts = board.alerts
        self.breaches = lambda now: ()


def write_pages(folder: Path) -> None:
    """Pages as small as can be."""
    for name in (
        "board/index.html",
        "calls/index.html",
        "calls/call.html",
        "login/index.html",
        "login/setup.html",
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'<!doctype html><script type="importmap">{IMPORT_MAP}</script><p>{name}', "utf-8")
    for name in ("common/common.js", "vendor/preact.mjs", "locales/zh-CN.json", "locales/en.json"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}", "utf-8")
    (folder / "locales/zh-CN.json").write_text('{"csv.id":"编号","outcome.answered":"接通"}', "utf-8")
    (folder / "README.md").write_text("not a page", "utf-8")


async def _noted() -> None:
    """The plan has changed; nobody follows it here."""


@asynccontextmanager
async def house(
    folder: Path,
    *,
    parts: Mapping[str, object] | None = None,
    then: Callable[[Settings], Settings] = lambda made: made,
    **web: object,
) -> AsyncIterator[House]:
    """Serve it all; ``parts`` are other tables of the settings, ``then`` adds what no file has."""
    made = then(settings(folder, parts, **web))
    pages = folder / "pages"
    write_pages(pages)
    store = await Store.open(f"sqlite:///{folder / 'test.db'}", SitePlan(made))
    await store.upgrade()
    await store.sync_roster(made, 0.0)
    await store.discipline.begin_check("main", 0.0)
    board = Board(made)
    hub = Hub(board, lambda: NOON)
    guard = Guard(StoredSessions(store), made.web.allowed_origins, made.access.whole_numbers)
    links: list[LinkFigures] = []
    words = Words.load(pages / "locales")
    desk = Desk(made, SystemClock(), SystemClock(), store, Quiet(board))
    context = AppContext(
        settings=made,
        store=store,
        hub=hub,
        guard=guard,
        words=words,
        pages=pages,
        now=lambda: NOON,
        writer=lambda: WriterHealth(pending=0, spilled_bytes=0, lost=0, last_error=None, since=None),
        links=lambda: links,
        trunks=lambda: ["main/trunk-a"],
        directory=Directory(made),
        desk=desk,
        sender=Sender(made, Noon(), SystemClock(), store, desk.lines, words.say),
        rewind=Rewind(store, made, lambda: NOON),
        plan_changed=_noted,
        lists_changed=_noted,
        passwords=Passwords(),
        throttle=Throttle(time.monotonic),
    )
    try:
        async with served(create_app(context), connection_class(hub, guard), server_header=False) as address:
            driving = asyncio.ensure_future(hub.run())
            async with httpx2.AsyncClient(base_url=f"http://{address}", trust_env=False) as client:
                yield House(address, context, board, pages, client, links)
            driving.cancel()
            await asyncio.gather(driving, return_exceptions=True)
    finally:
        await store.close()


def link(state: LinkState = LinkState.UP) -> LinkFigures:
    """A PBX as ``/readyz`` and ``/metrics`` see it."""
    return LinkFigures(
        pbx="main", state=state, lag_seconds=0.1, lost_events=0, messages=1234, malformed=0, calls=3
    )
