"""``config.toml`` → frozen, typed settings; every error names file, line, key, value and mend.

A site edits one file. Secrets never stand in it: it names the environment variable or the file that
holds them. Unknown keys are errors, because a misspelt key that is ignored is a wrong number later.
"""

from __future__ import annotations

import difflib
import os
import re
import stat
import tomllib
from collections.abc import Mapping
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)

from monitor.errors import ConfigError

DEFAULT_PATH = Path("config.toml")

#: Environment variables that override a key of the file, for containers and tests.
OVERRIDES = {
    "DIALWATCH_DATA_DIR": ("store", "data_dir"),
    "DIALWATCH_STORE_URL": ("store", "url"),
    "DIALWATCH_WEB_HOST": ("web", "host"),
    "DIALWATCH_WEB_PORT": ("web", "port"),
    "DIALWATCH_LOG_LEVEL": ("log", "level"),
}


def _zone(value: object) -> object:
    if isinstance(value, str):
        try:
            return ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, IsADirectoryError) as error:
            raise ValueError(
                "no such time zone; write one of the IANA names, such as Asia/Shanghai"
            ) from error
    return value


def _clock_time(value: object) -> object:
    """TOML has a time type, ``09:10:00``; people write ``"09:10"``."""
    if isinstance(value, str):
        try:
            return time.fromisoformat(value)
        except ValueError as error:
            raise ValueError('no time of day; write hours and minutes, such as "09:10"') from error
    return value


Zone = Annotated[ZoneInfo, BeforeValidator(_zone)]
ClockTime = Annotated[time, BeforeValidator(_clock_time)]
Share = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(gt=0)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Targets(_Part):
    """What is wanted a day: counts and minutes for each agent, the connect rate as a share."""

    connect_rate: Share | None = None
    dials: int | None = Field(None, ge=0)
    connects: int | None = Field(None, ge=0)
    effective_connects: int | None = Field(None, ge=0)
    talk_minutes: float | None = Field(None, ge=0)


class Site(_Part):
    """The centre: its name, zone and language, and what a number means here."""

    name: str = Field(min_length=1)
    timezone: Zone = ZoneInfo("Asia/Shanghai")
    language: Literal["zh-CN", "en"] = "zh-CN"
    effective_seconds: Seconds = 30.0
    wrap_up_seconds: float = Field(20.0, ge=0)
    emergency_numbers: tuple[str, ...] = ("110", "119", "120", "122")
    targets: Targets = Targets()


