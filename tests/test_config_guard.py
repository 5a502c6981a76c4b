"""The harassment guard's part of config.toml."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from monitor.config import load
from tests.test_config import SHIPPED, WHOLE, told

HASHED = '[guard]\nhash_numbers = true\nsecret_env = "KEY"\n'


def read(folder: Path, text: str, env: dict[str, str] | None = None):  # type: ignore[no-untyped-def]
    path = folder / "config.toml"
    path.write_text(WHOLE + text, encoding="utf-8")
    return load(path, env or {}).guard


def test_without_the_table_nothing_is_limited(tmp_path: Path) -> None:
    guard = read(tmp_path, "")
    assert (guard.caps, guard.hours, guard.own_numbers, guard.watched_seconds) == ((), (), (), 0.0)
    assert guard.keys is not None and guard.keys.stored("1") == "1"


def test_the_shipped_file_limits_dials_and_hours() -> None:
    guard = load(SHIPPED, {}).guard
    assert [(cap.most, cap.seconds) for cap in guard.caps] == [(5, 86400), (3, 300)]
    assert guard.hours == ((time(8), time(21)),)
    assert guard.watched_seconds == 86400


def test_the_lists_key_comes_from_the_environment_or_a_file_and_is_never_shown(tmp_path: Path) -> None:
    guard = read(tmp_path, HASHED, {"KEY": "s3cr3t"})
    assert guard.keys is not None and guard.keys.stored("1").startswith("hmac:")
    assert "s3cr3t" not in repr(guard)
    assert read(tmp_path, HASHED).keys is None
    (tmp_path / "key").write_text("s3cr3t\n")
    (tmp_path / "key").chmod(0o600)
    by_file = read(tmp_path, HASHED.replace('secret_env = "KEY"', 'secret_file = "key"'))
    assert by_file.keys == guard.keys
    (tmp_path / "key").chmod(0o644)
    with pytest.raises(Exception, match=r"secret_file of \[guard\]: .* chmod 600"):
        read(tmp_path, HASHED.replace('secret_env = "KEY"', 'secret_file = "key"'))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'hours = ["21:00-08:00"]',
            "guard.hours#1 = '21:00-08:00': no span of a day; write it as \"08:00-21:00\"",
        ),
        ('hours = ["8-21"]', "guard.hours#1 = '8-21': no span of a day"),
        ("caps = [{ most = 0, minutes = 5 }]", "guard.caps#1.most = 0: must be at least 1"),
        ("caps = [{ most = 1, minutes = 50000 }]", "guard.caps#1.minutes = 50000: must be at most 44640"),
        (
            "caps = [{ most = 1, minutes = 5 }, { most = 2, minutes = 5 }]",
            "guard.caps#2.minutes = 5: is given twice; each cap needs its own minutes",
        ),
        ("hash_numbers = true", "guard.hash_numbers = true: needs a secret; write secret_env"),
        ('secret = "hunter2"', "guard.secret: a secret must not stand in this file"),
        (
            'secret_env = "A"\nsecret_file = "b"',
            "guard.secret_file = 'b': secret_env is given too; keep one of them",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_mend(tmp_path: Path, text: str, message: str) -> None:
    said = told(tmp_path, f"{WHOLE}[guard]\n{text}\n")
    assert message in said
    assert "hunter2" not in said
