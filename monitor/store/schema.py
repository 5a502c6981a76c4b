"""The tables (SQLAlchemy 2 models); ``migrations/`` builds them.

Instants are UTC seconds since the epoch in a double column, the same on SQLite and PostgreSQL: no
naive or zoned datetimes to convert, and ranges compare as numbers. A call's whole value stands in
``body`` (MessagePack of ``domain.Call``) as it was told, and what has to be known to count it, once it is
over, in ``brief`` (``domain.Brief``); the columns beside them are what is searched, summed and joined.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import Float, ForeignKey, Index, Integer, LargeBinary, String, Text, false
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Base of all tables."""

    type_annotation_map: ClassVar[dict[type, Any]] = {float: Float(53)}


WATCHED = (
    *("direction", "started_at", "number", "pbx", "agent"),
    *("outcome", "answered_at", "ended_at", "ring_seconds", "talk_seconds", "complete"),
)
"""What is read of many calls at once: the index holds it, so that no call's body is touched."""


class CallRow(Base):
    """One logical call."""

    __tablename__ = "calls"
    id: Mapped[str] = mapped_column(String(160), primary_key=True)
    pbx: Mapped[str] = mapped_column(String(64))
    direction: Mapped[str] = mapped_column(String(16))
    agent: Mapped[str | None] = mapped_column(String(64))
    number: Mapped[str | None] = mapped_column(String(128))
    trunk: Mapped[str | None] = mapped_column(String(64))
    queue: Mapped[str | None] = mapped_column(String(64))
    outcome: Mapped[str | None] = mapped_column(String(24))
    phase: Mapped[str] = mapped_column(String(16))
    started_at: Mapped[float]
    answered_at: Mapped[float | None]
    ended_at: Mapped[float | None]
    ring_seconds: Mapped[float]
    talk_seconds: Mapped[float]
    hold_seconds: Mapped[float]
    hangup_cause: Mapped[int | None]
    hangup_by: Mapped[str] = mapped_column(String(16))
    complete: Mapped[bool]
    seized: Mapped[str] = mapped_column(Text, server_default="")
    body: Mapped[bytes] = mapped_column(LargeBinary)
    brief: Mapped[bytes | None] = mapped_column(LargeBinary)
    __table_args__ = (
        Index("ix_calls_started", "started_at", "id"),
        Index("ix_calls_agent", "agent", "started_at"),
        Index("ix_calls_open", "pbx", "ended_at"),
        Index("ix_calls_number", "number", "started_at"),
        Index("ix_calls_watch", *WATCHED),
    )


class SegmentRow(Base):
    """A stretch of talk of one agent in a call."""

    __tablename__ = "segments"
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    agent: Mapped[str] = mapped_column(String(64))
    started_at: Mapped[float]
    ended_at: Mapped[float | None]
    __table_args__ = (Index("ix_segments_agent", "agent", "started_at"),)


class RecordingRow(Base):
    """The recording a call named, as the PBX named it."""

    __tablename__ = "recordings"
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True)
    path: Mapped[str] = mapped_column(Text)


class GapRow(Base):
    """A period in which a PBX was not heard."""

    __tablename__ = "gaps"
    id: Mapped[str] = mapped_column(String(96), primary_key=True)
    pbx: Mapped[str] = mapped_column(String(64))
    started_at: Mapped[float]
    ended_at: Mapped[float | None]
    reason: Mapped[str] = mapped_column(String(24))
    calls_cut: Mapped[int]
    __table_args__ = (Index("ix_gaps_started", "started_at"),)


class OutageRow(Base):
    """A period in which an extension, or all trunks of a PBX, could not be reached."""

    __tablename__ = "outages"
    id: Mapped[str] = mapped_column(String(160), primary_key=True)
    pbx: Mapped[str] = mapped_column(String(64))
    cause: Mapped[str] = mapped_column(String(16))
    subject: Mapped[str] = mapped_column(Text)
    started_at: Mapped[float]
    ended_at: Mapped[float | None]
    __table_args__ = (Index("ix_outages_started", "started_at"), Index("ix_outages_ended", "ended_at"))


class ExtensionRow(Base):
    """Whether a phone could be reached, as last told."""

    __tablename__ = "extensions"
    pbx: Mapped[str] = mapped_column(String(64), primary_key=True)
    extension: Mapped[str] = mapped_column(String(64), primary_key=True)
    reachable: Mapped[bool]
    at: Mapped[float]


class HeardRow(Base):
    """Up to when each PBX was heard."""

    __tablename__ = "heard"
    pbx: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[float]


class PersonRow(Base):
    """Somebody who works on the phones."""

    __tablename__ = "people"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    name: Mapped[str] = mapped_column(String(128))
    number: Mapped[str] = mapped_column(String(64), server_default="")
    hired_on: Mapped[str | None] = mapped_column(String(10))
    newcomer_until: Mapped[str | None] = mapped_column(String(10))
    working: Mapped[str | None] = mapped_column(Text)


