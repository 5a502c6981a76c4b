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
    """One message to one channel; ``last_error`` is in the words of whoever refused it, without secrets."""

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
