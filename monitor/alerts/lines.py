"""All channels together: whoever has something to send hands it over here, stored already."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from monitor.alerts.delivery import Ledger, new_delivery
from monitor.alerts.line import ChannelInfo, Line
from monitor.alerts.words import Language, Text, Writer
from monitor.clock import Clock
from monitor.config import Settings
from monitor.notices import Delivery, What
from monitor.store.store import Store


class Lines:
    """The channels of a site. ``timer`` is the machine's clock: they are real, however fast a demo is."""

    def __init__(self, settings: Settings, timer: Clock, store: Store) -> None:
        self._timer = timer
        self.ledger = Ledger(store.alerts)
        writer = Writer(settings.site.name, settings.site.timezone)
        self._lines = {
            channel.name: Line(channel, writer, settings.site.language, timer, self.ledger, store.archive)
            for channel in settings.channels
        }
        self._running = False

    def __contains__(self, channel: object) -> bool:
        return channel in self._lines

    async def open(self) -> None:
        """Make the channels ready; one that can't be used says why (``infos``)."""
        await asyncio.gather(*(line.open() for line in self._lines.values()))

    def close(self) -> None:
        """Let the channels' threads end."""
        for line in self._lines.values():
            line.close()

    def infos(self) -> list[ChannelInfo]:
        """The channels, as they may be shown."""
        return [line.info() for line in self._lines.values()]

    def language(self, channel: str) -> Language:
        """The language a channel is spoken to in."""
        return self._lines[channel].language

    async def test(self, channel: str) -> Delivery | None:
        """Send a test message on a channel; ``None`` if there is no such channel."""
        line = self._lines.get(channel)
        return None if line is None else await line.test()

    def about_report(self, channel: str, text: Text, *, report: int, attach: bool) -> Delivery:
        """A message about a report, to be stored and then handed to ``post``."""
        now = self._timer.now()
        return new_delivery(channel, What.REPORT, text, now, report=report, attach=attach)

    async def post(self, stored: Sequence[Delivery]) -> list[Delivery]:
        """Send what is stored: in its turn where the channels run, else now and once. As it stands then."""
        known = [each for each in stored if each.channel in self._lines]
        if self._running:
            await self.put(known)
            return known
        return list(await asyncio.gather(*(self._lines[each.channel].once(each) for each in known)))

    async def put(self, stored: Sequence[Delivery]) -> None:
        """Let what is stored wait for its turn."""
        for delivery in stored:
            line = self._lines.get(delivery.channel)
            dropped = line.put(delivery) if line is not None else None
            if dropped is not None:
                await self.ledger.write(deliveries=[dropped])

    def clear(self) -> None:
        """Forget what waits; the store has it."""
        for line in self._lines.values():
            line.clear()

    async def run(self) -> None:
        """Send what waits, for ever."""
        self._running = True
        try:
            async with asyncio.TaskGroup() as group:
                for line in self._lines.values():
                    group.create_task(line.run())
        finally:
            self._running = False
