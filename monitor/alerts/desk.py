"""The alerts' own room: looks at the rules, hands what is to be told to the channels, shows what stands.

It runs in the process that listens. A dashboard alone (``listen=False``) only tries channels; what stands it
reads from the store.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import structlog

from monitor.alerts.delivery import new_delivery, taken_up
from monitor.alerts.engine import REMEMBERED_SECONDS, Engine, Notice
from monitor.alerts.kinds import TRUNK_SECONDS, Disk, Values
from monitor.alerts.line import ChannelInfo
from monitor.alerts.lines import Lines
from monitor.alerts.rulebook import book
from monitor.alerts.words import LANGUAGES, Text, Writer
from monitor.clock import Clock
from monitor.config import Settings
from monitor.config_alerts import Alert as Rule
from monitor.errors import StoreError
from monitor.metrics import frames
from monitor.metrics.cases import Found
from monitor.metrics.recent import Recent
from monitor.notices import Alert, Delivery, DeliveryState, What
from monitor.store.store import Store

log = structlog.get_logger(__name__)

LOOK_SECONDS = 1.0
COUNT_SECONDS = 60.0
"""How often dials of the last while are counted and disks looked at."""
AGAIN_SECONDS = 5.0
FOLLOW_SECONDS = 5.0
"""How often rules are read that another process may have changed."""
KEPT_SECONDS = 90 * 86400.0
"""So long the delivery log goes back."""


class Watched(Protocol):
    """What the alerts need of the floor."""

    @property
    def rebuilt(self) -> bool:
        """Whether what is stored of today is on the board: until then everybody seems to have done nothing."""

    @property
    def known_from(self) -> float:
        """From when on the floor is known at all: a first start knows nothing of the morning before it."""

    def snapshot(self, now: float) -> frames.Board:
        """The whole board."""

    def recent(self, since: float) -> Recent:
        """Dials begun from ``since`` on."""

    def breaches(self, now: float) -> Sequence[Found]:
        """Today's breaches of the harassment guard, newest first."""

    def show_alerts(self, active: Sequence[frames.Alert]) -> None:
        """Show what stands."""


