"""A titled table of values, as every format writes it."""

from __future__ import annotations

import msgspec

from monitor.reports.columns import Of, Value

Row = tuple[Value, ...]


class Head(msgspec.Struct, frozen=True):
    """A column of a section: its key, its words, the kind of its values; ``wide``: left away where room is scarce."""

    key: str
    words: str
    of: Of
    wide: bool = False


class Section(msgspec.Struct, frozen=True):
    """A titled table; ``totals`` of its last rows are sums of those above."""

    key: str
    title: str
    heads: tuple[Head, ...]
    rows: list[tuple[Value, ...]]
    totals: int = 0
