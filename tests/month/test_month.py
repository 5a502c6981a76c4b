"""A simulated month: what the product says of it is what a plainly written reference counts by hand.

300 people on two PBXs: by day, by night and by rota; the national holiday with its make-up Saturday, days by hand,
leave of every kind, links that break, people who change seats and teams in mid-shift, calls over the deadlines.
On SQLite in full, on PostgreSQL a smaller one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio

from monitor import attendance
from monitor.domain import Call
from monitor.duty import Finding
from monitor.metrics.ledger import accounts
from monitor.metrics.plan import SitePlan
from monitor.store.store import Store
from tests.store.conftest import postgres as postgres

from .made import month
from .reference import Judged, Reference
from .site import Site, settings_of
from .world import FIRST, LAST, World, days

pytestmark = pytest.mark.asyncio(loop_scope="module")

SIZES = {"sqlite": (300, 4), "postgresql": (72, 2)}
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


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=SIZES)
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


def told(finding: Finding, people: dict[int, str]) -> Judged:
    """What the product found, in the reference's words."""
    return Judged(
        people[finding.person],
        finding.team,
        date.fromisoformat(finding.day),
        finding.shift,
        finding.verdict,
        finding.minutes,
        finding.tier,
        finding.first_dial_at,
        finding.on_inbound,
        None if finding.absence is None else finding.absence.kind.value,
        finding.why,
    )


def by_case(judged: list[Judged]) -> dict[tuple[str, date, str], Judged]:
    found = {(each.name, each.day, each.shift): each for each in judged}
    assert len(found) == len(judged)
    return found


async def stored(lived: Lived) -> list[Finding]:
    return [each.finding for each in await lived.site.store.discipline.verdicts(FIRST, LAST)]


async def test_every_verdict_is_what_the_reference_says(lived: Lived) -> None:
    found = by_case([told(each, lived.people) for each in await stored(lived)])
    wanted = by_case(lived.judged)
    assert found == wanted
    # The month has everything that it is about.
    verdicts = {each.verdict for each in lived.judged}
    assert verdicts == {"on_time", "late", "not_started", "excused", "indeterminate", "off"}
    assert {each.why for each in lived.judged} == {None, "weekly", "rota", "holiday", "own"}
    excused = {each.away for each in lived.judged if each.verdict == "excused"}
    assert excused == {"leave", "training", "field_work", "exception"}
    assert any(each.on_inbound and each.verdict == "late" for each in lived.judged)
    assert any(each.day == date(2026, 10, 10) and each.verdict == "late" for each in lived.judged)


async def test_verdicts_on_the_way_are_what_was_known_then(lived: Lived) -> None:
    assert len(lived.on_the_way) == len(LOOKED_AT)
    for found, wanted in lived.on_the_way:
        assert by_case([told(each, lived.people) for each in found]) == by_case(wanted)
    verdicts = {each.verdict for _, wanted in lived.on_the_way for each in wanted}
    assert {"pending", "late", "indeterminate"} <= verdicts


async def test_the_dial_named_is_the_one_that_was_first(lived: Lived) -> None:
    calls = {call.id: call for call in lived.site.world.calls}
    for each in await stored(lived):
        if each.call_id is not None:
            assert calls[each.call_id].started_at == each.first_dial_at


async def test_deciding_the_whole_month_again_changes_nothing(lived: Lived) -> None:
    site = lived.site
    assert await attendance.settle(site.store, site.settings, days(), site.now + 3600) == 0


async def test_what_was_unsure_and_was_found_later_keeps_its_history(lived: Lived) -> None:
    """A case whose dial came from the PBX's records: unsure first (or by a later dial), then what it was."""
    later = lived.site.world.found_later
    before = set()
    for each in await stored(lived):
        if each.call_id in later and each.verdict == "on_time":
            history = await lived.site.store.discipline.verdict_history(each.person, each.day, each.shift)
            assert history[-1].finding == each
            before.add(history[-2].finding.verdict)
            assert history[-2].finding.first_dial_at != each.first_dial_at
    assert "indeterminate" in before
    assert before <= {"indeterminate", "on_time"}


async def test_the_ledger_covers_and_counts_what_the_reference_does(lived: Lived) -> None:
    wanted = lived.reference.ledger(lived.judged)
    made = accounts(await stored(lived), lived.site.settings.discipline)
    found = {}
    for account in made:
        values = msgspec.structs.asdict(account)
        kept = {key: values[key] for key in next(iter(wanted.values())) if key != "covered"}
        covered = [each.finding for each in account.entries if each.covered]
        kept["covered"] = [(date.fromisoformat(each.day), each.shift) for each in covered]
        assert account.covered == len(covered)
        found[lived.people[account.person]] = kept
    assert found == wanted
    assert max(len(each["covered"]) for each in wanted.values()) == 3  # type: ignore[arg-type]
