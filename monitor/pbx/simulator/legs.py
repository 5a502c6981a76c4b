"""What calls are made of: a dialled leg, its ringing, its answer, and the ways in which it ends."""

from __future__ import annotations

from monitor.pbx.simulator import dialplan, rtcp
from monitor.pbx.simulator.centre import Centre, Phone
from monitor.pbx.simulator.parts import DOWN, RINGING, UNKNOWN, UP, Bridge, Channel

_OUTGOING = "(Outgoing Line)"


def to_outside(centre: Centre, root: Channel, number: str, trunk: str) -> Channel:
    """Dial() makes the leg towards the outside and begins to dial it."""
    x = centre.exchange
    far = x.create(f"PJSIP/{trunk}", state=DOWN, context="from-trunk", exten="s", linkedid=root.linkedid)
    x.variable(far, "DIALEDPEERNUMBER", f"{number}@{trunk}")
    far.change(
        number="s",
        caller=root.connected,
        connected_number=root.number,
        connected=root.caller,
        account=root.account,
    )
    x.step(far, "AppDial", _OUTGOING, ("from-trunk", "s", 1))
    x.caller_id(far, far.number)
    if root.account:
        x.send("NewAccountCode", "call", far.fields(), "OldAccountCode: \r\n")
    x.connected_line(far, root.number, root.caller)
    x.dial_begin(root, far, f"{number}@{trunk}")
    if root.connected_number != far.number:  # else it was told at the trunk tried before
        x.connected_line(root, far.number, far.caller)
    return far


def to_phone(centre: Centre, root: Channel, phone: Phone) -> Channel:
    """Dial() makes the leg towards an agent's phone and begins to dial it."""
    x = centre.exchange
    own = bool(phone.name)
    leg = x.create(
        phone.device,
        state=DOWN,
        context="from-internal",
        exten="s",
        number=phone.extension if own else UNKNOWN,
        caller=phone.name if own else UNKNOWN,
        linkedid=root.linkedid,
    )
    leg.change(number=phone.extension, connected_number=root.number, connected=root.caller)
    x.step(leg, "AppDial", _OUTGOING, ("from-internal", phone.extension, 1))
    if not own:
        x.caller_id(leg, phone.extension)
    x.connected_line(leg, root.number, root.caller)
    x.dial_begin(root, leg, phone.extension)
    x.connected_line(root, leg.number, leg.caller)
    return leg


def ring(centre: Centre, root: Channel, leg: Channel) -> None:
    """180 Ringing."""
    x = centre.exchange
    x.set_state(leg, RINGING)
    x.variable(root, "RINGTIME", "0")
    x.variable(root, "RINGTIME_MS", "1")
    x.dial_state(root, leg, "RINGING")


def progress(centre: Centre, root: Channel, leg: Channel) -> None:
    """183 with early media: a colour-ring tone or an announcement; the channel stays Down."""
    x = centre.exchange
    x.variable(root, "PROGRESSTIME", "0")
    x.variable(root, "PROGRESSTIME_MS", "0")
    x.dial_state(root, leg, "PROGRESS")


def answer(centre: Centre, root: Channel, leg: Channel) -> Bridge:
    """The dialled leg answers and is bridged with the root."""
    x = centre.exchange
    x.set_state(leg, UP)
    x.variable(root, "DIALSTATUS", "ANSWER")
    x.variable(root, "DIALEDPEERNAME", leg.name)
    leg.change(exten="")
    x.dial_end(root, leg, "ANSWER")
    if root.state != UP:
        x.set_state(root, UP)
    return join(centre, leg, root)


def join(centre: Centre, leg: Channel, root: Channel) -> Bridge:
    """A bridge of a dialled leg and who dialled it; both begin to send RTCP."""
    x = centre.exchange
    bridge = x.new_bridge()
    x.step(leg, "AppDial", _OUTGOING, (leg.context, leg.exten, 1))
    x.enter(bridge, leg)
    x.enter(bridge, root)
    x.variable(leg, "BRIDGEPEER", root.name)
    x.variable(root, "BRIDGEPEER", leg.name)
    for channel in (leg, root):
        measure(centre, channel)
    return bridge


def measure(centre: Centre, channel: Channel) -> None:
    """Begin the RTCP reports of a real leg; a Local channel has no RTP, and one that reports goes on."""
    if not channel.name.startswith("Local/") and channel.uniqueid not in centre.measured:
        centre.measured.add(channel.uniqueid)
        centre.exchange.schedule.spawn(rtcp.reports(centre, channel))


def part(centre: Centre, first: Channel, root: Channel) -> None:
    """``first`` of two bridged channels says goodbye: the bridge ends, and so does ``root``'s dialplan."""
    x = centre.exchange
    bridge = first.joined
    other = next(channel for channel in bridge.channels if channel is not first)
    seconds = x.now - (first.answered_at or x.now)
    rtcp.summary(centre, first, seconds)
    x.hangup_request(first, 16)
    for channel in (first, other):
        x.variable(channel, "BRIDGEPEER", "")
    x.leave(first)
    x.leave(other)
    x.destroy(bridge)
    x.variable(root, "DIALSTATUS", "ANSWER")
    x.soft_hangup(root)
    rtcp.summary(centre, other, seconds)
    if root.context == "from-internal":
        dialplan.last_words(centre, root, 16)
    gone(centre, first, 16)
    gone(centre, other, 16)


def give_up(centre: Centre, root: Channel, leg: Channel) -> None:
    """The caller gives up before an answer: SIP CANCEL."""
    x = centre.exchange
    x.hangup_request(root, 127, 487)
    x.dial_end(root, leg, "CANCEL")
    x.variable(root, "DIALSTATUS", "CANCEL")
    x.soft_hangup(root, 487)
    if root.context == "from-internal":
        dialplan.last_words(centre, root, 127)
    gone(centre, leg, 127, 500)
    gone(centre, root, 127, 487)


def gone(centre: Centre, channel: Channel, cause: int, sip: int | None = None) -> None:
    """A channel ends; nothing about it is remembered."""
    centre.measured.discard(channel.uniqueid)
    centre.exchange.hangup(channel, cause, sip)
