"""Calls that a program starts: click-to-dial in its forms, call-me-now, dialler."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tests.real.lab.script import FOREVER, Answerer, Talk
from tests.real.lab.sipp import Phone
from tests.real.lab.stage import Expected, Stage, between, leg, outbound, scenario


async def _click(
    stage: Stage, agent: str, number: str, phone: Answerer, far: Answerer | None, *,
    channel: str = "PJSIP/{}", caller_id: str = '"{0}" <{0}>', timeout: int = 15000,
) -> tuple[Phone, Phone | None]:  # fmt: skip
    """Originate to the agent, then to the number; returns both phones when they are done."""
    agent_phone = await stage.phone(agent, phone)
    far_phone = await stage.far(number, far) if far is not None else None
    await stage.originate(channel.format(agent), number, caller_id.format(agent), Timeout=str(timeout))
    await stage.done(agent_phone, *([far_phone] if far_phone else []))
    return agent_phone, far_phone


async def _clicked(
    stage: Stage, channel: str, caller_id: Callable[[str], str] | None = None, prefix: str = "9"
) -> list[Expected]:
    agent, number = stage.agent(), stage.number(prefix)
    identity = caller_id(number) if caller_id else '"{0}" <{0}>'
    _, far = await _click(
        stage,
        agent,
        number,
        Answerer(ring=1),
        Answerer(ring=1, then=(Talk(3),)),
        channel=channel,
        caller_id=identity,
    )
    assert far is not None
    return [outbound(agent, number, leg(far), "answered", hangup_by="remote", click_to_dial=True)]


@scenario()
async def c2d_pjsip(stage: Stage) -> list[Expected]:
    """Originate PJSIP/agent; the agent's phone rings 1 s, then the customer 1 s; the customer hangs up after 3 s."""
    return await _clicked(stage, "PJSIP/{}")


@scenario()
async def c2d_customer_cid(stage: Stage) -> list[Expected]:
    """The same, but the CRM gives the customer's number as caller id."""
    return await _clicked(stage, "PJSIP/{}", lambda number: f'"Customer" <{number[1:]}>')


@scenario()
async def c2d_local(stage: Stage) -> list[Expected]:
    """Originate Local/agent@c2d-agent without /n: the Local pair is optimised away in mid-call."""
    return await _clicked(
        stage, "Local/{}@c2d-agent", prefix="95"
    )  # MixMonitor on a Local keeps it in the way


@scenario()
async def c2d_local_n(stage: Stage) -> list[Expected]:
    """Originate Local/agent@c2d-agent/n: the Local pair stays."""
    return await _clicked(stage, "Local/{}@c2d-agent/n")


@scenario()
async def c2d_agent_unanswered(stage: Stage) -> list[Expected]:
    """The agent's phone rings 3 s and is not answered: the customer is never dialled."""
    agent, number = stage.agent(), stage.number()
    await _click(stage, agent, number, Answerer(ring=FOREVER), None, timeout=3000)
    return [
        outbound(agent, number, None, "agent_unanswered", hangup_by="system", click_to_dial=True, trunk=None)
    ]


@scenario()
async def c2d_agent_rejects(stage: Stage) -> list[Expected]:
    """The agent's phone refuses with 486: the customer is never dialled."""
    agent, number = stage.agent(), stage.number()
    await _click(stage, agent, number, Answerer(ring=0.5, code=486), None)
    return [outbound(agent, number, None, "agent_unanswered", click_to_dial=True, trunk=None)]


@scenario()
async def c2d_local_agent_unanswered(stage: Stage) -> list[Expected]:
    """The same through a Local channel: rings 3 s, nobody answers."""
    agent, number = stage.agent(), stage.number()
    phone = Answerer(ring=FOREVER)
    await _click(stage, agent, number, phone, None, timeout=3000, channel="Local/{}@c2d-agent/n")
    return [
        outbound(agent, number, None, "agent_unanswered", hangup_by="system", click_to_dial=True, trunk=None)
    ]


