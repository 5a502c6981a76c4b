"""What is remembered as changed."""

from __future__ import annotations

from monitor.metrics.changes import PARTS, Changed
from monitor.metrics.frames import Changes


def test_it_begins_with_what_it_is_given_and_with_nothing_else() -> None:
    changed = Changed(["main/8001"], parts=PARTS)
    changed.agents.add("main/8002")
    assert (changed.agents, changed.teams, changed.trunks) == ({"main/8001", "main/8002"}, set(), set())
    assert changed.parts == PARTS
    assert Changed().parts == set()


def test_every_part_of_a_delta_is_rows_or_is_told_whole() -> None:
    assert PARTS | {"agents", "teams", "trunks"} == set(Changes.__struct_fields__)
