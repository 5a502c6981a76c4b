"""The rules in force: those of ``config.toml``, and those entered on the page, held to the same checks.

A rule of the file is read-only on the page but for muting it and switching it off; a rule of the page can be changed and removed. Where both
have the same id the file's holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from pydantic import ValidationError

from monitor.config import Settings
from monitor.config_alerts import Alert as Rule
from monitor.config_alerts import unknown_name
from monitor.notices import StoredRule

SHADOWED = "shadowed"
"""``fault`` of a rule of the page whose id the file has too."""


class RuleFault(Exception):
    """A rule that can't be: which key of it, and why."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as it stands. ``rule`` is ``None`` where what was entered no longer fits, for the ``fault`` named."""

    id: str
    rule: Rule | None
    from_file: bool
    off: bool = False
    muted_until: float | None = None
    changed_by: str = ""
    changed_at: float | None = None
    fault: str = ""

    @property
    def holds(self) -> bool:
        """Whether it is looked at."""
        return self.rule is not None and not self.off and not self.fault


def checked(values: Mapping[str, Any], settings: Settings) -> Rule:
    """A rule of the page, by the very checks of the file. Raises ``RuleFault``."""
    try:
        rule = Rule.model_validate(dict(values))
    except ValidationError as error:
        first = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
        at = (*first["loc"], *first.get("ctx", {}).get("at", ()))
        raise RuleFault(str(at[0]) if at else "kind", str(first["msg"])) from None
    channels = [channel.name for channel in settings.channels]
    teams = [team.id for team in settings.teams] if settings.roster.source == "config" else None
    unknown = unknown_name(rule, channels, teams)
    if unknown is not None:
        raise RuleFault(unknown.key, unknown.problem)
    return rule


def book(settings: Settings, stored: Sequence[StoredRule]) -> list[Entry]:
    """All rules: the file's in its order, then the page's."""
    by_id = {each.id: each for each in stored}
    found = []
    for rule in settings.alerts:
        mine = by_id.get(rule.id)
        found.append(
            Entry(
                id=rule.id,
                rule=rule,
                from_file=True,
                off=mine.off if mine is not None else False,
                muted_until=mine.muted_until if mine is not None else None,
                changed_by=mine.changed_by if mine is not None else "",
                changed_at=mine.changed_at if mine is not None else None,
            )
        )
    of_file = {rule.id for rule in settings.alerts}
    for each in stored:
        if each.body:
            found.append(_of_page(each, settings, each.id in of_file))
    return found


def _of_page(stored: StoredRule, settings: Settings, shadowed: bool) -> Entry:
    rule: Rule | None = None
    fault = SHADOWED if shadowed else ""
    try:
        rule = checked(msgspec.json.decode(stored.body), settings)
    except RuleFault as error:
        fault = fault or str(error)
    return Entry(
        id=stored.id,
        rule=rule,
        from_file=False,
        off=stored.off,
        muted_until=stored.muted_until,
        changed_by=stored.changed_by,
        changed_at=stored.changed_at,
        fault=fault,
    )
