"""What is said: the same in both languages, everything filled in."""

from __future__ import annotations

import re

import pytest

from monitor.alerts.words import LANGUAGES, TEMPLATES, Language, Text
from monitor.config_alerts import KINDS
from monitor.notices import Alert, What
from tests.alerts.scene import WRITER, at

FACTS: dict[str, dict[str, object]] = {
    "not_begun": {
        "team": "朝阳组", "shift": "上午班", "by": at("9:10"), "agents": ["main/8001", "main/8002"],
        "names": ["张伟", "王芳"], "on_inbound": ["王芳"], "undecided": 1, "pbx": ["main"],
        "blind_from": at("9:02"),
    },
    "idle": {"agent": "张伟", "extension": "8001", "since": at("9:30"), "minutes": 15.2},
    "connect_rate": {"team": "朝阳组", "rate": 0.2, "threshold": 0.3, "dials": 60, "minutes": 30.0},
    "link_down": {"pbx": "main", "since": at("9:30"), "reason": "refused"},
    "trunk_failing": {"trunk": "main/trunk-a", "ner": 0.5, "threshold": 0.8, "seizures": 20},
    "breach": {
        "rule": "cap", "number": "138****1111", "names": ["张伟"], "most": 5, "minutes": 1440.0, "peak": 6,
        "dials": 7, "today": 2,
    },
    "disk_short": {"path": "/var", "free_gb": 1.25, "threshold": 5.0},
}  # fmt: skip


def alert(kind: str, **more: object) -> Alert:
    return Alert(
        cause=kind,
        rule=kind,
        kind=kind,
        raised_at=at("9:46"),
        cleared_at=at("9:50"),
        facts=FACTS[kind] | more,
    )


def test_both_languages_have_the_same_templates_with_the_same_places() -> None:
    places = [
        {key: sorted(re.findall(r"\{(\w+)\}", text)) for key, text in TEMPLATES[language].items()}
        for language in LANGUAGES
    ]
    assert places[0] == places[1]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("what", [What.RAISED, What.CLEARED])
def test_everything_can_be_said(kind: str, what: What, language: Language) -> None:
    text = WRITER.text(alert(kind), what, language)
    assert "华东" in text.title
    assert text.body
    assert not re.search(r"[{}]|None", text.body)
    assert bool(re.search(r"\b(the|of|has|is|not|had|are|since)\b", text.body)) is (language == "en")


def test_who_cannot_be_judged_is_a_number_and_no_name() -> None:
    told = WRITER.body(alert("not_begun"), What.RAISED, "zh-CN")
    assert told.splitlines() == [
        "朝阳组 上午班：到 09:10 尚未开始外呼 2 人：张伟、王芳（其中正在接听来电：王芳）",
        "另有 1 人无法判断：与交换机 main 的连接曾中断",
    ]


def test_less_than_a_minute_is_said_so() -> None:
    told = WRITER.body(alert("link_down", since=at("9:49:30")), What.CLEARED, "en")
    assert told == "PBX main is heard again after under 1 min (since 09:49)"


def test_several_messages_go_as_one_under_their_titles() -> None:
    one, two = Text("【告警】华东", "a"), Text("【恢复】华东", "b")
    assert WRITER.joined([one], "zh-CN") == one
    assert WRITER.joined([one, one], "zh-CN") == Text("【告警】华东", "a\n\na")
    assert WRITER.joined([one, two], "zh-CN") == Text(
        "【华东】2 条消息", "【告警】华东\na\n\n【恢复】华东\nb"
    )
