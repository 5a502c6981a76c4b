"""Pages come from their folder, with a policy that lets their import map run and nothing else inline."""

from __future__ import annotations

import base64
import hashlib

import pytest

from monitor.web.pages import dashboard_folder, import_map_hashes
from tests.web.house import IMPORT_MAP, House


@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("/board/", "board/index.html"),
        ("/calls/", "calls/index.html"),
        ("/calls/main/1795402800.1/0", "calls/call.html"),
        ("/login", "login/index.html"),
        ("/setup?token=x", "login/setup.html"),
    ],
)
async def test_each_page_names_its_import_map_in_its_policy(inside: House, path: str, file: str) -> None:
    answer = await inside.client.get(path)
    assert answer.status_code == 200
    assert file in answer.text
    digest = base64.b64encode(hashlib.sha256(IMPORT_MAP.encode()).digest()).decode()
    assert f"script-src 'self' 'sha256-{digest}';" in answer.headers["content-security-policy"]


async def test_a_page_that_changes_has_a_new_policy_at_once(inside: House) -> None:
    before = (await inside.client.get("/board/")).headers["content-security-policy"]
    (inside.pages / "board/index.html").write_text('<script type="importmap">{}</script>')
    import os

    os.utime(inside.pages / "board/index.html", (1, 1))
    assert (await inside.client.get("/board/")).headers["content-security-policy"] != before


async def test_files_are_asked_for_again_with_their_etag(inside: House) -> None:
    first = await inside.client.get("/common/common.js")
    assert first.headers["cache-control"] == "no-cache"
    again = await inside.client.get("/common/common.js", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    "path",
    [
        "/README.md",
        "/.git/config",
        "/../test.db",
        "/%2e%2e/test.db",
        "/common/..%2f..%2ftest.db",
        "/common/x.py",
        "/x",
    ],
)
async def test_nothing_else_is_served(inside: House, path: str) -> None:
    assert (await inside.client.get(path)).status_code == 404


async def test_home_is_the_board(inside: House) -> None:
    answer = await inside.client.get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/board/")


def test_import_maps_are_found_however_they_are_written() -> None:
    assert len(import_map_hashes(b"<script type=importmap>{}</script>")) == 1
    assert len(import_map_hashes(b"<script id='a' type='importmap'>\n{}\n</script><script>1</script>")) == 1
    assert import_map_hashes(b"<script>alert(1)</script>") == ()


def test_the_pages_of_the_clone_are_found() -> None:
    assert dashboard_folder().name == "dashboard"


async def test_who_asks_for_a_page_that_is_none_is_told_so_in_words(inside: House) -> None:
    missing = inside.pages / "common/missing.html"
    missing.write_text("<!doctype html>no such page", "utf-8")
    answer = await inside.client.get("/nothing", headers={"Accept": "text/html,*/*"})
    assert (answer.status_code, answer.text) == (404, "<!doctype html>no such page")
    answer = await inside.client.get("/nothing", headers={"Accept": "application/json"})
    assert answer.json() == {"error": "not_found"}
