"""Reports over HTTP: what the page reads, files, and requests that can't be meant."""

from __future__ import annotations

import pytest

from tests.web.house import NOON, House, call


async def stocked(home: House) -> House:
    await home.store.sync_roster(home.context.settings, NOON - 86400)
    home.context.directory.learn(await home.store.roster(), home.context.settings)
    await home.store.write([call(1), call(2), call(3, agent="8003")])
    await home.store.rollups.rebuild()
    return home


@pytest.mark.parametrize("kind", ["daily", "weekly", "monthly", "range"])
async def test_a_report_of_today_is_json(inside: House, kind: str) -> None:
    await stocked(inside)
    answer = await inside.client.get(f"/api/reports/{kind}")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["kind"] == kind
    assert body["site"]["figures"]["dials"] == 3
    assert {each["label"]: each["figures"]["dials"] for each in body["agents"]} == {
        "张伟": 2,
        "王芳": 0,
        "李娜": 1,
    }
    assert "sums_unknown" not in body["remarks"]
    assert "content-disposition" not in answer.headers
    assert "1380000" not in answer.text


async def test_a_team_and_a_day_narrow_it(inside: House) -> None:
    await stocked(inside)
    team = (await inside.client.get("/api/reports/daily?team=t2")).json()
    assert (team["site"]["figures"]["dials"], team["team_name"]) == (1, "远航组")
    other = (await inside.client.get("/api/reports/daily?date=2026-11-20")).json()
    assert (other["first"], other["site"]["figures"]["dials"]) == ("2026-11-20", 0)
    grouped = (await inside.client.get("/api/reports/range?from=2026-11-23&to=2026-11-24&group=hour")).json()
    assert [each["key"] for each in grouped["groups"]] == ["11"]


@pytest.mark.parametrize(
    ("format", "media", "begin"),
    [
        ("csv", "text/csv; charset=utf-8", b"\xef\xbb\xbf"),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK"),
        ("table", "text/plain; charset=utf-8", "测试".encode()),
    ],
)
async def test_files_have_a_name_and_a_type(inside: House, format: str, media: str, begin: bytes) -> None:
    await stocked(inside)
    answer = await inside.client.get(f"/api/reports/daily?format={format}&language=en")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == media
    suffix = "txt" if format == "table" else format
    assert (
        answer.headers["content-disposition"] == f'attachment; filename="dialwatch-daily-2026-11-23.{suffix}"'
    )
    assert answer.content.startswith(begin)


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("yearly", "kind"),
        ("daily?date=yesterday", "date"),
        ("daily?date=0001-01-01", "date"),
        ("daily?team=none", "team"),
        ("daily?group=hour", "group"),
        ("range?group=colour", "group"),
        ("range?from=2026-11-23&to=2026-11-22", "to"),
        ("range?from=2024-01-01&to=2026-11-22", "to"),
        ("daily?format=doc", "format"),
        ("daily?nonsense=1", "nonsense"),
    ],
)
async def test_what_cannot_be_meant_is_refused_by_name(inside: House, address: str, field: str) -> None:
    answer = await inside.client.get(f"/api/reports/{address}")
    assert (answer.status_code, answer.json()) == (422, {"error": "bad_request", "field": field})


async def test_a_server_without_a_chinese_font_says_so(
    inside: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    from monitor.reports import pdf

    monkeypatch.setattr(pdf, "CHINESE", ())
    answer = await inside.client.get("/api/reports/daily?format=pdf")
    assert (answer.status_code, answer.json()) == (501, {"error": "no_chinese_font"})
