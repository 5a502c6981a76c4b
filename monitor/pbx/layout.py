"""Reading a few headers of many messages of one kind: the order of the headers is learned, then matched whole.

A PBX writes the headers of an event always in the same order, or in one of a few (a ``Hangup`` with and
without ``TechCause``). The first message of each order is taken apart line by line; from its keys a
pattern is made that names every line up to the last one needed, and later messages are read by one
match. The pattern takes nothing on trust: a message that differs in any key is taken apart again, so a
value that looks like a header, or a header that is repeated, reads the same either way.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from monitor.pbx.wire import decode

#: Orders remembered for one kind of message; a further one is read line by line each time.
MAX_LAYOUTS = 8

#: A message with more lines, or longer, is nothing to learn from.
MAX_LINES = 64
MAX_CHARACTERS = 8192

#: The manager writes its time stamp among the first lines; one further down is the event's own.
STAMP = "Timestamp"
STAMP_LINES = 4

_Match = Callable[[str], "re.Match[str] | None"]


class Reader:
    """Reads ``Timestamp``, then the ``required`` and the ``optional`` headers, from messages of one kind."""

    __slots__ = ("_layouts", "_names", "_required")

    def __init__(self, required: tuple[str, ...] = (), optional: tuple[str, ...] = ()) -> None:
        self._required = required
        self._names = (*required, *optional)
        self._layouts: list[tuple[_Match, tuple[int, ...]]] = []

    def read(self, message: bytes, fallback: str = "gb18030") -> tuple[str, ...]:
        """Time stamp and headers, ``""`` for one that is not there; the first of a repeated header counts.

        Raises ``KeyError`` where a required header is missing.
        """
        text = decode(message, fallback)
        for match, order in self._layouts:
            found = match(text)
            if found is not None:
                return found.group(*order)
        return self._take_apart(text)

    def _take_apart(self, text: str) -> tuple[str, ...]:
        found: dict[str, str] = {}
        keys: list[str] = []
        plain = True
        for line in text.split("\r\n"):
            key, colon, value = line.partition(":")
            if colon:
                found.setdefault(key, value.removeprefix(" "))
            plain = plain and value[:1] == " " and "\r" not in line
            keys.append(key)
        stamp = found.get(STAMP, "") if STAMP in keys[:STAMP_LINES] else ""
        for name in self._required:
            if name not in found:
                raise KeyError(name)
        if (
            plain
            and len(keys) <= MAX_LINES
            and len(text) <= MAX_CHARACTERS
            and len(self._layouts) < MAX_LAYOUTS
        ):
            self._layouts.append(_layout(keys, self._names))
        return (stamp, *[found.get(name, "") for name in self._names])


def _layout(keys: list[str], names: tuple[str, ...]) -> tuple[_Match, tuple[int, ...]]:
    """What matches a message of these keys, and the groups that hold the time stamp and the ``names``."""
    lines = {name: keys.index(name) for name in names if name in keys}
    if STAMP in keys[:STAMP_LINES]:
        lines[STAMP] = keys.index(STAMP)
    # Where a header is missing the whole message has to be seen, or it could stand in the rest.
    whole = any(name not in lines for name in names)
    last = len(keys) - 1 if whole else max(lines.values(), default=0)
    wanted = set(lines.values())
    pattern = [
        re.escape(key) + (": ([^\r]*+)" if number in wanted else ": [^\r]*+")
        for number, key in enumerate(keys[: last + 1])
    ]
    # Group 1 is always empty: what a missing header reads as.
    groups: dict[int, int] = {number: group for group, number in enumerate(sorted(wanted), 2)}
    order = [groups[lines[name]] if name in lines else 1 for name in (STAMP, *names)]
    end = r"\Z" if last == len(keys) - 1 else "\r\n"
    compiled: re.Pattern[Any] = re.compile("()" + "\r\n".join(pattern) + end)
    return compiled.match, tuple(order)
