"""Captures on disk: written whole, read back as they came, and every damage told in one sentence."""

from __future__ import annotations

import errno
import gzip
import os
import stat
import zlib
from contextlib import suppress
from itertools import groupby
from pathlib import Path

import pytest

from monitor.errors import CaptureError
from monitor.pbx.capture_file import CaptureWriter, Piece, read_capture

TRACES = Path(__file__).parent.parent / "traces"
BANNER = b"Asterisk Call Manager/11.0.0\r\n"
PIECES = [
    Piece("connect", 100.0),
    Piece("data", 100.25, BANNER),
    Piece("data", 100.5, "Event: A\r\nName: 张".encode()[:-1]),
    Piece("data", 101.0, "张".encode()[-1:] + b"\r\n\r\n"),
    Piece("drop", 102.0),
    Piece("connect", 103.0),
    Piece("data", 103.5, BANNER + b"Response: Success\r\n\r\n"),
    Piece("eof", 104.0),
    Piece("stop", 105.0),
]
NAMES = ["x.ami", "x.ami.gz"]


def write(path: Path, pieces: list[Piece]) -> Path:
    writer = CaptureWriter(path)
    for piece in pieces:
        assert piece.at is not None
        if piece.kind == "data":
            writer.data(piece.data, piece.at)
        else:
            writer.mark(piece.kind, piece.at)
    writer.close()
    return path


def index_of(path: Path) -> Path:
    return path.with_name("x.ami.idx.gz" if path.suffix == ".gz" else "x.ami.idx")


@pytest.mark.parametrize("name", NAMES)
def test_what_is_written_is_read_back(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, PIECES)
    assert list(read_capture(path)) == PIECES
    assert index_of(path).exists()


@pytest.mark.parametrize("name", NAMES)
def test_only_the_owner_can_read_a_capture(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, PIECES)
    for file in (path, index_of(path)):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_index_is_the_documented_text(tmp_path: Path) -> None:
    write(tmp_path / "x.ami", PIECES[:3])
    assert (tmp_path / "x.ami.idx").read_text().splitlines() == [
        "# connect 100.000000 0",
        "0\t30\t100.250000",
        "30\t18\t100.500000",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_without_index_the_greetings_tell_the_connections(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, PIECES)
    index_of(path).unlink()
    found = list(read_capture(path))
    assert all(piece.at is None for piece in found)
    assert [kind for kind, _ in groupby(piece.kind for piece in found)] == ["connect", "data"] * 2
    assert b"".join(piece.data for piece in found) == b"".join(piece.data for piece in PIECES)


def test_without_index_a_greeting_may_lie_across_two_blocks(tmp_path: Path) -> None:
    path = tmp_path / "x.ami"
    for length in range(65536 - 40, 65536 + 10):
        event = b"Event: A\r\nX: " + b"x" * (length - 17) + b"\r\n\r\n"
        path.write_bytes(event + BANNER + b"Event: B\r\n\r\n")
        found = list(read_capture(path))
        kinds = [piece.kind for piece in found]
        connect = kinds.index("connect")
        assert b"".join(piece.data for piece in found[:connect]) == event
        assert kinds.count("connect") == 1


def test_without_index_a_greeting_in_a_value_is_a_value(tmp_path: Path) -> None:
    path = tmp_path / "x.ami"
    path.write_bytes(b"Event: A\r\nName: Asterisk Call Manager/1.1\r\nOther: x\r\n\r\n")
    assert [piece.kind for piece in read_capture(path)] == ["data"]


def test_either_form_of_the_index_will_do(tmp_path: Path) -> None:
    path = write(tmp_path / "x.ami.gz", PIECES)
    (tmp_path / "x.ami.idx").write_bytes(gzip.decompress(index_of(path).read_bytes()))
    index_of(path).unlink()
    assert list(read_capture(path)) == PIECES


def test_data_beyond_the_index_counts_with_the_last_time(tmp_path: Path) -> None:
    path = write(tmp_path / "x.ami", PIECES)
    with path.open("ab") as file:
        file.write(b"Event: Late\r\n\r\n")
    assert list(read_capture(path))[-1] == Piece("data", 105.0, b"Event: Late\r\n\r\n")


@pytest.mark.parametrize("trace", sorted(TRACES.glob("*.ami.gz")), ids=lambda path: path.name)
def test_the_captures_of_a_real_asterisk_are_read_whole(trace: Path) -> None:
    found = list(read_capture(trace))
    assert found[0].kind == "connect"
    assert found[-1].kind == "stop"
    with gzip.open(trace) as file:
        assert b"".join(piece.data for piece in found) == file.read()


# ---------------------------------------------------------------------------------- damage


def test_a_missing_capture(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="no such capture"):
        read_capture(tmp_path / "x.ami")


def test_a_folder_is_no_capture(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="no such capture"):
        read_capture(tmp_path)


def test_a_file_that_must_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "x.ami", PIECES)

    def refuse(*_: object) -> None:  # root reads everything, so the system's answer is given for it
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(CaptureError, match="Permission denied"):
        list(read_capture(path))


