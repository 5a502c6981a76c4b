"""From AMI messages to call changes, sans-IO: the same for a live link and for a replayed capture."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from monitor.domain import Call, ExtensionStatus, Outage
from monitor.pbx.decoding import decode_event
from monitor.pbx.numbers import NumberPlan
from monitor.pbx.record import VoiceMeter
from monitor.pbx.snapshot import Snapshot
from monitor.pbx.tracker import Tracker

#: Messages of one read came one after the other; so that a call that fits into one still has an order.
IN_ONE_READ_SECONDS = 1e-6


class PbxPlan(NumberPlan, Protocol):
    """The part of a PBX's settings that the pipeline needs."""

    @property
    def name(self) -> str:
        """Name of the PBX; the first part of every call's id."""

    @property
    def encoding_fallback(self) -> str:
        """Encoding of text that is not UTF-8."""


class Pipeline:
    """Decodes and tracks the messages of one PBX.

    All times of arrival given are of our own clock. Where the PBX stamps its events, what is seen of the
    link (its loss, a picture taken) is put on the PBX's clock before it meets them.

    ``malformed`` counts messages without what identifies them (they are skipped), ``lag_seconds`` is
    arrival minus the PBX's own time stamp of the newest event, ``None`` where it sends none.
    """

    def __init__(
        self,
        pbx: PbxPlan,
        emergency_numbers: tuple[str, ...] = (),
        voice: Callable[[], VoiceMeter] | None = None,
    ) -> None:
        self._tracker = Tracker(pbx.name, pbx, emergency_numbers, voice)
        self._fallback = pbx.encoding_fallback
        self._blind_from: float | None = None
        self.malformed = 0
        self.lag_seconds: float | None = None

    def connected(self, at: float) -> None:
        """A link is up again; a ``resync`` follows where the PBX lets us ask for one."""

    def disconnected(self, at: float) -> None:
        """The link is gone: from here on nothing is seen."""
        if self._blind_from is None:
            self._blind_from = self._pbx_time(at)

    def stamped(self, stamp: float, at: float) -> None:
        """The PBX's time of something that came ``at``, before any event is given: both clocks are known."""
        self.lag_seconds = at - stamp

    def _pbx_time(self, at: float) -> float:
        """An instant of our clock on that of the PBX."""
        return at - self.lag_seconds if self.lag_seconds is not None else at

    def received(self, messages: Sequence[bytes], at: float) -> None:
        """Take whole AMI messages that arrived at ``at``; those we have no use for cost a look-up."""
        apply = self._tracker.apply
        for message in messages:
            try:
                event = decode_event(message, at, self._fallback)
            except KeyError:
                self.malformed += 1
                continue
            if event is not None:
                if event.at != at:
                    self.lag_seconds = at - event.at
                apply(event)
                at += IN_ONE_READ_SECONDS

    def resync(self, snapshot: Snapshot, at: float, restarted: bool = False) -> int:
        """Hold our picture against what exists; returns how many calls ended unseen."""
        at = self._pbx_time(at)
        cut = self._tracker.resync(snapshot, at, blind_from=self._blind_from, restarted=restarted)
        self._blind_from = None
        return cut

    def restore(
        self,
        calls: Iterable[Call],
        last_heard_at: float | None = None,
        outages: Iterable[Outage] = (),
    ) -> None:
        """Take up calls and outages that were open when this program stopped; ``last_heard_at`` is when it last listened."""
        if last_heard_at is not None:
            self._blind_from = last_heard_at
        self._tracker.restore(calls, outages, last_heard_at)

    def finish(self, at: float) -> None:
        """The capture ends: what is still going on is told as incomplete."""
        self._tracker.finish(self._pbx_time(at))

    def take(self) -> list[Call | ExtensionStatus | Outage]:
        """What changed since the last ``take``, the latest value of each call."""
        return self._tracker.take()

    @property
    def remembered_channels(self) -> int:
        """Channels in memory; follows the calls going on, not the calls of the day."""
        return self._tracker.remembered
