"""The link of a message: the calls behind its number, and its explanation."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from monitor.alerts.links import link
from monitor.alerts.words import Writer
from monitor.notices import Alert, What
from tests.alerts.scene import ZONE, Scene, at, rule
from tests.metrics.test_board import dial

PUBLIC = "https://watch.example.cn"


def query(alert: Alert) -> tuple[str, dict[str, str]]:
    parts = urlsplit(link(alert, PUBLIC, ZONE))
    return parts.path, dict(parse_qsl(parts.query))


def alert(kind: str, **more: Any) -> Alert:
    facts = more.pop("facts", {})
    return Alert(cause=kind, rule=kind, kind=kind, raised_at=at("10:00"), facts=facts, **more)


def test_who_had_not_begun_is_explained_by_the_teams_dials_of_the_window() -> None:
    scene = Scene(rule("not_begun", teams=["t1"]))
    scene.tell(dial("8001", at("9:01")), now=at("9:01"))
    (notice,) = scene.look(at("9:10:02")).notices
    path, asked = query(notice.alert)
    assert (path, asked["team"], asked["dial"], asked["explain"]) == ("/calls/", "t1", "true", "dial_start")
    assert float(asked["from"]) <= at("9:00") and float(asked["to"]) == at("9:10")


def test_an_idle_agent_is_explained_by_the_own_day() -> None:
    scene = Scene(rule("idle", idle_minutes=20, teams=["t1"]))
    scene.tell(dial("8001", at("9:30"), talk=10), now=at("9:40"))
    looked = scene.look(at("10:05"))
    found = next(each.alert for each in looked.notices if each.alert.facts["extension"] == "8001")
    path, asked = query(found)
    assert (path, asked["agent"], asked["explain"]) == ("/calls/", "main/8001", "idle_seconds")
    assert (float(asked["from"]), float(asked["to"])) == (at("0:00"), at("0:00") + 86400)


def test_a_rate_is_explained_by_the_finished_dials_of_its_window() -> None:
    facts = {"team_id": "t1", "minutes": 30.0}
    path, asked = query(alert("connect_rate", facts=facts))
    assert path == "/calls/"
    assert asked == {
        "from": f"{at('9:30'):.3f}", "to": f"{at('10:00'):.3f}", "team": "t1", "dial": "true", "live": "false",
        "explain": "connect_rate",
    }  # fmt: skip
    over = query(alert("connect_rate", facts=facts, cleared_at=at("10:20")))[1]
    assert float(over["to"]) == at("10:20")


def test_a_trunk_by_the_calls_that_seized_it_and_what_has_no_calls_by_its_page() -> None:
    path, asked = query(alert("trunk_failing", facts={"trunk": "main/trunk-a"}))
    assert (path, asked["seized"], asked["explain"]) == ("/calls/", "main/trunk-a", "ner")
    assert query(alert("link_down"))[0] == "/board/"
    assert query(alert("disk_short"))[0] == "/alerts/"
    assert query(alert("breach"))[0] == "/watch/"


@pytest.mark.parametrize("kind", ["not_begun", "idle", "connect_rate"])
def test_an_alert_of_an_earlier_version_leads_to_the_alerts(kind: str) -> None:
    assert query(alert(kind))[0] == "/alerts/"


def test_the_message_carries_it_where_the_address_of_the_pages_is_known() -> None:
    facts = {"path": "/var", "free_gb": 1.0, "threshold": 5.0}
    for language, words in (("zh-CN", "依据："), ("en", "Why: ")):
        text = Writer("华东", ZONE, PUBLIC).text(alert("disk_short", facts=facts), What.RAISED, language)  # type: ignore[arg-type]
        assert text.body.splitlines()[-1] == f"{words}{PUBLIC}/alerts/"
    bare = Writer("华东", ZONE).text(alert("disk_short", facts=facts), What.RAISED, "en")
    assert "http" not in bare.body
