"""Scripts of click-to-dial: a program rings the agent first (Originate), then the number outside."""

from __future__ import annotations

from monitor.domain import Direction, HangupBy, Outcome
from monitor.pbx.simulator import dialplan, legs, outbound
from monitor.pbx.simulator.centre import Centre, TrueCall
from monitor.pbx.simulator.outbound import Dial
from monitor.pbx.simulator.parts import DOWN, RING, RINGING, UP, Channel
from monitor.pbx.simulator.schedule import Script


def originate(centre: Centre, plan: Dial, pickup_seconds: float | None) -> Script:
    """Originate ``PJSIP/8001``: the agent's phone rings, then the dialplan dials as for any outbound call.

    ``pickup_seconds`` is ``None`` where the agent never picks up.
    """
    x = centre.exchange
    phone = plan.agent
    exten = centre.dial_prefix + plan.number
    root = x.create(
        phone.device,
        state=DOWN,
        context="from-internal",
        exten="s",
        number=phone.extension,
        caller=phone.name,
    )
    call = centre.begin(root.uniqueid, Direction.OUTBOUND, phone.extension, plan.number, plan.trunk)
    call.click_to_dial = True
    x.step(root, "AppDial2", "(Outgoing Line)", ("from-internal", "s", 1))
    x.caller_id(root, phone.extension, phone.extension)
    x.connected_line(root, phone.extension, phone.extension)
    x.dial_begin(None, root, phone.extension)
    yield 0.1
    x.set_state(root, RINGING)
    x.dial_state(None, root, "RINGING")
    if pickup_seconds is None:
        yield 20.0
        _response(centre, plan, phone.device, None, exten)
        legs.gone(centre, root, 19, 480)
        call.end(x.now, Outcome.AGENT_UNANSWERED, HangupBy.SYSTEM)
        call.trunk = None
        return
    yield pickup_seconds
    _response(centre, plan, root.name, root.uniqueid, exten)
    x.set_state(root, UP)
    x.dial_end(None, root, "ANSWER")
    root.change(dialled=exten)
    call.started_at = x.now
    if plan.outcome is Outcome.CANCELLED:
        yield from _unanswered(centre, plan, root, call, exten)
    else:
        yield from outbound.place(centre, plan, root, call, exten)


def _unanswered(centre: Centre, plan: Dial, root: Channel, call: TrueCall, exten: str) -> Script:
    """The agent, up already, hangs up while the number rings: a plain hang-up, no cause, no SIP code."""
    x = centre.exchange
    user = plan.agent.extension
    dialplan.bookkeeping(centre, root, exten, user)
    x.step(root, "Gosub", f"sub-record-check,s,1(out,{plan.number},{user})", ("from-internal", exten, 2))
    dialplan.record(centre, root, "out", plan.number, user, call)
    dialplan.to_trunk(centre, root, exten, plan.number, plan.trunk, 60, 3)
    far = legs.to_outside(centre, root, plan.number, plan.trunk)
    yield plan.delay_seconds
    legs.ring(centre, root, far)
    call.ringing_at = x.now
    yield plan.ring_seconds or 0.0
    x.hangup_request(root)
    x.dial_end(root, far, "CANCEL")
    x.variable(root, "DIALSTATUS", "CANCEL")
    x.soft_hangup(root)
    legs.gone(centre, far, 16)
    legs.gone(centre, root, 0)
    call.end(x.now, Outcome.CANCELLED, HangupBy.AGENT)
    if call.recording is not None:
        centre.recorded(call.recording, 0.0)