class Shift(_Part):
    """A half-day. ``counts_from``: from when a dial counts as begun; ``days``: 0 Monday to 6 Sunday.

    An ``end`` before ``start`` means past midnight.
    """

    id: str = Field(min_length=1)
    name: str = Field(min_length=1)
    start: ClockTime
    end: ClockTime
    dial_by: ClockTime
    counts_from: ClockTime
    days: tuple[Annotated[int, Field(ge=0, le=6)], ...] = (0, 1, 2, 3, 4, 5, 6)

    @model_validator(mode="before")
    @classmethod
    def _default_counts_from(cls, data: Any) -> Any:
        """Dials count from a quarter of an hour before the shift (METRICS: first dial)."""
        if isinstance(data, dict) and "counts_from" not in data and "start" in data:
            start = _clock_time(data["start"])
            if isinstance(start, time):
                minutes = (start.hour * 60 + start.minute - 15) % 1440
                return {**data, "counts_from": time(minutes // 60, minutes % 60)}
        return data

    @model_validator(mode="after")
    def _in_order(self) -> Shift:
        length = _minutes_after(self.start, self.end)
        if length == 0:
            raise ValueError("start and end are the same; a shift needs some length")
        if _minutes_after(self.start, self.dial_by) > length:
            raise ValueError(
                f"dial_by {self.dial_by:%H:%M} is not between start and end; put it inside the shift"
            )
        if _minutes_after(self.counts_from, self.start) > 720:
            raise ValueError(
                f"counts_from {self.counts_from:%H:%M} is after start; put it at or before the start"
            )
        return self


class Agent(_Part):
    """A person on an extension of a PBX."""

    extension: str = Field(min_length=1)
    name: str = Field(min_length=1)
    pbx: str = ""


class Team(_Part):
    """Agents who are counted together."""

    id: str = Field(min_length=1)
    name: str = Field(min_length=1)
    targets: Targets = Targets()
    agents: tuple[Agent, ...] = ()


class Pbx(_Part):
    """One Asterisk: how to reach its manager interface, and which endpoints are whose."""

    name: str = Field(min_length=1, pattern=r"^[A-Za-z0-9_.-]+$")
    host: str = Field(min_length=1)
    port: int = Field(5038, ge=1, le=65535)
    username: str = Field(min_length=1)
    secret_env: str | None = None
    secret_file: Path | None = None
    tls: bool = False
    tls_ca: Path | None = None
    tls_verify: bool = True
    auth: Literal["md5", "plain"] = "md5"
    agents: tuple[str, ...] = Field(min_length=1)
    trunks: tuple[str, ...] = Field(min_length=1)
    dial_prefix: str = Field("", pattern=r"^[0-9*#+]*$")
    encoding_fallback: str = "gb18030"
    recordings: Path | None = None
    queue_messages: int = Field(100_000, ge=1000)
    silence_seconds: Seconds = 30.0
    ping_seconds: Seconds = 10.0
    reconnect_min_seconds: Seconds = 1.0
    reconnect_max_seconds: Seconds = 60.0
    refused_min_seconds: float = Field(60.0, ge=1)
    secret: SecretStr | None = Field(None, exclude=True)

    @property
    def secret_source(self) -> str:
        """Where the secret has to be put, for messages."""
        if self.secret_env is not None:
            return f"environment variable {self.secret_env}"
        return f"file {self.secret_file}" if self.secret_file is not None else "secret_env or secret_file"

    @model_validator(mode="before")
    @classmethod
    def _no_clear_secret(cls, data: Any) -> Any:
        if isinstance(data, dict) and "secret" in data and not isinstance(data["secret"], SecretStr):
            raise ValueError(
                'a secret must not stand in this file; write secret_env = "NAME" or secret_file = "PATH" instead'
            )
        return data

    @model_validator(mode="after")
    def _patterns(self) -> Pbx:
        for glob in (*self.agents, *self.trunks):
            if "/" not in glob:
                raise ValueError(f'{glob!r} has no technology; write it as "PJSIP/{glob}" or "SIP/{glob}"')
        if self.secret_env is not None and self.secret_file is not None:
            raise ValueError("both secret_env and secret_file are given; keep one")
        try:
            "".encode(self.encoding_fallback)
        except LookupError:
            raise ValueError(
                f"encoding_fallback {self.encoding_fallback!r} is no encoding; write gb18030"
            ) from None
        return self


class StoreSettings(_Part):
    """Where calls are kept. Without ``url`` an SQLite file below ``data_dir``."""

    url: str = ""
    data_dir: Path = Path("var")
    outbox_bytes: int = Field(256 << 20, ge=1 << 20)

    @property
    def database_url(self) -> str:
        """The SQLAlchemy URL in force."""
        return self.url or f"sqlite:///{self.data_dir / 'dialwatch.db'}"


class WebSettings(_Part):
    """The dashboard's server."""

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    allowed_origins: tuple[str, ...] = ()
    session_hours: Seconds = 12.0
    secure_cookies: bool | Literal["auto"] = "auto"
    trusted_proxies: tuple[str, ...] = ("127.0.0.1",)


class LogSettings(_Part):
    """What is logged, and how."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


class Settings(_Part):
    """All of ``config.toml``. ``path`` is the file it came from."""

    path: Path = DEFAULT_PATH
    site: Site
    shifts: tuple[Shift, ...] = Field((), alias="shift")
    teams: tuple[Team, ...] = Field((), alias="team")
    pbx: tuple[Pbx, ...] = Field(min_length=1)
    store: StoreSettings = StoreSettings()
    web: WebSettings = WebSettings()
    log: LogSettings = LogSettings()

    @model_validator(mode="after")
    def _whole(self) -> Settings:
        names = [pbx.name for pbx in self.pbx]
        _unique(names, "[[pbx]] name")
        _unique([shift.id for shift in self.shifts], "[[shift]] id")
        _unique([team.id for team in self.teams], "[[team]] id")
        teams = tuple(_with_pbx(team, names) for team in self.teams)
        _unique([f"{agent.pbx}/{agent.extension}" for team in teams for agent in team.agents], "extension")
        object.__setattr__(self, "teams", teams)
        _no_overlap(self.shifts)
        return self


def _minutes_after(one: time, other: time) -> int:
    return ((other.hour - one.hour) * 60 + other.minute - one.minute) % 1440


def _unique(values: list[str], what: str) -> None:
    for value in values:
        if values.count(value) > 1:
            raise ValueError(f"{what} {value!r} is given {values.count(value)} times; it must be unique")


def _with_pbx(team: Team, names: list[str]) -> Team:
    """Agents without a PBX sit on the first one."""
    agents = []
    for agent in team.agents:
        if agent.pbx and agent.pbx not in names:
            raise ValueError(
                f"extension {agent.extension!r}: no [[pbx]] is called {agent.pbx!r}; there are {names}"
            )
        agents.append(agent if agent.pbx else agent.model_copy(update={"pbx": names[0]}))
    return team.model_copy(update={"agents": tuple(agents)})


def _no_overlap(shifts: tuple[Shift, ...]) -> None:
    for number, one in enumerate(shifts):
        for other in shifts[number + 1 :]:
            if not set(one.days) & set(other.days):
                continue
            into_other = _minutes_after(one.start, other.start) < _minutes_after(one.start, one.end)
            into_one = _minutes_after(other.start, one.start) < _minutes_after(other.start, other.end)
            if into_other or into_one:
                raise ValueError(
                    f"shifts {one.id!r} and {other.id!r} overlap; let one end before the other starts"
                )


def load(path: Path | None = None, env: Mapping[str, str] | None = None) -> Settings:
    """The settings of a site.

    Raises ``ConfigError`` with one message for people where the file is missing or anything in it is wrong.
    """
    path = path if path is not None else DEFAULT_PATH
    env = os.environ if env is None else env
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: no such file; give it with --config, or start from the shipped config.toml"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read ({error}); it must be a UTF-8 text file") from None
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        line = f":{found[1]}" if found else ""
        raise ConfigError(
            f"{path}{line}: not valid TOML: {error}; strings need quotes, tables [brackets]"
        ) from None
    for variable, (table, key) in OVERRIDES.items():
        if variable in env:
            data.setdefault(table, {})[key] = env[variable]
    try:
        settings = Settings.model_validate({**data, "path": path})
    except ValidationError as error:
        raise ConfigError(_message(path, text, data, error)) from None
    return settings.model_copy(update={"pbx": tuple(_with_secret(pbx, path, env) for pbx in settings.pbx)})


def _with_secret(pbx: Pbx, path: Path, env: Mapping[str, str]) -> Pbx:
    """The PBX with its secret, if it can be had now; ``replay`` needs none."""
    if pbx.secret_env is not None and env.get(pbx.secret_env):
        return pbx.model_copy(update={"secret": SecretStr(env[pbx.secret_env])})
    if pbx.secret_file is not None:
        place = pbx.secret_file if pbx.secret_file.is_absolute() else path.parent / pbx.secret_file
        try:
            secret = place.read_text(encoding="utf-8").strip()
            open_to_all = place.stat().st_mode & stat.S_IROTH
        except OSError as error:
            raise ConfigError(
                f"{path}: secret_file {place}: cannot be read ({error.strerror}); mend its path or rights"
            ) from None
        if open_to_all:
            raise ConfigError(
                f"{place}: everybody on this machine can read this secret; run: chmod 600 {place}"
            )
        return pbx.model_copy(update={"secret": SecretStr(secret)})
    return pbx


def _message(path: Path, text: str, data: dict[str, Any], error: ValidationError) -> str:
    first = error.errors()[0]
    loc = tuple(part for part in first["loc"] if isinstance(part, str | int))
    key = ".".join(str(part) for part in loc) or "file"
    line = _line_of(text, loc)
    place = f"{path}:{line}" if line else f"{path}"
    kind = first["type"]
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(str(loc[-1]), _keys_at(loc[:-1]), n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"allowed here: {', '.join(_keys_at(loc[:-1]))}"
        return f"{place}: {key}: no such key; {hint}"
    if kind == "missing":
        return f"{place}: {key}: missing; add it"
    problem = str(first["msg"]).removeprefix("Value error, ")
    value = first.get("input")
    shown = "" if isinstance(value, dict | BaseModel | Settings) else f" = {value!r}"
    return f"{place}: {key}{shown}: {problem[0].lower() + problem[1:]}"


_MODELS: dict[str, type[BaseModel]] = {
    "site": Site,
    "shift": Shift,
    "team": Team,
    "pbx": Pbx,
    "store": StoreSettings,
    "web": WebSettings,
    "log": LogSettings,
    "targets": Targets,
    "agents": Agent,
}


def _keys_at(loc: tuple[str | int, ...]) -> list[str]:
    """The keys a table may have."""
    names = [part for part in loc if isinstance(part, str)]
    if not names:
        return ["site", "shift", "team", "pbx", "store", "web", "log"]
    model = _MODELS.get(names[-1], Settings)
    return [name for name in model.model_fields if name != "secret"]


def _line_of(text: str, loc: tuple[str | int, ...]) -> int | None:
    """The line of a key in a TOML text, or of its table where the key is not written; ``None`` if unknown."""
    table: list[str | int] = []
    counts: dict[str, int] = {}
    best: tuple[int, int] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*(\[\[?)\s*([\w.\-]+)\s*\]", line)
        pair = re.match(r"\s*([\w\-]+)\s*=", line)
        if header:
            table = []
            parts = header[2].split(".")
            for depth, part in enumerate(parts):
                name = ".".join(parts[: depth + 1])
                table.append(part)
                if header[1] == "[[" and depth == len(parts) - 1:
                    counts[name] = counts.get(name, -1) + 1
                if name in counts:
                    table.append(counts[name])
            here: list[str | int] = table
        elif pair:
            here = [*table, pair[1]]
        else:
            continue
        depth = len(here)
        if tuple(here) == loc[:depth] and (best is None or depth > best[0]):
            best = (depth, number)
    return best[1] if best else None
