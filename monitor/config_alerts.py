"""The part of ``config.toml`` about alerts: what is told (``[[alert]]``) and where to (``[[channel]]``)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator

from monitor.wrongs import wrong

Kind = Literal["not_begun", "idle", "connect_rate", "link_down", "trunk_failing", "disk_short", "breach"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_OF_KIND: dict[str, tuple[str, ...]] = {
    "not_begun": ("teams",),
    "idle": ("teams", "idle_minutes"),
    "connect_rate": ("teams", "window_minutes", "least_dials", "rate"),
    "link_down": ("after_seconds",),
    "trunk_failing": ("seizures", "ner"),
    "disk_short": ("free_gb",),
    "breach": (),
}
"""Which keys say something for which kind."""


def defaults_of_kind(kind: str) -> dict[str, float | None]:
    """The thresholds of a kind, and what they are where none is given."""
    keys = [key for key in keys_of_kind(kind) if key != "teams"]
    return {key: Alert.model_fields[key].get_default() for key in keys}


def keys_of_kind(kind: str) -> tuple[str, ...]:
    """The keys that only some kinds have, of this one."""
    return _OF_KIND[kind]


class UnknownName(NamedTuple):
    """A name in a rule that is none: its key, its place in the list, the problem with its mend."""

    key: str
    place: int
    problem: str


def unknown_name(rule: Alert, channels: Sequence[str], teams: Sequence[str] | None) -> UnknownName | None:
    """The first channel or team of a rule that there is not; ``teams`` ``None``: any may be."""
    for key, named, where, there in (
        ("channels", rule.channels, "[[channel]]", channels),
        ("teams", rule.teams, "[[team]]", teams),
    ):
        for place, name in enumerate(named):
            if there is not None and name not in there:
                listed = ", ".join(there) or "none"
                return UnknownName(key, place, f"no {where} has this name; there are: {listed}")
    return None


_SCHEME = re.compile(r"https?://[^/\s?#@]+/?")
_QUIET = re.compile(r"\s*(\d\d:\d\d)\s*-\s*(\d\d:\d\d)\s*")

Quiet = tuple[time, time]
"""From when to when nothing is sent; past midnight where the end is before the begin."""


def _quiet(value: object) -> object:
    if value in ("", None):
        return None
    if isinstance(value, tuple):
        return value
    found = _QUIET.fullmatch(value) if isinstance(value, str) else None
    try:
        span = (time.fromisoformat(found[1]), time.fromisoformat(found[2])) if found else None
    except ValueError:
        span = None
    if span is None or span[0] == span[1]:
        raise wrong('no span of the day; write it as "21:00-08:00"')
    return span


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Channel(_Part):
    """Where alerts are sent: an Apprise URL, which is a secret, with what is particular to it.

    ``host`` is the address of a proxy or stand-in that a robot (dingtalk, wecombot, feishu, lark) is reached
    by in a closed network; ``per_minute`` bounds the messages (default: what the service allows).
    """

    name: str = Field(min_length=1, pattern=r"^[A-Za-z0-9_.-]+$")
    url_env: str | None = None
    url_file: Path | None = None
    host: str | None = None
    language: Literal["zh-CN", "en"] | None = None
    per_minute: int | None = Field(None, ge=1)
    url: SecretStr | None = Field(None, exclude=True)

    @property
    def url_source(self) -> str:
        """Where the URL has to be put, for messages."""
        if self.url_env is not None:
            return f"environment variable {self.url_env}"
        return f"file {self.url_file}"

    @model_validator(mode="before")
    @classmethod
    def _no_clear_url(cls, data: Any) -> Any:
        if isinstance(data, dict) and "url" in data and not isinstance(data["url"], SecretStr):
            instead = 'write url_env = "NAME" or url_file = "PATH" instead'
            raise wrong(f"a channel's URL is a secret and must not stand in this file; {instead}", "url")
        return data

    @model_validator(mode="after")
    def _one_source(self) -> Channel:
        if self.url_env is not None and self.url_file is not None:
            raise wrong("url_env is given too; keep one of them", "url_file")
        if self.url_env is None and self.url_file is None:
            raise wrong('has no URL; write url_env = "NAME" or url_file = "PATH"', "name")
        if self.host is not None and not _SCHEME.fullmatch(self.host):
            raise wrong('is no address; write it as "https://proxy.example:8443"', "host")
        return self


class Alert(_Part):
    """One rule: what is told (``kind``), to which channels, when not. Without channels it shows on the board only.

    ``rate`` is the connect rate under which it is told; without it the team's target.
    """

    kind: Kind
    id: str = Field("", max_length=64)
    channels: tuple[str, ...] = ()
    recovery: bool = True
    quiet: Annotated[Quiet | None, BeforeValidator(_quiet)] = None
    teams: tuple[str, ...] = ()
    idle_minutes: float = Field(15.0, gt=0)
    window_minutes: float = Field(30.0, gt=0, le=240)
    least_dials: int = Field(50, ge=1)
    rate: float | None = Field(None, ge=0, le=1)
    after_seconds: float = Field(30.0, ge=0)
    seizures: int = Field(20, ge=1)
    ner: float = Field(0.8, ge=0, le=1)
    free_gb: float = Field(5.0, gt=0)

    @model_validator(mode="before")
    @classmethod
    def _fitting(cls, data: Any) -> Any:
        if not isinstance(data, dict) or data.get("kind") not in _OF_KIND:
            return data
        own = keys_of_kind(data["kind"])
        for key in data:
            if any(key in others for others in _OF_KIND.values()) and key not in own:
                raise wrong(f"says nothing for {data['kind']!r}; it may have: {', '.join(own)}", key)
        return data if data.get("id") else {**data, "id": data["kind"]}
