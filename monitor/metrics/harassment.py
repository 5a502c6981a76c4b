"""骚扰防护: frequency caps, permitted hours, the do-not-call list. Pure: from dials to breaches, in any order of changes.

A cap of so many dials within so many minutes is held over all agents, in every stretch that ends with a dial: the dial that makes it
one too many breaks it. Breaking dials whose stretches share a dial are one case, which lists all dials of them.
A dial that goes on counts from its begin; one that turns out to be no dial (the agent's phone never answered) is
taken back. ``Watch`` follows the calls as they change; ``breaches`` is the same over calls that are there at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, time
from typing import Protocol
from zoneinfo import ZoneInfo

from monitor.contacts import Contact, Listing, Numbering
from monitor.metrics.cases import Found, newest_first, ordered, own_number

CAP, HOURS, DO_NOT_CALL = "cap", "hours", "do_not_call"


class Cap(Protocol):
    """At most so many dials of a number within so many seconds."""

    @property
    def most(self) -> int: ...
    @property
    def minutes(self) -> float: ...
    @property
    def seconds(self) -> float: ...


class Rules(Protocol):
    """``config_guard.GuardSettings``."""

    @property
    def caps(self) -> Sequence[Cap]: ...
    @property
    def hours(self) -> Sequence[tuple[time, time]]: ...
    @property
    def own_numbers(self) -> Sequence[str]: ...
    @property
    def numbering(self) -> Numbering: ...
    @property
    def watched_seconds(self) -> float: ...


def permitted(at: float, hours: Sequence[tuple[time, time]], zone: ZoneInfo) -> bool:
    """Whether somebody may be called at an instant; without any hours always."""
    clock = datetime.fromtimestamp(at, zone).time()
    return not hours or any(start <= clock and (clock < end or end == time()) for start, end in hours)


def over_cap(dials: Sequence[Contact], cap: Cap, number: str) -> list[Found]:
    """The cases of one cap among the dials of one number, in order of begin."""
    found: list[Found] = []
    first = 0
    begun = last = -1
    marked: list[str] = []
    peak = 0

    def close() -> None:
        calls = tuple(dials[begun : last + 1])
        figures = {"most": cap.most, "minutes": cap.minutes, "peak": peak, "dials": len(calls)}
        found.append(
            Found(rule=CAP, number=number, calls=calls, marked=frozenset(marked), figures={**figures})
        )

    for place, dial in enumerate(dials):
        while dials[first].started_at <= dial.started_at - cap.seconds:
            first += 1
        count = place - first + 1
        if count <= cap.most:
            continue
        if marked and first > last:
            close()
            marked, peak = [], 0
        if not marked:
            begun = first
        last, peak = place, max(peak, count)
        marked.append(dial.id)
    if marked:
        close()
    return found


def on_the_list(dials: Iterable[Contact], listing: Listing, number: str, zone: ZoneInfo) -> list[Found]:
    """The dials of one number while it was on the do-not-call list: one case per entry."""
    cases: dict[int, tuple[dict[str, float | int | str | None], list[Contact]]] = {}
    for dial in dials:
        entry = listing.entry(number, dial.started_at)
        if entry is None:
            continue
        figures = {
            "listed": _day(entry.since, zone),
            "entered": _day(entry.entered_at, zone),
            "until": _day(entry.until, zone),
            "reason": entry.reason,
        }
        cases.setdefault(entry.id, ({**figures}, []))[1].append(dial)
    return [
        Found(
            rule=DO_NOT_CALL,
            number=number,
            calls=tuple(calls),
            marked=frozenset(each.id for each in calls),
            figures={**figures, "dials": len(calls)},
        )
        for figures, calls in cases.values()
    ]


def outside_hours(dials: Iterable[Contact], rules: Rules, zone: ZoneInfo) -> list[Found]:
    """Dials begun outside of the permitted hours: one case per extension and day."""
    cases: dict[tuple[str, str], list[Contact]] = {}
    for dial in ordered(dials):
        if not permitted(dial.started_at, rules.hours, zone):
            cases.setdefault((dial.dialler, _day(dial.started_at, zone) or ""), []).append(dial)
    hours = " ".join(f"{start:%H:%M}–{end:%H:%M}" for start, end in rules.hours)
    return [
        Found(
            rule=HOURS,
            agent=agent,
            calls=tuple(calls),
            marked=frozenset(each.id for each in calls),
            figures={"hours": hours, "day": day, "dials": len(calls)},
        )
        for (agent, day), calls in cases.items()
    ]


def breaches(
    dials: Iterable[Contact], rules: Rules, listing: Listing, zone: ZoneInfo, start: float, end: float
) -> list[Found]:
    """The cases with a dial in ``[start, end)`` that broke a rule, newest first.

    ``dials`` go back ``rules.watched_seconds`` before ``start``. Our own numbers harass nobody.
    """
    watch = Watch(rules, zone, listing)
    for dial in dials:
        watch.put(dial)
    return watch.breaches(start, end)


class Watch:
    """The dials of the last while by number, and what rules they broke; each change costs that number's dials only."""

    def __init__(self, rules: Rules, zone: ZoneInfo, listing: Listing | None = None) -> None:
        self._rules = rules
        self._zone = zone
        self._listing = listing or Listing()
        self._own: Callable[[str], bool] = own_number(rules.own_numbers, rules.numbering)
        self._numbers: dict[str, dict[str, Contact]] = {}
        self._number_of: dict[str, str] = {}
        self._night: dict[str, Contact] = {}
        self._cases: dict[str, list[Found]] = {}

    def put(self, call: Contact) -> None:
        """Take a call as it stands now."""
        number = self._watched(call)
        known = self._number_of.get(call.id)
        if number == known:
            if number is None:
                return
            before = self._numbers[number][call.id]
            if (before.started_at, before.dialler) == (call.started_at, call.dialler):
                self._numbers[number][call.id] = call
                if call.id in self._night:
                    self._night[call.id] = call
                if number in self._cases:
                    self._look(number)
                return
        if known is not None:
            self._take_out(call.id, known)
        if number is not None:
            self._number_of[call.id] = number
            self._numbers.setdefault(number, {})[call.id] = call
            if not permitted(call.started_at, self._rules.hours, self._zone):
                self._night[call.id] = call
            self._look(number)

    def learn(self, listing: Listing) -> None:
        """Take the do-not-call list as it is now."""
        if listing.entries == self._listing.entries:
            return
        self._listing = listing
        for number in self._numbers:
            self._look(number)

    def forget(self, before: float) -> None:
        """Let go of dials begun before an instant."""
        old = [
            (call.id, number)
            for number, dials in self._numbers.items()
            for call in dials.values()
            if call.started_at < before
        ]
        for call_id, number in old:
            self._take_out(call_id, number)

    def breaches(self, start: float, end: float) -> list[Found]:
        """The cases with a dial in ``[start, end)`` that broke a rule, newest first."""
        night = outside_hours(self._night.values(), self._rules, self._zone)
        found = [*night, *(each for cases in self._cases.values() for each in cases)]
        return newest_first(
            each for each in found if any(start <= dial.started_at < end for dial in each.broke)
        )

    def _watched(self, call: Contact) -> str | None:
        if not call.is_dial or not call.number:
            return None
        number = self._rules.numbering.plain(call.number)
        return None if self._own(number) else number

    def _take_out(self, call_id: str, number: str) -> None:
        del self._number_of[call_id]
        self._night.pop(call_id, None)
        dials = self._numbers[number]
        del dials[call_id]
        if dials:
            self._look(number)
        else:
            del self._numbers[number]
            self._cases.pop(number, None)

    def _look(self, number: str) -> None:
        """Hold the rules against the dials of one number."""
        known = self._numbers[number]
        least = min((cap.most for cap in self._rules.caps), default=len(known))
        if len(known) <= least and not self._listing.ever(number):
            self._cases.pop(number, None)
            return
        dials = ordered(known.values())
        found = [each for cap in self._rules.caps for each in over_cap(dials, cap, number)]
        found += on_the_list(dials, self._listing, number, self._zone)
        if found:
            self._cases[number] = found
        else:
            self._cases.pop(number, None)


def _day(at: float | None, zone: ZoneInfo) -> str | None:
    return None if at is None else f"{datetime.fromtimestamp(at, zone):%Y-%m-%d}"
