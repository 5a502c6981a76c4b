"""Passwords, tokens, and the brake on guessing."""

from __future__ import annotations

import pytest

from monitor.web.security import Passwords, Throttle, new_token, password_fault, token_hash


async def test_only_the_right_password_matches() -> None:
    passwords = Passwords()
    stored = await passwords.hashed("正确的密码 1")
    assert stored.startswith("$argon2id$")
    assert await passwords.matches(stored, "正确的密码 1")
    assert not await passwords.matches(stored, "wrong")
    assert not await passwords.matches(None, "正确的密码 1")
    assert not await passwords.matches("not a hash", "x")


def test_tokens_differ_and_are_kept_as_hashes() -> None:
    one, two = new_token(), new_token()
    assert one != two
    assert len(one) >= 43
    assert token_hash(one) == token_hash(one) != token_hash(two)
    assert one not in token_hash(one)


@pytest.mark.parametrize(
    ("password", "fault"), [("1234567", "password_short"), ("12345678", None), ("x" * 257, "password_long")]
)
def test_new_passwords_have_a_length(password: str, fault: str | None) -> None:
    assert password_fault(password) == fault


class Hand:
    """A clock moved by hand."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_guessing_one_account_is_slowed_down_more_and_more() -> None:
    hand = Hand()
    throttle = Throttle(hand)
    waits = []
    for _ in range(9):
        waits.append(throttle.wait_seconds("wang", "10.0.0.1"))
        throttle.failed("wang", "10.0.0.1")
    assert waits == [0, 0, 0, 0, 0, 1, 2, 4, 8]
    hand.seconds = 16.0
    assert throttle.wait_seconds("wang", "10.0.0.1") == 0
    assert throttle.wait_seconds("wang", "10.0.0.2") == 0


def test_the_longest_wait_is_a_quarter_of_an_hour_and_all_is_forgotten_after_an_hour() -> None:
    hand = Hand()
    throttle = Throttle(hand)
    for _ in range(3000):
        throttle.failed("wang", "10.0.0.1")
    assert throttle.wait_seconds("wang", "10.0.0.1") == 900
    assert 0 < throttle.wait_seconds("wang", "10.0.0.2") <= 30, "a stranger can't lock wang out for long"
    assert throttle.wait_seconds("li", "10.0.0.1") == 900, "one address guessing at many accounts is slowed"
    hand.seconds = 3601.0
    assert throttle.wait_seconds("wang", "10.0.0.1") == 0


def test_right_passwords_leave_no_trace() -> None:
    throttle = Throttle(Hand())
    for number in range(200):
        throttle.failed(f"agent{number}", "10.0.0.1")
        throttle.succeeded(f"agent{number}", "10.0.0.1")
    assert throttle.wait_seconds("agent1", "10.0.0.1") == 0


def test_the_memory_is_bounded() -> None:
    throttle = Throttle(Hand())
    for number in range(15_000):
        throttle.failed(f"a{number}", f"10.0.{number // 250}.{number % 250}")
    assert len(throttle._failures) <= 10_000
