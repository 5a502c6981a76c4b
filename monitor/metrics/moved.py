"""Days on which an extension changed hands: whose time on calls and idle gaps those were.

The stored time line of a day is an extension's. Where the extension had two holders on a day, or its holder came
from another, the line is made anew here, person by person, from the calls of just those extensions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from monitor.duty import Seat
from monitor.metrics import shifts
from monitor.metrics.expected import Downtime, Period, parted
from monitor.metrics.idle import Hours, idle, overlap
from monitor.metrics.posts import Span
from monitor.metrics.staff import Who, key_of

COLUMNS = ("person", "longest_idle_seconds", "idle_seconds", "busy_seconds", "gaps", "hours")
"""As the stored time lines have them; ``gaps`` are the gaps as far as they matter to whoever shows long ones."""

Place = tuple[str, str]
"""PBX and extension."""


class Stretch(msgspec.Struct, frozen=True):
    """From when to when a call kept an extension busy; ``call_at`` is when the call began, ``ended_at`` ``None``: still."""

    pbx: str
    agent: str
    call_at: float
    call_id: str
    started_at: float
    ended_at: float | None


def changes(seats: Iterable[Seat], start: float, end: float) -> dict[Place, list[float]]:
    """By extension, the instants between two others at which it changed hands, in order."""
    found: dict[Place, set[float]] = {}
    for seat in seats:
        for at in (seat.valid_from, seat.valid_to):
            if at is not None and start < at < end:
                found.setdefault((seat.pbx, seat.extension), set()).add(at)
    return {place: sorted(instants) for place, instants in found.items()}


def lines(
    stretches: Iterable[Stretch],
    day: tuple[float, float],
    seats: Sequence[Seat],
    who: Who,
    working: Mapping[int, Sequence[Period]],
    downtime: Downtime,
) -> list[tuple[str, float, float, float, str, str]]:
    """Rows of ``COLUMNS`` for one day (its bounds), by person and team, from all calls of the extensions that moved."""
    mine: dict[int, list[Stretch]] = {}
    keys: dict[str, tuple[int, list[Span]]] = {}
    for each in stretches:
        holder = who(each.pbx, each.agent, each.call_at)
        if holder is not None:
            mine.setdefault(holder.person_id, []).append(each)
            keys.setdefault(key_of(holder), (holder.person_id, []))
    for seat in seats:
        begin, to = (
            max(day[0], seat.valid_from),
            day[1] if seat.valid_to is None else min(day[1], seat.valid_to),
        )
        if key_of(seat) in keys and begin < to:
            keys[key_of(seat)][1].append(Span(f"{seat.pbx}/{seat.extension}", begin, to))
    found = []
    for key, (person, spans) in keys.items():
        had = shifts.joined((span.start, span.end) for span in spans)
        hours = [
            (max(a, begin), min(b, to))
            for begin, to in working.get(person, ())
            for a, b in had
            if max(a, begin) < min(b, to)
        ]
        if hours:
            parts = parted(hours, downtime.unheard(spans))
            found.append((key, *_measured(mine[person], parts), msgspec.json.encode(parts).decode()))
    return found


def _measured(stretches: list[Stretch], hours: Hours) -> tuple[float, float, float, str]:
    """Longest gap, all gaps, time on calls, as far as they lie in the hours (METRICS: idle gap, utilisation).

    And the gaps themselves, as the store writes them: in milliseconds, not cut.
    """
    every = [period for part in hours for period in part]
    longest = gaps = busy = 0.0
    written: list[str] = []
    reach: float | None = None
    for each in sorted(stretches, key=lambda each: (each.started_at, each.call_id)):
        if reach is not None and each.started_at > reach:
            gap = idle(reach, each.started_at, hours)
            longest = max(longest, gap)
            if gap:
                written.append(f"{round(reach * 1000)}-{round(each.started_at * 1000)}")
            gaps += overlap(reach, each.started_at, every)
        if each.ended_at is None:
            reach = float("inf")
            continue
        begun = each.started_at if reach is None else max(reach, each.started_at)
        if each.ended_at > begun:
            busy += overlap(begun, each.ended_at, every)
        reach = each.ended_at if reach is None else max(reach, each.ended_at)
    return longest, gaps, busy, ",".join(written)
