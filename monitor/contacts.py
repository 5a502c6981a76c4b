"""What is known of a call to see with whom it was: the value that the watch works on. Nothing here does I/O.

Numbers come as the PBX told them: the same line may be ``13800001111``, ``013800001111`` and ``+8613800001111``.
``Numbering.plain`` brings them to one form, the national number without trunk prefix.
"""

from __future__ import annotations

import msgspec

from monitor.domain import Call, Direction, LegRole, Outcome

_LEAST_DIGITS = 7
"""What is shorter is a service or an extension, and stays as it is."""
_CHINA = "86"
_MOBILE_DIGITS = 11


class Contact(msgspec.Struct, frozen=True, gc=False):
    """A call in brief, with its number. Names and meanings are ``Call``'s."""

    id: str
    pbx: str
    direction: Direction
    agent: str | None
    number: str | None
    queue: str | None
    started_at: float
    answered_at: float | None
    ended_at: float | None
    ring_seconds: float
    talk_seconds: float
    outcome: Outcome | None
    complete: bool

    @property
    def is_dial(self) -> bool:
        """As ``Call.is_dial``."""
        return self.direction is Direction.OUTBOUND and self.outcome is not Outcome.AGENT_UNANSWERED

    @property
    def is_connect(self) -> bool:
        """As ``Call.is_connect``."""
        return self.direction is Direction.OUTBOUND and self.answered_at is not None

    @property
    def dialler(self) -> str:
        """Whose call it is, ``pbx/extension``."""
        return f"{self.pbx}/{self.agent or ''}"


class Missed(msgspec.Struct, frozen=True):
    """An inbound call that ended without an answer, and the extensions (``pbx/extension``) that rang."""

    call: Contact
    rang: tuple[str, ...]


def contact_of(call: Call) -> Contact:
    """A call in brief."""
    return Contact(
        call.id,
        call.pbx,
        call.direction,
        call.agent,
        call.number,
        call.queue,
        call.started_at,
        call.answered_at,
        call.ended_at,
        call.ring_seconds,
        call.talk_seconds,
        call.outcome,
        call.complete,
    )


def missed_of(call: Call) -> Missed | None:
    """An inbound call as a missed one; ``None`` if it is none (METRICS: missed inbound)."""
    if call.direction is not Direction.INBOUND or not call.ended or call.answered_at is not None:
        return None
    rang = dict.fromkeys(f"{call.pbx}/{leg.endpoint}" for leg in call.legs if leg.role is LegRole.AGENT)
    return Missed(contact_of(call), tuple(rang))


class Numbering(msgspec.Struct, frozen=True):
    """How numbers are written where the site is: ``country_code`` 86, and the ``trunk_prefix`` 0 before an area."""

    country_code: str = _CHINA
    trunk_prefix: str = "0"

    def plain(self, number: str) -> str:
        """The national number of a number as it was dialled or shown; a foreign one is ``+`` and its country."""
        if len(number) < _LEAST_DIGITS:
            return number
        abroad = number[1:] if number[0] == "+" else number[2:] if number.startswith("00") else None
        if abroad is not None:
            if not abroad.startswith(self.country_code):
                return f"+{abroad}"
            return self._without_prefix(abroad[len(self.country_code) :])
        # Carriers show mobile callers as 8613…: no national number is so long.
        length = len(_CHINA) + _MOBILE_DIGITS
        if self.country_code == _CHINA and len(number) == length and number.startswith(f"{_CHINA}1"):
            return number[len(_CHINA) :]
        return self._without_prefix(number)

    def spellings(self, plain: str) -> tuple[str, ...]:
        """The ways in which a plain number may have been written."""
        if len(plain) < _LEAST_DIGITS:
            return (plain,)
        if plain[0] == "+":
            return (plain, f"00{plain[1:]}")
        code, prefix = self.country_code, self.trunk_prefix
        found = [plain, f"{prefix}{plain}"]
        found += [f"{sign}{code}{each}" for sign in ("+", "00") for each in (plain, f"{prefix}{plain}")]
        if code == _CHINA and len(plain) == _MOBILE_DIGITS and plain[0] == "1":
            found.append(f"{code}{plain}")
        return tuple(dict.fromkeys(found))

    def _without_prefix(self, number: str) -> str:
        prefix = self.trunk_prefix
        return number[len(prefix) :] if prefix and number.startswith(prefix) else number
