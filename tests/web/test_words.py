"""The server's words, and the language a browser asks for."""

from __future__ import annotations

from pathlib import Path

import pytest

from monitor.errors import EnvironmentFault
from monitor.web.words import Words, preferred


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        (None, "zh-CN"),
        ("", "zh-CN"),
        ("en-US,en;q=0.9", "en"),
        ("zh-TW,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("fr,en;q=0.3,zh;q=0.2", "en"),
        ("fr, de;q=0.9", "zh-CN"),
        ("en;q=0, zh;q=0.1", "zh-CN"),
        ("en;q=nonsense", "zh-CN"),
    ],
)
def test_the_browser_is_heard_and_the_site_decides_else(asked: str | None, language: str) -> None:
    assert preferred(asked, "zh-CN") == language


def test_words_come_from_the_catalogues_and_a_missing_one_shows_its_key(tmp_path: Path) -> None:
    (tmp_path / "zh-CN.json").write_text('{"outcome.busy": "忙线"}', "utf-8")
    (tmp_path / "en.json").write_text('{"outcome.busy": "Busy"}', "utf-8")
    words = Words.load(tmp_path)
    assert words.say("zh-CN", "outcome.busy") == "忙线"
    assert words.say("en", "outcome.busy") == "Busy"
    assert words.say("en", "outcome.none") == "outcome.none"


@pytest.mark.parametrize("text", [None, "{", '{"a": 1}'])
def test_a_missing_or_damaged_catalogue_is_named(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "zh-CN.json").write_text(text)
    with pytest.raises(EnvironmentFault, match=r"zh-CN\.json"):
        Words.load(tmp_path)
