"""The JSON of the archive: what is sent by itself, what was sent, to whom, and what has changed since."""

from __future__ import annotations

from pydantic import Field

from monitor.web.models import DeliveryRow, Model


class PlannedRow(Model):
    """A report that is sent by itself; ``days`` is "workdays", "every", weekdays (0 Monday), or empty with ``month_day``."""

    name: str
    report: str
    team: str
    at: str
    days: str | list[int]
    month_day: int | None
    channels: list[str]
    format: str
    attach: bool
    language: str
    next_at: float | None


class SentRow(Model):
    """A report that was sent. ``changes`` figures differed when it was last compared with the store, at ``checked_at``."""

    id: int
    name: str
    kind: str
    team: str
    first: str
    last: str
    language: str
    title: str
    due_at: float
    made_at: float
    late: bool
    by: str
    running: bool
    file_name: str
    size: int
    sha256: str
    fingerprint: str
    checked_at: float | None
    changes: int
    deliveries: list[DeliveryRow]


class Archive(Model):
    """A page of the archive, newest first; ``before`` goes on from the last row."""

    timezone: str
    now: float
    days: int
    planned: list[PlannedRow]
    channels: list[str]
    may_send: bool
    sent: list[SentRow]
    more: bool


class DifferenceRow(Model):
    """A figure as it was sent and as it is now; ``of`` is the kind of its value (``count``, ``share``, ``seconds`` …)."""

    table: str
    row: str
    column: str
    of: str
    was: str | float | None
    now: str | float | None


class Comparison(Model):
    """Whether what was sent still holds: the bytes are those that were sent (``intact``), and which figures differ now."""

    sent: SentRow
    body: str
    intact: bool
    kept: bool
    differences: list[DifferenceRow]


class SendWanted(Model):
    """A report to be sent now, by its name."""

    name: str = Field(min_length=1, max_length=64)


class ChannelsWanted(Model):
    """Where to send what was sent once more."""

    channels: list[str] = Field(min_length=1, max_length=50)
