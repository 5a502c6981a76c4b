"""Reports that go out by themselves: made when they are due, kept with their very bytes, handed to the channels.

What is sent once has a key (name and day); it is kept in the same transaction as its messages, so a crash at any moment
neither loses a report nor sends it twice. What was due while nothing ran goes out late, and says so. Figures of what was sent
are compared with the store's again and again: where late data changed them, the archive says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from datetime import date, timedelta
from typing import Any

import msgspec
import structlog

from monitor import attendance
from monitor.alerts.lines import Lines
from monitor.alerts.words import Language, Text
from monitor.clock import Clock
from monitor.config import Settings
from monitor.config_sending import Send
from monitor.errors import EnvironmentFault, StoreError
from monitor.metrics.calendar import Calendar
from monitor.metrics.periods import Kind
from monitor.metrics.sheet import Report
from monitor.metrics.shifts import day_of
from monitor.notices import Delivery, Sent
from monitor.reports.columns import Say
from monitor.reports.render import MEDIA_TYPES, Format, file_name, rendered
from monitor.sending import changes
from monitor.sending.changes import Difference, figures, fingerprint
from monitor.sending.message import Occasion, headline, linked, written
from monitor.sending.schedule import Due, about, due_between, falls_on, next_due
from monitor.store.archive import Kept
from monitor.store.discipline import Audited
from monitor.store.store import Store

log = structlog.get_logger(__name__)

LOOK_SECONDS = 5.0
SETTLE_SECONDS = 5.0
"""Calls that ended just before are stored by then."""
LATE_SECONDS = 300.0
"""From so long after its time on a report says that it is late."""
CATCH_UP_SECONDS = 3 * 86400.0
"""What was due longer ago is not made up for."""
HOLD_SECONDS = 3600.0
"""So long a report waits for the sums, if they are being made anew."""
COMPARE_SECONDS = 60.0
"""A report that was sent is compared with the store so often, one at a time …"""
COMPARED_AGAIN_SECONDS = 6 * 3600.0
"""… each again after so long …"""
COMPARED_FOR_SECONDS = 40 * 86400.0
"""… and for so long; after that when somebody looks at it."""
FORGET_SECONDS = 3600.0
AGAIN_SECONDS = 60.0
_FORMATS = {"xlsx": Format.XLSX, "pdf": Format.PDF}

Words = Callable[[Language, str], str]
"""The words for a key in a language."""


class Planned(msgspec.Struct, frozen=True):
    """A report that is sent by itself, and when it is due next (``None``: not within two months)."""

    send: Send
    next_at: float | None


class Sender:
    """The reports of one site. ``clock`` is the floor's, ``timer`` the machine's; ``ready`` says that the store is up to date."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        timer: Clock,
        store: Store,
        lines: Lines,
        words: Words,
        ready: Callable[[], bool] = lambda: True,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._timer = timer
        self._store = store
        self._lines = lines
        self._words = words
        self._ready = ready
        self._since: dict[str, float] = {}
        self._settled: set[str] = set()
        self._again_at: dict[str, float] = {}
        self._compared_at = float("-inf")
        self._forgot_at = float("-inf")

    async def run(self) -> None:
        """Send what is due, and look after what was sent, for ever."""
        while True:
            try:
                await self.look()
                await self._tidy()
            except StoreError as error:
                log.warning("reports_wait_for_the_store", why=str(error))
            await self._timer.sleep(LOOK_SECONDS)

    # ------------------------------------------------------------------ what is due

    async def look(self) -> None:
        """Send what is due now. Raises ``StoreError``."""
        if not self._settings.sends or not self._ready():
            return
        now = self._clock.now()
        open_ = [due for send in self._settings.sends for due in await self._may_be_due(send, now)]
        if not open_:
            return
        known = await self._store.archive.known([due.key for due in open_])
        first = min(due.day for due in open_)
        calendar = await self._calendar(first - timedelta(days=1), max(due.day for due in open_))
        for due in sorted(open_, key=lambda due: due.at):
            if due.key in known or not falls_on(due.send, due.day, calendar):
                self._settled.add(due.key)
            elif self._again_at.get(due.key, 0.0) <= now:
                await self._try(due, now, calendar)

    async def _try(self, due: Due, now: float, calendar: Calendar) -> None:
        """Make a report that is due; one that fails keeps no other from going out, and is tried again."""
        try:
            if await self._made(due.send, due.day, due.at, now, calendar, due.key) is not None:
                self._settled.add(due.key)
                self._again_at.pop(due.key, None)
        except StoreError:
            raise
        except Exception:
            log.exception("report_failed", name=due.send.name, again_in_seconds=AGAIN_SECONDS)
            self._again_at[due.key] = now + AGAIN_SECONDS

    async def _may_be_due(self, send: Send, now: float) -> list[Due]:
        """Its times since it is sent by this plan, whatever day it is, but those that are settled."""
        if send.name not in self._since:
            plan = msgspec.json.encode([f"{send.at:%H:%M}", send.days, send.month_day]).decode()
            self._since[send.name] = await self._store.archive.since(send.name, plan, now)
        since = max(self._since[send.name], now - CATCH_UP_SECONDS)
        any_day = send.model_copy(update={"days": "every", "month_day": None})
        zone = self._settings.site.timezone
        times = due_between(any_day, Calendar(), zone, since, now - SETTLE_SECONDS)
        return [Due(send, due.day, due.at) for due in times if due.key not in self._settled]

    async def _made(
        self,
        send: Send,
        day: date,
        due_at: float,
        now: float,
        calendar: Calendar,
        key: str,
        by: str = "",
    ) -> tuple[Sent, list[Delivery]] | None:
        """Make, keep and hand over one report; ``None`` where it has to wait or was sent already."""
        of = about(send, day, calendar)
        report = await self._gathered(send.report, of, send.team, now)
        if "sums_unknown" in report.remarks and not by and now - due_at < HOLD_SECONDS:
            log.info("report_waits_for_sums", name=send.name)
            return None
        language = self._language(send.language)
        say = self._say(language)
        format = _FORMATS[send.format]
        try:
            content = await asyncio.to_thread(rendered, report, format, say, language)
        except EnvironmentFault as error:
            log.error("report_not_made", name=send.name, why=str(error))
            content = b""
        kept_figures = await asyncio.to_thread(figures, report, say)
        occasion = Occasion(
            due_at=due_at if now - due_at >= LATE_SECONDS and not by else None, fault=not content
        )
        public_url = self._settings.web.public_url
        text = Text(headline(report, say), written(report, say, public_url, occasion))
        sent = Sent(
            key=key,
            name=send.name,
            kind=send.report,
            team=send.team,
            first=report.first,
            last=report.last,
            day=of.isoformat(),
            language=language,
            title=text.title,
            body=text.body,
            due_at=due_at,
            made_at=now,
            by=by,
            running=report.running,
            file_name=file_name(report, format),
            media_type=MEDIA_TYPES[format],
            size=len(content),
            sha256=fingerprint(content),
            fingerprint=fingerprint(kept_figures),
        )
        handed: list[Delivery] = []

        def messages(number: int) -> list[Delivery]:
            handed[:] = [
                self._lines.about_report(
                    channel,
                    linked(text, number, say, public_url),
                    report=number,
                    attach=send.attach and bool(content),
                )
                for channel in send.channels
            ]
            return handed

        kept = await self._store.archive.keep(sent, Kept(content, kept_figures), messages)
        if kept is None:
            return None
        log.info(
            "report_sent",
            name=send.name,
            key=key,
            channels=list(send.channels),
            late=now - due_at >= LATE_SECONDS,
        )
        return kept, await self._lines.post(handed)

    # ------------------------------------------------------------------ by hand

    def planned_by(self, name: str) -> Send | None:
        """The report of a name."""
        return next((send for send in self._settings.sends if send.name == name), None)

    async def planned(self) -> list[Planned]:
        """What is sent by itself, and when next. Raises ``StoreError``."""
        if not self._settings.sends:
            return []
        now = self._clock.now()
        zone = self._settings.site.timezone
        today = day_of(now, zone)
        calendar = await self._calendar(today, today + timedelta(days=62))
        found = []
        for send in self._settings.sends:
            due = next_due(send, calendar, zone, now)
            found.append(Planned(send, None if due is None else due.at))
        return found

    async def send_now(self, send: Send, who: str) -> tuple[Sent, list[Delivery]]:
        """Send a report now, by hand, for the day that it is. Raises ``StoreError``."""
        now = self._clock.now()
        today = day_of(now, self._settings.site.timezone)
        calendar = await self._calendar(today - timedelta(days=40), today)
        key = f"{send.name}@{today.isoformat()}#{now:.3f}"
        made = await self._made(send, today, now, now, calendar, key, by=who)
        if made is None:
            raise StoreError("this report was sent this very moment; look into the archive")
        await self._store.discipline.audit(Audited(now, who, "report_sent", f"report/{made[0].id}", ""))
        return made

    async def send_again(self, sent: Sent, channels: Collection[str], who: str) -> list[Delivery]:
        """Send what was sent once more, the very same. Raises ``StoreError``."""
        now = self._clock.now()
        text = linked(
            Text(sent.title, sent.body),
            sent.id,
            self._say(self._language(sent.language)),
            self._settings.web.public_url,
            again=True,
        )
        send = self.planned_by(sent.name)
        attach = bool(sent.size) and (send is None or send.attach)
        deliveries = [
            self._lines.about_report(channel, text, report=sent.id, attach=attach) for channel in channels
        ]
        await self._store.alerts.put([], deliveries)
        why = ", ".join(channels)
        await self._store.discipline.audit(Audited(now, who, "report_sent_again", f"report/{sent.id}", why))
        return await self._lines.post(deliveries)

    # ------------------------------------------------------------------ does it still hold

    async def compared(self, sent: Sent) -> list[Difference] | None:
        """What differs now from the figures that were sent; ``None`` where they are not kept. Raises ``StoreError``."""
        kept = await self._store.archive.kept(sent.id)
        if kept is None:
            return None
        now = self._clock.now()
        report = await self._gathered(sent.kind, date.fromisoformat(sent.day), sent.team, now)
        say = self._say(self._language(sent.language))

        def compare() -> list[Difference]:
            return changes.differences(kept.figures, figures(report, say))

        found = await asyncio.to_thread(compare)
        if "sums_unknown" not in report.remarks:
            await self._store.archive.checked(sent.id, now, len(found))
        return found

    async def _tidy(self) -> None:
        """Compare one report that was sent, and remove what is too old."""
        now = self._clock.now()
        if not 0 <= now - self._forgot_at < FORGET_SECONDS:
            self._forgot_at = now
            store = self._settings.store
            await self._store.archive.forget(now - store.archive_days * 86400, store.archive_bytes)
        if not 0 <= now - self._compared_at < COMPARE_SECONDS:
            self._compared_at = now
            oldest = await self._store.archive.to_check(
                now - COMPARED_FOR_SECONDS, now - COMPARED_AGAIN_SECONDS
            )
            if oldest is not None and oldest.kind in {kind.value for kind in Kind}:
                await self.compared(oldest)

    # ------------------------------------------------------------------ tools

    async def _calendar(self, first: date, last: date) -> Calendar:
        return (await attendance.duty_for(self._store, self._settings, first, last)).calendar

    async def _gathered(self, kind: str, day: date, team: str, now: float) -> Report:
        # pandas takes half a second to import: not at the start, and not on the event loop.
        gathering: Any = await asyncio.to_thread(_gathering)
        wanted = gathering.Wanted(kind=Kind(kind), day=day, team=team)
        found: Report = await asyncio.to_thread(
            gathering.gathered_aside, self._store, self._settings, wanted, now
        )
        return found

    def _language(self, wanted: str | None) -> Language:
        return "en" if (wanted or self._settings.site.language) == "en" else "zh-CN"

    def _say(self, language: Language) -> Say:
        return lambda key: self._words(language, key)


def _gathering() -> Any:
    from monitor.reports import gather

    return gather
