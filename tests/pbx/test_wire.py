"""Framing and headers: every cut, every size, hostile and legacy text, and 43 real captures byte for byte."""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.pbx.capture_file import read_capture
from monitor.pbx.wire import MAX_MESSAGE_BYTES, Framer, decode, event_name, headers, split

TRACES = Path(__file__).parent.parent / "traces"
BANNER = b"Asterisk Call Manager/11.0.0\r\n"
STREAM = (
    BANNER
    + b"Response: Success\r\nMessage: Authentication accepted\r\n\r\n"
    + "Event: Newchannel\r\nCallerIDName: 张伟\r\nExten: \r\nContext:\r\n\r\n".encode()
    + b"Event: TestEvent\r\nType: StateChange\r\n\r\n\r\n"  # an empty line too many, as Asterisk 22 sends
    + b"Event: Hangup\r\nCause-txt: Normal: Clearing\r\n\r\n"
)
MESSAGES = [
    b"Response: Success\r\nMessage: Authentication accepted",
    "Event: Newchannel\r\nCallerIDName: 张伟\r\nExten: \r\nContext:".encode(),
    b"Event: TestEvent\r\nType: StateChange",
    b"Event: Hangup\r\nCause-txt: Normal: Clearing",
]


def frame(chunks: Iterable[bytes], limit: int = MAX_MESSAGE_BYTES) -> list[bytes]:
    framer = Framer(limit)
    return [message for chunk in chunks for message in framer.feed(chunk)]


def cut(data: bytes, places: Iterable[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[begin:end] for begin, end in zip(edges, edges[1:], strict=False)]


# ---------------------------------------------------------------------------------- framing


def test_whole() -> None:
    framer = Framer()
    assert framer.feed(STREAM) == MESSAGES
    assert framer.banner == "Asterisk Call Manager/11.0.0"
    assert framer.oversize == 0


@pytest.mark.parametrize("place", range(len(STREAM) + 1))
def test_cut_at_every_place(place: int) -> None:
    assert frame([STREAM[:place], STREAM[place:]]) == MESSAGES


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 64])
def test_in_pieces_of_every_size(size: int) -> None:
    assert frame(STREAM[at : at + size] for at in range(0, len(STREAM), size)) == MESSAGES


@given(st.lists(st.integers(0, 10_000)))
def test_cut_anywhere_any_number_of_times(places: list[int]) -> None:
    assert frame(cut(STREAM, places)) == MESSAGES


LINE = st.text(st.characters(exclude_characters="\r\n", codec="utf-8"), max_size=20)


@given(
    st.lists(st.lists(LINE.filter(bool), min_size=1, max_size=5), max_size=8), st.lists(st.integers(0, 5000))
)
def test_any_text_comes_back_however_it_is_cut(texts: list[list[str]], places: list[int]) -> None:
    sent = ["\r\n".join(["Event: X", *lines]).encode() for lines in texts]
    stream = BANNER + b"".join(one + b"\r\n\r\n" for one in sent)
    assert frame(cut(stream, places)) == sent


@given(st.binary(max_size=300), st.lists(st.integers(0, 300)))
@example(b"\r\n\r\n\r\n\r\n\r\n", [3, 5])
@example(b"\r\r\n\r\n\n\r\n\r\n", [2, 4, 6])
@example(b"Asterisk Call Manager\r\n\r\n", [10])
def test_any_bytes_at_all_give_the_same_however_they_are_cut(data: bytes, places: list[int]) -> None:
    whole = frame([data])
    assert frame(cut(data, places)) == whole
    assert all(b"\r\n\r\n" not in message for message in whole)


def test_a_stream_without_a_greeting_passes() -> None:
    framer = Framer()
    assert framer.feed(b"Event: A\r\n\r\nEv") == [b"Event: A"]
    assert framer.feed(b"ent: B\r\n\r\n") == [b"Event: B"]
    assert framer.banner is None


def test_a_stream_that_only_seems_to_greet_passes() -> None:
    assert frame([b"Ast", b"onish: x\r\n\r\n"]) == [b"Astonish: x"]


@given(st.binary(max_size=300), st.lists(st.integers(0, 300)))
@example(b"A\r\n\r\n\r\n\r\n\r\n\nB\r\n\r\n", [6, 9])
def test_a_piece_holds_the_messages_that_the_bytes_complete(data: bytes, places: list[int]) -> None:
    framer = Framer()
    assert [m for chunk in cut(data, places) for m in split(framer.cut(chunk))] == frame([data])


