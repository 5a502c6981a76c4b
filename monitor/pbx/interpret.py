"""What a followed call means: facts of its channels → one ``Call`` value (AMI.md 2.2, METRICS.md).

A pure reading: the same facts give the same call, in whatever order they came.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from monitor.domain import (
    Call,
    Direction,
    HangupBy,
    Hold,
    Leg,
    LegRole,
    Outcome,
    Phase,
    Segment,
)
from monitor.pbx.channels import Channel, Floor, Overlap
from monitor.pbx.numbers import Kind
from monitor.pbx.outcome import ANSWERED_ELSEWHERE, GIVEN_UP, unanswered
from monitor.pbx.record import CallRecord

#: A channel that changes bridges (Local optimisation, a swap) is out for milliseconds: one stretch of talk.
SWAP_SECONDS = 0.5

#: Ours, beside Asterisk's own DialStatus: the callee sent the call elsewhere (302). Not a cancel.
FORWARDED = "FORWARDED"

Span = tuple[float, float | None]


def interpret(record: CallRecord, floor: Floor, pbx: str) -> Call:
    """The call as it stands."""
    base = record.base
    overlaps = _overlaps(record, floor)
    segments = _segments(record, overlaps)
    answered_at = _answered_at(record, overlaps, segments)
    closed = _closed(record, answered_at is not None, overlaps)
    ended_at = _ended_at(record, answered_at is not None, segments) if closed else None
    last = _last_leg(record)
    if ended_at is not None:
        segments = [_closed_segment(segment, ended_at) for segment in segments]
    holds = _holds(record, overlaps, segments, ended_at)
    ringing_at = _ringing_at(record)
    trunk = _trunk(record, last)
    started_at = record.started_at
    ring_end = answered_at if answered_at is not None else ended_at
    ring_from = _ring_from(record)
    return Call(
        id=record.id,
        pbx=pbx,
        direction=record.direction,
        agent=_agent(record, segments),
        number=_number(record, segments),
        dialed=record.dialed,
        name=record.name,
        trunk=trunk,
        queue=record.root.queue or (base.queue if base else None),
        linkedid=record.root.linkedid or None,
        click_to_dial=record.click_to_dial,
        phase=_phase(record, closed, answered_at, ringing_at, segments, holds),
        started_at=started_at,
        ringing_at=ringing_at,
        answered_at=answered_at,
        ended_at=ended_at,
        ring_seconds=_length(ring_from, ring_end) if ring_from is not None and ring_end is not None else 0.0,
        talk_seconds=_union([(segment.started_at, segment.ended_at) for segment in segments]),
        hold_seconds=_union([(hold.started_at, hold.ended_at) for hold in holds]),
        outcome=_outcome(record, answered_at is not None, last) if closed else None,
        hangup_cause=_cause(record, last) if closed else None,
        hangup_by=_hangup_by(record, last, segments, overlaps, ended_at) if closed else HangupBy.UNKNOWN,
        # An open call keeps it before the answer too: after our own restart nobody tells it again.
        recording=_recording(record) if answered_at is not None or not closed else None,
        segments=tuple(segments),
        holds=tuple(holds),
        transfers=tuple(record.transfers),
        legs=_legs(record),
        voice=(record.voice.result() if record.voice else None) or (base.voice if base else None),
        complete=record.cut_at is None and "incomplete" not in record.notes,
        notes=tuple(sorted(record.notes - {"incomplete"})) if record.notes else (),
    )


def _overlaps(record: CallRecord, floor: Floor) -> list[Overlap]:
    """Conversations of the far end; for an internal call those of the caller. Keeps who took part."""
    through: list[Channel] = []
    found: list[Overlap] = []
    if record.direction is Direction.INTERNAL:
        near = record.near()
        for channel in near:
            for overlap in floor.conversations(channel, through):
                forwarded = overlap.other.kind is Kind.TRUNK and overlap.other in record.far
                if overlap.other not in near and (forwarded or overlap.other.kind is not Kind.TRUNK):
                    found.append(overlap)
    else:
        for channel in record.far:
            if channel.stays:
                for overlap in floor.conversations(channel, through):
                    if overlap.other.kind is Kind.AGENT or overlap.other in record.far:
                        found.append(overlap)
    if not found and not through:
        return found
    for channel in through:
        record.keep(channel)
    for overlap in found:
        record.keep(overlap.other)
    found.sort(key=lambda overlap: overlap.start)
    return found


def _segments(record: CallRecord, overlaps: list[Overlap]) -> list[Segment]:
    base = record.base
    if not overlaps and base is None:
        return []
    spans: dict[str, list[Span]] = {}
    if base is not None:
        for segment in base.segments:
            spans.setdefault(segment.agent, []).append((segment.started_at, segment.ended_at))
    for overlap in overlaps:
        if overlap.other.kind is Kind.AGENT:
            end = _end_with_consultation(overlap, overlaps)
            spans.setdefault(overlap.other.endpoint, []).append((overlap.start, end))
        if record.direction is Direction.INTERNAL:
            for channel in record.near():
                if channel.kind is Kind.AGENT:
                    spans.setdefault(channel.endpoint, []).append((overlap.start, overlap.end))
    merged = [
        Segment(agent=agent, started_at=start, ended_at=_cut(end, record))
        for agent, found in spans.items()
        for start, end in _merge(found)
    ]
    merged.sort(key=lambda segment: segment.started_at)
    return merged


def _end_with_consultation(overlap: Overlap, overlaps: list[Overlap]) -> float | None:
    """End of a stretch of talk, hold included (METRICS: talk time).

    An agent who asks a colleague before handing over leaves the bridge and the customer hears music:
    that is hold, and the agent's, until the agent hangs up or somebody else takes the customer.
    """
    agent, end = overlap.other, overlap.end
    if end is None or not agent.holds:
        return end
    if agent.hungup_at is not None and agent.hungup_at <= end + SWAP_SECONDS:
        return end
    if not any(start <= end and (stop is None or stop > end) for start, stop in agent.holds):
        return end
    taken = min((o.start for o in overlaps if o.other is not agent and o.start >= end), default=None)
    asked = agent.requested_at if agent.requested_at is not None and agent.requested_at >= end else None
    limits = [at for at in (agent.hungup_at, asked, taken) if at is not None]
    return min(limits) if limits else None


def _cut(end: float | None, record: CallRecord) -> float | None:
    return record.cut_at if end is None else end


def _merge(spans: list[Span]) -> list[Span]:
    """Join stretches that touch, or that only a swap of bridges separates."""
    spans.sort(key=lambda span: span[0])
    merged: list[Span] = []
    for start, end in spans:
        if merged:
            last_start, last_end = merged[-1]
            if last_end is None or start <= last_end + SWAP_SECONDS:
                joined = None if end is None or last_end is None else max(last_end, end)
                # A stretch known as open from before our own restart ends where the one seen since ends.
                merged[-1] = (last_start, end if last_end is None else joined)
                continue
        merged.append((start, end))
    return merged


def _union(spans: Sequence[Span]) -> float:
    """Seconds covered by the closed stretches, each second once."""
    if not spans:
        return 0.0
    total = 0.0
    reach = float("-inf")
    for start, end in sorted((start, end) for start, end in spans if end is not None):
        if end > reach:
            total += end - max(start, reach)
            reach = end
    return total


def _length(start: float, end: float) -> float:
    return max(0.0, end - start)


def _answered_at(record: CallRecord, overlaps: list[Overlap], segments: list[Segment]) -> float | None:
    if record.base is not None and record.base.answered_at is not None:
        return record.base.answered_at
    if overlaps:
        first = overlaps[0].start
    elif segments:
        first = segments[0].started_at
    else:
        return None
    if record.direction is Direction.OUTBOUND:
        ups = [leg.up_at for leg in record.far if leg.up_at is not None and leg.up_at <= first and leg.stays]
        return min(ups, default=first)
    return first


def _closed(record: CallRecord, answered: bool, overlaps: list[Overlap]) -> bool:
    if record.cut_at is not None or record.refused:
        return True
    if record.direction is Direction.INTERNAL:
        if not record.root.alive:
            return True
        over = all(overlap.end is not None for overlap in overlaps)
        return answered and over and all(not leg.alive for leg in record.far)
    if not answered and record.root.alive:
        return False
    return all(not leg.alive for leg in record.far)


def _leg_end(leg: Channel) -> float | None:
    if leg.dial_ended_at is not None and leg.dial_status != "ANSWER":
        return leg.dial_ended_at if leg.hungup_at is None else min(leg.dial_ended_at, leg.hungup_at)
    return leg.hungup_at


def _ended_at(record: CallRecord, answered: bool, segments: list[Segment]) -> float:
    if record.cut_at is not None:
        return max(record.cut_at, record.started_at)
    root_end = record.root.hungup_at
    ends: list[float] = []
    if record.direction is Direction.INTERNAL and answered:
        ends = [segment.ended_at for segment in segments if segment.ended_at is not None]
    elif record.direction is Direction.INBOUND and root_end is not None:
        ends = [root_end]
    elif answered:
        ends = [leg.hungup_at for leg in record.far if leg.hungup_at is not None and leg.up_at is not None]
    if not ends:
        ends = [end for leg in record.far if (end := _leg_end(leg)) is not None]
    if not ends and root_end is not None:
        ends = [root_end]
    if record.direction is Direction.INTERNAL:
        # A blonde transfer: the phone dialled rings on, but no longer for the colleague who hung up.
        left = [end for end in (root_end, None if answered else record.root.requested_at) if end is not None]
        ends = [min(end, *left) for end in ends] if left else ends
    return max(max(ends, default=record.started_at), record.started_at)


def _closed_segment(segment: Segment, at: float) -> Segment:
    if segment.ended_at is not None and segment.ended_at <= at:
        return segment
    return Segment(agent=segment.agent, started_at=min(segment.started_at, at), ended_at=at)


def _holds(
    record: CallRecord, overlaps: list[Overlap], segments: list[Segment], ended_at: float | None
) -> list[Hold]:
    holds = list(record.base.holds) if record.base else []
    if not segments:
        return holds
    talking = {
        overlap.other.uniqueid: overlap.other for overlap in overlaps if overlap.other.kind is Kind.AGENT
    }
    if record.direction is Direction.INTERNAL:
        talking.update((channel.uniqueid, channel) for channel in record.near())
    for channel in talking.values():
        for start, end in channel.holds:
            for segment in segments:
                if segment.agent != channel.endpoint:
                    continue
                begin = max(start, segment.started_at)
                limits = [limit for limit in (end, segment.ended_at, ended_at) if limit is not None]
                finish = min(limits) if limits else None
                if finish is None or finish > begin:
                    holds.append(Hold(agent=segment.agent, started_at=begin, ended_at=finish))
    holds.sort(key=lambda hold: hold.started_at)
    return holds


def _ringing_at(record: CallRecord) -> float | None:
    legs = record.agents if record.direction is Direction.INBOUND else record.far
    rings = [leg.ringing_at for leg in legs if leg.ringing_at is not None]
    if record.base is not None and record.base.ringing_at is not None:
        rings.append(record.base.ringing_at)
    return min(rings, default=None)


def _ring_from(record: CallRecord) -> float | None:
    """From when somebody's phone was asked to ring."""
    if record.refused:
        return None
    if record.direction is Direction.INBOUND:
        legs = [leg for leg in (*record.agents, *record.far) if leg is not record.root]
        return min((leg.dialed_at for leg in legs if leg.dialed_at is not None), default=None)
    return record.started_at if record.far or record.base is not None else None


