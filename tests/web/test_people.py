"""The roster, targets and overtime over HTTP."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.web.house import NOON, House, house

STORED = {"roster": {"source": "store"}}


async def post(home: House, path: str, body: object = None, status: int = 201) -> dict[str, object]:
    content = {"content": body} if isinstance(body, bytes) else {"json": body}
    answer = await home.client.post(path, headers=home.ours, **content)  # type: ignore[arg-type]
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else {}  # type: ignore[no-any-return]


async def test_a_seat_changes_hands_from_noon_on(tmp_path: Path) -> None:
    async with house(tmp_path, parts=STORED) as home:
        await home.log_in()
        before = (await home.client.get("/api/roster")).json()
        assert [seat["name"] for seat in before["seats"]] == ["张伟", "王芳", "李娜"]
        li = before["seats"][2]["person"]
        made = await post(
            home,
            "/api/roster/moves",
            {
                "person": li,
                "name": "李娜",
                "extension": "8001",
                "team": "t1",
                "lead": True,
                "hired_on": "2026-11-20",
                "valid_from": NOON - 60,
            },
        )
        assert [(s["extension"], s["lead"]) for s in made["seats"]] == [("8003", False), ("8001", True)]  # type: ignore[attr-defined]
        assert made["steps"][0]["who"] == "wang"  # type: ignore[index]
        now = (await home.client.get(f"/api/roster?at={NOON}")).json()
        assert [(s["extension"], s["name"], s["newcomer"]) for s in now["seats"]] == [
            ("8001", "李娜", True),
            ("8002", "王芳", False),
        ]
        assert [s["name"] for s in now["gone"]] == ["张伟"]
        past = (await home.client.get(f"/api/roster?at={NOON - 61}")).json()
        assert past["seats"][0]["name"] == "张伟"


@pytest.mark.parametrize(
    ("different", "field"),
    [
        ({"team": "t9"}, "team"),
        ({"pbx": "other"}, "pbx"),
        ({"extension": "", "person": 0}, "extension"),
        ({"name": " \u3000"}, "name"),
    ],
)
async def test_a_seat_that_can_not_be_is_refused(
    tmp_path: Path, different: dict[str, object], field: str
) -> None:
    async with house(tmp_path, parts=STORED) as home:
        await home.log_in()
        wanted = {"name": "赵敏", "extension": "8009", "team": "t1", "valid_from": NOON} | different
        assert (await post(home, "/api/roster/moves", wanted, 422))["field"] == field


async def test_where_the_configuration_is_the_source_nothing_is_written(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.log_in()
        wanted = {"name": "赵敏", "extension": "8009", "team": "t1", "valid_from": NOON}
        assert (await post(home, "/api/roster/moves", wanted, 409))["error"] == "roster_by_config"
        file = "姓名,分机,班组\n赵敏,8009,朝阳组\n".encode()
        assert (await post(home, "/api/roster/import", file, 200))["written"] is False
        await post(home, "/api/roster/import?write=true", file, 409)


async def test_a_table_is_shown_before_it_is_written(tmp_path: Path) -> None:
    async with house(tmp_path, parts=STORED) as home:
        await home.log_in()
        file = "姓名,分机,班组\n赵敏,8009,飞虎组\n张伟,8001,朝阳组\n".encode()
        shown = await post(home, "/api/roster/import", file, 200)
        assert (shown["written"], shown["known"]) == (False, 1)
        assert [(c["what"], c["name"], c["team_name"]) for c in shown["changes"]] == [
            ("new", "赵敏", "飞虎组")
        ]  # type: ignore[attr-defined]
        assert len((await home.store.roster()).assignments) == 3
        assert (await post(home, "/api/roster/import?write=true", file, 200))["written"] is True
        again = await post(home, "/api/roster/import?write=true", file, 200)
        assert (again["changes"], again["known"]) == ([], 2)


async def test_targets_are_entered_and_taken_away(tmp_path: Path) -> None:
    async with house(tmp_path, parts={"site": {"name": "测试", "targets": {"dials": 100}}}) as home:
        await home.log_in()
        wanted = {"team": "t1", "period": "month", "valid_from": "2026-11-01", "dials": 2500}
        await post(home, "/api/targets", wanted)
        shown = (await home.client.get("/api/targets")).json()
        assert [(t["source"], t["team_name"], t["period"], t["dials"]) for t in shown] == [
            ("config", "", "day", 100),
            ("store", "朝阳组", "month", 2500),
        ]
        await post(home, "/api/targets", {**wanted, "team": "t9"}, 422)
        endless = json.dumps(wanted | {"dials": 0}).replace('"dials": 0', '"dials": 1e400').encode()
        told = {**home.ours, "Content-Type": "application/json"}
        assert (await home.client.post("/api/targets", content=endless, headers=told)).status_code == 422
        key = {name: wanted[name] for name in ("team", "period", "valid_from")}
        await post(home, "/api/targets/remove", key, 204)
        await post(home, "/api/targets/remove", key, 404)


async def test_overtime_is_entered_and_taken_back(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.log_in()
        wanted = {"team": "t2", "starts_at": NOON, "ends_at": NOON + 7200, "reason": "大促"}
        made = await post(home, "/api/overtime", wanted)
        assert (made["team_name"], made["dial_by_at"]) == ("远航组", None)
        await post(home, "/api/overtime", {**wanted, "ends_at": NOON}, 422)
        await post(home, "/api/overtime", {**wanted, "dial_by_at": NOON + 9000}, 422)
        await post(home, f"/api/overtime/{made['id']}/withdraw", {"reason": "取消"}, 200)
        (shown,) = (await home.client.get(f"/api/overtime?from={NOON}&to={NOON + 1}")).json()
        assert shown["withdrawn_at"] is not None
