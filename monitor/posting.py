"""``dialwatch send``: one of the reports that go out by themselves, now and by hand."""

from __future__ import annotations

import asyncio
import getpass

from monitor.alerts.lines import Lines
from monitor.clock import Clock, SystemClock
from monitor.config import Settings
from monitor.errors import ConfigError, EnvironmentFault
from monitor.metrics.plan import SitePlan
from monitor.notices import Delivery, DeliveryState, Sent
from monitor.sending import schedule
from monitor.sending.sender import Sender
from monitor.store.store import Store
from monitor.web.pages import dashboard_folder
from monitor.web.words import Words


def run(settings: Settings, name: str, clock: Clock | None = None) -> None:
    """Send it, keep it, and say what came of it on each channel.

    Raises ``ConfigError`` for a name that is none, ``StoreError``, ``EnvironmentFault`` when a channel did not take it.
    """
    sends = schedule.checked(settings)
    send = next((each for each in sends if each.name == name), None)
    if send is None:
        there = ", ".join(each.name for each in sends) or "none"
        raise ConfigError(f"no [[send]] is called {name!r} in {settings.path}; there are: {there}")
    sent, deliveries = asyncio.run(_sent(settings, name, clock or SystemClock()))
    print(f"{sent.title}: {sent.file_name}, {sent.size} bytes, archive {sent.id}")
    for each in deliveries:
        print(
            f"channel {each.channel}: {each.state.value}{f' ({each.last_error})' if each.last_error else ''}"
        )
    if any(each.state is not DeliveryState.SENT for each in deliveries):
        raise EnvironmentFault(
            f"report {name}: not every channel took it; it is kept, and /archive/ sends it again"
        )


async def _sent(settings: Settings, name: str, clock: Clock) -> tuple[Sent, list[Delivery]]:
    store = await Store.open(settings.store.database_url, SitePlan(settings))
    lines = Lines(settings, clock, store)
    try:
        await store.upgrade()
        await lines.open()
        sender = Sender(settings, clock, clock, store, lines, Words.load(dashboard_folder() / "locales").say)
        send = sender.planned_by(name)
        if send is None:
            raise ConfigError(f"no [[send]] is called {name!r}")
        return await sender.send_now(send, getpass.getuser())
    finally:
        lines.close()
        await store.close()