def _last_leg(record: CallRecord) -> Channel | None:
    """The leg that decides an unanswered call: the last one dialled that did not lose a fork."""
    legs = record.agents if record.direction is Direction.INBOUND else record.far
    if len(legs) == 1:
        return legs[0]
    deciding = [leg for leg in legs if leg.cause != ANSWERED_ELSEWHERE and not leg.forwarded] or legs
    return max(deciding, key=lambda leg: leg.dialed_at or 0.0, default=None)


def _gave_up(channel: Channel) -> bool:
    """Whether a calling phone itself asked for the end.

    A refusal that the dialplan passes on to the phone is acknowledged by it, and that too is a
    HangupRequest on its channel, but with the refusal's cause; a CANCEL has 127, a BYE 16 or none.
    """
    return channel.requested_at is not None and channel.cause in GIVEN_UP


def _given_up(record: CallRecord, leg: Channel | None) -> bool:
    """Whether the calling side ended an attempt that was still going on."""
    root = record.root
    if record.direction is Direction.INBOUND:
        return root.requested_at is not None
    if leg is None:
        return _gave_up(root)
    if leg.forwarded:
        return False
    if leg.dial_status == "CANCEL":
        return True
    if leg.dial_status is None or leg.dial_status in ("ANSWER", "CONTINUE"):
        # No verdict of Dial: it was cut short, or the callee was still being asked to accept.
        leg_end = leg.hungup_at
        asked = [
            at for channel in record.near() if _gave_up(channel) and (at := channel.requested_at) is not None
        ]
        gone = root.hungup_at if root.hungup_at is not None else min(asked, default=None)
        if gone is None or leg.requested_at is not None or leg.cause not in GIVEN_UP:
            return False
        return leg_end is None or bool(asked) or gone <= leg_end
    return False


