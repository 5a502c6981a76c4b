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
from collections.abc import Mapping, Set
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from monitor.access import Role
from monitor.config_alerts import Alert, Channel, unknown_name
from monitor.config_appraisal import Appraisal
from monitor.config_duty import (
    CalendarSettings,
    Discipline,
    Part,
    RosterSettings,
    Shift,
    Working,
    minutes_after,
)
from monitor.config_guard import GuardSettings
from monitor.config_sending import Send
from monitor.errors import ConfigError
from monitor.wrongs import explain, keys_of, wrong

DEFAULT_PATH = Path("config.toml")

#: Environment variables that override a key of the file, for containers and tests.
OVERRIDES = {
    "DIALWATCH_DATA_DIR": ("store", "data_dir"),
    "DIALWATCH_STORE_URL": ("store", "url"),
    "DIALWATCH_WEB_HOST": ("web", "host"),
    "DIALWATCH_WEB_PORT": ("web", "port"),
    "DIALWATCH_LOG_LEVEL": ("log", "level"),
}


#: A path-like pattern: characters, ``*``, ``?`` and whole ``[…]``.
_GLOB = re.compile(r"(?:[^\[\]]|\[!?[^\[\]]+\])+")


def _zone(value: object) -> ZoneInfo:
    if isinstance(value, ZoneInfo):
        return value
    zones = available_timezones()
    if not isinstance(value, str) or value not in zones:
        near = difflib.get_close_matches(str(value), zones, n=1)
        raise wrong(f"no such time zone; write an IANA name, such as {near[0] if near else 'Asia/Shanghai'}")
    return ZoneInfo(value)


Zone = Annotated[ZoneInfo, BeforeValidator(_zone)]
Share = Annotated[float, Field(ge=0, le=1)]
Seconds = Annotated[float, Field(gt=0)]


class PeriodTargets(Part):
    """What is wanted of each agent in a period: counts, minutes, the connect rate as a share."""

    connect_rate: Share | None = None
    dials: int | None = Field(None, ge=0)
    connects: int | None = Field(None, ge=0)
    effective_connects: int | None = Field(None, ge=0)
    talk_minutes: float | None = Field(None, ge=0)


class Targets(PeriodTargets):
    """What is wanted a day; ``week`` and ``month`` where these have targets of their own."""

    week: PeriodTargets = PeriodTargets()
    month: PeriodTargets = PeriodTargets()


class Site(Part):
    """The centre: its name, zone and language, and what a number means here."""

    name: str = Field(min_length=1)
    timezone: Zone = ZoneInfo("Asia/Shanghai")
    language: Literal["zh-CN", "en"] = "zh-CN"
    effective_seconds: Seconds = 30.0
    wrap_up_seconds: float = Field(20.0, ge=0)
    emergency_numbers: tuple[str, ...] = ("110", "119", "120", "122")
    targets: Targets = Targets()


class Agent(Part):
    """A person on an extension of a PBX; ``working`` and ``targets`` where this person's are not the team's.

    ``number`` is the staff number. A newcomer is who was hired lately, or is marked ``newcomer_until`` a day.
    """

    extension: str = Field(min_length=1)
    name: str = Field(min_length=1)
    pbx: str = ""
    number: str = Field("", max_length=64)
    lead: bool = False
    hired_on: date | None = None
    newcomer_until: date | None = None
    working: Working | None = None
    targets: Targets = Targets()


class Team(Part):
    """Agents who are counted together; ``shifts`` are the ids of those it works (all when none is named)."""

    id: str = Field(min_length=1)
    name: str = Field(min_length=1)
    targets: Targets = Targets()
    shifts: tuple[str, ...] = ()
    working: Working | None = None
    agents: tuple[Agent, ...] = ()


class Pbx(Part):
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
            instead = 'write secret_env = "NAME" or secret_file = "PATH" instead'
            raise wrong(f"a secret must not stand in this file; {instead}", "secret")
        return data

    @model_validator(mode="after")
    def _patterns(self) -> Pbx:
        for key in ("agents", "trunks"):
            for number, glob in enumerate(getattr(self, key)):
                technology, slash, endpoint = glob.partition("/")
                if not (technology and slash and endpoint):
                    raise wrong(f'has no technology; write it as "PJSIP/{glob.strip("/")}"', key, number)
                if not _GLOB.fullmatch(glob):
                    raise wrong("a [ or ] has no partner; write it as PJSIP/80[0-9][0-9]", key, number)
        if self.secret_env is not None and self.secret_file is not None:
            raise wrong("secret_env is given too; keep one of them", "secret_file")
        try:
            "".encode(self.encoding_fallback)
        except LookupError:
            raise wrong("is no encoding; write gb18030", "encoding_fallback") from None
        return self


