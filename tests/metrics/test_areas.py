"""Blocks and provinces of numbers."""

from __future__ import annotations

import pytest

from monitor.metrics.areas import area_code, block, provinces


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("1380013", "138"),
        ("1066666", "010"),
        ("2122222", "021"),
        ("7551234", "0755"),
        ("4008123", "400"),
        ("8008123", "800"),
        ("10086", "10086"),
        ("95588", "95588"),
        ("+813123", "+81"),
        ("", ""),
        ("anonymo", ""),
    ],
)
def test_a_key_has_its_block(key: str, expected: str) -> None:
    assert block(key) == expected


def test_area_codes_have_two_digits_or_three() -> None:
    assert [area_code(key) for key in ("1012345", "2812345", "7551234")] == ["10", "28", "755"]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("1380013", "北京"),
        ("1012345", "北京"),
        ("2112345", "上海"),
        ("7551234", "广东"),
        ("5711234", "浙江"),
        ("9911234", "新疆"),
        ("95588", ""),
        ("4008123", ""),
        ("+813123", ""),
    ],
)
def test_a_key_has_its_province(key: str, expected: str) -> None:
    assert provinces().of(key) == expected
