"""Recordings for simulated calls: short WAV files that sound a little like talk, and say nothing.

A few are made once; each call's recording is another name of one of them (a hard link, a copy where
the file system has no links), so a day of calls takes a few megabytes.
"""

# ruff: noqa: S311 - the dice of a simulation: a seed must give the same day again

from __future__ import annotations

import array
import math
import os
import random
import shutil
import sys
import wave
from pathlib import Path, PurePosixPath

RATE_HZ = 8000
LENGTHS_SECONDS = (4, 8, 15, 30, 60)
#: Some file systems allow 65,000 names of a file, some 1,024.
MAX_LINKS = 1000
_SYLLABLE_SECONDS = 0.16


class Recorder:
    """Writes recordings below a folder, which it makes."""

    def __init__(self, folder: Path, seed: int = 1) -> None:
        self.folder = folder
        self._models = folder / ".models"
        self._models.mkdir(parents=True, exist_ok=True)
        self._serial = 0
        self._current: dict[int, tuple[Path, int]] = {}
        voice = _voice(random.Random(seed), max(LENGTHS_SECONDS))
        self._samples = {seconds: voice[: seconds * RATE_HZ] for seconds in LENGTHS_SECONDS} | {
            0: array.array("h")
        }

    def record(self, path: str, seconds: float) -> None:
        """Write the recording of a call; one that nobody answered is a header without sound, as Asterisk's.

        ``path`` is relative to the folder. Raises ``OSError`` where the disk refuses.
        """
        relative = PurePosixPath(path)
        if relative.is_absolute() or ".." in relative.parts:
            raise ValueError(f"a recording outside its folder: {path}")
        length = max((each for each in LENGTHS_SECONDS if each <= seconds), default=LENGTHS_SECONDS[0])
        target = self.folder / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        model = self._model(length if seconds > 0 else 0)
        try:
            os.link(model, target)
        except FileExistsError:
            return
        except OSError:
            shutil.copyfile(model, target)

    def _model(self, seconds: int) -> Path:
        model, links = self._current.get(seconds, (None, MAX_LINKS))
        if model is None or links >= MAX_LINKS:
            self._serial += 1
            model, links = self._models / f"{seconds}-{self._serial}.wav", 0
            _write(model, self._samples[seconds])
        self._current[seconds] = model, links + 1
        return model


def _write(path: Path, samples: array.array[int]) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(samples.tobytes())


def _voice(dice: random.Random, seconds: int) -> array.array[int]:
    """Two voices in turn: syllables of a humming tone with overtones, and pauses between phrases."""
    samples = array.array("h")
    pitch = 120.0
    while len(samples) < seconds * RATE_HZ:
        pitch = 210.0 if pitch < 160 else 120.0
        for _ in range(dice.randint(6, 16)):
            tone = pitch * dice.uniform(0.85, 1.2)
            _syllable(samples, tone, dice.uniform(0.6, 1.3) * _SYLLABLE_SECONDS, dice.uniform(0.5, 1.0))
        samples.extend([0] * int(dice.uniform(0.2, 0.7) * RATE_HZ))
    if sys.byteorder == "big":
        samples.byteswap()
    return samples[: seconds * RATE_HZ]


def _syllable(samples: array.array[int], tone: float, seconds: float, loudness: float) -> None:
    count = int(seconds * RATE_HZ)
    step = 2 * math.pi * tone / RATE_HZ
    for index in range(count):
        swell = math.sin(math.pi * index / count)
        angle = step * index
        wave_form = math.sin(angle) + 0.5 * math.sin(2 * angle) + 0.3 * math.sin(5 * angle)
        samples.append(int(4500 * loudness * swell * wave_form))
