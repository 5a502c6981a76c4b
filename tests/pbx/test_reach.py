"""What can be reached, and the periods in which it could not: told live, over a gap, over a restart of ours."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from monitor.domain import ExtensionStatus, Outage, OutageCause
from monitor.pbx import events as ev
from monitor.pbx.numbers import Numbering
from monitor.pbx.reach import Reach
from monitor.pbx.snapshot import DeviceRow


def reach(*trunks: str) -> Reach:
    plan = SimpleNamespace(agents=("PJSIP/80*",), trunks=trunks or ("PJSIP/trunk-*",), dial_prefix="9")
    return Reach("main", Numbering(plan, ()), plan.trunks)


def tell(found: Reach, at: float, **states: str) -> None:
    for name, state in states.items():
        device = f"PJSIP/{name.replace('_', '-').lstrip('e')}"
        found.changed(ev.DeviceState(at, device, state))


def down(extension: str, began: float, ended: float | None = None) -> Outage:
    return Outage(
        pbx="main",
        cause=OutageCause.EXTENSION,
        subject=extension,
        started_at=began,
        ended_at=ended,
    )


def trunks_down(names: str, began: float, ended: float | None = None) -> Outage:
    return Outage(pbx="main", cause=OutageCause.TRUNKS, subject=names, started_at=began, ended_at=ended)


def outages(found: Reach) -> list[Outage]:
    return [change for change in found.take() if isinstance(change, Outage)]


def statuses(found: Reach) -> list[tuple[str, bool, float]]:
    return [
        (change.extension, change.reachable, change.at)
        for change in found.take()
        if isinstance(change, ExtensionStatus)
    ]


def test_a_phone_is_down_from_the_event_that_says_so_to_the_one_that_says_it_is_back() -> None:
    found = reach()
    tell(found, 1.0, e8001="NOT_INUSE")
    tell(found, 5.0, e8001="UNAVAILABLE")
    tell(found, 6.0, e8001="UNAVAILABLE")
    tell(found, 9.0, e8001="INUSE")
    assert outages(found) == [down("8001", 5.0), down("8001", 5.0, 9.0)]


def test_states_that_tell_nothing_change_nothing() -> None:
    found = reach()
    tell(found, 1.0, e8001="UNAVAILABLE", e9999="UNAVAILABLE")
    tell(found, 2.0, e8001="UNKNOWN")
    assert outages(found) == [down("8001", 1.0)]


def test_the_trunks_are_down_when_none_of_them_works() -> None:
    found = reach()
    tell(found, 1.0, trunk_a="NOT_INUSE", trunk_b="NOT_INUSE")
    tell(found, 2.0, trunk_a="UNAVAILABLE")
    assert outages(found) == []
    tell(found, 3.0, trunk_b="UNAVAILABLE")
    tell(found, 8.0, trunk_a="RINGING")
    assert outages(found) == [
        trunks_down("trunk-a, trunk-b", 3.0),
        trunks_down("trunk-a, trunk-b", 3.0, 8.0),
    ]


@pytest.mark.parametrize(("state", "is_down"), [("UNKNOWN", False), ("INVALID", True)])
def test_a_trunk_of_which_nothing_is_known_may_work_and_one_that_is_no_more_does_not(
    state: str, is_down: bool
) -> None:
    found = reach()
    tell(found, 1.0, trunk_a="UNAVAILABLE", trunk_b=state)
    told = outages(found)
    assert (told[-1].ended_at is None) is is_down


def test_a_pattern_of_trunks_that_nothing_was_told_of_may_have_one_that_works() -> None:
    found = reach("PJSIP/trunk-*", "DAHDI/*")
    tell(found, 1.0, trunk_a="UNAVAILABLE")
    assert outages(found) == []


def test_what_came_back_while_nothing_was_heard_is_told_as_down_to_the_last_word() -> None:
    found = reach()
    tell(found, 1.0, e8001="UNAVAILABLE", e8002="UNAVAILABLE", e8003="NOT_INUSE", e8004="UNAVAILABLE")
    found.take()
    picture = [
        DeviceRow("PJSIP/8001", "NOT_INUSE"),
        DeviceRow("PJSIP/8002", "UNAVAILABLE"),
        DeviceRow("PJSIP/8003", "UNAVAILABLE"),
    ]
    found.picture(picture, at=20.0, last_seen=10.0)
    assert outages(found) == [down("8001", 1.0, 10.0), down("8003", 20.0), down("8004", 1.0, 10.0)]


def test_a_picture_without_devices_says_nothing() -> None:
    found = reach()
    tell(found, 1.0, e8001="UNAVAILABLE")
    found.take()
    found.picture([], at=20.0, last_seen=10.0)
    assert found.take() == []


def test_an_open_outage_goes_on_after_a_restart_of_ours_only_if_it_still_holds() -> None:
    found = reach()
    found.restore([down("8001", 3.0), down("8002", 4.0), trunks_down("trunk-a", 5.0)], 10.0)
    picture = [
        DeviceRow("PJSIP/8001", "UNAVAILABLE"),
        DeviceRow("PJSIP/8002", "NOT_INUSE"),
        DeviceRow("PJSIP/trunk-a", "NOT_INUSE"),
    ]
    found.picture(picture, at=60.0, last_seen=10.0)
    changes = found.take()
    assert [each for each in changes if isinstance(each, Outage)] == [
        down("8002", 4.0, 10.0),
        trunks_down("trunk-a", 5.0, 10.0),
    ]
    assert [(s.extension, s.reachable, s.at) for s in changes if isinstance(s, ExtensionStatus)] == [
        ("8001", False, 3.0),
        ("8002", True, 60.0),
    ]
    tell(found, 70.0, e8001="NOT_INUSE")
    assert outages(found) == [down("8001", 3.0, 70.0)]


def test_outages_of_a_store_that_came_late_end_where_they_were_last_known() -> None:
    found = reach()
    tell(found, 50.0, e8001="NOT_INUSE", e8002="UNAVAILABLE")
    found.take()
    found.restore([down("8001", 3.0), down("8002", 4.0)], None)
    assert outages(found) == [down("8001", 3.0, 3.0), down("8002", 4.0, 4.0)]


def test_reachability_is_told_once_for_each_change() -> None:
    found = reach()
    tell(found, 1.0, e8001="NOT_INUSE")
    tell(found, 2.0, e8001="INUSE")
    tell(found, 3.0, e8001="UNAVAILABLE")
    assert statuses(found) == [("8001", True, 1.0), ("8001", False, 3.0)]
