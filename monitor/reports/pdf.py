"""A report as PDF, set by typst from ``report.typ``; the fonts it uses are embedded.

Chinese needs a font that has it: the system's, or one in the folders of ``DIALWATCH_FONTS``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec

from monitor.errors import EnvironmentFault
from monitor.metrics.sheet import Report
from monitor.reports.columns import Of, Say
from monitor.reports.plain import written
from monitor.reports.press import NO_FONT as EXIT_NO_FONT
from monitor.reports.sections import made, remarks, sections, span, title
from monitor.reports.tables import Section

PRESS_SECONDS = 120
"""A report of thousands of lines takes some seconds."""
TEMPLATE = Path(__file__).with_name("report.typ")

CHINESE = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Microsoft YaHei",
    "PingFang SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Hiragino Sans GB",
    "SimHei",
    "SimSun",
    "Noto Serif CJK SC",
    "Droid Sans Fallback",
)
"""Families with simplified Chinese, the best first."""


def font_folders() -> list[str]:
    """Folders with fonts besides the system's: ``DIALWATCH_FONTS``, separated as ``PATH`` is."""
    return [each for each in os.environ.get("DIALWATCH_FONTS", "").split(os.pathsep) if each]


NO_FONT = (
    "no font with Chinese was found, a PDF would show empty boxes; install one (Debian: apt install fonts-noto-cjk) "
    "or name its folder in the environment variable DIALWATCH_FONTS"
)


def as_pdf(report: Report, say: Say, language: str) -> bytes:
    """The PDF's bytes. Raises ``EnvironmentFault`` without a font for Chinese: the names are."""
    data = {
        "lang": language.partition("-")[0],
        "site": report.site_name,
        "title": title(report, say),
        "span": span(report, say),
        "made": made(report, say),
        "remarks": remarks(report, say),
        "figures": _figures(report, say),
        "charts": _charts(report, say),
        "sections": [_table(each, report) for each in sections(report, say) if each.key != "hours"],
    }
    return _pressed(data, int(report.made_at))


def _pressed(data: dict[str, Any], at: int) -> bytes:
    asked = {
        "template": str(TEMPLATE),
        "folders": font_folders(),
        "fonts": list(CHINESE),
        "at": at,
        "data": data,
    }
    pressed = subprocess.run(
        [sys.executable, "-m", "monitor.reports.press"],
        input=msgspec.json.encode(asked),
        capture_output=True,
        check=False,
        timeout=PRESS_SECONDS,
    )
    if pressed.returncode == EXIT_NO_FONT:
        raise EnvironmentFault(NO_FONT)
    if pressed.returncode:
        said = pressed.stderr.decode(errors="replace").strip().splitlines()
        raise EnvironmentFault(f"the PDF could not be set: {said[-1] if said else pressed.returncode}")
    return pressed.stdout


def _figures(report: Report, say: Say) -> list[dict[str, str]]:
    """The site's figures on top, each with what it attains, or its interval."""
    site, f = report.site, report.site.figures
    interval = "" if site.low is None else f"{site.low:.1%}–{site.high:.1%}"
    shown = (
        ("dials", f.dials, Of.COUNT, "dials"),
        ("connects", f.connects, Of.COUNT, "connects"),
        ("connect_rate", f.connect_rate, Of.SHARE, ""),
        ("effective_connects", f.effective_connects, Of.COUNT, "effective_connects"),
        ("talk_seconds", f.talk_seconds, Of.SECONDS, "talk_minutes"),
        ("average_talk_seconds", f.average_talk_seconds, Of.SECONDS, None),
    )
    found = []
    for key, value, of, target in shown:
        attained = site.attainment.get(target) if target else None
        note = "" if attained is None else f"{say('metric.attainment')} {attained:.0%}"
        found.append(
            {
                "words": say(f"metric.{key}"),
                "value": written(value, of, report),
                "note": interval if target == "" else note,
            }
        )
    return found


def _charts(report: Report, say: Say) -> list[dict[str, Any]]:
    hours = [{"label": f"{h.hour:02}:00", "dials": h.dials, "connects": h.connects} for h in report.hours]
    days = [{"label": t.day[5:], "dials": t.dials, "connects": t.connects} for t in report.trend]
    words = {"dials": say("metric.dials"), "connects": say("metric.connects")}
    found = [{"title": say("report.by_hour"), "bars": hours, **words}]
    if 1 < len(days) <= 31:
        found.append({"title": say("report.trend"), "bars": days, **words})
    return [chart for chart in found if chart["bars"]]


def _table(table: Section, report: Report) -> dict[str, Any]:
    """A section without its wide columns; small print where there are many."""
    shown = [i for i, head in enumerate(table.heads) if not head.wide]
    heat = table.key == "heat"
    top = max((v for row in table.rows for v in row[1:] if isinstance(v, int)), default=0) if heat else 0
    rows = []
    for row in table.rows:
        cells = []
        for i in shown:
            value = row[i]
            share = value / top if heat and i and isinstance(value, int) and top else 0.0
            blank = table.heads[i].of in (Of.CLOCK, Of.TEXT) and value is None
            cells.append({"words": "" if blank else written(value, table.heads[i].of, report), "heat": share})
        rows.append(cells)
    return {
        "title": table.title,
        "size": 6.4 if len(shown) > 14 else 7.5,
        "totals": table.totals,
        "heads": [
            {
                "words": table.heads[i].words,
                "side": "left" if table.heads[i].of is Of.TEXT else "right",
                "fit": table.heads[i].of in (Of.CLOCK, Of.TEXT),
            }
            for i in shown
        ],
        "rows": rows,
    }
