"""The composition root: the only place that knows all rooms. Starts them, watches them, stops them.

The way of a change: a listener's pipeline → ``Floor.publish`` → the writer (to the store), the board, the
hub (to the browsers). Start: what the outbox still holds is stored, the board is rebuilt from the store, open
calls go back to their pipelines, then the listeners connect. A store that is down stops none of this: the
outbox takes what happens, the board says so, and what is stored is added when the store is back.

Every task has an owner here. A room that fails is logged and started again, later and later; the web
server is the exception: without it nothing can be seen, so its failure ends the program.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import structlog
import uvicorn

from monitor.access import Role
from monitor.clock import Clock, SystemClock
from monitor.config import Settings
from monitor.errors import DialwatchError, EnvironmentFault, StoreError
from monitor.floor import Floor, Line
from monitor.metrics.plan import SitePlan
from monitor.rewinding import Rewind
from monitor.sending import schedule
from monitor.sending.sender import Sender
from monitor.store.store import Store
from monitor.store.writer import Writer
from monitor.web.app import create_app
from monitor.web.connection import connection_class
from monitor.web.context import AppContext
from monitor.web.guard import Guard, Session
from monitor.web.pages import dashboard_folder
from monitor.web.security import Passwords, Throttle, new_token, token_hash
from monitor.web.words import Words

log = structlog.get_logger(__name__)

SESSIONS_SECONDS = 5.0
SUMS_SECONDS = 5.0
"""Sums that have to be made anew wait for so long: the first boards go first."""
SETUP_SECONDS = 24 * 3600.0
FLUSH_SECONDS = 10.0
_RETRY_MOST_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Running:
    """A Dialwatch that is up: where its pages are (empty: it has none), and its rooms."""

    url: str
    floor: Floor
    store: Store


Hook = Callable[[Running], Awaitable[None]]


async def serve(
    settings: Settings,
    *,
    clock: Clock | None = None,
    listen: bool = True,
    web: bool = True,
    ready: Hook | None = None,
    stop: asyncio.Event | None = None,
) -> None:
    """Run the product until ``stop`` is set, a signal comes, or it is cancelled.

    ``clock`` is the floor's (the demo's runs faster); sessions and pauses go by the machine's own. ``ready``
    is called once the pages can be opened, before anybody is asked to set up a login: the demo makes its
    logins there. ``listen=False`` connects to no PBX and follows what another process stores;
    ``web=False`` is that other process: no pages, nothing is bound.

    Raises ``EnvironmentFault`` when the address can't be had, ``StoreError`` when the store's URL is wrong,
    ``ConfigError`` for a report to be sent that is none.
    """
    schedule.checked(settings)
    with contextlib.ExitStack() as held:
        sock = held.enter_context(contextlib.closing(_bound(settings))) if web else None
        floor_clock = clock or SystemClock()
        store = await Store.open(settings.store.database_url, SitePlan(settings))
        # Who follows stores no calls, and leaves alone what the listening process keeps for the store.
        outbox = settings.store.data_dir / ("outbox" if listen else "outbox-web")
        writer = Writer(store, outbox, settings.store.outbox_bytes)
        floor = Floor(settings, floor_clock, store, writer)
        words = Words.load(dashboard_folder() / "locales")
        sender = Sender(
            settings, floor_clock, SystemClock(), store, floor.desk.lines, words.say, lambda: floor.rebuilt
        )
        try:
            await _run(floor, sender, words, sock, listen, ready, stop or asyncio.Event())
        except* DialwatchError as group:
            first: BaseException = group
            while isinstance(first, BaseExceptionGroup):
                first = first.exceptions[0]
            raise first from None
        finally:
            floor.desk.close()
            await _finish(floor)
            await store.close()


async def _run(
    floor: Floor,
    sender: Sender,
    words: Words,
    sock: socket.socket | None,
    listen: bool,
    ready: Hook | None,
    stop: asyncio.Event,
) -> None:
    running = Running(_url(sock), floor, floor.store)
    stored = await _try_store(floor)
    with _signals(stop):
        async with asyncio.TaskGroup() as group:
            rooms = [
                group.create_task(_kept_up("writer", floor.writer.run)),
                group.create_task(_kept_up("heard", floor.keep_heard)),
                group.create_task(_kept_up("duty", lambda: floor.keep_duty(decide=listen))),
            ]
            server = None
            if sock is not None:
                settings = floor.settings
                guard = Guard(
                    StoredSessions(floor.store), settings.web.allowed_origins, settings.access.whole_numbers
                )
                server = _web_server(floor, sender, words, guard)
                rooms += [
                    group.create_task(_kept_up("hub", floor.hub.run)),
                    group.create_task(_kept_up("sessions", lambda: _watch_sessions(floor, guard))),
                ]
                web = group.create_task(_serve_web(server, sock, stop))
                while not (server.started or web.done()):  # noqa: ASYNC110 - uvicorn sets an attribute, no event
                    await asyncio.sleep(0.01)
            if listen:
                rooms += [
                    group.create_task(_kept_up(f"listener {each.pbx.name}", _listening(floor, each)))
                    for each in floor.lines
                ]
                rooms.append(group.create_task(_kept_up("alerts", floor.desk.run)))
                rooms.append(group.create_task(_kept_up("reports", sender.run)))
            else:
                rooms.append(group.create_task(_kept_up("follow", floor.follow_store)))
                rooms.append(group.create_task(floor.desk.open()))
            rooms.append(group.create_task(_greet(running, stored, ready, listen)))
            await stop.wait()
            for room in rooms:
                room.cancel()
            if server is not None:
                server.should_exit = True


async def _greet(running: Running, stored: bool, ready: Hook | None, listen: bool) -> None:
    """Wait for the store if need be, then let people in; sums that are not of now are made anew."""
    pause = 1.0
    while not stored:
        await asyncio.sleep(pause)
        pause = min(pause * 2, _RETRY_MOST_SECONDS)
        stored = await _try_store(running.floor)
    if ready is not None:
        await ready(running)
    if running.url:
        await _offer_set_up(running.store, running.url)
    if listen:
        await asyncio.sleep(SUMS_SECONDS)
        await _kept_up("sums", lambda: _keep_sums(running.store))


async def _keep_sums(store: Store) -> None:
    """Make the sums of reports anew if they are not those of the calls by the settings in force."""
    if not await store.rollups.current():
        log.info("sums_are_made_anew", why="a new database, schema or setting that they depend on")
        log.info("sums_made", calls=await store.rollups.rebuild())


async def _try_store(floor: Floor) -> bool:
    """Bring the store up to date and show what is in it; ``False`` when it is down."""
    try:
        await floor.store.upgrade()
        await floor.rebuild()
    except StoreError as error:
        log.error("store_down", why=str(error), now="listening goes on; changes wait in the outbox")
        return False
    return True


async def _offer_set_up(store: Store, url: str) -> None:
    """Print a one-time link when there is no login yet."""
    users = await store.users()
    if users:
        log.info("ready", url=url)
        if not any(each.role == Role.ADMINISTRATOR and not each.disabled for each in users):
            log.warning("no_administrator", mend="dialwatch user role NAME --role administrator")
        return
    token = new_token()
    await store.create_setup_token(token_hash(token), time.time() + SETUP_SECONDS)
    sys.stderr.write(
        f"还没有登录账号。请在 24 小时内打开此链接创建第一个账号（仅可使用一次）：\n"
        f"There is no login yet. Make the first one here within 24 hours (the link works once):\n"
        f"  {url}/setup?token={token}\n"
    )
    sys.stderr.flush()


def _listening(floor: Floor, line: Line) -> Callable[[], Awaitable[None]]:
    async def listen() -> None:
        while True:
            line.again.clear()
            async with asyncio.TaskGroup() as group:
                listening = group.create_task(floor.make_listener(line).run())
                await line.again.wait()
                listening.cancel()

    return listen


async def _kept_up(name: str, room: Callable[[], Awaitable[None]], first_pause: float = 1.0) -> None:
    """Run a room for ever; one that fails is started again, after 1 s, 2 s, 4 s … up to a minute."""
    pause = first_pause
    while True:
        begun = time.monotonic()
        try:
            await room()
        except Exception:
            log.exception("room_failed", room=name, again_in_seconds=pause)
        if time.monotonic() - begun > _RETRY_MOST_SECONDS:
            pause = first_pause
        await asyncio.sleep(pause)
        pause = min(pause * 2, _RETRY_MOST_SECONDS)


async def _watch_sessions(floor: Floor, guard: Guard) -> None:
    """Close the boards of sessions that were ended elsewhere, or have expired."""
    while True:
        await asyncio.sleep(SESSIONS_SECONDS)
        for hashed in floor.hub.sessions:
            try:
                if await guard.session(hashed, fresh=True) is None:
                    floor.hub.close_sessions([hashed])
            except StoreError:
                # Not known to us, and not to be asked: it has to log in again when the store is back.
                floor.hub.close_sessions([hashed])


async def _finish(floor: Floor) -> None:
    """Store what is still waiting; what can't be stored stays in the outbox on disk."""
    try:
        async with asyncio.timeout(FLUSH_SECONDS):
            await floor.writer.flush()
            await floor.store_heard()
    except (StoreError, TimeoutError) as error:
        log.warning("left_in_outbox", why=str(error) or "the store did not answer in time")
        if pending := floor.writer.health().pending:
            log.error("changes_lost", count=pending, why="neither the database nor the outbox took them")


