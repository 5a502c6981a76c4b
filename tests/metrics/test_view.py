"""The board told as frames: links, gaps, teams, phones."""

from __future__ import annotations

from monitor.domain import ExtensionStatus, Gap, GapReason, LinkState, LinkStatus
from monitor.metrics.board import Board
from monitor.metrics.view import blind_times, link_frames
from tests.metrics.test_board import SETTINGS, at, dial, row


def test_link_reachability_and_trunks() -> None:
    board = Board(SETTINGS)
    now = at("10:00")
    board.apply(LinkStatus(pbx="main", state=LinkState.UP, since=now), now)
    board.apply(ExtensionStatus(pbx="main", extension="8002", reachable=False, at=now), now)
    board.apply(dial("8001", now, talk=5), now)
    board.apply(dial("8001", now + 20), now)
    shown = board.snapshot(now + 60)
    assert shown.links[0].state == "up"
    assert row(board, now, "8002").state == "unreachable"
    assert [(t.name, t.seizures, t.asr, t.ner) for t in shown.trunks] == [("trunk-a", 2, 0.5, 1.0)]


def test_links_come_by_name() -> None:
    links = {
        name: LinkStatus(pbx=name, state=LinkState.UP, since=at("9:00"), lag_seconds=lag)
        for name, lag in (("south", 0.5), ("main", None))
    }
    assert [(link.pbx, link.lag_seconds) for link in link_frames(links)] == [("main", None), ("south", 0.5)]


def test_a_gap_that_goes_on_is_blind_up_to_now_and_gaps_that_touch_are_one() -> None:
    def gap(pbx: str, start: str, end: str | None) -> Gap:
        ended_at = at(end) if end else None
        return Gap(pbx=pbx, started_at=at(start), ended_at=ended_at, reason=GapReason.LINK_LOST)

    gaps = [gap("main", "9:00", "9:10"), gap("main", "9:05", "9:20"), gap("south", "10:00", None)]
    assert {
        pbx: [tuple(period) for period in periods] for pbx, periods in blind_times(gaps, at("11:00")).items()
    } == {
        "main": [(at("9:00"), at("9:20"))],
        "south": [(at("10:00"), at("11:00"))],
    }


def test_a_gap_of_yesterday_is_not_among_today_s() -> None:
    board = Board(SETTINGS)
    for day, start in ((22, "23:00"), (23, "9:00")):
        gap = Gap(
            pbx="main", started_at=at(start, day), ended_at=at(start, day) + 60, reason=GapReason.LINK_LOST
        )
        board.apply(gap, at("10:00"))
    assert [gap.from_ for gap in board.snapshot(at("10:00")).gaps] == [at("9:00")]
