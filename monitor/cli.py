"""The ``dialwatch`` command: thin; every command calls one function elsewhere.

Results go to stdout, messages to stderr. Exit codes: 0 fine, 1 it failed, 2 wrong usage or configuration.
"""

from __future__ import annotations

import asyncio
import gc
import getpass
import os
import sys
from collections.abc import Awaitable, Callable
from datetime import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.access import Role
from monitor.errors import ConfigError, DialwatchError
from monitor.metrics.periods import Kind
from monitor.reports.render import Format

if TYPE_CHECKING:
    from monitor.config import Settings
    from monitor.store.store import Store

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Watches the phones of an outbound call centre: live wall-board, calls, dialing checks.",
)
db = typer.Typer(no_args_is_help=True, help="The database's schema.")
user = typer.Typer(no_args_is_help=True, help="Logins of the dashboard.")
alert = typer.Typer(no_args_is_help=True, help="Alerts and their channels.")
app.add_typer(alert, name="alert")
app.add_typer(db, name="db")
app.add_typer(user, name="user")
calendar = typer.Typer(no_args_is_help=True, help="The working calendar.")
leave = typer.Typer(no_args_is_help=True, help="Leave, training, field work, exceptions.")
app.add_typer(calendar, name="calendar")
app.add_typer(leave, name="leave")
roster = typer.Typer(no_args_is_help=True, help="People, their extensions and teams.")
app.add_typer(roster, name="roster")

Config = Annotated[Path, typer.Option("--config", "-c", help="The site's configuration file.")]
DEFAULT_CONFIG = Path("config.toml")


class ReplayFormat(StrEnum):
    """How ``replay`` prints calls."""

    JSONL = "jsonl"
    TABLE = "table"


def _settings(path: Path) -> Settings:
    from monitor.config import load
    from monitor.logs import configure

    settings = load(path)
    configure(settings.log.level, settings.log.format)
    return settings


def _serve(config: Path, *, listen: bool = True, web: bool = True) -> None:
    """Start the rooms. What is imported stays: looking through it for garbage would take a tenth of the time."""
    gc.disable()
    try:
        from monitor import service

        settings = _settings(config)
    finally:
        gc.freeze()
        gc.enable()
    service.run(settings, listen=listen, web=web)


@app.command()
def run(config: Config = DEFAULT_CONFIG) -> None:
    """The product: listener, store and dashboard."""
    _serve(config)


@app.command()
def demo(
    speed: Annotated[
        float, typer.Option(help="How many times faster than life the simulated day runs.")
    ] = 1.0,
    agents: Annotated[int, typer.Option(help="How many agents sit on the floor.")] = 24,
    start: Annotated[
        str, typer.Option(help="When the clock starts, HH:MM; try 08:55 to see the deadline.")
    ] = "10:20",
    host: Annotated[str, typer.Option(help="Address of the dashboard.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port of the dashboard.")] = 8000,
) -> None:
    """The product on a simulated floor: nothing to install, nothing to connect."""
    from monitor.demo import run_demo
    from monitor.logs import configure

    configure("warning", "text")
    try:
        begin = time.fromisoformat(start)
    except ValueError:
        raise ConfigError(
            f"--start {start!r}: no time of day; write hours and minutes, such as 08:55"
        ) from None
    run_demo(speed, agents, begin, host, port)


@app.command()
def listen(config: Config = DEFAULT_CONFIG) -> None:
    """Listener and store without the dashboard; `dialwatch web` beside it shows what it stores."""
    _serve(config, web=False)


@app.command()
def web(config: Config = DEFAULT_CONFIG) -> None:
    """The dashboard alone, on what is stored; a `dialwatch listen` or `run` elsewhere listens."""
    _serve(config, listen=False)


@app.command()
def check(config: Config = DEFAULT_CONFIG) -> None:
    """Try everything for real (PBX, rights, database, recordings) and say what to mend."""
    from monitor import check as checks

    raise typer.Exit(checks.run(_settings(config)))


@app.command()
def capture(
    out: Annotated[
        Path, typer.Option("--out", "-o", help="File for the raw stream; compressed if it ends in .gz.")
    ],
    pbx: Annotated[str | None, typer.Option(help="Name of the PBX, where there are several.")] = None,
    seconds: Annotated[float | None, typer.Option(help="Stop after this many seconds.")] = None,
    config: Config = DEFAULT_CONFIG,
) -> None:
    """The raw AMI stream of a PBX into a file, with arrival times beside it."""
    from monitor.pbx import capture as captures

    captures.run(_settings(config), pbx, out, seconds=seconds)


