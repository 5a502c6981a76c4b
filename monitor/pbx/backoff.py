"""How long to wait before the next try: doubling, with jitter, for ever."""

from __future__ import annotations

import random
from collections.abc import Callable

#: Up to this part of a delay is added by chance, so that many monitors do not return in step.
JITTER = 0.25


class Backoff:
    """Delays in seconds: ``least``, then twice as long each time up to ``most``, each lengthened by jitter.

    Jitter only lengthens: a delay is never shorter than ``least``.
    """

    def __init__(self, least: float, most: float, chance: Callable[[], float] = random.random) -> None:
        if not 0 < least <= most:
            raise ValueError(f"delays must be above 0 and in order, not {least:g} and {most:g}")
        self._least = least
        self._most = most
        self._chance = chance
        self._next = least

    def next(self) -> float:
        """The delay before the next try."""
        delay = self._next
        self._next = min(self._most, delay * 2)
        return delay * (1 + JITTER * self._chance())

    def reset(self) -> None:
        """All went well: begin again with the shortest delay."""
        self._next = self._least
