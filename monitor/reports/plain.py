"""A report as text: a table for the terminal, CSV for spreadsheets, JSON for programs."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Sequence
from typing import Final

import msgspec

from monitor.metrics.sheet import Report
from monitor.reports.columns import Of, Say, Value
from monitor.reports.sections import local, made, main, remarks, sections, span, title
from monitor.reports.tables import Section

BOM: Final = "\ufeff"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")


def safe_cell(value: str) -> str:
    """A cell that no spreadsheet takes for a formula (OWASP ASVS 5.0 V1.2.10: quoting alone does not help)."""
    return f"'{value}" if value.startswith(_FORMULA) else value


def csv_text(rows: Sequence[Sequence[object]]) -> str:
    """RFC 4180 lines of safe cells."""
    out = io.StringIO()
    csv.writer(out).writerows(
        [safe_cell(cell) if isinstance(cell, str) else cell for cell in row] for row in rows
    )
    return out.getvalue()


def as_csv(report: Report, say: Say) -> bytes:
    """The main table with all its columns; shares as numbers, seconds as seconds, times local. UTF-8 with BOM."""
    table = main(report, say)
    heads = [_unit(head.words, head.of, say) for head in table.heads]
    rows = [
        [_cell(value, head.of, report) for value, head in zip(row, table.heads, strict=True)]
        for row in table.rows
    ]
    return (BOM + csv_text([heads, *rows])).encode()


def _unit(words: str, of: Of, say: Say) -> str:
    return f"{words} ({say('report.unit.seconds')})" if of is Of.SECONDS else words


def _cell(value: Value, of: Of, report: Report) -> object:
    if value is None:
        return ""
    if of is Of.CLOCK and isinstance(value, float):
        return f"{local(value, report):%Y-%m-%d %H:%M:%S}"
    if isinstance(value, float):
        return round(value, 4) if of is Of.SHARE else round(value, 1)
    return value


def as_json(report: Report) -> bytes:
    """The report's values (``metrics/sheet.py``)."""
    return msgspec.json.encode(report)


def as_table(report: Report, say: Say) -> str:
    """For a terminal: title, remarks, and the tables without their wide columns."""
    parts = [f"{title(report, say)}  {span(report, say)}", made(report, say), *remarks(report, say)]
    for each in sections(report, say):
        parts += ["", f"## {each.title}", _grid(each, report)]
    return "\n".join(parts)


def _grid(table: Section, report: Report) -> str:
    shown = [i for i, head in enumerate(table.heads) if not head.wide]
    heads = [table.heads[i].words for i in shown]
    rows = [[written(row[i], table.heads[i].of, report) for i in shown] for row in table.rows]
    widths = [max(_width(row[i]) for row in [heads, *rows]) for i in range(len(shown))]
    left = [table.heads[i].of is Of.TEXT for i in shown]
    lines = [
        "  ".join(_padded(cell, widths[i], left=left[i]) for i, cell in enumerate(row)).rstrip()
        for row in [heads, *rows]
    ]
    lines.insert(1, "  ".join("─" * width for width in widths))
    if table.totals:
        lines.insert(len(lines) - table.totals, "  ".join("─" * width for width in widths))
    return "\n".join(lines)


def written(value: Value, of: Of, report: Report) -> str:
    """A value as people read it; "—" for none."""
    if value is None:
        return "—"
    if isinstance(value, str):
        return value
    if of is Of.SHARE:
        return f"{value:.1%}"
    if of is Of.SECONDS:
        whole = round(value)
        hours, minutes = divmod(whole // 60, 60)
        return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
    if of is Of.CLOCK:
        return f"{local(value, report):%H:%M:%S}"
    return f"{value:,.1f}" if of is Of.DECIMAL and value != int(value) else f"{round(value):,}"


def _width(text: str) -> int:
    """Columns of a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)


def _padded(text: str, width: int, *, left: bool) -> str:
    space = " " * (width - _width(text))
    return text + space if left else space + text
