"""``dialwatch alert test``: one message on one channel, without the rest of the product or its database."""

from __future__ import annotations

from monitor.alerts.channels import RefusedError
from monitor.alerts.words import Writer
from monitor.config import Settings
from monitor.errors import ConfigError, EnvironmentFault


def send_test(settings: Settings, name: str) -> None:
    """Send it; blocks. Raises ``ConfigError`` for a channel that is none, ``EnvironmentFault`` when it did not go."""
    from monitor.alerts.outlet import Outlet

    channel = next((each for each in settings.channels if each.name == name), None)
    if channel is None:
        there = ", ".join(each.name for each in settings.channels) or "none"
        raise ConfigError(f"no [[channel]] is called {name!r} in {settings.path}; there are: {there}")
    writer = Writer(settings.site.name, settings.site.timezone)
    text = writer.test(name, channel.language or settings.site.language)
    try:
        Outlet(channel).send(text.title, text.body)
    except RefusedError as error:
        raise EnvironmentFault(
            f"channel {name}: not sent: {error}; mend the URL in the {channel.url_source}, or the network"
        ) from None
