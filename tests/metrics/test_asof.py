"""A call as it stood: what the tracker told last, cut at an instant, is what it had told by then."""

from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain import Call, Direction, Gap, GapReason, LegRole, Outcome, Phase, brief
from monitor.duty import Absence, AbsenceKind
from monitor.metrics.agent import doing
from monitor.metrics.asof import absences_at, call_at, gap_at, over_at
from monitor.metrics.tally import contribution
from monitor.pbx.tracker import Tracker
from tests.metrics.floor_calls import calls
from tests.metrics.test_board import at, dial
from tests.pbx import captures
from tests.pbx.playbook import Plan

#: Within one thing that happens (a bridge that is changed, a dial that ends) a PBX sends some events.
ONE_THING_SECONDS = 0.02
#: A colleague who is asked first and then gets the call: until then the ringing was a call of its own.
ASKED_FIRST = {"xfer_attended_ami", "xfer_attended_dtmf", "xfer_attended_replaces", "xfer_blonde"}


def told(name: str) -> tuple[dict[str, list[tuple[float, Call]]], list[float]]:
    """By call, when the tracker told which value of it; and the instants of all events."""
    tracker = Tracker("main", Plan())
    values: dict[str, list[tuple[float, Call]]] = {}
    instants = set()
    for event in captures.events(name):
        tracker.apply(event)
        instants.add(event.at)
        for change in tracker.take():
            if isinstance(change, Call):
                values.setdefault(change.id, []).append((event.at, change))
    return values, sorted(instants)


def seen(call: Call | None, extensions: set[str], *, ringing: bool = True) -> object:
    """What the board makes of a call: what it adds, and what it has each phone do."""
    if call is None:
        return None
    now = {each: doing(call, each) for each in extensions}
    if not ringing:
        now = {each: state if state and state[0] != "ringing" else None for each, state in now.items()}
    return contribution(call, 30.0), call.phase, now


@pytest.mark.parametrize("name", captures.SHORT)
def test_a_capture_cut_anywhere_is_what_was_told_by_then(name: str) -> None:
    values, instants = told(name)
    looks = [
        (one + other) / 2
        for one, other in zip(instants, instants[1:], strict=False)
        if other - one > ONE_THING_SECONDS
    ]
    for call_id, mine in values.items():
        last = mine[-1][1]
        phones = {leg.endpoint for leg in last.legs} | {each.agent for each in last.segments}
        for moment in looks:
            then = [call for told_at, call in mine if told_at <= moment]
            ringing = name not in ASKED_FIRST
            assert seen(call_at(last, moment), phones, ringing=ringing) == seen(
                then[-1] if then else None, phones, ringing=ringing
            ), f"{call_id} after {moment - instants[0]:.3f} s"


@given(call=calls(), after=st.floats(-10, 2000), gap_after=st.floats(-100, 500), length=st.floats(0.1, 600))
@settings(max_examples=200, deadline=None)
def test_nothing_of_a_cut_call_is_later_than_the_cut(
    call: Call, after: float, gap_after: float, length: float
) -> None:
    moment = call.started_at + after
    begun = call.started_at + gap_after
    gaps = [Gap(pbx="main", started_at=begun, ended_at=begun + length, reason=GapReason.LINK_LOST)]
    then = call_at(call, moment, gaps)
    over = over_at(call, gaps)
    if then is None:
        return
    assert then.started_at <= moment
    if over is not None and over <= moment:
        assert then == call
        return
    assert (then.phase is not Phase.ENDED, then.outcome, then.ended_at) == (True, None, None)
    instants = [then.answered_at, then.ringing_at]
    for part in (*then.segments, *then.holds, *then.legs):
        instants += [part.started_at, part.ended_at]
    assert all(each is None or each <= moment for each in instants)
    assert then.talk_seconds <= call.talk_seconds + 1e-6
    # Cut again at the same instant, or a later one, it is the same.
    assert call_at(then, moment, gaps) == then
    assert call_at(then, moment + 1000) == then or not call.complete


