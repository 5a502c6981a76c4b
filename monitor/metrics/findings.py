"""The verdict on a person and shift with its evidence: one pure function, for the live board and past days alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from monitor.domain import Outage
from monitor.duty import Finding
from monitor.metrics import shifts
from monitor.metrics.expected import Downtime
from monitor.metrics.posts import Post

First = tuple[float, str]
"""Begin of a dial, and its call."""

BlindTimes = Mapping[str, Sequence[shifts.Blind]]
"""By PBX, when it was not heard."""

Tiers = Callable[[int | None], str | None]
"""The tier of so many minutes late."""


def no_tiers(minutes: int | None) -> str | None:
    """Where the site has none."""
    return None


def decide(
    post: Post,
    window: shifts.Window,
    first: First | None,
    *,
    now: float,
    blind: BlindTimes,
    downtime: Downtime | None = None,
    on_inbound: bool = False,
    tiers: Tiers = no_tiers,
) -> Finding:
    """The verdict at ``now`` (METRICS: dial-start verdict). ``first`` is the person's first dial of the window.

    ``downtime`` are phones and trunks that were down; that a PBX was not heard is in ``blind``.
    """
    gaps = blind_times(post, blind)
    verdict, minutes = verdict_on(post, window, first, now, gaps, down_times(post, downtime))
    until = min(now, window.ends_at) if first is None else first[0]
    return Finding(
        person=post.person,
        agent=post.agent,
        team=post.team,
        day=window.day.isoformat(),
        shift=window.shift,
        verdict=verdict.value,
        minutes=minutes,
        tier=tiers(minutes) if verdict is shifts.Verdict.LATE else None,
        counts_from=window.counts_from,
        starts_at=window.starts_at,
        dial_by_at=window.dial_by_at,
        ends_at=window.ends_at,
        first_dial_at=first[0] if first else None,
        call_id=first[1] if first else None,
        on_inbound=on_inbound,
        gaps=tuple((begin, min(to, until)) for begin, to in gaps if begin < until),
        outages=_outages(post, downtime, until),
        absence=post.absence,
        why=post.why,
        why_name="" if post.scheduled else post.day.name,
    )


def verdict_on(
    post: Post,
    window: shifts.Window,
    first: First | None,
    now: float,
    gaps: Sequence[shifts.Blind],
    down: Sequence[shifts.Blind] = (),
) -> tuple[shifts.Verdict, int | None]:
    """The verdict alone, and the minutes late; ``gaps`` are those of the person's seat, as is what was ``down``."""
    if not post.scheduled:
        return shifts.Verdict.OFF, None
    if post.absence is not None:
        return shifts.Verdict.EXCUSED, None
    return shifts.verdict(window, first[0] if first else None, now, gaps, down)


def reason_of(post: Post, verdict: shifts.Verdict) -> str | None:
    """What made it a day off or excuses: the kind of absence, or ``outage``."""
    if verdict is shifts.Verdict.EXCUSED and post.absence is None:
        return "outage"
    return post.reason


def down_times(post: Post, downtime: Downtime | None) -> list[shifts.Blind]:
    """When a person could not dial because the phone, or every trunk, was down."""
    return downtime.lost(post.spans) if downtime else []


def _outages(post: Post, downtime: Downtime | None, until: float) -> tuple[Outage, ...]:
    """Each outage that touched the person before ``until``; one that went on is left open."""
    if not downtime:
        return ()
    return tuple(
        each if each.ended_at is not None and each.ended_at <= until else replace(each, ended_at=None)
        for span in post.spans
        for each in downtime.on(span)
        if each.started_at < until
    )


def blind_times(post: Post, blind: BlindTimes) -> list[shifts.Blind]:
    """When the PBX of the seat that a person had was not heard, or not watched yet."""
    if not blind:
        return list(post.unwatched)
    found = list(post.unwatched)
    for span in post.spans:
        for start, end in blind.get(span.agent.partition("/")[0], ()):
            begin, until = max(start, span.start), min(end, span.end)
            if begin < until:
                found.append((begin, until))
    return shifts.joined(found)


def settled(finding: Finding, now: float) -> Finding:
    """A verdict as it is stored: minutes that still grow are left out, so that it changes only when it changes."""
    if finding.first_dial_at is not None or now >= finding.ends_at:
        return finding
    closed = tuple(gap for gap in finding.gaps if gap[1] < now)
    return replace(finding, minutes=None, tier=None, gaps=closed)
