"""Breaches against a plain second way, and the live watch against all calls at once."""

from __future__ import annotations

from datetime import time

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from monitor.config_guard import Cap, GuardSettings
from monitor.contacts import Contact, Listed, Listing
from monitor.domain import Direction, Outcome
from monitor.metrics.cases import Found
from monitor.metrics.harassment import Watch, breaches, over_cap, permitted
from tests.metrics.test_board import ZONE, at
from tests.metrics.test_callbacks import contact

DAY = (at("0:00"), at("0:00", 24))
RULES = GuardSettings(
    caps=(Cap(most=3, minutes=5), Cap(most=5, minutes=1440)),
    hours=((time(8), time(12)), (time(13), time(0))),
    own_numbers=("1370000*",),
)


def dials(*clocks: str, number: str = "13800001111", agent: str = "8001", talk: float = 0.0) -> list[Contact]:
    return [contact(at(each), number, agent=agent, talk=talk, serial=n) for n, each in enumerate(clocks)]


def found(calls: list[Contact], rules: GuardSettings = RULES, listing: Listing | None = None) -> list[Found]:
    return breaches(calls, rules, listing or Listing(), ZONE, *DAY)


def listed(
    number: str, since: float, until: float | None = None, removed: float | None = None, id: int = 1
) -> Listed:
    return Listed(
        id=id,
        list="do_not_call",
        key=number,
        hint="x",
        since=since,
        until=until,
        removed_at=removed,
        reason="投诉",
    )


def test_the_dial_that_is_one_too_many_breaks_the_cap_over_all_agents() -> None:
    calls = [*dials("10:00", "10:01", "10:02"), *dials("10:04:59", agent="8002", number="+8613800001111")]
    (case,) = found(calls)
    assert (case.rule, case.number, case.figures["peak"], case.figures["most"]) == (
        "cap",
        "13800001111",
        4,
        3,
    )
    assert [each.started_at for each in case.broke] == [at("10:04:59")]
    assert len(case.calls) == 4
    # Five minutes after the first one it does not count any more.
    assert found([*calls[:3], *dials("10:05")]) == []


def test_another_breach_later_is_another_case_while_they_share_no_dial() -> None:
    early, late = (
        dials("10:00", "10:01", "10:02", "10:03"),
        dials("11:00", "11:01", "11:02", "11:03", "11:04"),
    )
    short = GuardSettings(caps=(Cap(most=3, minutes=5),))
    two, one = found([*early, *late], short)
    assert (len(one.calls), len(two.calls), len(two.marked)) == (4, 5, 2)
    assert one.id != two.id


def test_what_is_no_dial_and_our_own_numbers_break_nothing() -> None:
    refused = [contact(at("10:00"), outcome=Outcome.AGENT_UNANSWERED, serial=n) for n in range(9)]
    inbound = [contact(at("10:00"), direction=Direction.INBOUND, serial=n) for n in range(9)]
    own = dials(*["10:00"] * 9, number="013700001234")
    nobody = dials(*["10:00"] * 9, number="")
    assert found([*refused, *inbound, *own, *nobody]) == []


def test_hours_are_held_by_extension_and_day() -> None:
    calls = [
        *dials("7:59:59", "12:30", "8:00"),
        *dials("12:00", number="13900000000"),
        *dials("23:59", agent="8002"),
    ]
    cases = {each.agent: each for each in found(calls, RULES.model_copy(update={"caps": ()}))}
    assert set(cases) == {"main/8001"}
    assert [each.started_at for each in cases["main/8001"].calls] == [at("7:59:59"), at("12:00"), at("12:30")]
    assert cases["main/8001"].figures == {"hours": "08:00–12:00 13:00–00:00", "day": "2026-11-23", "dials": 3}
    assert permitted(at("3:00"), (), ZONE)


