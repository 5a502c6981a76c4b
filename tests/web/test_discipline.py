"""The check over HTTP: leave, calendar, ledger, an agent's day; who did it is written down."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest

from monitor import attendance
from monitor.domain import Gap, GapReason, Outage, OutageCause
from tests.metrics.test_board import at
from tests.web import house
from tests.web.house import House, call

DAY = date(2026, 11, 20)
BY = at("9:10", 20)


@pytest.fixture
async def floor(inside: House) -> House:
    """Two days ago: 张伟 began 12 minutes late, 王芳 not at all, 李娜 in time."""
    dials = [
        call(1, agent="8001", started_at=BY + 700, answered_at=None, ended_at=BY + 720, segments=()),
        call(2, agent="8001", started_at=BY + 4000, answered_at=None, ended_at=BY + 4020, segments=()),
        call(3, agent="8003", started_at=BY - 60, answered_at=None, ended_at=BY - 30, segments=()),
    ]
    await inside.store.write(dials)
    await attendance.settle(inside.store, inside.context.settings, [DAY], inside.context.now())
    return inside


async def people(home: House) -> dict[str, int]:
    return {each["extension"]: each["id"] for each in (await home.client.get("/api/people")).json()}


async def ledger(home: House, query: str = "month=2026-11") -> dict[str, dict[str, object]]:
    answer = await home.client.get(f"/api/ledger?{query}")
    assert answer.status_code == 200, answer.text
    return {each["name"]: each for each in answer.json()["accounts"]}


async def test_the_ledger_has_each_case_with_its_evidence(floor: House) -> None:
    found = await ledger(floor)
    zhang = found["张伟"]
    assert (zhang["late"], zhang["counted"], zhang["minutes"]) == (1, 1, 12)
    (case,) = [each for each in zhang["cases"] if each["day"] == "2026-11-20"]  # type: ignore[attr-defined]
    assert (case["verdict"], case["minutes"], case["first_dial_at"]) == ("late", 12, BY + 700)
    assert case["call_id"] == call(1, started_at=BY + 700).id
    wang = [each["day"] for each in found["王芳"]["cases"]]  # type: ignore[attr-defined]
    assert wang == ["2026-11-20", "2026-11-23"]  # today's too, as they stand now
    assert "张伟" not in await ledger(floor, "month=2026-11&team=t2")
    assert await ledger(floor, "month=2026-10") == {}
    assert (await floor.client.get("/api/ledger?month=November")).status_code == 422


async def test_a_lead_excuses_a_case_and_takes_it_back(floor: House) -> None:
    zhang = (await people(floor))["8001"]
    case = {"person": zhang, "day": "2026-11-20", "shift": "morning"}
    silent = await floor.client.post("/api/ledger/excuse", json=case | {"reason": ""}, headers=floor.ours)
    assert silent.status_code == 422
    done = await floor.client.post(
        "/api/ledger/excuse", json=case | {"reason": "系统升级"}, headers=floor.ours
    )
    assert done.status_code == 201, done.text
    absence = done.json()["absence"]
    assert (done.json()["verdict"], absence["reason"], absence["granted_by"]) == (
        "excused",
        "系统升级",
        "wang",
    )
    (audited,) = await floor.store.discipline.audited(f"absence/{absence['id']}")
    assert (audited.who, audited.what, audited.why) == ("wang", "absence_exception", "系统升级")
    twice = await floor.client.post("/api/ledger/excuse", json=case | {"reason": "再来"}, headers=floor.ours)
    assert (twice.status_code, twice.json()["error"]) == (409, "nothing_to_excuse")
    back = await floor.client.post(
        f"/api/absences/{absence['id']}/withdraw", json={"reason": "弄错"}, headers=floor.ours
    )
    assert back.status_code == 200
    history = (await floor.client.get(f"/api/verdicts/{zhang}/2026-11-20/morning")).json()
    assert [each["verdict"] for each in history] == ["late", "excused", "late"]


async def test_the_csv_has_a_line_for_each_case(floor: House) -> None:
    answer = await floor.client.get("/api/ledger.csv?month=2026-11&verdict=late&language=zh-CN")
    lines = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [line[3:7] for line in lines[1:]] == [["8001", "张伟", "ledger.verdict.late", "12"]]
    assert lines[1][9:11] == ["09:10:00", "09:21:40"]
    assert (await floor.store.discipline.audited("month/2026-11"))[0].who == "wang"


async def test_an_excuse_in_the_middle_of_a_shift_leaves_the_rest_of_it_expected(
    floor: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    wang, now = (await people(floor))["8002"], at("10:00")
    monkeypatch.setattr(house, "NOON", now)
    day = f"/api/people/{wang}/days?from=2026-11-23"
    (before,) = (await floor.client.get(day)).json()["days"]
    (running,) = [each for each in before["verdicts"] if each["starts_at"] < now < each["ends_at"]]
    case = {"person": wang, "day": "2026-11-23", "shift": running["shift"], "reason": "停电"}
    done = (await floor.client.post("/api/ledger/excuse", json=case, headers=floor.ours)).json()
    assert (running["verdict"], done["verdict"]) == ("late", "excused")
    assert done["absence"]["ends_at"] == now


async def test_leave_is_entered_and_excuses(floor: House) -> None:
    wang = (await people(floor))["8002"]
    body = {
        "person": wang,
        "kind": "leave",
        "starts_at": at("0:00", 20),
        "ends_at": at("0:00", 21),
        "reason": "病假",
    }
    made = await floor.client.post("/api/absences", json=body, headers=floor.ours)
    assert made.status_code == 201, made.text
    assert (await ledger(floor))["王芳"]["excused"] == 1
    listed = (await floor.client.get(f"/api/absences?from={at('0:00', 20)}&to={at('0:00', 21)}")).json()
    assert [(each["name"], each["reason"], each["granted_by"]) for each in listed] == [
        ("王芳", "病假", "wang")
    ]
    far = {"starts_at": -1e15, "ends_at": -1e15 + 60}
    for wrong in (far, {"ends_at": body["starts_at"]}, {"person": 999}, {"kind": "party"}, {"reason": ""}):
        refused = await floor.client.post("/api/absences", json=body | wrong, headers=floor.ours)
        assert refused.status_code in (404, 422), wrong
    assert (await floor.client.post("/api/absences", json=body)).status_code == 403  # not from a page of ours


HEAD = "审批编号,姓名,请假类型,开始时间,结束时间\n"


async def test_a_file_is_previewed_before_anything_is_written(floor: House) -> None:
    good = (HEAD + "a1,王芳,病假,2026-11-20 上午,2026-11-20 上午\n").encode("gb18030")
    preview = (await floor.client.post("/api/absences/import", content=good, headers=floor.ours)).json()
    assert (len(preview["changes"]), preview["written"], preview["lines"]) == (1, False, [2])
    assert (await ledger(floor))["王芳"]["excused"] == 0
    bad = good + "a2,赵六,病假,2026-11-20,2026-11-20\n".encode("gb18030")
    answer = await floor.client.post("/api/absences/import?write=true", content=bad, headers=floor.ours)
    assert (answer.json()["written"], answer.json()["bad"][0]["problem"]) == (False, "name_unknown")
    written = await floor.client.post("/api/absences/import?write=true", content=good, headers=floor.ours)
    assert written.json()["written"]
    assert (await ledger(floor))["王芳"]["excused"] == 1
    again = (
        await floor.client.post("/api/absences/import?write=true", content=good, headers=floor.ours)
    ).json()
    assert (again["changes"], again["known"]) == ([], 1)
    none = await floor.client.post("/api/absences/import", content=b"x", headers=floor.ours)
    assert (none.status_code, none.json()["error"]) == (422, "import.no_head")
    large = await floor.client.post("/api/absences/import", content=b"x" * (6 << 20), headers=floor.ours)
    assert large.status_code == 413


async def test_a_row_of_a_known_approval_decides_the_days_it_leaves_anew(floor: House) -> None:
    was = (HEAD + "a1,王芳,病假,2026-11-20 上午,2026-11-20 上午\n").encode()
    now = (HEAD + "a1,王芳,病假,2026-11-24 上午,2026-11-24 上午\n").encode()
    for data, excused in ((was, 1), (now, 0)):
        answer = await floor.client.post("/api/absences/import?write=true", content=data, headers=floor.ours)
        assert len(answer.json()["changes"]) == 1
        assert (await ledger(floor))["王芳"]["excused"] == excused


async def test_nobody_takes_the_place_of_an_absence_of_another_team(floor: House) -> None:
    theirs = (HEAD + "a1,李娜,病假,2026-11-20,2026-11-20\n").encode()
    assert (
        await floor.client.post("/api/absences/import?write=true", content=theirs, headers=floor.ours)
    ).json()["written"]
    before = await floor.store.discipline.absences(at("0:00", 20), at("0:00", 21))
    await floor.log_in("zhao", "supervisor", ["t1"])
    mine = (HEAD + "a1,王芳,病假,2026-11-20,2026-11-20\n").encode()
    refused = await floor.client.post("/api/absences/import?write=true", content=mine, headers=floor.ours)
    assert (refused.status_code, refused.json()["error"]) == (403, "not_yours")
    assert await floor.store.discipline.absences(at("0:00", 20), at("0:00", 21)) == before


async def test_days_by_hand_change_the_past_and_are_shown(floor: House) -> None:
    day = {"day": "2026-11-20", "working": False, "name": "停电", "team": "t1"}
    assert (await floor.client.post("/api/calendar/days", json=day, headers=floor.ours)).status_code == 201
    assert "张伟" not in {name for name, each in (await ledger(floor)).items() if each["late"]}
    year = (await floor.client.get("/api/calendar/2026")).json()
    assert [(each["day"], each["team"], each["entered_by"]) for each in year["own"]] == [
        ("2026-11-20", "t1", "wang")
    ]
    assert (year["known"], year["state"]) == (True, [])  # no country is set
    removed = await floor.client.post("/api/calendar/days/remove", json=day, headers=floor.ours)
    assert removed.status_code == 204
    assert (await ledger(floor))["张伟"]["late"] == 1
    twice = await floor.client.post("/api/calendar/days/remove", json=day, headers=floor.ours)
    assert twice.status_code == 404
    for wrong in ({"team": "none"}, {"official": True}, {"person": 999, "team": ""}, {"day": "soon"}):
        refused = await floor.client.post("/api/calendar/days", json=day | wrong, headers=floor.ours)
        assert refused.status_code in (404, 422), wrong
    assert (await floor.client.get("/api/calendar/1492")).status_code == 422


async def test_a_file_of_days(floor: House) -> None:
    data = "日期,类型,名称\n2026-11-20,休,停电\n".encode()
    preview = (await floor.client.post("/api/calendar/import", content=data, headers=floor.ours)).json()
    assert (len(preview["days"]), preview["written"]) == (1, False)
    written = await floor.client.post(
        "/api/calendar/import?write=true&official=true", content=data, headers=floor.ours
    )
    assert written.json()["written"]
    (day,) = (await floor.client.get("/api/calendar/2026")).json()["own"]
    assert day["official"]


async def test_an_agents_day_on_one_line(floor: House) -> None:
    zhang = (await people(floor))["8001"]
    await floor.store.write(
        [Gap(pbx="main", started_at=BY + 1000, ended_at=BY + 1600, reason=GapReason.LINK_LOST)]
    )
    answer = (await floor.client.get(f"/api/people/{zhang}/days?from=2026-11-19&days=3")).json()
    assert (answer["person"]["name"], [day["day"][-2:] for day in answer["days"]]) == (
        "张伟",
        ["19", "20", "21"],
    )
    day = answer["days"][1]
    assert [each["starts_at"] for each in day["calls"]] == [BY + 700, BY + 4000]
    assert day["calls"][0]["number"] == "138****0001"
    assert [(each["shift"], each["verdict"]) for each in day["verdicts"]][0] == ("morning", "late")
    # What was not heard is no idle time, and may have hidden a call: the gap is parted.
    assert [(each["starts_at"], each["ends_at"]) for each in day["idle"]] == [
        (BY + 1600, BY + 4000),
    ]
    assert [each["reason"] for each in day["gaps"]] == ["link_lost"]
    assert (await floor.client.get("/api/people/999/days?from=2026-11-20")).status_code == 404
    assert (await floor.client.get(f"/api/people/{zhang}/days?from=2026-11-20&days=99")).status_code == 422


async def test_an_agents_day_names_what_was_down_and_takes_it_off(floor: House) -> None:
    zhang = (await people(floor))["8001"]
    phone = Outage(
        pbx="main",
        cause=OutageCause.EXTENSION,
        subject="8001",
        started_at=BY + 1000,
        ended_at=BY + 1600,
    )
    trunks = Outage(pbx="main", cause=OutageCause.TRUNKS, subject="trunk-a", started_at=BY + 2000)
    others = Outage(pbx="main", cause=OutageCause.EXTENSION, subject="8002", started_at=BY - 900)
    await floor.store.write([phone, trunks, others])
    (day,) = (await floor.client.get(f"/api/people/{zhang}/days?from=2026-11-20")).json()["days"]
    assert [(each["cause"], each["starts_at"] - BY) for each in day["outages"]] == [
        ("extension", 1000),
        ("trunks", 2000),
    ]
    assert day["outages"][0]["ends_at"] == BY + 1600
    # Of the one shift, 9:00 to 12:00, 9:00 to 9:26:40 and 9:36:40 to 9:43:20 are left of the morning.
    assert (day["scheduled_seconds"], day["expected_seconds"]) == (3 * 3600, 1600 + 400)
    # 280 s and 400 s of expected time between the calls: no long gap.
    assert day["idle"] == []
    (morning,) = day["verdicts"]
    assert [(each["cause"], each["subject"]) for each in morning["outages"]] == []  # it was after the dial
    await attendance.settle(floor.store, floor.context.settings, [DAY], floor.context.now())
    accounts = (await floor.client.get("/api/ledger?month=2026-11")).json()["accounts"]
    (wang,) = [
        each
        for account in accounts
        for each in account["cases"]
        if each["agent"] == "main/8002" and each["day"] == "2026-11-20"
    ]
    assert (wang["verdict"], [each["subject"] for each in wang["outages"]]) == (
        "excused",
        ["8002", "trunk-a"],
    )


@pytest.mark.parametrize(
    "path", ["/api/people", "/api/ledger?month=2026-11", "/api/calendar/2026", "/api/absences?from=0&to=1"]
)
async def test_a_stranger_sees_nothing(home: House, path: str) -> None:
    assert (await home.client.get(path)).status_code == 401