class StoredSessions:
    """The guard's sessions, from the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def find(self, hashed: str) -> Session | None:
        """The session of a token hash, if its user may still log in. Raises ``StoreError``."""
        found = await self._store.session(hashed)
        if found is None:
            return None
        return Session(hashed, found.username, found.role, found.expires_at, found.teams, found.person)


class _Server(uvicorn.Server):
    """uvicorn without its own signal handlers: ``serve`` decides when it ends."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield


def _web_server(floor: Floor, sender: Sender, words: Words, guard: Guard) -> _Server:
    settings = floor.settings
    pages = dashboard_folder()
    context = AppContext(
        settings=settings,
        store=floor.store,
        hub=floor.hub,
        guard=guard,
        words=words,
        pages=pages,
        now=floor.clock.now,
        writer=floor.writer.health,
        links=floor.links,
        trunks=floor.trunks,
        directory=floor.directory,
        desk=floor.desk,
        sender=sender,
        rewind=Rewind(floor.store, floor.settings, floor.clock.now),
        plan_changed=floor.refresh_duty,
        lists_changed=floor.refresh_watch,
        passwords=Passwords(),
        throttle=Throttle(time.monotonic),
    )
    ws: Any = connection_class(floor.hub, guard)
    return _Server(
        uvicorn.Config(
            create_app(context),
            ws=ws,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            proxy_headers=True,
            forwarded_allow_ips=list(settings.web.trusted_proxies),
            timeout_graceful_shutdown=5,
        )
    )