def test_a_phone_that_hears_a_tone_keeps_its_call_going_on() -> None:
    call = dial("8001", at("9:00"), ring=20.0, outcome=Outcome.BUSY)
    root = msgspec.structs.replace(
        call.legs[0], role=LegRole.ROOT, endpoint="8001", ended_at=at("9:00:27"), dial_status=None
    )
    call = msgspec.structs.replace(call, legs=(root, *call.legs))
    short = brief(call)
    assert short is not None
    assert call.ended_at == at("9:00:20")
    assert call.over_at == short.over_at == at("9:00:27")
    then = call_at(call, at("9:00:25"))
    assert then is not None and not then.ended
    assert call_at(call, at("9:00:27")) == call


def test_a_call_whose_end_a_gap_hid_went_on_until_the_gap_was_over() -> None:
    call = dial("8001", at("9:00"), talk=60.0)
    far = msgspec.structs.replace(call.legs[0], cause=None)
    call = msgspec.structs.replace(call, complete=False, legs=(far,), notes=("ended_unseen",))
    gap = Gap(
        pbx="main", started_at=at("9:01:06"), ended_at=at("9:05"), reason=GapReason.LINK_LOST, calls_cut=1
    )
    elsewhere = msgspec.structs.replace(gap, pbx="other", ended_at=at("9:30"))
    assert over_at(call, [gap, elsewhere]) == at("9:05")
    then = call_at(call, at("9:03"), [gap])
    assert then is not None
    assert (then.phase, then.complete, then.segments[0].ended_at) == (Phase.TALKING, True, None)
    assert call_at(call, at("9:05"), [gap]) == call
    # One that was heard to hang up just before is another thing.
    heard = msgspec.structs.replace(call, legs=(msgspec.structs.replace(far, cause=16),))
    assert over_at(heard, [gap]) == heard.over_at


def test_a_call_begun_in_a_gap_was_not_known_before_its_end() -> None:
    call = dial("8001", at("9:02"), talk=600.0)
    gap = Gap(pbx="main", started_at=at("9:01"), ended_at=at("9:05"), reason=GapReason.LINK_LOST)
    assert call_at(call, at("9:04"), [gap]) is None
    assert call_at(call, at("9:06"), [gap]) is not None


def test_an_attempt_without_a_dial_is_told_at_its_end() -> None:
    refused = dial("8001", at("9:00"), ring=20.0, outcome=Outcome.AGENT_UNANSWERED)
    refused = msgspec.structs.replace(refused, legs=())
    assert refused.direction is Direction.OUTBOUND
    assert call_at(refused, at("9:00:10")) is None
    assert call_at(refused, at("9:00:20")) == refused


def test_a_gap_was_open_while_it_lasted() -> None:
    gap = Gap(pbx="main", started_at=at("9:00"), ended_at=at("9:05"), reason=GapReason.REFUSED, calls_cut=3)
    assert gap_at(gap, math.nextafter(at("9:00"), 0.0)) is None
    lasting = gap_at(gap, at("9:04"))
    assert lasting is not None and (lasting.ended_at, lasting.calls_cut, lasting.id) == (None, 0, gap.id)
    assert gap_at(gap, at("9:05")) == gap


def test_an_absence_counts_from_when_it_was_granted_and_until_it_was_withdrawn() -> None:
    absence = Absence(
        person=1,
        kind=AbsenceKind.LEAVE,
        starts_at=at("9:00"),
        ends_at=at("12:00"),
        granted_at=at("10:00"),
        withdrawn_at=at("11:00"),
    )
    assert absences_at([absence], at("9:59")) == []
    assert [each.withdrawn_at for each in absences_at([absence], at("10:30"))] == [None]
    assert [each.withdrawn_at for each in absences_at([absence], at("11:30"))] == [at("11:00")]
