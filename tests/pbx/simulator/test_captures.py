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


def test_a_rejected_call_differs_from_an_invalid_number_only_in_its_cause() -> None:
    rejected = streams(Stage().play(out("8001", "100000", Outcome.REJECTED, None)))
    invalid = streams(capture("out_invalid_404"))
    far = "\n\n".join(told(rejected.channels["id-1"]))
    as_invalid = far.replace("Cause: 21", "Cause: 1").replace("TechCause: 603", "TechCause: 404")
    assert as_invalid.replace("Call Rejected", "Unallocated (unassigned) number").split("\n\n") == told(
        invalid.channels["id-1"]
    )
    assert told(rejected.channels["id-0"]) == told(invalid.channels["id-0"])
    assert told(rejected.dials["id-0>id-1"]) == told(invalid.dials["id-0>id-1"])


def test_a_failover_is_a_refused_leg_and_then_an_answered_one_on_the_same_root() -> None:
    play = out(
        "8001", "13400134000", Outcome.ANSWERED, failed_trunk="trunk-a", trunk="trunk-b", talk_seconds=3.0
    )
    simulated = streams(Stage().play(play))
    refused = streams(capture("out_congestion_503"))
    assert told(simulated.channels["id-1"]) == told(refused.channels["id-1"])
    assert told(simulated.dials["id-0>id-1"]) == told(refused.dials["id-0>id-1"])
    statuses = [dict(message).get("DialStatus") for message in simulated.dials["id-0>id-2"]]
    assert statuses == [None, "RINGING", "ANSWER"]
    assert dict(simulated.channels["id-0"][-1])["Event"] == "Hangup"
