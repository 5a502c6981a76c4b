"""Missed inbound, and how long until the caller was called back: pure, from calls to cases and their sums.

A missed call is called back by the first dial to its number, whoever made it, or by the caller's next call that
somebody answered, if it began when the missed call was over or later, within ``HORIZON_SECONDS``. A dial is a
call back even if the customer did not answer it: that one tried counts; ``reached`` says whether they spoke.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median

import msgspec

from monitor.contacts import Contact, Missed, Numbering
from monitor.domain import Direction

HORIZON_SECONDS = 7 * 86400.0
"""A call that comes later is no answer to the missed one."""
NOBODY = ""
"""The team of a missed call for which no phone rang, and nobody's queue is known."""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A missed call and what became of it.

    ``seconds`` are from the end of the missed call to the begin of ``back``; ``None`` while nobody called
    back. ``reached`` is the first call after it in which somebody spoke with the caller. ``callable`` is false
    where the caller showed no number.
    """

    missed: Missed
    back: Contact | None
    reached: Contact | None
    callable: bool

    @property
    def seconds(self) -> float | None:
        """How long it took until somebody called back."""
        if self.back is None or self.missed.call.ended_at is None:
            return None
        return self.back.started_at - self.missed.call.ended_at


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """Missed calls of a team or of the site: counts, and seconds until the call back (of those called back)."""

    missed: int
    called_back: int
    reached: int
    open: int
    no_number: int
    median_seconds: float | None
    longest_seconds: float | None


def has_number(number: str | None) -> bool:
    """Whether a caller can be called back: a number was shown, and not the word that hides it."""
    return number is not None and any(each.isdigit() for each in number)


def cases(missed: Iterable[Missed], later: Iterable[Contact], numbering: Numbering) -> list[Case]:
    """Each missed call with what became of it, in order of begin.

    ``later`` are the calls, of any direction, with the numbers of the missed ones; others do no harm.
    """
    tries: dict[str, list[Contact]] = {}
    for call in sorted(later, key=lambda each: (each.started_at, each.id)):
        answer = call.direction is Direction.INBOUND and call.answered_at is not None
        if call.number is not None and (call.is_dial or answer):
            tries.setdefault(numbering.plain(call.number), []).append(call)
    begins = {number: [each.started_at for each in found] for number, found in tries.items()}
    found = []
    for each in sorted(missed, key=lambda each: (each.call.started_at, each.call.id)):
        call = each.call
        back = reached = None
        number = numbering.plain(call.number) if call.number is not None else ""
        if call.ended_at is not None and has_number(call.number) and number in tries:
            for after in tries[number][bisect_left(begins[number], call.ended_at) :]:
                if after.started_at > call.ended_at + HORIZON_SECONDS:
                    break
                back = back or after
                if after.answered_at is not None:
                    reached = after
                    break
        found.append(Case(missed=each, back=back, reached=reached, callable=has_number(call.number)))
    return found


def summary(found: Sequence[Case]) -> Summary:
    """The sums of some missed calls."""
    waits = [each.seconds for each in found if each.seconds is not None]
    no_number = sum(not each.callable for each in found)
    return Summary(
        missed=len(found),
        called_back=len(waits),
        reached=sum(each.reached is not None for each in found),
        open=len(found) - len(waits) - no_number,
        no_number=no_number,
        median_seconds=median(waits) if waits else None,
        longest_seconds=max(waits, default=None),
    )


TeamOf = Callable[[str, float], str | None]
"""``team_of(agent, at)``: the team of who had ``pbx/extension`` then."""


def queue_teams(found: Iterable[tuple[str, Iterable[str], float]], team_of: TeamOf) -> dict[str, set[str]]:
    """The teams that take a queue's calls, seen from calls of queues: the queue, whose phones rang, when."""
    teams: dict[str, set[str]] = {}
    for queue, rang, at in found:
        theirs = {team_of(each, at) for each in rang} - {None}
        teams.setdefault(queue, set()).update(each for each in theirs if each is not None)
    return teams


def teams_of(missed: Missed, team_of: TeamOf, queues: Mapping[str, set[str]]) -> list[str]:
    """The teams that a missed call is held against: whose phones rang; where none did, those of its queue."""
    at = missed.call.started_at
    rang = {team for each in missed.rang if (team := team_of(each, at)) is not None}
    if not rang and missed.call.queue is not None:
        rang = queues.get(f"{missed.call.pbx}/{missed.call.queue}", set())
    return sorted(rang) or [NOBODY]


def by_team(
    found: Iterable[Case], team_of: TeamOf, queues: Mapping[str, set[str]] | None = None
) -> dict[str, Summary]:
    """The sums by team. A call for which phones of two teams rang is in both: teams do not add up to the site."""
    parts: dict[str, list[Case]] = {}
    for each in found:
        for team in teams_of(each.missed, team_of, queues or {}):
            parts.setdefault(team, []).append(each)
    return {team: summary(each) for team, each in sorted(parts.items())}
