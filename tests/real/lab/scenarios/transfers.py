"""Calls that change hands: blind, attended, blonde, parked, conference."""

from __future__ import annotations

import asyncio
import time

from tests.real.lab.refer import refer_with_replaces
from tests.real.lab.script import Answerer, Digits, Refer, Talk
from tests.real.lab.sipp import Leg
from tests.real.lab.stage import Expected, Stage, between, leg, outbound, scenario


def internal(agent: str, other: str, called: Leg, outcome: str, **more: object) -> Expected:
    """A call from one agent to another; lengths from the called phone."""
    fields: dict[str, object] = {
        "ring_s": called.ring_seconds or 0.0,
        "talk_s": called.talk_seconds if outcome == "answered" else 0.0,
        "agents_final": (agent, other) if outcome == "answered" else (),
        **more,
    }
    return Expected("internal", agent, other, outcome, **fields)  # type: ignore[arg-type]


@scenario()
async def xfer_blind_ami(stage: Stage) -> list[Expected]:
    """Answered; after 2 s BlindTransfer over AMI to a colleague, who rings 1 s and answers; customer hangs up 3 s later."""
    agent, colleague, number = stage.agent(), stage.agent(), stage.number()
    phone = await stage.phone(colleague, Answerer(ring=1))
    far = await stage.far(number, Answerer(ring=1, then=(Talk(6),)))
    caller = await stage.dial(agent, number)
    await asyncio.sleep(3)
    await stage.driver.action(
        "BlindTransfer", Channel=await stage.channel(agent), Context="from-internal", Exten=colleague
    )
    await stage.done(caller, phone, far)
    talks = {
        agent: between(leg(far).answered_at, leg(caller).ended_at),
        colleague: between(leg(phone).answered_at, leg(far).ended_at),
    }
    return [
        outbound(agent, number, leg(far), "answered", hangup_by="remote", talk_by_agent=talks, agents_final=(colleague,))
    ]  # fmt: skip


@scenario()
async def xfer_blind_refer(stage: Stage) -> list[Expected]:
    """The same by REFER from the phone."""
    agent, colleague, number = stage.agent(), stage.agent(), stage.number()
    phone = await stage.phone(colleague, Answerer(ring=1))
    far = await stage.far(number, Answerer(ring=1, then=(Talk(6),)))
    caller = await stage.dial(agent, number, Talk(2), Refer(colleague), Talk())
    await stage.done(caller, phone, far)
    talks = {
        agent: between(leg(far).answered_at, leg(phone).invited_at),
        colleague: between(leg(phone).answered_at, leg(far).ended_at),
    }
    return [
        outbound(agent, number, leg(far), "answered", hangup_by="remote", talk_by_agent=talks, agents_final=(colleague,))
    ]  # fmt: skip


@scenario()
async def xfer_blind_outside(stage: Stage) -> list[Expected]:
    """Answered; after 2 s blind transfer to another outside number, which answers: trunk to trunk, no agent talks."""
    agent, number, other = stage.agent(), stage.number(), stage.number()
    far = await stage.far(number, Answerer(ring=1, then=(Talk(6),)))
    target = await stage.far(other, Answerer(ring=1))
    caller = await stage.dial(agent, number)
    await asyncio.sleep(3)
    await stage.driver.action(
        "BlindTransfer", Channel=await stage.channel(agent), Context="from-internal", Exten=other
    )
    await stage.done(caller, far, target)
    talk = between(leg(far).answered_at, leg(caller).ended_at)
    note = f"the customer then talks to {other} for {leg(target).talk_seconds:.1f} s without an agent"
    return [
        outbound(agent, number, leg(far), "answered", hangup_by="remote", talk_by_agent={agent: talk},
                 agents_final=(), note=note)
    ]  # fmt: skip


@scenario()
async def xfer_blind_returns(stage: Stage) -> list[Expected]:
    """Blind transfer to a colleague who refuses (486); the dialplan rings back the agent, who talks on."""
    agent, colleague, number = stage.agent(), stage.agent(), stage.number()
    refuses = await stage.phone(colleague, Answerer(ring=0.5, code=486))
    far = await stage.far(number, Answerer(ring=1, then=(Talk(7),)))
    caller = await stage.dial(agent, number)
    await asyncio.sleep(3)
    again = await stage.phone(agent, Answerer(ring=1))
    await stage.driver.action(
        "BlindTransfer", Channel=await stage.channel(agent), Context="from-internal", Exten=colleague
    )
    await stage.done(caller, refuses, far, again)
    talk = between(leg(far).answered_at, leg(caller).ended_at) + between(
        leg(again).answered_at, leg(far).ended_at
    )
    return [outbound(agent, number, leg(far), "answered", hangup_by="remote", talk_by_agent={agent: talk})]


