"""A report as an Excel workbook: a sheet for each table, real numbers and times, a chart of the hours.

Text is written as text whatever it looks like, so no name and no number can become a formula.
"""

from __future__ import annotations

import io
import math
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

import xlsxwriter

from monitor.metrics.sheet import Report
from monitor.reports.columns import Of, Say, Value
from monitor.reports.sections import local, made, remarks, sections, span, title
from monitor.reports.tables import Section

FIRST_ROW = 3
"""Row of the heads: title, days and an empty row stand above."""

_FORMATS = {
    Of.TEXT: "@",
    Of.COUNT: "#,##0",
    Of.DECIMAL: "#,##0.0",
    Of.SHARE: "0.0%",
    Of.SECONDS: "[h]:mm:ss",
    Of.CLOCK: "hh:mm:ss",
}
_WIDTHS = {Of.TEXT: 13, Of.COUNT: 9, Of.DECIMAL: 10, Of.SHARE: 9, Of.SECONDS: 10, Of.CLOCK: 10}
_WIDEST = 44
_FONT = "Microsoft YaHei"
_DAY_SECONDS = 86400
_LONGEST_NAME = 31
_NOT_IN_A_NAME = str.maketrans(dict.fromkeys("[]:*?/\\", "-"))
_BLUE, _GREEN, _AMBER, _RED = "#0072B2", "#DDF2EA", "#FFF4DA", "#FDECEB"
_RED_LINE, _LIGHT = "#D55E00", "#9CC9E6"


def as_excel(report: Report, say: Say) -> bytes:
    """The workbook's bytes."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        book.set_properties({"title": title(report, say), "subject": span(report, say)})
        writer = _Writer(book, report, say)
        for each in sections(report, say):
            writer.sheet(each)
        writer.notes()
    return out.getvalue()


def _wide(text: str) -> int:
    """How many digits wide a text is; a Chinese character is two."""
    return sum(2 if ord(each) > 0x2E7F else 1 for each in text)


def sheet_name(words: str, taken: Collection[str]) -> str:
    """A name Excel takes: at most 31 characters, none of ``[]:*?/\\``, and no other sheet's, whatever its case."""
    plain = words.translate(_NOT_IN_A_NAME).strip("'")[:_LONGEST_NAME]
    others = {each.casefold() for each in taken}
    name, number = plain, 1
    while name.casefold() in others:
        number += 1
        name = f"{plain[: _LONGEST_NAME - 4]} ({number})"
    return name


def _width(head: str, of: Of, values: Iterable[Value]) -> int:
    """A column's width: each word of its head stays whole, and so do its texts, as far as that is fair."""
    words = max((_wide(word) for word in head.split()), default=0) if head.isascii() else 0
    texts = max((_wide(value) for value in values if isinstance(value, str)), default=0)
    return max(_WIDTHS[of], words + 2, min(texts + 3, _WIDEST))


