"""Numbers as most roles may see them: masked before they leave the server, the browser never gets the rest."""

from __future__ import annotations

import re
from typing import Final

from monitor.domain import Direction

_SHOWN_AT_END: Final = 4
_LEAST_DIGITS: Final = 7
_DIGITS: Final = re.compile(r"(?<![\d.])\+?\d{7,}(?![\d.])")


def masked(number: str | None) -> str | None:
    """``13800001234`` → ``138****1234``; what is too short for a subscriber's number stays as it is."""
    if number is None or sum(each.isdigit() for each in number) < _LEAST_DIGITS:
        return number
    shown_first = max(0, min(3, len(number) - 8))
    hidden = len(number) - shown_first - _SHOWN_AT_END
    return number[:shown_first] + "*" * hidden + number[-_SHOWN_AT_END:]


def masked_number(number: str | None, direction: Direction, *, whole: bool = False) -> str | None:
    """The other party's number, ``whole`` for who may see it; an internal call's is an extension: everybody may."""
    if whole:
        return number
    return masked_text(number) if direction is Direction.INTERNAL else masked(number)


def masked_text(text: str | None, *, whole: bool = False) -> str | None:
    """Text with every number in it masked: a caller's name may well be a number."""
    return text if text is None or whole else _DIGITS.sub(lambda found: masked(found[0]) or "", text)


def masked_channel(channel: str, *, whole: bool = False) -> str:
    """A channel's name with the number in it masked, but not its serial (``Local/138…@out-0000001d;1``)."""
    if whole:
        return channel
    device, dash, serial = channel.rpartition("-")
    return f"{masked_text(device)}{dash}{serial}" if dash else masked_text(channel) or ""
