"""What the watch finds: a rule, the calls, and the figures that say why. Pure values, shared by all its rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase

import msgspec

from monitor.contacts import Contact, Numbering

Figure = float | int | str | None


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A case of one rule.

    ``number`` is plain, ``agent`` is ``pbx/extension``; what a rule does not look at is ``None``. ``calls`` are all that it
    rests on, in order; ``marked`` the ids of those that broke the rule. ``figures`` fill the words that say why.
    """

    rule: str
    number: str | None = None
    agent: str | None = None
    calls: tuple[Contact, ...]
    marked: frozenset[str]
    figures: dict[str, Figure]

    @property
    def id(self) -> str:
        """Stable while the case grows: its rule and the first call that broke it."""
        return f"{self.rule}/{self.broke[0].id}"

    @property
    def broke(self) -> list[Contact]:
        """The calls that broke the rule, in order."""
        return [call for call in self.calls if call.id in self.marked]

    @property
    def first_at(self) -> float:
        """When the rule was broken first."""
        return self.broke[0].started_at

    @property
    def last_at(self) -> float:
        """When the rule was broken last."""
        return self.broke[-1].started_at


def ordered(calls: Iterable[Contact]) -> list[Contact]:
    """Calls in order of begin."""
    return sorted(calls, key=lambda each: (each.started_at, each.id))


def newest_first(found: Iterable[Found]) -> list[Found]:
    """Cases, the latest on top."""
    return sorted(found, key=lambda each: (-each.last_at, each.id))


def own_number(patterns: Iterable[str], numbering: Numbering) -> Callable[[str], bool]:
    """Whether a plain number matches one of the patterns, in whatever form each is written."""
    plain = {numbering.plain(each) for each in patterns} | set(patterns)
    return lambda number: any(fnmatchcase(number, each) for each in plain)
