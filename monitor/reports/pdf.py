"""A report as PDF, set by typst from ``report.typ``; the fonts it uses are embedded.

Chinese needs a font that has it: the system's, or one in the folders of ``DIALWATCH_FONTS``.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import typst

from monitor.errors import EnvironmentFault
from monitor.metrics.sheet import Report
from monitor.reports.columns import Of, Say
from monitor.reports.plain import written
from monitor.reports.sections import Section, made, remarks, sections, span, title

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


@cache
def _families(folders: tuple[str, ...]) -> frozenset[str]:
    return frozenset(typst.Fonts(font_paths=list(folders)).families())


def chinese_font(families: frozenset[str] | None = None) -> str:
    """The family to set Chinese in. Raises ``EnvironmentFault`` where there is none."""
    known = _families(tuple(font_folders())) if families is None else families
    for family in CHINESE:
        if family in known:
            return family
    raise EnvironmentFault(
        "no font with Chinese was found, a PDF would show empty boxes; install one (Debian: apt install fonts-noto-cjk) "
        "or name its folder in the environment variable DIALWATCH_FONTS"
    )


def as_pdf(report: Report, say: Say, language: str) -> bytes:
    """The PDF's bytes. Raises ``EnvironmentFault`` without a font for Chinese: the names are."""
    font = chinese_font()
    data = {
        "lang": language.partition("-")[0],
        "fonts": [font],
        "site": report.site_name,
        "title": title(report, say),
        "span": span(report, say),
        "made": made(report, say),
        "remarks": remarks(report, say),
        "figures": _figures(report, say),
        "charts": _charts(report, say),
        "sections": [_table(each, report) for each in sections(report, say) if each.key != "hours"],
    }
    found = typst.compile(
        str(TEMPLATE),
        format="pdf",
        font_paths=font_folders(),
        sys_inputs={"data": msgspec.json.encode(data).decode()},
        timestamp=datetime.fromtimestamp(int(report.made_at), UTC),
    )
    return bytes(found)


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
