"""开呼考勤: who had to dial when, and what came of it, from what is stored.

The plan (``Duty``) is put together from the settings, the state's days, the roster, days entered by hand and
absences. The verdicts of a day come from the stored calls by the very rooms that the live board uses
(``HalfDays``, ``decide``), so both say the same. A verdict is stored when it is settled or changes; what was
stored before stays as history.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import msgspec

from monitor import holidays
from monitor.config import Settings
from monitor.duty import Finding
from monitor.metrics import shifts
from monitor.metrics.asof import absences_at
from monitor.metrics.expected import Downtime
from monitor.metrics.findings import BlindTimes, settled
from monitor.metrics.halfdays import INBOUND_SECONDS, HalfDays
from monitor.metrics.posts import Duty, duty_of
from monitor.metrics.shifts import Verdict
from monitor.metrics.tally import stints
from monitor.metrics.targets import Goals
from monitor.staffing import staffed
from monitor.store.people import Roster
from monitor.store.store import Store

NEAR_DAYS = 40
"""So far around the days asked for, days entered by hand are read: the calendar looks a month ahead."""

CATCH_UP_DAYS = 35
"""After a time in which nothing ran, so many days back are decided."""


def bare_duty(settings: Settings, today: date) -> Duty:
    """The plan without the store: configured seats and the state's days."""
    state = _state(settings, today, today)
    return duty_of(settings, state=state.days, state_years=_years(settings, state))


async def duty_for(
    store: Store, settings: Settings, first: date, last: date, *, known_at: float | None = None
) -> Duty:
    """The plan for the days from ``first`` to ``last``; ``known_at`` an instant only what was entered by then.

    Raises ``StoreError``.
    """
    zone = settings.site.timezone
    start, _ = shifts.day_bounds(first - timedelta(days=1), zone)
    _, end = shifts.day_bounds(last + timedelta(days=1), zone)
    roster = await store.roster()
    plan = staffed(settings, roster, end)
    state = _state(settings, first, last)
    own = await store.discipline.own_days(
        date(first.year - 1, 12, 1), max(last + timedelta(days=NEAR_DAYS), date(last.year + 1, 12, 31))
    )
    absences = await store.discipline.absences(start, end, withdrawn=known_at is not None)
    extra = await store.staff.overtime(start, end, withdrawn=known_at is not None)
    if known_at is not None:
        own = [each for each in own if each.entered_at <= known_at]
        absences = absences_at(absences, known_at)
        extra = [
            msgspec.structs.replace(each, withdrawn_at=None)
            if each.withdrawn_at is not None and each.withdrawn_at > known_at
            else each
            for each in extra
            if each.entered_at <= known_at
        ]
    return duty_of(
        plan,
        roster.assignments or None,
        state=state.days,
        state_years=_years(settings, state),
        own=own,
        absences=absences,
        overtime=extra,
        watched=await store.discipline.watched(),
    )


async def goals_for(store: Store, settings: Settings, roster: Roster) -> Goals:
    """The targets of a site, those entered and those configured. Raises ``StoreError``."""
    return Goals(settings, await store.staff.targets(), roster.assignments)


def _state(settings: Settings, first: date, last: date) -> holidays.StateDays:
    calendar = settings.calendar
    if not calendar.country:
        return holidays.StateDays({}, frozenset())
    years = range(first.year - 1, last.year + 2)
    return holidays.state_days(calendar.country, calendar.subdivision, years)


def _years(settings: Settings, state: holidays.StateDays) -> frozenset[int] | None:
    return state.years if settings.calendar.country else None


async def findings(
    store: Store, settings: Settings, day: date, now: float, duty: Duty | None = None
) -> list[Finding]:
    """The verdicts on everybody in the shifts that began on a day, from what is stored. Raises ``StoreError``."""
    plan = duty if duty is not None else await duty_for(store, settings, day, day)
    half_days = HalfDays(plan, settings.discipline.tier)
    half_days.turn(day)
    kept = store.discipline
    for window in plan.windows(day):
        for call_id, agent, at in await kept.first_dials(window.counts_from, window.ends_at):
            half_days.put(call_id, agent, at)
        parted = {
            span
            for post in plan.posts(window).values()
            for span in post.spans
            if (span.start, span.end) != (window.counts_from, window.ends_at)
        }
        for span in parted:
            for call_id, agent, at in await kept.first_dials(span.start, span.end, span.agent):
                half_days.put(call_id, agent, at)
        by = window.dial_by_at
        for call in await kept.inbound_over(by, by - INBOUND_SECONDS):
            parts = {f"{call.pbx}/{each.agent}": each for each in stints(call)}
            half_days.put_inbound(call.id, call.started_at, parts)
    half_days.downtime = await _downtime(store, settings, half_days.windows, now)
    found = half_days.findings(now, await _blind(store, plan, day, now))
    # Who works other shifts has nothing to do with this one.
    return [each for each in found if each.day == day.isoformat() and each.why != "shift"]


