"""A number explained over HTTP: its definition, its calls, the gaps that touch it."""

from __future__ import annotations

from monitor.domain import Gap, GapReason, Outcome
from tests.web.house import NOON, House, call

BEGUN = NOON - 3600


async def test_a_number_is_explained_over_its_calls(inside: House) -> None:
    missed = call(3, answered_at=None, talk_seconds=0.0, segments=(), outcome=Outcome.NO_ANSWER)
    gap = Gap(
        pbx="main", started_at=BEGUN + 90, ended_at=BEGUN + 120, reason=GapReason.LINK_LOST, calls_cut=1
    )
    elsewhen = Gap(pbx="main", started_at=BEGUN - 900, ended_at=BEGUN - 800, reason=GapReason.REFUSED)
    await inside.store.write([call(0), call(1), missed, call(50), gap, elsewhen])
    query: dict[str, str | float] = {"from": BEGUN, "to": BEGUN + 600, "agent": "main/8001", "dial": "true"}
    told = (await inside.client.get("/api/explain/connect_rate", params=query)).json()
    assert (told["calls"], told["value"]) == (3, 2 / 3)
    assert told["definition"]["zh"] == "接通率"
    assert [each["started_at"] for each in told["gaps"]] == [BEGUN + 90]
    sums = (await inside.client.get("/api/calls/sums", params=query)).json()
    for key in ("dials", "connects", "connect_rate", "talk_seconds", "average_talk_seconds"):
        found = (await inside.client.get(f"/api/explain/{key}", params=query)).json()
        assert found["value"] == sums[key], key


async def test_what_calls_alone_do_not_give_has_no_value(inside: House) -> None:
    told = (await inside.client.get("/api/explain/dial_start")).json()
    assert (told["value"], told["gaps"]) == (None, [])


async def test_a_number_that_is_none_is_not_found(inside: House) -> None:
    answer = await inside.client.get("/api/explain/pay")
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


async def test_a_lead_is_told_of_the_own_team(inside: House) -> None:
    await inside.store.write([call(0), call(1, agent="8003")])
    await inside.log_in("li", "team_lead", ["t2"])
    assert (await inside.client.get("/api/explain/dials")).json()["value"] == 1
