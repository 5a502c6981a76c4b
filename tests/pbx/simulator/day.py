"""A simulated day through the very pipeline of the live link, and its truth beside it."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from monitor.domain import Call, Outage
from monitor.pbx.pipeline import Pipeline
from monitor.pbx.resync import ANSWERED, with_variables
from monitor.pbx.simulator.actions import Answers
from monitor.pbx.simulator.centre import Centre
from monitor.pbx.simulator.exchange import Exchange
from monitor.pbx.simulator.floor import DAWN, Floor
from monitor.pbx.simulator.people import people, seats
from monitor.pbx.simulator.schedule import Schedule
from monitor.pbx.snapshot import Snapshot, SnapshotBuilder
from monitor.pbx.wire import MESSAGE_END, headers
from tests.pbx.playbook import Plan

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = date(2026, 11, 23)


class Day:
    """A floor of ``agents`` from 08:40 of a day; ``run_until`` plays up to an hour of that day."""

    def __init__(self, agents: int = 24, seed: int = 1, day: date = MONDAY) -> None:
        self.day = day
        self.schedule = Schedule(self.at(DAWN))
        self.exchange = Exchange(self.schedule, seed)
        self.centre = Centre(self.exchange, ZONE)
        self.floor = Floor(self.centre, people(seats(agents), seed), seed)
        self.floor.open()
        self.pipeline = Pipeline(Plan())
        self.calls: dict[str, Call] = {}
        self.outages: dict[str, Outage] = {}
        self.bytes = 0
        self._answers = Answers(self.exchange, ZONE)
        self._messages: list[bytes] = []
        self.exchange.sinks.append(lambda kind, message: self._messages.append(message))

    def at(self, clock: time) -> float:
        """Epoch seconds of a time of this day."""
        return datetime.combine(self.day, clock, ZONE).timestamp()

    def run_until(self, hour: int, minute: int = 0) -> None:
        """Play up to a time of the day."""
        self.play(self.at(time(hour, minute)))

    def play(self, end: float) -> None:
        """Play up to an instant, epoch seconds."""
        while self.schedule.now < end:
            self.schedule.run_until(min(end, self.schedule.now + 10.0))
            self.bytes += sum(map(len, self._messages))
            self.pipeline.received(
                [each.removesuffix(MESSAGE_END) for each in self._messages], self.schedule.now
            )
            self._messages.clear()
            self._keep()

    def restart(self) -> None:
        """Dialwatch is stopped and started again between two events; only what it stored is left to it."""
        self.pipeline = Pipeline(Plan())
        now = self.schedule.now
        down = [outage for outage in self.outages.values() if outage.ended_at is None]
        self.pipeline.restore([call for call in self.calls.values() if not call.ended], now, down)
        self.pipeline.resync(self.picture(), now)
        self._keep()

    def picture(self) -> Snapshot:
        """What the PBX answers to the questions of a resync."""
        builder = SnapshotBuilder()
        for action in ("DeviceStateList", "BridgeList", "CoreShowChannels", "Status"):
            text = self._answers.answer({"action": action, "variables": ANSWERED})
            for message in text.encode().split(MESSAGE_END):
                builder.add(with_variables(headers(message)))
        return builder.build()

    def _keep(self) -> None:
        for change in self.pipeline.take():
            if isinstance(change, Call):
                self.calls[change.id] = change
            elif isinstance(change, Outage):
                self.outages[change.id] = change
