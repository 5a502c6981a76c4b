"""What a call adds, and sums that leave nothing when all is taken back."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain import Call, Direction, Leg, LegRole, Outcome, Phase, Segment, brief
from monitor.metrics.tally import Tally, TrunkDay, contribution, micros, seconds, seizure, stints
from tests.metrics.floor_calls import calls
from tests.metrics.test_board import at, dial


def told(tally: Tally) -> dict[str, object]:
    return {name: getattr(tally, name) for name in Tally.__slots__ if name != "outcomes"} | {
        "outcomes": {key: count for key, count in tally.outcomes.items() if count}
    }


@given(found=st.lists(calls(), max_size=20), chance=st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_sums_are_the_same_in_any_order_and_nothing_is_left(found: list[Call], chance: object) -> None:
    parts = [contribution(call, 30.0) for call in found]
    one, other = Tally(), Tally()
    for part in parts:
        one.count(part, 1)
    chance.shuffle(parts)  # type: ignore[attr-defined]
    for part in parts:
        other.count(part, 1)
    assert told(one) == told(other)
    for part in parts:
        one.count(part, -1)
    assert told(one) == told(Tally())


@given(calls())
@settings(max_examples=200, deadline=None)
def test_a_call_in_brief_adds_what_the_call_adds(call: Call) -> None:
    short = brief(call)
    if short is not None:
        assert contribution(short, 30.0) == contribution(call, 30.0)


@given(st.lists(st.floats(0, 1e4), max_size=50), st.randoms(use_true_random=False))
def test_microseconds_add_up_the_same_in_any_order(lengths: list[float], chance: object) -> None:
    whole = sum(micros(length) for length in lengths)
    chance.shuffle(lengths)  # type: ignore[attr-defined]
    assert sum(micros(length) for length in lengths) == whole
    assert seconds(whole) == pytest.approx(sum(lengths), abs=0.001)


def test_figures_of_a_morning() -> None:
    tally = Tally()
    morning = [
        dial("8001", at("9:00"), ring=5, talk=90),
        dial("8001", at("9:05"), ring=6, talk=29),
        dial("8001", at("9:10"), ring=7, outcome=Outcome.BUSY),
        dial("8001", at("9:15"), ring=0, outcome=Outcome.AGENT_UNANSWERED),
    ]
    for call in morning:
        part = contribution(call, 30.0)
        tally.count(part, 1)
        tally.ring_micros += part.ring_micros
        tally.talk(sum(each for _, each in part.talk_micros), finished=part.finished)
    shown = tally.figures()
    assert (shown.dials, shown.finished, shown.connects, shown.effective_connects) == (3, 3, 2, 1)
    assert shown.connect_rate == 2 / 3
    assert (shown.talk_seconds, shown.average_talk_seconds, shown.ring_seconds) == (119.0, 59.5, 18.0)
    assert shown.outcomes == {"agent_unanswered": 1, "answered": 2, "busy": 1}


def test_a_dial_in_progress_is_in_no_rate_and_no_average() -> None:
    over = dial("8001", at("9:00"), talk=60)
    going_on = msgspec.structs.replace(over, phase=Phase.TALKING, ended_at=None, outcome=None)
    tally = Tally()
    for call in (over, going_on):
        part = contribution(call, 30.0)
        tally.count(part, 1)
        tally.talk(sum(each for _, each in part.talk_micros), finished=part.finished)
    shown = tally.figures()
    assert (shown.dials, shown.finished, shown.connects) == (2, 1, 2)
    assert (shown.connect_rate, shown.talk_seconds, shown.average_talk_seconds) == (1.0, 120.0, 60.0)


def test_nothing_dialled_has_no_rate() -> None:
    shown = Tally().figures()
    assert (shown.connect_rate, shown.average_talk_seconds) == (None, None)


def test_talk_of_an_inbound_call_is_no_talk_of_dials() -> None:
    call = msgspec.structs.replace(dial("8001", at("9:00"), talk=60), direction=Direction.INBOUND)
    part = contribution(call, 30.0)
    assert (part.dial, part.connect, part.talk_micros, part.seizures) == (False, False, (), ())


def test_who_hands_a_call_on_is_free_from_then_on() -> None:
    start = at("9:00")
    call = msgspec.structs.replace(
        dial("8001", start, talk=90),
        segments=(
            Segment(agent="8001", started_at=start + 5, ended_at=start + 30),
            Segment(agent="8002", started_at=start + 35, ended_at=start + 95),
        ),
    )
    first, second = stints(call)
    assert (first.agent, first.started_at, first.ended_at) == ("8001", start, start + 30)
    assert (second.agent, second.started_at, second.ended_at) == ("8002", start + 35, start + 95)


def test_an_inbound_call_keeps_its_agent_busy_from_the_first_ring() -> None:
    start = at("9:00")
    call = Call(
        id="main/1/0",
        pbx="main",
        direction=Direction.INBOUND,
        agent="8001",
        started_at=start,
        segments=(Segment(agent="8001", started_at=start + 20),),
        legs=(
            Leg(
                uniqueid="a",
                channel="PJSIP/8001-1",
                role=LegRole.AGENT,
                endpoint="8001",
                started_at=start + 9,
            ),
        ),
    )
    (part,) = stints(call)
    assert (part.started_at, part.ended_at, part.talked) == (start + 9, None, True)


@pytest.mark.parametrize(
    ("status", "cause", "ringing", "answered", "asr", "ner"),
    [
        ("ANSWER", 16, True, True, 1.0, 1.0),
        ("BUSY", 17, False, False, 0.0, 1.0),
        ("NOANSWER", 19, True, False, 0.0, 1.0),
        ("NOANSWER", 21, False, False, 0.0, 1.0),
        ("CANCEL", 127, True, False, 0.0, 1.0),
        (None, 16, True, False, 0.0, 1.0),
        # Given up before a sign of the far end: neither served nor failed.
        ("CANCEL", 127, False, False, 0.0, None),
        ("CANCEL", 16, False, False, 0.0, None),
        (None, 16, False, False, 0.0, None),
        # A clean end that the trunk refused is no service.
        ("CHANUNAVAIL", 16, False, False, 0.0, 0.0),
        ("CONGESTION", 34, False, False, 0.0, 0.0),
        ("CHANUNAVAIL", 3, False, False, 0.0, 0.0),
        ("NOANSWER", 1, False, False, 0.0, 0.0),
    ],
)
def test_a_seizure_and_what_the_network_made_of_it(
    status: str | None, cause: int, ringing: bool, answered: bool, asr: float, ner: float | None
) -> None:
    leg = Leg(
        uniqueid="f",
        channel="PJSIP/trunk-a-1",
        role=LegRole.FAR,
        endpoint="trunk-a",
        started_at=1.0,
        ringing_at=2.0 if ringing else None,
        answered_at=3.0 if answered else None,
        ended_at=4.0,
        dial_status=status,
        cause=cause,
    )
    trunk = TrunkDay("main", "trunk-a")
    trunk.add(seizure(leg, over=True), 1)
    shown = trunk.frame()
    assert (shown.seizures, shown.asr, shown.ner, shown.failed) == (1, asr, ner, int(ner == 0.0))


def test_a_seizure_that_goes_on_is_in_no_rate_and_taken_back_leaves_nothing() -> None:
    leg = Leg(
        uniqueid="f", channel="PJSIP/t-1", role=LegRole.FAR, endpoint="t", started_at=1.0, answered_at=2.0
    )
    trunk = TrunkDay("main", "t")
    trunk.add(seizure(leg, over=False), 1)
    shown = trunk.frame()
    assert (shown.seizures, shown.active, shown.answered, shown.asr) == (1, 1, 1, None)
    trunk.add(seizure(leg, over=False), -1)
    assert trunk.frame() == TrunkDay("main", "t").frame()
