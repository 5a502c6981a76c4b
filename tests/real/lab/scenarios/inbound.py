"""Calls from outside and between agents: queue, pickup, forwarding, listening in."""

from __future__ import annotations

import asyncio

from tests.real.lab.scenarios.transfers import internal
from tests.real.lab.script import FOREVER, Answerer, Talk
from tests.real.lab.sipp import Leg
from tests.real.lab.stage import Expected, Stage, between, leg, outbound, scenario


def inbound(agent: str | None, caller: str, phone: Leg, outcome: str, **more: object) -> Expected:
    """A call from outside; lengths from the agent's phone."""
    talk = phone.talk_seconds if outcome == "answered" else 0.0
    fields: dict[str, object] = {
        "ring_s": phone.ring_seconds or 0.0, "talk_s": talk, "trunk": "trunk-a",
        "talk_by_agent": {agent: talk} if agent and talk else {}, "agents_final": (agent,) if agent and talk else (),
        **more,
    }  # fmt: skip
    return Expected("inbound", agent, caller, outcome, **fields)  # type: ignore[arg-type]


@scenario()
async def int_answered(stage: Stage) -> list[Expected]:
    """One agent calls another: rings 1 s, answered, hung up by the caller after 2 s."""
    agent, colleague = stage.agent(), stage.agent()
    phone = await stage.phone(colleague, Answerer(ring=1))
    await stage.done(await stage.dial(agent, colleague, Talk(2)), phone)
    return [internal(agent, colleague, leg(phone), "answered", hangup_by="agent")]


@scenario()
async def int_fork(stage: Stage) -> list[Expected]:
    """A ring group of two agents; the second answers after 1 s, the first is cancelled."""
    agent, loses, wins = stage.agent(), stage.agent(), stage.agent()
    loser = await stage.phone(loses, Answerer(ring=FOREVER))
    winner = await stage.phone(wins, Answerer(ring=1))
    await stage.done(await stage.dial(agent, f"6{loses[2:]}{wins[2:]}", Talk(2)), loser, winner)
    return [internal(agent, wins, leg(winner), "answered", hangup_by="agent")]


@scenario()
async def int_302_colleague(stage: Stage) -> list[Expected]:
    """The called colleague's phone forwards (302) to a third agent, who answers."""
    agent, away, third = stage.agent(), stage.agent(), stage.agent()
    forwards = await stage.phone(away, Answerer(ring=0.5, code=302, provisional=100, moved_to=third))
    phone = await stage.phone(third, Answerer(ring=1))
    await stage.done(await stage.dial(agent, away, Talk(2)), forwards, phone)
    ring = between(leg(forwards).invited_at, leg(phone).answered_at)
    note = f"dialled {away}, answered by {third}"
    return [
        internal(
            agent,
            away,
            leg(phone),
            "answered",
            hangup_by="agent",
            ring_s=ring,
            agents_final=(agent, third),
            note=note,
        )
    ]


@scenario()
async def int_302_outside(stage: Stage) -> list[Expected]:
    """The called colleague's phone forwards (302) to an outside number, which answers."""
    agent, away, number = stage.agent(), stage.agent(), stage.number()
    forwards = await stage.phone(away, Answerer(ring=0.5, code=302, provisional=100, moved_to=number))
    far = await stage.far(number, Answerer(ring=1))
    await stage.done(await stage.dial(agent, away, Talk(2)), forwards, far)
    ring = between(leg(forwards).invited_at, leg(far).answered_at)
    note = f"an internal call that left by a trunk to {number[1:]}: the agent dialled {away}"
    return [
        internal(
            agent,
            away,
            leg(far),
            "answered",
            hangup_by="agent",
            ring_s=ring,
            agents_final=(agent,),
            note=note,
        )
    ]


@scenario()
async def int_pickup(stage: Stage) -> list[Expected]:
    """An internal call rings a colleague; a third agent picks it up with ** and the extension."""
    agent, colleague, picker = stage.agent(), stage.agent(), stage.agent()
    phone = await stage.phone(colleague, Answerer(ring=FOREVER))
    caller = await stage.dial(agent, colleague, Talk(4))
    await asyncio.sleep(2)
    picked = await stage.dial(picker, f"**{colleague}", Talk())
    await stage.done(caller, phone, picked)
    ring = between(leg(phone).invited_at, leg(picked).answered_at)
    return [
        internal(agent, colleague, leg(phone), "answered", hangup_by="agent", ring_s=ring,
                 talk_s=leg(picked).talk_seconds, agents_final=(agent, picker), note=f"picked up by {picker}")
    ]  # fmt: skip


@scenario(lane="pickup")
async def int_pickup_group(stage: Stage) -> list[Expected]:
    """The same with *8: whatever rings in the group."""
    agent, colleague, picker = stage.member("8051"), stage.member("8052"), stage.member("8053")
    phone = await stage.phone(colleague, Answerer(ring=FOREVER))
    caller = await stage.dial(agent, colleague, Talk(4))
    await asyncio.sleep(2)
    picked = await stage.dial(picker, "*8", Talk())
    await stage.done(caller, phone, picked)
    ring = between(leg(phone).invited_at, leg(picked).answered_at)
    return [
        internal(agent, colleague, leg(phone), "answered", hangup_by="agent", ring_s=ring,
                 talk_s=leg(picked).talk_seconds, agents_final=(agent, picker), note=f"picked up by {picker}")
    ]  # fmt: skip


