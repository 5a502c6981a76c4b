"""What has changed in a report that was sent: found by table, row and column, whatever the kind of report."""

from __future__ import annotations

import msgspec

from monitor.reports.columns import Of
from monitor.reports.sections import Head, Section
from monitor.sending.changes import differences, fingerprint

HEADS = (Head("extension", "分机", Of.TEXT), Head("name", "姓名", Of.TEXT), Head("dials", "外呼量", Of.COUNT),
         Head("rate", "接通率", Of.SHARE), Head("verdict", "判定", Of.TEXT))  # fmt: skip


def kept(*rows: tuple[object, ...], heads: tuple[Head, ...] = HEADS) -> bytes:
    return msgspec.json.encode([Section("people", "人员", heads, list(rows))])  # type: ignore[arg-type]


ZHANG = ("8001", "张伟", 10, 0.25, "准时")
WANG = ("8002", "王芳", 7, None, "未开呼")


def told(was: bytes, now: bytes) -> list[tuple[str, str, object, object]]:
    return [(each.row, each.column, each.was, each.now) for each in differences(was, now)]


def test_the_same_figures_are_no_change() -> None:
    assert differences(kept(ZHANG, WANG), kept(WANG, ("8001", "张伟", 10.0, 0.25 + 1e-12, "准时"))) == []


def test_a_changed_figure_is_named_with_what_it_was() -> None:
    now = kept(("8001", "张伟", 12, 0.25, "准时"), ("8002", "王芳", 7, 0.5, "迟到 3 分钟"))
    assert told(kept(ZHANG, WANG), now) == [
        ("8001 张伟", "外呼量", 10, 12),
        ("8002 王芳", "接通率", None, 0.5),
        ("8002 王芳", "判定", "未开呼", "迟到 3 分钟"),
    ]


def test_a_row_that_comes_or_goes_is_told_figure_by_figure() -> None:
    assert told(kept(ZHANG), kept()) == [
        ("8001 张伟", "外呼量", 10, None), ("8001 张伟", "接通率", 0.25, None), ("8001 张伟", "判定", "准时", None),
    ]  # fmt: skip
    assert told(kept(), kept(WANG)) == [
        ("8002 王芳", "外呼量", None, 7), ("8002 王芳", "判定", None, "未开呼"),
    ]  # fmt: skip


def test_two_rows_of_one_name_are_two() -> None:
    one, other = ("", "合计", 1, None, None), ("", "合计", 2, None, None)
    assert differences(kept(one, other), kept(one, other)) == []
    assert len(differences(kept(one, other), kept(one, ("", "合计", 3, None, None)))) == 1


def test_a_table_of_words_alone_goes_by_its_first_column() -> None:
    heads = (Head("day", "日期", Of.TEXT), Head("remark", "说明", Of.TEXT))
    was, now = kept(("11-23", "有缺口"), heads=heads), kept(("11-23", "无"), heads=heads)
    assert told(was, now) == [("11-23", "说明", "有缺口", "无")]


def test_a_fingerprint_is_of_the_bytes() -> None:
    assert fingerprint(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert fingerprint(kept(ZHANG)) != fingerprint(kept(WANG))