def _outcome(record: CallRecord, answered: bool, leg: Channel | None) -> Outcome:
    if answered:
        return Outcome.ANSWERED
    if record.refused:
        return Outcome.AGENT_UNANSWERED
    if record.cut_at is not None or record.stopped_with_pbx:
        return Outcome.UNKNOWN
    if _given_up(record, leg):
        return Outcome.CANCELLED
    if leg is None:
        if record.direction is Direction.OUTBOUND:
            return unanswered(
                "CHANUNAVAIL", record.root.cause if record.root.cause in (17, 20, 34, 3) else None, None
            )
        return Outcome.NO_ANSWER
    status = leg.dial_status
    if record.direction is Direction.INBOUND and status == "CANCEL":
        status = "NOANSWER"
    return unanswered(status, None if leg.cause == ANSWERED_ELSEWHERE else leg.cause, leg.tech_cause)


def _cause(record: CallRecord, leg: Channel | None) -> int | None:
    if record.direction is Direction.INBOUND or leg is None:
        return record.root.cause
    return leg.cause or record.root.cause or leg.cause


def _hangup_by(
    record: CallRecord,
    leg: Channel | None,
    segments: list[Segment],
    overlaps: list[Overlap],
    ended_at: float | None,
) -> HangupBy:
    if record.cut_at is not None:
        return HangupBy.SYSTEM if record.cut_by_restart else HangupBy.UNKNOWN
    if record.stopped_with_pbx:
        return HangupBy.SYSTEM
    sides: list[tuple[Channel, HangupBy]] = []
    if segments:
        end = ended_at or 0.0
        # Who left while another talked on did not end the call, however quickly the rest went.
        latest = max(inf if overlap.end is None else overlap.end for overlap in overlaps) if overlaps else end
        last = {
            overlap.other
            for overlap in overlaps
            if overlap.end is None or (overlap.end == latest and latest >= end - SWAP_SECONDS)
        }
        far = record.far
        if record.direction is Direction.INTERNAL:
            sides += [(channel, HangupBy.AGENT) for channel in record.near()]
            sides += [(channel, HangupBy.REMOTE) for channel in last]
        else:
            sides += [
                (channel, HangupBy.REMOTE) for channel in far if channel.stays or channel is record.root
            ]
            sides += [(channel, HangupBy.AGENT) for channel in last if channel.kind is Kind.AGENT]
    elif record.direction is Direction.INBOUND:
        sides.append((record.root, HangupBy.REMOTE))
    else:
        # After a trunk that failed the phone's own CANCEL comes with that trunk's cause.
        cancelled = leg is not None and leg.dial_status == "CANCEL" and not leg.forwarded
        sides += [
            (channel, HangupBy.AGENT)
            for channel in record.near()
            if channel.kind is not Kind.TRUNK and (_gave_up(channel) or record.refused or cancelled)
        ]
        if leg is not None:
            sides.append((leg, HangupBy.REMOTE))
    asked = [
        (channel.requested_at, channel.requested_order, by)
        for channel, by in sides
        if channel.requested_at is not None
    ]
    return min(asked)[2] if asked else HangupBy.SYSTEM


