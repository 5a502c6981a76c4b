"""What every route may use: one value, made by the composition root (or a test)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from monitor.alerts.desk import Desk
from monitor.config import Settings
from monitor.domain import LinkState
from monitor.rewinding import Rewind
from monitor.sending.sender import Sender
from monitor.store.store import Store
from monitor.store.writer import WriterHealth
from monitor.web.directory import Directory
from monitor.web.guard import Guard
from monitor.web.hub import Hub
from monitor.web.security import Passwords, Throttle
from monitor.web.words import Words


class LinkFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How one PBX is heard, for ``/readyz`` and ``/metrics``; counts are since the program started."""

    pbx: str
    state: LinkState
    lag_seconds: float | None
    lost_events: int
    messages: int
    malformed: int
    calls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AppContext:
    """Everything the web side stands on.

    ``now`` is the floor's time (epoch seconds; the demo's runs faster), ``writer`` and ``links`` tell how
    the other rooms are, ``trunks`` the trunks seen (``pbx/name``), ``pages`` is the folder of the pages,
    ``desk`` the alerts', ``sender`` the reports that go out, ``rewind`` looks back; ``plan_changed`` is to be called
    when days by hand or absences were entered, ``lists_changed`` when a list of numbers was.
    """

    settings: Settings
    store: Store
    hub: Hub
    guard: Guard
    words: Words
    pages: Path
    now: Callable[[], float]
    writer: Callable[[], WriterHealth]
    links: Callable[[], Sequence[LinkFigures]]
    trunks: Callable[[], Sequence[str]]
    directory: Directory
    desk: Desk
    sender: Sender
    rewind: Rewind
    plan_changed: Callable[[], Awaitable[None]]
    lists_changed: Callable[[], Awaitable[None]]
    passwords: Passwords
    throttle: Throttle = field(repr=False)
