"""Lists of numbers over HTTP: entered, looked for, taken off, imported; a dial to a listed one is a case."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from pydantic import SecretStr

from tests.web.house import NOON, House, call, house
from tests.web.test_watch import DAY

NUMBER = "138 0000 0002"


async def looked(home: House, number: str = "", name: str = "do_not_call") -> dict[str, object]:
    answer = await home.client.post(
        "/api/numbers/list", json={"list": name, "number": number}, headers=home.ours
    )
    assert answer.status_code == 200, answer.text
    return answer.json()  # type: ignore[no-any-return]


async def entered(home: House, **more: object) -> dict[str, object]:
    body = {"list": "do_not_call", "number": NUMBER, "reason": "投诉"} | more
    answer = await home.client.post("/api/numbers", json=body, headers=home.ours)
    assert answer.status_code == 201, answer.text
    return answer.json()  # type: ignore[no-any-return]


async def test_a_number_is_entered_found_and_taken_off(inside: House) -> None:
    made = await entered(inside)
    assert (made["hint"], made["since"], made["until"], made["entered_by"]) == (
        "138****0002",
        NOON,
        None,
        "wang",
    )
    assert (await looked(inside))["count"] == 1
    found = await looked(inside, "+86-138-0000-0002")
    assert [each["id"] for each in found["rows"]] == [made["id"]]  # type: ignore[index, attr-defined]
    assert (await looked(inside, "13800000009"))["rows"] == []
    assert (await looked(inside, name="own"))["count"] == 0
    for status in (204, 404):
        answer = await inside.client.post(
            f"/api/numbers/{made['id']}/remove", json={"reason": "误录"}, headers=inside.ours
        )
        assert answer.status_code == status
    assert (await looked(inside))["count"] == 0
    (entry,) = await inside.store.discipline.audited(f"number/{made['id']}")
    assert (entry.who, entry.why) == ("wang", "误录")


async def test_what_is_no_number_or_ends_first_is_refused(inside: House) -> None:
    for wrong, field in (
        ({"number": "abc"}, "number"),
        ({"until": NOON - 1}, "until"),
        ({"list": "x"}, "list"),
    ):
        body = {"list": "do_not_call", "number": NUMBER} | wrong
        answer = await inside.client.post("/api/numbers", json=body, headers=inside.ours)
        assert (answer.status_code, answer.json()["field"]) == (422, field)
    answer = await inside.client.post(
        "/api/numbers/list", json={"list": "own", "number": "x"}, headers=inside.ours
    )
    assert answer.status_code == 422


async def test_an_import_shows_first_and_writes_all_or_what_is_right(inside: House) -> None:
    file = "号码\n13800000002\n错\n".encode()

    async def take(query: str = "") -> dict[str, object]:
        answer = await inside.client.post(
            f"/api/numbers/import?list=campaign{query}", content=file, headers=inside.ours
        )
        assert answer.status_code == 200, answer.text
        return answer.json()  # type: ignore[no-any-return]

    for query, written, count in (
        ("", False, 0),
        ("&write=true", False, 0),
        ("&write=true&skip_bad=true", True, 1),
    ):
        found = await take(query)
        assert (found["written"], found["total"], found["lines"]) == (written, 1, [2])
        assert [each["problem"] for each in found["bad"]] == ["number_bad"]  # type: ignore[attr-defined]
        assert (await looked(inside, name="campaign"))["count"] == count
    again = await take()
    assert (again["total"], again["known"]) == (0, 1)
    answer = await inside.client.post("/api/numbers/import?list=own", content=b"a,b\n", headers=inside.ours)
    assert (answer.status_code, answer.json()["error"]) == (422, "import.no_head")


async def test_a_dial_to_a_listed_number_is_a_case_from_its_date_on(inside: House) -> None:
    await inside.store.write([call(1, number="13800000002"), call(2, number="013800000002", agent="8003")])
    await entered(inside, since=call(2).started_at)
    page = (await inside.client.get("/api/watch/breaches", params=DAY)).json()
    (case,) = page["cases"]
    assert (case["rule"], case["number"], case["count"]) == ("do_not_call", "138****0002", 1)
    assert [each["call_id"] for each in case["calls"]] == [call(2).id]
    assert (case["figures"]["reason"], page["off"]) == ("投诉", ["cap", "hours"])
    assert "13800000002" not in str(page)


# ---------------------------------------------------------------- keyed hashes


@pytest_asyncio.fixture
async def hashing(tmp_path: Path) -> AsyncIterator[House]:
    guard = {"hash_numbers": True, "secret_env": "KEY"}
    async with house(tmp_path, parts={"guard": guard}, then=_with_secret) as found:
        await found.log_in()
        yield found


def _with_secret(made):  # type: ignore[no-untyped-def]
    return made.model_copy(update={"guard": made.guard.model_copy(update={"secret": SecretStr("k")})})


async def test_hashed_lists_hold_no_number_and_still_find_it(hashing: House) -> None:
    made = await entered(hashing)
    assert made["hint"] == "…02"
    (kept,) = await hashing.store.numbers.entries("do_not_call")
    assert kept.key.startswith("hmac:") and "0000002" not in str(kept)
    found = await looked(hashing, NUMBER)
    assert (found["hashed"], len(found["rows"])) == (True, 1)  # type: ignore[arg-type]
    await hashing.store.write([call(80, number="13800000002")])
    (case,) = (await hashing.client.get("/api/watch/breaches", params=DAY)).json()["cases"]
    assert case["calls"][0]["call_id"] == call(80).id


async def test_without_the_key_nothing_is_entered_and_the_pages_say_so(tmp_path: Path) -> None:
    async with house(tmp_path, parts={"guard": {"hash_numbers": True, "secret_env": "KEY"}}) as home:
        await home.log_in()
        body = {"list": "do_not_call", "number": NUMBER}
        answer = await home.client.post("/api/numbers", json=body, headers=home.ours)
        assert (answer.status_code, answer.json()["error"]) == (503, "no_secret")
        assert (await looked(home))["no_secret"] is True
        assert (await home.client.get("/api/watch/breaches", params=DAY)).json()["no_secret"] is True
