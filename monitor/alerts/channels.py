"""What a channel is, without what sends on it (``outlet.py``: Apprise is only loaded where there is a channel)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol
from urllib.parse import urlsplit

from pydantic import SecretStr

PER_MINUTE = 60
"""Messages a minute where nobody asks for less."""
WITH_HOST = ("json", "jsons", "xml", "xmls", "form", "forms", "mailto", "mailtos")
"""Schemes whose first part is a host; elsewhere it is the secret."""


class RefusedError(Exception):
    """Not sent, and why; ``wait_seconds`` where the robot wants to be left alone for so long."""

    def __init__(self, why: str, wait_seconds: float | None = None) -> None:
        super().__init__(why)
        self.wait_seconds = wait_seconds


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that goes with a message."""

    name: str
    media_type: str
    content: bytes


class ChannelSettings(Protocol):
    """One ``[[channel]]`` (``config_alerts.Channel``)."""

    @property
    def name(self) -> str: ...
    @property
    def url(self) -> SecretStr | None: ...
    @property
    def url_source(self) -> str: ...
    @property
    def host(self) -> str | None: ...
    @property
    def language(self) -> Literal["zh-CN", "en"] | None: ...
    @property
    def per_minute(self) -> int | None: ...


def masked_url(url: str) -> str:
    """A channel's URL as it may be shown: what kind it is, and the host where that is none of its secrets."""
    scheme, colon, _ = url.partition("://")
    if not colon:
        return "****"
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        host = port = ""
    return f"{scheme}://{host}{port}/****" if scheme.lower() in WITH_HOST and host else f"{scheme}://****"
