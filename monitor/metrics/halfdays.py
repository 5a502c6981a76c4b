"""The half-days of a day: who dialled first when, the verdicts at the deadlines, who has not begun.

A shift past midnight is checked on the day it began and stays to be seen on the next; therefore dials and
inbound calls from before midnight are kept as evidence as far back as a shift of today reaches.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from datetime import date

from monitor.duty import Finding
from monitor.metrics import frames, shifts
from monitor.metrics.expected import Downtime
from monitor.metrics.findings import (
    BlindTimes,
    First,
    Tiers,
    blind_times,
    decide,
    down_times,
    no_tiers,
    reason_of,
    verdict_on,
)
from monitor.metrics.posts import Duty, Post
from monitor.metrics.tally import Stint

_NEVER: First = (float("inf"), "")

INBOUND_SECONDS = 4 * 3600.0
"""An inbound call that goes on over a deadline has begun so long before it at most."""


class HalfDays:
    """First dials by agent and shift. Putting a dial is O(1); taking a first one away looks through all."""

    __slots__ = (
        "_dials",
        "_first",
        "_inbound",
        "_inbound_of",
        "_loaded",
        "_tiers",
        "begins_at",
        "downtime",
        "duty",
        "windows",
    )

    def __init__(self, duty: Duty, tiers: Tiers = no_tiers) -> None:
        self.duty = duty
        self.downtime = Downtime()
        self._tiers = tiers
        self.windows: list[shifts.Window] = []
        self.begins_at = float("-inf")
        self._dials: dict[str, tuple[str, float]] = {}
        self._loaded: list[tuple[str, Sequence[First]]] = []
        self._first: list[dict[str, First]] = []
        #: By call: when it began, and each agent's part in it; and by agent, which calls.
        self._inbound: dict[str, tuple[float, Mapping[str, Stint]]] = {}
        self._inbound_of: dict[str, set[str]] = {}

    def turn(self, day: date) -> None:
        """Begin a day. ``begins_at`` is from when on calls matter to it."""
        self.windows = self.duty.windows_touching(day)
        midnight, _ = shifts.day_bounds(day, self.duty.zone)
        reach = [min(each.counts_from, each.dial_by_at - INBOUND_SECONDS) for each in self.windows]
        self.begins_at = min([midnight, *reach])
        for call_id, (begun_at, _) in tuple(self._inbound.items()):
            if begun_at < self.begins_at:
                self.put_inbound(call_id, begun_at, {})
        self._first = [{} for _ in self.windows]
        self._enter()
        dials = {key: dial for key, dial in self._dials.items() if dial[1] >= self.begins_at}
        self._dials = {}
        for call_id, (agent, at) in dials.items():
            self.put(call_id, agent, at)

    def put(self, call_id: str, agent: str | None, at: float) -> bool:
        """An agent's dial as it stands; ``None`` for no dial. Says whether a first dial has changed."""
        self._enter()
        old = self._dials.get(call_id)
        new = (agent, at) if agent is not None and at >= self.begins_at else None
        if old == new:
            return False
        if new is None:
            del self._dials[call_id]
        else:
            self._dials[call_id] = new
        changed = False
        for window, first in zip(self.windows, self._first, strict=True):
            if old is not None and first.get(old[0], _NEVER)[1] == call_id:
                self._search(window, first, old[0])
                changed = True
            if new is not None and _counts(window, at) and (at, call_id) < first.get(new[0], _NEVER):
                first[new[0]] = (at, call_id)
                changed = True
        return changed

    def load(self, agent: str, dials: Sequence[First]) -> None:
        """Take many dials of an agent, none of them known."""
        dials = sorted(dials)
        self._loaded.append((agent, dials))
        for window, first in zip(self.windows, self._first, strict=True):
            place = bisect_left(dials, (window.counts_from, ""))
            if place < len(dials) and dials[place][0] < window.ends_at:
                first[agent] = min(dials[place], first.get(agent, _NEVER))

    def _enter(self) -> None:
        """Enter the dials that were loaded, now that a single one is asked for."""
        for agent, dials in self._loaded:
            self._dials.update((call_id, (agent, at)) for at, call_id in dials if at >= self.begins_at)
        self._loaded.clear()

    def put_inbound(self, call_id: str, begun_at: float, parts: Mapping[str, Stint]) -> Set[str]:
        """Each agent's part in an inbound call as it stands, none for another call. Gives whom it concerns."""
        old = self._inbound.pop(call_id, (begun_at, {}))[1]
        for agent in old:
            self._inbound_of[agent].discard(call_id)
        if not parts or begun_at < self.begins_at:
            return old.keys()
        self._inbound[call_id] = (begun_at, parts)
        for agent in parts:
            self._inbound_of.setdefault(agent, set()).add(call_id)
        return old.keys() | parts.keys()

    def _on_inbound(self, agent: str, window: shifts.Window, now: float) -> bool:
        """Whether an agent was on an inbound call at a deadline that is over."""
        at = window.dial_by_at
        if now <= at:
            return False
        mine = (self._inbound[call_id][1][agent] for call_id in self._inbound_of.get(agent, ()))
        return any(part.started_at <= at and (part.ended_at is None or part.ended_at >= at) for part in mine)

    def _search(self, window: shifts.Window, first: dict[str, First], agent: str) -> None:
        mine = (
            (at, call_id)
            for call_id, (who, at) in self._dials.items()
            if who == agent and _counts(window, at)
        )
        earliest = min(mine, default=None)
        if earliest is None:
            del first[agent]
        else:
            first[agent] = earliest

    def stages(self, now: float) -> tuple[tuple[str, bool, bool], ...]:
        """Where each shift stands, and whether its deadline is over: what the board shows changes with it."""
        return tuple(
            (_stage(window, now), now > window.dial_by_at, now > window.late_at) for window in self.windows
        )

    def waiting(self, agents: Iterable[str], now: float) -> set[str]:
        """Agents whose verdict changes with time alone: the deadline is over, and they have not dialled or were
        on an inbound call."""
        late = [
            (window, first)
            for window, first in zip(self.windows, self._first, strict=True)
            if window.dial_by_at < now <= window.ends_at + 60
        ]
        return {
            agent
            for agent in agents
            if any(agent not in first or self._on_inbound(agent, window, now) for window, first in late)
        }

    def of(self, agent: str, now: float, blind: BlindTimes) -> list[frames.FirstDial]:
        """The verdicts on whoever has an extension now, with their evidence."""
        person = self.duty.holder(agent, now)
        found = []
        for number, window in enumerate(self.windows):
            post = None if person is None else self.duty.posts(window).get(person)
            if post is None:
                first = self._first[number].get(agent)
                found.append(_unscheduled(window, first, self._on_inbound(agent, window, now)))
            else:
                found.append(self._frame(number, post, now, blind))
        return found

    def _frame(self, number: int, post: Post, now: float, blind: BlindTimes) -> frames.FirstDial:
        """What a tile shows of a finding; made without it, because tiles change all the time."""
        window = self.windows[number]
        first = self._first_of(number, post)
        verdict, minutes = self._verdict(post, window, first, now, blind)
        return frames.FirstDial(
            shift=window.shift,
            day=window.day.isoformat(),
            person=post.person,
            at=first[0] if first else None,
            verdict=verdict,
            late_minutes=minutes,
            tier=self._tiers(minutes) if minutes is not None else None,
            why=reason_of(post, verdict),
            call_id=first[1] if first else None,
            on_inbound=self._on_inbound(post.agent, window, now),
        )

    def _verdict(
        self, post: Post, window: shifts.Window, first: First | None, now: float, blind: BlindTimes
    ) -> tuple[shifts.Verdict, int | None]:
        down = down_times(post, self.downtime)
        return verdict_on(post, window, first, now, blind_times(post, blind), down)

    def findings(self, now: float, blind: BlindTimes) -> list[Finding]:
        """The verdicts on everybody in every shift."""
        return [
            self._finding(number, post, now, blind)
            for number, window in enumerate(self.windows)
            for post in self.duty.posts(window).values()
        ]

    def _finding(self, number: int, post: Post, now: float, blind: BlindTimes) -> Finding:
        window = self.windows[number]
        return decide(
            post,
            window,
            self._first_of(number, post),
            now=now,
            blind=blind,
            downtime=self.downtime,
            on_inbound=self._on_inbound(post.agent, window, now),
            tiers=self._tiers,
        )

    def _first_of(self, number: int, post: Post) -> First | None:
        """A person's first dial, on whatever extension the person had."""
        window = self.windows[number]
        if post.stayed:
            return self._first[number].get(post.agent)
        found: list[First] = []
        for span in post.spans:
            if (span.start, span.end) == (window.counts_from, window.ends_at):
                found += [self._first[number][span.agent]] if span.agent in self._first[number] else []
            else:
                self._enter()
                found += [
                    (at, call_id)
                    for call_id, (agent, at) in self._dials.items()
                    if agent == span.agent and span.start <= at < span.end
                ]
        return min(found, default=None)

    def deadlines(
        self, now: float, blind: BlindTimes, teams: Collection[str] | None = None
    ) -> list[frames.Deadline]:
        """Each half-day's check over those who have to dial, of some teams or all."""
        found = []
        for number, window in enumerate(self.windows):
            told: dict[shifts.Verdict, list[str]] = {}
            not_begun, expected = [], 0
            for post in self.duty.posts(window).values():
                if not post.scheduled or (teams is not None and post.team not in teams):
                    continue
                first = self._first_of(number, post)
                verdict, _ = self._verdict(post, window, first, now, blind)
                told.setdefault(verdict, []).append(post.agent)
                if verdict is not shifts.Verdict.EXCUSED:
                    expected += 1
                    not_begun += [post.agent] if first is None else []
            found.append(
                frames.Deadline(
                    shift=window.shift,
                    day=window.day.isoformat(),
                    name=window.name,
                    counts_from=window.counts_from,
                    starts_at=window.starts_at,
                    dial_by_at=window.dial_by_at,
                    late_at=window.late_at,
                    ends_at=window.ends_at,
                    state=_stage(window, now),
                    expected=expected,
                    begun=expected - len(not_begun),
                    not_begun=not_begun,
                    late=told.get(shifts.Verdict.LATE, []),
                    indeterminate=told.get(shifts.Verdict.INDETERMINATE, []),
                    excused=told.get(shifts.Verdict.EXCUSED, []),
                )
            )
        return found


def _unscheduled(window: shifts.Window, first: First | None, on_inbound: bool) -> frames.FirstDial:
    """Of an extension that nobody has in this shift."""
    return frames.FirstDial(
        shift=window.shift,
        day=window.day.isoformat(),
        person=None,
        at=first[0] if first else None,
        verdict=shifts.Verdict.OFF,
        late_minutes=None,
        tier=None,
        why=None,
        call_id=first[1] if first else None,
        on_inbound=on_inbound,
    )


def _counts(window: shifts.Window, at: float) -> bool:
    return window.counts_from <= at < window.ends_at


def _stage(window: shifts.Window, now: float) -> str:
    if now < window.starts_at:
        return "upcoming"
    if now < window.dial_by_at:
        return "running"
    return "passed" if now < window.ends_at else "over"