class StoreSettings(Part):
    """Where calls are kept. Without ``url`` an SQLite file below ``data_dir``."""

    url: str = ""
    data_dir: Path = Path("var")
    outbox_bytes: int = Field(256 << 20, ge=1 << 20)
    archive_days: int = Field(730, ge=1)
    archive_bytes: int = Field(2 << 30, ge=1 << 20)

    @property
    def database_url(self) -> str:
        """The SQLAlchemy URL in force."""
        return self.url or f"sqlite:///{self.data_dir / 'dialwatch.db'}"


class WebSettings(Part):
    """The dashboard's server."""

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    public_url: str = ""
    allowed_origins: tuple[str, ...] = ()
    session_hours: Seconds = 12.0
    secure_cookies: Literal["auto", True, False] = "auto"
    trusted_proxies: tuple[str, ...] = ("127.0.0.1",)

    @field_validator("public_url")
    @classmethod
    def _address(cls, value: str) -> str:
        if value and not re.fullmatch(r"https?://[^\s?#@()]+", value):
            raise wrong('is no address; write it as people open it, "https://watch.example.cn"')
        return value.rstrip("/")


class AccessSettings(Part):
    """Who sees more than others: the roles whose numbers are not masked (each look is in the audit)."""

    whole_numbers: tuple[Role, ...] = ()


class LogSettings(Part):
    """What is logged, and how."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


class Settings(Part):
    """All of ``config.toml``. ``path`` is the file it came from."""

    path: Path = Field(DEFAULT_PATH, exclude=True)
    site: Site
    calendar: CalendarSettings = CalendarSettings()
    discipline: Discipline = Discipline()
    guard: GuardSettings = GuardSettings()
    roster: RosterSettings = RosterSettings()
    appraisal: Appraisal = Appraisal()
    shifts: tuple[Shift, ...] = Field((), alias="shift")
    teams: tuple[Team, ...] = Field((), alias="team")
    pbx: tuple[Pbx, ...] = Field(min_length=1)
    alerts: tuple[Alert, ...] = Field((), alias="alert")
    channels: tuple[Channel, ...] = Field((), alias="channel")
    sends: tuple[Send, ...] = Field((), alias="send")
    store: StoreSettings = StoreSettings()
    web: WebSettings = WebSettings()
    access: AccessSettings = AccessSettings()
    log: LogSettings = LogSettings()

    @model_validator(mode="after")
    def _whole(self) -> Settings:
        names = [pbx.name for pbx in self.pbx]
        _unique("pbx", "name", names)
        _unique("shift", "id", [shift.id for shift in self.shifts])
        _unique("team", "id", [team.id for team in self.teams])
        # Agents without a PBX sit on the first one.
        object.__setattr__(self, "teams", _with_pbx(self.teams, names))
        known = [shift.id for shift in self.shifts]
        for t, team in enumerate(self.teams):
            for number, each in enumerate(team.shifts):
                if each not in known:
                    raise wrong(
                        f"no [[shift]] has this id; there are: {', '.join(known)}",
                        "team",
                        t,
                        "shifts",
                        number,
                    )
        _no_overlap(self.shifts, {team.shifts for team in self.teams} or {()})
        _unique("channel", "name", [channel.name for channel in self.channels])
        _unique("alert", "id", [alert.id for alert in self.alerts])
        by_file = self.roster.source == "config"
        # Where the roster is in the store there are teams that this file knows nothing of.
        teams = [team.id for team in self.teams] if by_file else None
        for number, alert in enumerate(self.alerts):
            unknown = unknown_name(alert, [c.name for c in self.channels], teams)
            if unknown is not None:
                raise wrong(unknown.problem, "alert", number, unknown.key, unknown.place)
        _unique("send", "name", [send.name for send in self.sends])
        for number, send in enumerate(self.sends):
            _known("send", number, "channels", send.channels, "[[channel]]", [c.name for c in self.channels])
            if by_file and send.team and send.team not in {team.id for team in self.teams}:
                there = ", ".join(team.id for team in self.teams) or "none"
                raise wrong(f"no [[team]] has this id; there are: {there}", "send", number, "team")
            if not send.attach and not self.web.public_url:
                raise wrong(
                    "a link needs the address of the pages; add public_url in [web], or leave attach away",
                    "send",
                    number,
                    "attach",
                )
        return self


def _unique(table: str, key: str, values: list[str]) -> None:
    for number, value in enumerate(values):
        if value in values[:number]:
            raise wrong(f"is given twice; each [[{table}]] needs its own {key}", table, number, key)


def _known(table: str, number: int, key: str, named: tuple[str, ...], where: str, there: list[str]) -> None:
    for place, name in enumerate(named):
        if name not in there:
            raise wrong(
                f"no {where} has this name; there are: {', '.join(there) or 'none'}",
                table,
                number,
                key,
                place,
            )


def _with_pbx(teams: tuple[Team, ...], names: list[str]) -> tuple[Team, ...]:
    found: dict[tuple[str, str], str] = {}
    placed = []
    for t, team in enumerate(teams):
        agents: list[Agent] = []
        for a, agent in enumerate(team.agents):
            pbx = agent.pbx or names[0]
            if pbx not in names:
                raise wrong(
                    f"no [[pbx]] has this name; there are: {', '.join(names)}", "team", t, "agents", a, "pbx"
                )
            other = found.setdefault((pbx, agent.extension), f"{agent.name} ({team.name})")
            if other != f"{agent.name} ({team.name})" or agents.count(agent.model_copy(update={"pbx": pbx})):
                where = ("team", t, "agents", a, "extension")
                raise wrong(f"{other} has this extension already; remove one of the two", *where)
            agents.append(agent.model_copy(update={"pbx": pbx}))
        placed.append(team.model_copy(update={"agents": tuple(agents)}))
    return tuple(placed)


def _no_overlap(shifts: tuple[Shift, ...], worked: Set[tuple[str, ...]]) -> None:
    """No two shifts that the same people work on the same day may overlap; ``worked`` are the teams' (none: all)."""
    for number, other in enumerate(shifts):
        for one in shifts[:number]:
            together = any(not ids or {one.id, other.id} <= set(ids) for ids in worked)
            if not (together and set(one.days) & set(other.days)):
                continue
            into_other = minutes_after(one.start, other.start) < minutes_after(one.start, one.end)
            into_one = minutes_after(other.start, one.start) < minutes_after(other.start, other.end)
            if into_other or into_one:
                key = "start" if into_other else "end"
                span = f"{one.id!r} ({one.start:%H:%M} to {one.end:%H:%M})"
                raise wrong(
                    f"overlaps with shift {span}; let one end before the other starts", "shift", number, key
                )


