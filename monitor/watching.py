"""风险提示: whom is called how often, who was called back, and what looks odd: from what is stored.

The store finds the calls that can matter, pure functions (``metrics/callbacks``, ``harassment``, ``gaming``) say what came of
them. Only numbers that can break a rule, by how often they were dialled, are read call by call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec

from monitor.config import Settings
from monitor.contacts import CAMPAIGN, DO_NOT_CALL, OWN, Contact, Listing, NumberKeys
from monitor.metrics import callbacks, gaming, harassment, shifts
from monitor.metrics.callbacks import Case, Summary
from monitor.metrics.cases import Found, own_number
from monitor.store.people import Roster
from monitor.store.store import Store
from monitor.store.watch import Dialled


class MissedInbound(msgspec.Struct, frozen=True, kw_only=True):
    """Missed inbound of a stretch of time: each call with what became of it, and the sums.

    ``teams`` holds by team id; a call for which phones of two teams rang is in both. ``team_ids`` are the teams of
    each case, in the order of ``cases`` (``callbacks.NOBODY``: nobody's).
    """

    cases: list[Case]
    team_ids: list[list[str]]
    site: Summary
    teams: dict[str, Summary]


async def missed_inbound(
    store: Store, settings: Settings, start: float, end: float, roster: Roster | None = None
) -> MissedInbound:
    """Missed calls begun in ``[start, end)``, with calls back up to now. Raises ``StoreError``."""
    numbering = settings.guard.numbering
    missed = await store.watch.missed(start, end)
    plain = {
        numbering.plain(each.call.number)
        for each in missed
        if each.call.number is not None and callbacks.has_number(each.call.number)
    }
    written = [spelling for each in plain for spelling in numbering.spellings(each)]
    later = await store.watch.with_numbers(written, start, end + callbacks.HORIZON_SECONDS + 86400)
    known = roster if roster is not None else await store.roster()

    def team_of(agent: str, at: float) -> str | None:
        pbx, _, extension = agent.partition("/")
        found = known.who(pbx, extension, at)
        return found.team if found is not None else None

    queues = callbacks.queue_teams(
        [
            *((queue, (agent,), at) for queue, agent, at in await store.watch.queued(start, end)),
            *(
                (f"{each.call.pbx}/{each.call.queue}", each.rang, each.call.started_at)
                for each in missed
                if each.call.queue is not None
            ),
        ],
        team_of,
    )
    cases = callbacks.cases(missed, later, numbering)
    return MissedInbound(
        cases=cases,
        team_ids=[callbacks.teams_of(each.missed, team_of, queues) for each in cases],
        site=callbacks.summary(cases),
        teams=callbacks.by_team(cases, team_of, queues),
    )


# ---------------------------------------------------------------- lists


async def listing(store: Store, settings: Settings, name: str) -> Listing:
    """A list as it stands and stood. Raises ``StoreError``.

    Without the site's secret only numbers kept as they are can be recognised.
    """
    return Listing(await store.numbers.entries(name), settings.guard.keys or NumberKeys())


async def _own(store: Store, settings: Settings) -> Callable[[str], bool]:
    """Whether a plain number is one of the site's own: by the settings, the list of own numbers, or an extension."""
    matches = own_number(settings.guard.own_numbers, settings.guard.numbering)
    listed = await listing(store, settings, OWN)
    extensions = {each.extension for each in (await store.roster()).assignments}
    return lambda number: number in extensions or matches(number) or listed.ever(number)


# ---------------------------------------------------------------- harassment


async def breaches(store: Store, settings: Settings, start: float, end: float) -> list[Found]:
    """Breaches of the caps, the hours and the do-not-call list in ``[start, end)``. Raises ``StoreError``."""
    rules, zone = settings.guard, settings.site.timezone
    since = start - rules.watched_seconds
    listed = await listing(store, settings, DO_NOT_CALL)
    least = min((cap.most for cap in rules.caps), default=None)
    found: list[Contact] = []
    if least is not None or listed:
        numbers = await _numbers(
            store,
            settings,
            since,
            end,
            float("inf"),
            lambda plain, dials: (least is not None and dials > least) or listed.ever(plain),
        )
        written = (number for each in numbers.values() for number in each.written)
        found = await _dials(store, written, since, end)
    if rules.hours:
        found += await store.watch.dials(forbidden(rules.hours, start, end, zone))
    return await asyncio.to_thread(harassment.breaches, found, rules, listed, zone, start, end)


def forbidden(
    hours: Iterable[tuple[time, time]], start: float, end: float, zone: ZoneInfo
) -> Iterator[tuple[float, float]]:
    """The stretches of ``[start, end)`` in which nobody is to be called."""
    day, last = shifts.day_of(start, zone), shifts.day_of(end, zone)
    while day <= last:
        at = _instant(day, time(), zone)
        midnight = _instant(day + timedelta(days=1), time(), zone)
        for opens, closes in sorted(hours):
            until = min(_instant(day, opens, zone), end)
            if max(at, start) < until:
                yield max(at, start), until
            at = max(at, midnight if closes == time() else _instant(day, closes, zone))
        if max(at, start) < min(midnight, end):
            yield max(at, start), min(midnight, end)
        day += timedelta(days=1)


def _instant(day: date, clock: time, zone: ZoneInfo) -> float:
    return datetime.combine(day, clock, zone).timestamp()


# ---------------------------------------------------------------- questions


async def private_calls(store: Store, settings: Settings, start: float, end: float) -> list[Found]:
    """Numbers that only one extension calls, again and again, and long inbound calls. Raises ``StoreError``."""
    rules, zone = settings.guard, settings.site.timezone
    campaign = await listing(store, settings, CAMPAIGN)
    own = await _own(store, settings)
    least = min(rules.private_connects, rules.private_days)
    numbers = await _numbers(
        store,
        settings,
        start,
        end,
        rules.private_talk_seconds,
        lambda plain, dials: dials >= least and not campaign.ever(plain) and not own(plain),
    )
    # So many days can only lie in so long a stretch; an hour is for the day that clocks change on.
    span = (rules.private_days - 2) * 86400 - 3600

    written = [
        number
        for each in numbers.values()
        if len(each.agents) == 1
        and (
            each.long >= rules.private_connects
            or (each.dials >= rules.private_days and each.last_at - each.first_at > span)
        )
        for number in each.written
    ]
    dials = await _dials(store, written, start, end)
    inbound = await store.watch.long_inbound(start, end, rules.long_inbound_seconds)
    return gaming.all_of(
        await asyncio.to_thread(gaming.private_numbers, dials, rules, campaign, zone),
        gaming.long_inbound(inbound, rules),
    )


async def questions(store: Store, settings: Settings, start: float, end: float) -> list[Found]:
    """What looks odd in the calls of ``[start, end)``. Raises ``StoreError``."""
    rules, zone = settings.guard, settings.site.timezone
    effective, width = settings.site.effective_seconds, rules.cluster_seconds
    own = await _own(store, settings)
    numbers = await _numbers(
        store,
        settings,
        start,
        end,
        float("inf"),
        lambda plain, dials: dials >= rules.repeat_dials or own(plain),
    )
    written = [
        number
        for plain, each in numbers.items()
        if max(each.agents.values()) >= rules.repeat_dials or own(plain)
        for number in each.written
    ]
    dials = await _dials(store, written, start, end)
    edges = [effective + width * step for step in (-1, 0, 1, 2)]
    bands = await store.watch.talk_bands(start, end, list(pairwise(edges)))
    clustered = [
        agent for agent, (below, over, after) in bands.items() if gaming.clusters(below, over, after, rules)
    ]
    connects = await store.watch.connects(clustered, start, end, (edges[0], edges[-1]))
    cancels = await store.watch.quick_cancels(start, end, rules.cancel_seconds)
    hasty = [agent for agent, count in cancels.items() if count >= rules.cancel_run]
    theirs = await store.watch.dials_of(hasty, start, end)
    return await asyncio.to_thread(
        lambda: gaming.all_of(
            gaming.own_numbers(dials, own, rules),
            gaming.just_over(connects, rules, effective),
            gaming.cancel_runs(theirs, rules),
            gaming.repeats(
                (each for each in dials if not own(rules.numbering.plain(each.number or ""))), rules, zone
            ),
        )
    )


# ---------------------------------------------------------------- numbers


class _Number(msgspec.Struct):
    """A plain number: how it was written, dials in all and by extension, the first and last, long connects."""

    written: list[str]
    dials: int
    agents: dict[str, int]
    first_at: float
    last_at: float
    long: int


Matters = Callable[[str, int], bool]
"""``matters(plain, dials)``: whether a number that was dialled so often can break a rule."""


async def _numbers(
    store: Store, settings: Settings, start: float, end: float, long_seconds: float, matters: Matters
) -> dict[str, _Number]:
    rows = await store.watch.dialled(start, end, long_seconds)
    return await asyncio.to_thread(_gathered, rows, settings.guard.numbering.plain, matters)


def _gathered(rows: Sequence[Dialled], plain: Callable[[str], str], matters: Matters) -> dict[str, _Number]:
    """Dials of the numbers that matter, by plain number: the same line may have been written in several ways."""
    # Most numbers were dialled once and matter no more: only a count is kept of them.
    numbers = [plain(row.number) for row in rows]
    dials: dict[str, int] = {}
    for number, row in zip(numbers, rows, strict=True):
        dials[number] = dials.get(number, 0) + row.dials
    wanted = {number for number, count in dials.items() if matters(number, count)}
    found: dict[str, _Number] = {}
    for number, row in zip(numbers, rows, strict=True):
        if number not in wanted:
            continue
        agent = f"{row.pbx}/{row.agent or ''}"
        known = found.get(number)
        if known is None:
            found[number] = _Number(
                [row.number], row.dials, {agent: row.dials}, row.first_at, row.last_at, row.long
            )
            continue
        if row.number not in known.written:
            known.written.append(row.number)
        known.dials += row.dials
        known.long += row.long
        known.agents[agent] = known.agents.get(agent, 0) + row.dials
        known.first_at, known.last_at = min(known.first_at, row.first_at), max(known.last_at, row.last_at)
    return found


async def _dials(store: Store, written: Iterable[str], start: float, end: float) -> list[Contact]:
    return [each for each in await store.watch.with_numbers(written, start, end) if each.is_dial]
