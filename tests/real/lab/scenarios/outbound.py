"""Agents dial outside: every way an attempt can end, failover, forks, confirmation, hold."""

from __future__ import annotations

import asyncio

from tests.real.lab.media import Impairment
from tests.real.lab.script import FOREVER, Answerer, Digits, Reinvite, Talk
from tests.real.lab.stage import ALONE, Expected, Stage, between, leg, outbound, scenario


@scenario()
async def out_answered(stage: Stage) -> list[Expected]:
    """Rings 1 s, answered, the agent hangs up after 3 s."""
    agent, number = stage.agent(), stage.number()
    far = await stage.far(number, Answerer(ring=1))
    await stage.done(await stage.dial(agent, number, Talk(3)), far)
    return [outbound(agent, number, leg(far), "answered", hangup_by="agent")]


@scenario(timestamps=True, lane=ALONE)
async def out_answered_timestamps(stage: Stage) -> list[Expected]:
    """The same with timestampevents=yes: every event has a Timestamp."""
    return await out_answered(stage)


@scenario(user="dialwatch")
async def out_answered_lean(stage: Stage) -> list[Expected]:
    """The same heard with the least privileges Dialwatch asks for."""
    return await out_answered(stage)


@scenario()
async def out_remote_hangs_up(stage: Stage) -> list[Expected]:
    """Rings 1 s, answered, the far end hangs up after 2 s."""
    agent, number = stage.agent(), stage.number()
    far = await stage.far(number, Answerer(ring=1, then=(Talk(2),)))
    await stage.done(await stage.dial(agent, number), far)
    return [outbound(agent, number, leg(far), "answered", hangup_by="remote")]


@scenario()
async def out_cancelled(stage: Stage) -> list[Expected]:
    """Rings; the agent gives up after 3 s."""
    agent, number = stage.agent(), stage.number()
    far = await stage.far(number, Answerer(ring=FOREVER))
    await stage.done(await stage.dial(agent, number, patience=3.0), far)
    return [outbound(agent, number, leg(far), "cancelled", hangup_by="agent")]


@scenario()
async def out_timeout(stage: Stage) -> list[Expected]:
    """Rings until Dial() gives up after 5 s; an announcement as early media; hung up."""
    agent, number = stage.agent(), stage.number("97")
    far = await stage.far(number, Answerer(ring=FOREVER))
    await stage.done(await stage.dial(agent, number), far)
    return [outbound(agent, number, leg(far), "no_answer", hangup_by="system")]


async def _refused(
    stage: Stage, code: int, outcome: str, *, ring: float = 1.0, provisional: int = 180
) -> list[Expected]:
    agent, number = stage.agent(), stage.number()
    far = await stage.far(number, Answerer(ring=ring, code=code, provisional=provisional))
    await stage.done(await stage.dial(agent, number), far)
    return [outbound(agent, number, leg(far), outcome, hangup_by="remote")]


@scenario()
async def out_486(stage: Stage) -> list[Expected]:
    """Rings 1 s, 486."""
    return await _refused(stage, 486, "busy")


@scenario()
async def out_603(stage: Stage) -> list[Expected]:
    """Rings 1 s, 603: declined by the callee."""
    return await _refused(stage, 603, "rejected")


@scenario()
async def out_480(stage: Stage) -> list[Expected]:
    """Rings 1 s, 480."""
    return await _refused(stage, 480, "no_answer")


@scenario()
async def out_404(stage: Stage) -> list[Expected]:
    """404 without ringing."""
    return await _refused(stage, 404, "invalid_number", ring=0.5, provisional=100)


@scenario()
async def out_503(stage: Stage) -> list[Expected]:
    """503 without ringing."""
    return await _refused(stage, 503, "congestion", ring=0.3, provisional=100)


@scenario()
async def out_183_then_480(stage: Stage) -> list[Expected]:
    """Early media (an announcement) for 4 s, then 480; never rang with 180."""
    return await _refused(stage, 480, "no_answer", ring=4, provisional=183)


