"""Tables that people hand in, CSV or Excel, as rows with their line numbers: nothing is understood here yet.

CSV may be UTF-8 with or without a BOM, or GB18030 (what Excel and DingTalk write in China), parted by commas, tabs or
semicolons. The head is the first of the first rows that has a column asked for: exports begin with a title.
"""

from __future__ import annotations

import csv
import io
import unicodedata
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time

import msgspec

from monitor.errors import SheetError

MOST_BYTES = 5 << 20
MOST_ROWS = 20_000
_MOST_UNPACKED = 200 << 20
_HEAD_WITHIN = 10

Cell = str | datetime
"""A cell: text without spaces at its ends, or an instant that Excel kept as such."""


class Row(msgspec.Struct, frozen=True):
    """A row by the names of its columns; ``line`` is its number in the file, from 1."""

    line: int
    cells: dict[str, Cell]

    def text(self, column: str) -> str:
        """A cell as text; empty where there is none."""
        found = self.cells.get(column, "")
        return found if isinstance(found, str) else f"{found:%Y-%m-%d %H:%M}"

    @property
    def summary(self) -> str:
        """The row in short, for whoever has to find it."""
        return " | ".join(self.text(column) for column in self.cells if self.text(column))[:120]


class Sheet(msgspec.Struct, frozen=True):
    """Rows by our names of the columns; ``heads`` are the file's own names of them."""

    heads: dict[str, str]
    rows: list[Row]


def read(data: bytes, columns: dict[str, Sequence[str]], needed: Iterable[str]) -> Sheet:
    """A table. ``columns`` are our names with the heads people write for them; ``needed`` must be there.

    Raises ``SheetError``.
    """
    if len(data) > MOST_BYTES:
        raise SheetError("too_large", f"{MOST_BYTES >> 20} MiB")
    if data[:4] == b"\xd0\xcf\x11\xe0":
        raise SheetError("old_excel")
    lines = _excel(data) if data[:2] == b"PK" else _csv(data)
    ours = {_plain(head): name for name, heads in columns.items() for head in (name, *heads)}
    for number, line in enumerate(lines[:_HEAD_WITHIN]):
        names = [ours.get(_plain(cell)) if isinstance(cell, str) else None for cell in line]
        if all(name in names for name in needed):
            return _sheet(lines, number, names)
    asked = "、".join("/".join(columns[name][:2]) for name in needed)
    raise SheetError("no_head", asked)


def _sheet(lines: list[list[Cell]], head: int, names: Sequence[str | None]) -> Sheet:
    places: dict[str, int] = {}
    for place, name in enumerate(names):
        if name is not None:
            places.setdefault(name, place)
    rows = []
    for number, line in enumerate(lines[head + 1 :], head + 2):
        cells = {name: line[place] for name, place in places.items() if place < len(line)}
        if any(cell != "" for cell in line):
            rows.append(Row(number, cells))
    if len(rows) > MOST_ROWS:
        raise SheetError("too_long", str(MOST_ROWS))
    heads = {name: str(lines[head][place]) for name, place in places.items()}
    return Sheet(heads, rows)


def _plain(head: str) -> str:
    """A head without what people add to it: spaces, stars, brackets."""
    text = unicodedata.normalize("NFKC", head).lower()
    return "".join(text.partition("(")[0].split()).strip("*:")


def _csv(data: bytes) -> list[list[Cell]]:
    text = _decoded(data)
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(",\t;", key=first.count)
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=False))
    except csv.Error as error:
        raise SheetError("not_csv", str(error)) from None
    return [[cell.strip() for cell in line] for line in lines]


def _decoded(data: bytes) -> str:
    if b"\0" in data[:1000]:
        raise SheetError("not_a_table")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise SheetError("not_text")


def _excel(data: bytes) -> list[list[Cell]]:
    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(each.file_size for each in packed.infolist()) > _MOST_UNPACKED:
                raise SheetError("too_large", f"{_MOST_UNPACKED >> 20} MiB")
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        found: list[list[Cell]] = []
        for line in book.worksheets[0].iter_rows(values_only=True):
            found.append([_cell(value) for value in line])
            if len(found) > MOST_ROWS + _HEAD_WITHIN:
                raise SheetError("too_long", str(MOST_ROWS))
        return found
    except SheetError:
        raise
    except Exception as error:  # openpyxl raises whatever a damaged file makes it stumble over
        raise SheetError("not_excel", type(error).__name__) from error


def _cell(value: object) -> Cell:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, date):
        return datetime.combine(value, time())
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