class Desk:
    """Alerts of one floor. ``clock`` is the floor's, ``timer`` the channels': they are real, however fast a demo is."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        timer: Clock,
        store: Store,
        floor: Watched,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._timer = timer
        self._kept = store.alerts
        self._floor = floor
        self.lines = Lines(settings, timer, store)
        self._ledger = self.lines.ledger
        self._writer = Writer(settings.site.name, settings.site.timezone, settings.web.public_url)
        self._stored_rules = store.alert_rules
        self._book = book(settings, ())
        self._followed_at = float("-inf")
        self._engine = Engine(self._rules, settings.site.timezone)
        self._counted_at = float("-inf")

    async def open(self) -> None:
        """Make the channels ready; one that can't be used says why (``channels``)."""
        await self.lines.open()

    def close(self) -> None:
        """Let the channels' threads end."""
        self.lines.close()

    def channels(self) -> list[ChannelInfo]:
        """The channels, as they may be shown."""
        return self.lines.infos()

    async def test(self, channel: str) -> Delivery | None:
        """Send a test message on a channel; ``None`` if there is no such channel."""
        return await self.lines.test(channel)

    @property
    def _rules(self) -> list[Rule]:
        """The rules in force."""
        return [each.rule for each in self._book if each.rule is not None and each.holds]

    @property
    def _muted(self) -> dict[str, float]:
        return {each.id: each.muted_until for each in self._book if each.muted_until is not None}

    async def learn(self) -> None:
        """Take up the rules as they stand now; the page calls it after a change. Raises ``StoreError``."""
        self._followed_at = self._timer.monotonic()
        found = book(self._settings, await self._stored_rules.rules())
        if found != self._book:
            self._book = found
            self._counted_at = float(
                "-inf"
            )  # what is counted once a minute is looked at by the new rules at once
            self._engine.learn(self._rules, self._muted)

    async def _follow(self) -> None:
        """Take up what another process has changed."""
        if self._timer.monotonic() - self._followed_at >= FOLLOW_SECONDS:
            try:
                await self.learn()
            except StoreError as error:
                log.warning("rules_not_read", why=str(error))

    async def run(self) -> None:
        """Watch and deliver for ever."""
        await self.open()
        await self._take_up()
        async with asyncio.TaskGroup() as group:
            group.create_task(self.lines.run())
            group.create_task(self._watch())

    async def _take_up(self) -> None:
        """Go on where an earlier run was; until the store can be read nothing is told, else it were told twice."""
        while True:
            try:
                await self._ledger.write()
                now = self._clock.now()
                await self._kept.forget(now - KEPT_SECONDS)
                await self.learn()
                alerts = await self._kept.alerts(now - REMEMBERED_SECONDS)
                unfinished = taken_up(await self._kept.unfinished(), self.lines, self._timer.now())
                break
            except StoreError as error:
                log.warning("alerts_wait_for_the_store", why=str(error))
            await self._timer.sleep(AGAIN_SECONDS)
        self.lines.clear()  # after a failure of ours they may still hold what the store gives again
        self._engine = Engine(self._rules, self._settings.site.timezone, alerts, self._muted)
        await self._ledger.write(deliveries=[each for each in unfinished if each.done_at is not None])
        await self.lines.put([each for each in unfinished if each.state is DeliveryState.WAITING])
        self._show()

    async def _watch(self) -> None:
        while True:
            await self._follow()
            await self.look()
            await self._timer.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Look at the rules once, and send what comes of it on its way."""
        if not self._floor.rebuilt:
            return
        now = self._clock.now()
        recent, disks = None, None
        if not 0 <= now - self._counted_at < COUNT_SECONDS:
            self._counted_at = now
            window = max([TRUNK_SECONDS, *(rule.window_minutes * 60 for rule in self._rules)])
            recent = self._floor.recent(now - window)
            disks = await asyncio.to_thread(self._disks)
        values = Values(
            board=self._floor.snapshot(now),
            known_from=self._floor.known_from,
            breaches=self._floor.breaches(now),
            recent=recent,
            disks=disks,
        )
        looked = self._engine.look(values, now)
        if not looked.changed:
            return
        channels = {rule.id: rule.channels for rule in self._rules}
        deliveries = [
            new_delivery(
                channel, notice.what, self._text(notice, channel), self._timer.now(), notice.alert.id
            )
            for notice in looked.notices
            for channel in channels[notice.alert.rule]
        ]
        for alert in looked.changed:
            log.info("alert", cause=alert.cause, state="stands" if alert.cleared_at is None else "over")
        await self._ledger.write(looked.changed, deliveries)
        await self.lines.put(deliveries)
        self._show()

    def _text(self, notice: Notice, channel: str) -> Text:
        return self._writer.text(notice.alert, notice.what, self.lines.language(channel))

    def _show(self) -> None:
        self._floor.show_alerts(shown_alerts(self._engine.active, self._writer))

    def _disks(self) -> list[Disk]:
        """What is left of the disks with our data and with the recordings; each disk once."""
        found: dict[int, Disk] = {}
        for folder in [self._settings.store.data_dir, *(pbx.recordings for pbx in self._settings.pbx)]:
            try:
                if folder is not None:
                    place = Path(folder)
                    found.setdefault(place.stat().st_dev, Disk(str(folder), shutil.disk_usage(place).free))
            except OSError:
                continue  # `dialwatch check` and the calls' pages tell of a folder that is not there
        return list(found.values())


def shown_alerts(active: Sequence[Alert], writer: Writer) -> list[frames.Alert]:
    """Alerts as the board shows them."""
    return [
        frames.Alert(
            id=alert.id,
            kind=alert.kind,
            team=alert.facts.get("team_id"),
            since=alert.raised_at,
            text={language: writer.body(alert, What.RAISED, language) for language in LANGUAGES},
        )
        for alert in active
    ]
