"""Numbers as one form, and what is known of a call."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.contacts import Numbering, contact_of, missed_of
from monitor.domain import Direction, Leg, LegRole, Outcome
from tests.metrics.test_board import at, dial
from tests.test_attendance import inbound

CHINA = Numbering()


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("13800001111", "13800001111"),
        ("013800001111", "13800001111"),
        ("+8613800001111", "13800001111"),
        ("008613800001111", "13800001111"),
        ("8613800001111", "13800001111"),
        ("01088886666", "1088886666"),
        ("+861088886666", "1088886666"),
        ("+8601088886666", "1088886666"),
        ("075586001234", "75586001234"),
        ("8610888866", "8610888866"),
        ("4008001234", "4008001234"),
        ("+4930123456", "+4930123456"),
        ("004930123456", "+4930123456"),
        ("88886666", "88886666"),
        ("95588", "95588"),
        ("012345", "012345"),
        ("", ""),
        ("anonymous", "anonymous"),
    ],
)
def test_a_number_has_one_form_however_it_is_written(written: str, plain: str) -> None:
    assert CHINA.plain(written) == plain


def test_elsewhere_numbers_are_written_otherwise() -> None:
    germany = Numbering("49", "0")
    assert {germany.plain(each) for each in ("030123456", "+4930123456", "004930123456")} == {"30123456"}
    assert germany.plain("8613800001111") == "8613800001111"
    assert germany.plain("+8613800001111") == "+8613800001111"
    spain = Numbering("34", "")
    assert {spain.plain(each) for each in ("912345678", "+34912345678")} == {"912345678"}


@given(
    st.sampled_from([CHINA, Numbering("49", "0"), Numbering("34", ""), Numbering("7", "8")]),
    st.from_regex(r"[1-7][0-9]{6,10}|1[3-9][0-9]{9}", fullmatch=True),
)
def test_every_spelling_of_a_number_is_the_same_number(numbering: Numbering, national: str) -> None:
    spellings = numbering.spellings(national)
    assert national in spellings
    assert {numbering.plain(each) for each in spellings} == {national}


def test_a_contact_says_of_a_call_what_the_call_says() -> None:
    for call in (
        dial("8001", at("9:00"), talk=40),
        dial("8001", at("9:00"), outcome=Outcome.AGENT_UNANSWERED),
        inbound("8001", at("9:00"), at("9:02")),
    ):
        contact = contact_of(call)
        assert (contact.is_dial, contact.is_connect) == (call.is_dial, call.is_connect)
        assert all(getattr(contact, name) == getattr(call, name) for name in contact.__struct_fields__)


def test_a_missed_call_is_an_inbound_one_that_ended_without_an_answer() -> None:
    answered = msgspec.structs.replace(inbound("8001", at("9:00"), at("9:02")), answered_at=at("9:01"))
    leg = Leg(
        uniqueid="x", channel="PJSIP/8003-1", role=LegRole.AGENT, endpoint="8003", started_at=at("9:00")
    )
    root = Leg(
        uniqueid="y", channel="PJSIP/t-1", role=LegRole.ROOT, endpoint="trunk-a", started_at=at("9:00")
    )
    lost = msgspec.structs.replace(
        answered, agent=None, answered_at=None, outcome=Outcome.CANCELLED, segments=(), legs=(root, leg, leg)
    )
    found = missed_of(lost)
    assert found is not None
    assert found.rang == ("main/8003",)
    assert missed_of(answered) is None
    assert missed_of(msgspec.structs.replace(lost, phase="ringing", ended_at=None)) is None
    assert missed_of(msgspec.structs.replace(lost, direction=Direction.OUTBOUND)) is None
