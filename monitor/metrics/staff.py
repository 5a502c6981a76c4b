"""Who was to dial in a period: each person's scheduled time, targets and verdicts, by who had an extension then."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Protocol

import msgspec

from monitor.metrics import frames, shifts, targets
from monitor.metrics.findings import verdict_on
from monitor.metrics.plan import SitePlan
from monitor.metrics.posts import Duty
from monitor.metrics.sheet import ShiftCheck

SUMMED = ("dials", "connects", "effective_connects", "talk_minutes")


class Seat(Protocol):
    """A person on an extension in a team, valid in ``[valid_from, valid_to)`` (``store.people.Assignment``)."""

    @property
    def pbx(self) -> str: ...
    @property
    def extension(self) -> str: ...
    @property
    def person_id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def team(self) -> str: ...
    @property
    def valid_from(self) -> float: ...
    @property
    def valid_to(self) -> float | None: ...


Who = Callable[[str, str, float], Seat | None]
"""``who(pbx, extension, at)``: whose extension it was at an instant."""

First = Mapping[tuple[str, str, str, str], tuple[float, str]]
"""First dials by day, shift, PBX and extension: begin and call."""


class Member(msgspec.Struct, kw_only=True):
    """A person in a team over a period; somebody who changed teams is there once for each."""

    key: str
    name: str
    team: str
    seats: list[tuple[str, str]] = []
    scheduled_seconds: float = 0.0
    targets: frames.Targets = msgspec.field(default_factory=frames.Targets)
    checks: list[ShiftCheck] = []


def key_of(seat: Seat) -> str:
    """One person in one team."""
    return f"{seat.person_id}/{seat.team}"


def members(
    seats: Iterable[Seat],
    days: Sequence[date],
    plan: SitePlan,
    now: float,
    each: Mapping[str, targets.Each],
    heard: Mapping[str, float],
) -> dict[str, Member]:
    """Everybody who was to work in the period, with the period's targets, and their scheduled time up to ``now``,
    from when on their PBX was heard at all (``heard``)."""
    hours = [plan.of(day).hours for day in days]
    begin, end = plan.of(days[0]).start, plan.of(days[-1]).end
    found: dict[str, Member] = {}
    for seat in seats:
        to = seat.valid_to if seat.valid_to is not None else float("inf")
        if seat.valid_from >= end or to <= begin:
            continue
        key = key_of(seat)
        member = found.setdefault(key, Member(key=key, name=seat.name, team=seat.team))
        if (seat.pbx, seat.extension) not in member.seats:
            member.seats.append((seat.pbx, seat.extension))
        worked = 0
        for of_day in hours:
            whole = [(max(a, seat.valid_from), min(b, to)) for a, b in of_day]
            worked += any(b > a for a, b in whole)
            member.scheduled_seconds += sum(
                max(0.0, min(b, now) - max(a, heard.get(seat.pbx, 0.0))) for a, b in whole if b > a
            )
        _ask(member.targets, each.get(seat.team), worked)
    return found


def _ask(asked: frames.Targets, each: targets.Each | None, days: int) -> None:
    """Add so many days' targets; a rate is no sum."""
    if each is None:
        return
    asked.connect_rate = each["connect_rate"]
    for name in SUMMED:
        value = each[name]
        if value is not None:
            setattr(asked, name, (getattr(asked, name) or 0) + value * days)


def check(
    found: Mapping[str, Member],
    days: Sequence[date],
    plan: SitePlan,
    who: Who,
    first: First,
    blind: Mapping[str, Sequence[shifts.Blind]],
    on_inbound: Callable[[str, str, str, str], bool],
    now: float,
    duty: Duty,
) -> None:
    """The verdict of every half-day that has begun to count, with its evidence, into ``Member.checks``.

    Who works other shifts has no verdict in this one.
    """
    places = sorted({seat for member in found.values() for seat in member.seats})
    for day in days:
        for window in plan.windows(day):
            if window.counts_from > now:
                continue
            for pbx, extension in places:
                seat = who(pbx, extension, window.starts_at)
                member = found.get(key_of(seat)) if seat is not None else None
                post = duty.posts(window).get(seat.person_id) if seat is not None else None
                if member is None or (post is not None and post.why == "shift"):
                    continue
                of = (day.isoformat(), window.shift, pbx, extension)
                at, call_id = first.get(of, (None, None))
                kind, minutes = shifts.verdict(window, at, now, blind.get(pbx, ()))
                if post is not None and (not post.scheduled or post.absence is not None):
                    kind, minutes = verdict_on(post, window, None, now, ())
                member.checks.append(
                    ShiftCheck(
                        day=of[0],
                        shift=window.shift,
                        person=None if seat is None else seat.person_id,
                        at=at,
                        verdict=kind,
                        late_minutes=minutes,
                        tier=None,
                        why=None if post is None else post.reason,
                        call_id=call_id,
                        on_inbound=on_inbound(*of),
                    )
                )