@app.command()
def replay(
    files: Annotated[list[Path], typer.Argument(help="Captures: X.ami or X.ami.gz.")],
    format: Annotated[
        ReplayFormat, typer.Option("--format", "-f", help="JSON lines or a table.")
    ] = ReplayFormat.TABLE,
    pbx: Annotated[str | None, typer.Option(help="Name of the PBX whose patterns apply.")] = None,
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Captures through the same pipeline as live: one line per call, no database needed."""
    from monitor import replay as replays

    replays.run(files, format, _settings(config), pbx=pbx)


@app.command()
def report(
    kind: Annotated[
        Kind,
        typer.Argument(
            help="A day, its week, its month, a range of days; a meeting's brief or summary; the month's appraisal."
        ),
    ],
    date: Annotated[
        str | None, typer.Option(help="A day of it, YYYY-MM-DD; of a range the first. Today if not given.")
    ] = None,
    to: Annotated[str | None, typer.Option(help="The last day of a range; today if not given.")] = None,
    team: Annotated[str | None, typer.Option(help="One team only: its id or name.")] = None,
    group: Annotated[
        str | None,
        typer.Option(
            help="Group a range by agent, team, day, weekday, hour, trunk, prefix, province or outcome."
        ),
    ] = None,
    format: Annotated[
        Format, typer.Option("--format", "-f", help="Table, CSV, Excel, PDF, JSON or Parquet.")
    ] = Format.TABLE,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File to write; stdout if not given.")
    ] = None,
    language: Annotated[str | None, typer.Option(help="zh-CN or en; the site's if not given.")] = None,
    config: Config = DEFAULT_CONFIG,
) -> None:
    """A dialing report from what is stored: begin of dialing, figures, targets, comparison, gaps."""
    from monitor import reporting

    reporting.run(
        _settings(config),
        reporting.Asked(kind, date, to, team or "", group or "", format, out, language),
    )


@app.command()
def send(
    name: Annotated[str, typer.Argument(help="The name of a [[send]] in the configuration.")],
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Send one of the scheduled reports now, by hand, and keep it in the archive."""
    from monitor import posting

    posting.run(_settings(config), name)


@alert.command("test")
def alert_test(channel: str, config: Config = DEFAULT_CONFIG) -> None:
    """Send one test message on a channel, and say what came of it."""
    from monitor.alerts.trial import send_test

    send_test(_settings(config), channel)
    typer.echo(f"channel {channel}: sent")


@db.command("upgrade")
def db_upgrade(config: Config = DEFAULT_CONFIG) -> None:
    """Bring the database's schema up to date."""

    async def work(store: Store) -> None:
        await store.upgrade()
        status = await store.schema_status()
        typer.echo(f"schema {status.current}: up to date")

    _with_store(config, work, upgraded=False)


@db.command("check")
def db_check(config: Config = DEFAULT_CONFIG) -> None:
    """Say which schema the database has; exit code 1 if it has to be upgraded."""

    async def work(store: Store) -> None:
        status = await store.schema_status()
        typer.echo(f"schema {status.current or 'none'}, this program wants {status.head}")
        if not status.up_to_date:
            typer.echo("run: dialwatch db upgrade", err=True)
            raise typer.Exit(1)

    _with_store(config, work, upgraded=False)


@db.command("rollup")
def db_rollup(config: Config = DEFAULT_CONFIG) -> None:
    """Make the sums that reports read anew from the calls; harmless while Dialwatch runs."""

    async def work(store: Store) -> None:
        calls = await store.rollups.rebuild(lambda done: typer.echo(done, err=True))
        typer.echo(f"sums made of {calls} calls")

    _with_store(config, work)


Teams = Annotated[
    list[str] | None, typer.Option("--team", help="A team it sees: id or name; may be repeated.")
]
Person = Annotated[str | None, typer.Option(help="Whose own login it is: name or number in the roster.")]
Extension = Annotated[str | None, typer.Option(help="The same, by who sits on this extension.")]


@user.command("add")
def user_add(
    name: str,
    role: Annotated[Role, typer.Option(help="What the login may do.")],
    team: Teams = None,
    person: Person = None,
    extension: Extension = None,
    config: Config = DEFAULT_CONFIG,
) -> None:
    """A new login; the password is asked for, or read from stdin when that is no terminal."""
    from monitor import accounts

    wanted = accounts.Wanted(role, team or (), person, extension)
    _with_store(config, lambda store: accounts.add(store, _settings(config), name, wanted, _password_hash))


@user.command("list")
def user_list(config: Config = DEFAULT_CONFIG) -> None:
    """All logins: name, role, whether enabled, teams or person."""
    from monitor import accounts

    _with_store(config, accounts.tell)


@user.command("role")
def user_role(
    name: str,
    role: Annotated[Role, typer.Option(help="What the login may do from now on.")],
    team: Teams = None,
    person: Person = None,
    extension: Extension = None,
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Another role, other teams; the user has to log in again."""
    from monitor import accounts

    wanted = accounts.Wanted(role, team or (), person, extension)
    _with_store(config, lambda store: accounts.change_role(store, _settings(config), name, wanted))


@user.command("passwd")
def user_passwd(name: str, config: Config = DEFAULT_CONFIG) -> None:
    """A new password; ends the user's sessions."""

    async def work(store: Store) -> None:
        if not await store.set_password(name, await _password_hash()):
            raise ConfigError(f"no user is called {name!r}; see: dialwatch user list")
        typer.echo(f"password of {name} changed")

    _with_store(config, work)


@user.command("disable")
def user_disable(name: str, config: Config = DEFAULT_CONFIG) -> None:
    """Keep a user out, at once."""

    async def work(store: Store) -> None:
        if not await store.disable_user(name):
            raise ConfigError(f"no user is called {name!r}; see: dialwatch user list")
        typer.echo(f"user {name} disabled")

    _with_store(config, work)


@calendar.command("import")
def calendar_import(
    file: Annotated[
        Path, typer.Argument(help="CSV or Excel: date, kind (work or off), name, team or person.")
    ],
    official: Annotated[
        bool, typer.Option("--official", help="These days are the state's own arrangement.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, write nothing.")
    ] = False,
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Days of the calendar from a file; a file with a wrong row is not taken at all."""
    from monitor import importing

    _with_store(
        config,
        lambda store: importing.days(store, _settings(config), file, official=official, dry_run=dry_run),
    )


@leave.command("import")
def leave_import(
    file: Annotated[Path, typer.Argument(help="CSV or Excel, as DingTalk exports it.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, write nothing.")
    ] = False,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Take the right rows though others are wrong.")
    ] = False,
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Leave from a file; twice the same file changes nothing. With a wrong row nothing is taken."""
    from monitor import importing

    _with_store(
        config,
        lambda store: importing.leave(store, _settings(config), file, dry_run=dry_run, skip_bad=skip_bad),
    )


@roster.command("import")
def roster_import(
    file: Annotated[
        Path, typer.Argument(help="CSV or Excel: name, extension, team, lead, hire date, valid from.")
    ],
    start: Annotated[
        str | None,
        typer.Option("--from", help="From which day rows hold that name none, YYYY-MM-DD; now if not given."),
    ] = None,
    complete: Annotated[
        bool, typer.Option("--complete", help="The file is the whole roster: who is not in it leaves.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, write nothing.")
    ] = False,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Take the right rows though others are wrong.")
    ] = False,
    config: Config = DEFAULT_CONFIG,
) -> None:
    """The roster from a file; twice the same file changes nothing. With a wrong row nothing is taken."""
    from monitor import importing

    _with_store(
        config,
        lambda store: importing.roster(
            store,
            _settings(config),
            file,
            start=start,
            complete=complete,
            dry_run=dry_run,
            skip_bad=skip_bad,
        ),
    )


async def _password_hash() -> str:
    from monitor.web.security import (
        LEAST_PASSWORD_CHARACTERS,
        MOST_PASSWORD_CHARACTERS,
        Passwords,
        password_fault,
    )

    password = getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if password_fault(password) is not None:
        limits = f"{LEAST_PASSWORD_CHARACTERS} to {MOST_PASSWORD_CHARACTERS}"
        raise ConfigError(f"this password has {len(password)} characters; choose one of {limits}")
    return await Passwords().hashed(password)


def _with_store(config: Path, work: Callable[[Store], Awaitable[None]], *, upgraded: bool = True) -> None:
    from monitor.metrics.plan import SitePlan
    from monitor.store.store import Store

    async def all_of_it() -> None:
        settings = _settings(config)
        store = await Store.open(settings.store.database_url, SitePlan(settings))
        try:
            if upgraded:
                await store.upgrade()
            await work(store)
        finally:
            await store.close()

    asyncio.run(all_of_it())


def main() -> None:
    """Entry point: errors meant for people become one message and an exit code."""
    try:
        app(prog_name="dialwatch")
    except DialwatchError as error:
        print(f"dialwatch: {error}", file=sys.stderr)
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None
    except Exception as error:
        if os.environ.get("DIALWATCH_DEBUG"):
            raise
        print(
            f"dialwatch: unexpected {type(error).__name__}: {error}; "
            "set DIALWATCH_DEBUG=1 to see where, and please report it",
            file=sys.stderr,
        )
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
