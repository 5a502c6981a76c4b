"""The catalogues: same keys in both languages, a word for everything the pages and the server say, nothing left over."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from monitor.config_alerts import KINDS, keys_of_kind
from monitor.domain import Direction, GapReason, HangupBy, LegRole, LinkState, Outcome, Phase
from monitor.metrics import gaming, harassment
from monitor.metrics.agent import State
from monitor.metrics.definitions import METRICS
from monitor.metrics.shifts import Verdict
from monitor.notices import DeliveryState, What
from monitor.web.export import COLUMNS

DASHBOARD = Path(__file__).resolve().parents[2] / "dashboard"
CATALOGUES: dict[str, dict[str, str]] = {
    language: json.loads((DASHBOARD / "locales" / f"{language}.json").read_text("utf-8"))
    for language in ("zh-CN", "en")
}
SOURCES = {
    path: path.read_text("utf-8") for path in sorted(DASHBOARD.rglob("*.js")) if "vendor" not in path.parts
}
RULES = (
    *(harassment.CAP, harassment.HOURS, harassment.DO_NOT_CALL),
    *(gaming.OWN_NUMBER, gaming.JUST_OVER, gaming.CANCEL_RUN, gaming.REPEATS),
    *(gaming.PRIVATE_NUMBER, gaming.LONG_INBOUND),
)
SERVER_PREFIXES = ("csv.", "error.", "report.", "send.", "overtime.")
"""Families of keys that are not written out in the pages: the exports' heads, refusals by their key."""


def literal_keys() -> set[str]:
    """Keys written out in the pages."""
    return {
        key
        for text in SOURCES.values()
        for key in re.findall(r'["`]([a-z_]+(?:\.[a-z_0-9]+)+)["`]', text)
        if key.split(".")[0] in {each.split(".")[0] for each in CATALOGUES["en"]}
    }


def families() -> set[str]:
    """Prefixes of keys that are put together: ``t(`state.${agent.state}`)``."""
    found = {family for text in SOURCES.values() for family in re.findall(r"`([a-z_.]+\.)\$\{", text)}
    return {family for family in found if not family.startswith("dialwatch.")}  # what a browser remembers


def test_both_languages_have_the_same_keys() -> None:
    assert set(CATALOGUES["zh-CN"]) == set(CATALOGUES["en"])


@pytest.mark.parametrize("language", list(CATALOGUES))
def test_every_key_of_the_pages_has_words(language: str) -> None:
    missing = {key for key in literal_keys() if not key.startswith("dialwatch.")} - set(CATALOGUES[language])
    assert not missing
    for family in families():
        assert any(key.startswith(family) for key in CATALOGUES[language]), family


def test_no_words_are_left_over() -> None:
    known = literal_keys()
    prefixes = (*families(), *SERVER_PREFIXES)
    assert not [key for key in CATALOGUES["en"] if key not in known and not key.startswith(prefixes)]


@pytest.mark.parametrize(
    ("family", "members"),
    [
        ("outcome", Outcome),
        ("direction", Direction),
        ("hangup_by", HangupBy),
        ("phase", Phase),
        ("role", LegRole),
        ("state", State),
        ("verdict", Verdict),
        ("gap", GapReason),
        ("link.short", LinkState),
        ("csv", COLUMNS),
        ("alert", KINDS),
        ("delivery", DeliveryState),
        ("delivery.what", What),
        ("watch.rule", RULES),
        ("watch.why", RULES),
    ],
)
def test_every_value_of_the_domain_has_words(family: str, members: object) -> None:
    for member in members:  # type: ignore[attr-defined]
        assert f"{family}.{member}" in CATALOGUES["zh-CN"], f"{family}.{member}"


def test_every_threshold_of_a_rule_has_words() -> None:
    for key in {key for kind in KINDS for key in keys_of_kind(kind)} - {"teams"}:
        assert f"alerts.value.{key}" in CATALOGUES["zh-CN"], key
        assert f"alerts.field.{key}" in CATALOGUES["zh-CN"], key


def test_every_note_of_a_call_has_words() -> None:
    tracker = Path(__file__).resolve().parents[2] / "monitor" / "pbx"
    text = "".join(path.read_text("utf-8") for path in tracker.glob("*.py"))
    notes = set()
    for found in re.findall(r"notes(?:\.add\((.*?)\)| \|= \{(.*?)\})", text):
        notes |= set(re.findall(r'"(\w+)"', "".join(found)))
    for note in notes - {"incomplete"}:
        assert f"note.{note}" in CATALOGUES["zh-CN"], note


def test_a_number_has_the_name_of_its_definition() -> None:
    for metric in METRICS:
        key = f"metric.{metric.key}"
        if key in CATALOGUES["en"]:
            assert CATALOGUES["en"][key] == metric.en
            assert metric.zh in CATALOGUES["zh-CN"][key]


@pytest.mark.parametrize("key", sorted(CATALOGUES["en"]))
def test_both_languages_fill_in_the_same_values(key: str) -> None:
    """A transfer's words may leave out who is plain from the rest of the sentence."""
    zh, en = (set(re.findall(r"\{(\w+)\}", CATALOGUES[language][key])) for language in ("zh-CN", "en"))
    assert zh == en
