"""What is said with a report: its headline figures and where it can be opened, in our own small Markdown."""

from __future__ import annotations

from urllib.parse import urlencode

import msgspec

from monitor.alerts.words import Text
from monitor.metrics.periods import Kind
from monitor.metrics.sheet import Report
from monitor.reports.columns import Say, fill
from monitor.reports.sections import local, remarks, span, title

REMARKS = 3
"""So many remarks are said; the report has all."""
VERDICTS = ("on_time", "late", "not_started", "indeterminate")


class Occasion(msgspec.Struct, frozen=True, kw_only=True):
    """Why it goes out: ``due_at`` where it comes late, ``again`` for one sent before, ``fault`` where there is no file."""

    due_at: float | None = None
    again: bool = False
    fault: bool = False


def report_link(report: Report, public_url: str) -> str:
    """The report's page."""
    query = {"kind": report.kind} if report.kind != Kind.DAILY else {}
    query |= {"date": report.agenda.day if report.agenda is not None else report.first} | (
        {"team": report.team} if report.team else {}
    )
    return f"{public_url}/reports/?{urlencode(query)}"


def archive_link(sent: int, public_url: str) -> str:
    """The page of what was sent."""
    return f"{public_url}/archive/?id={sent}"


def headline(report: Report, say: Say) -> str:
    """Its title with its days."""
    return f"{title(report, say)} {span(report, say)}"


def written(report: Report, say: Say, public_url: str, occasion: Occasion) -> str:
    """The lines about a report, without the link to what was sent (``linked``)."""
    lines = []
    if occasion.due_at is not None:
        time = f"{local(occasion.due_at, report):%m-%d %H:%M}"
        lines += [fill(say("send.late"), time=time), ""]
    if occasion.fault:
        lines += [say("send.no_file"), ""]
    lines += [f"- {each}" for each in _figures(report, say, public_url)]
    checks = _checks(report)
    if checks:
        lines.append(
            "- "
            + fill(
                say("send.begun"),
                **{key: f"{checks.get(key, 0):,}" for key in VERDICTS},
            )
        )
    said = remarks(report, say)
    lines += [f"- {each}" for each in said[:REMARKS]]
    if len(said) > REMARKS:
        lines.append(f"- {fill(say('send.more_remarks'), n=len(said) - REMARKS)}")
    lines.append("")
    if public_url:
        lines.append(f"[{say('send.open')}]({report_link(report, public_url)})")
    else:
        lines.append(say("send.no_address"))
    return "\n".join(lines)


def linked(text: Text, sent: int, say: Say, public_url: str, *, again: bool = False) -> Text:
    """With the link to the very file that was sent, once it is kept."""
    name = fill(say("send.again"), title=text.title) if again else text.title
    if not public_url:
        return Text(name, text.body)
    return Text(name, f"{text.body}\n[{say('send.kept')}]({archive_link(sent, public_url)})")


def _figures(report: Report, say: Say, public_url: str) -> list[str]:
    """The headline figures; each is a link to its calls with its explanation open."""
    figures = report.site.figures
    reached = report.site.attainment.get("dials")
    attained = "" if reached is None else fill(say("send.attained"), share=f"{reached:.0%}")
    rate = "—" if figures.connect_rate is None else f"{figures.connect_rate:.1%}"
    seconds = round(figures.talk_seconds)
    talk = f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    span = {"from": f"{report.start:.3f}", "to": f"{report.end:.3f}", "direction": "outbound"}
    if report.team:
        span["team"] = report.team

    def told(metric: str, value: str, **calls: str) -> str:
        query = urlencode({**span, **calls, "explain": metric})
        shown = f"[{value}]({public_url}/calls/?{query})" if public_url else value
        return f"**{say(f'metric.{metric}')}** {shown}"

    # The same filters as behind the figures of the report's page (dashboard/reports/links.js).
    dials = told("dials", f"{figures.dials:,}") + attained
    connects = told("connects", f"{figures.connects:,}", outcome="answered")
    share = told("connect_rate", rate, live="false")
    long_enough = f"{report.effective_seconds:g}"
    effective = told(
        "effective_connects", f"{figures.effective_connects:,}", outcome="answered", talk_min=long_enough
    )
    return [
        dials,
        f"{connects} · {share}",
        f"{effective} · {told('talk_seconds', talk, outcome='answered')}",
    ]


def _checks(report: Report) -> dict[str, int]:
    """Verdicts of all, by kind."""
    found: dict[str, int] = {}
    for agent in report.agents:
        for verdict, count in agent.verdicts.items():
            found[verdict] = found.get(verdict, 0) + count
    return found
