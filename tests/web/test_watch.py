"""The watch's pages, asked over HTTP."""

from __future__ import annotations

import pytest

from monitor.domain import Call, Direction, Outcome
from tests.web.house import NOON, House, call
from tests.web.test_calls import ids

DAY = {"from": NOON - 7200, "to": NOON + 7200}


def lost(index: int, number: str, *rang: str) -> Call:
    from monitor.domain import Leg, LegRole

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
