"""Calls as CSV that opens right in a spreadsheet: UTF-8 with BOM, local times, and no formulas.

A cell that begins with ``=``, ``+``, ``-``, ``@``, a tab, a carriage return or NUL (or the full-width
forms that East Asian spreadsheets take for the same) would run as a formula: it gets a leading
apostrophe (OWASP ASVS 5.0 V1.2.10; quoting alone does not help). Caller names come from outside.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from monitor.reports.plain import BOM, csv_text
from monitor.web.models import CallRow

COLUMNS: Final = (
    "id",
    "direction",
    "agent",
    "agent_name",
    "team",
    "number",
    "name",
    "trunk",
    "queue",
    "started_at",
    "ringing_at",
    "answered_at",
    "ended_at",
    "ring_seconds",
    "talk_seconds",
    "hold_seconds",
    "outcome",
    "hangup_by",
    "hangup_cause",
    "has_recording",
    "complete",
    "notes",
)
"""Fields of a row, in order; the heads are the words ``csv.<column>``."""


def cells(
    row: CallRow,
    zone: ZoneInfo,
    say: Callable[[str], str],
    team_name: Callable[[str | None], str | None],
) -> list[object]:
    """One call's cells; enumerations in people's words, instants in the site's time."""

    def local(at: float | None) -> str:
        return "" if at is None else f"{datetime.fromtimestamp(at, UTC).astimezone(zone):%Y-%m-%d %H:%M:%S}"

    return [
        row.id,
        say(f"direction.{row.direction}"),
        row.agent,
        row.agent_name,
        team_name(row.team),
        row.number,
        row.name,
        row.trunk,
        row.queue,
        local(row.started_at),
        local(row.ringing_at),
        local(row.answered_at),
        local(row.ended_at),
        round(row.ring_seconds, 1),
        round(row.talk_seconds, 1),
        round(row.hold_seconds, 1),
        "" if row.outcome is None else say(f"outcome.{row.outcome}"),
        say(f"hangup_by.{row.hangup_by}"),
        row.hangup_cause,
        int(row.has_recording),
        int(row.complete),
        " ".join(row.notes),
    ]


async def lines(
    pages: AsyncIterator[Sequence[CallRow]],
    zone: ZoneInfo,
    say: Callable[[str], str],
    team_name: Callable[[str | None], str | None],
) -> AsyncIterator[str]:
    """The file piece by piece, a page of calls at a time, so that a year costs no more memory than a page."""
    yield BOM + csv_text([[say(f"csv.{column}") for column in COLUMNS]])
    async for page in pages:
        yield csv_text([cells(row, zone, say, team_name) for row in page])
