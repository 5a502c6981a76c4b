"""``dialwatch leave``, ``calendar`` and ``roster import``: a preview, every wrong row by name, then the writing."""

from __future__ import annotations

import getpass
import sys
import time
from collections.abc import Sequence
from datetime import date, datetime
from datetime import time as clock
from pathlib import Path

from monitor import attendance
from monitor.config import Settings
from monitor.errors import ConfigError, SheetError
from monitor.imports import Bad, DayImport, LeaveImport, read_days, read_leave
from monitor.rostering import Change, read_people, write_people
from monitor.store.store import Store
from monitor.web.pages import dashboard_folder
from monitor.web.words import Words


async def leave(store: Store, settings: Settings, file: Path, *, dry_run: bool, skip_bad: bool) -> None:
    """Import leave. Raises ``ConfigError`` where nothing was taken, ``StoreError``."""
    now, who = time.time(), _who()
    say = _Sayer(settings)
    await _people(store, settings, now)
    try:
        found: LeaveImport = await read_leave(store, settings, _bytes(file), who=who, now=now)
    except SheetError as error:
        raise ConfigError(f"{file}: {say(f'import.{error.key}', error.value)}") from None
    names = {seat.person_id: seat.name for seat in (await store.roster()).assignments}
    for line, each in found.changes:
        span = " – ".join(
            f"{datetime.fromtimestamp(at, settings.site.timezone):%Y-%m-%d %H:%M}"
            for at in (each.starts_at, each.ends_at)
        )
        kind = "import.taken_back" if each.withdrawn_at is not None else f"absence.{each.kind}"
        print(f"{file}:{line}: {names.get(each.person, each.person)} {say(kind)} {span} {each.reason}")
    say.bad(file, found.not_granted)
    say.bad(file, found.bad)
    print(f"{len(found.changes)} new or changed, {found.known} known, {len(found.not_granted)} not granted, {len(found.bad)} wrong")  # fmt: skip
    if dry_run:
        return
    if found.bad and not skip_bad:
        raise ConfigError(f"{file}: nothing was taken; mend the rows named above, or use --skip-bad")
    await store.discipline.add_absences([each for _, each in found.changes])
    for each in (*(each for _, each in found.changes), *found.replaced):
        await attendance.settle_past(store, settings, each.starts_at, each.ends_at, now)


async def days(store: Store, settings: Settings, file: Path, *, official: bool, dry_run: bool) -> None:
    """Import days of the calendar. Raises ``ConfigError`` where nothing was taken, ``StoreError``."""
    now, who = time.time(), _who()
    say = _Sayer(settings)
    await _people(store, settings, now)
    try:
        found: DayImport = await read_days(store, settings, _bytes(file), official=official, who=who, now=now)
    except SheetError as error:
        raise ConfigError(f"{file}: {say(f'import.{error.key}', error.value)}") from None
    for each in found.days:
        scope = each.team or (f"#{each.person}" if each.person else "")
        print(
            f"{each.day} {say('calendar.work' if each.working else 'calendar.off')} {each.name} {scope}".rstrip()
        )
    say.bad(file, found.bad)
    print(f"{len(found.days)} days, {len(found.bad)} wrong")
    if dry_run:
        return
    if found.bad:
        raise ConfigError(f"{file}: nothing was taken; mend the rows named above")
    await store.discipline.put_own_days(found.days)
    await attendance.settle_days(store, settings, [each.day for each in found.days], now)


async def roster(
    store: Store,
    settings: Settings,
    file: Path,
    *,
    start: str | None,
    complete: bool,
    dry_run: bool,
    skip_bad: bool,
) -> None:
    """Import the roster. Raises ``ConfigError`` where nothing was taken, ``StoreError``."""
    now, say = time.time(), _Sayer(settings)
    if settings.roster.source != "store" and not dry_run:
        raise ConfigError(
            f'{settings.path}: [roster] source is "config": the [[team]] tables say who sits where; '
            'to keep the roster in the database write source = "store" and start dialwatch anew'
        )
    begin = None
    if start is not None:
        try:
            begin = datetime.combine(date.fromisoformat(start), clock(), settings.site.timezone).timestamp()
        except ValueError:
            raise ConfigError(f"--from {start!r}: no day; write YYYY-MM-DD, such as 2026-11-23") from None
    try:
        found = await read_people(store, settings, _bytes(file), now=now, start=begin, complete=complete)
    except SheetError as error:
        raise ConfigError(f"{file}: {say(f'import.{error.key}', error.value)}") from None
    for each in found.changes:
        print(f"{file}:{each.line}: {_told(each, settings, say)}")
    say.bad(file, found.bad)
    print(f"{len(found.changes)} new or changed, {found.known} known, {len(found.bad)} wrong")
    if dry_run:
        return
    if found.bad and not skip_bad:
        raise ConfigError(f"{file}: nothing was taken; mend the rows named above, or use --skip-bad")
    await write_people(store, settings, found, _who(), now)


def _told(each: Change, settings: Settings, say: _Sayer) -> str:
    move, at = each.move, each.move.valid_from
    begin = f" {datetime.fromtimestamp(at, settings.site.timezone):%Y-%m-%d %H:%M}" if at else ""
    seat = " ".join(filter(None, (move.agent.partition("/")[2], move.team)))
    return f"{move.facts.name} {say(f'roster.{each.what}')} {seat}{begin}".replace("  ", " ")


async def _people(store: Store, settings: Settings, now: float) -> None:
    """Before the first start nobody is known but to the configuration."""
    if not (await store.roster()).assignments:
        await store.sync_roster(settings, now)


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror}); mend its path or rights") from None


def _who() -> str:
    try:
        return f"{getpass.getuser()} (command line)"
    except (KeyError, OSError):  # a user without a name, as in a container
        return "command line"


class _Sayer:
    """The pages' words in the site's language."""

    def __init__(self, settings: Settings) -> None:
        self._words = Words.load(dashboard_folder() / "locales")
        self._language = settings.site.language

    def __call__(self, key: str, value: str = "") -> str:
        return self._words.say(self._language, key).replace("{value}", value)

    def bad(self, file: Path, rows: Sequence[Bad]) -> None:
        """Name rows on stderr."""
        for each in rows:
            sys.stderr.write(
                f"{file}:{each.line}: {self(f'import.{each.problem}', each.value)}: {each.row}\n"
            )
