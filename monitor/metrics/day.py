"""A day's sums: site, teams, trunks, hours and slots of five minutes, from each call's contribution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from monitor.domain import Brief
from monitor.metrics import frames
from monitor.metrics.tally import Contribution, Tally, TrunkDay, contribution, seconds

HOUR_SECONDS = 3600
SLOT_SECONDS = 300
SLOTS = 12
LAST_SECONDS = SLOTS * SLOT_SECONDS
"""How far back the stretches of five minutes are shown: across midnight, too."""


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
        self.before: dict[str, Contribution] = {}
        """What calls of the hour before the day have added to the last hour."""

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
        counts = (dials, finished, connects, talk_micros)
        _add(self._by_hour, int((begun_at - self.start) // HOUR_SECONDS), counts)
        _add(self._by_slot, int(begun_at // SLOT_SECONDS), counts)

    def put_before(self, call_id: str, part: Contribution | None) -> bool:
        """A call begun in the hour before this day, as it stands: the last hour counts it, the day does not.

        Says whether anything has changed.
        """
        old = self.before.pop(call_id, None)
        if part is not None and self.start - LAST_SECONDS <= part.started_at < self.start:
            self.before[call_id] = part
        new = self.before.get(call_id)
        for each, sign in ((old, -1), (new, 1)):
            if each is not None and each.dial and old != new:
                talk = sum(micros for _, micros in each.talk_micros)
                counts = (sign, sign * each.finished, sign * each.connect, sign * talk)
                _add(self._by_slot, int(each.started_at // SLOT_SECONDS), counts)
        return old != new

    def follow(self, before: Day, effective_seconds: float) -> None:
        """Take the last hour over from the day before."""
        for call_id, part in before.parts.items():
            if self.start - LAST_SECONDS <= part.started_at < self.start:
                whole = contribution(part, effective_seconds) if isinstance(part, Brief) else part
                self.put_before(call_id, whole)

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


def _add(table: dict[int, list[int]], place: int, counts: Sequence[int]) -> None:
    bucket = table.get(place)
    if bucket is None:
        bucket = table[place] = [0, 0, 0, 0]
    for number, value in enumerate(counts):
        bucket[number] += value


def _bucket(start: float, counts: Sequence[int] | None) -> frames.Bucket:
    dials, finished, connects, talk = counts if counts is not None else (0, 0, 0, 0)
    return frames.Bucket(
        start=start, dials=dials, finished=finished, connects=connects, talk_seconds=seconds(talk)
    )
