"""``dialwatch demo``: a simulated floor, and the whole product on it, with one command.

The demo is the product: the simulated PBX speaks AMI over TCP to the same listener, into the same store and
board. Only the clock is its own. It begins at 10:20 of today (or at ``start``), because a floor is worth
looking at when there is something to see: what happened since the first agent came is played beforehand
through the same pipeline into the store, as if Dialwatch had been running since then, and the calls that
are going on are taken up as after any restart. From there the clock runs at ``speed``.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import secrets
import socket
import tempfile
import time as machine_time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path

import typer
from pydantic import SecretStr

from monitor import config, service
from monitor.access import Role
from monitor.config_duty import CalendarSettings, RosterSettings
from monitor.domain import Call, Change, ExtensionStatus, LinkState, Outage
from monitor.errors import ConfigError, DialwatchError, EnvironmentFault
from monitor.floor import Floor
from monitor.metrics.plan import SitePlan
from monitor.metrics.voice import VoiceAccumulator
from monitor.pbx.pipeline import Pipeline
from monitor.pbx.simulator import floor
from monitor.pbx.simulator.audio import Recorder
from monitor.pbx.simulator.centre import Centre
from monitor.pbx.simulator.exchange import Exchange
from monitor.pbx.simulator.people import Seat, people, seats
from monitor.pbx.simulator.schedule import Schedule
from monitor.pbx.simulator.server import Server
from monitor.pbx.snapshot import DeviceRow, Snapshot
from monitor.pbx.wire import MESSAGE_END
from monitor.store.store import Store
from monitor.web.security import Passwords

DEFAULT_START = time(10, 20)
DEFAULT_AGENTS = 24
MOST_AGENTS = 900
MOST_SPEED = 600.0
LOGINS = {
    "demo": Role.ADMINISTRATOR,
    "manager": Role.MANAGER,
    "supervisor": Role.SUPERVISOR,
    "lead": Role.TEAM_LEAD,
    "qa": Role.QA,
    "agent": Role.AGENT,
    "tv": Role.BOARD,
}
"""One of each role: the supervisor has the first two teams, the lead the first, the agent is the first of it."""

#: Simulated seconds of history played between two turns of the pipeline.
HISTORY_STEP_SECONDS = 10.0
#: Changes written in one transaction while the history is made.
HISTORY_BATCH = 2000

#: Real seconds between two looks whether the listener has its first picture of the PBX: it tells nobody.
LOOK_SECONDS = 0.05

_LETTERS = "abcdefghjkmnpqrstuvwxyz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What ``dialwatch demo`` can be asked for; ``data_dir`` keeps the data, else it is thrown away.

    ``day`` is the simulated one, today where none is given: the same day and seed make the same calls.
    """

    speed: float = 1.0
    agents: int = DEFAULT_AGENTS
    start: time = DEFAULT_START
    host: str = "127.0.0.1"
    port: int = 8000
    data_dir: Path | None = None
    seed: int = 1
    day: date | None = None


@dataclass(slots=True)
class Demo:
    """A demo that runs: where, with which logins, the product's floor, and the truth about its calls."""

    url: str
    logins: dict[str, str]
    centre: Centre
    clock: DemoClock
    store: Store
    floor: Floor
    history: int = field(default=0)


Ready = Callable[[Demo], Awaitable[None]]


class DemoClock:
    """Simulated time: stands at ``start`` until ``begin``, then runs ``speed`` times as fast as real time.

    It stands while the product starts, so that nothing of the floor is missed meanwhile.
    """

    def __init__(self, speed: float, start: float) -> None:
        self.speed = speed
        self._start = start
        self._began: float | None = None

    def begin(self) -> None:
        """Let time pass from now on."""
        if self._began is None:
            self._began = machine_time.monotonic()

    def now(self) -> float:
        """Simulated epoch seconds."""
        return self._start + self.monotonic()

    def monotonic(self) -> float:
        """Simulated seconds since ``begin``."""
        return 0.0 if self._began is None else (machine_time.monotonic() - self._began) * self.speed

    async def sleep(self, seconds: float) -> None:
        """Wait simulated seconds; real ones while the clock stands."""
        await asyncio.sleep(seconds if self._began is None else seconds / self.speed)


def run_demo(
    speed: float = 1.0,
    agents: int = DEFAULT_AGENTS,
    start: time | None = None,
    host: str = "127.0.0.1",
    port: int = 8000,
    data_dir: Path | None = None,
    seed: int = 1,
) -> None:
    """Run the demo until Ctrl-C. Raises ``DialwatchError`` that says what is wrong."""
    options = Options(
        speed=speed,
        agents=agents,
        start=start or DEFAULT_START,
        host=host,
        port=port,
        data_dir=data_dir,
        seed=seed,
    )
    _check(options)
    typer.echo("正在准备今天到此刻的通话… Preparing the calls of today so far…")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(demo(options, ready=_announce))


