"""The part of ``config.toml`` about whom is called how often (``[guard]``), what looks odd, and how numbers are written."""

from __future__ import annotations

import re
from datetime import time
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr, model_validator

from monitor.config_duty import Part
from monitor.contacts import Numbering, NumberKeys
from monitor.wrongs import wrong

_SPAN = re.compile(r"\s*(\d\d:\d\d)\s*-\s*(\d\d:\d\d|24:00)\s*")
MOST_MINUTES = 31 * 1440

Span = tuple[time, time]
"""From when to when of a day; an end of 00:00 is the end of the day."""


def _span(value: object) -> object:
    if isinstance(value, tuple):
        return value
    found = _SPAN.fullmatch(value) if isinstance(value, str) else None
    try:
        end = "00:00" if found and found[2] == "24:00" else found[2] if found else ""
        span = (time.fromisoformat(found[1]), time.fromisoformat(end)) if found else None
    except ValueError:
        span = None
    if span is None or not (span[0] < span[1] or span[1] == time()):
        raise wrong('no span of a day; write it as "08:00-21:00"')
    return span


class Cap(Part):
    """A number may be dialled so often within any stretch of so many minutes (1440: a day, 10080: a week)."""

    most: int = Field(ge=1)
    minutes: float = Field(gt=0, le=MOST_MINUTES)

    @property
    def seconds(self) -> float:
        """The stretch."""
        return self.minutes * 60


class GuardSettings(Part):
    """Whom the site may call how often and when, what the watch asks about, and how numbers are written.

    ``caps`` hold over all agents; outside of ``hours`` nobody is to be called. ``own_numbers`` are patterns of the
    site's own lines and its people's phones. With ``hash_numbers`` the lists keep numbers only as keyed hashes.
    """

    caps: tuple[Cap, ...] = ()
    hours: tuple[Annotated[Span, BeforeValidator(_span)], ...] = ()
    own_numbers: tuple[Annotated[str, Field(pattern=r"^\+?[0-9*?\[\]!-]+$")], ...] = ()
    hash_numbers: bool = False
    secret_env: str | None = None
    secret_file: Path | None = None
    private_days: int = Field(5, ge=2)
    private_connects: int = Field(4, ge=2)
    private_talk_seconds: float = Field(120.0, gt=0)
    long_inbound_seconds: float = Field(180.0, gt=0)
    cluster_seconds: float = Field(5.0, gt=0)
    cluster_least: int = Field(10, ge=5)
    cancel_run: int = Field(8, ge=3)
    cancel_seconds: float = Field(8.0, gt=0)
    repeat_dials: int = Field(6, ge=3)
    country_code: str = Field("86", pattern=r"^[1-9][0-9]{0,2}$")
    trunk_prefix: str = Field("0", pattern=r"^[0-9]{0,2}$")
    secret: SecretStr | None = Field(None, exclude=True)

    @property
    def numbering(self) -> Numbering:
        """How one number is known from another."""
        return Numbering(self.country_code, self.trunk_prefix)

    @property
    def keys(self) -> NumberKeys | None:
        """How the lists keep numbers; ``None`` while the secret that it needs is not there."""
        if self.hash_numbers and self.secret is None:
            return None
        secret = self.secret.get_secret_value().encode() if self.secret is not None else b""
        return NumberKeys(secret, self.hash_numbers)

    @property
    def watched_seconds(self) -> float:
        """So far back dials matter to the caps."""
        return max((cap.seconds for cap in self.caps), default=0.0)

    @model_validator(mode="before")
    @classmethod
    def _no_clear_secret(cls, data: Any) -> Any:
        if isinstance(data, dict) and "secret" in data and not isinstance(data["secret"], SecretStr):
            instead = 'write secret_env = "NAME" or secret_file = "PATH" instead'
            raise wrong(f"a secret must not stand in this file; {instead}", "secret")
        return data

    @model_validator(mode="after")
    def _whole(self) -> GuardSettings:
        if self.secret_env is not None and self.secret_file is not None:
            raise wrong("secret_env is given too; keep one of them", "secret_file")
        if self.hash_numbers and self.secret_env is None and self.secret_file is None:
            raise wrong('needs a secret; write secret_env = "NAME" or secret_file = "PATH"', "hash_numbers")
        for number, cap in enumerate(self.caps):
            if cap.minutes in [other.minutes for other in self.caps[:number]]:
                raise wrong("is given twice; each cap needs its own minutes", "caps", number, "minutes")
        return self
