"""Scripts of outbound calls: an agent dials a number outside.

A ``Dial`` says beforehand what will come of it; the script plays it, second by second, and writes down
what really happened (``TrueCall``). Failures are (DialStatus, cause, SIP code) as Asterisk 22 makes them
of the SIP answer: 404 and 603 both say NOANSWER, only the cause tells them apart.
"""

from __future__ import annotations

from dataclasses import dataclass

from monitor.domain import Direction, HangupBy, Outcome
from monitor.pbx.simulator import dialplan, legs
from monitor.pbx.simulator.centre import Centre, Phone, TrueCall
from monitor.pbx.simulator.colleagues import PassedOn, pass_on
from monitor.pbx.simulator.parts import BUSY, RING, UP, Channel
from monitor.pbx.simulator.schedule import Script

#: How long the announcement "all circuits are busy" of the dialplan takes.
ANNOUNCEMENT_SECONDS = 1.6
TONE_SECONDS = 2.0

#: DialStatus, Q.850 cause, SIP code of a refused leg, and DIALSTATUS as the dialplan sees it.
REFUSALS: dict[Outcome, tuple[str, int, int, str]] = {
    Outcome.BUSY: ("BUSY", 17, 486, "BUSY"),
    Outcome.REJECTED: ("NOANSWER", 21, 603, "CHANUNAVAIL"),
    Outcome.INVALID_NUMBER: ("NOANSWER", 1, 404, "CHANUNAVAIL"),
    Outcome.NO_ANSWER: ("NOANSWER", 19, 480, "NOANSWER"),
    Outcome.CONGESTION: ("CONGESTION", 34, 503, "CONGESTION"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dial:
    """One dial and what comes of it.

    ``delay_seconds``: until the far end's first sign; ``ring_seconds``: from there to the answer, refusal or
    giving up; ``None``: no sign at all but the outcome itself. ``early_media``: the sign is a 183, not a 180.
    ``timed_out``: no answer because Dial() itself gave up. ``failed_trunk`` was tried first and was full.
    ``holds``: seconds from the answer, and how long.
    """

    agent: Phone
    number: str
    trunk: str
    outcome: Outcome
    delay_seconds: float = 1.5
    ring_seconds: float | None = None
    early_media: bool = False
    timed_out: bool = False
    failed_trunk: str | None = None
    talk_seconds: float = 0.0
    hangup_by: HangupBy = HangupBy.AGENT
    holds: tuple[tuple[float, float], ...] = ()
    transfer: PassedOn | None = None


def dial(centre: Centre, plan: Dial) -> Script:
    """The agent picks up the phone and dials."""
    phone = plan.agent
    exten = centre.dial_prefix + plan.number
    root = centre.exchange.create(
        phone.device,
        state=RING,
        context="from-internal",
        exten=exten,
        number=phone.extension,
        caller=phone.name,
        account=phone.account,
    )
    call = centre.begin(root.uniqueid, Direction.OUTBOUND, phone.extension, plan.number, plan.trunk)
    yield from place(centre, plan, root, call, exten)


def place(centre: Centre, plan: Dial, root: Channel, call: TrueCall, exten: str) -> Script:
    """The dialplan of an outbound call, on a channel that is there already."""
    x = centre.exchange
    user = plan.agent.extension
    dialplan.bookkeeping(centre, root, exten, user)
    x.step(root, "Gosub", f"sub-record-check,s,1(out,{plan.number},{user})", ("from-internal", exten, 2))
    dialplan.record(centre, root, "out", plan.number, user, call)
    at = 3
    if plan.failed_trunk is not None:
        dialplan.to_trunk(centre, root, exten, plan.number, plan.failed_trunk, 60, at)
        far = legs.to_outside(centre, root, plan.number, plan.failed_trunk)
        yield 0.3
        refuse(centre, root, far, Outcome.CONGESTION)
        x.step(root, "Return", "", ("macro-dialout-trunk", "s", 8))
        legs.gone(centre, far, 34, 503)
        at = 5
    seconds = round(plan.delay_seconds + (plan.ring_seconds or 0.0)) if plan.timed_out else 60
    dialplan.to_trunk(centre, root, exten, plan.number, plan.trunk, seconds, at)
    far = legs.to_outside(centre, root, plan.number, plan.trunk)
    yield plan.delay_seconds
    if plan.ring_seconds is not None:
        call.ringing_at = x.now
        (legs.progress if plan.early_media else legs.ring)(centre, root, far)
        yield plan.ring_seconds
    if plan.outcome is Outcome.ANSWERED:
        yield from talk(centre, plan, root, far, call)
    elif plan.outcome is Outcome.CANCELLED:
        legs.give_up(centre, root, far)
        call.end(x.now, Outcome.CANCELLED, HangupBy.AGENT)
    elif plan.timed_out:
        yield from time_out(centre, root, far, call, exten, at + 1)
    else:
        refuse(centre, root, far, plan.outcome)
        call.end(x.now, plan.outcome, HangupBy.REMOTE)
        yield from announce_failure(centre, root, far, plan.outcome, exten, at + 1)
    if call.recording is not None:
        seconds_talked = call.talk.get(user, 0.0)
        centre.recorded(call.recording, seconds_talked)


def talk(centre: Centre, plan: Dial, root: Channel, far: Channel, call: TrueCall) -> Script:
    """The far end answers; they talk, with holds, until one hangs up or the agent passes the call on."""
    x = centre.exchange
    legs.answer(centre, root, far)
    call.answered_at = x.now
    passed = 0.0
    for begin, length in plan.holds:
        yield begin - passed
        x.hold(root, far)
        yield length
        x.unhold(root, far)
        call.hold_seconds += length
        passed = begin + length
    yield max(0.0, plan.talk_seconds - passed)
    call.talk[plan.agent.extension] = x.now - call.answered_at
    if plan.transfer is not None:
        yield from pass_on(centre, plan.transfer, root, far, call)
        return
    legs.part(centre, root if plan.hangup_by is HangupBy.AGENT else far, root)
    call.end(x.now, Outcome.ANSWERED, plan.hangup_by)


def refuse(centre: Centre, root: Channel, far: Channel, outcome: Outcome) -> None:
    """The far side turns the call down."""
    x = centre.exchange
    status, cause, sip, variable = REFUSALS[outcome]
    x.hangup_request(far, cause, sip)
    x.dial_end(root, far, status)
    x.variable(root, "DIALSTATUS", variable)


def announce_failure(
    centre: Centre, root: Channel, far: Channel, outcome: Outcome, exten: str, at: int
) -> Script:
    """``outisbusy``: a busy tone, or an announcement and a congestion tone; then the phone hangs up."""
    x = centre.exchange
    _, cause, sip, variable = REFUSALS[outcome]
    dialplan.trunk_failed(centre, root, exten, at)
    legs.gone(centre, far, cause, sip)
    if variable == "NOANSWER":
        yield from nobody_there(centre, root)
        return
    end_cause, end_sip = (17, 486) if outcome is Outcome.BUSY else (34, 503)
    if outcome is Outcome.BUSY:
        x.step(root, "Busy", "2", ("outisbusy", "s", 7))
    else:
        x.step(root, "Playback", "cancelled,noanswer", ("outisbusy", "s", 4))
        yield ANNOUNCEMENT_SECONDS
        x.step(root, "Congestion", "2", ("outisbusy", "s", 5))
    if root.state == UP:
        # Click-to-dial: the agent, on the line already, hears the tone until the dialplan ends.
        yield TONE_SECONDS
        x.soft_hangup(root)
    else:
        x.set_state(root, BUSY)
        yield 0.02
        x.hangup_request(root, end_cause, end_sip)
        x.soft_hangup(root, end_sip)
    legs.gone(centre, root, end_cause, end_sip)


def time_out(centre: Centre, root: Channel, far: Channel, call: TrueCall, exten: str, at: int) -> Script:
    """Dial() gives up: nobody asked for an end, and the leg's cause is 0."""
    x = centre.exchange
    x.dial_end(root, far, "NOANSWER")
    x.variable(root, "DIALSTATUS", "NOANSWER")
    dialplan.trunk_failed(centre, root, exten, at)
    legs.gone(centre, far, 0)
    call.end(x.now, Outcome.NO_ANSWER, HangupBy.SYSTEM)
    yield from nobody_there(centre, root)


def nobody_there(centre: Centre, root: Channel) -> Script:
    """The announcement that nobody answers; then the dialplan itself hangs up."""
    x = centre.exchange
    x.step(root, "Playback", "cancelled,noanswer", ("outisbusy", "s", 9))
    yield ANNOUNCEMENT_SECONDS
    x.step(root, "Hangup", "19", ("outisbusy", "s", 10))
    x.soft_hangup(root)
    legs.gone(centre, root, 19, 480)