@scenario()
async def in_pickup(stage: Stage) -> list[Expected]:
    """A customer's call rings an agent; a colleague picks it up; the customer hangs up 3 s later."""
    agent, picker, caller = stage.agent(), stage.agent(), stage.number("")
    phone = await stage.phone(agent, Answerer(ring=FOREVER))
    customer = await stage.inbound(caller, agent, Talk(3))
    await asyncio.sleep(2)
    picked = await stage.dial(picker, f"**{agent}")
    await stage.done(customer, phone, picked)
    ring = between(leg(phone).invited_at, leg(picked).answered_at)
    talk = leg(picked).talk_seconds
    return [
        inbound(picker, caller, leg(phone), "answered", hangup_by="remote", ring_s=ring, talk_s=talk,
                talk_by_agent={picker: talk}, agents_final=(picker,), note=f"rang {agent}")
    ]  # fmt: skip


@scenario()
async def in_answered(stage: Stage) -> list[Expected]:
    """A customer calls an agent: rings 1 s, answered, the customer hangs up after 2 s."""
    agent, caller = stage.agent(), stage.number("")
    phone = await stage.phone(agent, Answerer(ring=1))
    await stage.done(await stage.inbound(caller, agent, Talk(2)), phone)
    return [inbound(agent, caller, leg(phone), "answered", hangup_by="remote")]


@scenario()
async def in_abandoned(stage: Stage) -> list[Expected]:
    """A customer calls an agent and gives up after 3 s of ringing."""
    agent, caller = stage.agent(), stage.number("")
    phone = await stage.phone(agent, Answerer(ring=FOREVER))
    await stage.done(await stage.inbound(caller, agent, trunk="trunk-b", patience=3.0), phone)
    return [inbound(None, caller, leg(phone), "cancelled", hangup_by="remote", trunk="trunk-b")]


@scenario(lane="queue")
async def in_queue_local(stage: Stage) -> list[Expected]:
    """Queue 500 with Local members: both ring, 8041 answers after 1.5 s, the customer hangs up."""
    caller = stage.number("")
    wins = await stage.phone(stage.member("8041"), Answerer(ring=1.5))
    loses = await stage.phone(stage.member("8042"), Answerer(ring=FOREVER))
    await stage.done(await stage.inbound(caller, "500", Talk(5)), wins, loses)
    return [inbound("8041", caller, leg(wins), "answered", hangup_by="remote", note="queue 500")]


@scenario(lane="queue")
async def in_queue_pjsip(stage: Stage) -> list[Expected]:
    """Queue 501 with PJSIP members: both ring, 8043 answers after 1.5 s, the agent hangs up after 2 s."""
    caller = stage.number("")
    wins = await stage.phone(stage.member("8043"), Answerer(ring=1.5, then=(Talk(2),)))
    loses = await stage.phone(stage.member("8044"), Answerer(ring=FOREVER))
    await stage.done(await stage.inbound(caller, "501"), wins, loses)
    return [inbound("8043", caller, leg(wins), "answered", hangup_by="agent", note="queue 501")]


@scenario(lane="queue")
async def in_queue_abandoned(stage: Stage) -> list[Expected]:
    """Queue 500: both members ring; the customer hangs up after 4 s."""
    caller = stage.number("")
    one = await stage.phone(stage.member("8041"), Answerer(ring=FOREVER))
    two = await stage.phone(stage.member("8042"), Answerer(ring=FOREVER))
    await stage.done(await stage.inbound(caller, "500", Talk(4)), one, two)
    return [inbound(None, caller, leg(one), "cancelled", hangup_by="remote", note="queue 500")]


@scenario(lane="away")
async def in_forwarded_out(stage: Stage) -> list[Expected]:
    """A customer calls 8060, who is away: the dialplan forwards out by trunk-b. Inbound; no agent talks, no dial."""
    caller = stage.number("")
    target = await stage.outside("0" + caller, Answerer(ring=1))
    await stage.done(await stage.inbound(caller, "8060", Talk(2)), target)
    note = "answered outside: no agent talked, and it is nobody's dial"
    return [inbound(None, caller, leg(target), "answered", hangup_by="remote", talk_s=0.0, note=note)]


@scenario(lane="away")
async def in_follow_me(stage: Stage) -> list[Expected]:
    """A customer calls 8061: the phone rings 3 s, then the call leaves by trunk-b and is answered there."""
    caller = stage.number("")
    phone = await stage.phone(stage.member("8061"), Answerer(ring=FOREVER))
    target = await stage.outside("0" + caller, Answerer(ring=1))
    await stage.done(await stage.inbound(caller, "8061", Talk(2)), phone, target)
    ring = between(leg(phone).invited_at, leg(target).answered_at)
    note = "answered outside: no agent talked, and it is nobody's dial"
    return [
        inbound(None, caller, leg(target), "answered", hangup_by="remote", ring_s=ring, talk_s=0.0, note=note)
    ]


@scenario()
async def spy(stage: Stage) -> list[Expected]:
    """A supervisor listens in (ChanSpy) on an outbound call for 2 s: no call of the supervisor's."""
    agent, supervisor, number = stage.agent(), stage.agent(), stage.number()
    far = await stage.far(number, Answerer(ring=0.5))
    caller = await stage.dial(agent, number, Talk(5))
    await asyncio.sleep(2)
    listening = await stage.dial(supervisor, f"*55{agent}", Talk(2))
    await stage.done(caller, far, listening)
    return [outbound(agent, number, leg(far), "answered", hangup_by="agent", note=f"{supervisor} listened")]


@scenario()
async def feature_code(stage: Stage) -> list[Expected]:
    """An agent dials *97: Asterisk itself answers and speaks. No call to anybody."""
    await stage.done(await stage.dial(stage.agent(), "*97", Talk(1.5)))
    return []
