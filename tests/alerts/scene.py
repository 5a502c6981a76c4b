"""A real board, a rule or two, and an engine that looks at it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from monitor.alerts.engine import Engine, Looked
from monitor.alerts.kinds import Disk, Values
from monitor.alerts.words import Language, Writer
from monitor.config_alerts import Alert as Rule
from monitor.domain import Change, Gap, GapReason, LinkState, LinkStatus
from monitor.metrics.board import Board
from monitor.metrics.cases import Found
from monitor.notices import Alert
from tests.metrics.test_board import SETTINGS, ZONE, at

WRITER = Writer("华东", ZONE)


def rule(kind: str, **values: Any) -> Rule:
    return Rule.model_validate({"kind": kind} | values)


def link(state: LinkState = LinkState.UP, since: float = 0.0, reason: str = "") -> LinkStatus:
    return LinkStatus(pbx="main", state=state, since=since, reason=reason)


def gap(start: float, end: float | None = None) -> Gap:
    return Gap(pbx="main", started_at=start, ended_at=end, reason=GapReason.LINK_LOST)


class Scene:
    """``tell`` the board, ``look`` at it."""

    def __init__(
        self, *rules: Rule, known: Sequence[Alert] = (), settings: Any = SETTINGS, known_from: float = 0.0
    ) -> None:
        self.board = Board(settings)
        self.rules = rules
        self.engine = Engine(rules, ZONE, known)
        self.breaches: Sequence[Found] = ()
        self.free: dict[str, float] = {}
        self.known_from = known_from
        self.told: list[tuple[float, str, str]] = []

    def tell(self, *changes: Change, now: float) -> None:
        for change in changes:
            self.board.apply(change, now)

    def look(self, now: float, *, counted: bool = True) -> Looked:
        values = Values(
            board=self.board.snapshot(now),
            known_from=self.known_from,
            breaches=self.breaches,
            recent=self.board.recent(now - 7200) if counted else None,
            disks=[Disk(path, int(gb * 2**30)) for path, gb in self.free.items()] if counted else None,
        )
        looked = self.engine.look(values, now)
        self.told += [(now, notice.what.value, notice.alert.cause) for notice in looked.notices]
        return looked

    def says(self, now: float, language: Language = "zh-CN", **options: bool) -> list[str]:
        """What is told at a look."""
        return [WRITER.body(each.alert, each.what, language) for each in self.look(now, **options).notices]


__all__ = ["SETTINGS", "WRITER", "ZONE", "Scene", "at", "gap", "link", "rule"]
