"""What a report looks like in each format, read back by other programs."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import zlib
from collections.abc import AsyncIterator, Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import msgspec
import openpyxl
import pandas as pd
import pytest

from monitor.domain import Gap, GapReason
from monitor.errors import EnvironmentFault
from monitor.metrics.periods import Kind
from monitor.metrics.plan import SitePlan
from monitor.metrics.sheet import Report
from monitor.reports import pdf
from monitor.reports.excel import sheet_name
from monitor.reports.gather import Wanted, gather
from monitor.reports.render import Format, file_name, rendered
from monitor.reports.sections import sections
from monitor.store.store import Store
from monitor.web.pages import dashboard_folder
from monitor.web.words import LANGUAGES, Language, Words
from tests.metrics.test_board import SETTINGS, at, dial
from tests.store.test_rollups import inbound, some_calls

WORDS = Words.load(dashboard_folder() / "locales")
EVIL = '=HYPERLINK("http://evil.example")'


def say(language: Language) -> Callable[[str], str]:
    return lambda key: WORDS.say(language, key)


async def made(store: Store, kind: Kind, **more: object) -> Report:
    wanted = Wanted(kind=kind, day=date(2026, 11, 23), **more)  # type: ignore[arg-type]
    return await gather(store, SETTINGS, wanted, at("18:00"))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(f"sqlite:///{tmp_path}/formats.db", SitePlan(SETTINGS))
    await opened.upgrade()
    first = SETTINGS.teams[0]
    agents = (first.agents[0].model_copy(update={"name": EVIL}), *first.agents[1:])
    team = first.model_copy(update={"agents": agents})
    await opened.sync_roster(
        SETTINGS.model_copy(update={"teams": (team, *SETTINGS.teams[1:])}), at("0:00", 1)
    )
    gap = Gap(pbx="main", started_at=at("15:02"), ended_at=at("15:06"), reason=GapReason.LINK_LOST)
    await opened.write([*some_calls(), gap, dial("8001", at("10:00", 16), talk=50)])
    await opened.rollups.rebuild()
    yield opened
    await opened.close()


async def test_csv_is_utf8_with_bom_and_holds_no_formula(store: Store) -> None:
    report = await made(store, Kind.DAILY)
    body = rendered(report, Format.CSV, say("zh-CN"), "zh-CN")
    assert body.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))
    assert rows[0][:3] == ["分机", "姓名", "班组"]
    assert rows[1][1] == f"'{EVIL}"
    assert rows[-1][1] == "合计"
    dials = rows[0].index("外呼量")
    assert rows[-1][dials] == str(report.site.figures.dials)
    assert sum(int(row[dials]) for row in rows[1 : len(report.agents) + 1]) == report.site.figures.dials
    first = rows[0].index("上午班 首呼时间")
    assert re.fullmatch(r"2026-11-23 \d\d:\d\d:\d\d", rows[1][first])


@pytest.mark.parametrize("language", LANGUAGES)
async def test_excel_has_real_types_and_no_formula(store: Store, language: Language) -> None:
    report = await made(store, Kind.DAILY)
    body = rendered(report, Format.XLSX, say(language), language)
    book = openpyxl.load_workbook(io.BytesIO(body))
    assert ("坐席" if language == "zh-CN" else "Agents") in book.sheetnames
    sheet = book.worksheets[0]
    assert sheet.freeze_panes == "C5"
    heads = {cell.value: cell.column for cell in sheet[4]}
    row = {head: sheet.cell(5, column) for head, column in heads.items()}
    talk, rate, first = (
        ("通话时长", "接通率", "上午班 首呼时间")
        if language == "zh-CN"
        else ("Talk time", "Connect rate", "上午班 First dial")
    )
    mine = report.agents[0]
    assert row[rate].value == mine.figures.connect_rate
    assert row[rate].number_format == "0.0%"
    assert row[talk].value == timedelta(seconds=mine.figures.talk_seconds)
    found = mine.first_dials[0].at
    assert found is not None
    assert row[first].value == datetime.fromtimestamp(found, SETTINGS.site.timezone).replace(tzinfo=None)
    name = sheet.cell(5, 2)
    assert (name.value, name.data_type) == (EVIL, "s")
    assert sum(len(each._charts) for each in book.worksheets) == 1
    assert sheet.conditional_formatting
    assert all(
        cell.data_type != "f" for each in book.worksheets for line in each.iter_rows() for cell in line
    )


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_table_fits_words_of_two_columns(store: Store, language: Language) -> None:
    text = rendered(await made(store, Kind.WEEKLY), Format.TABLE, say(language), language).decode()
    assert "华东电销中心" in text
    assert "15:02" in text
    assert ("外呼周报" if language == "zh-CN" else "Weekly dialing report") in text


async def test_json_is_the_report(store: Store) -> None:
    report = await made(store, Kind.DAILY)
    body = json.loads(rendered(report, Format.JSON, say("en"), "en"))
    assert body["site"]["figures"]["dials"] == report.site.figures.dials
    assert set(body) == {field.encode_name for field in msgspec.structs.fields(Report)}


@pytest.mark.real
@pytest.mark.parametrize("kind", [Kind.DAILY, Kind.MONTHLY, Kind.BRIEF, Kind.EVENING, Kind.APPRAISAL])
@pytest.mark.parametrize("language", LANGUAGES)
async def test_pdf_is_a4_with_its_fonts_inside(store: Store, kind: Kind, language: Language) -> None:
    report = await made(store, kind)
    try:
        body = rendered(report, Format.PDF, say(language), language)
    except EnvironmentFault as fault:
        from tests.real.require import unavailable

        unavailable(str(fault))
    assert body.startswith(b"%PDF-")
    whole = body + b"".join(_streams(body))
    assert b"/MediaBox [0 0 841.89 595.28]" in whole or b"841.8898" in whole
    assert b"/FontFile" in whole
    assert body == rendered(report, Format.PDF, say(language), language)


def _streams(body: bytes) -> list[bytes]:
    found = []
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", body, re.S):
        try:
            found.append(zlib.decompress(stream))
        except zlib.error:
            continue
    return found


async def test_without_a_chinese_font_it_says_what_to_install(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "CHINESE", ("No Such Family",))
    with pytest.raises(EnvironmentFault, match="fonts-noto-cjk"):
        rendered(await made(store, Kind.DAILY), Format.PDF, say("en"), "en")


@pytest.mark.parametrize("group", ["day", "weekday", "hour", "trunk", "prefix", "outcome"])
@pytest.mark.parametrize("format", [Format.CSV, Format.XLSX, Format.TABLE])
@pytest.mark.parametrize("language", LANGUAGES)
async def test_groups_are_written_too(store: Store, group: str, format: Format, language: Language) -> None:
    report = await made(store, Kind.RANGE, last=date(2026, 11, 24), group=group)
    assert sections(report, say(language))[0].key == "groups"
    assert rendered(report, format, say(language), language)


async def test_grouped_by_team_the_main_table_is_the_teams(store: Store) -> None:
    report = await made(store, Kind.RANGE, last=date(2026, 11, 24), group="team")
    body = rendered(report, Format.CSV, say("zh-CN"), "zh-CN").decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(body, newline="")))
    assert [row["班组"] for row in rows] == [*(team.label for team in report.teams), "合计"]
    assert sum(int(row["外呼量"]) for row in rows[:-1]) == int(rows[-1]["外呼量"])


def test_a_sheets_name_is_one_that_excel_takes() -> None:
    assert sheet_name("号段/区号", []) == "号段-区号"
    assert sheet_name("Outcomes", ["outcomes", "Outcomes (2)"]) == "Outcomes (3)"
    assert sheet_name("x" * 40, ["x" * 31]) == "x" * 27 + " (2)"


async def test_every_word_of_a_report_is_in_both_catalogues(store: Store) -> None:
    await store.write([inbound("8002", at("13:49"), 77, 300.0)])
    said: set[str] = set()

    def noting(key: str) -> str:
        said.add(key)
        return key

    for kind in Kind:
        for group in (
            ("", "day", "weekday", "hour", "trunk", "prefix", "outcome") if kind is Kind.RANGE else ("",)
        ):
            report = await made(
                store, kind, last=date(2026, 11, 24) if kind is Kind.RANGE else None, group=group
            )
            for format in (Format.CSV, Format.XLSX, Format.TABLE):
                rendered(report, format, noting, "en")
    for language in LANGUAGES:
        assert {key for key in said if WORDS.say(language, key) == key} == set()


async def test_a_files_name_is_plain(store: Store) -> None:
    report = await made(store, Kind.WEEKLY, team="t1")
    assert file_name(report, Format.XLSX) == "dialwatch-weekly-2026-11-23_2026-11-29-t1.xlsx"
    odd = msgspec.structs.replace(report, team='a"b\r\n组', first="2026-11-23", last="2026-11-23")
    assert file_name(odd, Format.PDF) == "dialwatch-weekly-2026-11-23-a_b___.pdf"


@pytest.mark.parametrize("kind", list(Kind))
async def test_parquet_has_real_types_and_no_sums(store: Store, kind: Kind) -> None:
    report = await made(store, kind, last=date(2026, 11, 24) if kind is Kind.RANGE else None)
    table = pd.read_parquet(
        io.BytesIO(rendered(report, Format.PARQUET, say("zh-CN"), "zh-CN")), engine="fastparquet"
    )
    assert list(table["extension"]) == [line.extension for line in report.agents]
    assert set(table["first"]) == {report.first}
    if kind is Kind.APPRAISAL:
        assert table["quality"].isna().all()
        return
    assert int(table["dials"].sum()) == report.site.figures.dials
    rates = [line.figures.connect_rate for line in report.agents]
    assert [None if pd.isna(each) else each for each in table["connect_rate"]] == rates
    if kind is Kind.DAILY:
        at_first = report.agents[0].first_dials[0].at
        assert at_first is not None
        assert table["first.morning"][0].timestamp() == pytest.approx(at_first, abs=0.001)


async def test_without_its_library_parquet_says_what_to_install(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "fastparquet", None)
    with pytest.raises(EnvironmentFault, match=r"dialwatch\[parquet\]"):
        rendered(await made(store, Kind.DAILY), Format.PARQUET, say("en"), "en")