def _agent(record: CallRecord, segments: list[Segment]) -> str | None:
    if record.direction is not Direction.INBOUND:
        for channel in record.near():
            if channel.kind is Kind.AGENT:
                return channel.endpoint
    if segments:
        return segments[0].agent
    return record.base.agent if record.base else None


def _number(record: CallRecord, segments: list[Segment]) -> str | None:
    """Of a ring group the extension that answered, of a fork the number that did."""
    forwarded = any(leg.forwarded for leg in record.far)
    for leg in record.far if record.forked and not forwarded else ():
        if leg.stays and leg.uniqueid in record.forked:
            return record.forked[leg.uniqueid]
    if record.group:
        caller = {channel.endpoint for channel in record.near()}
        for segment in segments:
            if segment.agent not in caller:
                return segment.agent
    return record.number


def _trunk(record: CallRecord, last: Channel | None) -> str | None:
    if record.direction is Direction.INTERNAL:
        return None
    if record.direction is Direction.INBOUND:
        return record.root.endpoint
    for leg in record.far:
        if leg.stays and leg.kind is Kind.TRUNK:
            return leg.endpoint
    if last is not None and last.kind is Kind.TRUNK:
        return last.endpoint
    return record.base.trunk if record.base else None


def _recording(record: CallRecord) -> str | None:
    for channel in record.channels():
        if channel.recording is not None:
            return channel.recording
    return record.base.recording if record.base else None


