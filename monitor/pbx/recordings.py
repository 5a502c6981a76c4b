"""From a call to its recording on disk, and never to any other file.

What a call knows of its recording is text from the PBX: a full path as the PBX sees it, a path below its
recordings folder, or a bare file name (FreePBX's ``recordingfile``). Our machine may see that folder
elsewhere (``[[pbx]] recordings``). So the text is only a hint where to look below that folder: what is
opened is the real path, and it must lie inside the real folder, whatever links or ``..`` say.

FreePBX files a recording under the day, in local time, on which recording began (AMI.md 4): a call over
midnight, or a PBX in another zone, is found a day earlier or later. A file of 44 bytes is a WAV header
with nothing behind it: Asterisk writes one for every call that nobody answered.
"""

from __future__ import annotations

import os
import re
import stat
import struct
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Final

import msgspec

EMPTY_BYTES: Final = 44
"""A WAV header alone (FreePBX takes anything up to this for empty, too)."""
MEDIA_TYPES: Final = {
    ".wav": "audio/wav",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".gsm": "audio/gsm",
    ".g722": "audio/G722",
    ".wav49": "audio/wav",
}
"""File endings (in lower case) that are recordings; nothing else is ever served."""
_UNIQUEID: Final = re.compile(r"(?:[A-Za-z0-9_]+-)*[0-9]+\.[0-9]+")
_NAMED_DAY: Final = re.compile(r"-(20\d\d)(\d\d)(\d\d)-\d{6}-")
_GSM_IN_WAV: Final = 49


class RecordingState(StrEnum):
    """What there is of a recording."""

    NONE = "none"
    PRESENT = "present"
    MISSING = "missing"
    EMPTY = "empty"


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """A call's recording: ``path`` only where it is ``present``; ``why`` is a stable key, empty if plain.

    ``duration_seconds`` is read from the WAV header; ``None`` where the format does not tell.
    """

    state: RecordingState
    path: Path | None = None
    size_bytes: int = 0
    duration_seconds: float | None = None
    why: str = ""

    @property
    def media_type(self) -> str:
        """For the ``Content-Type`` header."""
        return MEDIA_TYPES.get(self.path.suffix.lower(), "") if self.path else ""


def locate(root: Path | None, recording: str | None, day: date, uniqueids: Sequence[str] = ()) -> Recording:
    """Find the recording of a call that began on ``day`` (the PBX's local date). Reads the disk.

    ``recording`` is what the PBX said, if it said anything; without it, or when that file is not there,
    a file that ends in ``-<uniqueid>`` of one of the call's channels is taken.
    """
    try:
        inside = None if root is None else root.resolve(strict=True)
    except OSError:
        inside = None
    if root is None or inside is None:
        why = "no_recordings_folder" if root is None else "recordings_folder_unreadable"
        return _nothing(recording, why)
    days = _days(recording, day)
    outside = False
    candidates = _named(root, recording, days) if recording else iter(())
    for candidate in _chain(candidates, _by_uniqueid(root, days, uniqueids)):
        try:
            path = candidate.resolve(strict=True)
            found = path.stat()
        except (OSError, ValueError):
            continue
        if not path.is_relative_to(inside):
            outside = True
            continue
        if not stat.S_ISREG(found.st_mode) or path.suffix.lower() not in MEDIA_TYPES:
            continue
        return _recording(path, found.st_size)
    return _nothing(recording, "outside_folder" if outside else "not_found")


def _nothing(recording: str | None, why: str) -> Recording:
    """No file: that is a fault only where the PBX said that there is one."""
    if recording is None:
        return Recording(state=RecordingState.NONE, why="not_recorded")
    return Recording(state=RecordingState.MISSING, why=why)


def _recording(path: Path, size: int) -> Recording:
    if size <= EMPTY_BYTES:
        return Recording(state=RecordingState.EMPTY, size_bytes=size, why="empty")
    duration, playable = _wav_facts(path, size)
    return Recording(
        state=RecordingState.PRESENT,
        path=path,
        size_bytes=size,
        duration_seconds=duration,
        why="" if playable else "browser_cannot_play",
    )


def _days(recording: str | None, day: date) -> tuple[date, ...]:
    """The days to look under: the one in the file's name, the call's own, and a day either side."""
    named = _NAMED_DAY.search(recording or "")
    first: list[date] = []
    if named:
        try:
            first = [date(*map(int, named.groups()))]
        except ValueError:
            first = []
    around = (day, day - timedelta(days=1), day + timedelta(days=1))
    return tuple(dict.fromkeys((*first, *around)))


def _folder(root: Path, day: date) -> Path:
    return root / f"{day:%Y}" / f"{day:%m}" / f"{day:%d}"


def _named(root: Path, recording: str, days: Iterable[date]) -> Iterator[Path]:
    """Where a recording of this name may lie, likeliest first."""
    if "\0" in recording:
        return
    said = PurePosixPath(recording.replace("\\", "/"))
    parts = [part for part in said.parts if part not in ("/", ".")]
    if not parts or ".." in parts:
        return
    if said.is_absolute():
        if Path(said).is_relative_to(root):
            yield Path(said)
        # The PBX's folder under another name here: what follows it is yyyy/mm/dd/file, or less.
        for kept in (4, 3, 2):
            yield root.joinpath(*parts[-kept:])
    else:
        yield root.joinpath(*parts)
    for day in days:
        yield _folder(root, day) / parts[-1]
    yield root / parts[-1]


def _by_uniqueid(root: Path, days: Iterable[date], uniqueids: Sequence[str]) -> Iterator[Path]:
    """Files of the days that end in ``-<uniqueid>``, as FreePBX names them."""
    endings = tuple(f"-{uniqueid}" for uniqueid in uniqueids if _UNIQUEID.fullmatch(uniqueid))
    if not endings:
        return
    for day in days:
        try:
            entries = sorted(entry.name for entry in os.scandir(_folder(root, day)))
        except OSError:
            continue
        for name in entries:
            if name.rpartition(".")[0].endswith(endings):
                yield _folder(root, day) / name


def _chain(first: Iterator[Path], second: Iterator[Path]) -> Iterator[Path]:
    yield from first
    yield from second


def _wav_facts(path: Path, size: int) -> tuple[float | None, bool]:
    """Seconds of audio and whether browsers play it, from a RIFF header; a wrong header tells nothing."""
    suffix = path.suffix.lower()
    if suffix not in (".wav", ".wav49"):
        return None, suffix in (".mp3", ".ogg", ".opus")
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError:
        return None, False
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        return None, False
    rate, form, at = 0, 0, 12
    while at + 8 <= len(head):
        name, length = head[at : at + 4], struct.unpack_from("<I", head, at + 4)[0]
        if name == b"fmt " and at + 20 <= len(head):
            form, rate = struct.unpack_from("<H", head, at + 8)[0], struct.unpack_from("<I", head, at + 16)[0]
        if name == b"data":
            # A file still being written, or cut by a crash, has 0 or too much here.
            there = size - at - 8
            seconds = (min(length, there) if length else there) / rate if rate else None
            return seconds, form != _GSM_IN_WAV
        at += 8 + length + (length & 1)
    return None, form != _GSM_IN_WAV
