"""Scripts of inbound calls: to an agent's own number, and to a queue that rings several phones."""

from __future__ import annotations

from dataclasses import dataclass, field

from monitor.domain import Direction, HangupBy, Outcome
from monitor.pbx.simulator import dialplan, legs
from monitor.pbx.simulator.centre import Centre, Phone, TrueCall
from monitor.pbx.simulator.parts import DOWN, RING, RINGING, UP, Channel
from monitor.pbx.simulator.schedule import Script


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """A call from outside; without an answer the caller gives up after ``ring_seconds``."""

    number: str
    name: str
    trunk: str
    to: Phone
    ring_seconds: float
    answered: bool
    talk_seconds: float = 0.0
    hangup_by: HangupBy = HangupBy.REMOTE


def inbound(centre: Centre, plan: Inbound) -> Script:
    """Somebody calls an agent's own number."""
    x = centre.exchange
    exten = plan.to.extension
    root = x.create(
        f"PJSIP/{plan.trunk}",
        state=RING,
        context="from-trunk",
        exten=exten,
        number=plan.number,
        caller=plan.name,
    )
    call = centre.begin(root.uniqueid, Direction.INBOUND, None, plan.number, plan.trunk)
    x.step(root, "Set", f"__FROM_DID={exten}", ("from-trunk", exten, 1))
    x.variable(root, "__FROM_DID", exten)
    x.step(root, "Gosub", f"sub-record-check,s,1(in,{exten},{plan.number})", ("from-trunk", exten, 2))
    dialplan.record(centre, root, "in", exten, plan.number, call)
    x.step(root, "Dial", f"PJSIP/{exten},20,tr", ("from-trunk", exten, 3))
    x.variable(root, "DIALSTATUS", "")
    leg = legs.to_phone(centre, root, plan.to)
    yield 0.1
    legs.ring(centre, root, leg)
    call.ringing_at = x.now
    yield plan.ring_seconds
    if plan.answered:
        legs.answer(centre, root, leg)
        call.answered_at = x.now
        call.agent = exten
        yield plan.talk_seconds
        call.talk[exten] = x.now - call.answered_at
        legs.part(centre, root if plan.hangup_by is HangupBy.REMOTE else leg, root)
        call.end(x.now, Outcome.ANSWERED, plan.hangup_by)
    else:
        legs.give_up(centre, root, leg)
        call.end(x.now, Outcome.CANCELLED, HangupBy.REMOTE)
    if call.recording is not None:
        centre.recorded(call.recording, call.talk.get(exten, 0.0))


@dataclass(slots=True)
class Member:
    """An agent in a queue, with what QueueMemberStatus tells."""

    phone: Phone
    calls_taken: int = 0
    last_call: int = 0


@dataclass(slots=True)
class Queue:
    """A queue that rings all its idle members at once."""

    number: str
    members: list[Member] = field(default_factory=list)
    login_time: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A call to a queue: ``members`` ring; ``answered_by`` is one of them; ``None``: the caller gives up."""

    number: str
    name: str
    trunk: str
    queue: Queue
    members: tuple[Member, ...]
    ring_seconds: float
    answered_by: Member | None
    talk_seconds: float = 0.0


def queued(centre: Centre, plan: Queued) -> Script:
    """Somebody calls the queue; its Answer() comes at once, an agent's later or never."""
    x = centre.exchange
    number = plan.queue.number
    root = x.create(
        f"PJSIP/{plan.trunk}",
        state=RING,
        context="from-trunk",
        exten=number,
        number=plan.number,
        caller=plan.name,
    )
    call = centre.begin(root.uniqueid, Direction.INBOUND, None, plan.number, plan.trunk)
    call.queue = number
    x.step(root, "Set", f"__FROM_DID={number}", ("from-trunk", number, 1))
    x.step(root, "Answer", "", ("from-trunk", number, 2))
    x.set_state(root, UP)
    x.step(root, "Gosub", f"sub-record-check,s,1(q,{number},{plan.number})", ("from-trunk", number, 3))
    dialplan.record(centre, root, "q", number, plan.number, call)
    x.step(root, "Queue", f"{number},t,,,40", ("from-trunk", number, 4))
    x.set_device(f"Queue:{number}", "RINGING")
    x.send("QueueCallerJoin", "agent", root.fields(), f"Queue: {number}\r\nPosition: 1\r\nCount: 1\r\n")
    x.music(root, on=True)
    rung = [(member, _ring_member(centre, plan, root, member)) for member in plan.members]
    yield 0.1
    call.ringing_at = x.now
    for member, leg in rung:
        x.set_state(leg, RINGING)
        x.step(leg, "AppQueue", "(Outgoing Line)", ("from-internal", number, 1))
        x.connected_line(leg, root.number, root.caller)
        x.dial_state(root, leg, "RINGING")
        _member_status(centre, plan.queue, member, status=6)
    yield plan.ring_seconds
    if plan.answered_by is None:
        _abandon(centre, plan, root, rung)
        call.end(x.now, Outcome.CANCELLED, HangupBy.REMOTE)
    else:
        yield from _connect(centre, plan, plan.answered_by, root, rung, call)
    if call.recording is not None:
        centre.recorded(call.recording, sum(call.talk.values()))


