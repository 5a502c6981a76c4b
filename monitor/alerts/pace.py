"""How fast a channel may be spoken to: a sliding minute, and longer and longer pauses after a failure. Pure."""

from __future__ import annotations

from collections import deque

FIRST_PAUSE_SECONDS = 5.0
MOST_PAUSE_SECONDS = 600.0
MINUTE = 60.0


def pause_seconds(tries: int) -> float:
    """How long to wait after so many failed tries: 5 s, 10 s, 20 s … 10 min."""
    return float(min(MOST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** min(max(0, tries - 1), 16)))


class Pace:
    """At most ``per_minute`` sendings in any minute; times are a monotonic clock's."""

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._sent: deque[float] = deque()
        self._blocked_until = float("-inf")

    def left(self, now: float) -> int:
        """How many may go out now."""
        if now < self._blocked_until:
            return 0
        while self._sent and self._sent[0] + MINUTE <= now:
            self._sent.popleft()
        return max(0, self.per_minute - len(self._sent))

    def wait_seconds(self, now: float) -> float:
        """How long until one may go out; 0 if at once."""
        if now < self._blocked_until:
            return self._blocked_until - now
        return 0.0 if self.left(now) else self._sent[0] + MINUTE - now

    def count(self, now: float) -> None:
        """One goes out: also one that fails, for the service has counted it."""
        self._sent.append(now)

    def block(self, now: float, seconds: float) -> None:
        """The service takes nothing for so long."""
        self._blocked_until = max(self._blocked_until, now + seconds)
