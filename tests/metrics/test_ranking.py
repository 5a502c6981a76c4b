"""The fair ranking: who is in it, in which order, with which interval."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from monitor.metrics import rates
from monitor.metrics.agent import AgentDay
from monitor.metrics.ranking import ranking

counts = st.lists(
    st.integers(0, 300).flatmap(lambda finished: st.tuples(st.integers(0, finished), st.just(finished))),
    max_size=12,
)


def tiles(pairs: list[tuple[int, int]]) -> list[AgentDay]:
    found = []
    for number, (connects, finished) in enumerate(pairs):
        tile = AgentDay("main", str(8001 + number), "", "t1")
        tile.tally.finished_connects, tile.tally.finished = connects, finished
        found.append(tile)
    return found


@given(counts)
def test_whoever_has_a_finished_dial_has_one_place_best_first(pairs: list[tuple[int, int]]) -> None:
    found = ranking(tiles(pairs))
    assert {place.id for place in found} == {
        f"main/{8001 + number}" for number, (_, finished) in enumerate(pairs) if finished
    }
    assert [place.value for place in found] == sorted((place.value for place in found), reverse=True)
    for place in found:
        connects, finished = pairs[int(place.id[-4:]) - 8001]
        assert place.connect_rate == connects / finished
        assert place.low - 1e-6 <= place.connect_rate <= place.high + 1e-6
    for one, other in zip(found, found[1:], strict=False):
        if one.rank == other.rank:
            assert abs(one.value - other.value) < 1e-5
        else:
            assert other.rank == found.index(other) + 1


def test_two_of_two_does_not_beat_a_hundred_and_eighty_of_three_hundred() -> None:
    found = ranking(tiles([(2, 2), (180, 300), (60, 300), (90, 300)]))
    assert [place.id for place in found][0] == "main/8002"


def test_equals_share_a_place() -> None:
    assert [(place.id, place.rank) for place in ranking(tiles([(1, 2), (3, 4), (1, 2)]))] == [
        ("main/8002", 1),
        ("main/8001", 2),
        ("main/8003", 2),
    ]


def test_order_by_the_shrunken_value_is_the_order_of_the_rates_for_equal_counts() -> None:
    mean, weight = rates.prior([(10, 50), (20, 50), (30, 50)])
    values = [rates.shrunken(connects, 50, mean, weight) for connects in (10, 20, 30)]
    assert values == sorted(values)
