"""The watch from what is stored."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest_asyncio

from monitor.domain import Call
from monitor.store.store import Store
from monitor.watching import missed_inbound
from tests.metrics.test_board import SETTINGS, at, dial
from tests.store.test_watch import lost
from tests.test_attendance import inbound


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = await Store.open(f"sqlite:///{tmp_path}/dialwatch.db")
    await opened.upgrade()
    await opened.sync_roster(SETTINGS, 0.0)
    yield opened
    await opened.close()


async def test_missed_inbound_by_team_and_site(store: Store) -> None:
    calls: list[Call] = [
        lost("9:00", "13900002222", None, "8001"),
        dial("8010", at("9:10"), number="013900002222", talk=30),
        lost("9:20", "+8613900003333", "600", "8001", "8010"),
        lost("9:40", "13900004444", "600"),
        lost("9:41", "anonymous", None, "8009"),
        msgspec.structs.replace(
            inbound("8017", at("9:50"), at("9:52")), queue="600", number="1", answered_at=at("9:50")
        ),
    ]
    await store.write(calls)
    found = await missed_inbound(store, SETTINGS, at("0:00"), at("23:59"))
    assert found.team_ids == [["t1"], ["t1", "t2"], ["t1", "t2", "t3"], ["t2"]]
    assert [each.seconds for each in found.cases] == [580.0, None, None, None]
    assert (found.site.missed, found.site.called_back, found.site.open, found.site.no_number) == (4, 1, 2, 1)
    assert {team: (each.missed, each.open) for team, each in found.teams.items()} == {
        "t1": (3, 2),
        "t2": (3, 2),
        "t3": (1, 1),
    }
    assert (await missed_inbound(store, SETTINGS, at("10:00"), at("23:59"))).cases == []
