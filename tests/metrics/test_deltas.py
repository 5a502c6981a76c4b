"""Whoever follows the deltas sees what a fresh snapshot shows, whatever happens and however time passes."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.domain import Call, Change, ExtensionStatus, Gap, GapReason, LinkState, LinkStatus
from monitor.metrics import frames
from monitor.metrics.board import RANKING_SECONDS, Board
from monitor.metrics.roster import UNASSIGNED
from tests.metrics.floor_calls import calls
from tests.metrics.test_board import SETTINGS, at

#: Around the morning's deadline, its end, the afternoon's, and midnight.
moments = st.sampled_from(
    [at("9:09:58"), at("9:10"), at("9:10:01"), at("9:31"), at("11:59:59"), at("12:00"), at("12:00:30")]
    + [at("13:50:01"), at("17:30"), at("23:59:59"), at("0:00", 24), at("0:00:01", 24), at("9:12", 24)]
)
gaps = st.sampled_from(
    [
        Gap(pbx="main", started_at=at("9:05"), reason=GapReason.LINK_LOST),
        Gap(pbx="main", started_at=at("9:05"), ended_at=at("9:08"), reason=GapReason.LINK_LOST),
        Gap(pbx="main", started_at=at("9:30"), reason=GapReason.REFUSED),
    ]
)
phones = st.builds(
    ExtensionStatus,
    pbx=st.just("main"),
    extension=st.sampled_from(["8001", "7777"]),
    reachable=st.booleans(),
    at=st.just(at("9:00")),
)
links = st.builds(
    LinkStatus, pbx=st.just("main"), state=st.sampled_from(LinkState), since=st.just(at("9:00"))
)
changes = st.one_of(calls(at("8:40"), at("13:00")), calls(at("8:40"), at("13:00")), gaps, phones, links)


class Follower:
    """A page: a snapshot, and the deltas since."""

    def __init__(self, board: frames.Board) -> None:
        self.parts = msgspec.structs.asdict(board)

    def take(self, delta: frames.Changes | None) -> None:
        for name, told in (msgspec.structs.asdict(delta) if delta is not None else {}).items():
            if told is None:
                continue
            if name in ("agents", "teams", "trunks"):
                rows = {row.id: row for row in self.parts[name]} | {row.id: row for row in told}
                told = list(rows.values())
            self.parts[name] = told


def shown(parts: dict[str, object]) -> dict[str, object]:
    """What a page shows of a board: rows by id, without the trunks and strangers of yesterday."""
    rows = {name: {row.id: row for row in parts[name]} for name in ("agents", "teams", "trunks")}  # type: ignore[attr-defined]
    strangers = [
        key
        for key, row in rows["agents"].items()
        if row.team == UNASSIGNED and row.call is None and row.last_call_ended_at is None
    ]
    for key in strangers:
        del rows["agents"][key]
    if UNASSIGNED in rows["teams"] and not rows["teams"][UNASSIGNED].agents:
        del rows["teams"][UNASSIGNED]
    rows["trunks"] = {key: row for key, row in rows["trunks"].items() if row.seizures}
    # The pace moves with every moment; it is told anew each minute.
    return {**parts, **rows, "site": msgspec.structs.replace(parts["site"], pace=None)}  # type: ignore[type-var]


@given(steps=st.lists(st.tuples(moments, st.lists(changes, max_size=4)), max_size=8))
@settings(max_examples=60, deadline=None)
def test_deltas_lead_to_the_snapshot(steps: list[tuple[float, list[Change]]]) -> None:
    board = Board(SETTINGS)
    page = Follower(board.snapshot(at("8:40")))
    page.take(board.delta(at("8:40")))
    reached = at("8:40")
    for moment, told in sorted(steps, key=lambda step: step[0]):
        now = max(moment, reached)
        reached = now + RANKING_SECONDS
        for change in told:
            if not (
                isinstance(change, Call | Gap) and change.started_at > now
            ):  # nobody tells what is to come
                board.apply(change, now)
        board.tick(now)
        page.take(board.delta(now))
        board.tick(reached)
        page.take(board.delta(reached))
        fresh = msgspec.structs.asdict(board.snapshot(reached))
        assert shown(page.parts) == shown(fresh)
