"""What a supervisor may see of a number."""

from __future__ import annotations

import pytest

from monitor.web.masking import masked, masked_channel, masked_text


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("13800001234", "138****1234"),
        ("+8613800001234", "+86*******1234"),
        ("01062345678", "010****5678"),
        ("62345678", "****5678"),
        ("6234567", "***4567"),
        ("8001", "8001"),
        ("110", "110"),
        ("10086", "10086"),
        (None, None),
        ("anonymous", "anonymous"),
    ],
)
def test_numbers_are_masked(number: str | None, shown: str | None) -> None:
    assert masked(number) == shown


def test_numbers_in_names_and_channels_are_masked_and_ids_are_not() -> None:
    assert masked_text("张三 13800001234") == "张三 138****1234"
    assert masked_text("1763907207.12") == "1763907207.12"
    assert masked_channel("Local/13800001234@out-0000001d;1") == "Local/138****1234@out-0000001d;1"
    assert masked_channel("PJSIP/8001-00000010") == "PJSIP/8001-00000010"
    assert masked_channel("13800001234") == "138****1234"
    assert masked_text(None) is None
