"""Recordings of simulated calls: real WAV files, and cheap ones."""

from __future__ import annotations

import os
import wave
from pathlib import Path

import pytest

from monitor.pbx.simulator import audio
from monitor.pbx.simulator.audio import Recorder


@pytest.fixture(scope="module")
def recorder(tmp_path_factory: pytest.TempPathFactory) -> Recorder:
    return Recorder(tmp_path_factory.mktemp("monitor"))


def test_a_recording_is_a_playable_file_in_the_folder_of_its_day(recorder: Recorder) -> None:
    recorder.record("2026/11/23/out-1-8001-20261123-142459-1.1.wav", 17.0)
    with wave.open(str(recorder.folder / "2026/11/23/out-1-8001-20261123-142459-1.1.wav")) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
        assert file.getnframes() / 8000 == 15
        samples = file.readframes(8000)
    assert max(samples) > 0


def test_a_call_that_nobody_answered_has_a_header_only(recorder: Recorder) -> None:
    recorder.record("2026/11/23/empty.wav", 0.0)
    assert (recorder.folder / "2026/11/23/empty.wav").stat().st_size == 44


def test_many_recordings_share_their_content(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio, "MAX_LINKS", 3)
    for number in range(8):
        recorder.record(f"2026/11/24/{number}.wav", 9.0)
    files = [recorder.folder / f"2026/11/24/{number}.wav" for number in range(8)]
    assert len({file.stat().st_ino for file in files}) in (3, 4)
    assert {file.stat().st_size for file in files} == {44 + 8 * 16000}


def test_writing_the_same_recording_twice_changes_nothing(recorder: Recorder) -> None:
    recorder.record("2026/11/25/twice.wav", 5.0)
    recorder.record("2026/11/25/twice.wav", 5.0)
    assert [each.name for each in (recorder.folder / "2026/11/25").iterdir()] == ["twice.wav"]


@pytest.mark.parametrize("path", ["../outside.wav", "/etc/outside.wav"])
def test_nothing_is_written_outside_the_folder(recorder: Recorder, path: str) -> None:
    with pytest.raises(ValueError, match="outside"):
        recorder.record(path, 5.0)


def test_without_hard_links_it_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    Recorder(tmp_path).record("2026/11/23/copy.wav", 5.0)
    assert (tmp_path / "2026/11/23/copy.wav").stat().st_size > 44
