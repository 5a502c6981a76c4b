"""Where numbers are: their block (号段, area code) and, with the data of the package ``phone``, their province.

Keys are the first seven digits of a national number without the prefix 0, as ``Rollups.by_number`` groups them: a Chinese
mobile's seven digits name its province, a fixed line's area code does. A foreign number keeps its ``+``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from monitor.errors import EnvironmentFault

OTHER = ""
"""The block or province of a number that has none that is known."""

_MOBILE = re.compile(r"1[3-9]")
_KEY_DIGITS = 7


def block(key: str) -> str:
    """How a key's block is written: ``138``, an area code with its 0, ``400``, a short number whole, ``+81``."""
    if not key or not key.lstrip("+").isdigit():
        return OTHER
    if key[0] == "+":
        return key[:3]
    if len(key) < _KEY_DIGITS or _MOBILE.match(key) or key[:3] in ("400", "800"):
        return key if len(key) < _KEY_DIGITS else key[:3]
    return f"0{area_code(key)}"


def area_code(key: str) -> str:
    """The area code of a fixed line in China, without the 0: 10 and 2x have two digits, the others three."""
    return key[:2] if key[:2] == "10" or key[0] == "2" else key[:3]


class Provinces:
    """Answers for keys; built from the data file of the package ``phone`` (MIT, gathered from the carriers' ranges).

    Raises ``EnvironmentFault`` where the package is not installed.
    """

    def __init__(self) -> None:
        try:
            from phone import Phone
        except ImportError:
            raise EnvironmentFault(
                "grouping by province needs the number ranges of the package phone; install it: pip install 'dialwatch[areas]'"
            ) from None
        self._ranges: Any = Phone()
        self._areas: Mapping[str, str] = _area_codes(self._ranges)

    def of(self, key: str) -> str:
        """The province of a key, ``OTHER`` where it is not known."""
        if len(key) < _KEY_DIGITS or not key.isdigit():
            return OTHER
        if _MOBILE.match(key):
            found = self._ranges.find(key)
            return str(found["province"]) if found else OTHER
        return self._areas.get(area_code(key), OTHER)


def _area_codes(ranges: Any) -> dict[str, str]:
    """Provinces by area code, from the records of the file: ``province|city|post code|area code``, ended by a zero."""
    found: dict[str, str] = {}
    for record in ranges.buf[8 : ranges.first_phone_record_offset].split(b"\0"):
        parts = record.decode(errors="replace").split("|")
        if len(parts) == 4 and parts[3].startswith("0"):
            found.setdefault(parts[3][1:], parts[0])
    return found


@cache
def provinces() -> Provinces:
    """The ranges, read once (4.5 MB). Raises ``EnvironmentFault``."""
    return Provinces()
