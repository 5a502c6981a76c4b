"""A stored call, gap or absence as it stood at an instant: what came later is taken off again.

A call's value is a reading of what its channels have done (``pbx/interpret.py``), and each thing they did stands
in it with its time. So what the tracker told of it at an instant can be read back from what it told last, but for
what has no time of its own: the number of a call that rang several at once, and the doubt about a call that was
going on through a gap. Both are known only later.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import msgspec

from monitor.domain import (
    Brief,
    Call,
    Direction,
    ExtensionStatus,
    Gap,
    HangupBy,
    Hold,
    Leg,
    LegRole,
    Outage,
    OutageCause,
    Phase,
    Segment,
)
from monitor.duty import Absence

replaced = msgspec.structs.replace


SKEW_SECONDS = 60.0
"""A call cut off by a gap ended when its PBX was last heard, by the PBX's clock: so far it may be off ours."""


def over_at(call: Call | Brief, gaps: Iterable[Gap] = ()) -> float | None:
    """When a call was known to be over; of one whose end a gap hid (``gaps``), when the gap was over."""
    known = call.over_at if call.over_at is not None else call.ended_at
    if known is None or call.complete:
        return known
    if any(leg.cause is not None for leg in call.legs if leg.ended_at == known):
        return known  # it was heard to hang up
    hiding = (gap.ended_at for gap in gaps if gap.ended_at is not None and _hides(gap, call.pbx, known))
    return max([known, *hiding])


def _hides(gap: Gap, pbx: str, at: float) -> bool:
    open_at = gap.ended_at is None or at < gap.ended_at
    return gap.pbx == pbx and gap.started_at - SKEW_SECONDS <= at and open_at


def call_at(call: Call, at: float, gaps: Sequence[Gap] = ()) -> Call | None:
    """A call as it stood at an instant; ``None`` if nothing was known of it yet.

    ``gaps`` are those of its day: that a call was heard in part only was known when the gap was over.
    """
    over = over_at(call, gaps)
    if over is not None and over <= at:
        return call
    # While a gap lasts nothing is heard: what stood when it began stands.
    at = min([at, *(g.started_at for g in gaps if g.pbx == call.pbx and _lasts(g, at))])
    if call.ended_at is not None and over != call.over_at:
        at = min(at, math.nextafter(call.ended_at, 0.0))
    if call.started_at > at or _told_at_its_end(call):
        return None
    segments = tuple(_segment(each, at) for each in call.segments if each.started_at <= at)
    holds = tuple(_hold(each, at) for each in call.holds if each.started_at <= at)
    legs = tuple(_leg(each, at) for each in call.legs if each.started_at <= at)
    # The far end may be up before anybody talks with it; until then nobody calls it answered.
    answered = call.answered_at is not None and _reached(call) <= at
    ringing_at = _until(call.ringing_at, at)
    return replaced(
        call,
        agent=_agent(call, legs, segments),
        trunk=_trunk(call, legs, answered=answered),
        phase=_phase(answered, ringing_at, segments, holds),
        ringing_at=ringing_at,
        answered_at=call.answered_at if answered else None,
        ended_at=None,
        ring_seconds=call.ring_seconds if answered else 0.0,
        talk_seconds=_covered(segments),
        hold_seconds=_covered(holds),
        outcome=None,
        hangup_cause=None,
        hangup_by=HangupBy.UNKNOWN,
        segments=segments,
        holds=holds,
        transfers=tuple(each for each in call.transfers if each.at <= at),
        legs=legs,
        voice=None,
        complete=call.complete or _unbroken(call, at, gaps),
    )


def _told_at_its_end(call: Call) -> bool:
    """An attempt that dialled nobody outside is seen to have been one when it is over."""
    reached_nobody = call.answered_at is None and call.ended
    return reached_nobody and call.direction is Direction.OUTBOUND and not _seized(call.legs)


def _reached(call: Call) -> float:
    """When somebody was first in conversation with the far end: between two outside parties when both were up."""
    begun = [segment.started_at for segment in call.segments]
    if begun:
        return min(begun)
    return max(
        (leg.answered_at for leg in call.legs if leg.answered_at is not None), default=call.answered_at or 0.0
    )


def _until(instant: float | None, at: float) -> float | None:
    return instant if instant is not None and instant <= at else None


def _segment(segment: Segment, at: float) -> Segment:
    return segment if _until(segment.ended_at, at) is not None else replaced(segment, ended_at=None)


