"""The verdict on a person and shift with its evidence: one pure function, for the live board and past days alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from monitor.duty import Finding
from monitor.metrics import shifts
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
    on_inbound: bool = False,
    tiers: Tiers = no_tiers,
) -> Finding:
    """The verdict at ``now`` (METRICS: dial-start verdict). ``first`` is the person's first dial of the window."""
    gaps = blind_times(post, blind)
    verdict, minutes = verdict_on(post, window, first, now, gaps)
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
        absence=post.absence,
        why=post.why,
        why_name="" if post.scheduled else post.day.name,
    )


def verdict_on(
    post: Post, window: shifts.Window, first: First | None, now: float, gaps: Sequence[shifts.Blind]
) -> tuple[shifts.Verdict, int | None]:
    """The verdict alone, and the minutes late; ``gaps`` are those of the person's seat."""
    if not post.scheduled:
        return shifts.Verdict.OFF, None
    if post.absence is not None:
        return shifts.Verdict.EXCUSED, None
    return shifts.verdict(window, first[0] if first else None, now, gaps)


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
    return msgspec.structs.replace(finding, minutes=None, tier=None, gaps=closed)
