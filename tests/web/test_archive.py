"""The archive over HTTP: list, compare, the very bytes, send again, send now; nothing for strangers."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from pydantic import SecretStr
from sqlalchemy import update

from monitor.alerts.links import link
from monitor.metrics.periods import Kind
from monitor.notices import Alert
from monitor.reports import gather
from monitor.sending.message import Occasion, written
from monitor.store.schema import SentFileRow
from tests.alerts import standins
from tests.web.house import NOON, House, call, house
from tests.web.test_reports import stocked

SHANGHAI = ZoneInfo("Asia/Shanghai")
PARTS = {
    "channel": [{"name": "hook", "url_env": "HOOK"}, {"name": "other", "url_env": "OTHER"}],
    "send": [
        {"name": "daily", "report": "daily", "at": "18:00", "channels": ["hook"]},
        {"name": "monthly", "report": "monthly", "at": "09:00", "month_day": 2, "channels": ["hook"], "team": "t1"},
    ],
}  # fmt: skip


@pytest.fixture
def hook() -> Any:
    with standins.http() as server:
        yield server


@pytest_asyncio.fixture
async def sending(tmp_path: Path, hook: standins.Http) -> AsyncIterator[House]:
    """A house with two reports to send and a webhook that takes them."""

    def channels(made: Any) -> Any:
        url = SecretStr(f"json://{hook.address}/")
        return made.model_copy(
            update={"channels": tuple(each.model_copy(update={"url": url}) for each in made.channels)}
        )

    async with house(tmp_path, parts=PARTS, then=channels) as made:
        await made.log_in()
        await stocked(made)
        await made.context.desk.open()
        yield made
        made.context.desk.close()


async def send(home: House, name: str = "daily") -> Any:
    answer = await home.client.post("/api/archive/send", json={"name": name}, headers=home.ours)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_what_is_planned_and_what_was_sent(sending: House, hook: standins.Http) -> None:
    sent = await send(sending)
    found = (await sending.client.get("/api/archive")).json()
    assert found["planned"][0] == {
        "name": "daily", "report": "daily", "team": "", "at": "18:00", "days": "workdays", "month_day": None,
        "channels": ["hook"], "format": "xlsx", "attach": True, "language": "zh-CN", "next_at": NOON + 6 * 3600,
    }  # fmt: skip
    assert (found["planned"][1]["days"], found["planned"][1]["month_day"]) == ("", 2)
    assert found["sent"] == [sent]
    assert (found["more"], found["days"], found["channels"]) == (False, 730, ["hook", "other"])
    assert (sent["by"], sent["running"], sent["late"]) == ("wang", True, False)
    assert [(each["channel"], each["state"]) for each in sent["deliveries"]] == [("hook", "sent")]
    assert len(hook.received) == 1


async def test_the_very_bytes_that_were_sent(sending: House) -> None:
    sent = await send(sending)
    file = await sending.client.get(f"/api/archive/{sent['id']}/file")
    assert hashlib.sha256(file.content).hexdigest() == sent["sha256"]
    assert len(file.content) == sent["size"]
    assert file.headers["content-disposition"] == 'attachment; filename="dialwatch-daily-2026-11-23.xlsx"'
    opened = (await sending.client.get(f"/api/archive/{sent['id']}")).json()
    assert (opened["intact"], opened["kept"], opened["differences"]) == (True, True, [])
    async with sending.store._engine.begin() as connection:
        await connection.execute(update(SentFileRow).values(content=b"another"))
    assert (await sending.client.get(f"/api/archive/{sent['id']}")).json()["intact"] is False


async def test_late_calls_are_told_figure_by_figure(sending: House) -> None:
    sent = await send(sending)
    await sending.store.write([call(4, agent="8003")])
    opened = (await sending.client.get(f"/api/archive/{sent['id']}")).json()
    told = {(each["row"], each["column"]): (each["was"], each["now"]) for each in opened["differences"]}
    assert any(values == (1, 2) and row.startswith("8003") for (row, _), values in told.items())
    listed = (await sending.client.get("/api/archive")).json()["sent"][0]
    assert listed["changes"] == len(opened["differences"]) > 0
    assert listed["checked_at"] == NOON


async def test_it_is_sent_again_as_it_was(sending: House, hook: standins.Http) -> None:
    sent = await send(sending)
    again = await sending.client.post(
        f"/api/archive/{sent['id']}/resend", json={"channels": ["other"]}, headers=sending.ours
    )
    assert again.status_code == 200
    assert [each["channel"] for each in again.json()["deliveries"]] == ["hook", "other"]
    assert hook.received[1][1]["attachments"] == hook.received[0][1]["attachments"]


async def test_a_page_goes_on_from_the_last(sending: House) -> None:
    first, second = await send(sending), await send(sending, "monthly")
    page = (await sending.client.get("/api/archive?limit=1")).json()
    assert ([each["id"] for each in page["sent"]], page["more"]) == ([second["id"]], True)
    page = (await sending.client.get(f"/api/archive?limit=1&before={second['id']}")).json()
    assert ([each["id"] for each in page["sent"]], page["more"]) == ([first["id"]], False)
    assert second["team"] == "t1"
    assert (second["first"], second["last"]) == ("2026-10-01", "2026-10-31")


async def test_what_is_not_there_and_who_may_not(sending: House, hook: standins.Http) -> None:
    client, ours = sending.client, sending.ours
    for path in ("/api/archive/77", "/api/archive/77/file"):
        assert (await client.get(path)).status_code == 404
    none = await client.post("/api/archive/send", json={"name": "none"}, headers=ours)
    assert (none.status_code, none.json()) == (404, {"error": "not_found", "field": "name"})
    sent = await send(sending)
    for channels in ([], ["none"]):
        wrong = await client.post(
            f"/api/archive/{sent['id']}/resend", json={"channels": channels}, headers=ours
        )
        assert (wrong.status_code, wrong.json()["field"]) == (422, "channels")
    foreign = await client.post(
        "/api/archive/send", json={"name": "daily"}, headers={"Origin": "http://elsewhere.example"}
    )
    assert foreign.status_code == 403
    del client.headers["Cookie"]
    for path in ("/api/archive", f"/api/archive/{sent['id']}", f"/api/archive/{sent['id']}/file"):
        assert (await client.get(path)).status_code == 401
    assert len(hook.received) == 1


async def test_a_lead_sees_the_reports_of_the_own_teams_and_sends_none(sending: House) -> None:
    site, of_team = await send(sending), await send(sending, "monthly")
    await sending.log_in("lin", "team_lead", ["t1"])
    found = (await sending.client.get("/api/archive")).json()
    assert [each["id"] for each in found["sent"]] == [of_team["id"]]
    assert [each["name"] for each in found["planned"]] == ["monthly"]
    assert (found["may_send"], found["channels"]) == (False, [])
    assert (await sending.client.get(f"/api/archive/{of_team['id']}/file")).status_code == 200
    for path in (f"/api/archive/{site['id']}", f"/api/archive/{site['id']}/file"):
        assert (await sending.client.get(path)).status_code == 404
    refused = await sending.client.post("/api/archive/send", json={"name": "monthly"}, headers=sending.ours)
    assert refused.status_code == 403
    await sending.log_in("huang", "team_lead", ["t2"])
    assert (await sending.client.get("/api/archive")).json()["sent"] == []


async def test_every_link_of_a_message_is_understood_by_the_pages_behind_it(
    sending: House, hook: standins.Http
) -> None:
    public = "https://watch.example.cn"
    facts = {"team_id": "t1", "counts_from": NOON - 9000, "by": NOON - 6000, "minutes": 30.0}
    facts |= {"agent_id": "main/8001", "trunk": "main/trunk-a"}
    links = [
        link(Alert(cause=kind, rule=kind, kind=kind, raised_at=NOON, facts=facts), public, SHANGHAI)
        for kind in ("not_begun", "idle", "connect_rate", "trunk_failing")
    ]
    context = sending.context
    wanted = gather.Wanted(kind=Kind.DAILY, day=gather.today(context.settings, NOON), team="t1")
    report = await gather.gather(context.store, context.settings, wanted, NOON)
    text = written(report, lambda key: key, public, Occasion())
    links += re.findall(r"\]\((\S+/calls/\S+)\)", text)
    assert len(links) == 9
    for each in links:
        query = dict(parse_qsl(urlsplit(each).query))
        metric = query.pop("explain")
        explained = await sending.client.get(f"/api/explain/{metric}", params=query)
        assert explained.status_code == 200, (each, explained.text)
        assert (await sending.client.get("/api/calls", params=query)).status_code == 200, each
        if metric == "dials":
            assert explained.json()["value"] == report.site.figures.dials == 2
