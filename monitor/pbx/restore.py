"""Taking up a stored open call again after our own restart."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from monitor.domain import Call, Direction, Hold, Leg, LegRole, Segment
from monitor.pbx.channels import Channel, Floor
from monitor.pbx.interpret import FORWARDED
from monitor.pbx.numbers import Kind, Numbering, same_destination
from monitor.pbx.record import CallRecord

_Part = TypeVar("_Part", Segment, Hold)


def restore_record(call: Call, floor: Floor) -> CallRecord | None:
    """The record of a stored call whose channels may still be up; ``None`` if the call is over or empty.

    Only the following resync tells which of its channels still exist.
    """
    root_leg = next((leg for leg in call.legs if leg.role is LegRole.ROOT), None)
    if call.ended or root_leg is None:
        return None
    root = _channel(root_leg, call, floor)
    if root is None:
        return None
    record = CallRecord(call.id, call.direction, root, root, call.started_at)
    serial = call.id.rpartition("/")[2]
    root.next_dial = max(root.next_dial, int(serial) + 1 if serial.isdecimal() else 1)
    if root.kind is Kind.TRUNK:  # an inbound call, or one whose customer was rung first
        record.far.append(root)
    for leg in call.legs:
        channel = _channel(leg, call, floor)
        if channel is None or channel is root:
            continue
        if leg.role is LegRole.FAR:
            record.add_far(channel)
        else:
            # Rung before the customer was dialled: the agent's own phone of a click-to-dial.
            channel.originated = root.kind is Kind.LOCAL and leg.started_at <= call.started_at
            record.add_agent(channel)
    record.number, record.dialed, record.name = call.number, call.dialed, call.name
    record.click_to_dial = call.click_to_dial
    record.transfers = list(call.transfers)
    record.notes = set(call.notes) | ({"incomplete"} if not call.complete else set())
    record.base = call
    record.latest = call
    return record


def find_forks(record: CallRecord, numbering: Numbering) -> None:
    """Which of a stored call's legs were dialled beside the first, to other numbers."""
    if record.direction is not Direction.OUTBOUND or record.number is None or record.root.kind is Kind.TRUNK:
        return
    answered_at = record.base.answered_at if record.base is not None else None
    for leg in record.far:
        if answered_at is not None and (leg.dialed_at or 0.0) >= answered_at:
            continue  # a transfer of the customer
        number = numbering.dialled(leg.dial_string, record.dialed or "", leg.endpoint)
        if number and not leg.forwarded and not same_destination(number, record.number):
            record.forked[leg.uniqueid] = number


def settle_base(record: CallRecord, floor: Floor, last_seen: float, at: float) -> None:
    """Close what the stored call had left open, now that a resync has told who is still talking.

    Talk that goes on is counted on from ``at`` by the bridge itself; talk that does not ended unseen,
    and is counted up to ``last_seen``.
    """
    base = record.base
    if base is None or not _still_open(base):
        return
    talking = {
        overlap.other.endpoint: overlap.other for leg in record.far for overlap in floor.conversations(leg)
    }
    holds = []
    for hold in base.holds:
        if hold.ended_at is None and hold.agent in talking:
            # No list of Asterisk's tells who is on hold: it lasts until the Unhold or the end is heard.
            talking[hold.agent].hold(True, hold.started_at)
        else:
            holds.append(_closed(hold, last_seen))
    record.base = msgspec.structs.replace(
        base,
        segments=tuple(_closed(part, at if part.agent in talking else last_seen) for part in base.segments),
        holds=tuple(holds),
    )


def _still_open(base: Call) -> bool:
    return any(s.ended_at is None for s in base.segments) or any(h.ended_at is None for h in base.holds)


def _closed(part: _Part, at: float) -> _Part:
    if part.ended_at is not None:
        return part
    return msgspec.structs.replace(part, ended_at=max(at, part.started_at))


def _channel(leg: Leg, call: Call, floor: Floor) -> Channel | None:
    channel = floor.channel(leg.uniqueid, leg.channel, call.linkedid or "", leg.started_at)
    if channel is None:
        return None
    channel.dialed_at = leg.started_at if leg.role is not LegRole.ROOT else channel.dialed_at
    channel.dial_string = leg.number or channel.dial_string
    channel.ringing_at = leg.ringing_at
    channel.up_at = leg.answered_at
    channel.hungup_at = leg.ended_at
    channel.forwarded = leg.dial_status == FORWARDED
    channel.dial_status = "CANCEL" if channel.forwarded else leg.dial_status
    if leg.dial_status is not None:
        channel.dial_ended_at = leg.ended_at if leg.ended_at is not None else leg.started_at
    channel.cause = leg.cause
    channel.tech_cause = leg.tech_cause
    channel.requested_at = leg.requested_hangup_at
    return channel