class _Writer:
    """One workbook on its way."""

    def __init__(self, book: Any, report: Report, say: Say) -> None:
        self._book, self._report, self._say = book, report, say
        self._title = book.add_format({"bold": True, "font_size": 14, "font_name": _FONT})
        self._small = book.add_format({"font_color": "#586574", "font_name": _FONT})
        look = {"bold": True, "bg_color": "#EDF1F5", "bottom": 1, "text_wrap": True, "valign": "vcenter"}
        self._head = book.add_format({**look, "font_name": _FONT, "indent": 1})
        self._head_right = book.add_format({**look, "font_name": _FONT, "align": "right"})
        self._of = {of: self._cell(of, total=False) for of in Of}
        self._total = {of: self._cell(of, total=True) for of in Of}
        self._good = book.add_format({"bg_color": _GREEN})
        self._warn = book.add_format({"bg_color": _AMBER})
        self._bad = book.add_format({"bg_color": _RED})

    def _cell(self, of: Of, *, total: bool) -> Any:
        more = {"bold": True, "top": 1} if total else {}
        # Text beside a right-aligned figure must not touch it.
        place = {"align": "left", "indent": 1} if of is Of.TEXT else {"align": "right"}
        return self._book.add_format({"num_format": _FORMATS[of], "font_name": _FONT, **place, **more})

    def sheet(self, table: Section) -> None:
        """One table on a sheet of its own."""
        sheet = self._add(table.title)
        sheet.write_string(0, 0, f"{title(self._report, self._say)} · {table.title}", self._title)
        sheet.write_string(
            1, 0, f"{span(self._report, self._say)} · {made(self._report, self._say)}", self._small
        )
        for column, head in enumerate(table.heads):
            look = self._head if head.of is Of.TEXT else self._head_right
            sheet.write_string(FIRST_ROW, column, head.words, look)
        widths = [_width(h.words, h.of, [row[i] for row in table.rows]) for i, h in enumerate(table.heads)]
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        lines = [
            math.ceil((_wide(head.words) + 2) / width)
            for head, width in zip(table.heads, widths, strict=True)
        ]
        sheet.set_row(FIRST_ROW, 17 * max([2, *lines]))
        sums_from = len(table.rows) - table.totals
        for number, row in enumerate(table.rows):
            formats = self._total if number >= sums_from else self._of
            for column, (value, head) in enumerate(zip(row, table.heads, strict=True)):
                self._write(sheet, FIRST_ROW + 1 + number, column, value, head.of, formats[head.of])
        frozen = 2 if table.key in ("people", "appraisal", "off") else 1
        sheet.freeze_panes(FIRST_ROW + 1, frozen)
        if sums_from:
            sheet.autofilter(FIRST_ROW, 0, FIRST_ROW + sums_from, len(table.heads) - 1)
        self._page(sheet)
        self._colours(sheet, table)
        self._chart(sheet, table)

    def _add(self, words: str) -> Any:
        return self._book.add_worksheet(
            sheet_name(words, [each.get_name() for each in self._book.worksheets()])
        )

    def _write(self, sheet: Any, row: int, column: int, value: Value, of: Of, cell: Any) -> None:
        if value is None:
            sheet.write_blank(row, column, None, cell)
        elif isinstance(value, str):
            sheet.write_string(row, column, value, cell)
        elif of is Of.CLOCK:
            at: datetime = local(value, self._report).replace(tzinfo=None)
            sheet.write_datetime(row, column, at, cell)
        else:
            sheet.write_number(row, column, value / _DAY_SECONDS if of is Of.SECONDS else value, cell)

    def _page(self, sheet: Any) -> None:
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(FIRST_ROW)
        # "&" begins a code in a header; a site's name may have one.
        name = title(self._report, self._say).replace("&", "&&")
        sheet.set_header(f"&L{name}&R{span(self._report, self._say)}")
        sheet.set_footer("&C&P / &N")

    def _colours(self, sheet: Any, table: Section) -> None:
        """Attainment as bars; verdicts and low rates by colour, each beside its words or figure."""
        last = FIRST_ROW + len(table.rows)
        for column, head in enumerate(table.heads):
            area = (FIRST_ROW + 1, column, last, column)
            if head.key.startswith("attainment."):
                bar = {
                    "type": "data_bar",
                    "bar_color": _LIGHT,
                    "bar_solid": True,
                    "min_type": "num",
                    "max_type": "num",
                }
                sheet.conditional_format(*area, {**bar, "min_value": 0, "max_value": 1})
            elif head.key.startswith("met."):
                for words, colour in (
                    ("report.met", self._good),
                    ("report.unmet", self._warn),
                    ("report.not_yet", self._warn),
                ):
                    rule = {
                        "type": "text",
                        "criteria": "begins with",
                        "value": self._say(words),
                        "format": colour,
                    }
                    sheet.conditional_format(*area, rule)
            elif head.key in ("results", "discipline", "points"):
                sheet.conditional_format(
                    *area,
                    {
                        "type": "data_bar",
                        "bar_color": _LIGHT,
                        "bar_solid": True,
                        "min_type": "num",
                        "min_value": 0,
                    },
                )
            elif head.key.startswith("verdict."):
                for verdict, colour in (
                    ("on_time", self._good),
                    ("not_started", self._bad),
                    ("indeterminate", self._warn),
                ):
                    words = self._say(f"verdict.{verdict}")
                    rule = {"type": "text", "criteria": "begins with", "value": words, "format": colour}
                    sheet.conditional_format(*area, rule)
                late = max(self._say("verdict.late").split("{n}"), key=len).strip()
                rule = {"type": "text", "criteria": "containing", "value": late, "format": self._warn}
                sheet.conditional_format(*area, rule)
            elif head.key == "connect_rate" and self._report.site.targets.connect_rate is not None:
                goal = self._report.site.targets.connect_rate
                low = {"type": "cell", "criteria": "<", "value": goal, "format": self._warn}
                sheet.conditional_format(*area, {"type": "blanks", "stop_if_true": True})
                sheet.conditional_format(*area, low)
        if table.key == "heat":
            area = (FIRST_ROW + 1, 1, last, len(table.heads) - 1)
            scale = {"type": "2_color_scale", "min_color": "#FFFFFF", "max_color": _BLUE}
            sheet.conditional_format(*area, scale)

    def _chart(self, sheet: Any, table: Section) -> None:
        if table.key not in ("hours", "trend"):
            return
        chart = self._book.add_chart({"type": "column"})
        rates = self._book.add_chart({"type": "line"})
        first, last = FIRST_ROW + 1, FIRST_ROW + len(table.rows)
        keys = [head.key for head in table.heads]
        for key, colour in (("dials", _BLUE), ("connects", "#009E73")):
            column = keys.index(key)
            chart.add_series(
                {
                    "name": table.heads[column].words,
                    "categories": [sheet.get_name(), first, 0, last, 0],
                    "values": [sheet.get_name(), first, column, last, column],
                    "fill": {"color": colour},
                    "gap": 60,
                }
            )
        column = keys.index("connect_rate")
        rates.add_series(
            {
                "name": table.heads[column].words,
                "categories": [sheet.get_name(), first, 0, last, 0],
                "values": [sheet.get_name(), first, column, last, column],
                "line": {"color": _RED_LINE, "width": 1.5},
                "marker": {"type": "circle", "size": 4},
                "y2_axis": True,
            }
        )
        chart.combine(rates)
        rates.set_y2_axis({"num_format": "0%", "min": 0})
        chart.set_title({"name": table.title, "name_font": {"size": 12, "name": _FONT}})
        chart.set_legend({"position": "top"})
        chart.set_size({"width": 760, "height": 340})
        sheet.insert_chart(FIRST_ROW, len(table.heads) + 1, chart)

    def notes(self) -> None:
        """A last sheet with what must be known to read the others."""
        sheet = self._add(self._say("report.notes"))
        sheet.set_column(0, 0, 110)
        wrapped = self._book.add_format({"text_wrap": True, "font_name": _FONT})
        sheet.write_string(0, 0, title(self._report, self._say), self._title)
        said = remarks(self._report, self._say) or [self._say("report.no_remarks")]
        for number, words in enumerate([*said, self._say("report.definition_note")]):
            sheet.write_string(2 + number, 0, words, wrapped)
        self._page(sheet)
