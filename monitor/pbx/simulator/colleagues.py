"""Scripts of calls between colleagues, and of blind transfers to one."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.domain import Direction, HangupBy, Outcome
from monitor.pbx.simulator import dialplan, legs
from monitor.pbx.simulator.centre import Centre, Phone, TrueCall
from monitor.pbx.simulator.parts import RING, Channel
from monitor.pbx.simulator.schedule import Script


@dataclass(frozen=True, slots=True, kw_only=True)
class Internal:
    """A call to a colleague; without an answer the caller gives up after ``ring_seconds``."""

    caller: Phone
    callee: Phone
    ring_seconds: float
    answered: bool
    talk_seconds: float = 0.0
    hangup_by: HangupBy = HangupBy.AGENT


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOn:
    """To whom a call is passed on, how long that phone rings, and how long they then talk."""

    to: Phone
    ring_seconds: float
    talk_seconds: float
    by_refer: bool = True


def internal(centre: Centre, plan: Internal) -> Script:
    """One agent calls another."""
    x = centre.exchange
    caller, callee = plan.caller, plan.callee
    root = x.create(
        caller.device,
        state=RING,
        context="from-internal",
        exten=callee.extension,
        number=caller.extension,
        caller=caller.name,
    )
    call = centre.begin(root.uniqueid, Direction.INTERNAL, caller.extension, callee.extension)
    dialplan.bookkeeping(centre, root, callee.extension, caller.extension)
    to_record = f"sub-record-check,s,1(internal,{callee.extension},{caller.extension})"
    x.step(root, "Gosub", to_record, ("from-internal", callee.extension, 2))
    dialplan.record(centre, root, "internal", callee.extension, caller.extension, call)
    leg = _ring_colleague(centre, root, callee)
    yield 0.1
    legs.ring(centre, root, leg)
    call.ringing_at = x.now
    yield plan.ring_seconds
    if plan.answered:
        legs.answer(centre, root, leg)
        call.answered_at = x.now
        yield plan.talk_seconds
        call.talk = dict.fromkeys((caller.extension, callee.extension), x.now - call.answered_at)
        legs.part(centre, root if plan.hangup_by is HangupBy.AGENT else leg, root)
        call.end(x.now, Outcome.ANSWERED, plan.hangup_by)
    else:
        legs.give_up(centre, root, leg)
        call.end(x.now, Outcome.CANCELLED, HangupBy.AGENT)
    if call.recording is not None:
        centre.recorded(call.recording, call.talk.get(caller.extension, 0.0))


def pass_on(centre: Centre, plan: PassedOn, root: Channel, far: Channel, call: TrueCall) -> Script:
    """The agent sends the far end to a colleague and is out of the call; the colleague answers."""
    x = centre.exchange
    bridge = far.joined
    exten = plan.to.extension
    x.send("Unhold", "call", root.fields())
    x.variable(far, "BLINDTRANSFER", root.name)
    x.variable(root, "BLINDTRANSFER", far.name)
    x.send(
        "BlindTransfer",
        "call",
        "Result: Success\r\n",
        root.fields("Transferer"),
        far.fields("Transferee"),
        bridge.fields(),
        f"IsExternal: Yes\r\nContext: from-internal\r\nExtension: {exten}\r\n",
    )
    for channel in (root, far):
        x.variable(channel, "BRIDGEPEER", "")
    far.change(context="from-internal", exten=exten, priority=1)
    x.leave(far)
    x.leave(root)
    x.destroy(bridge)
    x.variable(root, "DIALSTATUS", "ANSWER")
    x.soft_hangup(root)
    if plan.by_refer:
        x.hangup_request(root, 16)
    legs.gone(centre, root, 16)
    call.transferred_to = exten
    dialplan.bookkeeping(centre, far, exten, far.number, ("AppDial", "(Outgoing Line)"))
    to_record = f"sub-record-check,s,1(internal,{exten},{far.number})"
    x.step(far, "Gosub", to_record, ("from-internal", exten, 2))
    x.step(far, "Return", "", ("sub-record-check", "s", 17))
    leg = _ring_colleague(centre, far, plan.to)
    yield 0.1
    legs.ring(centre, far, leg)
    yield plan.ring_seconds
    answered_at = x.now
    legs.answer(centre, far, leg)
    yield plan.talk_seconds
    call.talk[exten] = x.now - answered_at
    legs.part(centre, far, far)
    call.end(x.now, Outcome.ANSWERED, HangupBy.REMOTE)


def _ring_colleague(centre: Centre, root: Channel, phone: Phone) -> Channel:
    exten = phone.extension
    centre.exchange.step(root, "Dial", f"PJSIP/{exten},20,Ttr", ("from-internal", exten, 3))
    centre.exchange.variable(root, "DIALSTATUS", "")
    return legs.to_phone(centre, root, phone)
