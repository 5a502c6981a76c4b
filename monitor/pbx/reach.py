"""Which phones and trunks can be reached, from the states of devices, and the periods in which they could not.

Asterisk's device state says it for both: an endpoint all of whose contacts are gone, or do not answer its
OPTIONS, is ``UNAVAILABLE`` (Asterisk res/res_pjsip/pjsip_configuration.c and channels/chan_sip.c: the device state
follows what the registrar and ``qualify`` find). A trunk that is not qualified never becomes so. That a registration of
ours with a provider has failed is no outage: calls out carry their own authentication.

The trunks are down when every pattern of trunks in the settings matches devices that were told of, and none of them
can be reached. One that is down beside one that works stops nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

import msgspec

from monitor.domain import ExtensionStatus, Outage, OutageCause
from monitor.pbx import events as ev
from monitor.pbx.numbers import Kind, Numbering
from monitor.pbx.snapshot import DeviceRow

_REACHABLE = {
    "NOT_INUSE": True,
    "INUSE": True,
    "BUSY": True,
    "RINGING": True,
    "RINGINUSE": True,
    "ONHOLD": True,
    "UNAVAILABLE": False,
}
#: No statement about an extension; a trunk of which nothing is known may well work.
_UNTOLD = "UNKNOWN"
#: The endpoint is no more.
_GONE = "INVALID"

_TRUNKS = "all trunks"
"""Stands for them among the open periods; no extension is called so."""


class Reach:
    """What can be reached on one PBX. ``take`` gives what has changed."""

    def __init__(self, pbx: str, numbering: Numbering, trunks: Iterable[str]) -> None:
        self._pbx = pbx
        self._numbering = numbering
        self._patterns = tuple(trunks)
        self._reachable: dict[str, bool] = {}
        self._trunks: dict[str, bool] = {}
        self._open: dict[str, Outage] = {}
        self._changes: list[ExtensionStatus | Outage] = []

    def take(self) -> list[ExtensionStatus | Outage]:
        """What has changed since the last ``take``, in order."""
        changes, self._changes = self._changes, []
        return changes

    def restore(self, outages: Iterable[Outage], last_seen: float | None) -> None:
        """Take up the stored periods that were open when this program stopped.

        What is known by now ends there: ``last_seen`` is when it was last known to hold.
        """
        for outage in outages:
            key = outage.subject if outage.cause is OutageCause.EXTENSION else _TRUNKS
            known = key in self._reachable if key != _TRUNKS else bool(self._trunks)
            if known or key in self._open:
                self._end(outage, outage.started_at if last_seen is None else last_seen)
            else:
                self._open[key] = outage

    def changed(self, event: ev.DeviceState) -> None:
        """A device's state has changed."""
        self._device(event.device, event.state, event.at, event.at)

    def picture(self, devices: Iterable[DeviceRow], at: float, last_seen: float) -> None:
        """Every device's state after a time in which nothing was heard, from ``last_seen`` on.

        What was down and is back came back at a time nobody knows: it is told as down up to ``last_seen``. A picture without any
        device says nothing (the PBX does not let us ask): what was down then goes on.
        """
        rows = list(devices)
        for row in rows:
            self._device(row.device, row.state, at, last_seen)
        if rows:
            told = {row.device.partition("/")[2] for row in rows}
            for key in [key for key in self._open if key != _TRUNKS and key not in told]:
                self._end(self._open.pop(key), last_seen)
            self._judge_trunks(at, last_seen)

    def _device(self, device: str, state: str, at: float, back_at: float) -> None:
        party = self._numbering.party(device + "-")
        reachable = _REACHABLE.get(state)
        if party.kind is Kind.AGENT:
            if reachable is not None and self._reachable.get(party.endpoint) is not reachable:
                self._extension(party.endpoint, reachable, at, back_at)
        elif party.kind is Kind.TRUNK:
            if state == _GONE:
                self._trunks.pop(device, None)
            elif reachable is not None or state == _UNTOLD:
                self._trunks[device] = reachable is not False
            self._judge_trunks(at, back_at)

    def _extension(self, extension: str, reachable: bool, at: float, back_at: float) -> None:
        self._reachable[extension] = reachable
        outage = self._open.get(extension)
        if reachable:
            if outage is not None:
                self._end(self._open.pop(extension), back_at)
        elif outage is None:
            self._begin(extension, OutageCause.EXTENSION, extension, at)
        else:
            at = outage.started_at
        self._changes.append(ExtensionStatus(pbx=self._pbx, extension=extension, reachable=reachable, at=at))

    def _judge_trunks(self, at: float, back_at: float) -> None:
        down = (
            bool(self._trunks)
            and not any(self._trunks.values())
            and all(
                any(fnmatchcase(device, pattern) for device in self._trunks) for pattern in self._patterns
            )
        )
        if down and _TRUNKS not in self._open:
            names = ", ".join(sorted(device.partition("/")[2] for device in self._trunks))
            self._begin(_TRUNKS, OutageCause.TRUNKS, names, at)
        elif not down and _TRUNKS in self._open:
            self._end(self._open.pop(_TRUNKS), back_at)

    def _begin(self, key: str, cause: OutageCause, subject: str, at: float) -> None:
        self._open[key] = Outage(pbx=self._pbx, cause=cause, subject=subject, started_at=at)
        self._changes.append(self._open[key])

    def _end(self, outage: Outage, at: float) -> None:
        self._changes.append(msgspec.structs.replace(outage, ended_at=max(at, outage.started_at)))
