"""Every script of the simulator against what a real Asterisk 22 sent for the same call."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from monitor.domain import HangupBy, Outcome
from monitor.pbx.simulator.centre import Centre, Phone
from monitor.pbx.simulator.click import originate, originate_local
from monitor.pbx.simulator.colleagues import Internal, PassedOn, internal
from monitor.pbx.simulator.inbound import Inbound, Member, Queue, Queued, inbound, queued
from monitor.pbx.simulator.outbound import Dial, dial
from monitor.pbx.simulator.schedule import Script
from tests.pbx.simulator.stage import Stage
from tests.pbx.simulator.streams import Message, Streams, capture, is_within, streams

Play = Callable[[Centre], Script]


def phone(extension: str) -> Phone:
    return Phone(extension, f"Agent {extension}")


def out(extension: str, number: str, outcome: Outcome, ring: float | None = 1.0, **more: object) -> Play:
    account = "8011" if extension == "8011" else ""
    plan = {"trunk": "trunk-a", "delay_seconds": 0.2, "ring_seconds": ring, **more}
    agent = Phone(extension, f"Agent {extension}", account)
    return lambda centre: dial(centre, Dial(agent=agent, number=number, outcome=outcome, **plan))  # type: ignore[arg-type]


def click(extension: str, number: str, outcome: Outcome, pickup: float | None, **more: object) -> Play:
    plan = Dial(
        agent=phone(extension),
        number=number,
        trunk="trunk-a",
        outcome=outcome,
        ring_seconds=1.0,
        talk_seconds=7.0,
        hangup_by=HangupBy.REMOTE,
        **more,  # type: ignore[arg-type]
    )
    return lambda centre: originate(centre, plan, pickup)


def in_(number: str, trunk: str, *, answered: bool) -> Play:
    # 8004 of the lab has no caller id of its own.
    plan = Inbound(
        number=number,
        name=f"Agent {number}",
        trunk=trunk,
        to=Phone("8004"),
        ring_seconds=2.0,
        answered=answered,
        talk_seconds=5.0,
    )
    return lambda centre: inbound(centre, plan)


def in_queue(centre: Centre) -> Script:
    members = [Member(phone("8007")), Member(phone("8008"))]
    plan = Queued(
        number="13900002223",
        name="Agent 13900002223",
        trunk="trunk-a",
        queue=Queue("501", members),
        members=tuple(members),
        ring_seconds=2.0,
        answered_by=members[0],
        talk_seconds=4.0,
    )
    return queued(centre, plan)


def colleagues(*, answered: bool) -> Play:
    plan = Internal(
        caller=phone("8001"), callee=phone("8002"), ring_seconds=2.0, answered=answered, talk_seconds=5.0
    )
    return lambda centre: internal(centre, plan)


def passed(number: str, *, by_refer: bool) -> Play:
    to = PassedOn(to=phone("8002"), ring_seconds=1.5, talk_seconds=5.0, by_refer=by_refer)
    return out("8001", number, Outcome.ANSWERED, talk_seconds=4.0, transfer=to)


LOCAL = Dial(
    agent=phone("8002"),
    number="13816138002",
    trunk="trunk-a",
    outcome=Outcome.ANSWERED,
    ring_seconds=1.0,
    talk_seconds=5.0,
)

CALLS: dict[str, Play] = {
    "out_answer_agent_hangup": out("8001", "13800138000", Outcome.ANSWERED, talk_seconds=6.0),
    "out_answer_remote_hangup": out(
        "8002", "13900139000", Outcome.ANSWERED, talk_seconds=6.0, hangup_by=HangupBy.REMOTE
    ),
    "out_cancel_ringing": out("8003", "13700137000", Outcome.CANCELLED),
    "out_cancel_at_once": out("8001", "13000130000", Outcome.CANCELLED, None),
    "out_dial_timeout": out("8011", "713600136000", Outcome.NO_ANSWER, 5.8, timed_out=True),
    "out_busy": out("8001", "13500135000", Outcome.BUSY, None),
    "out_invalid_404": out("8001", "100000", Outcome.INVALID_NUMBER, None),
    "out_congestion_503": out("8001", "13400134000", Outcome.CONGESTION, None),
    "out_early_media_answer": out(
        "8001", "13200132000", Outcome.ANSWERED, early_media=True, talk_seconds=4.0
    ),
    "out_hold": out("8001", "13813138000", Outcome.ANSWERED, talk_seconds=10.0, holds=((3.0, 4.0),)),
    "xfer_blind_ami": passed("13817138000", by_refer=False),
    "xfer_blind_refer": passed("13817138001", by_refer=True),
    "int_answered": colleagues(answered=True),
    "int_noanswer": colleagues(answered=False),
    "in_agent_answered": in_("13900001111", "trunk-a", answered=True),
    "in_agent_abandoned": in_("13900001112", "trunk-b", answered=False),
    "in_queue_pjsip": in_queue,
    "c2d_pjsip": click("8001", "13816138000", Outcome.ANSWERED, 2.0),
    "c2d_agent_noanswer": click("8001", "13816138004", Outcome.AGENT_UNANSWERED, None),
    "c2d_customer_noanswer": click("8001", "13816138007", Outcome.CANCELLED, 1.0),
    "c2d_local_n": lambda centre: originate_local(centre, LOCAL, 1.0),
}


@pytest.fixture(scope="module")
def pairs() -> dict[str, tuple[Streams, Streams]]:
    return {name: (streams(capture(name)), streams(Stage().play(play))) for name, play in CALLS.items()}


@pytest.fixture(params=CALLS)
def pair(
    request: pytest.FixtureRequest, pairs: dict[str, tuple[Streams, Streams]]
) -> tuple[Streams, Streams]:
    return pairs[request.param]


def told(messages: list[Message]) -> list[str]:
    return ["\n".join(f"{key}: {value}" for key, value in message) for message in messages]


def test_channels_send_the_same_events_with_the_same_fields(pair: tuple[Streams, Streams]) -> None:
    real, simulated = pair
    assert simulated.channels.keys() == real.channels.keys()
    for channel, messages in real.channels.items():
        assert told(simulated.channels[channel]) == told(messages)


def test_dials_send_the_same_events_with_the_same_fields(pair: tuple[Streams, Streams]) -> None:
    real, simulated = pair
    assert simulated.dials.keys() == real.dials.keys()
    for dialled, messages in real.dials.items():
        assert told(simulated.dials[dialled]) == told(messages)


def test_bridges_send_the_same_events_with_the_same_fields(pair: tuple[Streams, Streams]) -> None:
    real, simulated = pair
    assert list(simulated.bridges) == list(real.bridges)
    for bridge, messages in real.bridges.items():
        assert told(simulated.bridges[bridge]) == told(messages)


def test_originates_and_queue_members_are_told_alike(pair: tuple[Streams, Streams]) -> None:
    real, simulated = pair
    assert told(simulated.originates) == told(real.originates)
    assert simulated.queues.keys() == real.queues.keys()
    for member, messages in real.queues.items():
        assert told(simulated.queues[member]) == told(messages)


def test_milestones_come_in_the_same_order(pair: tuple[Streams, Streams]) -> None:
    real, simulated = pair
    assert simulated.milestones == real.milestones


def test_device_states_come_in_the_same_order(pair: tuple[Streams, Streams]) -> None:
    real, simulated = pair
    for device, states in real.devices.items():
        if device.startswith("PJSIP/"):
            # A real PBX skips a state that lasted only milliseconds.
            assert is_within(states, simulated.devices[device])
            assert set(simulated.devices[device]) - set(states) <= {"INUSE", "RINGING", "NOT_INUSE"}


def test_the_dialplan_noise_is_found_in_the_capture(pair: tuple[Streams, Streams]) -> None:
    real, simulated = pair
    for channel, messages in simulated.dialplan.items():
        steady = [message for message in messages if not _varies(message)]
        assert is_within(told(steady), told(real.dialplan[channel]))


def test_rtcp_reports_have_the_same_fields(pairs: dict[str, tuple[Streams, Streams]]) -> None:
    real = streams(capture("out_rtcp_quality")).report_headers
    _, simulated = pairs["out_answer_agent_hangup"]
    assert simulated.report_headers == real


def _varies(message: Message) -> bool:
    """Measured values and answers of the dialplan that are not the same in every run."""
    values = dict(message)
    return values.get("Variable") in ("RTPAUDIOQOS", "RINGTIME_MS", "PROGRESSTIME_MS")


#: Captures made with another dialplan: the places in it differ, everything else is the same.
ELSEWHERE: dict[str, Play] = {
    "out_603": out("8001", "13800000001", Outcome.REJECTED),
    "out_480": out("8001", "13800000001", Outcome.NO_ANSWER),
    "out_183_then_480": out("8001", "13800000001", Outcome.NO_ANSWER, early_media=True),
    "out_failover": out(
        "8001", "613800000001", Outcome.ANSWERED, failed_trunk="trunk-a", trunk="trunk-b", talk_seconds=3.0
    ),
    "c2d_customer_busy": click("8001", "13800000001", Outcome.BUSY, 1.0),
    "out_answered_timestamps": out("8001", "13800000001", Outcome.ANSWERED, talk_seconds=3.0),
}


def told_elsewhere(messages: list[Message]) -> list[str]:
    """Without the places in the dialplan, and without what the agent dialled to choose a trunk."""
    places = ("Context", "Exten", "Priority", "DestContext", "DestExten", "DestPriority")
    return told([[(key, value) for key, value in message if key not in places] for message in messages])


@pytest.mark.parametrize("name", ELSEWHERE)
def test_calls_captured_with_another_dialplan(name: str) -> None:
    real, simulated = streams(capture(name)), streams(Stage().play(ELSEWHERE[name]))
    for kind in ("channels", "dials", "bridges"):
        seen, wanted = getattr(simulated, kind), getattr(real, kind)
        assert seen.keys() == wanted.keys()
        for key, messages in wanted.items():
            assert told_elsewhere(seen[key]) == told_elsewhere(messages)
    assert told_elsewhere(simulated.originates) == told_elsewhere(real.originates)
    for device, states in real.devices.items():
        assert is_within(states, simulated.devices[device])


def test_the_timestamp_stands_where_asterisk_puts_it() -> None:
    def keys(messages: list[bytes]) -> set[tuple[str, ...]]:
        lines = [message.decode().split("\r\n") for message in messages if b"Event: Newstate" in message[:20]]
        return {tuple(line.partition(":")[0] for line in each) for each in lines}

    stage = Stage(timestamps=True)
    assert keys(stage.play(ELSEWHERE["out_answered_timestamps"])) == keys(capture("out_answered_timestamps"))