async def _serve_web(server: _Server, sock: socket.socket, stop: asyncio.Event) -> None:
    try:
        await server.serve([sock])
    except Exception as error:
        log.exception("web_failed")
        raise EnvironmentFault(f"the web server has failed ({error}); the log says where") from error
    finally:
        stop.set()


def _bound(settings: Settings) -> socket.socket:
    """A socket on the address the pages are to have. Raises ``EnvironmentFault``."""
    host, port = settings.web.host, settings.web.port
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        sock = socket.socket(family, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(address)
            # Listening now shows at once when another program has the port.
            sock.listen(2048)
        except OSError:
            sock.close()
            raise
    except OSError as error:
        raise EnvironmentFault(
            f"[web] {host}:{port} can't be served: {error.strerror or error}; "
            "stop the program that has the port, or change host or port in [web]"
        ) from error
    return sock


def _url(sock: socket.socket | None) -> str:
    """How the pages on a socket are opened; empty without one."""
    if sock is None:
        return ""
    host, port = sock.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        host = socket.gethostname()
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextlib.contextmanager
def _signals(stop: asyncio.Event) -> Iterator[None]:
    """SIGTERM and SIGINT stop cleanly; a second one ends at once."""
    loop = asyncio.get_running_loop()
    handled = (signal.SIGTERM, signal.SIGINT)

    def asked() -> None:
        if stop.is_set():
            sys.exit(130)
        stop.set()

    try:
        for each in handled:
            loop.add_signal_handler(each, asked)
    except (RuntimeError, ValueError):  # not the main thread: a test, or somebody's own program
        yield
        return
    try:
        yield
    finally:
        for each in handled:
            loop.remove_signal_handler(each)


def run(settings: Settings, *, listen: bool = True, web: bool = True) -> None:
    """What ``dialwatch run`` does, ``listen`` or ``web`` alone; on uvloop where it is installed."""
    new_event_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
    with contextlib.suppress(ImportError):
        from uvloop import new_event_loop as new_event_loop  # not on every platform

    async def settle(running: Running) -> None:
        # A day of calls stays: to look through it at every full collection would only make pauses.
        gc.collect()
        gc.freeze()

    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(serve(settings, listen=listen, web=web, ready=settle))
