"""The month lived through once for all tests: in full on SQLite, a smaller one on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import pytest_asyncio

from monitor import attendance
from monitor.domain import Call
from monitor.duty import Finding
from monitor.metrics.periods import Kind
from monitor.metrics.plan import SitePlan
from monitor.metrics.sheet import Report
from monitor.reports.gather import Wanted, gather
from monitor.store.store import Store

from .made import month
from .reference import Judged, Reference
from .site import Site, settings_of
from .world import World, days

SIZES = {"sqlite": (300, 3), "postgresql": (72, 2)}
"""People, and calls each half-day."""

LOOKED_AT = {
    (date(2026, 10, 9), "09:20"),
    (date(2026, 10, 10), "13:55"),
    (date(2026, 10, 12), "09:20"),
    (date(2026, 10, 15), "18:00"),
    (date(2026, 10, 22), "24:00"),
}
"""Moments at which the day's verdicts are held as they stood."""


class Lived:
    """A month that was lived through, and what was seen on its way."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.reference = Reference(site.world, site.world.calls)
        self.judged = [each for day in days() for each in self.reference.judged(day, site.now)]
        self.people: dict[int, str] = {}
        self.on_the_way: list[tuple[list[Finding], list[Judged]]] = []
        self._reports: dict[Wanted, Report] = {}

    async def report(self, kind: Kind, day: date, team: str = "") -> Report:
        """A report as it is some hours after the month; each is made once."""
        wanted = Wanted(kind=kind, day=day, team=team)
        if wanted not in self._reports:
            self._reports[wanted] = await gather(self.site.store, self.site.settings, wanted, self.site.now)
        return self._reports[wanted]


@pytest_asyncio.fixture(scope="package", loop_scope="package", params=SIZES)
async def lived(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Lived]:
    folder: Path = tmp_path_factory.mktemp("month")
    sqlite = request.param == "sqlite"
    url = f"sqlite:///{folder / 'month.db'}" if sqlite else request.getfixturevalue("postgres")
    world = month(*SIZES[request.param])
    store = await Store.open(url, SitePlan(settings_of(world, world.changes[0][1])))
    await store.upgrade()
    await store.rollups.rebuild()
    site = Site(world, store, folder / "outbox")
    await site.begin()
    seen: list[tuple[list[Finding], list[Judged]]] = []

    async def look(day: date, mark: str, now: float, heard: dict[str, Call]) -> None:
        if (day, mark) in LOOKED_AT:
            found = await attendance.findings(store, site.settings, day, now)
            seen.append((found, Reference(as_known(world, now), heard.values()).judged(day, now)))

    await site.live(look)
    made = Lived(site)
    made.people = {number: name for name, number in (await site.people()).items()}
    made.on_the_way = seen
    yield made
    await store.close()


def as_known(world: World, now: float) -> World:
    """The world as it was known at an instant: nobody has moved yet who moves later, nothing is excused yet."""
    sittings = [
        replace(each, end=None if each.end is not None and each.end > now else each.end)
        for each in world.sittings
        if each.start <= now
    ]
    return replace(world, sittings=sittings, away=[each for each in world.away if each.kind != "exception"])
