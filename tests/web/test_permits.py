"""Every address with every role: who gets in is written out here, by hand, once more."""

from __future__ import annotations

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Mount, Route

from monitor.access import May, Role
from monitor.web.app import create_app
from monitor.web.pages import dashboard_folder
from monitor.web.permits import OPEN, PERMITS, Unknown, asked, pages_of
from tests.web.house import House

ROLES = {
    "A": "administrator",
    "M": "manager",
    "S": "supervisor",
    "L": "team_lead",
    "Q": "qa",
    "G": "agent",
    "B": "board",
}

#: Who gets in, by the letters above; "open" is for strangers too.
EXPECTED = """
GET    /healthz                             open
GET    /login                               open
GET    /setup                               open
POST   /api/login                           open
POST   /api/setup                           open
GET    /favicon.ico                         open
GET    /login/{file:path}                   open
GET    /common/{file:path}                  open
GET    /vendor/{file:path}                  open
GET    /locales/{file:path}                 open
GET    /                                    AMSLQGB
GET    /api/me                              AMSLQGB
POST   /api/logout                          AMSLQGB
GET    /api/definitions                     AMSLQGB
GET    /board/{file:path}                   AMSLQB
GET    /api/board                           AMSLQB
GET    /api/board/at                        AMSLQB
GET    /api/board/play                      AMSLQB
GET    /calls/{file:path}                   AMSLQG
GET    /calls/{pbx}/{uniqueid}/{dial:int}   AMSLQG
GET    /api/calls                           AMSLQG
GET    /api/calls/sums                      AMSLQG
GET    /api/calls.csv                       AMSLQG
GET    /api/filters                         AMSLQG
GET    /api/explain/{metric}                AMSLQG
GET    /api/calls/{call_id:path}            AMSLQG
GET    /api/recordings/{call_id:path}       AMSLQ
HEAD   /api/recordings/{call_id:path}       AMSLQ
GET    /reports/{file:path}                 AMSLQ
GET    /api/reports/{kind}                  AMSLQ
GET    /archive/{file:path}                 AMSLQ
GET    /api/archive                         AMSLQ
GET    /api/archive/{id}                    AMSLQ
GET    /api/archive/{id}/file               AMSLQ
POST   /api/archive/send                    AM
POST   /api/archive/{id}/resend             AM
GET    /ledger/{file:path}                  AMSLG
GET    /leave/{file:path}                   AMSLG
GET    /calendar/{file:path}                AMSLG
GET    /agent/{file:path}                   AMSLG
GET    /api/people                          AMSLG
GET    /api/people/{person}/days            AMSLG
GET    /api/absences                        AMSLG
POST   /api/absences                        AMSL
POST   /api/absences/import                 AMS
POST   /api/absences/{absence}/withdraw     AMSL
GET    /api/calendar/{year}                 AMSLG
POST   /api/calendar/days                   AMSL
POST   /api/calendar/days/remove            AMSL
POST   /api/calendar/import                 AMS
GET    /api/ledger                          AMSLG
GET    /api/ledger.csv                      AMSLG
GET    /api/verdicts/{person}/{day}/{shift} AMSLG
POST   /api/ledger/excuse                   AMSL
GET    /watch/{file:path}                   AMSL
GET    /api/watch/missed                    AMSL
GET    /api/watch/missed.csv                AMSL
GET    /api/watch/breaches                  AMSL
GET    /api/watch/breaches.csv              AMSL
GET    /api/watch/private                   AMSL
GET    /api/watch/private.csv               AMSL
GET    /api/watch/questions                 AMSL
GET    /api/watch/questions.csv             AMSL
POST   /api/numbers/list                    AM
POST   /api/numbers                         AM
POST   /api/numbers/import                  AM
POST   /api/numbers/{entry_id}/remove       AM
GET    /people/{file:path}                  AMSLG
GET    /targets/{file:path}                 AMSLG
GET    /api/roster                          AMSLG
GET    /api/roster/people/{person}          AMSLG
POST   /api/roster/moves                    AM
POST   /api/roster/teams                    AM
POST   /api/roster/import                   AM
GET    /api/targets                         AMSLG
POST   /api/targets                         AM
POST   /api/targets/remove                  AM
GET    /api/overtime                        AMSLG
POST   /api/overtime                        AMSL
POST   /api/overtime/{overtime}/withdraw    AMSL
GET    /alerts/{file:path}                  AM
GET    /api/alerts                          AM
GET    /api/alerts/deliveries               AM
POST   /api/alerts/channels/{id}/test       AM
POST   /api/alerts/rules                    AM
POST   /api/alerts/rules/change             AM
POST   /api/alerts/rules/remove             AM
POST   /api/alerts/rules/mute               AM
POST   /api/alerts/rules/switch             AM
GET    /users/{file:path}                   A
GET    /api/users                           A
POST   /api/users                           A
POST   /api/users/role                      A
POST   /api/users/password                  A
POST   /api/users/shut                      A
GET    /readyz                              AM
GET    /metrics                             AM
GET    /docs                                AM
GET    /docs.css                            AM
GET    /openapi.json                        AM
"""


def expected() -> dict[tuple[str, str], str]:
    rows = (line.split() for line in EXPECTED.strip().splitlines())
    return {(method, path): who for method, path, who in rows}


