"""Calls over HTTP: filters, paging, masking, one call's story, CSV."""

from __future__ import annotations

import csv
import io

import pytest

from monitor.domain import (
    Direction,
    Gap,
    GapReason,
    HangupBy,
    Leg,
    LegRole,
    Outcome,
    Phase,
    Transfer,
    VoiceQuality,
)
from tests.web.house import NOON, House, call


async def ids(home: House, query: str) -> list[str]:
    answer = await home.client.get(f"/api/calls{query}")
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["calls"]]


async def test_a_list_is_newest_first_with_names_and_masked(inside: House) -> None:
    await inside.store.write([call(1), call(2, agent="9999", name=None)])
    answer = (await inside.client.get("/api/calls")).json()
    newer, older = answer["calls"]
    assert answer["next"] is None
    assert (newer["agent_name"], newer["team"], newer["name"]) == (None, None, None)
    assert (older["agent_name"], older["team"]) == ("张伟", "t1")
    assert older["number"] == "138****0001"
    assert older["name"] == "客户 138****0001"
    assert older["outcome"] == "answered" and older["started_at"] == NOON - 3540


async def test_pages_follow_each_other_without_a_gap(inside: House) -> None:
    await inside.store.write([call(n) for n in range(25)])
    seen: list[str] = []
    after = ""
    while True:
        page = (await inside.client.get(f"/api/calls?limit=10{after}")).json()
        seen += [each["id"] for each in page["calls"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert seen == [call(n).id for n in reversed(range(25))]


FLOOR = [
    call(0),
    call(1, agent="8002", outcome=Outcome.BUSY, answered_at=None, talk_seconds=0.0, segments=()),
    call(2, agent="8003", trunk="trunk-b", number="02187654321"),
    call(3, direction=Direction.INBOUND, talk_seconds=300.0),
    call(4, phase=Phase.TALKING, ended_at=None, outcome=None, talk_seconds=0.0, hangup_by=HangupBy.UNKNOWN),
]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?agent=main/8001", [4, 3, 0]),
        ("?agent=main/8001&agent=main/8002", [4, 3, 1, 0]),
        ("?team=t1", [4, 3, 1, 0]),
        ("?team=t2&team=t1", [4, 3, 2, 1, 0]),
        ("?team=t1&agent=main/8003", []),
        ("?team=unknown", []),
        ("?number=7654", [2]),
        ("?direction=inbound", [3]),
        ("?outcome=busy", [1]),
        ("?trunk=trunk-b", [2]),
        ("?trunk=main/trunk-b", [2]),
        ("?talk_min=40", [3, 2, 0]),
        ("?talk_min=40&talk_max=100", [2, 0]),
        ("?live=true", [4]),
        ("?live=false", [3, 2, 1, 0]),
        (f"?from={NOON - 3600 + 60}&to={NOON - 3600 + 180}", [2, 1]),
    ],
)
async def test_filters_narrow(inside: House, query: str, expected: list[int]) -> None:
    await inside.store.write(FLOOR)
    assert await ids(inside, query) == [FLOOR[n].id for n in expected]
    sums = (await inside.client.get(f"/api/calls/sums{query}")).json()
    assert sums["calls"] == len(expected)


async def test_one_call_tells_its_story(inside: House) -> None:
    told = call(
        7,
        transfers=(Transfer(kind="blind", at=NOON, by="8001", to="13911112222"),),
        legs=(
            Leg(
                uniqueid="1795402800.1",
                channel="Local/13800000007@out-0000001d;1",
                role=LegRole.FAR,
                endpoint="trunk-a",
                number="13800000007",
                started_at=NOON,
            ),
        ),
        voice=VoiceQuality(mos=4.1, reports=3),
        notes=("gap",),
        complete=False,
    )
    await inside.store.write(
        [
            told,
            Gap(
                pbx="main",
                started_at=told.started_at + 1,
                ended_at=told.started_at + 9,
                reason=GapReason.LINK_LOST,
            ),
            Gap(pbx="other", started_at=told.started_at + 1, ended_at=None, reason=GapReason.LINK_LOST),
            Gap(pbx="main", started_at=NOON + 999, ended_at=NOON + 1000, reason=GapReason.LINK_LOST),
        ]
    )
    text = (await inside.client.get(f"/api/calls/{told.id}")).text
    assert "13800000007" not in text and "13911112222" not in text
    found = (await inside.client.get(f"/api/calls/{told.id}")).json()
    assert found["segments"][0] == {
        "agent": "8001",
        "agent_name": "张伟",
        "started_at": told.started_at + 5,
        "ended_at": told.started_at + 45,
    }
    assert found["legs"][0]["channel"] == "Local/138****0007@out-0000001d;1"
    assert found["transfers"][0]["to"] == "139****2222"
    assert [gap["started_at"] for gap in found["gaps"]] == [told.started_at + 1]
    assert found["voice"]["mos"] == 4.1
    assert found["notes"] == ["gap"]
    assert found["recording"] == {
        "state": "none",
        "duration_seconds": None,
        "url": None,
        "why": "not_recorded",
    }


@pytest.mark.parametrize("call_id", ["main/1.2/0", "nothing", "../../etc/passwd", "main/1.2/0/../../x"])
async def test_a_call_that_is_none(inside: House, call_id: str) -> None:
    answer = await inside.client.get(f"/api/calls/{call_id}")
    assert answer.status_code == 404


async def test_a_csv_file_opens_right_and_runs_nothing(inside: House) -> None:
    await inside.store.write(
        [call(0, name="=HYPERLINK(1)"), call(1, name="@x"), *[call(n) for n in range(2, 40)]]
    )
    answer = await inside.client.get("/api/calls.csv?language=zh-CN")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith('attachment; filename="calls-20261123-')
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 40
    assert rows[-1]["编号"] == call(0).id
    assert rows[-1]["csv.name"] == "'=HYPERLINK(1)"
    assert rows[-2]["csv.name"] == "'@x"
    assert rows[-1]["csv.started_at"] == "2026-11-23 11:00:00"
    assert rows[-1]["csv.outcome"] == "接通"
    assert rows[-1]["csv.number"] == "138****0000"


async def test_the_csv_of_nobody_is_a_head(inside: House) -> None:
    answer = await inside.client.get("/api/calls.csv?team=unknown")
    assert answer.text.count("\n") == 1


async def test_what_can_be_chosen(inside: House) -> None:
    found = (await inside.client.get("/api/filters")).json()
    assert found["agents"][0] == {"id": "main/8001", "extension": "8001", "name": "张伟", "team": "t1"}
    assert found["teams"] == [{"id": "t1", "name": "朝阳组"}, {"id": "t2", "name": "远航组"}]
    assert found["trunks"] == [{"id": "main/trunk-a", "name": "trunk-a"}]
    assert set(found["outcomes"]) == set(Outcome) and "inbound" in found["directions"]