def load(path: Path | None = None, env: Mapping[str, str] | None = None) -> Settings:
    """The settings of a site.

    Raises ``ConfigError`` with one message for people where the file is missing or anything in it is wrong.
    """
    path = path if path is not None else DEFAULT_PATH
    env = os.environ if env is None else env
    text = _text(path)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        # At the end of a text tomllib names no line: what was begun last is not finished.
        line = found[1] if found else len(text.rstrip().splitlines())
        raise ConfigError(
            f"{path}:{line}: not valid TOML: {error}; strings need quotes, tables [brackets]"
        ) from None
    if "path" in data:
        raise ConfigError(f"{path}: path: no such key; allowed here: {', '.join(keys_of(Settings, ()))}")
    overridden = {}
    for variable, (table, key) in OVERRIDES.items():
        if variable in env and isinstance(data.setdefault(table, {}), dict):
            data[table][key] = env[variable]
            overridden[table, key] = variable
    try:
        settings = Settings.model_validate({**data, "path": path})
    except ValidationError as error:
        message = explain(path, text, data, error, Settings)
        told = [name for key, name in overridden.items() if f": {'.'.join(key)} = " in message]
        raise ConfigError(f"environment variable {told[0]}: {message}" if told else message) from None
    return settings.model_copy(
        update={
            "pbx": tuple(
                each.model_copy(update={"secret": _secret(f"[[pbx]] {each.name}", each, "secret", path, env)})
                for each in settings.pbx
            ),
            "channels": tuple(
                each.model_copy(update={"url": _secret(f"[[channel]] {each.name}", each, "url", path, env)})
                for each in settings.channels
            ),
            "guard": settings.guard.model_copy(
                update={"secret": _secret("[guard]", settings.guard, "secret", path, env)}
            ),
        }
    )


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: no such file; give it with --config, or start from the shipped config.toml"
        ) from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); mend its path or rights") from None
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{path}:{line}: is not UTF-8; save the file as UTF-8, not as GBK") from None


def _secret(
    where: str, part: Pbx | Channel | GuardSettings, key: str, path: Path, env: Mapping[str, str]
) -> SecretStr | None:
    """A secret from its environment variable or file, if it can be had now; ``replay`` needs none."""
    variable: str | None = getattr(part, f"{key}_env")
    file: Path | None = getattr(part, f"{key}_file")
    if variable is not None and env.get(variable):
        return SecretStr(env[variable])
    if file is None:
        return None
    place = file if file.is_absolute() else path.parent / file
    where = f"{path}: {key}_file of {where}: {place}"
    try:
        secret = place.read_text(encoding="utf-8").strip()
        open_to_all = place.stat().st_mode & stat.S_IROTH
    except OSError as error:
        raise ConfigError(f"{where} cannot be read ({error.strerror}); mend its path or rights") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{where} is not text; write the {key} alone into it, as UTF-8") from None
    if open_to_all:
        raise ConfigError(f"{where} can be read by everybody on this machine; run: chmod 600 {place}")
    if not secret:
        content = {Pbx: "the secret of manager.conf", Channel: "the channel's URL"}.get(
            type(part), "the secret"
        )
        raise ConfigError(f"{where} is empty; write {content} into it")
    return SecretStr(secret)
