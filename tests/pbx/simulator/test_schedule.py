"""Simulated time: things happen in order, and only when they are due."""

from __future__ import annotations

from monitor.pbx.simulator.schedule import Schedule, Script


def test_scripts_take_turns_in_the_order_of_time() -> None:
    schedule = Schedule(100.0)
    seen: list[tuple[str, float]] = []

    def script(name: str, step: float) -> Script:
        for _ in range(3):
            seen.append((name, schedule.now))
            yield step

    schedule.spawn(script("a", 2.0))
    schedule.spawn(script("b", 3.0), after_seconds=1.0)
    schedule.spawn_at(script("c", 1.0), 50.0)
    schedule.run_until(103.0)
    assert seen == [("a", 100), ("c", 100), ("b", 101), ("c", 101), ("a", 102), ("c", 102)]
    assert schedule.now == 103.0
    assert schedule.next_at() == 104.0
    schedule.run_until(200.0)
    assert schedule.next_at() is None


def test_what_is_due_at_the_same_moment_keeps_its_order() -> None:
    schedule = Schedule(0.0)
    seen: list[int] = []

    def script(number: int) -> Script:
        yield 5.0
        seen.append(number)

    for number in range(5):
        schedule.spawn(script(number))
    schedule.run_until(5.0)
    assert seen == [0, 1, 2, 3, 4]
