"""What the watch's routes share: stretches, who had an extension, cases as rows, files."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode

from fastapi import Request
from starlette.responses import Response

from monitor.access import Scope
from monitor.contacts import Contact
from monitor.masking import masked
from monitor.metrics.cases import Figure, Found
from monitor.reports.plain import BOM, csv_text
from monitor.store.discipline import Audited
from monitor.web.context import AppContext
from monitor.web.discipline import who as user
from monitor.web.faults import Refusal
from monitor.web.watch_models import DAY_SECONDS, MOST_DAYS, CaseCall, CaseRow, Stretch, Who
from monitor.web.words import Language, preferred

Say = Callable[[str], str]
"""The words for a key."""
Local = Callable[[float | None], str]
"""An instant in the site's time."""
SHOWN_CALLS: Final = 200
"""A case shows so many of its calls; the calls page has all."""
_NAMED_CALLS: Final = 100
"""So many calls may stand by name in an address."""
CASE_COLUMNS: Final = (*("rule", "number", "agents", "teams", "first_at", "last_at", "calls", "why", "ids"),)
"""Columns of a file of cases; the heads are the words ``csv.watch.<column>``."""


def stretch(query: Stretch) -> tuple[float, float]:
    """The stretch asked for. Raises ``Refusal`` where it is none, or too long to be looked through."""
    if not query.start < query.end <= query.start + MOST_DAYS * DAY_SECONDS + 3600:
        raise Refusal(422, "bad_request", field="to")
    return query.start, query.end


class Names:
    """Who had an extension when, and numbers, as a login may see them."""

    def __init__(self, context: AppContext, scope: Scope) -> None:
        self._directory = context.directory
        self._scope = scope

    def who(self, agent: str, at: float) -> Who | None:
        """Whoever had ``pbx/extension`` at an instant; ``None`` for somebody whom the login does not see."""
        pbx, _, extension = agent.partition("/")
        found = self._directory.who(pbx, extension, at)
        name, team = found if found is not None else (None, None)
        if not self._scope.team(team):
            return None
        return Who(
            agent=agent, extension=extension, name=name, team=team, team_name=self._directory.team_name(team)
        )

    def number(self, number: str | None) -> str | None:
        """A caller's number."""
        return number if self._scope.whole_numbers else masked(number)

    def team_name(self, team: str) -> str:
        """A team's name; empty for nobody's."""
        return self._directory.team_name(team) or ""

    def sees(self, teams: Iterable[str], wanted: Collection[str]) -> bool:
        """Whether what concerns some teams is shown to who asks for ``wanted`` ones (for all, if none is named)."""
        found = [team for team in teams if self._scope.team(team)]
        return bool(found or self._scope.site) and (not wanted or any(team in wanted for team in found))


# ---------------------------------------------------------------- cases


def case_row(found: Found, names: Names) -> CaseRow:
    """A case as the pages show it."""
    diallers = {call.dialler: call for call in found.calls if call.agent is not None}
    agents = [
        who for agent, call in diallers.items() if (who := names.who(agent, call.started_at)) is not None
    ]
    return CaseRow(
        id=found.id,
        rule=found.rule,
        number=names.number(found.number),
        agents=agents,
        teams=sorted({each.team for each in agents if each.team is not None}),
        first_at=found.first_at,
        last_at=found.last_at,
        count=len(found.calls),
        calls=[_case_call(call, found, names) for call in found.calls[-SHOWN_CALLS:]],
        figures=found.figures,
        link=link_of(found),
    )


def link_of(found: Found) -> str:
    """The filter of the calls page that shows the case's calls: by name, or where they are many by what they share."""
    first, last = found.calls[0], found.calls[-1]
    wanted: list[tuple[str, str]] = [("from", repr(first.started_at)), ("to", repr(last.started_at + 0.001))]
    if len(found.calls) <= _NAMED_CALLS:
        return urlencode([*wanted, *(("call", call.id) for call in found.calls)])
    if first.is_dial:
        wanted.append(("dial", "true"))
    if found.agent is not None:
        wanted += [("agent", found.agent), ("part", "dialled" if first.is_dial else "any")]
    if found.number is not None:
        wanted.append(("same", first.id))
    talk = [each for each in ("from", "to") if each in found.figures]
    if talk:
        wanted += [("talk_min", str(found.figures["from"])), ("talk_max", str(found.figures["to"]))]
    return urlencode(wanted)


def _case_call(call: Contact, found: Found, names: Names) -> CaseCall:
    return CaseCall(
        call_id=call.id,
        started_at=call.started_at,
        direction=call.direction,
        outcome=call.outcome,
        talk_seconds=call.talk_seconds,
        who=names.who(call.dialler, call.started_at) if call.agent is not None else None,
        marked=call.id in found.marked,
    )


def why(rule: str, figures: Mapping[str, Figure], say: Say) -> str:
    """Why a case is one, in words: its rule, thresholds and figures."""
    shown = {
        key: "—" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
        for key, value in figures.items()
    }
    minutes = figures.get("minutes")
    if isinstance(minutes, float | int):
        shown["within"] = within(minutes, say)
    text = say(f"watch.why.{rule}")
    for key, value in shown.items():
        text = text.replace(f"{{{key}}}", value)
    return text


def within(minutes: float, say: Say) -> str:
    """A stretch of minutes in its own unit."""
    unit, size = ("days", 1440) if minutes > 1440 else ("hours", 60) if minutes > 60 else ("minutes", 1)
    return say(f"watch.within.{unit}").replace("{n}", f"{minutes / size:g}")


def case_line(row: CaseRow, say: Say, local: Local, team_name: Callable[[str], str]) -> list[object]:
    """A case as a line of a file."""
    return [
        say(f"watch.rule.{row.rule}"),
        row.number,
        " ".join(f"{each.extension} {each.name or ''}".strip() for each in row.agents),
        " ".join(team_name(each) for each in row.teams),
        local(row.first_at),
        local(row.last_at),
        row.count,
        why(row.rule, row.figures, say),
        " ".join(call.call_id for call in row.calls),
    ]


# ---------------------------------------------------------------- files


def speaker(context: AppContext, language: Language | None, request: Request) -> Say:
    """The words in the language asked for, else the browser's."""
    chosen = language or preferred(request.headers.get("accept-language"), context.settings.site.language)
    return lambda key: context.words.say(chosen, key)


def local_time(context: AppContext) -> Local:
    """Instants as the site writes them."""
    zone = context.settings.site.timezone
    return lambda at: (
        "" if at is None else f"{datetime.fromtimestamp(at, UTC).astimezone(zone):%Y-%m-%d %H:%M:%S}"
    )


async def csv_file(
    context: AppContext,
    request: Request,
    name: str,
    columns: Sequence[str],
    lines: Sequence[Sequence[object]],
    say: Say,
) -> Response:
    """Lines below their heads; the export is in the audit."""
    await context.store.discipline.audit(
        Audited(context.now(), user(request), "watch_exported", f"watch/{name}", "")
    )
    head: list[object] = [say(f"csv.watch.{column}") for column in columns]
    return Response(
        BOM + csv_text([head, *(list(line) for line in lines)]),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )
