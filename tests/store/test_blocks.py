"""Dials by the begin of their number: both engines group as ``contacts.Numbering`` writes numbers."""

from __future__ import annotations

from collections import defaultdict

import msgspec

from monitor.contacts import Numbering
from monitor.domain import Outcome
from monitor.store.blocks import KEY_DIGITS
from monitor.store.store import Store
from tests.metrics.test_board import at, dial

WRITTEN = (
    "13800138000",
    "013800138001",
    "+8613800138002",
    "008613800138003",
    "8613800138004",
    "01066668888",
    "+861066668889",
    "075512345678",
    "4008123123",
    "95588",
    "+81312345678",
    "0081312345678",
)


async def test_dials_are_summed_by_the_national_numbers_begin(store: Store) -> None:
    calls = [
        dial("8001" if i % 2 else "8002", at("10:00") + i, serial=i, talk=10.0 * (i % 5), number=number)
        for i, number in enumerate(WRITTEN * 3)
    ]
    calls.append(dial("8001", at("10:30"), outcome=Outcome.AGENT_UNANSWERED))
    calls.append(msgspec.structs.replace(dial("8001", at("10:31"), serial=77), number=None))
    await store.write([*calls, dial("8001", at("10:00", 24))])
    plain = Numbering()
    for agents in (None, {("main", "8001")}, set[tuple[str, str]]()):
        expected: dict[str, list[float]] = defaultdict(lambda: [0] * 4)
        for call in calls:
            if agents is not None and (call.pbx, call.agent) not in agents:
                continue
            written = call.number or ""
            mine = expected[plain.plain(written)[:KEY_DIGITS]]
            for place, value in enumerate(
                (
                    call.is_dial,
                    call.is_connect,
                    call.is_connect and call.talk_seconds >= 30,
                    call.talk_seconds,
                )
            ):
                mine[place] += value
        rows = await store.by_number(at("0:00"), at("23:59"), 30, "86", "0", agents)
        found = {row[0]: [row[1], row[3], row[5], row[6] / 1e6] for row in rows}
        assert found == dict(expected)
