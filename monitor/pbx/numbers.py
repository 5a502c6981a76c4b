"""Which channel is an agent and which a trunk, and what number a dial string means.

A channel name is ``TECH/endpoint-<hex>`` (``PJSIP/8001-0000001d``), a Local channel
``Local/exten@context-<hex>;1`` or ``;2``. The agent is read from this name, never from the caller id:
the dialplan overwrites that with the trunk's number before it dials.
"""

from __future__ import annotations

import re
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Protocol

import msgspec


class Kind(StrEnum):
    """What stands behind a channel."""

    AGENT = "agent"
    TRUNK = "trunk"
    LOCAL = "local"
    OTHER = "other"


class Party(msgspec.Struct, frozen=True):
    """A channel's endpoint: its kind and its name without technology and serial number."""

    kind: Kind
    endpoint: str


class NumberPlan(Protocol):
    """The part of a PBX's settings that numbering needs."""

    @property
    def agents(self) -> tuple[str, ...]:
        """Globs of the agents' ``TECH/endpoint``."""

    @property
    def trunks(self) -> tuple[str, ...]:
        """Globs of the trunks' ``TECH/endpoint``."""

    @property
    def dial_prefix(self) -> str:
        """Digits that ask for an outside line."""


_FEATURE = re.compile(r"\*[\d*#]+")
_OUTSIDE = re.compile(r"\+?\d{5,}")
_SIP_USER = re.compile(r"sips?:([^@;]+)", re.IGNORECASE)


class Numbering:
    """Reads channel names and dial strings of one PBX; remembers each endpoint it has classified."""

    def __init__(self, plan: NumberPlan, emergency_numbers: tuple[str, ...] = ()) -> None:
        self._plan = plan
        self._emergency = frozenset(emergency_numbers)
        self._parties: dict[str, Party] = {}

    def party(self, channel: str) -> Party:
        """Kind and endpoint of a channel, by its name."""
        device = channel.rsplit("-", 1)[0]
        found = self._parties.get(device)
        if found is None:
            found = self._classify(device)
            if len(self._parties) > 10_000:  # Local/<number>@context: one entry for each number dialled
                self._parties.clear()
            self._parties[device] = found
        return found

    def _classify(self, device: str) -> Party:
        technology, _, endpoint = device.partition("/")
        if technology == "Local":
            return Party(Kind.LOCAL, endpoint)
        if any(fnmatchcase(device, glob) for glob in self._plan.agents):
            return Party(Kind.AGENT, endpoint)
        if any(fnmatchcase(device, glob) for glob in self._plan.trunks):
            return Party(Kind.TRUNK, endpoint)
        return Party(Kind.OTHER, endpoint)

    def is_extension(self, number: str) -> bool:
        """Whether a number is one of the agents' own extensions."""
        return any(
            fnmatchcase(f"{technology}/{number}", glob)
            for glob in self._plan.agents
            for technology in (glob.partition("/")[0],)
        )

    def outside(self, exten: str) -> str | None:
        """The outside number an extension as dialled asks for, without prefix; ``None`` if it asks for none."""
        prefix = self._plan.dial_prefix
        if self.is_extension(exten):
            return None
        number = exten[len(prefix) :] if prefix and exten.startswith(prefix) else exten
        return number if _OUTSIDE.fullmatch(number) else None

    def dialled(self, dial_string: str, exten: str, endpoint: str) -> str:
        """The outside number of a dial.

        ``dial_string`` is what was sent to the trunk (``138…@trunk-a``, ``trunk-a/138…``), ``exten`` what
        the agent dialled. Digits that only the trunk adds are left away where ``exten`` shows them.
        """
        sent = _user_part(dial_string, endpoint)
        prefix = self._plan.dial_prefix
        if exten and exten[0] in "+0123456789":
            bare = exten[len(prefix) :] if prefix and exten.startswith(prefix) else ""
            for candidate in (bare, exten):
                if len(candidate) >= 3 and sent.endswith(candidate):
                    return candidate
        return sent

    def is_service(self, number: str) -> bool:
        """Whether a number is an emergency number or a feature code: listed, but not a dial."""
        return number in self._emergency or is_feature_code(number)


def is_feature_code(exten: str) -> bool:
    """Whether an extension is a feature code such as ``*97``."""
    return _FEATURE.fullmatch(exten) is not None


def same_destination(one: str, other: str) -> bool:
    """Whether two numbers as sent to two trunks mean the same line, whatever prefix each trunk wants."""
    return one[-7:] == other[-7:]


def _user_part(dial_string: str, endpoint: str) -> str:
    """The number inside a dial string of any technology."""
    dial_string = dial_string.split("/n", 1)[0] if dial_string.endswith("/n") else dial_string
    sip = _SIP_USER.search(dial_string)
    if sip:
        return sip[1]
    if "@" in dial_string:
        return dial_string.split("@", 1)[0].rsplit("/", 1)[-1]
    parts = [part for part in dial_string.split("/") if part]
    if len(parts) > 1:
        return parts[1] if parts[0] in (endpoint, endpoint.lower()) else parts[-1]
    return dial_string