def originate_local(centre: Centre, plan: Dial, pickup_seconds: float) -> Script:
    """Originate ``Local/8001@c2d-agent/n``: a Local pair stands between the agent's phone and the dialplan.

    Answered, and ended by the far end.
    """
    x = centre.exchange
    phone = plan.agent
    user = phone.extension
    exten = centre.dial_prefix + plan.number
    context = "c2d-agent"
    device = f"Local/{user}@{context}"
    one = x.create(device, state=DOWN, context=context, exten=user, half="1")
    two = x.create(device, state=RING, context=context, exten=user, half="2", linkedid=one.linkedid)
    call = centre.begin(one.uniqueid, Direction.OUTBOUND, user, plan.number, plan.trunk)
    call.click_to_dial = True
    x.step(one, "AppDial2", "(Outgoing Line)", (context, user, 1))
    x.caller_id(one, user, user)
    x.connected_line(one, user, user)
    two.change(connected_number=user, connected=user)
    x.caller_id(two, user, user)
    x.connected_line(two, user, user)
    place = f"Context: {context}\r\nExten: {user}\r\nLocalOptimization: No\r\n"
    x.send("LocalBridge", "call", one.fields("LocalOne"), two.fields("LocalTwo"), place)
    x.dial_begin(None, one, f"{user}@{context}/n")
    x.step(two, "Dial", f"PJSIP/{user},20", (context, user, 2))
    x.variable(two, "DIALSTATUS", "")
    leg = legs.to_phone(centre, two, phone)
    yield 0.1
    one.change(number=user, caller=phone.name)
    x.set_state(one, RINGING)
    x.caller_id(one, user)
    x.set_state(leg, RINGING)
    x.dial_state(None, one, "RINGING")
    x.dial_state(two, leg, "RINGING")
    yield pickup_seconds
    near = legs.answer(centre, two, leg)
    x.set_state(one, UP)
    x.dial_end(None, one, "ANSWER")
    _response(centre, plan, one.name, one.uniqueid, exten)
    call.started_at = x.now
    yield from _through_local(centre, plan, (one, two, leg), call, exten)
    if near.channels:
        x.leave(leg)
    x.destroy(near)
    legs.gone(centre, leg, 16)
    if call.recording is not None:
        centre.recorded(call.recording, call.talk.get(user, 0.0))


def _through_local(
    centre: Centre, plan: Dial, channels: tuple[Channel, Channel, Channel], call: TrueCall, exten: str
) -> Script:
    """The outbound half, run on ``;1``; at its end ``;2`` leaves the agent's bridge."""
    x = centre.exchange
    one, two, leg = channels
    user = plan.agent.extension
    dialplan.bookkeeping(centre, one, exten, user)
    x.step(one, "Gosub", f"sub-record-check,s,1(out,{plan.number},{user})", ("from-internal", exten, 2))
    dialplan.record(centre, one, "out", plan.number, user, call)
    dialplan.to_trunk(centre, one, exten, plan.number, plan.trunk, 60, 3)
    far = legs.to_outside(centre, one, plan.number, plan.trunk)
    x.connected_line(leg, far.number, far.caller)
    yield plan.delay_seconds
    legs.ring(centre, one, far)
    call.ringing_at = x.now
    yield plan.ring_seconds or 0.0
    bridge = legs.answer(centre, one, far)
    call.answered_at = x.now
    yield plan.talk_seconds
    call.talk[user] = x.now - call.answered_at
    x.hangup_request(far, 16)
    x.leave(far)
    x.leave(one)
    x.soft_hangup(one)
    x.destroy(bridge)
    x.hangup_request(two, 16)
    x.caller_id(two, far.number)
    x.leave(two)
    legs.gone(centre, far, 16)
    x.soft_hangup(two)
    legs.gone(centre, two, 16)
    legs.gone(centre, one, 16)
    call.end(x.now, Outcome.ANSWERED, HangupBy.REMOTE)


def _response(centre: Centre, plan: Dial, channel: str, uniqueid: str | None, exten: str) -> None:
    """What came of the Originate."""
    user = plan.agent.extension
    x = centre.exchange
    x.send(
        "OriginateResponse",
        "call",
        f"ActionID: crm-{x.processed_calls}\r\nResponse: {'Success' if uniqueid else 'Failure'}\r\n",
        f"Channel: {channel}\r\nContext: from-internal\r\nExten: {exten}\r\n",
        f"Reason: {4 if uniqueid else 3}\r\nUniqueid: {uniqueid or '<unknown>'}\r\n",
        f"CallerIDNum: {user}\r\nCallerIDName: {user}\r\n",
    )