def _hold(hold: Hold, at: float) -> Hold:
    return hold if _until(hold.ended_at, at) is not None else replaced(hold, ended_at=None)


def _leg(leg: Leg, at: float) -> Leg:
    ended = leg.ended_at is not None and leg.ended_at <= at
    answered_at = _until(leg.answered_at, at)
    # Dial gives its verdict when the leg answers, or at its end.
    judged = ended or (leg.dial_status == "ANSWER" and answered_at is not None)
    return replaced(
        leg,
        ringing_at=_until(leg.ringing_at, at),
        answered_at=answered_at,
        ended_at=leg.ended_at if ended else None,
        dial_status=leg.dial_status if judged else None,
        cause=leg.cause if ended else None,
        tech_cause=leg.tech_cause if ended else None,
        requested_hangup_at=_until(leg.requested_hangup_at, at),
    )


def _agent(call: Call, legs: Sequence[Leg], segments: Sequence[Segment]) -> str | None:
    """Whose call it was known to be: its maker's from the begin, else that of who answered."""
    if call.direction is not Direction.INBOUND:
        if not call.legs:
            return call.agent
        made = (leg for leg in legs if leg.role is LegRole.ROOT or leg.answered_at is not None)
        if any(leg.endpoint == call.agent for leg in made if leg.role is not LegRole.FAR):
            return call.agent
    return segments[0].agent if segments else None


def _trunk(call: Call, legs: Sequence[Leg], *, answered: bool) -> str | None:
    if call.direction is not Direction.OUTBOUND or answered:
        return call.trunk
    seized = _seized(legs)
    return seized[-1] if seized else None


def _seized(legs: Sequence[Leg]) -> list[str]:
    return [leg.endpoint for leg in legs if leg.role is LegRole.FAR]


def _phase(
    answered: bool, ringing_at: float | None, segments: Sequence[Segment], holds: Sequence[Hold]
) -> Phase:
    if not answered:
        return Phase.DIALING if ringing_at is None else Phase.RINGING
    talking = any(each.ended_at is None for each in segments)
    return Phase.HELD if talking and any(each.ended_at is None for each in holds) else Phase.TALKING


def _covered(stretches: Sequence[Segment] | Sequence[Hold]) -> float:
    """Seconds of the closed stretches, each second once: as ``Call.talk_seconds`` counts."""
    total, reach = 0.0, float("-inf")
    for start, end in sorted((s.started_at, s.ended_at) for s in stretches if s.ended_at is not None):
        if end > reach:
            total += end - max(start, reach)
            reach = end
    return total


def _unbroken(call: Call, at: float, gaps: Sequence[Gap]) -> bool:
    """Whether no gap had yet been over that hid a part of the call."""
    mine = [gap for gap in gaps if gap.pbx == call.pbx and (gap.ended_at or at + 1) > call.started_at]
    return bool(mine) and all(gap.ended_at is None or gap.ended_at > at for gap in mine)


def _lasts(gap: Gap, at: float) -> bool:
    return gap.started_at <= at and (gap.ended_at is None or at < gap.ended_at)


def gap_at(gap: Gap, at: float) -> Gap | None:
    """A gap as it stood: while it lasted nobody knew how long, nor what it would cut."""
    if gap.started_at > at:
        return None
    if gap.ended_at is not None and gap.ended_at <= at:
        return gap
    return replaced(gap, ended_at=None, calls_cut=0)


def outage_at(outage: Outage, at: float) -> Outage | None:
    """An outage as it stood: while it lasted nobody knew how long."""
    if outage.started_at > at:
        return None
    over = outage.ended_at is not None and outage.ended_at <= at
    return outage if over else replaced(outage, ended_at=None)


def phone_at(outage: Outage, at: float) -> ExtensionStatus | None:
    """What the outage of a phone had told of it by an instant."""
    if outage.cause is not OutageCause.EXTENSION or outage.started_at > at:
        return None
    over = outage.ended_at is not None and outage.ended_at <= at
    since = outage.ended_at if over and outage.ended_at is not None else outage.started_at
    return ExtensionStatus(pbx=outage.pbx, extension=outage.subject, reachable=over, at=since)


def absences_at(absences: Iterable[Absence], at: float) -> list[Absence]:
    """The absences that were known at an instant: those granted by then, as good as they were then."""
    known = (each for each in absences if each.granted_at <= at)
    return [
        each if each.withdrawn_at is None or each.withdrawn_at <= at else replaced(each, withdrawn_at=None)
        for each in known
    ]