@scenario()
async def xfer_blind_lost(stage: Stage) -> list[Expected]:
    """Blind transfer to an extension that does not exist: the customer is cut off by the system."""
    agent, number = stage.agent(), stage.number()
    far = await stage.far(number, Answerer(ring=1))
    caller = await stage.dial(agent, number)
    await asyncio.sleep(3)
    await stage.driver.action(
        "BlindTransfer", Channel=await stage.channel(agent), Context="from-internal", Exten="5999"
    )
    await stage.done(caller, far)
    return [outbound(agent, number, leg(far), "answered", hangup_by="system")]


async def _attended(
    stage: Stage, agent: str, target: str, *, dtmf: bool, stay: float
) -> tuple[Leg, Leg, str, float]:
    """Customer answers, agent asks ``target`` for a transfer and hangs up ``stay`` s after asking.

    Returns the customer's leg, the agent's, the number dialled, and how long they talked before the
    agent asked: from then on the customer is on hold, until the agent is gone.
    """
    number = stage.number()
    far = await stage.far(number, Answerer(ring=1, then=(Talk(15 if dtmf else 11),)))
    asked_at = 0.0
    if dtmf:
        # Digits pressed while Asterisk says "transfer" are lost.
        caller = await stage.dial(
            agent, number, Talk(1.5), Digits("*2"), Talk(2.0), Digits(target, gap=0.3), Talk(stay + 2)
        )
    else:
        caller = await stage.dial(agent, number, Talk(2 + stay))
        await asyncio.sleep(3)
        channel = await stage.channel(agent)
        asked_at = time.time()
        await stage.driver.action("Atxfer", Channel=channel, Context="from-internal", Exten=target)
    await stage.done(caller, far)
    before = 1.5 + 2 * 0.15 if dtmf else asked_at - (leg(far).answered_at or 0.0)
    return leg(far), leg(caller), number, before


def _handed(
    agent: str, other: str, number: str, far: Leg, caller: Leg, called: Leg, before: float
) -> Expected:
    """The outbound call of an attended transfer: the colleague's share begins when both are there and the agent is gone."""
    begin = max(called.answered_at or 0.0, caller.ended_at or 0.0)
    # Hold is talk time (METRICS): the customer leaves the agent when the transfer is made, not when it is asked for.
    talks = {agent: between(far.answered_at, caller.ended_at), other: between(begin, far.ended_at)}
    return outbound(
        agent, number, far, "answered", hangup_by="remote", talk_by_agent=talks, agents_final=(other,),
        note=f"after {before:.1f} s the customer was on hold for the consultation",
    )  # fmt: skip


async def _consulted(stage: Stage, *, dtmf: bool) -> list[Expected]:
    agent, colleague = stage.agent(), stage.agent()
    phone = await stage.phone(colleague, Answerer(ring=1))
    far, caller, number, before = await _attended(stage, agent, colleague, dtmf=dtmf, stay=4)
    await phone.done()
    called = leg(phone)
    consult = between(called.answered_at, caller.ended_at)
    return [
        _handed(agent, colleague, number, far, caller, called, before),
        internal(
            agent, colleague, called, "answered", talk_s=consult, hangup_by="unknown", note="the consultation"
        ),
    ]


@scenario()
async def xfer_attended_ami(stage: Stage) -> list[Expected]:
    """Atxfer over AMI to a colleague: consults, hangs up; the colleague talks on with the customer."""
    return await _consulted(stage, dtmf=False)


@scenario()
async def xfer_attended_dtmf(stage: Stage) -> list[Expected]:
    """The same with *2 and the extension keyed in on the phone."""
    return await _consulted(stage, dtmf=True)


@scenario()
async def xfer_attended_outside(stage: Stage) -> list[Expected]:
    """Attended transfer to another outside number: two outbound calls; afterwards no agent is in either."""
    agent, other = stage.agent(), stage.number()
    target = await stage.far(other, Answerer(ring=1))
    far, caller, number, before = await _attended(stage, agent, other, dtmf=False, stay=4)
    await target.done()
    first = between(far.answered_at, caller.ended_at)
    second = between(leg(target).answered_at, caller.ended_at)
    note = f"after {before:.1f} s on hold, then trunk to trunk"
    return [
        outbound(agent, number, far, "answered", talk_by_agent={agent: first}, agents_final=(), note=note),
        outbound(agent, other, leg(target), "answered", talk_by_agent={agent: second}, agents_final=(), note=note),
    ]  # fmt: skip


@scenario()
async def xfer_blonde(stage: Stage) -> list[Expected]:
    """The agent hangs up while the colleague still rings: the colleague answers the customer."""
    agent, colleague = stage.agent(), stage.agent()
    phone = await stage.phone(colleague, Answerer(ring=3.5))
    far, caller, number, before = await _attended(stage, agent, colleague, dtmf=False, stay=2)
    await phone.done()
    consultation = Expected("internal", agent, colleague, "cancelled", click_to_dial=None, complete=None)
    return [_handed(agent, colleague, number, far, caller, leg(phone), before), consultation]


