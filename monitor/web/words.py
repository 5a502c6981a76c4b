"""The server's own words, from the catalogues the pages use (``dashboard/locales/*.json``)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

import msgspec

from monitor.errors import EnvironmentFault

Language = Literal["zh-CN", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh-CN", "en")


class Words:
    """Both catalogues; a key that is missing shows as itself."""

    def __init__(self, catalogues: Mapping[Language, Mapping[str, str]]) -> None:
        self._catalogues = catalogues

    @classmethod
    def load(cls, folder: Path) -> Words:
        """Read the catalogues. Raises ``EnvironmentFault`` when one is missing or damaged."""
        found: dict[Language, Mapping[str, str]] = {}
        for language in LANGUAGES:
            path = folder / f"{language}.json"
            try:
                found[language] = msgspec.json.decode(path.read_bytes(), type=dict[str, str])
            except (OSError, msgspec.MsgspecError) as error:
                raise EnvironmentFault(f"{path}: the words of the pages can't be read: {error}") from error
        return cls(found)

    def say(self, language: Language, key: str) -> str:
        """The words for ``key``."""
        return self._catalogues[language].get(key, key)


def preferred(accept_language: str | None, default: Language) -> Language:
    """The language a browser asks for (``Accept-Language``), if we speak it."""
    asked: list[tuple[float, Language]] = []
    for item in (accept_language or "").split(","):
        tag, _, weight = item.partition(";q=")
        try:
            quality = float(weight) if weight else 1.0
        except ValueError:
            continue
        primary = tag.strip().lower().partition("-")[0]
        if primary in ("zh", "en") and quality > 0:
            asked.append((quality, "zh-CN" if primary == "zh" else "en"))
    return max(asked, key=lambda each: each[0])[1] if asked else default
