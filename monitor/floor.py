"""One floor, running: what the listeners tell goes to the store, the board and the browsers.

``service.py`` makes it and lets it run; nothing here opens a socket.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import Iterator, Sequence
from datetime import timedelta

import structlog

from monitor import attendance, watching
from monitor.alerts.desk import Desk, shown_alerts
from monitor.alerts.words import Writer as AlertWriter
from monitor.clock import Clock, SystemClock
from monitor.config import Pbx, Settings
from monitor.contacts import DO_NOT_CALL, contact_of
from monitor.domain import Call, Change, ExtensionStatus, Gap, LinkState, LinkStatus, Outage
from monitor.errors import StoreError
from monitor.metrics import frames, harassment, shifts
from monitor.metrics.board import Board
from monitor.metrics.cases import Found
from monitor.metrics.recent import Recent
from monitor.metrics.voice import VoiceAccumulator
from monitor.pbx.link import Listener
from monitor.pbx.pipeline import Pipeline
from monitor.staffing import staffed
from monitor.store.store import Store
from monitor.store.writer import Writer
from monitor.web.context import LinkFigures
from monitor.web.directory import Directory
from monitor.web.hub import Hub

log = structlog.get_logger(__name__)

HEARD_SECONDS = 5.0
"""How often it is stored that a PBX was heard: after a crash, at most so much is called blind too much."""
DUTY_SECONDS = 60.0
"""How often the plan and the do-not-call list are read anew and verdicts are stored."""
FOLLOW_SECONDS = 2.0
RECENT_SECONDS = 900.0
SILENT_SECONDS = 45.0
"""Without a word stored for so long a PBX counts as not heard (an idle one is pinged every 10 s)."""


class CountingPipeline(Pipeline):
    """A pipeline that counts what it is given."""

    messages = 0

    def received(self, messages: Sequence[bytes], at: float) -> None:
        """Count and take."""
        self.messages += len(messages)
        super().received(messages, at)


class Line:
    """One PBX: its pipeline, and its listener once it listens; ``again`` asks for a new connection.

    ``status`` is how another process hears the PBX, where we only follow the store.
    """

    def __init__(self, pbx: Pbx, emergency_numbers: tuple[str, ...]) -> None:
        self.pbx = pbx
        self.pipeline = CountingPipeline(pbx, emergency_numbers, VoiceAccumulator)
        self.listener: Listener | None = None
        self.last_heard: float | None = None
        self.status: LinkStatus | None = None
        self.again = asyncio.Event()


class Floor:
    """The lines, the board, and the way of a change from the one to the other."""

    def __init__(self, settings: Settings, clock: Clock, store: Store, writer: Writer) -> None:
        self.settings = settings
        self.clock = clock
        self.store = store
        self.writer = writer
        self.board = Board(
            settings, attendance.bare_duty(settings, shifts.day_of(clock.now(), settings.site.timezone))
        )
        self._known: object = None
        self.watch = harassment.Watch(settings.guard, settings.site.timezone)
        self.hub = Hub(self, clock.now)
        self.directory = Directory(settings)
        self.lines = [Line(pbx, settings.site.emergency_numbers) for pbx in settings.pbx]
        self.rebuilt = False
        self.known_from = float("-inf")
        self.desk = Desk(settings, clock, SystemClock(), store, self)
        self._alert_writer = AlertWriter(settings.site.name, settings.site.timezone)
        self._open: dict[str, set[str]] = {pbx.name: set() for pbx in settings.pbx}
        self._since_rebuild: set[str] = set()
        self._trunks: set[str] = set()

    def publish(self, changes: Sequence[Change]) -> None:
        """Take what a listener tells: it is handed to the writer first, then shown. Never blocks."""
        self.writer.put(changes)
        now = self.clock.now()
        for change in changes:
            self._show(change, now)
            if not self.rebuilt:
                self._since_rebuild.add(_identity(change))
        self.hub.wake()

    def _show(self, change: Change, now: float) -> None:
        self.board.apply(change, now)
        if isinstance(change, Call):
            self.watch.put(contact_of(change))
            open_calls = self._open.setdefault(change.pbx, set())
            (open_calls.discard if change.ended else open_calls.add)(change.id)
            if change.trunk is not None:
                self._trunks.add(f"{change.pbx}/{change.trunk}")

    def links(self) -> list[LinkFigures]:
        """How each PBX is heard."""
        return [_figures(line, len(self._open[line.pbx.name])) for line in self.lines]

    def trunks(self) -> list[str]:
        """The trunks that carried calls today (``pbx/name``), and those configured by their full name."""
        plain = {
            f"{pbx.name}/{trunk.partition('/')[2]}"
            for pbx in self.settings.pbx
            for trunk in pbx.trunks
            if not set("*?[") & set(trunk)
        }
        return sorted(plain | self._trunks)

    # -- the board as the hub wants it

    def tick(self, now: float) -> None:
        """Let time pass on the board, and show how storing goes."""
        health = self.writer.health()
        state = health.state
        # What waits for the next transaction is no news: only trouble is shown with its size.
        self.board.storage(state, 0 if state == "ok" else health.pending)
        self.board.tick(now)

    def snapshot(self, now: float, teams: frozenset[str] | None = None) -> frames.Board:
        """The whole board, or some teams alone."""
        return self.board.snapshot(now, teams)

    def delta(self, now: float) -> object | None:
        """What changed on it."""
        return self.board.delta(now)

    def delta_of(self, teams: frozenset[str], now: float) -> object | None:
        """What changed of some teams."""
        return self.board.delta_of(teams, now)

    def forget(self, teams: frozenset[str]) -> None:
        """Nobody watches these teams alone any more."""
        self.board.forget(teams)

    # -- what the alerts look at

    def recent(self, since: float) -> Recent:
        """Dials begun from ``since`` on."""
        return self.board.recent(since)

    def breaches(self, now: float) -> list[Found]:
        """Today's breaches of the harassment guard, newest first."""
        zone = self.settings.site.timezone
        return self.watch.breaches(*shifts.day_bounds(shifts.day_of(now, zone), zone))

    def show_alerts(self, active: Sequence[frames.Alert]) -> None:
        """Show what wants a person now."""
        self.board.alerts(active)
        self.hub.wake()

    # -- from and to the store

    async def rebuild(self) -> None:
        """Show what is stored of today, and take up the calls that were open. Raises ``StoreError``.

        Harmless while listeners are at work: what they told since is newer and stays.
        """
        await self.writer.flush()
        with _without_collections():
            await self._rebuild()
        self.rebuilt = True
        self._since_rebuild.clear()
        self.hub.wake()

    async def _rebuild(self) -> None:
        now = self.clock.now()
        await self.store.sync_roster(self.settings, now)
        await self.refresh_duty()
        begun = self.board.begins_at(now)
        # Some thousands at a time, and the listeners' turn between: Asterisk waits for no reader.
        async for briefs, calls in self.store.counted_between(begun, now + 1):
            self.board.load([each for each in briefs if each.id not in self._since_rebuild], now)
            self._trunks |= {
                f"{pbx}/{trunk}" for pbx, trunk in {(each.pbx, each.trunk) for each in briefs} if trunk
            }
            self._show_stored(calls, now)
        await self.refresh_watch()
        dials = await self.store.watch.dials([(self._watched_from(now), now + 1)])
        for dial in dials:
            if dial.id not in self._since_rebuild:
                self.watch.put(dial)
        self._show_stored(await self.store.gaps(begun, now), now)
        self._show_stored(await self.store.outages.between(begun, now), now)
        self._show_stored(await self.store.extensions(), now)
        for line in self.lines:
            name = line.pbx.name
            still_open = await self.store.open_calls(name)
            self._show_stored(still_open, now)
            line.last_heard = await self.store.last_heard(name)
            if line.last_heard is None and not self.rebuilt:
                self.known_from = now
            unknown = [call for call in still_open if call.id not in self._since_rebuild]
            down = [
                each
                for each in await self.store.outages.open(name)
                if _identity(each) not in self._since_rebuild
            ]
            if line.listener is None:
                line.pipeline.restore(unknown, line.last_heard, down)
            elif unknown or down:
                # Only a new picture of the PBX tells what became of them: connect again.
                line.pipeline.restore(unknown, outages=down)
                line.again.set()

    def _show_stored(self, stored: Sequence[Change], now: float) -> None:
        """Show what is stored, but for what a listener has told anew."""
        for change in stored:
            if _identity(change) not in self._since_rebuild:
                self._show(change, now)

    async def follow_store(self) -> None:
        """Show for ever what another process stores: for ``dialwatch web`` beside a ``dialwatch listen``."""
        shown: dict[str, Change] = {}
        while True:
            await asyncio.sleep(FOLLOW_SECONDS)
            try:
                stored = await self._lately()
                active = await self.store.alerts.active()
            except StoreError as error:
                log.warning("store_not_read", why=str(error))
                continue
            now = self.clock.now()
            for change in stored:
                if shown.get(_identity(change)) != change:
                    self._show(change, now)
            shown = {_identity(change): change for change in stored}
            self.board.alerts(shown_alerts(active, self._alert_writer))
            self.hub.wake()

    async def _lately(self) -> list[Change]:
        """Calls that may have changed: those begun a short while ago, those open, those open when last seen."""
        now = self.clock.now()
        calls = {call.id: call for call in await self.store.calls_between(now - RECENT_SECONDS, now + 1)}
        found: list[Change] = [
            *await self.store.gaps(now - RECENT_SECONDS, now),
            *await self.store.outages.between(now - RECENT_SECONDS, now),
            *await self.store.extensions(),
        ]
        for line in self.lines:
            name = line.pbx.name
            calls |= {call.id: call for call in await self.store.open_calls(name)}
            for missing in self._open[name] - calls.keys():
                ended = await self.store.call(missing)
                if ended is not None:
                    calls[missing] = ended
            heard = await self.store.last_heard(name)
            up = heard is not None and now - heard < SILENT_SECONDS
            reason = (
                "" if up else "no process has heard this PBX lately; is dialwatch listen (or run) at work?"
            )
            state, since = (LinkState.UP, 0.0) if up else (LinkState.DOWN, heard or 0.0)
            if line.status is None or line.status.state is not state:
                line.status = LinkStatus(pbx=name, state=state, since=since or now, reason=reason)
            found.append(line.status)
        return [*found, *calls.values()]

    async def refresh_duty(self) -> None:
        """Take up who has to dial when: seats, days by hand, absences, overtime, targets. Raises ``StoreError``."""
        now = self.clock.now()
        today = shifts.day_of(now, self.settings.site.timezone)
        roster = await self.store.roster()
        plan = staffed(self.settings, roster, now)
        duty = await attendance.duty_for(self.store, self.settings, today - timedelta(days=1), today)
        goals = await attendance.goals_for(self.store, plan, roster)
        self.directory.learn(roster, plan)
        known = (duty.known, goals.known, plan.teams)
        if known != self._known:
            self._known = known
            self.board.learn(duty, now, plan.teams, goals)
            self.hub.wake()

    async def refresh_watch(self) -> None:
        """Take up the do-not-call list, and let go of dials that no rule looks at any more. Raises ``StoreError``."""
        self.watch.forget(self._watched_from(self.clock.now()))
        self.watch.learn(await watching.listing(self.store, self.settings, DO_NOT_CALL))

    def _watched_from(self, now: float) -> float:
        zone = self.settings.site.timezone
        return shifts.day_bounds(shifts.day_of(now, zone), zone)[0] - self.settings.guard.watched_seconds

    async def keep_duty(self, *, decide: bool) -> None:
        """Follow the plan for ever, and ``decide`` (one process does) what came of it."""
        missed = decide
        while True:
            try:
                if decide:
                    await self._begin_check()
                await self.refresh_duty()
                await self.refresh_watch()
                if decide:
                    now = self.clock.now()
                    days = await attendance.days_to_settle(self.store, self.settings, now)
                    await attendance.settle(self.store, self.settings, days if missed else days[-2:], now)
                    missed = False
            except StoreError as error:
                log.warning("verdicts_not_stored", why=str(error))
            await asyncio.sleep(DUTY_SECONDS)

    async def _begin_check(self) -> None:
        """A PBX is watched from when it was first heard: nobody is judged by what was before."""
        watched = await self.store.discipline.watched()
        for line in self.lines:
            heard = None if line.pbx.name in watched else await self.store.last_heard(line.pbx.name)
            if heard is not None:
                await self.store.discipline.begin_check(line.pbx.name, heard)

    def make_listener(self, line: Line) -> Listener:
        """A listener for a line; the one before, if any, has ended."""
        if line.listener is not None:
            line.last_heard = line.listener.last_heard or line.last_heard
        line.listener = Listener(
            line.pbx, line.pipeline, self.publish, clock=self.clock, last_heard=line.last_heard
        )
        return line.listener

    async def keep_heard(self) -> None:
        """Store for ever, every few seconds, up to when each PBX was heard."""
        while True:
            await asyncio.sleep(HEARD_SECONDS)
            try:
                await self.store_heard()
            except StoreError as error:
                log.warning("heard_not_stored", why=str(error))

    async def store_heard(self) -> None:
        """Store up to when each PBX was heard. Raises ``StoreError``."""
        for line in self.lines:
            listener = line.listener
            if listener is not None and listener.last_heard is not None:
                await self.store.heard(line.pbx.name, listener.last_heard)


@contextlib.contextmanager
def _without_collections() -> Iterator[None]:
    """No garbage collections meanwhile: each would look through all the calls read so far (half of the time)."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _identity(change: Change) -> str:
    if isinstance(change, Call):
        return change.id
    if isinstance(change, Gap):
        return f"gap {change.id}"
    if isinstance(change, Outage):
        return f"outage {change.id}"
    if isinstance(change, ExtensionStatus):
        return f"extension {change.pbx}/{change.extension}"
    return f"link {change.pbx}"


def _figures(line: Line, open_calls: int) -> LinkFigures:
    pipeline = line.pipeline
    status = line.status if line.listener is None else line.listener.status
    return LinkFigures(
        pbx=line.pbx.name,
        state=LinkState.CONNECTING if status is None else status.state,
        lag_seconds=None if status is None else status.lag_seconds,
        lost_events=0 if status is None else status.lost_events,
        messages=pipeline.messages,
        malformed=pipeline.malformed,
        calls=open_calls,
    )
