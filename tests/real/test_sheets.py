"""The Excel sheets in LibreOffice: they open, and every cell has in it what we wrote."""

from __future__ import annotations

import shutil
import subprocess
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from monitor.metrics.periods import Kind
from monitor.metrics.plan import SitePlan
from monitor.reports.gather import Wanted, gather
from monitor.reports.render import Format, rendered
from monitor.service import dashboard_folder
from monitor.store.store import Store
from monitor.web.words import LANGUAGES, Words
from tests.metrics.test_board import SETTINGS, at, dial

from .require import unavailable

DAY = date(2026, 11, 23)


async def books(folder: Path) -> list[Path]:
    """A daily, a weekly and a monthly report in both languages."""
    store = await Store.open(f"sqlite:///{folder / 'calls.db'}", SitePlan(SETTINGS))
    await store.upgrade()
    await store.sync_roster(SETTINGS, at("0:00", 1))
    await store.rollups.rebuild()
    calls = [
        dial(phone, at("9:00") + i * 700, serial=i, talk=31.5 * (i % 3))
        for phone in ("8001", "8002", "8009")
        for i in range(20)
    ]
    await store.write([*calls, *(dial("8001", at("10:00", day), serial=day) for day in range(2, 20))])
    words = Words.load(dashboard_folder() / "locales")
    made = []
    for kind in (Kind.DAILY, Kind.WEEKLY, Kind.MONTHLY):
        report = await gather(store, SETTINGS, Wanted(kind=kind, day=DAY), at("20:00"))
        for language in LANGUAGES:
            file = folder / f"{kind}-{language}.xlsx"
            file.write_bytes(
                rendered(report, Format.XLSX, lambda key, of=language: words.say(of, key), language)  # type: ignore[misc]
            )
            made.append(file)
    await store.close()
    return made


def cells(file: Path) -> dict[tuple[str, str], object]:
    """All values of a workbook, by sheet and place."""
    book = openpyxl.load_workbook(file)
    return {
        (sheet.title, cell.coordinate): cell.value
        for sheet in book
        for row in sheet.iter_rows()
        for cell in row
        if cell.value not in (None, "")
    }


@pytest.mark.filterwarnings("ignore:.*extension is not supported:UserWarning")
async def test_libreoffice_reads_back_every_cell(tmp_path: Path) -> None:
    office = shutil.which("soffice")
    if office is None:
        unavailable("LibreOffice is not installed (Debian package libreoffice-calc-nogui)")
    files = await books(tmp_path)
    out = tmp_path / "read"
    home = f"-env:UserInstallation={(tmp_path / 'home').as_uri()}"
    convert = [office, "--headless", home, "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", out]
    subprocess.run([*convert, *files], check=True, capture_output=True, timeout=180)
    for file in files:
        written, read = cells(file), cells(out / file.name)
        assert read.keys() == written.keys()
        for place, value in written.items():
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                assert read[place] == pytest.approx(value, rel=1e-9, abs=1e-9), (file.name, place)
            elif isinstance(value, datetime):
                found = read[place]
                assert isinstance(found, datetime)
                assert abs((found - value).total_seconds()) < 0.002, (file.name, place)
            else:
                assert read[place] == value, (file.name, place)