def routes_of(app: FastAPI) -> set[tuple[str, str]]:
    """Every (method, template) of an application but the mounted pages."""
    found: set[tuple[str, str]] = set()
    for each in app.routes:
        router = getattr(each, "original_router", None)
        for route in router.routes if router is not None else [each]:
            if isinstance(route, Mount):
                continue
            assert isinstance(route, APIRoute | Route), route
            template = route.path_format
            for name, convertor in route.param_convertors.items():
                kind = {"PathConvertor": ":path", "IntegerConvertor": ":int"}.get(
                    type(convertor).__name__, ""
                )
                template = template.replace("{" + name + "}", "{" + name + kind + "}")
            methods = set(route.methods or ())
            found |= {(method, template) for method in methods - ({"HEAD"} if "GET" in methods else set())}
    return found


def address(template: str) -> str:
    """An address of a template, with something in its places."""
    for place, value in (
        ("{file:path}", "index.html"),
        ("{call_id:path}", "main/1.1/0"),
        ("{dial:int}", "0"),
        ("{person}", "1"),
        ("{day}", "2026-11-23"),
        ("{shift}", "morning"),
        ("{absence}", "1"),
        ("{overtime}", "1"),
        ("{year}", "2026"),
        ("{kind}", "daily"),
        ("{metric}", "dials"),
        ("{name}", "nobody"),
        ("{entry_id}", "1"),
    ):
        template = template.replace(place, value)
    for place in ("{pbx}", "{uniqueid}", "{id}"):
        template = template.replace(place, "x")
    assert "{" not in template, "this test has nothing to put into the place"
    return template


def test_the_table_says_what_is_expected() -> None:
    assert set(PERMITS) == set(expected())


async def test_every_route_has_a_line_and_every_line_a_route(home: House) -> None:
    routes = routes_of(create_app(home.context))
    assert len(routes) > 40
    assert routes - set(PERMITS) == set(), "give it a line in monitor/web/permits.py"
    files = {key for key in PERMITS if key[1].endswith("{file:path}")} | {("GET", "/favicon.ico")}
    assert set(PERMITS) - files == routes


def test_every_folder_of_pages_has_a_line() -> None:
    there = {f"/{each.name}/{{file:path}}" for each in dashboard_folder().iterdir() if each.is_dir()}
    assert there == {path for _, path in PERMITS if path.endswith("/{file:path}")}


@pytest.mark.parametrize("letter", ROLES)
async def test_each_role_gets_in_where_it_may_and_nowhere_else(home: House, letter: str) -> None:
    await home.log_in("somebody", ROLES[letter], ["t1"] if letter in "SL" else [])
    table = expected()
    # Logging out comes last: it ends the session.
    for (method, template), who in sorted(table.items(), key=lambda row: row[0][1] == "/api/logout"):
        answer = await home.client.request(method, address(template), headers=home.ours)
        refused = answer.status_code == 403 and (
            method == "HEAD" or answer.json() == {"error": "not_allowed"}
        )
        assert refused is not (who == "open" or letter in who), (method, template, answer.status_code)
        assert answer.status_code not in (401, 405, 500), (method, template)


async def test_a_role_that_nobody_knows_may_nothing(home: House) -> None:
    await home.log_in("somebody", "emperor")
    for method, template in expected():
        if PERMITS[method, template] is not OPEN:
            answer = await home.client.request(method, address(template), headers=home.ours)
            assert answer.status_code == 403, template


async def test_a_page_says_in_words_that_it_is_not_for_this_role(inside: House) -> None:
    (inside.pages / "common/forbidden.html").write_text("<!doctype html><p>没有权限", "utf-8")
    await inside.log_in("tv", "board")
    answer = await inside.client.get("/calls/", headers={"Accept": "text/html"})
    assert (answer.status_code, "没有权限" in answer.text) == (403, True)
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_a_route_without_a_line_is_refused_to_everybody(inside: House) -> None:
    app = create_app(inside.context)

    @app.get("/api/forgotten")
    async def forgotten() -> str:
        raise AssertionError("it ran")

    app.router.routes.insert(0, app.router.routes.pop())
    headers = {"Cookie": inside.client.headers["Cookie"]}
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://house") as client:
        answer = await client.get("/api/forgotten", headers=headers)
    assert (answer.status_code, answer.json()) == (403, {"error": "not_allowed"})


async def test_pages_without_a_line_are_not_served(inside: House) -> None:
    (inside.pages / "secret").mkdir()
    (inside.pages / "secret/index.html").write_text("x", "utf-8")
    for path in (
        "/secret/",
        "/secret/index.html",
        "/README.md",
        "/board/../secret/",
        "/board/%2e%2e/secret/index.html",
    ):
        assert (await inside.client.get(path)).status_code == 404, path


async def test_a_method_that_no_line_has_is_no_way_in(inside: House) -> None:
    for method in ("PUT", "DELETE", "PATCH"):
        answer = await inside.client.request(method, "/api/calls", headers=inside.ours)
        assert (answer.status_code, answer.json()) == (405, {"error": "method_not_allowed"})


async def test_the_first_page_is_one_that_can_be_opened(home: House) -> None:
    for role in ROLES.values():
        await home.log_in(role, role, ["t1"])
        first = (await home.client.get("/")).headers["location"]
        told = (await home.client.get("/api/me")).json()
        assert first.strip("/") in told["pages"], role


@pytest.mark.parametrize("path", ["/board/../calls/", "/./board/", "/board", "//board/", "/boards/"])
def test_a_path_that_climbs_fits_nothing_and_a_folder_needs_no_slash(path: str) -> None:
    if path == "/board":
        assert asked("GET", path) is May.SEE_FLOOR
    else:
        with pytest.raises(Unknown):
            asked("GET", path)


def test_pages_are_told_in_order() -> None:
    assert pages_of(frozenset({May.SEE_FLOOR, May.SEE_CALLS})) == ["board", "calls"]


def test_the_letters_are_all_roles() -> None:
    assert set(ROLES.values()) == set(Role)
