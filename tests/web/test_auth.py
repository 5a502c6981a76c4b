"""Logging in, out, and the one-time set-up."""

from __future__ import annotations

import time
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from monitor.web.guard import COOKIE
from monitor.web.security import token_hash
from tests.web.house import NOON, PASSWORD, House, house
from tests.web.serving import until, within


def cookie(header: str) -> SimpleCookie:
    return SimpleCookie(header)


async def test_the_right_password_gives_a_session(home: House) -> None:
    await home.user()
    answer = await home.client.post(
        "/api/login", json={"username": " wang ", "password": PASSWORD}, headers=home.ours
    )
    assert answer.status_code == 204
    found = cookie(answer.headers["set-cookie"])[COOKIE]
    assert found["httponly"] and found["samesite"] == "lax" and found["path"] == "/"
    assert not found["secure"]
    me = await home.client.get(
        "/api/me", headers={"Cookie": f"{COOKIE}={found.value}", "Accept-Language": "en"}
    )
    told = me.json()
    assert (told["username"], told["role"], told["language"]) == ("wang", "administrator", "en")
    assert (told["timezone"], told["now"], told["site"]) == ("Asia/Shanghai", NOON, "测试")


async def test_over_https_the_cookie_is_secure(home: House) -> None:
    await home.user()
    headers = home.ours | {"X-Forwarded-Proto": "https", "Origin": f"https://{home.address}"}
    answer = await home.client.post(
        "/api/login", json={"username": "wang", "password": PASSWORD}, headers=headers
    )
    assert cookie(answer.headers["set-cookie"])[COOKIE]["secure"]
    assert "max-age" in answer.headers["strict-transport-security"]


@pytest.mark.parametrize(("name", "password"), [("wang", "wrong"), ("nobody", PASSWORD), ("nobody", "x")])
async def test_a_wrong_login_says_only_that(home: House, name: str, password: str) -> None:
    await home.user()
    answer = await home.client.post(
        "/api/login", json={"username": name, "password": password}, headers=home.ours
    )
    assert (answer.status_code, answer.json()) == (401, {"error": "wrong_login"})
    assert "set-cookie" not in answer.headers


async def test_a_disabled_login_is_refused_and_its_session_ends(home: House) -> None:
    await home.user()
    token = await home.log_in()
    assert (await home.client.get("/api/me")).status_code == 200
    await home.store.disable_user("wang")
    home.context.guard.forget(token_hash(token))
    assert (await home.client.get("/api/me")).status_code == 401
    answer = await home.client.post(
        "/api/login", json={"username": "wang", "password": PASSWORD}, headers=home.ours
    )
    assert answer.status_code == 401


async def test_guessing_is_slowed_down_even_with_the_right_password_at_last(home: House) -> None:
    await home.user()
    for _ in range(5):
        answer = await home.client.post(
            "/api/login", json={"username": "wang", "password": "x"}, headers=home.ours
        )
        assert answer.status_code == 401
    for _ in range(2):
        home.context.throttle.failed("wang", "127.0.0.1")
    answer = await home.client.post(
        "/api/login", json={"username": "WANG", "password": PASSWORD}, headers=home.ours
    )
    assert answer.status_code == 429
    assert answer.json()["error"] == "too_many_attempts"
    assert 0 < answer.json()["wait_seconds"] <= 4
    assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize("body", ["", "[]", '{"username":"a"}', '{"username":"a","password":"b","x":1}'])
async def test_what_was_sent_is_never_sent_back(home: House, body: str) -> None:
    answer = await home.client.post(
        "/api/login", content=body, headers=home.ours | {"Content-Type": "application/json"}
    )
    assert answer.status_code == 422
    assert set(answer.json()) <= {"error", "field"}


async def test_logging_out_ends_the_session_and_its_boards(home: House) -> None:
    token = await home.log_in()
    async with home.socket(token) as socket:
        await within(socket.recv())
        answer = await home.client.post("/api/logout", headers=home.ours)
        assert answer.status_code == 204
        with pytest.raises(ConnectionClosed):
            while True:
                await within(socket.recv())
        assert socket.close_code == 4401
    assert (await home.client.get("/api/me")).status_code == 401
    assert await home.store.session(token_hash(token)) is None


async def test_the_set_up_link_makes_one_login_and_logs_it_in(home: House) -> None:
    await home.store.create_setup_token(token_hash("link"), time.time() + 60)
    wanted = {"token": "link", "username": "经理", "password": PASSWORD}
    answer = await home.client.post("/api/setup", json=wanted, headers=home.ours)
    assert answer.status_code == 204
    token = cookie(answer.headers["set-cookie"])[COOKIE].value
    me = await home.client.get("/api/me", headers={"Cookie": f"{COOKIE}={token}"})
    assert (me.json()["username"], me.json()["language"]) == ("经理", "zh-CN")
    assert me.json()["role"] == "administrator"
    again = await home.client.post("/api/setup", json=wanted, headers=home.ours)
    assert (again.status_code, again.json()["error"]) == (403, "setup_link_invalid")


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"token": "guess"}, 403, "setup_link_invalid"),
        ({"password": "short"}, 422, "password_short"),
        ({"username": " "}, 422, "username_bad"),
        ({"username": "a\nb"}, 422, "username_bad"),
    ],
)
async def test_a_set_up_that_is_refused_does_not_use_up_the_link(
    home: House, changed: dict[str, str], status: int, error: str
) -> None:
    await home.store.create_setup_token(token_hash("link"), time.time() + 60)
    wanted = {"token": "link", "username": "wang", "password": PASSWORD}
    answer = await home.client.post("/api/setup", json=wanted | changed, headers=home.ours)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert (await home.client.post("/api/setup", json=wanted, headers=home.ours)).status_code == 204


async def test_an_expired_link_and_a_second_login_are_refused(home: House) -> None:
    wanted = {"token": "link", "username": "wang", "password": PASSWORD}
    await home.store.create_setup_token(token_hash("link"), time.time() - 1)
    assert (await home.client.post("/api/setup", json=wanted, headers=home.ours)).status_code == 403
    await home.user("li")
    await home.store.create_setup_token(token_hash("new"), time.time() + 60)
    answer = await home.client.post("/api/setup", json=wanted | {"token": "new"}, headers=home.ours)
    assert (answer.status_code, answer.json()["error"]) == (409, "already_set_up")


async def test_without_the_store_who_was_in_stays_in(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        token = await home.log_in()
        assert (await home.client.get("/api/me")).status_code == 200
        await home.store.close()
        (tmp_path / "test.db").rename(tmp_path / "away.db")
        (tmp_path / "test.db").mkdir()
        assert (await home.client.get("/api/me")).status_code == 200
        assert (await home.client.get("/api/board")).status_code == 200
        answer = await home.client.get("/api/calls")
        assert (answer.status_code, answer.json()["error"]) == (503, "store_unavailable")
        stranger = await home.client.get("/api/me", headers={"Cookie": f"{COOKIE}=other"})
        assert stranger.status_code == 503
        async with home.socket(token) as socket:
            await within(socket.recv())
            await until(lambda: home.context.hub.clients == 1)
