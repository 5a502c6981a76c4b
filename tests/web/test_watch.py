"""The watch's pages, asked over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from monitor.contacts import contact_of
from monitor.domain import Call, Direction, Leg, LegRole, Outcome
from monitor.metrics.cases import Found
from monitor.web.watch_rows import link_of, why
from tests.web.house import NOON, House, call, house
from tests.web.test_calls import ids

DAY = {"from": NOON - 7200, "to": NOON + 7200}


def lost(index: int, number: str, *rang: str) -> Call:
    legs = tuple(
        Leg(uniqueid=each, channel=f"PJSIP/{each}-1", role=LegRole.AGENT, endpoint=each, started_at=NOON)
        for each in rang
    )
    return call(
        index,
        direction=Direction.INBOUND,
        agent=None,
        number=number,
        answered_at=None,
        talk_seconds=0.0,
        outcome=Outcome.CANCELLED,
        segments=(),
        legs=legs,
    )


@pytest.fixture
async def floor(inside: House) -> House:
    await inside.store.write(
        [
            lost(1, "13900002222", "8001"),
            call(2, agent="8003", number="+8613900002222"),
            lost(3, "13900003333", "8003"),
            call(4, number="13900005555"),
        ]
    )
    return inside


async def test_missed_inbound_says_who_called_back_and_how_long_it_took(floor: House) -> None:
    found = (await floor.client.get("/api/watch/missed", params=DAY)).json()
    assert (found["site"]["missed"], found["site"]["called_back"], found["site"]["open"]) == (2, 1, 1)
    newest, oldest = found["rows"]
    assert (newest["number"], newest["back"], newest["seconds"]) == ("139****3333", None, None)
    assert (oldest["back"]["who"]["name"], oldest["seconds"]) == ("李娜", 15.0)
    assert [each["name"] for each in oldest["rang"]] == ["张伟"]
    assert "13900002222" not in str(found)
    mine = (await floor.client.get("/api/watch/missed", params=DAY | {"team": "t2"})).json()
    assert [each["call_id"] for each in mine["rows"]] == [newest["call_id"]]
    assert (mine["site"]["missed"], [each["team"] for each in mine["teams"]]) == (1, ["t2"])


async def test_missed_inbound_as_a_file(floor: House) -> None:
    found = await floor.client.get("/api/watch/missed.csv", params=DAY)
    head, *rows = found.text.removeprefix("\ufeff").splitlines()
    assert (len(head.split(",")), len(rows)) == (12, 2)
    assert "139****3333" in rows[0]
    assert ",0.2," in rows[1]  # minutes until the call back
    (entry,) = await floor.store.discipline.audited("watch/missed")
    assert entry.who == "wang"


async def test_more_than_a_month_is_not_looked_through_at_once(floor: House) -> None:
    for wrong in ({"from": NOON, "to": NOON}, {"from": NOON - 40 * 86400, "to": NOON}):
        found = await floor.client.get("/api/watch/missed", params=wrong)
        assert (found.status_code, found.json()["field"]) == (422, "to")


async def test_calls_with_the_number_of_a_call_however_written(floor: House) -> None:
    first = lost(1, "13900002222")
    assert await ids(floor, f"?same={first.id}") == [call(2).id, first.id]
    assert (await floor.client.get("/api/calls/sums", params={"same": first.id})).json()["calls"] == 2
    assert await ids(floor, "?same=main/1.1/0") == []


async def test_calls_by_their_ids(floor: House) -> None:
    wanted = [call(2).id, call(4).id]
    assert await ids(floor, f"?call={wanted[0]}&call={wanted[1]}") == wanted[::-1]


# ---------------------------------------------------------------- cases

GUARD = {
    "guard": {
        "caps": [{"most": 2, "minutes": 10}],
        "hours": ["11:00-11:04", "11:05-24:00"],
        "repeat_dials": 3,
    }
}


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path, parts=GUARD) as found:
        await found.log_in()
        await found.store.write(
            [
                *(call(n, number="13900002222") for n in range(3)),
                call(3, number="013900002222", agent="8003"),
                call(4, number="13900003333"),
                call(5, number="8002", agent="8003"),
            ]
        )
        yield found


async def cases(home: House, kind: str, **more: object) -> list[dict[str, object]]:
    answer = await home.client.get(f"/api/watch/{kind}", params=DAY | more)
    assert answer.status_code == 200, answer.text
    return answer.json()["cases"]  # type: ignore[no-any-return]


async def test_a_breach_says_why_and_opens_exactly_its_calls(guarded: House) -> None:
    night, cap = await cases(guarded, "breaches")
    assert (night["rule"], night["figures"]["day"], night["count"]) == ("hours", "2026-11-23", 1)  # type: ignore[index]
    assert (cap["rule"], cap["number"], cap["count"]) == ("cap", "139****2222", 4)
    assert cap["figures"] == {"most": 2, "minutes": 10.0, "peak": 4, "dials": 4}
    assert [each["marked"] for each in cap["calls"]] == [False, False, True, True]  # type: ignore[attr-defined]
    assert [each["extension"] for each in cap["agents"]] == ["8001", "8003"]  # type: ignore[attr-defined]
    for case in (night, cap):
        opened = await ids(guarded, f"?{case['link']}")
        assert opened[::-1] == [each["call_id"] for each in case["calls"]]  # type: ignore[attr-defined]
    assert "13900002222" not in str([night, cap])


async def test_cases_of_a_team_are_those_with_a_call_of_it(guarded: House) -> None:
    assert [each["rule"] for each in await cases(guarded, "breaches", team="t1")] == ["hours", "cap"]
    assert [each["rule"] for each in await cases(guarded, "breaches", team="t2")] == ["cap"]
    assert await cases(guarded, "breaches", team="t9") == []


async def test_a_lead_sees_the_own_teams_part_and_no_other_name(guarded: House) -> None:
    await guarded.log_in("lead", "team_lead", ["t2"])
    (cap,) = await cases(guarded, "breaches")
    assert [each["extension"] for each in cap["agents"]] == ["8003"]  # type: ignore[attr-defined]
    assert [each["who"] is None for each in cap["calls"]] == [True, True, True, False]  # type: ignore[attr-defined]
    assert "张伟" not in str(cap)
    await guarded.store.write([lost(9, "13900007777", "8001"), lost(10, "13900008888", "8003")])
    page = (await guarded.client.get("/api/watch/missed", params=DAY)).json()
    assert ([each["team"] for each in page["teams"]], page["site"]["missed"]) == (["t2"], 1)
    assert [each["number"] for each in page["rows"]] == ["139****8888"]


async def test_questions_and_private_calls(guarded: House) -> None:
    own, over = await cases(guarded, "questions")
    assert (own["rule"], own["number"]) == ("own_number", "8002")
    assert (over["rule"], over["figures"]) == ("repeats", {"dials": 3, "connects": 3, "day": "2026-11-23"})
    assert await cases(guarded, "private") == []
    inbound = call(20, direction=Direction.INBOUND, number="13900005555", talk_seconds=181.0)
    await guarded.store.write([inbound])
    (long,) = await cases(guarded, "private")
    assert (long["rule"], long["count"]) == ("long_inbound", 1)


async def test_cases_as_a_file_say_why_in_words(guarded: House) -> None:
    (guarded.pages / "locales/zh-CN.json").write_text("{}", "utf-8")
    for kind, count in (("breaches", 2), ("questions", 2), ("private", 0)):
        found = await guarded.client.get(f"/api/watch/{kind}.csv", params=DAY)
        head, *rows = found.text.removeprefix("\ufeff").splitlines()
        assert (len(head.split(",")), len(rows)) == (9, count)
        assert "13900002222" not in found.text


WORDS = {
    "watch.why.cap": "{within}内最多 {most} 次：{peak}",
    "watch.within.minutes": "{n} 分钟",
    "watch.within.hours": "{n} 小时",
    "watch.within.days": "{n} 天",
}


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(5.0, "5 分钟内"), (90.0, "1.5 小时内"), (1440.0, "24 小时内"), (10080.0, "7 天内")],
)
def test_why_fills_in_the_figures(minutes: float, words: str) -> None:
    assert why("cap", {"most": 2, "minutes": minutes, "peak": 4}, WORDS.__getitem__) == f"{words}最多 2 次：4"


def test_where_calls_are_many_the_link_says_what_they_share() -> None:
    contacts = [contact_of(call(n % 1000, id=f"main/{n}/0")) for n in range(101)]
    many = Found(
        rule="just_over",
        agent="main/8001",
        number="13800000000",
        calls=tuple(contacts),
        marked=frozenset(each.id for each in contacts),
        figures={"from": 30.0, "to": 35.0},
    )
    found = dict(parse_qsl(link_of(many)))
    assert found == {
        "from": repr(contacts[0].started_at),
        "to": repr(contacts[-1].started_at + 0.001),
        "dial": "true",
        "agent": "main/8001",
        "part": "dialled",
        "same": "main/0/0",
        "talk_min": "30.0",
        "talk_max": "35.0",
    }
