"""Which messages are kept, and what they are read as."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.pbx import events as ev
from monitor.pbx.decoding import decode_event, wanted
from monitor.pbx.wire import Framer, split
from tests.pbx import captures

RECORDING = b"Event: VarSet\r\nUniqueid: 1.1\r\nVariable: MIXMONITOR_FILENAME\r\nValue: /a/b.wav"
OTHER = b"Event: VarSet\r\nUniqueid: 1.1\r\nVariable: X\r\nValue: MIXMONITOR_FILENAME"
HANGUP = b"Event: Hangup\r\nUniqueid: 1.1\r\nCause: 16"
END = b"\r\n\r\n"


def told(messages: list[bytes]) -> list[ev.AnyEvent]:
    """The events of the messages, without the malformed ones."""
    found = []
    for message in messages:
        try:
            event = decode_event(message, 1.0)
        except KeyError:
            continue
        if event is not None:
            found.append(event)
    return found


PIECE = st.lists(
    st.one_of(
        st.sampled_from(
            [
                RECORDING,
                OTHER,
                HANGUP,
                b"\r\n" + HANGUP,
                b"\r\n" + RECORDING,
                b"Event: Newexten\r\nVariable: MIXMONITOR_FILENAME\r\nX: 1",
                b"Event: Hangup",
                b"Event: Hangup\r\nX: Event: Hangup",
                b"Response: Success\r\nEvent: Hangup",
                b"Event: TestEvent\r\nState: MIXMONITOR_END",
                b"",
            ]
        ),
        st.binary(max_size=30).filter(lambda data: END not in data),
    ),
    max_size=12,
).map(END.join)


@given(PIECE)
def test_what_is_kept_tells_all_that_the_whole_tells(piece: bytes) -> None:
    assert told(wanted(piece)) == told(split(piece))


@pytest.mark.parametrize("name", captures.NAMES)
def test_real_captures_lose_nothing_and_most_is_left_away(name: str) -> None:
    chance = random.Random(7)
    data, framer = captures.raw(name), Framer()
    whole = split(Framer().cut(data))
    kept: list[bytes] = []
    at = 0
    while at < len(data):
        size = chance.randrange(1, 20_000)
        kept += wanted(framer.cut(data[at : at + size]))
        at += size
    assert told(kept) == told(whole)
    assert len(kept) < len(whole)


def test_a_recording_is_named_by_one_variable_only() -> None:
    assert wanted(END.join([OTHER, RECORDING, HANGUP])) == [RECORDING, HANGUP]
    assert decode_event(RECORDING, 1.0) == ev.RecordingNamed(1.0, "1.1", "/a/b.wav")
    assert decode_event(OTHER, 1.0) is None


@pytest.mark.parametrize(
    ("message", "event"),
    [
        (HANGUP, ev.HungUp(1.0, "1.1", 16, None)),
        (b"Event: Hangup\r\nUniqueid: 1.1\r\nCause: x\r\nTechCause: 404", ev.HungUp(1.0, "1.1", None, "404")),
        (
            b"Event: Hangup\r\nPrivilege: call,all\r\nTimestamp: 7.5\r\nUniqueid: 1.1",
            ev.HungUp(7.5, "1.1", None, None),
        ),
        (b"Event: Hangup\r\nTimestamp: soon\r\nUniqueid: 1.1", ev.HungUp(1.0, "1.1", None, None)),
        (
            b"Event: DialBegin\r\nDestChannel: P/1-1\r\nDestUniqueid: 1.2",
            ev.DialBegun(1.0, None, "", "1.2", "P/1-1", "", ""),
        ),
        (b"Event: FullyBooted", ev.Booted(1.0, None)),
        (b"Event: HangupHandlerRun\r\nUniqueid: 1.1", None),
        (b"Hangup: Event\r\nUniqueid: 1.1", None),
        (b"event: Hangup\r\nUniqueid: 1.1", None),
        (b"Event: \r\nUniqueid: 1.1", None),
        (b"", None),
    ],
)
def test_one_message_one_event(message: bytes, event: ev.AnyEvent | None) -> None:
    assert decode_event(message, 1.0) == event


@pytest.mark.parametrize(
    "message", [b"Event: Hangup", b"Event: Newchannel\r\nUniqueid: 1.1", b"Event: Rename\r\nUniqueid: 1"]
)
def test_a_message_without_what_identifies_it_is_malformed(message: bytes) -> None:
    with pytest.raises(KeyError):
        decode_event(message, 1.0)


@pytest.mark.parametrize("cause", ["9" * 30, str(2**31), "-", "1e3"])
def test_a_number_that_is_none_is_left_away(cause: str) -> None:
    event = decode_event(f"Event: Hangup\r\nUniqueid: 1.1\r\nCause: {cause}".encode(), 1.0)
    assert event == ev.HungUp(1.0, "1.1", None, None)


@pytest.mark.parametrize("stamp", ["nan", "inf", "-inf", "1e999", "", "soon"])
def test_a_time_stamp_that_is_no_time_gives_way_to_the_arrival(stamp: str) -> None:
    event = decode_event(f"Event: Hangup\r\nTimestamp: {stamp}\r\nUniqueid: 1.1".encode(), 7.0)
    assert event is not None
    assert event.at == 7.0
