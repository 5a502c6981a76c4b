"""How a site cuts its days: cells without hole or overlap, whatever the shifts, the zone and the clock change."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config import Settings, Shift
from monitor.domain import Direction
from monitor.metrics import shifts
from monitor.metrics.plan import SitePlan
from monitor.parts import NOBODY
from tests.metrics.test_board import SETTINGS, at, dial
from tests.store.test_rollups import handed_on, inbound

NIGHT = Shift(id="night", name="夜班", start="22:00", end="06:00", dial_by="22:10", counts_from="21:45")  # type: ignore[arg-type]


def planned(zone: str = "Asia/Shanghai", *more: Shift) -> SitePlan:
    site = SETTINGS.site.model_copy(update={"timezone": ZoneInfo(zone)})
    settings: Settings = SETTINGS.model_copy(update={"site": site, "shifts": (*SETTINGS.shifts, *more)})
    return SitePlan(settings)


@given(
    zone=st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns"]),
    day=st.dates(date(2026, 1, 1), date(2027, 12, 31)),
)
def test_cells_fill_the_day_once(zone: str, day: date) -> None:
    plan = planned(zone, NIGHT)
    made = plan.of(day)
    assert (made.cells[0].start, made.cells[-1].end) == (made.start, made.end)
    for before, after in zip(made.cells, made.cells[1:], strict=False):
        assert before.end == after.start
        assert before.start < before.end
    for cell in made.cells:
        assert cell.hour == int((cell.start - made.start) // 3600)
        assert cell.hour == int((cell.end - 0.001 - made.start) // 3600)
        assert made.cell(cell.start) == made.cell(cell.end - 0.001) == cell
    assert plan.of(day + timedelta(days=1)).start == made.end


@pytest.mark.parametrize(
    ("clock", "shift"),
    [
        ("5:59", "night"),
        ("6:00", ""),
        ("8:44", ""),
        ("8:45", "morning"),
        ("11:59", "morning"),
        ("12:00", ""),
        ("13:15", "afternoon"),
        ("17:30", ""),
        ("21:45", "night"),
        ("23:59", "night"),
    ],
)
def test_an_hour_is_cut_where_a_shift_begins_or_ends(clock: str, shift: str) -> None:
    plan = planned("Asia/Shanghai", NIGHT)
    cell = plan.day(at(clock)).cell(at(clock))
    assert (cell.shift, cell.hour) == (shift, int(clock.partition(":")[0]))


def test_the_key_changes_with_what_the_sums_depend_on() -> None:
    assert planned().key == planned().key
    others = {
        planned("Europe/Berlin").key,
        planned("Asia/Shanghai", NIGHT).key,
        SitePlan(
            SETTINGS.model_copy(update={"site": SETTINGS.site.model_copy(update={"effective_seconds": 31.0})})
        ).key,
        planned().key,
    }
    assert len(others) == 4
    renamed = SETTINGS.model_copy(update={"site": SETTINGS.site.model_copy(update={"name": "另名"})})
    assert SitePlan(renamed).key == planned().key


def test_each_agent_of_a_call_has_a_part_and_the_call_counts_once() -> None:
    call = handed_on(dial("8001", at("10:00"), talk=80), "8009")
    first, second = planned().parts(call)
    assert (first.agent, first.dial, first.connect, first.talk_micros) == ("8001", True, True, 40_000_000)
    assert (second.agent, second.dial, second.connect, second.talk_micros) == (
        "8009",
        False,
        False,
        40_000_000,
    )
    assert first.outcome == "answered"
    assert second.outcome is None
    (missed,) = planned().parts(inbound(None, at("10:00"), 1, 0.0))
    assert (missed.agent, missed.missed, missed.started_at) == (NOBODY, True, None)
    assert missed.direction == Direction.INBOUND


def test_days_are_the_sites() -> None:
    assert planned().day(datetime.fromisoformat("2026-11-22T16:00:00Z").timestamp()).day == "2026-11-23"
    assert (
        planned("Europe/Berlin").of(date(2026, 10, 25)).end
        - planned("Europe/Berlin").of(date(2026, 10, 25)).start
        == 25 * 3600
    )
    assert shifts.day_of(planned().of(date(2026, 11, 23)).start, ZoneInfo("Asia/Shanghai")) == date(
        2026, 11, 23
    )
