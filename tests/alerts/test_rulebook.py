"""Rules of the file and of the page together, by the same checks."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from monitor.alerts.rulebook import SHADOWED, RuleFault, book, checked
from monitor.notices import StoredRule
from tests.alerts.test_desk import site

RULES = [{"kind": "idle", "idle_minutes": 12}, {"kind": "link_down"}]


@pytest.fixture
def settings(tmp_path: Any) -> Any:
    return site(tmp_path, RULES, {"leads": ("json://127.0.0.1:1/", {})})


def stored(id: str, values: dict[str, Any] | None = None, **more: Any) -> StoredRule:
    body = "" if values is None else msgspec.json.encode({"id": id} | values).decode()
    return StoredRule(id=id, body=body, changed_by="wang", changed_at=1.0, **more)


def test_the_files_rules_come_first_and_the_pages_are_added(settings: Any) -> None:
    page = stored("mine", {"kind": "idle", "teams": ["t1"], "quiet": "21:00-08:00", "channels": ["leads"]})
    found = book(settings, [page, stored("idle", muted_until=99.0), stored("link_down", off=True)])
    assert [(each.id, each.from_file, each.holds) for each in found] == [
        ("idle", True, True), ("link_down", True, False), ("mine", False, True),
    ]  # fmt: skip
    idle, _, mine = found
    assert (idle.muted_until, idle.changed_by) == (99.0, "wang")
    assert idle.rule is not None and idle.rule.idle_minutes == 12
    assert mine.rule is not None and (mine.rule.teams, mine.rule.idle_minutes) == (("t1",), 15)
    assert [each.holds for each in book(settings, [])] == [True, True]


def test_of_two_rules_of_one_id_the_files_holds(settings: Any) -> None:
    found = book(settings, [stored("idle", {"kind": "disk_short"})])
    assert [(each.id, each.from_file, each.holds, each.fault) for each in found] == [
        ("idle", True, True, ""), ("link_down", True, True, ""), ("idle", False, False, SHADOWED),
    ]  # fmt: skip


def test_a_rule_whose_channel_is_gone_says_so_and_holds_no_more(settings: Any) -> None:
    (*_, gone) = book(settings, [stored("x", {"kind": "idle", "channels": ["old"]})])
    assert not gone.holds
    assert gone.fault == "channels: no [[channel]] has this name; there are: leads"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"kind": "late"}, "kind"),
        ({}, "kind"),
        ({"kind": "idle", "idle_minutes": 0}, "idle_minutes"),
        ({"kind": "idle", "ner": 0.5}, "ner"),
        ({"kind": "idle", "quiet": "21-8"}, "quiet"),
        ({"kind": "idle", "nonsense": 1}, "nonsense"),
        ({"kind": "idle", "channels": ["none"]}, "channels"),
        ({"kind": "idle", "teams": ["t9"]}, "teams"),
        ({"kind": "idle", "id": "x" * 65}, "id"),
    ],
)
def test_what_can_not_be_is_told_by_its_key(settings: Any, values: dict[str, Any], field: str) -> None:
    with pytest.raises(RuleFault) as told:
        checked(values, settings)
    assert told.value.field == field