@scenario()
async def c2d_customer_busy(stage: Stage) -> list[Expected]:
    """The agent answers, the customer is busy: the agent's leg was up and talked to nobody."""
    agent, number = stage.agent(), stage.number()
    _, far = await _click(stage, agent, number, Answerer(ring=0.5), Answerer(ring=0.5, code=486))
    assert far is not None
    return [outbound(agent, number, leg(far), "busy", hangup_by="remote", click_to_dial=True)]


@scenario()
async def c2d_customer_unanswered(stage: Stage) -> list[Expected]:
    """The agent answers, the customer rings, the agent hangs up after 3 s."""
    agent, number = stage.agent(), stage.number()
    _, far = await _click(stage, agent, number, Answerer(ring=0.5, then=(Talk(3),)), Answerer(ring=FOREVER))
    assert far is not None
    return [outbound(agent, number, leg(far), "cancelled", hangup_by="agent", click_to_dial=True)]


@scenario()
async def c2d_failover(stage: Stage) -> list[Expected]:
    """Click-to-dial whose first trunk answers 503 and second answers."""
    agent, number = stage.agent(), stage.number("96")
    phone = await stage.phone(agent, Answerer(ring=0.5))
    refuse = await stage.far(number, Answerer(ring=0.3, code=503, provisional=100), trunk="trunk-a")
    far = await stage.far(number, Answerer(ring=1, then=(Talk(2),)), trunk="trunk-b")
    await stage.originate(f"PJSIP/{agent}", number, f'"{agent}" <{agent}>')
    await stage.done(phone, refuse, far)
    ring = between(leg(refuse).invited_at, leg(far).answered_at)
    return [
        outbound(agent, number, leg(far), "answered", hangup_by="remote", trunk="trunk-b", ring_s=ring, click_to_dial=True)
    ]  # fmt: skip


@scenario()
async def call_me_now(stage: Stage) -> list[Expected]:
    """Both ends are outside: Originate to one number, then dial another. One call without an agent."""
    first, second = stage.number(), stage.number()
    one = await stage.far(first, Answerer(ring=0.5))
    two = await stage.far(second, Answerer(ring=1, then=(Talk(2),)))
    await stage.originate(f"PJSIP/{first[1:]}@trunk-a", second, '"Web" <4001>')
    await stage.done(one, two)
    note = f"a call of the system; the second end is {second[1:]}"
    return [
        outbound(None, first, leg(one), "answered", hangup_by="remote", talk_s=0.0, click_to_dial=None, note=note)
    ]  # fmt: skip


@scenario(lane="queue")
async def dialler_queue(stage: Stage) -> list[Expected]:
    """A dialler calls the customer through a Local channel and, once answered, puts the call into queue 501."""
    number = stage.number()
    far = await stage.far(number, Answerer(ring=1))
    wins = await stage.phone(stage.member("8043"), Answerer(ring=1, then=(Talk(2),)))
    loses = await stage.phone(stage.member("8044"), Answerer(ring=FOREVER))
    channel = f"Local/{number[1:]}@dialler/n"
    await stage.originate(channel, "", '"Dialler" <4002>', Application="Queue", Data="501,t,,,30")
    await stage.done(far, wins, loses)
    talk = leg(wins).talk_seconds
    note = "the customer answered before an agent was found"
    return [
        outbound("8043", number, leg(far), "answered", hangup_by="agent", talk_s=talk, talk_by_agent={"8043": talk},
                 click_to_dial=None, note=note)
    ]  # fmt: skip


@scenario(lane="queue")
async def dialler_nobody_answers(stage: Stage) -> list[Expected]:
    """A dialler's call is refused by the customer: an attempt of the system, of no agent."""
    number = stage.number()
    far = await stage.far(number, Answerer(ring=0.5, code=486))
    channel = f"Local/{number[1:]}@dialler/n"
    await stage.originate(channel, "", '"Dialler" <4002>', Application="Queue", Data="501,t,,,30")
    await stage.done(far)
    await asyncio.sleep(1)
    return [outbound(None, number, leg(far), "busy", hangup_by="remote", click_to_dial=None)]
