"""First dials against the least over all dials; evidence from before midnight; who was on an inbound call."""

from __future__ import annotations

from datetime import date, time
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.config import Shift
from monitor.metrics.halfdays import HalfDays
from monitor.metrics.posts import ConfiguredSeat, Duty
from monitor.metrics.tally import Stint
from tests.metrics.test_board import SETTINGS, ZONE, at

DAY = date(2026, 11, 23)
AGENTS = ["main/8001", "main/8002"]
begins = st.integers(0, 86399).map(lambda second: at("0:00") + second)
dials = st.tuples(st.sampled_from([f"c{i}" for i in range(10)]), st.sampled_from([*AGENTS, None]), begins)
NIGHT = Shift(
    id="night",
    name="夜班",
    start=time(22),
    end=time(6),
    dial_by=time(22, 10),
    counts_from=time(21, 45),
)


SEATS = [
    ConfiguredSeat(person_id=number, name=agent, pbx="main", extension=agent[-4:], team="t1")
    for number, agent in enumerate(AGENTS, 1)
]


def halfdays(*shifts: Shift, day: date = DAY) -> HalfDays:
    found = HalfDays(Duty(shifts or SETTINGS.shifts, ZONE, SEATS))
    found.turn(day)
    return found


def firsts(found: HalfDays, agent: str, now: float) -> list[tuple[float | None, str | None]]:
    return [(each.at, each.call_id) for each in found.of(agent, now, {})]


@given(changes=st.lists(dials, max_size=40))
@settings(max_examples=200, deadline=None)
def test_the_first_dial_is_the_least_of_all(changes: list[tuple[str, str | None, float]]) -> None:
    found = halfdays()
    known: dict[str, tuple[str | None, float]] = {}
    for call_id, agent, begun in changes:
        found.put(call_id, agent, begun)
        known[call_id] = (agent, begun)
    for agent in AGENTS:
        for window, first in zip(found.windows, firsts(found, agent, at("23:59")), strict=True):
            mine = [
                (begun, call_id)
                for call_id, (who, begun) in known.items()
                if who == agent and window.counts_from <= begun < window.ends_at
            ]
            assert first == min(mine, default=(None, None))


@given(
    changes=st.lists(dials, max_size=12, unique_by=lambda dial: dial[0]),
    chance=st.randoms(use_true_random=False),
)
@settings(max_examples=100, deadline=None)
def test_the_order_is_no_matter_and_loading_is_putting(
    changes: list[tuple[str, str | None, float]], chance: object
) -> None:
    one, other, loaded = halfdays(), halfdays(), halfdays()
    for change in changes:
        one.put(*change)
    chance.shuffle(changes)  # type: ignore[attr-defined]
    for change in changes:
        other.put(*change)
    for agent in AGENTS:
        mine = [(begun, call_id) for call_id, who, begun in changes if who == agent]
        loaded.load(agent, mine[:3])
        loaded.load(agent, mine[3:])
    for agent in AGENTS:
        told = firsts(one, agent, at("23:59"))
        assert firsts(other, agent, at("23:59")) == told
        assert firsts(loaded, agent, at("23:59")) == told


def test_putting_twice_changes_nothing_and_taking_away_leaves_nothing() -> None:
    found = halfdays()
    assert found.put("a", AGENTS[0], at("9:00"))
    assert not found.put("a", AGENTS[0], at("9:00"))
    assert found.put("a", None, at("9:00"))
    assert not found.put("a", None, at("9:00"))
    assert firsts(found, AGENTS[0], at("9:30")) == [(None, None), (None, None)]


def test_a_night_shift_keeps_its_evidence_over_midnight() -> None:
    found = halfdays(NIGHT)
    found.put("early", AGENTS[0], at("21:40"))
    found.put("begun", AGENTS[0], at("22:05"))
    found.put("after", AGENTS[1], at("0:30", 24))
    found.turn(date(2026, 11, 24))
    assert [window.starts_at for window in found.windows] == [at("22:00"), at("22:00", 24)]
    assert firsts(found, AGENTS[0], at("1:00", 24)) == [(at("22:05"), "begun"), (None, None)]
    assert firsts(found, AGENTS[1], at("1:00", 24)) == [(at("0:30", 24), "after"), (None, None)]
    assert found.begins_at <= at("21:45")


def test_a_day_without_a_shift_over_midnight_begins_at_midnight() -> None:
    assert halfdays().begins_at == at("0:00")


def test_an_inbound_call_over_a_deadline_is_marked_and_stays_so_over_midnight() -> None:
    found = halfdays(NIGHT)
    over = Stint("8001", at("22:06"), at("22:12"), True)
    assert found.put_inbound("in", at("22:05"), {AGENTS[0]: over}) == {AGENTS[0]}
    found.put_inbound("short", at("22:01"), {AGENTS[1]: Stint("8002", at("22:01"), at("22:09"), True)})

    def marks(now: float) -> list[bool]:
        number = [window.starts_at for window in found.windows].index(at("22:00"))
        return [found.of(agent, now, {})[number].on_inbound for agent in AGENTS]

    assert marks(at("22:10")) == [False, False]
    assert marks(at("22:11")) == [True, False]
    found.turn(date(2026, 11, 24))
    assert marks(at("0:30", 24)) == [True, False]
    found.put_inbound("in", at("22:05"), {})
    assert marks(at("0:30", 24)) == [False, False]


def test_a_deadline_soon_after_midnight_sees_the_inbound_call_that_began_before_it() -> None:
    late = Shift(
        id="late", name="夜班", start=time(0, 30), end=time(6), dial_by=time(0, 40), counts_from=time(0, 15)
    )
    found = halfdays(late, day=date(2026, 11, 24))
    assert found.begins_at < at("23:50")
    found.put_inbound("in", at("23:50"), {AGENTS[0]: Stint("8001", at("23:50"), None, True)})
    assert found.of(AGENTS[0], at("0:50", 24), {})[0].on_inbound


def test_deadlines_name_who_waits_and_who_is_late() -> None:
    found = halfdays()
    found.put("a", AGENTS[0], at("9:20"))
    morning = found.deadlines(at("9:30"), {})[0]
    assert (morning.state, morning.begun, morning.not_begun, morning.late) == (
        "passed",
        1,
        [AGENTS[1]],
        AGENTS,
    )
    blind = {"main": [(at("9:00"), at("9:05"))]}
    assert found.deadlines(at("9:30"), blind)[0].indeterminate == AGENTS
    assert found.waiting(AGENTS, at("9:30")) == {AGENTS[1]}
    assert found.waiting(AGENTS, at("9:05")) == set()
    assert found.stages(at("9:05"))[0] == ("running", False, False)


def test_a_shift_in_a_zone_whose_clock_changes_at_night() -> None:
    found = HalfDays(Duty((NIGHT,), ZoneInfo("Europe/Berlin"), SEATS))
    found.turn(date(2026, 10, 25))
    assert found.windows[0].ends_at - found.windows[0].starts_at == 9 * 3600
