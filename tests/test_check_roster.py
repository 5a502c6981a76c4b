"""``dialwatch check`` names what is wrong with who sits where."""

from __future__ import annotations

from pathlib import Path

from monitor.check_roster import examine_roster, faults, staffed_now
from monitor.config_duty import RosterSettings
from monitor.metrics.plan import SitePlan
from monitor.store.people import Assignment, Facts, Roster
from monitor.store.staff import Move
from monitor.store.store import Store
from tests.metrics.test_board import SETTINGS, at, dial

STORED = SETTINGS.model_copy(update={"roster": RosterSettings(source="store"), "teams": ()})


def seat(person: int, name: str, extension: str) -> Assignment:
    return Assignment(
        pbx="main", extension=extension, person_id=person, name=name, team="t1", valid_from=0.0, valid_to=None
    )


def told(*seats: Assignment, seen: dict[str, int] | None = None) -> list[tuple[str, str]]:
    found = faults(SETTINGS, Roster(seats, {}), seen or {}, at("12:00"))
    return [(each.level, each.what) for each in found]


def test_two_on_one_seat_and_one_on_two_are_named() -> None:
    assert told(seat(1, "张伟", "8001"), seat(2, "王芳", "8001"), seat(2, "王芳", "8002")) == [
        ("warn", "roster: 2 people have extension main/8001: 张伟, 王芳"),
        ("warn", "roster: 王芳 has 2 extensions: main/8001, main/8002"),
    ]


def test_who_dials_and_is_nobody_is_named() -> None:
    assert told(seat(1, "张伟", "8001"), seen={"main/8001": 9, "main/8099": 3}) == [
        ("warn", "roster: dialled within 7 days and belongs to nobody: main/8099")
    ]
    assert told(seat(1, "张伟", "8001"), seen={"main/8001": 9})[0][0] == "ok"


async def test_a_real_store_is_asked(tmp_path: Path) -> None:
    here = STORED.model_copy(
        update={"store": SETTINGS.store.model_copy(update={"data_dir": tmp_path, "url": ""})}
    )
    assert await examine_roster(here, at("12:00")) == []
    store = await Store.open(here.store.database_url, SitePlan(SETTINGS))
    await store.upgrade()
    await store.rollups.rebuild()
    assert [each.what for each in await examine_roster(here, at("12:00"))] == [
        "roster: nobody has an extension"
    ]
    await store.staff.move(
        [Move(facts=Facts(name="张伟"), agent="main/8001", team="t1", valid_from=0.0)], "x", 1.0, {"t1": "组"}
    )
    await store.write([dial("8001", at("10:00")), dial("8099", at("10:01"), serial=1)])
    await store.close()
    (found,) = await examine_roster(here, at("12:00"))
    assert found.what.endswith("belongs to nobody: main/8099")
    assert [
        agent.extension for team in (await staffed_now(here, at("12:00"))).teams for agent in team.agents
    ] == ["8001"]