@pytest.mark.parametrize("which", ["raw", "index"])
def test_a_compressed_file_that_was_cut_off(tmp_path: Path, which: str) -> None:
    path = write(tmp_path / "x.ami.gz", PIECES)
    damaged = path if which == "raw" else index_of(path)
    damaged.write_bytes(damaged.read_bytes()[:-12])
    with pytest.raises(CaptureError, match=r"cut off .*gzip -dc") as error:
        list(read_capture(path))
    assert str(damaged) in str(error.value)


def test_a_compressed_file_with_a_flipped_byte(tmp_path: Path) -> None:
    path = write(tmp_path / "x.ami.gz", PIECES)
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 0xFF
    path.write_bytes(whole)
    with pytest.raises(CaptureError, match=r"x\.ami\.gz: (damaged|cut off)"):
        list(read_capture(path))


def test_a_compressed_file_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "x.ami.gz"
    path.write_bytes(b"Event: A\r\n\r\n")
    with pytest.raises(CaptureError, match="damaged"):
        list(read_capture(path))


def test_data_shorter_than_its_index(tmp_path: Path) -> None:
    path = write(tmp_path / "x.ami", PIECES)
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(CaptureError, match="cut off after 40 bytes; its index tells of more"):
        list(read_capture(path))


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        "0\t30",
        "0\t-1\t5.0",
        "# birthday 1.0 0",
        "#",
        "0\tx\t1.0",
        "7\t1\t1.0",
        "\x00\xff",
        "1" * 999,
    ],
)
def test_an_index_line_that_makes_no_sense(tmp_path: Path, line: str) -> None:
    path = write(tmp_path / "x.ami", PIECES)
    (tmp_path / "x.ami.idx").write_text(line + "\n", encoding="latin-1")
    with pytest.raises(CaptureError, match="line 1"):
        list(read_capture(path))


def test_an_existing_capture_is_not_overwritten(tmp_path: Path) -> None:
    path = write(tmp_path / "x.ami", PIECES)
    with pytest.raises(CaptureError, match="exists already"):
        CaptureWriter(path)
    assert list(read_capture(path)) == PIECES


def test_a_stray_index_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "x.ami.idx").write_text("something")
    with pytest.raises(CaptureError, match="exists already"):
        CaptureWriter(tmp_path / "x.ami")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="cannot be created"):
        CaptureWriter(tmp_path / "nowhere" / "x.ami")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.ami").symlink_to("/dev/full")
    writer = CaptureWriter(tmp_path / "x.ami")
    with pytest.raises(CaptureError, match="disk full"):
        for _ in range(100):
            writer.data(b"x" * 100_000, 1.0)
    with suppress(CaptureError):
        writer.close()


@pytest.mark.parametrize("name", NAMES)
def test_what_was_flushed_survives_a_kill(tmp_path: Path, name: str) -> None:
    writer = CaptureWriter(tmp_path / name)
    sent = os.urandom(700_000)
    writer.mark("connect", 1.0)
    for at in range(0, len(sent), 1000):
        writer.data(sent[at : at + 1000], 2.0)
    raw = (tmp_path / name).read_bytes()
    if name.endswith(".gz"):
        raw = zlib.decompressobj(31).decompress(raw)
    assert sent.startswith(raw)
    assert len(raw) >= 500_000
    writer.discard()
    assert list(tmp_path.iterdir()) == []
