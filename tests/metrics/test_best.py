"""The best of a day: by each figure, fair to small samples."""

from __future__ import annotations

from monitor.metrics.best import best
from monitor.metrics.lines import NOTHING, line_of
from monitor.metrics.sheet import Line


def line(key: str, dials: int, connects: int) -> Line:
    sums = {"dials": dials, "finished": dials, "connects": connects, "finished_connects": connects}
    return line_of(key, key, {**NOTHING, **sums, "answered": connects, "no_answer": dials - connects})


def test_two_of_two_do_not_beat_many_and_equals_share_a_place() -> None:
    lines = [line("a", 300, 180), line("b", 2, 2), line("c", 100, 20), line("d", 100, 20), line("e", 0, 0)]
    found = {metric: [] for metric in ("dials", "connect_rate")}
    for each in best(lines):
        if each.metric in found:
            found[each.metric].append((each.rank, each.key))
    assert found["dials"] == [(1, "a"), (2, "c"), (2, "d")]
    assert found["connect_rate"] == [(1, "a"), (2, "c"), (2, "d")]
    rate = next(each for each in best(lines) if each.metric == "connect_rate")
    assert rate.value == 0.6
    assert {each.metric for each in best(lines)} == {"dials", "connects", "connect_rate"}
