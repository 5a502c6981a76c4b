"""The colours: text keeps a contrast of 4.5:1 on the pages and 7:1 on the TV, in both themes (WCAG 2.2, 1.4.3 and 1.4.6)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DASHBOARD = Path(__file__).resolve().parents[2] / "dashboard"
SHEETS = "".join((DASHBOARD / each).read_text("utf-8") for each in ("common/base.css", "board/board.css"))
TEXT = ("ink", "muted", "act", "warn", "talk", "ring", "dial", "hold", "wrap", "idle")


def colours(*selectors: str) -> dict[str, str]:
    """The custom properties of the rules, later ones over earlier ones."""
    found: dict[str, str] = {}
    for selector in selectors:
        rule = re.search(re.escape(selector) + r"\s*\{([^}]*)\}", SHEETS)
        assert rule, selector
        found |= dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", rule[1]))
    return found


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def mixed(colour: str, ground: str, share: float) -> str:
    """``color-mix(in srgb, …)``: the tint of a tile whose agent is on a call."""
    parts = [
        round(share * int(colour[i : i + 2], 16) + (1 - share) * int(ground[i : i + 2], 16))
        for i in (1, 3, 5)
    ]
    return "#" + "".join(f"{part:02x}" for part in parts)


LIGHT = (":root",)
DARK = (":root", ':root[data-theme="dark"]')


@pytest.mark.parametrize(
    ("selectors", "least"),
    [
        (LIGHT, 4.5),
        (DARK, 4.5),
        ((*LIGHT, '.tv:not([data-theme="dark"])'), 7.0),
        ((*DARK, '.tv[data-theme="dark"]'), 7.0),
    ],
    ids=["light", "dark", "TV light", "TV dark"],
)
def test_text_can_be_read(selectors: tuple[str, ...], least: float) -> None:
    palette = colours(*selectors)
    faint = {
        (name, ground): round(contrast(palette[name], palette[ground]), 2)
        for name in TEXT
        for ground in ("bg", "panel")
        if contrast(palette[name], palette[ground]) < least
    }
    for name in ("talk", "ring", "dial", "hold"):
        tint = mixed(palette[name], palette["panel"], 0.08)
        for text in (name, "ink", "muted"):
            if contrast(palette[text], tint) < least:
                faint[(text, f"tint of {name}")] = round(contrast(palette[text], tint), 2)
    for name, ground in (("act", "act-bg"), ("warn", "warn-bg"), ("panel", "accent")):
        if contrast(palette[name], palette[ground]) < 4.5:
            faint[(name, ground)] = round(contrast(palette[name], palette[ground]), 2)
    assert not faint