def test_the_list_holds_from_its_date_until_its_end() -> None:
    entries = [
        listed("13800001111", at("9:00"), at("10:00")),
        listed("13800001111", at("14:00"), removed=at("15:00"), id=2),
    ]
    calls = dials("8:59", "9:00", "9:59", "10:00", "14:30", "15:00", number="+8613800001111")
    bare = GuardSettings()
    later, earlier = found(calls, bare, Listing(entries))
    assert [each.started_at for each in earlier.calls] == [at("9:00"), at("9:59")]
    assert [each.started_at for each in later.calls] == [at("14:30")]
    assert (earlier.figures["until"], later.figures["until"], later.figures["reason"]) == (
        "2026-11-23",
        None,
        "投诉",
    )


def test_only_what_was_broken_in_the_stretch_is_listed() -> None:
    calls = dials("9:00", "9:01", "9:02", "9:03")
    rules = GuardSettings(caps=(Cap(most=3, minutes=5),))
    assert breaches(calls, rules, Listing(), ZONE, at("9:04"), at("10:00")) == []
    assert len(breaches(calls, rules, Listing(), ZONE, at("9:03"), at("10:00"))) == 1


# ---------------------------------------------------------------- a plain second way

numbers = st.sampled_from(["13800001111", "013800001111", "13900002222", "13700001234", None])
some_dials = st.lists(
    st.builds(
        contact,
        st.integers(0, 400).map(lambda minutes: at("6:00") + minutes * 60.0),
        numbers,
        agent=st.sampled_from(["8001", "8002"]),
        outcome=st.sampled_from([None, None, Outcome.AGENT_UNANSWERED, Outcome.CANCELLED]),
        serial=st.integers(0, 10**6),
    ),
    max_size=40,
    unique_by=lambda each: each.id,
)


def plainly(calls: list[Contact], most: int, seconds: float) -> list[tuple[set[str], set[str]]]:
    """Cases as sets of ids: all calls, and those that broke the cap; by trying every dial against every other."""
    cases: list[tuple[set[str], set[str]]] = []
    for dial in sorted(calls, key=lambda each: (each.started_at, each.id)):
        window = {
            other.id
            for other in calls
            if (other.started_at, other.id) <= (dial.started_at, dial.id)
            and other.started_at > dial.started_at - seconds
        }
        if len(window) > most:
            if cases and cases[-1][0] & window:
                cases[-1] = (cases[-1][0] | window, cases[-1][1] | {dial.id})
            else:
                cases.append((window, {dial.id}))
    return cases


@given(some_dials, st.integers(1, 4), st.sampled_from([60.0, 300.0, 3600.0]))
def test_a_cap_is_what_trying_every_dial_finds(calls: list[Contact], most: int, seconds: float) -> None:
    for number in ("13800001111", "13900002222"):
        mine = [each for each in calls if each.is_dial and each.number and each.number[-4:] == number[-4:]]
        mine.sort(key=lambda each: (each.started_at, each.id))
        got = over_cap(mine, Cap(most=most, minutes=seconds / 60), number)
        assert [({call.id for call in each.calls}, set(each.marked)) for each in got] == plainly(
            mine, most, seconds
        )


@given(some_dials, st.data())
def test_the_live_watch_says_what_all_calls_at_once_say(calls: list[Contact], data: st.DataObject) -> None:
    listing = Listing([listed("13900002222", at("7:00"), at("9:00"))])
    watch = Watch(RULES, ZONE)
    told = [
        *(msgspec.structs.replace(each, outcome=None, ended_at=None) for each in calls),
        *(msgspec.structs.replace(each, agent=None) for each in calls),
    ]
    # A call is told several times on its way, calls in any order; its last value counts.
    for each in [*data.draw(st.permutations(told)), *data.draw(st.permutations(calls))]:
        watch.put(each)
    watch.learn(listing)
    assert watch.breaches(*DAY) == breaches(calls, RULES, listing, ZONE, *DAY)
    before = at("8:00")
    watch.forget(before)
    kept = [each for each in calls if each.started_at >= before]
    assert watch.breaches(*DAY) == breaches(kept, RULES, listing, ZONE, *DAY)
