"""Cells that no spreadsheet runs."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.reports.plain import csv_text, safe_cell


@pytest.mark.parametrize(
    "text", ["=1+1", "+86138", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\0=1", "＝1", "＠x"]
)
def test_what_would_run_gets_an_apostrophe(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "张三", "138****1234", "main/1.2/0", " =1"])
def test_what_would_not_stays(text: str) -> None:
    assert safe_cell(text) == text


@given(st.lists(st.text(), min_size=1, max_size=5))
def test_no_cell_of_any_text_begins_as_a_formula(row: list[str]) -> None:
    read = next(iter(csv.reader(io.StringIO(csv_text([row]), newline=""), strict=True)))
    for cell in read:
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))


def test_numbers_stay_numbers() -> None:
    assert csv_text([[-1.5, 3, None]]) == "-1.5,3,\r\n"
