"""The watch's values: what is known of a call to see with whom it was, and numbers on lists. Nothing here does I/O.

Numbers come as the PBX told them: the same line may be ``13800001111``, ``013800001111`` and ``+8613800001111``.
``Numbering.plain`` brings them to one form, the national number without trunk prefix.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable

import msgspec

from monitor.domain import Call, Counted, Direction, LegRole, Outcome, Value

_LEAST_DIGITS = 7
"""What is shorter is a service or an extension, and stays as it is."""
_CHINA = "86"
_MOBILE_DIGITS = 11


class Contact(Counted, msgspec.Struct, frozen=True, gc=False):
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


# ---------------------------------------------------------------- lists of numbers

DO_NOT_CALL = "do_not_call"
CAMPAIGN = "campaign"
OWN = "own"
LISTS = (DO_NOT_CALL, CAMPAIGN, OWN)
"""Who must not be called, who is to be called, and our own people's numbers."""


class Listed(Value, frozen=True, kw_only=True):
    """A number on a list, in force in ``[since, until)``; ``until`` is ``None`` for good.

    ``key`` is the number as it is kept (``NumberKeys``), ``hint`` what people may see of it. An entry that was
    taken off stays, with ``removed_at``: it was in force until then.
    """

    id: int = 0
    list: str
    key: str
    hint: str
    since: float
    until: float | None = None
    reason: str = ""
    entered_by: str = ""
    entered_at: float = 0.0
    removed_at: float | None = None

    def holds(self, at: float) -> bool:
        """Whether it is in force at an instant."""
        ends = min(each for each in (self.until, self.removed_at, float("inf")) if each is not None)
        return self.since <= at < ends


class NumberKeys(msgspec.Struct, frozen=True):
    """How lists keep a plain number: as it is, or (``hashed``) as its HMAC-SHA-256 under the site's secret.

    Numbers are few: a hash without a key would be undone by trying them all. Entries of both kinds are
    recognised, so that a site may begin to hash.
    """

    secret: bytes = b""
    hashed: bool = False

    def stored(self, plain: str) -> str:
        """The key a number is kept under."""
        return self._hash(plain) if self.hashed else plain

    def all(self, plain: str) -> tuple[str, ...]:
        """The keys it may be found under."""
        return (plain, self._hash(plain)) if self.secret else (plain,)

    def hint(self, plain: str, masked: str) -> str:
        """What may be shown of it: of a hashed one the last two digits."""
        return f"…{plain[-2:]}" if self.hashed else masked

    def _hash(self, plain: str) -> str:
        return "hmac:" + hmac.digest(self.secret, plain.encode(), "sha256").hex()


class Listing:
    """A list, to be asked whether a number was on it at an instant."""

    def __init__(self, entries: Iterable[Listed] = (), keys: NumberKeys | None = None) -> None:
        self.entries = tuple(entries)
        self._keys = keys or NumberKeys()
        self._by_key: dict[str, list[Listed]] = {}
        for each in self.entries:
            self._by_key.setdefault(each.key, []).append(each)

    def __bool__(self) -> bool:
        return bool(self._by_key)

    def ever(self, plain: str) -> bool:
        """Whether it is, or was, on the list."""
        return bool(self._by_key) and any(key in self._by_key for key in self._keys.all(plain))

    def entry(self, plain: str, at: float) -> Listed | None:
        """The entry in force for a plain number at an instant."""
        if not self._by_key:
            return None
        for key in self._keys.all(plain):
            for each in self._by_key.get(key, ()):
                if each.holds(at):
                    return each
        return None
