"""Sessions are asked for, remembered for a moment, and survive a store that is away; Origins are ours or not."""

from __future__ import annotations

import time

import pytest

from monitor.errors import StoreError
from monitor.web.guard import COOKIE, Guard, Session, is_open
from monitor.web.security import token_hash


class Kept:
    """Sessions in memory, that can go away."""

    def __init__(self) -> None:
        self.session: Session | None = None
        self.away = False
        self.asked = 0

    async def find(self, hashed: str) -> Session | None:
        self.asked += 1
        if self.away:
            raise StoreError("away")
        return self.session if self.session and self.session.token_hash == hashed else None


def lasting(seconds: float) -> Session:
    return Session(token_hash("t"), "wang", "administrator", time.time() + seconds)


async def test_a_session_is_found_by_its_cookie_and_remembered() -> None:
    kept = Kept()
    kept.session = lasting(60)
    guard = Guard(kept)
    assert await guard.session_of(f"a=b; {COOKIE}=t") == kept.session
    assert await guard.session_of(f"{COOKIE}=t") == kept.session
    assert kept.asked == 1
    assert await guard.session_of(f"{COOKIE}=other") is None
    assert await guard.session_of("") is None


async def test_a_cookie_that_is_no_text_is_nobodys() -> None:
    assert await Guard(Kept()).session_of(f"{COOKIE}=\udcff") is None


async def test_an_ended_or_expired_session_is_none() -> None:
    kept = Kept()
    kept.session = lasting(60)
    guard = Guard(kept)
    assert await guard.session(token_hash("t"))
    kept.session = None
    assert await guard.session(token_hash("t"), fresh=True) is None
    kept.session = lasting(-1)
    assert await guard.session(token_hash("t")) is None


async def test_without_the_store_known_sessions_hold_and_nobody_new_gets_in() -> None:
    kept = Kept()
    kept.session = lasting(60)
    guard = Guard(kept)
    assert await guard.session(token_hash("t"))
    kept.away = True
    assert await guard.session(token_hash("t"), fresh=True) == kept.session
    with pytest.raises(StoreError):
        await guard.session(token_hash("new"))
    guard.forget(token_hash("t"))
    with pytest.raises(StoreError):
        await guard.session(token_hash("t"))


@pytest.mark.parametrize(
    ("origin", "host", "allowed"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1:8000", True),
        ("https://board.example", "board.example", True),
        ("https://BOARD.example", "board.example:443", True),
        ("http://[::1]:8000", "[::1]:8000", True),
        ("http://[::1]", "[::1]", True),
        ("https://tv.example", "board.example", True),
        ("http://tv.example", "board.example", False),
        ("http://evil.example", "board.example", False),
        ("http://board.example:81", "board.example", False),
        ("http://board.example@evil.example", "board.example", False),
        ("null", "board.example", False),
        ("", "board.example", False),
        ("file://", "board.example", False),
        ("http://[", "board.example", False),
        ("http://[board.example]", "board.example", False),
        ("http://board.example", None, False),
    ],
)
def test_an_origin_is_ours_when_it_is_our_address_or_configured(
    origin: str, host: str | None, allowed: bool
) -> None:
    assert Guard(Kept(), ["https://tv.example/"]).origin_allowed(origin, host) is allowed


@pytest.mark.parametrize(
    "address", ["GET /healthz", "GET /login", "HEAD /login/login.js", "GET /vendor/x.mjs", "POST /api/login"]
)
def test_the_open_addresses(address: str) -> None:
    assert is_open(*address.split())


@pytest.mark.parametrize(
    "path",
    ["/", "/board/", "/api/board", "/api/login", "/login2", "/api/login/x", "//login/", "/login/../board/"],
)
def test_everything_else_is_not_open(path: str) -> None:
    assert not is_open("GET", path)