async def standing(
    store: Store, settings: Settings, first: date, last: date, now: float, person: int | None = None
) -> list[Finding]:
    """The verdicts on the days ``first`` to ``last``: of past days as stored, of today as they stand now.

    Ledger and reports both read these. Raises ``StoreError``.
    """
    today = shifts.day_of(now, settings.site.timezone)
    stored = await store.discipline.verdicts(first, last, person=person)
    found = [each.finding for each in stored if each.finding.day < today.isoformat()]
    if first <= today <= last:
        found += await findings(store, settings, today, now)
    return [each for each in found if person in (None, each.person)]


async def _blind(store: Store, plan: Duty, day: date, now: float) -> BlindTimes:
    windows = plan.windows(day)
    if not windows:
        return {}
    start = min(window.counts_from for window in windows)
    end = max(window.ends_at for window in windows)
    found: dict[str, list[shifts.Blind]] = {}
    for gap in await store.gaps(start, min(end, now)):
        found.setdefault(gap.pbx, []).append(
            (gap.started_at, gap.ended_at if gap.ended_at is not None else now)
        )
    return {pbx: shifts.joined(periods) for pbx, periods in found.items()}


async def _downtime(
    store: Store, settings: Settings, windows: Sequence[shifts.Window], now: float
) -> Downtime:
    """The phones and trunks that were down in these shifts."""
    if not windows:
        return Downtime()
    start = min(window.counts_from for window in windows)
    outages = await store.outages.between(start, min(now, max(each.ends_at for each in windows)))
    return Downtime(outages, phones=settings.discipline.phone_outages)


async def settle(store: Store, settings: Settings, days: Iterable[date], now: float) -> int:
    """Decide days anew and store what has changed; returns how many verdicts were. Raises ``StoreError``."""
    changed = 0
    for day in sorted(set(days)):
        known = {each.finding.key: each.finding for each in await store.discipline.verdicts(day, day)}
        fresh = [settled(each, now) for each in await findings(store, settings, day, now)]
        news = [each for each in fresh if each.verdict != Verdict.PENDING and known.get(each.key) != each]
        news += _void(known, fresh)
        await store.discipline.decide(news, now)
        changed += len(news)
    return changed


def _void(known: dict[tuple[int, str, str], Finding], fresh: Sequence[Finding]) -> list[Finding]:
    """Verdicts on shifts that are no longer the person's: the day was made free, or the roster put right."""
    still = {each.key for each in fresh}
    return [
        Finding(
            person=each.person,
            agent=each.agent,
            team=each.team,
            day=each.day,
            shift=each.shift,
            verdict=Verdict.OFF,
            counts_from=each.counts_from,
            starts_at=each.starts_at,
            dial_by_at=each.dial_by_at,
            ends_at=each.ends_at,
            why="shift",
        )
        for key, each in known.items()
        if key not in still and each.verdict != Verdict.OFF
    ]


async def days_to_settle(store: Store, settings: Settings, now: float) -> list[date]:
    """Today and yesterday (a shift may go on past midnight), and the days missed while nothing ran."""
    today = shifts.day_of(now, settings.site.timezone)
    last = await store.discipline.last_decided_day() or today
    first = max(min(last, today - timedelta(days=1)), today - timedelta(days=CATCH_UP_DAYS))
    return [first + timedelta(days=number) for number in range((today - first).days + 1)]


def days_of(settings: Settings, start: float, end: float) -> list[date]:
    """The calendar days that a stretch of time touches, and the day before (its shifts may reach in)."""
    zone = settings.site.timezone
    first = shifts.day_of(start, zone) - timedelta(days=1)
    last = shifts.day_of(end, zone)
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


async def settle_past(store: Store, settings: Settings, start: float, end: float, now: float) -> None:
    """Decide anew the days that a stretch of time touches, as far as they are over or begun."""
    await settle_days(store, settings, days_of(settings, start, min(end, now)) if start < now else [], now)


async def settle_days(store: Store, settings: Settings, days: Iterable[date], now: float) -> None:
    """Decide anew those days that are over or begun, but none from before anything was decided."""
    today = shifts.day_of(now, settings.site.timezone)
    first = await store.discipline.first_decided_day()
    if first is not None:
        await settle(store, settings, [day for day in days if first <= day <= today], now)
