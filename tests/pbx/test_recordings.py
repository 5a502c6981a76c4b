"""Recordings are found where FreePBX and Asterisk put them, and nothing else is ever found."""

from __future__ import annotations

import wave
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.pbx.recordings import RecordingState, locate

DAY = date(2026, 11, 23)
NAME = "out-13800001111-8001-20261123-141327-1763907207.12.wav"


def write_wav(path: Path, seconds: float = 2.0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\1\0" * int(8000 * seconds))
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "monitor"
    folder.mkdir()
    return folder


@pytest.mark.parametrize(
    "said",
    [
        "/var/spool/asterisk/monitor/2026/11/23/" + NAME,
        "2026/11/23/" + NAME,
        NAME,
    ],
    ids=["the PBX's full path", "below its folder", "bare name"],
)
def test_what_the_pbx_says_is_found_below_our_folder(root: Path, said: str) -> None:
    path = write_wav(root / "2026/11/23" / NAME)
    found = locate(root, said, DAY)
    assert (found.state, found.path) == (RecordingState.PRESENT, path)
    assert found.duration_seconds == pytest.approx(2.0)
    assert found.media_type == "audio/wav"


@pytest.mark.parametrize("filed", ["2026/11/22", "2026/11/24", ""])
def test_a_bare_name_is_looked_for_a_day_either_side_and_in_the_folder_itself(root: Path, filed: str) -> None:
    path = write_wav(root / filed / "recording.wav")
    assert locate(root, "recording.wav", DAY).path == path


def test_the_day_in_the_name_counts_before_the_days_around_the_call(root: Path) -> None:
    path = write_wav(root / "2026/11/23" / NAME)
    assert locate(root, NAME, date(2026, 12, 24)).path == path


def test_without_a_name_the_uniqueid_of_a_channel_finds_it(root: Path) -> None:
    path = write_wav(root / "2026/11/23" / NAME)
    assert locate(root, None, DAY, ["1763907207.13", "1763907207.12"]).path == path
    assert locate(root, None, DAY, ["7207.12"]).state is RecordingState.NONE
    assert locate(root, None, DAY, ["*"]).state is RecordingState.NONE


def test_none_missing_and_empty_are_told_apart(root: Path) -> None:
    assert locate(root, None, DAY).state is RecordingState.NONE
    assert locate(None, None, DAY).state is RecordingState.NONE
    assert locate(root, NAME, DAY).state is RecordingState.MISSING
    assert locate(None, NAME, DAY).why == "no_recordings_folder"
    assert locate(root / "absent", NAME, DAY).why == "recordings_folder_unreadable"
    (root / NAME).write_bytes(b"R" * 44)
    assert locate(root, NAME, DAY).state is RecordingState.EMPTY


def test_links_out_of_the_folder_are_not_followed(root: Path, tmp_path: Path) -> None:
    secret = write_wav(tmp_path / "secret.wav")
    (root / "link.wav").symlink_to(secret)
    (root / "2026").symlink_to(tmp_path)
    assert locate(root, "link.wav", DAY).why == "outside_folder"
    assert locate(root, "2026/secret.wav", DAY).state is RecordingState.MISSING


def test_a_link_inside_the_folder_and_a_linked_folder_are_fine(root: Path, tmp_path: Path) -> None:
    path = write_wav(root / "2026/11/23" / NAME)
    (root / "today.wav").symlink_to(path)
    assert locate(root, "today.wav", DAY).path == path
    (tmp_path / "mounted").symlink_to(root)
    assert locate(tmp_path / "mounted", NAME, DAY).path == path


@pytest.mark.parametrize(
    "said",
    [
        "../secret.wav",
        "2026/../../secret.wav",
        "..\\secret.wav",
        "a\0.wav",
        "",
        "/",
        "..",
        "notes.txt",
        "2026",
    ],
)
def test_hostile_or_foreign_names_find_nothing(root: Path, tmp_path: Path, said: str) -> None:
    write_wav(tmp_path / "secret.wav")
    (root / "notes.txt").write_text("x" * 100)
    (root / "2026").mkdir()
    assert locate(root, said, DAY).path is None


@given(
    said=st.lists(
        st.sampled_from(["..", ".", "/", "a", "secret.wav", "2026", "\\", "%2e%2e", "~"]), max_size=8
    )
)
def test_no_text_leads_outside(tmp_path_factory: pytest.TempPathFactory, said: list[str]) -> None:
    base = tmp_path_factory.getbasetemp()
    root = base / "inside"
    root.mkdir(exist_ok=True)
    write_wav(base / "secret.wav", 0.1)
    found = locate(root, "/".join(said), DAY)
    assert found.path is None


def test_gsm_in_wav_is_present_but_not_for_browsers(root: Path) -> None:
    head = bytearray(write_wav(root / "a.wav").read_bytes())
    head[20:22] = (49).to_bytes(2, "little")
    head[28:32] = (1625).to_bytes(4, "little")
    (root / "a.WAV").write_bytes(head)
    found = locate(root, "a.WAV", DAY)
    assert found.why == "browser_cannot_play"
    assert found.duration_seconds == pytest.approx(32000 / 1625)


def test_a_wav_still_being_written_has_the_length_of_what_is_there(root: Path) -> None:
    head = bytearray(write_wav(root / "a.wav").read_bytes())
    head[40:44] = bytes(4)
    (root / "a.wav").write_bytes(head)
    assert locate(root, "a.wav", DAY).duration_seconds == pytest.approx(2.0)