class TeamRow(Base):
    """A team's name, from when to when; ``valid_to`` is ``None`` while it holds."""

    __tablename__ = "teams"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    valid_from: Mapped[float] = mapped_column(primary_key=True)
    valid_to: Mapped[float | None]
    name: Mapped[str] = mapped_column(String(128))


class AssignmentRow(Base):
    """Who sat on an extension in which team, from when to when."""

    __tablename__ = "assignments"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    pbx: Mapped[str] = mapped_column(String(64))
    extension: Mapped[str] = mapped_column(String(64))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    team_id: Mapped[str] = mapped_column(String(64))
    valid_from: Mapped[float]
    valid_to: Mapped[float | None]
    lead: Mapped[bool] = mapped_column(server_default=false())
    __table_args__ = (Index("ix_assignments_extension", "pbx", "extension", "valid_from"),)


class TargetRow(Base):
    """What is asked of a person, of each agent of a team, or of each of the site (0 and empty), from a day on."""

    __tablename__ = "targets"
    team_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(primary_key=True)
    period: Mapped[str] = mapped_column(String(8), primary_key=True)
    valid_from: Mapped[str] = mapped_column(String(10), primary_key=True)
    connect_rate: Mapped[float | None]
    dials: Mapped[float | None]
    connects: Mapped[float | None]
    effective_connects: Mapped[float | None]
    talk_minutes: Mapped[float | None]
    entered_by: Mapped[str] = mapped_column(String(128))
    entered_at: Mapped[float]


class OvertimeRow(Base):
    """Working time beside the shifts, of a person, a team, or (0 and empty) the site."""

    __tablename__ = "overtime"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    team_id: Mapped[str] = mapped_column(String(64))
    person_id: Mapped[int]
    starts_at: Mapped[float]
    ends_at: Mapped[float]
    dial_by_at: Mapped[float | None]
    reason: Mapped[str] = mapped_column(Text)
    entered_by: Mapped[str] = mapped_column(String(128))
    entered_at: Mapped[float]
    withdrawn_at: Mapped[float | None]
    __table_args__ = (Index("ix_overtime_time", "starts_at", "ends_at"),)


class OwnDayRow(Base):
    """A day entered by hand: of a person, a team, or (0 and empty) the site."""

    __tablename__ = "own_days"
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    team_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    person_id: Mapped[int] = mapped_column(primary_key=True)
    official: Mapped[bool] = mapped_column(primary_key=True)
    working: Mapped[bool]
    name: Mapped[str] = mapped_column(String(128))
    entered_by: Mapped[str] = mapped_column(String(128))
    entered_at: Mapped[float]


class AbsenceRow(Base):
    """Somebody need not dial from when to when; ``source`` is the id in the system it was imported from."""

    __tablename__ = "absences"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[str] = mapped_column(String(16))
    starts_at: Mapped[float]
    ends_at: Mapped[float]
    reason: Mapped[str] = mapped_column(Text)
    granted_by: Mapped[str] = mapped_column(String(128))
    granted_at: Mapped[float]
    source: Mapped[str | None] = mapped_column(String(160), unique=True)
    withdrawn_at: Mapped[float | None]
    __table_args__ = (Index("ix_absences_time", "starts_at", "ends_at"),)


class NumberRow(Base):
    """A number on a list (``contacts.Listed``); ``key`` is the number, or its keyed hash."""

    __tablename__ = "numbers"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    list: Mapped[str] = mapped_column(String(24))
    key: Mapped[str] = mapped_column(String(128))
    hint: Mapped[str] = mapped_column(String(32))
    since: Mapped[float]
    until: Mapped[float | None]
    reason: Mapped[str] = mapped_column(Text)
    entered_by: Mapped[str] = mapped_column(String(128))
    entered_at: Mapped[float]
    removed_at: Mapped[float | None]
    __table_args__ = (Index("ix_numbers_key", "list", "key"), Index("ix_numbers_list", "list", "id"))


class VerdictRow(Base):
    """A verdict on a person and shift as it was from ``decided_at`` on; a later row replaces it, none is changed."""

    __tablename__ = "verdicts"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    person_id: Mapped[int]
    day: Mapped[str] = mapped_column(String(10))
    shift: Mapped[str] = mapped_column(String(64))
    verdict: Mapped[str] = mapped_column(String(16))
    minutes: Mapped[int | None]
    evidence: Mapped[str] = mapped_column(Text)
    decided_at: Mapped[float]
    __table_args__ = (Index("ix_verdicts_day", "day", "person_id", "shift", "id"),)


