"""Our protocol class for panoramisk: it keeps login, actions and responses, we take the events.

Panoramisk 1.4 decodes each TCP chunk by itself, makes a ``Message`` of every event, calls handlers from
inside the reader and never ends an action that a disconnect cut off. Here ``data_received`` frames bytes
and appends the wanted events to a bounded ``Inbox``; only answers to our own actions reach panoramisk.
Nothing that is sent is ever logged: it may hold the secret.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable, Sequence
from itertools import count

from panoramisk.actions import Action
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.message import Message

from monitor.clock import Clock, timer
from monitor.errors import LinkError
from monitor.pbx.inbox import Inbox
from monitor.pbx.wire import BANNER, MESSAGE_END, Framer, event_name, headers, split

log = logging.getLogger(__name__)

#: Rows of one list action; far above the channels of the largest PBX.
MAX_ROWS = 200_000


class AmiProtocol(AMIProtocol):  # type: ignore[misc]
    """One connection. ``inbox`` gets what ``wanted`` keeps of each read; ``tap`` sees every byte received.

    ``last_byte`` is when something last arrived (monotonic), ``heard_at`` the same in epoch seconds.
    ``fully_booted`` holds the headers of the event of that name, heard at ``booted_heard`` (monotonic),
    ``shutdown`` whether the PBX announced its end; ``lost`` is done when the connection is gone.
    """

    def __init__(
        self,
        clock: Clock,
        inbox: Inbox | None,
        wanted: Callable[[bytes], list[bytes]],
        fallback: str = "gb18030",
        tap: Callable[[bytes], None] | None = None,
    ) -> None:
        self._now = clock.now
        self._monotonic = timer(clock).monotonic
        self._inbox = inbox
        self._wanted = wanted
        self._fallback = fallback
        self._tap = tap
        self._framer = Framer()
        self._mark = f"dialwatch-{uuid.uuid4().hex[:8]}-"
        self._ours = b"\r\nActionID: " + self._mark.encode()
        self._numbers = count(1)
        self._rows: dict[str, list[bytes]] = {}
        self._recent = (b"", b"")
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.last_byte = self._monotonic()
        self.heard_at: float | None = None
        self.fully_booted: dict[str, str] | None = None
        self.booted_heard = self.last_byte
        self._why_lost = "the connection was lost"

    @property
    def banner(self) -> str | None:
        """The greeting, such as ``Asterisk Call Manager/11.0.0``."""
        return self._framer.banner

    @property
    def shutdown(self) -> bool:
        """Whether the last things heard hold the PBX's announcement of its end."""
        return any(event_name(message) == b"Shutdown" for read in self._recent for message in split(read))

    def data_received(self, data: bytes) -> None:
        """Frame, look at names, append; nothing else happens in the reader."""
        at = self._now()
        self.last_byte = self._monotonic()
        if self.heard_at is None and not BANNER.startswith(data[: len(BANNER)]):
            self._why_lost = "the peer does not speak AMI (is it the right port?)"
            self.transport.abort()
            return
        self.heard_at = at
        if self._tap is not None:
            self._tap(data)
        whole = self._framer.cut(data)
        if not whole:
            return
        self._recent = (self._recent[1], whole)
        if self.fully_booted is None and b"FullyBooted" in whole:
            self._look_for_boot(split(whole))
        if self.responses and self._ours in whole:
            ours = self._ours
            whole = MESSAGE_END.join(
                each for each in split(whole) if ours not in each or not self._answered(each)
            )
        if self._inbox is not None:
            kept = self._wanted(whole)
            if kept:
                self._inbox.put(kept, at)

    def _look_for_boot(self, messages: Sequence[bytes]) -> None:
        for message in messages:
            if event_name(message) == b"FullyBooted":
                self.fully_booted = headers(message, self._fallback)
                self.booted_heard = self.last_byte

    def _answered(self, message: bytes) -> bool:
        """Whether it answers one of our actions: then panoramisk gets it, or it is kept as a row of a list."""
        found = headers(message, self._fallback)
        action_id = found.get("ActionID", "")
        if not action_id.startswith(self._mark):
            return False
        action = self.responses.get(action_id)
        if action is None:
            return True  # the answer to an action that was given up
        event = found.get("Event")
        if event is None or event.endswith("Complete"):
            self.handle_message(Message(found))
            return True
        rows = self._rows.setdefault(action_id, [])
        rows.append(message)
        if len(rows) > MAX_ROWS:
            self._fail(action, LinkError(f"the PBX sent over {MAX_ROWS} rows for {action['action']}"))
        return True

    def rows(self, action_id: str) -> list[dict[str, str]]:
        """Rows of a finished list action, as headers; forgets them."""
        return [headers(message, self._fallback) for message in self._rows.pop(action_id, ())]

    def send(self, data: dict[str, str], as_list: bool | None = None) -> asyncio.Future[Message]:
        """Send an action; the future ends with panoramisk's answer or with ``LinkError``, never not at all.

        Raises ``ValueError`` where a header would hold a line end: it would be a second action.
        """
        for key, value in data.items():
            if "\r" in value or "\n" in value:
                raise ValueError(f"the action header {key} must be one line")
        action = Action({**data, "ActionID": f"{self._mark}{next(self._numbers)}"}, as_list=as_list)
        future: asyncio.Future[Message] = action.future
        future.add_done_callback(lambda done: self._settled(action.id, done))
        if self.closed or self.transport.is_closing():
            future.set_exception(LinkError(f"the connection was gone before {data['Action']} was sent"))
            return future
        self.responses[action.id] = action
        self.transport.write(str(action).encode())
        return future

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone: every action still waiting ends with an error."""
        self.closed = True
        for action in list(self.responses.values()):
            self._fail(action, LinkError(f"{self._why_lost} before {action['action']} was answered"))
        if not self.lost.done():
            self.lost.set_result(None)

    def close(self) -> None:
        """Close the connection; unlike panoramisk's, this keeps no action to be sent again later."""
        if not self.closed:
            self.closed = True
            self.transport.close()

    def _fail(self, action: Action, error: LinkError) -> None:
        self.responses.pop(action.id, None)
        self._rows.pop(action.id, None)
        if not action.future.done():
            action.future.set_exception(error)

    def _settled(self, action_id: str, done: asyncio.Future[Message]) -> None:
        """Forget an action that was given up, and do not let asyncio tell of errors nobody waits for."""
        if done.cancelled():
            self.responses.pop(action_id, None)
            self._rows.pop(action_id, None)
        else:
            done.exception()
