"""The rule engine: values and a time in, alerts raised and cleared out. No clock, no I/O.

A cause is raised once and cleared once, then it may be raised again; at a deadline it is told once for
good. In a rule's quiet hours an alert stands (the board shows it) and what has to be said of it waits for
their end; what came and went meanwhile is never said. Alerts read back from the store go on where they
were, so that a restart repeats nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time
from typing import Protocol
from zoneinfo import ZoneInfo

import msgspec

from monitor.alerts import kinds
from monitor.alerts.kinds import LOOKS, Sight, State, Values
from monitor.notices import Alert, Owes, What

ONCE = ("not_begun", "breach")
"""Kinds whose causes do not come again."""
REMEMBERED_SECONDS = 48 * 3600.0
"""So long it is known that such a cause was told."""


class Rule(kinds.Rule, Protocol):
    """One ``[[alert]]``, with what the engine needs of it."""

    @property
    def recovery(self) -> bool: ...
    @property
    def quiet(self) -> tuple[time, time] | None: ...


class Notice(msgspec.Struct, frozen=True):
    """Something to be told."""

    alert: Alert
    what: What


class Looked(msgspec.Struct, frozen=True):
    """What came of a look: alerts whose state has changed, and what is to be told now."""

    changed: Sequence[Alert]
    notices: Sequence[Notice]


class Engine:
    """Rules with the alerts that stand; ``alerts`` are those of the last two days, as stored."""

    def __init__(
        self,
        rules: Sequence[Rule],
        zone: ZoneInfo,
        alerts: Iterable[Alert] = (),
        muted: Mapping[str, float] | None = None,
    ) -> None:
        self._rules = {rule.id: rule for rule in rules}
        self._muted = dict(muted or {})
        self._zone = zone
        self._standing: dict[str, Alert] = {}
        self._owing: dict[str, Alert] = {}
        self._told_once: dict[str, float] = {}
        self._orphans: list[Alert] = []
        for alert in alerts:
            self._take_up(alert)

    def _take_up(self, alert: Alert) -> None:
        if alert.kind in ONCE:
            self._told_once[alert.cause] = alert.raised_at
        if self._of(alert) is None:
            if alert.cleared_at is None or alert.owes is not Owes.NOTHING:
                self._orphans.append(alert)
        elif alert.cleared_at is None:
            self._standing[alert.cause] = alert
        elif alert.owes is Owes.CLEARED:
            self._owing[alert.id] = alert

    def learn(self, rules: Sequence[Rule], muted: Mapping[str, float]) -> None:
        """Other rules from now on; until when each (by id) is ``muted``. What stands of a rule that is gone is over, silently."""
        self._rules = {rule.id: rule for rule in rules}
        self._muted = dict(muted)
        for kept in (self._standing, self._owing):
            for key in [key for key, alert in kept.items() if self._of(alert) is None]:
                self._orphans.append(kept.pop(key))

    def _of(self, alert: Alert) -> Rule | None:
        """The rule that an alert is of, if it is still there and still of this kind."""
        rule = self._rules.get(alert.rule)
        return rule if rule is not None and rule.kind == alert.kind else None

    @property
    def active(self) -> list[Alert]:
        """Alerts that stand, oldest first."""
        return sorted(self._standing.values(), key=lambda alert: (alert.raised_at, alert.cause))

    def look(self, values: Values, now: float) -> Looked:
        """Look at everything at ``now`` (epoch seconds)."""
        changed: dict[str, Alert] = {}
        notices: list[Notice] = []
        for alert in self._orphans:  # their rule is gone: nobody hears of them any more
            over = _replaced(alert, cleared_at=alert.cleared_at or now, owes=Owes.NOTHING)
            changed[over.id] = over
        self._orphans = []
        for rule in self._rules.values():
            mine = {cause: alert for cause, alert in self._standing.items() if alert.rule == rule.id}
            sights = LOOKS[rule.kind](rule, values, now, mine)
            if sights is None:
                continue
            seen = set()
            for sight in sights:
                seen.add(sight.cause)
                moved = self._weighed(rule, sight, mine.get(sight.cause), now)
                if moved is not None:
                    changed[moved.id] = moved
            for cause in mine.keys() - seen:
                over = self._closed(mine[cause], now, {}, Owes.NOTHING)
                changed[over.id] = over
        # What is over first: a cause that came again in the quiet hours is told as over, then as raised.
        for alert in [*self._owing.values(), *self.active]:
            told = self._told(alert, now)
            if told is not None:
                changed[told.alert.id] = told.alert
                notices.append(told)
        self._told_once = {
            cause: at for cause, at in self._told_once.items() if now - at < REMEMBERED_SECONDS
        }
        return Looked(list(changed.values()), notices)

    def _weighed(self, rule: Rule, sight: Sight, standing: Alert | None, now: float) -> Alert | None:
        """The alert that a sight makes or ends, if it does."""
        if sight.state is State.WRONG and standing is None and sight.cause not in self._told_once:
            alert = Alert(
                cause=sight.cause,
                rule=rule.id,
                kind=rule.kind,
                raised_at=now,
                owes=Owes.RAISED,
                facts=dict(sight.facts),
            )
            self._standing[alert.cause] = alert
            if alert.kind in ONCE:
                self._told_once[alert.cause] = now
            return alert
        if sight.state is State.FINE and standing is not None:
            owes = Owes.CLEARED if standing.told and rule.recovery else Owes.NOTHING
            return self._closed(standing, now, sight.facts, owes)
        return None

    def _closed(self, alert: Alert, now: float, facts: dict[str, object], owes: Owes) -> Alert:
        del self._standing[alert.cause]
        over = _replaced(alert, cleared_at=now, owes=owes, facts={**alert.facts, **facts})
        if owes is Owes.CLEARED:
            self._owing[over.id] = over
        return over

    def _told(self, alert: Alert, now: float) -> Notice | None:
        """What is owed of an alert, outside of its rule's quiet hours."""
        if alert.owes is Owes.NOTHING or self._quiet(self._rules[alert.rule], now):
            return None
        told = _replaced(alert, told=True, owes=Owes.NOTHING)
        if alert.owes is Owes.RAISED:
            self._standing[alert.cause] = told
            return Notice(told, What.RAISED)
        del self._owing[alert.id]
        return Notice(told, What.CLEARED)

    def _quiet(self, rule: Rule, now: float) -> bool:
        if now < self._muted.get(rule.id, now):
            return True
        if rule.quiet is None:
            return False
        begin, end = rule.quiet
        clock = datetime.fromtimestamp(now, self._zone).time()
        return begin <= clock < end if begin < end else clock >= begin or clock < end


def _replaced(alert: Alert, **values: object) -> Alert:
    return msgspec.structs.replace(alert, **values)
