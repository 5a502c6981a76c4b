"""The bounded queue between the reader of a link and its consumer, which says when it loses.

Asterisk cuts a client that does not read for ``writetimeout`` (100 ms by default) and tells nobody, so
the reader only appends here and never waits. When the queue is full, everything that comes is thrown
away and counted until the consumer has emptied it and calls ``reopen``: one hole with a known begin is
repaired by a new snapshot, many small ones are not.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence


class Inbox:
    """Messages of one PBX with their time of arrival, at most ``limit`` of them.

    ``lost`` counts all messages ever thrown away; ``lost_since`` is the arrival (epoch seconds) of the
    first one of the present hole, ``None`` where there is no hole.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._reads: deque[tuple[Sequence[bytes], float]] = deque()
        self._size = 0
        self._filled = asyncio.Event()
        self.lost = 0
        self.lost_since: float | None = None

    def __len__(self) -> int:
        return self._size

    def put(self, messages: Sequence[bytes], at: float) -> None:
        """Append what one read brought; never blocks."""
        size = len(messages)
        if self.lost_since is not None or self._size + size > self._limit:
            if self.lost_since is None:
                self.lost_since = at
            self.lost += size
        else:
            self._reads.append((messages, at))
            self._size += size
        self._filled.set()

    def take(self) -> tuple[Sequence[bytes], float] | None:
        """The oldest read, or ``None``."""
        if not self._reads:
            return None
        messages, at = self._reads.popleft()
        self._size -= len(messages)
        return messages, at

    async def wait(self) -> None:
        """Wait until there is something to take, or something was lost."""
        if not self._reads:
            self._filled.clear()
            if self.lost_since is not None:
                return
            await self._filled.wait()

    def reopen(self) -> None:
        """Take messages again: the hole is known and will be repaired."""
        self.lost_since = None

    def clear(self) -> None:
        """Forget what is queued, and the hole: a new connection begins."""
        self._reads.clear()
        self._size = 0
        self.lost_since = None