async def demo(options: Options, *, ready: Ready | None = None, stop: asyncio.Event | None = None) -> None:
    """Run the demo until ``stop`` is set, a signal comes, or it is cancelled.

    ``ready`` is called when its pages can be opened. Raises ``ConfigError`` for an option out of range,
    ``EnvironmentFault`` where the port is taken, ``StoreError`` where the data cannot be kept.
    """
    _check(options)
    with _data_dir(options) as folder:
        settings = demo_settings(options, folder)
        zone = settings.site.timezone
        day = options.day or datetime.now(zone).date()
        start = datetime.combine(day, options.start, zone).timestamp()
        dawn = datetime.combine(day, floor.DAWN, zone).timestamp()
        centre = _centre(settings, options, folder, min(start, dawn))
        store = await Store.open(settings.store.database_url, SitePlan(settings))
        try:
            await store.upgrade()
            if not await store.rollups.current():
                await store.rollups.rebuild()
            await store.sync_roster(settings, centre.exchange.now)
            # What is played beforehand is heard, as if Dialwatch had been running since midnight.
            midnight = datetime.combine(day, time(), zone).timestamp()
            await store.discipline.begin_check(settings.pbx[0].name, midnight)
            history = await _live_through(centre, settings, store, start)
        finally:
            await store.close()

        clock = DemoClock(options.speed, start)
        pbx = settings.pbx[0]
        secret = pbx.secret.get_secret_value() if pbx.secret is not None else ""
        server = Server(centre.exchange, clock, secret, username=pbx.username, zone=zone)
        port = await server.start()
        settings = settings.model_copy(update={"pbx": (pbx.model_copy(update={"port": port}),)})

        async def up(running: service.Running) -> None:
            while not all(link.state is LinkState.UP for link in running.floor.links()):  # noqa: ASYNC110
                await asyncio.sleep(LOOK_SECONDS)
            running.floor.known_from = dawn  # what was played beforehand is as good as heard
            clock.begin()
            logins = await _make_logins(running.store, running.floor.settings)
            if ready is not None:
                await ready(Demo(running.url, logins, centre, clock, running.store, running.floor, history))

        try:
            async with asyncio.TaskGroup() as group:
                playing = group.create_task(server.run())
                try:
                    await service.serve(settings, clock=clock, ready=up, stop=stop)
                finally:
                    playing.cancel()
                    await server.stop()
        except* DialwatchError as group_of_one:
            raise group_of_one.exceptions[0] from None


def demo_settings(options: Options, folder: Path) -> config.Settings:
    """The shipped configuration, made to fit: its people first, data in ``folder``, a made-up secret.

    Waiting times of the link are in real seconds, however fast the clock runs. Raises ``ConfigError``.
    """
    shipped = config.load(_shipped_config(), {})
    known = [Seat(agent.extension, agent.name, team.name) for team in shipped.teams for agent in team.agents]
    wanted = seats(options.agents, known, options.seed)
    pbx = shipped.pbx[0]
    speed = max(1.0, options.speed)
    pbx = pbx.model_copy(
        update={
            "host": "127.0.0.1",
            "tls": False,
            "secret": SecretStr(secrets.token_urlsafe(24)),
            "agents": ("PJSIP/8[0-9][0-9][0-9]",),
            "recordings": folder / "monitor",
            "silence_seconds": pbx.silence_seconds * speed,
            "ping_seconds": pbx.ping_seconds * speed,
            "reconnect_min_seconds": pbx.reconnect_min_seconds * speed,
            "reconnect_max_seconds": pbx.reconnect_max_seconds * speed,
            "refused_min_seconds": pbx.refused_min_seconds * speed,
        }
    )
    return shipped.model_copy(
        update={
            "pbx": (pbx,),
            # Whoever tries it on a holiday shall see the floor at work.
            "calendar": CalendarSettings(),
            # The page is to be tried, too.
            "roster": RosterSettings(source="store"),
            "teams": _teams(
                shipped, wanted, pbx.name, options.day or datetime.now(shipped.site.timezone).date()
            ),
            "store": shipped.store.model_copy(update={"data_dir": folder, "url": ""}),
            "web": shipped.web.model_copy(update={"host": options.host, "port": options.port}),
        }
    )


def _teams(
    shipped: config.Settings, wanted: Sequence[Seat], pbx: str, today: date
) -> tuple[config.Team, ...]:
    """The seats by team; a shipped team keeps its id and targets. The first leads, the last is a newcomer."""
    found: dict[str, config.Team] = {}
    by_name = {team.name: team for team in shipped.teams}
    for seat in wanted:
        team = found.get(seat.team)
        if team is None:
            known = by_name.get(seat.team)
            team = config.Team(
                id=known.id if known else f"t{len(found) + 1}",
                name=seat.team,
                targets=(known or shipped.teams[0]).targets,
            )
        agent = config.Agent(extension=seat.extension, name=seat.name, pbx=pbx)
        found[seat.team] = team.model_copy(update={"agents": (*team.agents, agent)})
    for team in tuple(found.values()):
        *others, last = team.agents
        if others:
            lead = others[0].model_copy(update={"lead": True})
            new = last.model_copy(update={"hired_on": today - timedelta(days=5)})
            found[team.name] = team.model_copy(update={"agents": (lead, *others[1:], new)})
    return tuple(found.values())


