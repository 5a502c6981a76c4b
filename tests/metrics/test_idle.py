"""The time line against a plain recomputation, whatever was put, read and loaded before."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain import brief
from monitor.metrics.bulk import Plain
from monitor.metrics.idle import Line, TimeLine, overlap
from monitor.metrics.tally import Stint, stints
from tests.metrics.floor_calls import calls

HOURS = [(100.0, 300.0), (400.0, 700.0)]
#: Between 500 and 550 the PBX was not heard.
PARTED = [[(100.0, 300.0), (400.0, 500.0)], [(550.0, 700.0)]]
instants = st.integers(0, 3200).map(lambda quarters: quarters / 4)


def stint(begin: float, length: float | None, talked: bool = False) -> Stint:
    return Stint("8001", begin, None if length is None else begin + length, talked)


parts = st.builds(
    stint, instants, st.one_of(st.none(), st.sampled_from([0.0, 1.0, 30.0, 250.0])), st.booleans()
)
puts = st.lists(
    st.tuples(st.sampled_from([f"c{i}" for i in range(14)]), st.one_of(st.none(), parts)), max_size=40
)


def plainly(known: dict[str, Stint]) -> tuple[float, float | None, float | None]:
    """Longest gap, last end, last end of talk, from the definition alone."""
    order = sorted(known.items(), key=lambda item: (item[1].started_at, item[0]))
    longest = 0.0
    for number in range(1, len(order)):
        before = [part.ended_at for _, part in order[:number]]
        if None in before:
            break
        busy_until = max(end for end in before if end is not None)
        begin = order[number][1].started_at
        quarters = [busy_until + step / 4 for step in range(max(0, int((begin - busy_until) * 4)))]
        for heard in PARTED:
            longest = max(longest, sum(0.25 for at in quarters if any(a <= at < b for a, b in heard)))
    ends = [part.ended_at for part in known.values() if part.ended_at is not None]
    talked = [part.ended_at for part in known.values() if part.ended_at is not None and part.talked]
    return longest, max(ends, default=None), max(talked, default=None)


def told(line: Line) -> tuple[float, float | None, float | None]:
    return line.longest_idle, line.last_ended_at, line.talked_until


@given(changes=puts, reads=st.sets(st.integers(0, 40)))
@settings(max_examples=200, deadline=None)
def test_reading_equals_a_recomputation_after_any_changes(
    changes: list[tuple[str, Stint | None]], reads: set[int]
) -> None:
    line = TimeLine("8001", PARTED)
    known: dict[str, Stint] = {}
    for number, (call_id, part) in enumerate(changes):
        line.put(call_id, part)
        known.pop(call_id, None)
        if part is not None:
            known[call_id] = part
        if number in reads:
            assert told(line.read()) == plainly(known)
    assert told(line.read()) == plainly(known)
    assert len(line) == len(known)


@given(
    found=st.lists(calls(), max_size=30, unique_by=lambda call: call.id),
    between=st.booleans(),
    cut=st.integers(0, 30),
)
@settings(max_examples=100, deadline=None)
def test_loading_stints_is_putting_them(found: list, between: bool, cut: int) -> None:  # type: ignore[type-arg]
    briefs = [each for call in found if (each := brief(call)) is not None]
    one: dict[str, TimeLine] = {}
    other: dict[str, TimeLine] = {}
    day = [(found[0].started_at - 3600, found[0].started_at + 7200)] if found else []
    for part in (briefs[:cut], briefs[cut:]):
        for (_, agent), mine in Plain(part, 30).agents.items():
            line = one.setdefault(agent, TimeLine(agent, [day]))
            line.load(mine.order, mine.calls, mine.ends, mine.talked)
            if between:
                line.read()
            for call in mine.calls:
                other.setdefault(agent, TimeLine(agent, [day])).put(call.id, stints(call)[0])
    for agent, line in one.items():
        assert told(line.read()) == told(other[agent].read())
        assert len(line) == len(other[agent])


def test_a_gap_is_cut_to_the_hours() -> None:
    line = TimeLine("8001", [HOURS])
    line.put("a", stint(250.0, 10.0))
    line.put("b", stint(450.0, 10.0))
    assert line.read().longest_idle == 40.0 + 50.0


def test_two_calls_at_a_time_are_no_gap() -> None:
    line = TimeLine("8001", [HOURS])
    line.put("long", stint(110.0, 150.0))
    line.put("short", stint(120.0, 5.0))
    line.put("next", stint(265.0, 5.0))
    assert line.read().longest_idle == 5.0


def test_a_call_that_goes_on_ends_no_gap_after_it() -> None:
    line = TimeLine("8001", [HOURS])
    line.put("open", stint(110.0, None))
    line.put("next", stint(250.0, 5.0))
    assert told(line.read()) == (0.0, 255.0, None)


def test_overlap_counts_inside_the_hours_only() -> None:
    assert [overlap(0, 100, HOURS), overlap(200, 500, HOURS), overlap(310, 320, HOURS)] == [0.0, 200.0, 0.0]


def test_a_time_in_which_nothing_was_heard_parts_a_gap() -> None:
    line = TimeLine("8001", PARTED)
    line.put("a", stint(420.0, 10.0))
    line.put("b", stint(640.0, 10.0))
    assert line.read().longest_idle == 90.0
