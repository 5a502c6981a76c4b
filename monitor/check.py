"""``dialwatch check``: tries everything the product needs, for real, and says what to mend."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import tempfile
from datetime import datetime
from pathlib import Path
from typing import IO

from monitor import attendance
from monitor.alerts.channels import masked_url
from monitor.check_roster import examine_roster, staffed_now
from monitor.clock import Clock, SystemClock
from monitor.config import Pbx, Settings
from monitor.errors import ConfigError, StoreError
from monitor.pbx.examine import OBSERVE_SECONDS, Finding, examine, some
from monitor.sending import schedule
from monitor.store.store import Store

__all__ = ["Finding", "examine_all", "run"]

GLYPHS = {"ok": "✓ ok  ", "warn": "! warn", "fail": "✗ fail"}


def run(
    settings: Settings,
    *,
    out: IO[str] | None = None,
    clock: Clock | None = None,
    seconds: float = OBSERVE_SECONDS,
) -> int:
    """Check, print a line per finding on ``out`` (default stdout); returns 1 if anything fails, else 0.

    Each PBX is listened to for ``seconds``.
    """
    words = out if out is not None else sys.stdout
    findings = asyncio.run(examine_all(settings, clock if clock is not None else SystemClock(), seconds))
    for found in findings:
        print(f"{GLYPHS[found.level]}  {found.what}", file=words)
        if found.mend:
            print(f"        → {found.mend}", file=words)
    counts = {level: sum(found.level == level for found in findings) for level in GLYPHS}
    print(f"{counts['ok']} ok, {counts['warn']} to look at, {counts['fail']} failed", file=words)
    return 1 if counts["fail"] else 0


async def examine_all(settings: Settings, clock: Clock, seconds: float = OBSERVE_SECONDS) -> list[Finding]:
    """All findings, in the order of a set-up: configuration, PBXs, database, recordings, dashboard."""
    found = [Finding("ok", f"{settings.path}: valid"), time_zone(settings, clock)]
    staff = await staffed_now(settings, clock.now())
    for of_pbx in await asyncio.gather(
        *(examine(pbx, _extensions(staff, pbx), clock, seconds) for pbx in settings.pbx)
    ):
        found += of_pbx
    found += await database(settings)
    found += await examine_roster(settings, clock.now())
    found.append(await holidays_known(settings, clock))
    found += [recordings(pbx) for pbx in settings.pbx]
    found += channels(settings)
    found += number_lists(settings)
    found += sendings(settings)
    found.append(web_port(settings))
    return found


def number_lists(settings: Settings) -> list[Finding]:
    """Whether the lists of numbers can be read: without their key no number on them is recognised."""
    guard = settings.guard
    if not guard.hash_numbers:
        return []
    if guard.keys is None:
        source = (
            f"environment variable {guard.secret_env}" if guard.secret_env else f"file {guard.secret_file}"
        )
        return [Finding("fail", "lists of numbers: their key is not there", f"put it into {source}")]
    return [Finding("ok", "lists of numbers: kept as keyed hashes")]


def _extensions(settings: Settings, pbx: Pbx) -> list[str]:
    return [agent.extension for team in settings.teams for agent in team.agents if agent.pbx == pbx.name]


def time_zone(settings: Settings, clock: Clock) -> Finding:
    """What the time is at the site: a wrong zone is seen at once by whoever reads it."""
    zone = settings.site.timezone
    there = datetime.fromtimestamp(clock.now(), zone)
    return Finding("ok", f"time zone {zone.key}: it is {there:%Y-%m-%d %H:%M} there")


async def database(settings: Settings) -> list[Finding]:
    """Whether the data folder and the database can be used."""
    folder = settings.store.data_dir
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        what = f"data folder {folder}: cannot be written ({error.strerror})"
        return [Finding("fail", what, f"give the user of Dialwatch the folder: chown dialwatch {folder}")]
    store = await Store.open(settings.store.database_url)
    try:
        status = await store.schema_status()
        if not status.up_to_date:
            have = "is empty" if status.current is None else f"has schema {status.current}, not {status.head}"
            return [Finding("ok", f"database: reachable; it {have}, `dialwatch run` brings it up to date")]
        for pbx in settings.pbx:
            heard = await store.last_heard(pbx.name)
            if heard is not None:
                await store.heard(pbx.name, heard)  # written for real, and nothing changes
        return [Finding("ok", f"database: reachable, schema {status.head}, can be written")]
    except StoreError as error:
        return [Finding("fail", f"database: {error}", "mend [store] url, or start the database")]
    finally:
        await store.close()


async def holidays_known(settings: Settings, clock: Clock) -> Finding:
    """Whether the official arrangement of holidays is known as far ahead as it has to be."""
    country = settings.calendar.country
    if not country:
        return Finding("ok", "calendar: no country is set, so no holidays are kept")
    today = datetime.fromtimestamp(clock.now(), settings.site.timezone).date()
    store = await Store.open(settings.store.database_url)
    try:
        upgraded = (await store.schema_status()).up_to_date
        duty = await attendance.duty_for(store, settings, today, today) if upgraded else None
    except StoreError:
        duty = None  # the database's own finding says so
    finally:
        await store.close()
    calendar = (duty or attendance.bare_duty(settings, today)).calendar
    unknown = calendar.uncovered_from(today)
    if unknown is None:
        return Finding(
            "ok", f"calendar: holidays and make-up workdays of {country} are known for the days ahead"
        )
    return Finding(
        "warn",
        f"calendar: the arrangement of holidays of {country} for {unknown.year} is not known (from {unknown} on)",
        "once it is published, enter it on the page /calendar/ or with: dialwatch calendar import FILE",
    )


def recordings(pbx: Pbx) -> Finding:
    """Whether the recordings of a PBX can be read here."""
    folder = pbx.recordings
    where = f"PBX {pbx.name}: recordings"
    if folder is None:
        return Finding(
            "warn", f"{where} are not configured: calls have no player", 'set recordings = "/path"'
        )
    if not folder.is_dir():
        mend = "mount the PBX's recordings folder here (read only is best), or mend recordings ="
        return Finding("warn", f"{where}: {folder} is no folder on this machine", mend)
    if not os.access(folder, os.R_OK | os.X_OK):
        return Finding(
            "fail", f"{where}: {folder} cannot be read", "add our user to the group: usermod -aG asterisk …"
        )
    shut = [path.name for path in _first_entries(folder) if not os.access(path, os.R_OK)]
    if shut:
        what = f"{where}: {folder} holds what cannot be read: {some(shut, 3)}"
        return Finding("fail", what, "add our user to the group asterisk")
    return Finding("ok", f"{where}: {folder} can be read")


def _first_entries(folder: Path) -> list[Path]:
    return [path for path, _ in zip(folder.iterdir(), range(100), strict=False)]


def channels(settings: Settings) -> list[Finding]:
    """Whether the channels' URLs are there and mean something; nothing is sent."""
    if not settings.channels:
        shown = Finding("ok", "alerts: shown on the board only; no [[channel]] is configured")
        return [shown] if settings.alerts else []
    from monitor.alerts.outlet import Outlet

    found = []
    for channel in settings.channels:
        try:
            Outlet(channel)
        except ConfigError as error:
            what, _, mend = str(error).partition("; ")
            found.append(Finding("fail", what, mend))
        else:
            url = masked_url(channel.url.get_secret_value()) if channel.url is not None else ""
            what = f"channel {channel.name}: {url} is understood; nothing was sent"
            found.append(Finding("ok", what, f"to send: dialwatch alert test {channel.name}"))
    return found


def sendings(settings: Settings) -> list[Finding]:
    """Whether the reports that are to be sent are known, and can say where they are opened."""
    if not settings.sends:
        return []
    try:
        schedule.checked(settings)
    except ConfigError as error:
        what, _, mend = str(error).partition("; ")
        return [Finding("fail", what, mend)]
    names = ", ".join(send.name for send in settings.sends)
    if settings.web.public_url:
        return [Finding("ok", f"reports to be sent: {names}", "to send one now: dialwatch send NAME")]
    return [
        Finding(
            "warn",
            f"reports to be sent: {names}; messages can't say where the pages are",
            'set [web] public_url = "https://…", as people open Dialwatch',
        )
    ]


def web_port(settings: Settings) -> Finding:
    """Whether the dashboard's address can be had."""
    host, port = settings.web.host, settings.web.port
    try:
        family, kind, number, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, number) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(address)
    except OSError as error:
        mend = "choose another [web] port, or end what uses it (is Dialwatch running already?)"
        return Finding("fail", f"dashboard {host}:{port}: cannot be had ({error.strerror})", mend)
    return Finding("ok", f"dashboard {host}:{port}: free")