def _phase(
    record: CallRecord,
    closed: bool,
    answered_at: float | None,
    ringing_at: float | None,
    segments: list[Segment],
    holds: list[Hold],
) -> Phase:
    if closed:
        return Phase.ENDED
    if answered_at is not None:
        on_hold = any(hold.ended_at is None for hold in holds) and any(s.ended_at is None for s in segments)
        return Phase.HELD if on_hold else Phase.TALKING
    return Phase.RINGING if ringing_at is not None else Phase.DIALING


def _legs(record: CallRecord) -> tuple[Leg, ...]:
    legs: list[Leg] = []
    seen: set[str] = set()
    inbound = record.direction is Direction.INBOUND
    others = [(channel, LegRole.FAR) for channel in record.far if not inbound]
    others += [(channel, LegRole.AGENT) for channel in record.agents]
    others += [(channel, LegRole.AGENT) for channel in record.kept if channel.kind is Kind.AGENT]
    # In order of their begin, whichever channel was heard of first.
    if len(others) > 1:
        others.sort(key=lambda leg: (leg[0].dialed_at or leg[0].created_at, leg[0].uniqueid))
    for channel, role in [(record.root, LegRole.ROOT), *others]:
        if channel.uniqueid not in seen:
            seen.add(channel.uniqueid)
            legs.append(_leg(channel, role))
    if record.base is not None:
        legs += [leg for leg in record.base.legs if leg.uniqueid not in seen]
    return tuple(legs)


def _leg(channel: Channel, role: LegRole) -> Leg:
    return Leg(
        uniqueid=channel.uniqueid,
        channel=channel.name,
        role=role,
        endpoint=channel.endpoint,
        number=channel.dial_string or None,
        started_at=channel.dialed_at if channel.dialed_at is not None else channel.created_at,
        ringing_at=channel.ringing_at,
        answered_at=channel.up_at,
        ended_at=channel.hungup_at,
        dial_status=FORWARDED if channel.forwarded else channel.dial_status,
        cause=channel.cause,
        tech_cause=channel.tech_cause,
        requested_hangup_at=channel.requested_at,
    )
