"""The dials of the last while, for whoever asks how it goes just now: the same counting as the day's."""

from __future__ import annotations

from monitor.domain import Brief, Direction
from monitor.metrics.tally import Contribution, seizures


class Recent:
    """Finished dials by team, finished seizures by trunk; each with its begin."""

    __slots__ = ("_dials", "_seizures")

    def __init__(self) -> None:
        self._dials: dict[str, list[tuple[float, bool]]] = {}
        self._seizures: dict[str, list[tuple[float, bool]]] = {}

    def add(self, part: Contribution | Brief, team: str) -> None:
        """Count a call, or what it has contributed, where its dialler is in ``team``."""
        if isinstance(part, Brief):
            finished, connect = part.is_dial and part.ended, part.is_connect
            seized = seizures(part) if part.direction is Direction.OUTBOUND else ()
        else:
            finished, connect, seized = part.finished, part.connect, part.seizures
        if finished:
            self._dials.setdefault(team, []).append((part.started_at, connect))
        for seizure in seized:
            if not (seizure.active or seizure.given_up):
                trunk = f"{part.pbx}/{seizure.trunk}"
                self._seizures.setdefault(trunk, []).append((part.started_at, seizure.effective))

    def dials(self, team: str, since: float) -> tuple[int, int]:
        """Finished dials of a team begun from ``since`` on, and how many of them connected."""
        found = [connected for at, connected in self._dials.get(team, ()) if at >= since]
        return len(found), sum(found)

    def seizures(self, trunk: str, count: int) -> tuple[int, int]:
        """The last ``count`` finished seizures of a trunk (fewer, if there were no more), how many were served.

        As in NER, those that the agent gave up before the network said anything are left out.
        """
        last = sorted(self._seizures.get(trunk, ()))[-count:]
        return len(last), sum(effective for _, effective in last)

    @property
    def trunks(self) -> list[str]:
        """Ids (``pbx/name``) of the trunks with a finished seizure."""
        return sorted(self._seizures)
