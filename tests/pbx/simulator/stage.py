"""A simulated PBX for tests: plays scripts and keeps every message."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC

from monitor.pbx.simulator.centre import Centre
from monitor.pbx.simulator.exchange import Exchange
from monitor.pbx.simulator.schedule import Schedule, Script

START = 1_795_444_000.0


class Stage:
    """A PBX with nothing going on; ``play`` runs one script to its end."""

    def __init__(self, *, timestamps: bool = False, start: float = START) -> None:
        self.schedule = Schedule(start)
        self.exchange = Exchange(self.schedule, timestamps=timestamps)
        self.centre = Centre(self.exchange, UTC)
        self.messages: list[bytes] = []
        self.exchange.sinks.append(lambda kind, message: self.messages.append(message[:-4]))

    def play(self, *scripts: Callable[[Centre], Script]) -> list[bytes]:
        """Run scripts, one begun after the other, until nothing is left to do."""
        for script in scripts:
            self.schedule.spawn(script(self.centre))
        while (at := self.schedule.next_at()) is not None:
            self.schedule.run_until(at)
        return self.messages