@scenario()
async def xfer_attended_replaces(stage: Stage) -> list[Expected]:
    """The phone makes a second call to a colleague and joins the two by REFER with Replaces."""
    agent, colleague, number = stage.agent(), stage.agent(), stage.number()
    far = await stage.far(number, Answerer(ring=1, then=(Talk(9),)))
    phone = await stage.phone(colleague, Answerer(ring=1))
    first = await stage.dial(agent, number, messages=True)
    await asyncio.sleep(3)
    second = await stage.dial(agent, colleague, messages=True)
    await asyncio.sleep(3)
    answer = await refer_with_replaces(agent, first.tags(), colleague, second.tags())
    assert answer.startswith("SIP/2.0 202"), answer
    await stage.done(far, phone, second)
    await first.stop()
    left = leg(second).ended_at
    talks = {agent: between(leg(far).answered_at, left), colleague: between(left, leg(far).ended_at)}
    consult = between(leg(phone).answered_at, left)
    return [
        outbound(
            agent,
            number,
            leg(far),
            "answered",
            hangup_by="remote",
            talk_by_agent=talks,
            agents_final=(colleague,),
        ),
        internal(agent, colleague, leg(phone), "answered", talk_s=consult, note="the consultation"),
    ]


@scenario(lane="park")
async def park_retrieve(stage: Stage) -> list[Expected]:
    """The agent parks the customer (REFER to 700); a colleague dials 701 after 2 s and talks 3 s."""
    agent, colleague, number = stage.agent(), stage.agent(), stage.number()
    far = await stage.far(number, Answerer(ring=1))
    caller = await stage.dial(agent, number, Talk(2), Refer("700"), Talk())
    await asyncio.sleep(5)
    picker = await stage.dial(colleague, "701", Talk(3))
    await stage.done(picker, far)
    await caller.stop()
    parked = leg(caller).ended_at
    talks = {
        agent: 2.0 if parked is None else between(leg(far).answered_at, parked),
        colleague: leg(picker).talk_seconds,
    }
    return [
        outbound(agent, number, leg(far), "answered", hangup_by="agent", talk_by_agent=talks,
                 agents_final=(colleague,), note="parked in between: nobody's talk")
    ]  # fmt: skip


@scenario(lane="park")
async def park_timeout(stage: Stage) -> list[Expected]:
    """Parked, nobody comes: after 8 s the agent's phone rings again and the talk goes on."""
    agent, number = stage.agent(), stage.number()
    far = await stage.far(number, Answerer(ring=1, then=(Talk(15),)))
    caller = await stage.dial(agent, number, Talk(2), Refer("700"), Talk())
    again = await stage.phone(agent, Answerer(ring=1))
    await stage.done(far, again)
    await caller.stop()
    talk = 2.0 + between(leg(again).answered_at, leg(far).ended_at)
    return [outbound(agent, number, leg(far), "answered", hangup_by="remote", talk_by_agent={agent: talk})]


@scenario()
async def conference_three(stage: Stage) -> list[Expected]:
    """Agent and customer are moved into a ConfBridge by Redirect; a colleague dials in for 3 s."""
    agent, colleague, number = stage.agent(), stage.agent(), stage.number()
    room = f"7{50 + int(agent) % 50}"
    far = await stage.far(number, Answerer(ring=1, then=(Talk(9),)))
    caller = await stage.dial(agent, number, Talk(10.5))
    await asyncio.sleep(3)
    channel = await stage.channel(agent)
    peer = await stage.peer(channel)
    where = {"Exten": room, "Context": "from-internal", "Priority": "1"}
    extra = {"ExtraExten": room, "ExtraContext": "from-internal", "ExtraPriority": "1"}
    await stage.driver.action("Redirect", Channel=channel, ExtraChannel=peer, **where, **extra)
    await asyncio.sleep(1.5)
    joiner = await stage.dial(colleague, room, Talk(3))
    await stage.done(joiner, far, caller)
    talk = leg(far).talk_seconds
    talks = {agent: talk, colleague: leg(joiner).talk_seconds}
    note = "talk_s is the union; the colleague was there for part of it"
    return [
        outbound(
            agent,
            number,
            leg(far),
            "answered",
            hangup_by="remote",
            talk_by_agent=talks,
            talk_s=talk,
            note=note,
        )
    ]


@scenario()
async def redirect_colleague(stage: Stage) -> list[Expected]:
    """AMI Redirect of the customer's channel to a colleague: no transfer event at all."""
    agent, colleague, number = stage.agent(), stage.agent(), stage.number()
    phone = await stage.phone(colleague, Answerer(ring=1))
    far = await stage.far(number, Answerer(ring=1, then=(Talk(6),)))
    caller = await stage.dial(agent, number)
    await asyncio.sleep(3)
    peer = await stage.peer(await stage.channel(agent))
    await stage.driver.action(
        "Redirect", Channel=peer, Context="from-internal", Exten=colleague, Priority="1"
    )
    await stage.done(caller, phone, far)
    talks = {
        agent: between(leg(far).answered_at, leg(caller).ended_at),
        colleague: between(leg(phone).answered_at, leg(far).ended_at),
    }
    return [
        outbound(agent, number, leg(far), "answered", hangup_by="remote", talk_by_agent=talks, agents_final=(colleague,))
    ]  # fmt: skip
