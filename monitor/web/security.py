"""Secrets and patience: password hashes, opaque tokens, and the brake on guessing.

Passwords are argon2id hashes (argon2-cffi's defaults, RFC 9106 low-memory profile); they are computed
off the event loop and at most two at a time, because each takes 64 MiB. Session and set-up tokens are
32 random bytes; only their SHA-256 is stored, so a copy of the database logs nobody in.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

LEAST_PASSWORD_CHARACTERS: Final = 8
MOST_PASSWORD_CHARACTERS: Final = 256

_hasher: Final = PasswordHasher()


class Passwords:
    """Hashes and checks passwords in threads, two at a time."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(2)
        self._nobody = ""

    async def hashed(self, password: str) -> str:
        """The argon2id hash of ``password`` for the store."""
        async with self._turn:
            return await asyncio.to_thread(_hasher.hash, password)

    async def matches(self, stored: str | None, password: str) -> bool:
        """Whether ``password`` belongs to the hash; as slow for ``None`` (no such user) as for a user."""
        if stored is None and not self._nobody:
            self._nobody = await self.hashed(secrets.token_urlsafe(16))
        async with self._turn:
            right = await asyncio.to_thread(_verified, stored or self._nobody, password)
        return right and stored is not None


def _verified(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (Argon2Error, InvalidHashError):
        return False


def password_fault(password: str) -> str | None:
    """Why a new password can't be taken, as a key for people's words; ``None`` when it can."""
    if len(password) < LEAST_PASSWORD_CHARACTERS:
        return "password_short"
    if len(password) > MOST_PASSWORD_CHARACTERS:
        return "password_long"
    return None


def new_token() -> str:
    """A token nobody can guess, for a cookie or a link."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What the store keeps of a token."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


class Throttle:
    """Slows down who guesses: per account and address together, per address, and per account.

    After ``free`` failures the next try has to wait, twice as long after each further failure. The brake
    per account alone starts late and stays short, so that nobody can lock a supervisor out for long.
    Failures are forgotten after ``forget_seconds``. ``monotonic`` gives seconds; the memory is bounded.
    """

    LIMITS: Final = {"both": (5, 900.0), "address": (20, 900.0), "account": (50, 30.0)}
    """Kind → (failures without a wait, the longest wait in seconds)."""
    _KEPT: Final = 10_000

    def __init__(self, monotonic: Callable[[], float], *, forget_seconds: float = 3600.0) -> None:
        self._monotonic = monotonic
        self._forget_seconds = forget_seconds
        self._failures: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()

    def wait_seconds(self, account: str, address: str) -> float:
        """How long this account must wait at this address before it may try; 0 when it need not."""
        now = self._monotonic()
        longest = 0.0
        for key in _keys(account, address):
            failures, last = self._failures.get(key, (0, 0.0))
            if now - last > self._forget_seconds:
                continue
            free, most = self.LIMITS[key[0]]
            if failures >= free:
                longest = max(longest, last + min(2.0 ** min(failures - free, 16), most) - now)
        return longest

    def failed(self, account: str, address: str) -> None:
        """Count a wrong password (or an unknown account: the same)."""
        now = self._monotonic()
        for key in _keys(account, address):
            failures, last = self._failures.pop(key, (0, now))
            fresh = 1 if now - last > self._forget_seconds else failures + 1
            self._failures[key] = (fresh, now)
        while len(self._failures) > self._KEPT:
            self._failures.popitem(last=False)

    def succeeded(self, account: str, address: str) -> None:
        """A right password: what was counted for it before it was checked is taken back."""
        both, *others = _keys(account, address)
        self._failures.pop(both, None)
        for key in others:
            failures, last = self._failures.get(key, (0, 0.0))
            if failures > 1:
                self._failures[key] = (failures - 1, last)
            else:
                self._failures.pop(key, None)


def _keys(account: str, address: str) -> tuple[tuple[str, str], ...]:
    return (("both", f"{account}\n{address}"), ("address", address), ("account", account))