def test_an_empty_read_changes_nothing() -> None:
    framer = Framer()
    assert framer.feed(b"") == []
    assert framer.feed(STREAM) == MESSAGES
    assert framer.feed(b"") == []


def test_line_ends_of_another_kind_do_not_end_a_message() -> None:
    assert frame([b"Event: A\n\nX: 1\r\r\n\r\n"]) == [b"Event: A\n\nX: 1\r"]


# ---------------------------------------------------------------------------------- size


@pytest.mark.parametrize("size", [1, 10, 63, 64, 65, 1000])
def test_an_oversize_message_is_thrown_away_and_the_next_is_whole(size: int) -> None:
    stream = b"Event: A\r\n\r\nEvent: Big\r\nX: " + b"x" * 500 + b"\r\n\r\nEvent: B\r\n\r\n"
    framer = Framer(64)
    found = [m for at in range(0, len(stream), size) for m in framer.feed(stream[at : at + size])]
    if size < 500:
        assert found == [b"Event: A", b"Event: B"]
        assert framer.oversize == 1
    else:
        # It came whole in one read: nothing had to be kept for it, so it may as well pass.
        assert found[0] == b"Event: A"
        assert found[-1] == b"Event: B"


def test_memory_is_bounded_by_the_limit() -> None:
    framer = Framer(1000)
    for _ in range(1000):
        assert framer.feed(b"x" * 1000) == []
        assert len(framer._buffer) <= 2000
    assert framer.oversize == 1
    assert framer.feed(b"\r\n\r\nEvent: A\r\n\r\n") == [b"Event: A"]


@pytest.mark.parametrize("split", [1, 2, 3])
def test_the_end_of_an_oversize_message_may_be_cut(split: int) -> None:
    framer = Framer(64)
    assert framer.feed(b"x" * 100 + b"\r\n\r\n"[:split]) == []
    assert framer.feed(b"\r\n\r\n"[split:] + b"Event: A\r\n\r\n") == [b"Event: A"]


def test_an_endless_greeting_is_bounded() -> None:
    framer = Framer(1000)
    for _ in range(100):
        framer.feed(b"Asterisk Call Manager" * 10)
    assert len(framer._buffer) <= 2000


def test_every_oversize_message_is_counted() -> None:
    framer = Framer(50)
    for _ in range(3):
        assert framer.feed(b"x" * 60) == []
        assert framer.feed(b"\r\n\r\n") == []
    assert framer.oversize == 3


# ---------------------------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("message", "name"),
    [
        (b"Event: Newchannel\r\nX: 1", b"Newchannel"),
        (b"Event: Newchannel", b"Newchannel"),
        (b"Event: ", b""),
        (b"event: Newchannel", None),
        (b"Response: Success\r\nEvent: Hangup", None),
        (b"CallerIDName: Event: Hangup", None),
        (b"", None),
    ],
)
def test_only_the_first_line_names_an_event(message: bytes, name: bytes | None) -> None:
    assert event_name(message) == name


# ---------------------------------------------------------------------------------- headers


def test_headers_as_they_are() -> None:
    assert headers(MESSAGES[1]) == {"Event": "Newchannel", "CallerIDName": "张伟", "Exten": "", "Context": ""}
    assert headers(MESSAGES[3])["Cause-txt"] == "Normal: Clearing"


@pytest.mark.parametrize(
    ("message", "found"),
    [
        (b"Event: A\r\nEvent: B", {"Event": "A"}),
        (b"Event: A\r\nX: 1\r\nX: 2\r\nX:", {"Event": "A", "X": "1"}),
        (b"Event: A\r\nx: 1\r\nX: 2", {"Event": "A", "x": "1", "X": "2"}),
        (b"Event: A\r\nLast: ", {"Event": "A", "Last": ""}),
        (b"Event: A\r\nLast:", {"Event": "A", "Last": ""}),
        (b"Event: A\r\nX:  two spaces ", {"Event": "A", "X": " two spaces "}),
        (b"Event: A\r\nX:tight", {"Event": "A", "X": "tight"}),
        (b"Event: A\r\nno header at all", {"Event": "A"}),
        (b"Event: A\r\nX: a: b: c", {"Event": "A", "X": "a: b: c"}),
        (b"Event: A\r\nX: \\r\\nEvent: Hangup", {"Event": "A", "X": "\\r\\nEvent: Hangup"}),
        (b"Event: A\r\nX: 1\nEvent: Hangup", {"Event": "A", "X": "1\nEvent: Hangup"}),
        (b"Event: A\r\nX: \x00\x1b[31m", {"Event": "A", "X": "\x00\x1b[31m"}),
        (b": empty key", {"": "empty key"}),
        (b"", {}),
    ],
)
def test_odd_and_hostile_headers(message: bytes, found: dict[str, str]) -> None:
    assert headers(message) == found


