"""The board of then over HTTP."""

from __future__ import annotations

import gzip
from typing import Any

from monitor.rewinding import MOST_WAITING, BusyError
from tests.web.house import NOON, House, call


async def test_the_board_of_then(inside: House) -> None:
    await inside.store.write([call(0), call(10), call(20)])
    then = NOON - 3600 + 10 * 60 + 20  # in the middle of the second call
    answer = await inside.client.get("/api/board/at", params={"at": then})
    told = answer.json()
    assert (told["type"], told["past"], told["at"], told["now"]) == ("snapshot", True, then, NOON)
    board = told["board"]
    assert (board["site"]["figures"]["dials"], board["site"]["figures"]["finished"]) == (2, 1)
    agent = next(each for each in board["agents"] if each["extension"] == "8001")
    assert (agent["state"], agent["call"]["id"]) == ("talking", call(10).id)
    assert "138" in agent["call"]["number"] and "13800000010" not in answer.text
    live = (await inside.client.get("/api/board")).json()["board"]
    assert board.keys() == live.keys()
    assert [agent["id"] for agent in board["agents"]] == [agent["id"] for agent in live["agents"]]


async def test_a_play_is_a_board_and_what_changed_from_frame_to_frame(inside: House) -> None:
    await inside.store.write([call(0), call(10), call(20)])
    query: dict[str, Any] = {"from": NOON - 3600 + 30, "step": 60, "frames": 12}
    told = (await inside.client.get("/api/board/play", params=query)).json()
    assert told["type"] == "play"
    assert told["board"]["site"]["figures"]["dials"] == 1
    assert [frame["at"] for frame in told["frames"]] == [query["from"] + 60 * i for i in range(1, 13)]
    dials = [f["changes"]["site"]["figures"]["dials"] for f in told["frames"] if "site" in f["changes"]]
    assert dials[-1] == 2


async def test_what_is_to_come_and_what_is_no_instant_is_refused(inside: House) -> None:
    for path, fault in {
        f"at?at={NOON + 60}": "not_yet",
        f"play?from={NOON + 60}&step=10": "not_yet",
        "at?at=nan": "bad_request",
        "at": "bad_request",
        "play?from=0&step=0": "bad_request",
        "play?from=0&step=10&frames=1000": "bad_request",
    }.items():
        answer = await inside.client.get(f"/api/board/{path}")
        assert (answer.status_code, answer.json()["error"]) == (422, fault), path


async def test_who_is_one_too_many_is_told_to_wait(inside: House) -> None:
    async def crowded(*_: object) -> None:
        raise BusyError(f"{MOST_WAITING} wait already")

    inside.context.rewind.play = crowded  # type: ignore[assignment,method-assign]
    answer = await inside.client.get(f"/api/board/at?at={NOON}")
    assert (answer.status_code, answer.json()["error"], answer.headers["retry-after"]) == (503, "busy", "1")


async def test_it_is_packed_for_who_can_unpack(inside: House) -> None:
    plain = await inside.client.get(f"/api/board/at?at={NOON}", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    async with inside.client.stream(
        "GET", f"/api/board/at?at={NOON}", headers={"Accept-Encoding": "gzip"}
    ) as answer:
        raw = b"".join([part async for part in answer.aiter_raw()])
    assert gzip.decompress(raw) == plain.content


async def test_a_lead_sees_the_own_team_of_then(inside: House) -> None:
    other = call(5, agent="8003", id="main/other/0")
    await inside.store.write([call(0), call(1), other])
    await inside.log_in("li", "team_lead", ["t2"])
    board = (await inside.client.get("/api/board/at", params={"at": NOON})).json()["board"]
    assert [agent["extension"] for agent in board["agents"]] == ["8003"]
    assert [team["id"] for team in board["teams"]] == ["t2"]
    assert board["site"]["figures"]["dials"] == 1