@scenario()
async def out_hold(stage: Stage) -> list[Expected]:
    """Answered; talks 2 s, holds 2 s, talks 2 s; the agent hangs up."""
    agent, number = stage.agent(), stage.number()
    far = await stage.far(number, Answerer(ring=1))
    steps = (Talk(2), Reinvite("sendonly"), Talk(2), Reinvite("sendrecv"), Talk(2))
    await stage.done(await stage.dial(agent, number, *steps), far)
    return [outbound(agent, number, leg(far), "answered", hangup_by="agent", hold_s=2.0)]


@scenario()
async def out_hold_to_the_end(stage: Stage) -> list[Expected]:
    """Answered; talks 2 s, is put on hold, and hangs up 3 s later while held: no Unhold comes."""
    agent, number = stage.agent(), stage.number()
    far = await stage.far(number, Answerer(ring=1, then=(Talk(2), Talk(3))))
    # The far end's wait starts again with the hold's re-INVITE, if Asterisk passes it on; it does not.
    await stage.done(await stage.dial(agent, number, Talk(2), Reinvite("sendonly"), Talk()), far)
    return [outbound(agent, number, leg(far), "answered", hangup_by="remote", hold_s=3.0)]


@scenario()
async def out_voice_quality(stage: Stage) -> list[Expected]:
    """11 s of talk; the far end loses 5 %, jitters by 20 ms and reports a round trip of 120 ms."""
    agent, number = stage.agent(), stage.number()
    far = await stage.far(number, Answerer(ring=1), sound=Impairment(loss=0.05, jitter_ms=20, rtt_ms=120))
    await stage.done(await stage.dial(agent, number, Talk(11)), far)
    return [outbound(agent, number, leg(far), "answered", hangup_by="agent", note="loss 5 %, rtt 120 ms")]


@scenario()
async def out_failover(stage: Stage) -> list[Expected]:
    """trunk-a answers 503, trunk-b rings 1 s and answers; the agent hangs up after 3 s. One call."""
    agent, number = stage.agent(), stage.number("96")
    refuse = await stage.far(number, Answerer(ring=0.3, code=503, provisional=100), trunk="trunk-a")
    answer = await stage.far(number, Answerer(ring=1), trunk="trunk-b")
    await stage.done(await stage.dial(agent, number, Talk(3)), refuse, answer)
    ring = between(leg(refuse).invited_at, leg(answer).answered_at)
    return [outbound(agent, number, leg(answer), "answered", hangup_by="agent", trunk="trunk-b", ring_s=ring)]


@scenario()
async def out_all_trunks_fail(stage: Stage) -> list[Expected]:
    """Both trunks answer 503; Playback() without noanswer answers the agent: congestion, nobody talked."""
    agent, number = stage.agent(), stage.number("93")
    first = await stage.far(number, Answerer(ring=0.3, code=503, provisional=100), trunk="trunk-a")
    second = await stage.far(number, Answerer(ring=0.3, code=503, provisional=100), trunk="trunk-b")
    await stage.done(await stage.dial(agent, number), first, second)
    ring = between(leg(first).invited_at, leg(second).final_at)
    return [
        outbound(agent, number, leg(second), "congestion", hangup_by="remote", trunk="trunk-b", ring_s=ring)
    ]


@scenario()
async def out_trunk_gone(stage: Stage) -> list[Expected]:
    """Dialled through a trunk that has no contact: no channel to the outside ever exists."""
    agent, number = stage.agent(), stage.number("98")
    await stage.done(await stage.dial(agent, number))
    note = "what Asterisk tells decides how much of this can be known"
    return [outbound(agent, number, None, "congestion", hangup_by="system", trunk=None, note=note)]


@scenario()
async def out_fork(stage: Stage) -> list[Expected]:
    """One attempt rings two outside numbers at once; the second answers after 1 s, the first is cancelled."""
    agent, number = stage.agent(), stage.number("92")
    loser = await stage.outside(number[1:] + "1", Answerer(ring=FOREVER))
    winner = await stage.outside(number[1:] + "2", Answerer(ring=1))
    await stage.done(await stage.dial(agent, number, Talk(3)), loser, winner)
    return [outbound(agent, number + "2", leg(winner), "answered", hangup_by="agent", trunk="trunk-b")]


@scenario()
async def out_confirm_refused(stage: Stage) -> list[Expected]:
    """Answered, but the callee never presses 1: DialEnd may say what it likes, nobody talked."""
    agent, number = stage.agent(), stage.number("99")
    far = await stage.far(number, Answerer(ring=1))
    await stage.done(await stage.dial(agent, number), far)
    ring = between(leg(far).invited_at, leg(far).ended_at)
    return [outbound(agent, number, leg(far), "no_answer", hangup_by="system", ring_s=ring)]


