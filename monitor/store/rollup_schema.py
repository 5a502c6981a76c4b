"""The tables of sums, beside the calls they come from (``rollups.py`` keeps them)."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from monitor.store.schema import Base

#: Clustered by their keys on SQLite: an agent's day lies together.
_CLUSTERED = {"sqlite_with_rowid": False}


class PartRow(Base):
    """One agent's part in one call (``parts.Part``); flags are 0 or 1, so that they can be summed."""

    __tablename__ = "parts"
    pbx: Mapped[str] = mapped_column(String(64), primary_key=True)
    agent: Mapped[str] = mapped_column(String(64), primary_key=True)
    call_started_at: Mapped[float] = mapped_column(primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True)
    direction: Mapped[str] = mapped_column(String(16))
    trunk: Mapped[str | None] = mapped_column(String(64))
    started_at: Mapped[float | None]
    ended_at: Mapped[float | None]
    dial: Mapped[int]
    finished: Mapped[int]
    connect: Mapped[int]
    effective: Mapped[int]
    missed: Mapped[int]
    incomplete: Mapped[int]
    inbound: Mapped[int]
    internal: Mapped[int]
    outcome: Mapped[str | None] = mapped_column(String(24))
    ring_micros: Mapped[int] = mapped_column(BigInteger)
    talk_micros: Mapped[int] = mapped_column(BigInteger)
    __table_args__ = (Index("ix_parts_call", "call_id"), _CLUSTERED)


class RollupRow(Base):
    """An agent's sums over one cell of a day: an hour, cut where a shift begins or ends."""

    __tablename__ = "rollups"
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    pbx: Mapped[str] = mapped_column(String(64), primary_key=True)
    agent: Mapped[str] = mapped_column(String(64), primary_key=True)
    start: Mapped[float] = mapped_column(primary_key=True)
    hour: Mapped[int]
    shift: Mapped[str] = mapped_column(String(64))
    dials: Mapped[int]
    finished: Mapped[int]
    connects: Mapped[int]
    finished_connects: Mapped[int]
    effective: Mapped[int]
    inbound: Mapped[int]
    internal: Mapped[int]
    missed: Mapped[int]
    incomplete: Mapped[int]
    ring_micros: Mapped[int] = mapped_column(BigInteger)
    talk_micros: Mapped[int] = mapped_column(BigInteger)
    cancelled_ring_micros: Mapped[int] = mapped_column(BigInteger, server_default="0")
    answered: Mapped[int]
    no_answer: Mapped[int]
    busy: Mapped[int]
    rejected: Mapped[int]
    cancelled: Mapped[int]
    invalid_number: Mapped[int]
    unreachable: Mapped[int]
    congestion: Mapped[int]
    unknown: Mapped[int]
    agent_unanswered: Mapped[int]
    __table_args__ = (_CLUSTERED,)


class AgentDayRow(Base):
    """An agent's time line of a day: idle gaps and time on calls inside working hours, the last end.

    ``stale`` is 1 since a call of the day has changed, until somebody asks for it: a day is long to measure.
    ``gaps`` are its long idle gaps (``from-to`` in milliseconds, not cut to the hours, parted by commas), ``hours`` those it
    was measured in, as JSON: who asks for others has it measured anew.
    """

    __tablename__ = "agent_days"
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    pbx: Mapped[str] = mapped_column(String(64), primary_key=True)
    agent: Mapped[str] = mapped_column(String(64), primary_key=True)
    stale: Mapped[int]
    longest_idle_seconds: Mapped[float]
    idle_seconds: Mapped[float]
    busy_seconds: Mapped[float]
    last_ended_at: Mapped[float | None]
    gaps: Mapped[str] = mapped_column(Text, server_default="")
    hours: Mapped[str] = mapped_column(Text, server_default="")
    __table_args__ = (_CLUSTERED,)


class RollupStateRow(Base):
    """By which plan the sums were made; no row while they are being made, or are known to be wrong."""

    __tablename__ = "rollup_state"
    id: Mapped[int] = mapped_column(primary_key=True)
    plan: Mapped[str] = mapped_column(Text)