def _centre(settings: config.Settings, options: Options, folder: Path, begin: float) -> Centre:
    """The floor, planned from ``begin`` on."""
    exchange = Exchange(Schedule(begin), options.seed)
    exchange.booted_at = begin - 6 * 3600
    recorder = Recorder(folder / "monitor", options.seed)
    centre = Centre(exchange, settings.site.timezone, recorded=recorder.record)
    roster = [
        Seat(agent.extension, agent.name, team.name) for team in settings.teams for agent in team.agents
    ]
    floor.Floor(centre, people(roster, options.seed), options.seed).open()
    return centre


async def _live_through(centre: Centre, settings: config.Settings, store: Store, until: float) -> int:
    """Play the day up to ``until`` through a pipeline into the store; returns how many calls there were."""
    exchange = centre.exchange
    pipeline = Pipeline(settings.pbx[0], settings.site.emergency_numbers, VoiceAccumulator)
    messages: list[bytes] = []
    waiting: dict[str, Change] = {}

    def hear(_kind: str, message: bytes) -> None:
        messages.append(message.removesuffix(MESSAGE_END))

    exchange.sinks.append(hear)
    exchange.quiet = True
    devices = tuple(DeviceRow(device, state) for device, state in exchange.devices.items())
    pipeline.resync(Snapshot(devices=devices), exchange.now)
    while exchange.now < until:
        exchange.schedule.run_until(min(until, exchange.now + HISTORY_STEP_SECONDS))
        pipeline.received(messages, exchange.now)
        messages.clear()
        for change in pipeline.take():
            waiting[_identity(change)] = change
        if len(waiting) >= HISTORY_BATCH:
            await store.write(list(waiting.values()))
            waiting.clear()
            await asyncio.sleep(0)
    await store.write(list(waiting.values()))
    exchange.quiet = False
    exchange.sinks.remove(hear)
    return len(centre.truth)


def _identity(change: Call | ExtensionStatus | Outage) -> str:
    return f"extension {change.extension}" if isinstance(change, ExtensionStatus) else change.id


async def _make_logins(store: Store, settings: config.Settings) -> dict[str, str]:
    """New passwords for the demo's own logins, made anew at each start; one password for all keeps it short."""
    password = "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(2))
    hashed = await Passwords().hashed(password)
    teams = [team.id for team in settings.teams]
    first = min((each for each in (await store.roster()).assignments), key=lambda each: each.extension)
    for name, role in LOGINS.items():
        seen = {Role.SUPERVISOR: teams[:2], Role.TEAM_LEAD: teams[:1]}.get(role, [])
        person = first.person_id if role is Role.AGENT else None
        if not await store.create_user(name, hashed, role, seen, person):
            await store.set_password(name, hashed)
            await store.set_role(name, role, seen, person)
    return dict.fromkeys(LOGINS, password)


async def _announce(running: Demo) -> None:
    """Say in both languages where the demo is and how to get in."""
    local = datetime.fromtimestamp(running.clock.now(), running.centre.zone)
    pace = f"{running.clock.speed:g}"
    people_in = "\n".join(
        f"  用户名 user      {name:<11} 密码 password  {word}   {LOGINS[name]}"
        for name, word in running.logins.items()
    )
    typer.echo(
        f"\nDialwatch 演示已就绪：模拟的外呼大厅，数据均为虚构。\n"
        f"The Dialwatch demo is ready: a simulated floor, nothing in it is real.\n\n"
        f"  网址 address     {running.url}\n{people_in}\n"
        f"  模拟时间 clock   {local:%Y-%m-%d %H:%M}，{pace} 倍速 ({pace}× real time)\n"
        f"  已有通话 calls   {running.history}\n\n"
        f"按 Ctrl-C 结束。 Press Ctrl-C to stop.\n"
    )


def _check(options: Options) -> None:
    if not 1 <= options.agents <= MOST_AGENTS:
        raise ConfigError(f"--agents {options.agents}: write a number from 1 to {MOST_AGENTS}")
    if not (math.isfinite(options.speed) and 0 < options.speed <= MOST_SPEED):
        raise ConfigError(f"--speed {options.speed:g}: write a number above 0, at most {MOST_SPEED:g}")
    # Before the history is made: whoever has to choose another port should know at once.
    with socket.socket(socket.AF_INET6 if ":" in options.host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((options.host, options.port))
        except OSError as error:
            raise EnvironmentFault(
                f"{options.host}:{options.port} 无法使用，请用 --port 换一个端口；"
                f"can't be used ({error.strerror or error}); choose another with --port"
            ) from None


@contextlib.contextmanager
def _data_dir(options: Options) -> Iterator[Path]:
    if options.data_dir is not None:
        options.data_dir.mkdir(parents=True, exist_ok=True)
        yield options.data_dir
        return
    with tempfile.TemporaryDirectory(prefix="dialwatch-demo-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _shipped_config() -> Path:
    """``config.toml`` beside the package."""
    return Path(__file__).resolve().parents[1] / "config.toml"
