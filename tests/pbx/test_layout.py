"""Reading by a learned order of headers says the same as taking each message apart."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.pbx.layout import MAX_LAYOUTS, MAX_LINES, Reader
from monitor.pbx.wire import headers

NAMES = ("Uniqueid", "Cause", "TechCause")


def fresh(message: bytes) -> tuple[str, ...]:
    """What a reader that has learned nothing says."""
    return Reader((), NAMES).read(message)


def test_what_is_needed_comes_in_the_order_asked_for_and_the_time_stamp_first() -> None:
    reader = Reader(("B", "A"), ("C",))
    for _ in range(2):
        assert reader.read(b"Event: X\r\nTimestamp: 1.5\r\nA: 1\r\nB: 2\r\nD: 4") == ("1.5", "2", "1", "")
        assert reader.read(b"Event: X\r\nA: 1\r\nC: \r\nB: 2") == ("", "2", "1", "")


def test_a_time_stamp_far_down_is_the_events_own() -> None:
    reader = Reader((), ("A",))
    for _ in range(2):
        assert reader.read(b"Event: X\r\nA: 1\r\nB: 2\r\nC: 3\r\nTimestamp: 9") == ("", "1")


@pytest.mark.parametrize("learned", [b"Event: X\r\nUniqueid: 1.1\r\nCause: 16", b"Event: X", b""])
@pytest.mark.parametrize(
    ("message", "uniqueid"),
    [
        (b"Event: X\r\nUniqueid: 1.2\r\nCause: 17", "1.2"),
        (b"Event: X\r\nCause: Uniqueid: 6.6\r\nUniqueid: 1.2", "1.2"),
        (b"Event: X\r\nUniqueidOther: 6.6\r\nUniqueid: 1.3\r\nCause: 16", "1.3"),
        (b"Event: X\r\nUniqueid:\r\nUniqueid: 6.6", ""),
        (b"Event: X\r\nUniqueid: 1.4\r\nUniqueid: 6.6\r\nCause: 16", "1.4"),
        (b"Event: X\r\nUniqueid: 1\r2\r\nCause: 16", "1\r2"),
        (b"Event: X\r\nUniqueid: 1\nCause: 3\r\nCause: 16", "1\nCause: 3"),
        (b"Event: X\r\nUniqueid:tight\r\nCause: 16", "tight"),
        (b"Event: X\r\nUniqueid:  two spaces \r\nCause: 16", " two spaces "),
        ("Event: X\r\nUniqueid: 张\u2028三\x85\r\nCause: 16".encode(), "张\u2028三\x85"),
        ("Event: X\r\nUniqueid: 张三\r\nCause: 16".encode("gb18030"), "张三"),
        (b"Event: X\r\nCause: 16", ""),
        (b"Event: X", ""),
        (b"", ""),
    ],
)
def test_nothing_is_taken_on_trust(learned: bytes, message: bytes, uniqueid: str) -> None:
    reader = Reader((), NAMES)
    reader.read(learned)
    assert reader.read(message) == reader.read(message) == fresh(message)
    assert reader.read(message)[1] == uniqueid


def test_a_header_that_was_missing_is_found_when_it_comes() -> None:
    reader = Reader((), NAMES)
    assert reader.read(b"Event: X\r\nUniqueid: 1.1\r\nCause: 16") == ("", "1.1", "16", "")
    assert reader.read(b"Event: X\r\nUniqueid: 1.1\r\nCause: 16\r\nTechCause: 404") == (
        "",
        "1.1",
        "16",
        "404",
    )


def test_what_identifies_a_message_must_be_there() -> None:
    reader = Reader(("Uniqueid",), ("Cause",))
    reader.read(b"Event: X\r\nUniqueid: 1.1\r\nCause: 16")
    with pytest.raises(KeyError, match="Uniqueid"):
        reader.read(b"Event: X\r\nCause: 16")
    assert reader.read(b"Event: X\r\nUniqueid: \r\nCause: 16") == ("", "", "16")


def test_a_hostile_peer_cannot_make_it_learn_without_end() -> None:
    reader = Reader(("A",))
    for number in range(10 * MAX_LAYOUTS):
        assert reader.read(b"Event: X\r\nK%d: 1\r\nA: 2" % number) == ("", "2")
    assert reader.read(b"\r\n".join([b"Event: X"] + [b"K: 1"] * 2 * MAX_LINES + [b"A: 3"])) == ("", "3")
    assert len(reader._layouts) == MAX_LAYOUTS


LINE = st.sampled_from(
    [b"Uniqueid: 1", b"Uniqueid: ", b"Uniqueid:", b"Cause: 2", b"TechCause: 3", b"X: 4", b"", b"?"]
)
MESSAGE = st.one_of(st.lists(LINE, max_size=6).map(b"\r\n".join), st.binary(max_size=60))


@given(st.lists(MESSAGE, min_size=1, max_size=20))
@example([b"Uniqueid: 1\r\nX: 4", b"Uniqueid: 1\r\nX: 4\r\nCause: 2"])
def test_whatever_was_learned_before_the_answer_is_the_same(messages: list[bytes]) -> None:
    reader = Reader((), NAMES)
    for message in [*messages, *messages]:
        assert reader.read(message) == fresh(message)
        found = headers(message)
        assert reader.read(message)[1:] == tuple(found.get(name, "") for name in NAMES)
