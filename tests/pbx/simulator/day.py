"""A simulated day through the very pipeline of the live link, and its truth beside it."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from monitor.domain import Call
from monitor.pbx.pipeline import Pipeline
from monitor.pbx.simulator.centre import Centre
from monitor.pbx.simulator.exchange import Exchange
from monitor.pbx.simulator.floor import Floor
from monitor.pbx.simulator.people import people, seats
from monitor.pbx.simulator.schedule import Schedule
from monitor.pbx.wire import MESSAGE_END
from tests.pbx.playbook import Plan

ZONE = ZoneInfo("Asia/Shanghai")


class Day:
    """A floor of ``agents`` from 08:40 of 23 November 2026; ``run_until`` plays up to an hour of that day."""

    def __init__(self, agents: int = 24, seed: int = 1) -> None:
        start = datetime(2026, 11, 23, 8, 40, tzinfo=ZONE).timestamp()
        self.schedule = Schedule(start)
        self.exchange = Exchange(self.schedule, seed)
        self.centre = Centre(self.exchange, ZONE)
        self.floor = Floor(self.centre, people(seats(agents), seed), seed)
        self.floor.open()
        self.pipeline = Pipeline(Plan())
        self.calls: dict[str, Call] = {}
        self.bytes = 0
        self._messages: list[bytes] = []
        self.exchange.sinks.append(lambda kind, message: self._messages.append(message))

    def run_until(self, hour: int, minute: int = 0) -> None:
        end = datetime(2026, 11, 23, hour, minute, tzinfo=ZONE).timestamp()
        while self.schedule.now < end:
            self.schedule.run_until(min(end, self.schedule.now + 10.0))
            self.bytes += sum(map(len, self._messages))
            self.pipeline.received(
                [each.removesuffix(MESSAGE_END) for each in self._messages], self.schedule.now
            )
            self._messages.clear()
            for change in self.pipeline.take():
                if isinstance(change, Call):
                    self.calls[change.id] = change
