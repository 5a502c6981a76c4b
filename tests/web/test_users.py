"""Logins on the administrator's page: added, changed, shut out; each change ends sessions and is in the audit."""

from __future__ import annotations

import pytest
from websockets.exceptions import ConnectionClosed

from tests.web.house import PASSWORD, House
from tests.web.serving import within

LEAD = {"name": "组长", "password": PASSWORD, "role": "team_lead", "teams": ["t1"]}


async def send(home: House, path: str, body: dict[str, object]) -> tuple[int, object]:
    answer = await home.client.post(f"/api/users{path}", json=body, headers=home.ours)
    return answer.status_code, answer.json() if answer.content else None


async def test_a_login_is_added_and_logs_in_with_what_it_sees(inside: House) -> None:
    status, found = await send(inside, "", LEAD)
    assert status == 201
    assert found == [
        {
            "name": "wang",
            "role": "administrator",
            "teams": [],
            "team_names": [],
            "person": None,
            "person_name": None,
            "disabled": False,
        },
        {
            "name": "组长",
            "role": "team_lead",
            "teams": ["t1"],
            "team_names": ["朝阳组"],
            "person": None,
            "person_name": None,
            "disabled": False,
        },
    ]
    assert (await inside.client.get("/api/users")).json() == found
    answer = await inside.client.post(
        "/api/login", json={"username": "组长", "password": PASSWORD}, headers=inside.ours
    )
    assert answer.status_code == 204
    told = await inside.client.get(
        "/api/me", headers={"Cookie": answer.headers["set-cookie"].partition(";")[0]}
    )
    assert (told.json()["role"], told.json()["teams"]) == ("team_lead", ["t1"])
    assert "users" not in told.json()["pages"]
    assert await send(inside, "", LEAD) == (409, {"error": "user_exists", "field": "name"})


async def test_an_agents_login_has_a_person(inside: House) -> None:
    person = next(each for each in (await inside.store.roster()).assignments if each.extension == "8003")
    wanted = {"name": "li", "password": PASSWORD, "role": "agent", "person": person.person_id}
    status, found = await send(inside, "", wanted)
    assert status == 201
    row = next(each for each in found if each["name"] == "li")  # type: ignore[attr-defined]
    assert (row["person"], row["person_name"]) == (person.person_id, "李娜")
    assert (await send(inside, "", wanted | {"name": "x", "person": 999}))[0] == 404


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"name": " "}, "username_bad"),
        ({"name": "a\nb"}, "username_bad"),
        ({"password": "short"}, "password_short"),
        ({"teams": []}, "team_needed"),
        ({"teams": ["nobody"]}, "bad_request"),
        ({"role": "emperor"}, "bad_request"),
        ({"role": "manager"}, "no_team"),
        ({"role": "agent", "teams": []}, "person_needed"),
        ({"role": "agent", "person": 1}, "no_team"),
        ({"person": 1}, "no_person"),
    ],
)
async def test_what_does_not_fit_is_refused(inside: House, changed: dict[str, object], error: str) -> None:
    status, told = await send(inside, "", LEAD | changed)
    assert (status, told["error"]) == (422, error)  # type: ignore[index]
    if not {"name", "password"} & changed.keys():
        wanted = {
            key: value for key, value in (LEAD | changed | {"name": "wang"}).items() if key != "password"
        }
        assert (await send(inside, "/role", wanted))[0] == 422


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/role", {"role": "board", "teams": ["t2"]}),
        ("/password", {"password": "another password"}),
        ("/shut", {"disabled": True}),
    ],
)
async def test_a_change_ends_sessions_and_boards_at_once(
    inside: House, path: str, body: dict[str, object]
) -> None:
    admin = inside.client.headers["Cookie"]
    token = await inside.log_in("lead", "team_lead", ["t1"])
    assert (await inside.client.get("/api/me")).status_code == 200
    lead = inside.client.headers["Cookie"]
    async with inside.socket(token) as socket:
        await within(socket.recv())
        inside.client.headers["Cookie"] = admin
        assert (await send(inside, path, {"name": "lead"} | body))[0] in (200, 204)
        with pytest.raises(ConnectionClosed):
            while True:
                await within(socket.recv())
        assert socket.close_code == 4401
    inside.client.headers["Cookie"] = lead
    assert (await inside.client.get("/api/me")).status_code == 401
    audited = await inside.store.discipline.audited("user/lead")
    assert [each.who for each in audited] == ["wang", ""]


async def test_somebody_is_always_left_who_can_mend_it(inside: House) -> None:
    shut = {"name": "wang", "disabled": True}
    other = {"name": "wang", "role": "manager"}
    last = {"error": "last_administrator"}
    assert await send(inside, "/shut", shut) == (409, last)
    assert await send(inside, "/role", other) == (409, last)
    await inside.store.create_user("second", "", "administrator")
    await inside.store.disable_user("second")
    assert await send(inside, "/shut", shut) == (409, last)
    assert (await send(inside, "/shut", {"name": "second", "disabled": False}))[0] == 200
    assert (await send(inside, "/role", other))[0] == 200
    assert (await inside.client.get("/api/users")).status_code == 401


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/role", {"role": "qa"}),
        ("/password", {"password": PASSWORD}),
        ("/shut", {"disabled": False}),
    ],
)
async def test_nobody_of_that_name_is_404(inside: House, path: str, body: dict[str, object]) -> None:
    await inside.store.create_user("second", "", "administrator")
    assert (await send(inside, path, {"name": "nobody"} | body))[0] == 404
