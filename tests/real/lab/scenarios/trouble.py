"""When the link breaks or Asterisk goes: what a monitor can and cannot know."""

from __future__ import annotations

import asyncio
import contextlib

from tests.real.lab.ami import Driver
from tests.real.lab.script import FOREVER, Answerer, Talk
from tests.real.lab.stage import ALONE, Expected, Stage, between, leg, outbound, scenario

RESYNC = (
    "CoreStatus",
    "CoreShowChannels",
    "Status\nVariables: CDR(answer,u),CDR(start,u)\nAllVariables: false",
    "BridgeList",
    "DeviceStateList",
)


@scenario(lane=ALONE, reconnect=True, on_connect=RESYNC)
async def link_drop(stage: Stage) -> list[Expected]:
    """The link is away for 6 s. Call 1 spans the gap, 2 begins in it and lives on, 3 is wholly in it, 4 ends in it."""
    assert stage.link is not None
    agents = [stage.agent() for _ in range(4)]
    numbers = [stage.number() for _ in range(4)]
    fars = [await stage.far(number, Answerer(ring=1)) for number in numbers]
    first = await stage.dial(agents[0], numbers[0], Talk(12))
    fourth = await stage.dial(agents[3], numbers[3], Talk(4))
    await asyncio.sleep(3)
    gap = asyncio.ensure_future(stage.link.drop(6))
    await asyncio.sleep(1)
    second = await stage.dial(agents[1], numbers[1], Talk(8))
    third = await stage.dial(agents[2], numbers[2], Talk(1.5))
    await gap
    await stage.done(first, second, third, fourth, *fars)
    notes = (
        "spans the gap",
        "begins in the gap",
        "wholly inside the gap: a live monitor cannot know it",
        "ends in the gap",
    )
    return [
        outbound(
            agent,
            number,
            leg(far),
            "answered",
            hangup_by="agent",
            complete=(True, None, False, False)[i],
            heard=i != 2,
            note=notes[i],
        )
        for i, (agent, number, far) in enumerate(zip(agents, numbers, fars, strict=True))
    ]


@scenario(lane=ALONE, reconnect=True, on_connect=RESYNC)
async def core_kill(stage: Stage) -> list[Expected]:
    """SIGKILL of Asterisk with one call answered and one ringing; up again at once; a third call after it."""
    one, two, three = stage.agent(), stage.agent(), stage.agent()
    numbers = [stage.number() for _ in range(3)]
    talks = await stage.far(numbers[0], Answerer(ring=1))
    rings = await stage.far(numbers[1], Answerer(ring=FOREVER))
    phones = [await stage.dial(one, numbers[0]), await stage.dial(two, numbers[1])]
    await asyncio.sleep(4)
    await stage.asterisk.kill()
    killed = asyncio.get_running_loop().time()
    for phone in (*phones, talks, rings):
        await phone.stop()
    await stage.asterisk.start()
    stage.driver = await Driver.login()
    assert asyncio.get_running_loop().time() - killed < 30
    far = await stage.far(numbers[2], Answerer(ring=1))
    await stage.done(await stage.dial(three, numbers[2], Talk(2)), far)
    lost = {"complete": False, "hangup_by": "unknown"}
    return [
        outbound(one, numbers[0], leg(talks), "answered", talk_s=3.0, talk_by_agent={one: 3.0}, agents_final=(one,),
                 note="cut by SIGKILL; its end was seen by nobody", **lost),
        outbound(two, numbers[1], leg(rings), "unknown", ring_s=4.0, note="rang when Asterisk was killed", **lost),
        outbound(three, numbers[2], leg(far), "answered", hangup_by="agent"),
    ]  # fmt: skip


@scenario(lane=ALONE, reconnect=True, on_connect=RESYNC)
async def core_restart(stage: Stage) -> list[Expected]:
    """`core restart now` with one call answered and one ringing; a third call after it."""
    one, two, three = stage.agent(), stage.agent(), stage.agent()
    numbers = [stage.number() for _ in range(3)]
    talks = await stage.far(numbers[0], Answerer(ring=1))
    rings = await stage.far(numbers[1], Answerer(ring=FOREVER))
    phones = [await stage.dial(one, numbers[0]), await stage.dial(two, numbers[1])]
    await asyncio.sleep(4)
    with contextlib.suppress(ConnectionError, TimeoutError):
        await stage.driver.command("core restart now")
    await stage.done(*phones, talks, rings)
    await stage.asterisk.wait_booted()
    stage.driver = await Driver.login()
    await asyncio.sleep(0.5)
    far = await stage.far(numbers[2], Answerer(ring=1))
    await stage.done(await stage.dial(three, numbers[2], Talk(2)), far)
    talk = between(leg(talks).answered_at, leg(talks).ended_at)
    return [
        outbound(one, numbers[0], leg(talks), "answered", hangup_by="system", talk_s=talk),
        outbound(
            two, numbers[1], leg(rings), "unknown", hangup_by="system", note="rang when Asterisk restarted"
        ),
        outbound(three, numbers[2], leg(far), "answered", hangup_by="agent"),
    ]


@scenario(lane=ALONE)
async def core_reload(stage: Stage) -> list[Expected]:
    """`core reload` in mid-call: the call goes on undisturbed."""
    agent, number = stage.agent(), stage.number()
    far = await stage.far(number, Answerer(ring=1))
    caller = await stage.dial(agent, number, Talk(4))
    await asyncio.sleep(2.5)
    await stage.driver.command("core reload")
    await stage.done(caller, far)
    return [outbound(agent, number, leg(far), "answered", hangup_by="agent")]