@scenario()
async def out_confirm_accepted(stage: Stage) -> list[Expected]:
    """Answered, the callee presses 1 after 1.5 s, talks 3 s, hangs up."""
    agent, number = stage.agent(), stage.number("99")
    far = await stage.far(number, Answerer(ring=1, then=(Talk(1.5), Digits("1"), Talk(3))))
    caller = await stage.dial(agent, number)
    await stage.done(caller, far)
    talk = between(leg(caller).answered_at, leg(far).ended_at)
    note = "talk counts from the acceptance, when the agent's leg is answered"
    return [
        outbound(agent, number, leg(far), "answered", hangup_by="remote", talk_s=talk, talk_by_agent={agent: talk}, note=note)
    ]  # fmt: skip


@scenario()
async def out_two_at_a_time(stage: Stage) -> list[Expected]:
    """One agent holds the first customer, calls a second, ends that, takes the first back: two calls."""
    agent, one, two = stage.agent(), stage.number(), stage.number()
    far_one = await stage.far(one, Answerer(ring=0.5))
    far_two = await stage.far(two, Answerer(ring=0.5))
    first = await stage.dial(
        agent, one, Talk(1.5), Reinvite("sendonly"), Talk(4), Reinvite("sendrecv"), Talk(1.5)
    )
    await asyncio.sleep(2.5)
    second = await stage.dial(agent, two, Talk(2))
    await stage.done(first, second, far_one, far_two)
    return [
        outbound(agent, one, leg(far_one), "answered", hangup_by="agent", hold_s=4.0),
        outbound(agent, two, leg(far_two), "answered", hangup_by="agent"),
    ]


@scenario()
async def out_redial(stage: Stage) -> list[Expected]:
    """The same number three times in a row: busy, cancelled, answered. Three calls."""
    agent, number = stage.agent(), stage.number()
    busy = await stage.far(number, Answerer(ring=0.3, code=486))
    await stage.done(await stage.dial(agent, number), busy)
    rings = await stage.far(number, Answerer(ring=FOREVER))
    await stage.done(await stage.dial(agent, number, patience=1.5), rings)
    far = await stage.far(number, Answerer(ring=0.5))
    await stage.done(await stage.dial(agent, number, Talk(2)), far)
    return [
        outbound(agent, number, leg(busy), "busy", hangup_by="remote"),
        outbound(agent, number, leg(rings), "cancelled", hangup_by="agent"),
        outbound(agent, number, leg(far), "answered", hangup_by="agent"),
    ]


async def _named(stage: Stage, name: str) -> list[Expected]:
    number = stage.number()
    far = await stage.far(number, Answerer(ring=0.5))
    await stage.done(await stage.dial(stage.member("8003"), number, Talk(2), name=name), far)
    return [outbound("8003", number, leg(far), "answered", hangup_by="agent", note=name)]


@scenario(lane="unnamed")
async def out_name_odd(stage: Stage) -> list[Expected]:
    """The phone calls itself O"Brien, \\ <Boss>; Event: Hangup."""
    return await _named(stage, 'O"Brien, \\ <Boss>; Event: Hangup')


@scenario(lane="unnamed")
async def out_name_chinese(stage: Stage) -> list[Expected]:
    """The phone calls itself 张伟（销售一组）."""
    return await _named(stage, "张伟（销售一组）")


@scenario()
async def out_302(stage: Stage) -> list[Expected]:
    """The far end answers 302 to another outside number; that one answers: one call, another leg."""
    agent, number, other = stage.agent(), stage.number(), stage.number()
    moved = await stage.far(number, Answerer(ring=0.5, code=302, provisional=100, moved_to=other))
    target = await stage.far(other, Answerer(ring=1))
    await stage.done(await stage.dial(agent, number, Talk(3)), moved, target)
    ring = between(leg(moved).invited_at, leg(target).answered_at)
    return [
        outbound(
            agent,
            number,
            leg(target),
            "answered",
            hangup_by="agent",
            ring_s=ring,
            note=f"forwarded to {other}",
        )
    ]
