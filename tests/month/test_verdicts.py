"""A simulated month: what the product says of it is what a plainly written reference counts by hand.

300 people on two PBXs: by day, by night and by rota; the national holiday with its make-up Saturday, days by hand,
leave of every kind, links that break, people who change seats and teams in mid-shift, calls over the deadlines.
On SQLite in full, on PostgreSQL a smaller one.
"""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from monitor import attendance
from monitor.duty import Finding
from monitor.metrics.ledger import accounts

from .lived import LOOKED_AT, Lived
from .reference import Judged
from .world import FIRST, LAST, days

pytestmark = pytest.mark.asyncio(loop_scope="package")


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
    assert excused == {"leave", "training", "field_work", "exception", None}  # ``None``: by an outage
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
