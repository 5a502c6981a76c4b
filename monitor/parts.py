"""What a call adds to whom, and how a site cuts its time: the values that metrics count and the store sums.

``Plan`` is what the store is handed by whoever wires it: it sums parts without knowing what a dial is or
when a shift begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from monitor.domain import Call, Value

NOBODY = ""
"""The agent of a part that no extension has: an inbound call that nobody answered."""


class Part(Value, frozen=True, kw_only=True):
    """One agent's part in one call.

    The counts stand with the agent whose call it is; talk with each agent who talked in an outbound call,
    in whole microseconds. From ``started_at`` to ``ended_at`` (``None``: still) the call kept the agent
    busy; both are ``None`` where there was no agent.
    """

    agent: str
    direction: str
    trunk: str | None = None
    started_at: float | None = None
    ended_at: float | None = None
    dial: bool = False
    finished: bool = False
    connect: bool = False
    effective: bool = False
    missed: bool = False
    incomplete: bool = False
    inbound: bool = False
    internal: bool = False
    outcome: str | None = None
    ring_micros: int = 0
    talk_micros: int = 0


class Cell(Value, frozen=True, kw_only=True):
    """A stretch of a day that lies in one hour and in one shift (``""``: outside of all), ``[start, end)``."""

    hour: int
    shift: str
    start: float
    end: float


class DayPlan(Value, frozen=True, kw_only=True):
    """A calendar day of the site: ``[start, end)``, its cells, its working hours."""

    day: str
    start: float
    end: float
    cells: tuple[Cell, ...]
    hours: tuple[tuple[float, float], ...]

    def cell(self, at: float) -> Cell:
        """The cell of an instant of the day."""
        return next(cell for cell in self.cells if at < cell.end)


class Plan(Protocol):
    """How a site counts. ``key`` changes with every setting that the sums depend on."""

    @property
    def key(self) -> str: ...

    @property
    def long_gap_seconds(self) -> float:
        """From how long on an idle gap is one of the long ones, which are kept."""

    def parts(self, call: Call) -> Sequence[Part]:
        """What a call adds, as it stands; one part for each agent."""

    def day(self, at: float) -> DayPlan:
        """The day of an instant."""

    def of(self, day: date) -> DayPlan:
        """A calendar day."""