def test_a_line_separator_of_unicode_does_not_end_a_line() -> None:
    message = "Event: A\r\nName: 张\u2028Uniqueid: 6.6\x85\x0b\x0c\r\nUniqueid: 1.1".encode()
    assert headers(message)["Uniqueid"] == "1.1"


KEY = st.text(st.characters(exclude_characters="\r\n: ", codec="utf-8"), min_size=1, max_size=8)
VALUE = st.text(st.characters(exclude_characters="\r\n", codec="utf-8"), max_size=20)


@given(st.lists(st.tuples(KEY, VALUE), max_size=8))
def test_headers_come_back_and_the_first_wins(pairs: list[tuple[str, str]]) -> None:
    lines = ["Event: A", *(f"{key}: {value}" for key, value in pairs)]
    expected = {"Event": "A"}
    for key, value in pairs:
        expected.setdefault(key, value)
    message = "\r\n".join(lines).encode()
    assert headers(message) == expected


@given(st.binary(max_size=200))
def test_any_bytes_have_headers(message: bytes) -> None:
    for key, value in headers(message).items():
        assert "\r\n" not in key + value


# ---------------------------------------------------------------------------------- text


def test_an_old_pbx_sends_its_legacy_encoding() -> None:
    message = "Event: A\r\nCallerIDName: 张伟 客服\r\nExten: 8001".encode("gb18030")
    assert headers(message)["CallerIDName"] == "张伟 客服"


def test_encodings_may_differ_from_line_to_line() -> None:
    message = b"Event: A\r\nX: " + "张伟".encode() + b"\r\nY: " + "客服".encode("gb18030")
    assert headers(message) == {"Event": "A", "X": "张伟", "Y": "客服"}


def test_another_fallback_can_be_declared() -> None:
    message = b"Event: A\r\nX: " + "Müller".encode("latin-1")
    assert headers(message, "latin-1")["X"] == "Müller"


@pytest.mark.parametrize("bytes_kept", range(1, 6))
def test_a_name_the_pbx_cut_off_loses_at_most_its_last_character(bytes_kept: int) -> None:
    message = b"Event: A\r\nX: " + "张伟".encode()[:bytes_kept]
    assert headers(message)["X"] == "张伟"[: bytes_kept // 3]


def test_what_nobody_can_read_is_marked_and_does_no_harm() -> None:
    message = b"Event: A\r\nX: \xff\xff\xfe\r\nUniqueid: 1.1"
    assert headers(message)["Uniqueid"] == "1.1"
    assert "\N{REPLACEMENT CHARACTER}" in headers(message)["X"]


@given(st.binary(max_size=100), st.sampled_from(["gb18030", "latin-1", "big5", "ascii"]))
def test_any_bytes_have_a_text(data: bytes, fallback: str) -> None:
    text = decode(data, fallback)
    assert text.count("\r\n") >= data.count(b"\r\n")


@given(st.text(st.characters(codec="utf-8")))
def test_utf8_is_never_touched(text: str) -> None:
    assert decode(text.encode()) == text


# ---------------------------------------------------------------------------------- a real Asterisk


@pytest.mark.parametrize(
    "trace",
    [path for path in sorted(TRACES.glob("*.ami.gz")) if path.name != "load.ami.gz"],
    ids=lambda path: path.name,
)
def test_real_captures_cut_otherwise_give_the_same_messages(trace: Path) -> None:
    chance = random.Random(7)
    connections: list[list[bytes]] = []
    for piece in read_capture(trace):
        if piece.kind == "connect":
            connections.append([])
        elif piece.data:
            connections[-1].append(piece.data)
    for reads in connections:
        stream = b"".join(reads)
        as_read = frame(reads)
        assert as_read == frame([stream])
        assert as_read == frame(cut(stream, (chance.randrange(len(stream)) for _ in range(2000))))
        assert all(one.startswith((b"Event: ", b"Response: ")) for one in as_read)
        assert all(not decode(one).count("\N{REPLACEMENT CHARACTER}") for one in as_read)
