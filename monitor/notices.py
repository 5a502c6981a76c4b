"""What alerts are made of: plain values that the rules, the store and the pages share. Instants: epoch seconds."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec


class Owes(StrEnum):
    """What has still to be told of an alert, once its quiet hours are over."""

    NOTHING = "nothing"
    RAISED = "raised"
    CLEARED = "cleared"


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One cause that wants a person, from ``raised_at`` until ``cleared_at`` (``None`` while it lasts).

    ``facts`` are what its words are made of; ``told`` says that it was handed to its channels.
    """

    cause: str
    rule: str
    kind: str
    raised_at: float
    cleared_at: float | None = None
    told: bool = False
    owes: Owes = Owes.NOTHING
    facts: dict[str, Any] = {}

    @property
    def id(self) -> str:
        """The cause at its time: a cause may come again."""
        return f"{self.cause}@{self.raised_at:.3f}"


class What(StrEnum):
    """Why something is sent."""

    RAISED = "raised"
    CLEARED = "cleared"
    TEST = "test"
    REPORT = "report"


class DeliveryState(StrEnum):
    """How far a delivery is.

    ``uncertain``: the program ended while it was being sent, so it may have arrived and is not sent again.
    """

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    GIVEN_UP = "given_up"
    DROPPED = "dropped"
    UNCERTAIN = "uncertain"


OPEN = (DeliveryState.WAITING, DeliveryState.SENDING)
"""States in which a delivery is not over."""


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One message to one channel; ``last_error`` is in the words of whoever refused it, without secrets.

    ``report`` is the id of the report it tells of, in the archive: its body is Markdown then, and with ``attach`` the
    report's file goes with it where the channel takes files.
    """

    id: str
    channel: str
    what: What
    title: str
    body: str
    created_at: float
    alert: str | None = None
    state: DeliveryState = DeliveryState.WAITING
    tries: int = 0
    next_at: float | None = None
    done_at: float | None = None
    last_error: str = ""
    report: int | None = None
    attach: bool = False


class StoredRule(msgspec.Struct, frozen=True, kw_only=True):
    """What was entered of a rule on the page: all its keys (``body``, JSON), or of one of the file (empty) how it is muted.

    ``off``: it is not looked at. Until ``muted_until`` nothing is sent of it.
    """

    id: str
    body: str = ""
    off: bool = False
    muted_until: float | None = None
    changed_by: str
    changed_at: float


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A report that was sent, as the archive has it; nothing of it but the last two fields ever changes.

    ``key`` is what is sent once. ``first`` and ``last`` are its days, ``due_at`` when it was to go and ``made_at`` when it was
    made. ``by`` is who sent it by hand. ``running``: its last day was not over. ``sha256`` is of its file (``size`` bytes, 0
    where it could not be made), ``fingerprint`` of its figures. At ``checked_at`` so many ``changes`` of its figures were found.
    """

    id: int = 0
    key: str
    name: str
    kind: str
    team: str = ""
    first: str
    last: str
    day: str
    language: str
    title: str
    body: str
    due_at: float
    made_at: float
    by: str = ""
    running: bool
    file_name: str
    media_type: str
    size: int
    sha256: str
    fingerprint: str
    checked_at: float | None = None
    changes: int = 0
