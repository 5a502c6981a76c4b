"""What a stranger gets: nothing but the login; and what every answer carries."""

from __future__ import annotations

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from monitor.errors import ValueRefusedError
from monitor.web import faults
from monitor.web.app import create_app
from monitor.web.guard import is_open
from monitor.web.headers import ALWAYS
from tests.web.house import House


def addresses(home: House) -> list[tuple[str, str]]:
    """Every route there is, with something in its parameters."""
    found = []
    for included in create_app(home.context).routes:
        router = getattr(included, "original_router", None)
        for route in router.routes if router is not None else ():
            assert isinstance(route, APIRoute)
            path = route.path_format
            for name in route.param_convertors:
                path = path.replace("{" + name + "}", "0" if name == "dial" else "x")
            found += [(method, path) for method in route.methods or ()]
    return found


async def test_every_route_without_a_session_is_refused_unless_it_is_open(home: House) -> None:
    found = addresses(home)
    assert len(found) > 15
    for method, path in [*found, ("GET", "/openapi.json"), ("GET", "/board/"), ("GET", "/nothing")]:
        answer = await home.client.request(method, path, headers=home.ours)
        if is_open(method, path):
            assert answer.status_code != 401, path
        else:
            assert answer.status_code == 401, path
            if method != "HEAD":
                assert answer.json() == {"error": "not_logged_in"}


async def test_the_open_routes_are_few(home: House) -> None:
    assert {path for method, path in addresses(home) if is_open(method, path)} == {
        "/healthz",
        "/login",
        "/setup",
        "/api/login",
        "/api/setup",
    }


async def test_what_the_database_never_takes_is_a_bad_request() -> None:
    app = FastAPI()
    faults.install(app, missing=lambda: None)

    @app.get("/")
    async def unfit() -> None:
        raise ValueRefusedError("no text with NUL in it")

    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://house") as client:
        answer = await client.get("/")
    assert (answer.status_code, answer.json()) == (422, {"error": "bad_request"})


@pytest.mark.parametrize("path", ["/board/", "/calls/?agent=main%2F8001", "/", "/docs"])
async def test_a_page_sends_a_stranger_to_the_login_and_back(home: House, path: str) -> None:
    answer = await home.client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login?next=%2F")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Dialwatch": "1"},
        {"X-Dialwatch": "1", "Origin": "http://evil.example"},
        {"X-Dialwatch": "1", "Origin": "null"},
        {"X-Dialwatch": "0", "Origin": "OURS"},
        {"Origin": "OURS"},
    ],
    ids=["bare", "no origin", "foreign origin", "null origin", "wrong header", "no header"],
)
async def test_a_foreign_page_changes_nothing(inside: House, method: str, headers: dict[str, str]) -> None:
    sent = {name: value.replace("OURS", f"http://{inside.address}") for name, value in headers.items()}
    for path in ("/api/logout", "/api/login", "/api/setup", "/nothing"):
        answer = await inside.client.request(method, path, headers=sent)
        assert (answer.status_code, answer.json()["error"]) == (403, "foreign_request")


@pytest.mark.parametrize("path", ["/healthz", "/login", "/api/me", "/nothing", "/common/common.js"])
async def test_every_answer_carries_the_headers(home: House, path: str) -> None:
    answer = await home.client.get(path)
    for name, value in ALWAYS.items():
        assert answer.headers[name] == value
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "server" not in answer.headers


async def test_refusals_have_one_shape(inside: House) -> None:
    for path, status, body in (
        ("/nothing", 404, {"error": "not_found"}),
        ("/api/nothing", 404, {"error": "not_found"}),
        ("/api/calls?limit=0", 422, {"error": "bad_request", "field": "limit"}),
        ("/api/calls?nonsense=1", 422, {"error": "bad_request", "field": "nonsense"}),
    ):
        answer = await inside.client.get(path)
        assert (answer.status_code, answer.json()) == (status, body)


async def test_the_schema_names_every_operation_and_docs_shows_it(inside: House) -> None:
    schema = (await inside.client.get("/openapi.json")).json()
    page = (await inside.client.get("/docs")).text
    assert "/api/calls/{call_id}" in schema["paths"]
    for path in schema["paths"]:
        assert path in page
    assert "<script" not in page
    assert (await inside.client.get("/docs.css")).headers["content-type"].startswith("text/css")