def _ring_member(centre: Centre, plan: Queued, root: Channel, member: Member) -> Channel:
    x = centre.exchange
    phone = member.phone
    leg = x.create(
        phone.device,
        state=DOWN,
        context="from-internal",
        exten="s",
        number=phone.extension,
        caller=phone.name,
        linkedid=root.linkedid,
    )
    before = leg.fields("Dest")
    leg.change(connected_number=root.number, connected=root.caller, exten=plan.queue.number)
    x.send("AgentCalled", "agent", root.fields(), leg.fields("Dest"), _member_lines(plan.queue, member))
    # Asterisk renders the DialBegin from an older snapshot of the dialled channel.
    x.send("DialBegin", "call", root.fields(), before, f"DialString: {phone.device}\r\n")
    return leg


def _connect(
    centre: Centre,
    plan: Queued,
    winner: Member,
    root: Channel,
    rung: list[tuple[Member, Channel]],
    call: TrueCall,
) -> Script:
    x = centre.exchange
    queue = plan.queue
    leg = next(channel for member, channel in rung if member is winner)
    losers = [(member, channel) for member, channel in rung if member is not winner]
    x.set_state(leg, UP)
    x.dial_end(root, leg, "ANSWER")
    for _, loser in losers:
        x.dial_end(root, loser, "CANCEL")
    x.connected_line(root, leg.number, leg.caller)
    for _, loser in losers:
        x.dial_end(root, loser, "CANCEL")
    x.music(root, on=False)
    x.set_device(f"Queue:{queue.number}", "NOT_INUSE")
    waited = round(plan.ring_seconds)
    x.variable(root, "QUEUEPOSITION", "1")
    _leave_queue(centre, queue, root)
    times = f"HoldTime: {waited}\r\nRingTime: {waited}\r\n"
    lines = _member_lines(queue, winner)
    x.send("AgentConnect", "agent", root.fields(), leg.fields("Dest"), lines, times)
    call.answered_at = x.now
    call.agent = winner.phone.extension
    bridge = x.new_bridge()
    x.enter(bridge, leg)
    x.enter(bridge, root)
    x.variable(leg, "BRIDGEPEER", root.name)
    x.variable(root, "BRIDGEPEER", leg.name)
    for channel in (leg, root):
        legs.measure(centre, channel)
    _member_status(centre, queue, winner, status=2, in_call=1)
    for member, loser in losers:
        legs.gone(centre, loser, 26)
        _member_status(centre, queue, member, status=1)
    yield plan.talk_seconds
    call.talk[winner.phone.extension] = x.now - call.answered_at
    x.hangup_request(root)
    times = f"HoldTime: {waited}\r\nTalkTime: {round(plan.talk_seconds)}\r\nReason: caller\r\n"
    x.send("AgentComplete", "agent", root.fields(), leg.fields("Dest"), lines, times)
    x.variable(root, "BRIDGEPEER", "")
    x.variable(leg, "BRIDGEPEER", "")
    x.leave(root)
    x.soft_hangup(root)
    x.leave(leg)
    x.destroy(bridge)
    legs.gone(centre, root, 16)
    legs.gone(centre, leg, 16)
    winner.calls_taken += 1
    winner.last_call = int(x.now)
    _member_status(centre, queue, winner, status=1)
    call.end(x.now, Outcome.ANSWERED, HangupBy.REMOTE)


def _abandon(centre: Centre, plan: Queued, root: Channel, rung: list[tuple[Member, Channel]]) -> None:
    x = centre.exchange
    queue = plan.queue
    x.hangup_request(root)
    x.music(root, on=False)
    for _, leg in rung:
        x.dial_end(root, leg, "CANCEL")
    for _, leg in rung:
        legs.gone(centre, leg, 16)
    waited = f"Position: 1\r\nOriginalPosition: 1\r\nHoldTime: {round(plan.ring_seconds)}\r\n"
    x.send("QueueCallerAbandon", "agent", root.fields(), f"Queue: {queue.number}\r\n", waited)
    x.set_device(f"Queue:{queue.number}", "NOT_INUSE")
    _leave_queue(centre, queue, root)
    x.soft_hangup(root)
    legs.gone(centre, root, 0)
    for member, _ in rung:
        _member_status(centre, queue, member, status=1)


def _leave_queue(centre: Centre, queue: Queue, root: Channel) -> None:
    lines = f"Queue: {queue.number}\r\nPosition: 1\r\nCount: 0\r\n"
    centre.exchange.send("QueueCallerLeave", "agent", root.fields(), lines)


def _member_lines(queue: Queue, member: Member) -> str:
    return f"Queue: {queue.number}\r\nInterface: {member.phone.device}\r\nMemberName: {member.phone.name}\r\n"


def _member_status(centre: Centre, queue: Queue, member: Member, *, status: int, in_call: int = 0) -> None:
    """``status`` 1 not in use, 2 in use, 6 ringing."""
    device = member.phone.device
    centre.exchange.send(
        "QueueMemberStatus",
        "agent",
        f"Queue: {queue.number}\r\nMemberName: {member.phone.name}\r\nInterface: {device}\r\n",
        f"StateInterface: {device}\r\nMembership: static\r\nPenalty: 0\r\n",
        f"CallsTaken: {member.calls_taken}\r\nLastCall: {member.last_call}\r\nLastPause: 0\r\n",
        f"LoginTime: {queue.login_time}\r\nInCall: {in_call}\r\n",
        f"Status: {status}\r\nPaused: 0\r\nPausedReason: \r\nRinginuse: 0\r\nWrapuptime: 0\r\n",
    )
