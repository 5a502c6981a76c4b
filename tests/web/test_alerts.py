"""The alerts' routes: what stands, rules, channels without their secrets, the log, and a test that needs our own page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from pydantic import SecretStr

from monitor.notices import Alert, Delivery, DeliveryState, What
from tests.alerts import standins
from tests.web.house import NOON, House, house

HOOK_SECRET = "a1b2c3d4e5f6"
RULES = [
    {"kind": "idle", "id": "idle t1", "teams": ["t1"], "idle_minutes": 12, "quiet": "12:00-13:30"},
    {"kind": "connect_rate", "channels": ["hook"], "recovery": False},
]


@pytest.fixture
def hook() -> Any:
    with standins.http() as server:
        yield server


@pytest_asyncio.fixture
async def alerting(tmp_path: Path, hook: standins.Http) -> AsyncIterator[House]:
    """A house with two rules, a webhook and a channel whose URL is missing."""

    def channels(made: Any) -> Any:
        url = SecretStr(f"json://{hook.address}/{HOOK_SECRET}")
        first, second = made.channels
        return made.model_copy(update={"channels": (first.model_copy(update={"url": url}), second)})

    parts = {
        "alert": RULES,
        "channel": [
            {"name": "hook", "url_env": "HOOK", "language": "en"},
            {"name": "leads", "url_env": "LEADS"},
        ],
    }
    async with house(tmp_path, parts=parts, then=channels) as made:
        await made.log_in()
        await made.context.desk.open()
        yield made
        made.context.desk.close()


async def test_what_stands_and_what_is_watched(alerting: House) -> None:
    facts = {"agent": "张伟", "extension": "8001", "since": NOON - 720, "minutes": 12.0}
    standing = Alert(
        cause="idle/idle t1/main/8001", rule="idle t1", kind="idle", raised_at=NOON, told=True, facts=facts
    )
    over = msgspec.structs.replace(standing, cause="x", cleared_at=NOON)
    waiting = Delivery(id="1", channel="hook", what=What.RAISED, title="t", body="b", created_at=NOON)
    await alerting.store.alerts.put([standing, over], [waiting])
    answer = await alerting.client.get("/api/alerts")
    found = answer.json()
    assert found["timezone"] == "Asia/Shanghai"
    assert found["active"] == [
        {
            "id": standing.id,
            "kind": "idle",
            "since": NOON,
            "text": {
                "zh-CN": "张伟（8001）自 11:48 起没有通话，已 12 分钟",
                "en": "张伟 (8001) has had no call since 11:48, 12 min",
            },
        }
    ]
    assert found["rules"][0] == {
        "id": "idle t1",
        "kind": "idle",
        "channels": [],
        "teams": ["t1"],
        "recovery": True,
        "quiet": ["12:00", "13:30"],
        "values": {"idle_minutes": 12.0},
        "from_file": True,
        "off": False,
        "muted_until": None,
        "changed_by": "",
        "changed_at": None,
        "fault": "",
    }
    assert found["rules"][1]["values"] == {"window_minutes": 30.0, "least_dials": 50.0, "rate": None}
    assert (found["now"], found["may_set"], found["teams"]) == (NOON, True, {"t1": "朝阳组", "t2": "远航组"})
    kinds = {each["kind"]: each for each in found["kinds"]}
    assert kinds["idle"] == {"kind": "idle", "values": {"idle_minutes": 15.0}, "teams": True}
    assert kinds["disk_short"]["teams"] is False
    hook, leads = found["channels"]
    assert hook["url"].startswith("json://127.0.0.1:") and hook["url"].endswith("/****")
    assert (hook["language"], hook["per_minute"], hook["waiting"], hook["fault"]) == ("en", 60, 1, "")
    assert leads["url"] == ""
    assert "environment variable LEADS" in leads["fault"]
    assert HOOK_SECRET not in answer.text


async def test_a_test_message_is_sent_and_what_came_of_it_is_said_and_kept(
    alerting: House, hook: standins.Http
) -> None:
    address = "/api/alerts/channels/hook/test"
    sent = await alerting.client.post(address, headers=alerting.ours)
    assert (sent.status_code, sent.json()["state"]) == (200, "sent")
    assert hook.bodies == ["[Test] 测试\nA test message of Dialwatch: channel hook works."]
    hook.answer = (500, {})
    failed = (await alerting.client.post(address, headers=alerting.ours)).json()
    assert failed["state"] == "given_up"
    assert failed["last_error"]
    assert HOOK_SECRET not in failed["last_error"]
    log = (await alerting.client.get("/api/alerts/deliveries")).json()
    assert log == [failed, sent.json()]
    assert (await alerting.client.get("/api/alerts/deliveries", params={"channel": "leads"})).json() == []
    assert len((await alerting.client.get("/api/alerts/deliveries?limit=1")).json()) == 1


async def test_an_unknown_channel_a_foreign_page_and_a_stranger_get_nothing(
    alerting: House, hook: standins.Http
) -> None:
    none = await alerting.client.post("/api/alerts/channels/none/test", headers=alerting.ours)
    assert (none.status_code, none.json()["error"]) == (404, "not_found")
    foreign = await alerting.client.post(
        "/api/alerts/channels/hook/test", headers={"Origin": "http://elsewhere.example"}
    )
    assert (foreign.status_code, foreign.json()["error"]) == (403, "foreign_request")
    del alerting.client.headers["Cookie"]
    for path in ("/api/alerts", "/api/alerts/deliveries"):
        assert (await alerting.client.get(path)).status_code == 401
    assert hook.received == []


async def test_a_channel_that_can_not_be_used_says_so(alerting: House) -> None:
    tested = (await alerting.client.post("/api/alerts/channels/leads/test", headers=alerting.ours)).json()
    assert tested["state"] == DeliveryState.GIVEN_UP
    assert "has no URL" in tested["last_error"]


MINE = {"kind": "idle", "idle_minutes": 20, "teams": ["t2"], "channels": ["hook"], "quiet": "21:00-08:00"}


async def set_rule(home: House, path: str, **body: Any) -> Any:
    return await home.client.post(f"/api/alerts/rules{path}", json=body, headers=home.ours)


async def rule(home: House, id: str) -> Any:
    rules = (await home.client.get("/api/alerts")).json()["rules"]
    return next((each for each in rules if each["id"] == id), None)


async def test_a_rule_is_entered_changed_muted_switched_off_and_removed(alerting: House) -> None:
    added = await set_rule(alerting, "", id="mine", rule=MINE)
    assert added.status_code == 201, added.text
    assert (added.json()["from_file"], added.json()["quiet"]) == (False, ["21:00", "08:00"])
    assert await rule(alerting, "mine") == added.json()
    changed = await set_rule(alerting, "/change", id="mine", rule={**MINE, "idle_minutes": 30, "teams": []})
    assert (changed.json()["values"], changed.json()["teams"]) == ({"idle_minutes": 30.0}, [])
    assert (changed.json()["changed_by"], changed.json()["changed_at"]) == ("wang", NOON)
    assert (await set_rule(alerting, "/mute", id="mine", until=NOON + 60)).json()["muted_until"] == NOON + 60
    assert (await set_rule(alerting, "/mute", id="mine", until=None)).json()["muted_until"] is None
    assert (await set_rule(alerting, "/switch", id="mine", off=True)).json()["off"] is True
    assert (await set_rule(alerting, "/remove", id="mine")).status_code == 204
    assert await rule(alerting, "mine") is None
    audited = await alerting.store.discipline.audited("alert/mine")
    assert [each.what.removeprefix("alert_rule_") for each in reversed(audited)] == [
        "added", "changed", "muted", "unmuted", "off", "removed",
    ]  # fmt: skip
    assert {each.who for each in audited} == {"wang"}


async def test_a_rule_of_the_file_is_muted_and_switched_off_but_neither_changed_nor_removed(
    alerting: House,
) -> None:
    muted = await set_rule(alerting, "/mute", id="idle t1", until=NOON + 3600)
    assert (muted.json()["from_file"], muted.json()["muted_until"]) == (True, NOON + 3600)
    off = (await set_rule(alerting, "/switch", id="idle t1", off=True)).json()
    assert (off["off"], off["muted_until"], off["values"]) == (True, NOON + 3600, {"idle_minutes": 12.0})
    for path, body in (("/change", {"rule": MINE}), ("/remove", {})):
        refused = await set_rule(alerting, path, id="idle t1", **body)
        assert (refused.status_code, refused.json()["error"]) == (409, "rule_of_file")


async def test_what_can_not_be_entered_is_refused_by_its_key(alerting: House) -> None:
    for values, field in (
        ({**MINE, "idle_minutes": 0}, "idle_minutes"),
        ({**MINE, "channels": ["none"]}, "channels"),
        ({**MINE, "kind": "late"}, "kind"),
        ({**MINE, "nonsense": 1}, "nonsense"),
    ):
        refused = await set_rule(alerting, "", id="x", rule=values)
        assert (refused.status_code, refused.json()) == (422, {"error": "bad_rule", "field": field})
    taken = await set_rule(alerting, "", id="idle t1", rule=MINE)
    assert (taken.status_code, taken.json()["error"]) == (409, "rule_exists")
    past = await set_rule(alerting, "/mute", id="idle t1", until=NOON)
    assert (past.status_code, past.json()["field"]) == (422, "until")
    for path, body in (("/mute", {"until": None}), ("/switch", {"off": True}), ("/change", {"rule": MINE})):
        assert (await set_rule(alerting, path, id="none", **body)).status_code == 404
    await alerting.log_in("lin", "team_lead", ["t1"])
    assert (await set_rule(alerting, "", id="x", rule=MINE)).status_code == 403
    assert await alerting.store.alert_rules.rules() == []
