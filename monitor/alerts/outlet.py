"""A channel, ready to send: Apprise behind it, which blocks, so it is called in a thread of the channel's own."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import unquote, urlsplit

from apprise import Apprise, AppriseAttachment, NotifyFormat
from apprise.attachment.memory import AttachMemory
from apprise.plugins.base import NotifyBase

from monitor.alerts.channels import (
    PER_MINUTE,
    WITH_HOST,
    ChannelSettings,
    Enclosure,
    RefusedError,
    masked_url,
)
from monitor.alerts.robots import Robot, robot_for
from monitor.errors import ConfigError

_LEAST_SECRET = 6
_attachment: Callable[..., AttachMemory] = AttachMemory
_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
_BOLD = re.compile(r"\*\*([^*]+)\*\*")

apprise_log = logging.getLogger("apprise")
apprise_log.propagate = False  # it quotes tokens
apprise_log.setLevel(logging.DEBUG)  # what really went wrong it tells there


class Outlet:
    """What a channel's URL leads to. Raises ``ConfigError`` when it leads nowhere."""

    def __init__(self, settings: ChannelSettings) -> None:
        if settings.url is None:
            raise ConfigError(
                f"channel {settings.name}: has no URL; put its Apprise URL into the {settings.url_source}"
            )
        self._url = settings.url.get_secret_value()
        with _told() as told:
            plugin = Apprise.instantiate(self._url)
        if not isinstance(plugin, NotifyBase):
            why = f" ({self._scrubbed(told[0])})" if told else ""
            raise ConfigError(
                f"channel {settings.name}: {masked_url(self._url)} in the {settings.url_source} is no Apprise URL{why}; "
                "write such as dingtalk://SECRET@TOKEN, mailto://USER:PASSWORD@HOST?to=ADDRESS, jsons://HOST/PATH"
            )
        plugin.request_rate_per_sec = 0  # the pace is kept by the delivery, where it can be seen
        self._plugin = plugin
        self._robot: Robot | None = robot_for(plugin, settings.host)
        if settings.host is not None and self._robot is None:
            raise ConfigError(
                f"channel {settings.name}: host is for dingtalk, wecombot, feishu and lark only; take it out, "
                f"and put the host into the URL in the {settings.url_source}"
            )
        formats = plugin.notify_format
        first = formats[0] if isinstance(formats, tuple | list) else formats
        self._shows_html = first == NotifyFormat.HTML
        self.per_minute = settings.per_minute or (self._robot.per_minute if self._robot else PER_MINUTE)

    @property
    def encloses(self) -> bool:
        """Whether a file can go with a message (mail, webhook; no robot of ours)."""
        return self._robot is None and bool(self._plugin.attachment_support)

    def send(
        self, title: str, body: str, *, markdown: bool = False, enclosure: Enclosure | None = None
    ) -> None:
        """Send a message, and wait for it; at most some 20 s. Raises ``RefusedError`` with what went wrong.

        ``enclosure`` goes with it where the channel ``encloses``; Markdown is made plain where it is not shown as such.
        """
        if self._robot is not None:
            self._robot.send(title, body, markdown=markdown)
            return
        attach = None
        if enclosure is not None and self.encloses:
            attach = AppriseAttachment(
                _attachment(content=enclosure.content, name=enclosure.name, mimetype=enclosure.media_type)
            )
        rich = markdown and self._shows_html
        if markdown:
            body = body.replace("<", "&lt;") if rich else plain(body)
        with _told() as told:
            sent = self._plugin.notify(
                body=body,
                title=title,
                body_format=NotifyFormat.MARKDOWN if rich else NotifyFormat.TEXT,
                attach=attach,
            )
        if not sent:
            raise RefusedError(self._scrubbed("; ".join(told)) or "Apprise does not say why")

    def _scrubbed(self, text: str) -> str:
        """Text of Apprise's without what is secret in the URL."""
        scheme, _, rest = self._url.partition("://")
        host = urlsplit(self._url).hostname if scheme in WITH_HOST else None
        for part in sorted(set(re.split(r"[/:@?&=]+", rest or scheme)), key=len, reverse=True):
            for secret in (part, unquote(part)):
                if len(secret) >= _LEAST_SECRET and secret != host:
                    text = text.replace(secret, "****")
        return text[:500]


def plain(markdown: str) -> str:
    """Our own Markdown as plain text: bold is not, a link's address stands behind it, but for the links of listed figures."""
    lines = [_LINK.sub(r"\1" if line.startswith("- ") else r"\1: \2", line) for line in markdown.split("\n")]
    return _BOLD.sub(r"\1", "\n".join(lines))


class _Listener(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.told: list[str] = []
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep what is said in our own thread: each channel has one."""
        if record.thread == self._thread:
            text = record.getMessage()
            if record.levelno >= logging.WARNING or "Exception" in text:
                self.told.append(text)


@contextmanager
def _told() -> Iterator[list[str]]:
    """What Apprise warns of meanwhile: it says why in its log only."""
    listener = _Listener()
    apprise_log.addHandler(listener)
    try:
        yield listener.told
    finally:
        apprise_log.removeHandler(listener)
