"""Numbers inside other text, masked: the server masks, the browser never gets the rest."""

from __future__ import annotations

import re
from typing import Final

from monitor.domain import Direction
from monitor.metrics.masking import masked

# Digits beside a dot are a uniqueid (1763907207.12), fewer than seven an extension or a service number.
_NUMBER: Final = re.compile(r"(?<![\d.])\+?\d{7,}(?![\d.])")


def masked_number(number: str | None, direction: Direction) -> str | None:
    """The other party's number; an internal call's is an extension, which everybody may see."""
    return masked_text(number) if direction is Direction.INTERNAL else masked(number)


def masked_text(text: str | None) -> str | None:
    """Text with every number in it masked: a caller's name may well be a number."""
    return None if text is None else _NUMBER.sub(lambda found: masked(found[0]) or "", text)


def masked_channel(channel: str) -> str:
    """A channel's name with the number in it masked, but not its serial (``Local/138…@out-0000001d;1``)."""
    device, dash, serial = channel.rpartition("-")
    return f"{masked_text(device)}{dash}{serial}" if dash else masked_text(channel) or ""
