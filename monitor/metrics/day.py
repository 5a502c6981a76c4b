"""A day's sums: site, teams, trunks, hours and slots of five minutes, from each call's contribution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from monitor.domain import Brief
from monitor.metrics import frames
from monitor.metrics.tally import Contribution, Tally, TrunkDay, seconds

HOUR_SECONDS = 3600
SLOT_SECONDS = 300
SLOTS = 12


class Day:
    """What the calls of one day come to; a contribution is put with sign 1 and taken back with -1."""

    def __init__(
        self, start: float = 0.0, end: float = 0.0, hours: Sequence[tuple[float, float]] = ()
    ) -> None:
        self.start, self.end, self.hours = start, end, hours
        self.parts: dict[str, Contribution | Brief] = {}
        """What each call has added: itself in brief, where it was counted with many others at once."""
        self.site = Tally()
        self.teams: dict[str, Tally] = {}
        self.trunks: dict[str, TrunkDay] = {}
        self._by_hour: dict[int, list[int]] = {}
        self._by_slot: dict[int, list[int]] = {}

    def holds(self, at: float) -> bool:
        """Whether an instant lies in the day."""
        return self.start <= at < self.end

    def team(self, team: str) -> Tally:
        """A team's sums."""
        found = self.teams.get(team)
        if found is None:
            found = self.teams[team] = Tally()
        return found

    def trunk(self, pbx: str, name: str) -> TrunkDay:
        """A trunk's sums."""
        key = f"{pbx}/{name}"
        found = self.trunks.get(key)
        if found is None:
            found = self.trunks[key] = TrunkDay(pbx, name)
        return found

    def count(self, part: Contribution, sign: int) -> None:
        """The sums that need no agent: site, trunks, hours."""
        talk = sum(micros for _, micros in part.talk_micros)
        self.site.count(part, sign)
        self.site.ring_micros += sign * part.ring_micros
        self.site.talk(sign * talk, finished=part.finished)
        for seizure in part.seizures:
            self.trunk(part.pbx, seizure.trunk).add(seizure, sign)
        if part.dial:
            self.count_dials(part.started_at, sign, sign * part.finished, sign * part.connect, sign * talk)

    def count_dials(
        self, begun_at: float, dials: int, finished: int, connects: int, talk_micros: int
    ) -> None:
        """Add dials begun in the same five minutes of the same hour."""
        for table, place in (
            (self._by_hour, int((begun_at - self.start) // HOUR_SECONDS)),
            (self._by_slot, int(begun_at // SLOT_SECONDS)),
        ):
            bucket = table.get(place)
            if bucket is None:
                bucket = table[place] = [0, 0, 0, 0]
            bucket[0] += dials
            bucket[1] += finished
            bucket[2] += connects
            bucket[3] += talk_micros

    def same_place_until(self, at: float) -> float:
        """Up to when dials count in the same five minutes and the same hour as one begun ``at``."""
        hour = self.start + ((at - self.start) // HOUR_SECONDS + 1) * HOUR_SECONDS
        return min((at // SLOT_SECONDS + 1) * SLOT_SECONDS, hour)

    def hour_frames(self) -> list[frames.Bucket]:
        """The hours from the first to the last with a shift or a dial."""
        marks = [int((at - self.start) // HOUR_SECONDS) for a, b in self.hours for at in (a, b - 1)]
        marks += [hour for hour, bucket in self._by_hour.items() if bucket[0]]
        if not marks:
            return []
        span = range(min(marks), max(marks) + 1)
        return [_bucket(self.start + hour * HOUR_SECONDS, self._by_hour.get(hour)) for hour in span]

    def slot_frames(self, now: float) -> list[frames.Bucket]:
        """The last hour, in stretches of five minutes."""
        last = int(now // SLOT_SECONDS)
        span = range(last - SLOTS + 1, last + 1)
        return [_bucket(float(slot * SLOT_SECONDS), self._by_slot.get(slot)) for slot in span]

    def trunks_after(self) -> Mapping[str, TrunkDay]:
        """The trunks for the day after, empty: who watches must be told that yesterday's figures are over."""
        kept = {key: trunk for key, trunk in self.trunks.items() if trunk.seizures}
        for trunk in kept.values():
            trunk.clear()
        return kept


def _bucket(start: float, counts: Sequence[int] | None) -> frames.Bucket:
    dials, finished, connects, talk = counts if counts is not None else (0, 0, 0, 0)
    return frames.Bucket(
        start=start, dials=dials, finished=finished, connects=connects, talk_seconds=seconds(talk)
    )