class AuditRow(Base):
    """Who did what to what, when and why."""

    __tablename__ = "audit"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[float]
    who: Mapped[str] = mapped_column(String(128))
    what: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(160))
    why: Mapped[str] = mapped_column(Text)
    __table_args__ = (Index("ix_audit_subject", "subject"),)


class UserRow(Base):
    """A login of the dashboard; ``teams`` is a JSON list of team ids, ``person_id`` whose own login it is."""

    __tablename__ = "users"
    name: Mapped[str] = mapped_column(String(128), primary_key=True)
    password_hash: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(String(32))
    disabled: Mapped[bool]
    teams: Mapped[str] = mapped_column(Text, server_default="[]")
    person_id: Mapped[int | None]


class SessionRow(Base):
    """A login that is going on, by the hash of its token."""

    __tablename__ = "sessions"
    token_hash: Mapped[str] = mapped_column(String(128), primary_key=True)
    username: Mapped[str] = mapped_column(ForeignKey("users.name", ondelete="CASCADE"))
    expires_at: Mapped[float]
    __table_args__ = (Index("ix_sessions_user", "username"),)


class SetupTokenRow(Base):
    """A one-time link for the first login, by the hash of its token."""

    __tablename__ = "setup_tokens"
    token_hash: Mapped[str] = mapped_column(String(128), primary_key=True)
    expires_at: Mapped[float]


class AlertRow(Base):
    """A cause that wanted a person; ``facts`` are MessagePack."""

    __tablename__ = "alerts"
    id: Mapped[str] = mapped_column(String(255), primary_key=True)
    cause: Mapped[str] = mapped_column(String(224))
    rule: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(32))
    raised_at: Mapped[float]
    cleared_at: Mapped[float | None]
    told: Mapped[bool]
    owes: Mapped[str] = mapped_column(String(16))
    facts: Mapped[bytes] = mapped_column(LargeBinary)
    __table_args__ = (Index("ix_alerts_raised", "raised_at"), Index("ix_alerts_cleared", "cleared_at"))


class DeliveryRow(Base):
    """A message to a channel, and how far it is."""

    __tablename__ = "deliveries"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    channel: Mapped[str] = mapped_column(String(64))
    what: Mapped[str] = mapped_column(String(16))
    alert: Mapped[str | None] = mapped_column(String(255))
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    tries: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[float]
    next_at: Mapped[float | None]
    done_at: Mapped[float | None]
    last_error: Mapped[str] = mapped_column(Text)
    report: Mapped[int | None] = mapped_column(Integer)
    attach: Mapped[bool] = mapped_column(server_default=false())
    __table_args__ = (
        Index("ix_deliveries_created", "created_at", "id"),
        Index("ix_deliveries_state", "state"),
        Index("ix_deliveries_report", "report"),
    )


class AlertRuleRow(Base):
    """A rule entered on the page (``body``: its keys as JSON), or how one of the file is muted (``body`` empty)."""

    __tablename__ = "alert_rules"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    body: Mapped[str] = mapped_column(Text)
    off: Mapped[bool]
    muted_until: Mapped[float | None]
    changed_by: Mapped[str] = mapped_column(String(128))
    changed_at: Mapped[float]


class SentReportRow(Base):
    """A report that was sent; ``key`` is what is sent once."""

    __tablename__ = "sent_reports"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    key: Mapped[str] = mapped_column(String(160), unique=True)
    name: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(32))
    team: Mapped[str] = mapped_column(String(64))
    first: Mapped[str] = mapped_column(String(10))
    last: Mapped[str] = mapped_column(String(10))
    day: Mapped[str] = mapped_column(String(10))
    language: Mapped[str] = mapped_column(String(8))
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    due_at: Mapped[float]
    made_at: Mapped[float]
    by: Mapped[str] = mapped_column(String(128))
    running: Mapped[bool]
    file_name: Mapped[str] = mapped_column(String(160))
    media_type: Mapped[str] = mapped_column(String(128))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    fingerprint: Mapped[str] = mapped_column(String(64))
    checked_at: Mapped[float | None]
    changes: Mapped[int]
    __table_args__ = (Index("ix_sent_reports_made", "made_at"),)


class SentFileRow(Base):
    """The bytes that were sent, and the figures in them; written once."""

    __tablename__ = "sent_files"
    report_id: Mapped[int] = mapped_column(
        ForeignKey("sent_reports.id", ondelete="CASCADE"), primary_key=True
    )
    content: Mapped[bytes] = mapped_column(LargeBinary)
    figures: Mapped[bytes] = mapped_column(LargeBinary)


class SendPlanRow(Base):
    """Since when a report is sent by the plan that it has: what was due before is not made up for."""

    __tablename__ = "send_plans"
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    plan: Mapped[str] = mapped_column(Text)
    since: Mapped[float]
