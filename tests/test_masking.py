"""What a supervisor may see of a number inside other text."""

from __future__ import annotations

import pytest

from monitor.domain import Direction
from monitor.masking import masked_channel, masked_number, masked_text


@pytest.mark.parametrize(
    ("number", "direction", "shown"),
    [
        ("13800001234", Direction.OUTBOUND, "138****1234"),
        ("13800001234", Direction.INTERNAL, "138****1234"),
        ("8001", Direction.INTERNAL, "8001"),
        (None, Direction.INBOUND, None),
    ],
)
def test_the_other_party(number: str | None, direction: Direction, shown: str | None) -> None:
    assert masked_number(number, direction) == shown


def test_numbers_in_names_are_masked_and_ids_are_not() -> None:
    assert masked_text("张三13800001234先生") == "张三138****1234先生"
    assert masked_text("1763907207.12") == "1763907207.12"
    assert masked_text("8001") == "8001"
    assert masked_text(None) is None


def test_numbers_in_channels_are_masked_and_serials_are_not() -> None:
    assert masked_channel("Local/13800001234@out-0000001d;1") == "Local/138****1234@out-0000001d;1"
    assert masked_channel("PJSIP/8001-00000010") == "PJSIP/8001-00000010"
    assert masked_channel("13800001234") == "138****1234"
