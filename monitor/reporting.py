"""``dialwatch report``: a report from the store to a file or to stdout."""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from monitor.config import Settings
from monitor.errors import ConfigError, EnvironmentFault
from monitor.metrics.groups import GROUPS
from monitor.metrics.periods import Kind
from monitor.metrics.plan import SitePlan
from monitor.metrics.sheet import Report
from monitor.reports.gather import Wanted, gather, today
from monitor.reports.render import BINARY, Format, rendered
from monitor.reports.sections import remarks
from monitor.store.people import Roster
from monitor.store.store import Store
from monitor.web.pages import dashboard_folder
from monitor.web.words import LANGUAGES, Language, Words

TOLD_SECONDS = 2.0
"""A report that takes longer says so, again and again."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The command's options as they were written."""

    kind: Kind
    date: str | None
    to: str | None
    team: str
    group: str
    format: Format
    out: Path | None
    language: str | None


def run(settings: Settings, asked: Asked, now: float | None = None) -> None:
    """Make the report and write it.

    Raises ``ConfigError`` for an option that can't be meant, ``StoreError`` where the store can't be read,
    ``EnvironmentFault`` where the file can't be written or a PDF lacks a font.
    """
    format = asked.format
    if format in BINARY and asked.out is None and sys.stdout.isatty():
        raise ConfigError(f"--format {format}: this is no text; write it to a file with --out FILE")
    words = Words.load(dashboard_folder() / "locales")
    language = _language(asked.language, settings)
    made = asyncio.run(_made(settings, asked, time.time() if now is None else now))

    def say(key: str) -> str:
        return words.say(language, key)

    body = rendered(made, format, say, language)
    if format is not Format.TABLE:
        for said in remarks(made, say):
            print(said, file=sys.stderr)
    if asked.out is None:
        sys.stdout.buffer.write(body)
        sys.stdout.buffer.flush()
        return
    try:
        asked.out.write_bytes(body)
    except OSError as error:
        raise EnvironmentFault(
            f"--out {asked.out}: can't be written ({error.strerror}); choose another file"
        ) from None


async def _made(settings: Settings, asked: Asked, now: float) -> Report:
    store = await Store.open(settings.store.database_url, SitePlan(settings))
    try:
        wanted = _wanted(settings, asked, await store.roster(), now)
        making = asyncio.create_task(gather(store, settings, wanted, now))
        begun = time.monotonic()
        while not (await asyncio.wait({making}, timeout=TOLD_SECONDS))[0]:
            print(f"working, {time.monotonic() - begun:.0f} s …", file=sys.stderr)
        return await making
    finally:
        await store.close()


def _wanted(settings: Settings, asked: Asked, roster: Roster, now: float) -> Wanted:
    kind = asked.kind
    if asked.group and (asked.group not in GROUPS or kind is not Kind.RANGE):
        raise ConfigError(f"--group {asked.group}: for a range, write one of {', '.join(GROUPS)}")
    if asked.to and kind is not Kind.RANGE:
        raise ConfigError(f"--to is for a range; a {kind} report has its own last day")
    first = _day("--date", asked.date) or today(settings, now)
    last = _day("--to", asked.to) or max(first, today(settings, now))
    if last < first:
        raise ConfigError(f"--to {last} is before --date {first}; turn them round")
    team = _team(asked.team, settings, roster)
    return Wanted(
        kind=kind, day=first, last=last if kind is Kind.RANGE else None, team=team, group=asked.group
    )


def _day(option: str, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{option} {text!r}: no day; write YYYY-MM-DD, such as 2026-11-23") from None


def _team(asked: str, settings: Settings, roster: Roster) -> str:
    known = roster.teams | {team.id: team.name for team in settings.teams}
    if not asked or asked in known:
        return asked
    named = [team for team, name in known.items() if name == asked]
    if len(named) != 1:
        have = ", ".join(f"{team} ({name})" for team, name in known.items()) or "none"
        raise ConfigError(f"--team {asked!r}: no such team; there are {have}")
    return named[0]


def _language(asked: str | None, settings: Settings) -> Language:
    for language in LANGUAGES:
        if language == (asked or settings.site.language):
            return language
    raise ConfigError(f"--language {asked!r}: write one of {', '.join(LANGUAGES)}")
