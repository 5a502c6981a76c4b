"""Recordings over HTTP: by call id, in ranges, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pbx.test_recordings import write_wav
from tests.web.house import House, call

NAME = "out-13800000000-8001-20261123-110000-1795402800.0.wav"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "monitor/2026/11/23"
    found.mkdir(parents=True)
    return found


async def test_a_recording_is_found_played_and_has_a_length(inside: House, folder: Path) -> None:
    write_wav(folder / NAME, 3.0)
    told = call(recording=f"/var/spool/asterisk/monitor/2026/11/23/{NAME}")
    await inside.store.write([told])
    found = (await inside.client.get(f"/api/calls/{told.id}")).json()["recording"]
    assert found == {
        "state": "present",
        "duration_seconds": 3.0,
        "url": f"/api/recordings/{told.id}",
        "why": "",
    }
    answer = await inside.client.get(found["url"])
    assert answer.status_code == 200
    assert answer.content == (folder / NAME).read_bytes()
    assert answer.headers["content-type"] == "audio/wav"
    assert answer.headers["cache-control"] == "no-store"
    assert "13800000000" not in str(answer.headers)


@pytest.mark.parametrize(
    ("asked", "status", "first", "length"),
    [("bytes=0-99", 206, 0, 100), ("bytes=100-", 206, 100, None), ("bytes=-10", 206, -10, 10)],
)
async def test_ranges(
    inside: House, folder: Path, asked: str, status: int, first: int, length: int | None
) -> None:
    whole = write_wav(folder / NAME).read_bytes()
    await inside.store.write([call(recording=NAME)])
    answer = await inside.client.get(f"/api/recordings/{call().id}", headers={"Range": asked})
    assert answer.status_code == status
    assert answer.content == whole[first:][:length]
    assert answer.headers["content-range"].endswith(f"/{len(whole)}")


async def test_a_range_behind_the_end_and_a_head(inside: House, folder: Path) -> None:
    size = write_wav(folder / NAME).stat().st_size
    await inside.store.write([call(recording=NAME)])
    address = f"/api/recordings/{call().id}"
    assert (await inside.client.get(address, headers={"Range": "bytes=999999-"})).status_code == 416
    head = await inside.client.head(address)
    assert (head.status_code, head.headers["content-length"]) == (200, str(size))
    assert head.headers["accept-ranges"] == "bytes"


@pytest.mark.parametrize(
    ("recording", "error"),
    [
        (None, "recording_none"),
        ("gone.wav", "recording_missing"),
        ("../../secret.wav", "recording_missing"),
        ("/etc/passwd", "recording_missing"),
        ("empty.wav", "recording_empty"),
    ],
)
async def test_what_is_not_there_says_how(
    inside: House, folder: Path, recording: str | None, error: str
) -> None:
    write_wav(folder.parents[4] / "secret.wav")
    (folder / "empty.wav").write_bytes(bytes(44))
    await inside.store.write([call(recording=recording)])
    answer = await inside.client.get(f"/api/recordings/{call().id}")
    assert (answer.status_code, answer.json()["error"]) == (404, error)


@pytest.mark.parametrize("path", ["2026/11/23/" + NAME, NAME, "..%2f..%2fsecret.wav", "%2fetc%2fpasswd", ""])
async def test_a_path_is_no_call(inside: House, folder: Path, path: str) -> None:
    write_wav(folder / NAME)
    assert (await inside.client.get(f"/api/recordings/{path}")).status_code == 404
