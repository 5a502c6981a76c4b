"""Whether the figures of a report that was sent are still those of the store. Pure.

A report is kept as its tables beside its file. A figure is found again by its table, its row (the texts that begin it) and
its column, so this works for every kind of report.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence

import msgspec

from monitor.metrics.sheet import Report
from monitor.reports.columns import Of, Say, Value
from monitor.reports.sections import sections
from monitor.reports.tables import Section

MOST_DIFFERENCES = 500
"""So many differences are told; that there are more is seen by their number being this."""

_OF_THE_MOMENT = ("forecast",)
"""Tables that are true when they are made only: that a day's forecast is gone in the evening is no change."""

Place = tuple[str, tuple[str, ...], str]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """A figure as it was sent and as it is now; ``None`` where there is none. ``of`` is the kind of its value."""

    table: str
    row: str
    column: str
    of: str
    was: Value
    now: Value


def figures(report: Report, say: Say) -> bytes:
    """A report's tables, as they are kept."""
    return msgspec.json.encode([each for each in sections(report, say) if each.key not in _OF_THE_MOMENT])


def fingerprint(kept: bytes) -> str:
    """Of kept tables, or of a file: SHA-256, hexadecimal."""
    return hashlib.sha256(kept).hexdigest()


def differences(kept: bytes, now: bytes) -> list[Difference]:
    """What differs, in the order of the tables."""
    was_tables, now_tables = (msgspec.json.decode(each, type=list[Section]) for each in (kept, now))
    was, is_now = _figures(was_tables), _figures(now_tables)
    found = []
    for place in dict.fromkeys([*was, *is_now]):
        old, new = was.get(place), is_now.get(place)
        known = old or new
        if known is None or (old is not None and new is not None and _same(old.value, new.value)):
            continue
        old_value, new_value = (each.value if each is not None else None for each in (old, new))
        if old_value is None and new_value is None:
            continue
        found.append(
            Difference(
                table=known.table,
                row=" ".join(each for each in place[1] if each),
                column=known.column,
                of=known.of,
                was=old_value,
                now=new_value,
            )
        )
        if len(found) == MOST_DIFFERENCES:
            break
    return found


class _Figure(msgspec.Struct, frozen=True):
    table: str
    column: str
    of: str
    value: Value


def _figures(tables: Sequence[Section]) -> dict[Place, _Figure]:
    return dict(each for table in tables for each in _of_table(table))


def _of_table(table: Section) -> Iterator[tuple[Place, _Figure]]:
    named = next((number for number, head in enumerate(table.heads) if head.of is not Of.TEXT), 1)
    seen: dict[tuple[str, ...], int] = {}
    for row in table.rows:
        name = tuple(str(value or "") for value in row[:named])
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            name = (*name, f"#{seen[name]}")
        for head, value in list(zip(table.heads, row, strict=True))[named:]:
            yield (table.key, name, head.key), _Figure(table.title, head.words, head.of.value, value)


def _same(one: Value, other: Value) -> bool:
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
    return one == other
