"""Questions about an agent's calls: each rule's threshold, and each against a plain second way."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config_guard import GuardSettings
from monitor.contacts import CAMPAIGN, Contact, Listed, Listing
from monitor.domain import Direction, Outcome
from monitor.metrics import gaming
from tests.metrics.test_board import ZONE, at
from tests.metrics.test_callbacks import contact
from tests.metrics.test_harassment import dials

RULES = GuardSettings()
DAYS = 86400.0


def cancelled(start: float, seconds: float, agent: str = "8001", serial: int = 0) -> Contact:
    return contact(start, agent=agent, seconds=seconds, outcome=Outcome.CANCELLED, serial=serial)


# ---------------------------------------------------------------- talk times just over


@pytest.mark.parametrize("of", [1, 3, 7])
def test_chance_is_the_share_of_all_ways_to_fall_into_three_windows(of: int) -> None:
    ways = list(product("abc", repeat=of))
    for over in range(of + 1):
        share = sum(each.count("b") >= over for each in ways) / len(ways)
        assert gaming.chance(over, of) == pytest.approx(share)
    assert gaming.chance(0, 0) == 1
    assert 0 <= gaming.chance(3000, 6000) < 1e-100


def talks(*counts: int, agent: str = "8001") -> list[Contact]:
    """So many connects in each window: below, just over, after."""
    return [
        contact(at("9:00") + n, talk=(26.0, 30.0, 35.0)[window], agent=agent, serial=window * 1000 + n)
        for window, count in enumerate(counts)
        for n in range(count)
    ]


def test_a_cluster_just_over_the_threshold_is_asked_about_with_its_figures() -> None:
    (case,) = gaming.just_over(talks(3, 25, 5), RULES, 30.0)
    (sure,) = gaming.just_over(talks(0, 999, 0), RULES, 30.0)
    assert sure.figures["one_in"] == 10**12
    assert (case.rule, case.agent, len(case.calls)) == ("just_over", "main/8001", 25)
    assert all(30 <= each.talk_seconds < 35 for each in case.calls)
    assert (case.figures["below"], case.figures["over"], case.figures["after"]) == (3, 25, 5)
    assert case.figures["one_in"] == pytest.approx(1 / gaming.chance(25, 33), rel=1e-6)


def test_few_calls_and_an_even_spread_say_nothing() -> None:
    assert gaming.just_over(talks(0, 9, 0), RULES, 30.0) == []
    assert gaming.just_over(talks(20, 25, 15), RULES, 30.0) == []
    assert gaming.just_over([*talks(0, 9, 0), *talks(0, 9, 0, agent="8002")], RULES, 30.0) == []


def test_what_was_not_heard_whole_has_no_talk_time_to_count() -> None:
    cut = [contact(at("9:00") + n, talk=30.0, complete=False, serial=n) for n in range(20)]
    going = [contact(at("9:00") + n, talk=30.0, over=False, serial=n) for n in range(20)]
    inbound = [contact(at("9:00") + n, talk=30.0, direction=Direction.INBOUND, serial=n) for n in range(20)]
    assert gaming.just_over([*cut, *going, *inbound], RULES, 30.0) == []


# ---------------------------------------------------------------- runs


def test_dials_given_up_at_once_one_after_the_other_are_a_run() -> None:
    run = [cancelled(at("9:00") + 20 * n, 4.0, serial=n) for n in range(8)]
    (case,) = gaming.cancel_runs(run, RULES)
    assert (case.rule, case.agent, case.figures["dials"], case.figures["span"]) == (
        "cancel_run",
        "main/8001",
        8,
        140,
    )
    other = contact(at("9:01") + 1, serial=99)
    assert gaming.cancel_runs([*run, other], RULES) == []
    assert gaming.cancel_runs(run[1:], RULES) == []
    long = [*run[:7], cancelled(at("9:00") + 700 + 160, 4.0, serial=9)]
    assert gaming.cancel_runs(long, RULES) == []


@given(
    st.lists(
        st.tuples(
            st.integers(0, 900), st.sampled_from(["quick", "slow", "other", "none"]), st.sampled_from("12")
        ),
        max_size=40,
    )
)
def test_runs_are_what_reading_the_dials_in_order_finds(told: list[tuple[int, str, str]]) -> None:
    rules = GuardSettings(cancel_run=3)
    calls: list[Contact] = []
    clock = at("9:00")
    for n, (pause, kind, agent) in enumerate(told):
        clock += pause
        if kind == "none":
            calls.append(contact(clock, agent=agent, outcome=Outcome.AGENT_UNANSWERED, serial=n))
        elif kind == "other":
            calls.append(contact(clock, agent=agent, talk=20.0, serial=n))
        else:
            calls.append(cancelled(clock, 5.0 if kind == "quick" else 9.0, agent, n))
    expected = []
    for agent in "12":
        # A letter for each dial: q given up at once, Q the same after a long pause, x anything else.
        mine = [each for each in calls if each.agent == agent and each.is_dial]
        run: list[str] = []
        last = 0.0
        for each in mine:
            quick = each.outcome is Outcome.CANCELLED and each.ended_at - each.started_at <= 8
            if not quick or each.started_at - last > 600:
                expected.append(run)
                run = []
            if quick:
                run.append(each.id)
                last = each.started_at
        expected.append(run)
    got = [[call.id for call in each.calls] for each in gaming.cancel_runs(calls, rules)]
    assert sorted(got) == sorted(run for run in expected if len(run) >= 3)


# ---------------------------------------------------------------- numbers


def test_the_same_number_over_and_over_is_counted_by_extension_and_day() -> None:
    calls = dials("9:00", "9:30", "10:00", "10:30", "11:00", "11:30")
    (case,) = gaming.repeats(calls, RULES, ZONE)
    assert case.figures == {"dials": 6, "connects": 0, "day": "2026-11-23"}
    assert gaming.repeats([*calls[:5], *dials("12:00", agent="8002")], RULES, ZONE) == []
    assert gaming.repeats([*calls[:5], contact(at("9:00", 24))], RULES, ZONE) == []


def test_own_numbers_are_cases_by_extension_and_number() -> None:
    calls = [
        *dials("9:00", "9:30", number="013700001234"),
        *dials("9:00", number="13700001234", agent="8002"),
    ]
    cases = gaming.own_numbers([*calls, *dials("9:00")], lambda number: number == "13700001234", RULES)
    assert [(each.agent, each.figures["dials"]) for each in cases] == [("main/8001", 2), ("main/8002", 1)]


def over_days(
    days: int, number: str = "13800001111", agent: str = "8001", talk: float = 0.0
) -> list[Contact]:
    return [contact(at("9:00") + day * DAYS, number, agent=agent, talk=talk) for day in range(days)]


def private(calls: list[Contact], campaign: Listing | None = None) -> list[dict[str, object]]:
    return [each.figures for each in gaming.private_numbers(calls, RULES, campaign or Listing(), ZONE)]


def test_a_number_of_one_extension_alone_on_many_days_or_with_long_talks_is_asked_about() -> None:
    (by_days,) = private(over_days(5))
    assert (by_days["days"], by_days["dials"], by_days["long"]) == (5, 5, 0)
    assert private(over_days(4)) == []
    (by_talk,) = private(over_days(4, talk=120.0))
    assert (by_talk["long"], by_talk["talk"]) == (4, 480)
    assert private(over_days(4, talk=119.0)) == []


def test_a_number_that_somebody_else_dials_too_or_of_the_campaign_is_not_private() -> None:
    assert private([*over_days(6), contact(at("12:00"), "+8613800001111", agent="8002")]) == []
    entry = Listed(list=CAMPAIGN, key="13800001111", hint="", since=0.0)
    assert private(over_days(6), Listing([entry])) == []


def test_long_inbound_calls_to_one_extension_but_not_of_a_queue() -> None:
    def inbound(
        talk: float, queue: str | None = None, number: str | None = "13800001111", serial: int = 0
    ) -> Contact:
        return contact(at("9:00"), number, direction=Direction.INBOUND, talk=talk, queue=queue, serial=serial)

    calls = [inbound(181.0), inbound(200.0, number="+8613800001111", serial=1), inbound(180.0, serial=2)]
    (case,) = gaming.long_inbound(
        [*calls, inbound(500.0, "600", serial=3), contact(at("9:00"), talk=500.0)], RULES
    )
    assert (case.agent, case.number, case.figures["calls"], case.figures["talk"]) == (
        "main/8001",
        "13800001111",
        2,
        381,
    )
    assert len(gaming.long_inbound([inbound(300.0, number=None)], RULES)) == 1
